"""Optimizer: AdamW, clipping by the global norm, and an average of the weights."""

# The symbols of the equations are the names of the variables.
# ruff: noqa: N806

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Arrays = dict[str, Array]


def clip_norm(gradients: Arrays, largest: float) -> None:
    """Scale all gradients by the same factor, in place, so that their joint norm ≤ `largest`."""
    # One factor for all keeps the direction of the update.
    norm = float(np.sqrt(sum(float((g * g).sum()) for g in gradients.values())))
    if norm > largest:
        for gradient in gradients.values():
            gradient *= largest / norm


class AdamW:
    """Adam (Kingma & Ba, 2015) with decoupled weight decay (Loshchilov & Hutter, 2019).

    The step of each weight is the running mean of its gradient over the root of its running mean
    square:

        m ← β₁ m + (1 − β₁) dW               v ← β₂ v + (1 − β₂) dW²
        W ← W − η (m̂ / (√v̂ + ε) + λ W),      m̂ = m / (1 − β₁ᵗ),     v̂ = v / (1 − β₂ᵗ)

    t counts the updates and dW is the gradient. Only matrices decay; biases, which are vectors, do
    not. β₂ = 0.99 remembers about a hundred updates, which suits these short runs.
    """

    def __init__(
        self,
        parameters: Arrays,
        learning_rate: float,
        *,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.99),
    ) -> None:
        """Start with zero moments. `update` changes `parameters` in place."""
        self.parameters = parameters
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.betas = betas
        self.updates = 0
        self._m = {name: np.zeros_like(W) for name, W in parameters.items()}  # first moments
        self._v = {name: np.zeros_like(W) for name, W in parameters.items()}  # second moments

    def update(self, gradients: Arrays) -> None:
        """One update of all parameters, in place."""
        self.updates += 1
        beta1, beta2 = self.betas
        # Moments start at zero; dividing by these corrects the bias of the first updates.
        scale1, scale2 = 1 - beta1**self.updates, 1 - beta2**self.updates
        for name, W in self.parameters.items():
            m, v, dW = self._m[name], self._v[name], gradients[name]  # shape of W each
            m += (1 - beta1) * (dW - m)  # in place: β₁ m + (1 − β₁) dW
            v += (1 - beta2) * (dW * dW - v)
            step = m / (np.sqrt(v / scale2) + 1e-8)  # ε = 1e-8
            step /= scale1
            if W.ndim > 1:
                step += self.weight_decay * W
            W -= self.learning_rate * step

    def state(self) -> Arrays:
        """Moments and number of updates, for a checkpoint."""
        state: Arrays = {"updates": np.array(self.updates, np.float64)}
        state |= {f"m/{name}": m.copy() for name, m in self._m.items()}
        state |= {f"v/{name}": v.copy() for name, v in self._v.items()}
        return state

    def restore(self, state: Mapping[str, Array]) -> None:
        """Restore a state."""
        self.updates = int(state["updates"])
        for name in self.parameters:
            self._m[name] = state[f"m/{name}"].copy()
            self._v[name] = state[f"v/{name}"].copy()


def update_average(average: Arrays, parameters: Arrays, updates: int, decay: float = 0.99) -> None:
    """Update a running average of the parameters, in place, after update number `updates`.

    Averaging has the effect of a decaying learning rate, but at any time (Polyak & Juditsky, 1992).
    It covers about 1 / (1 − decay) updates, and fewer at the beginning.
    """
    # A smaller decay at first, n / (n + 9), so that the random start is soon forgotten.
    rate = max(1 - decay, 9 / (updates + 9))
    for name, mean in average.items():
        mean += rate * (parameters[name] - mean)
