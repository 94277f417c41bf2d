"""Gradient descent as it is done today: AdamW, a bound on the gradient, and averaged weights."""

# The symbols of the equations are the names of the variables.
# ruff: noqa: N806

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Arrays = dict[str, Array]


def clip_norm(gradients: Arrays, largest: float) -> None:
    """Shrink all gradients together, in place, until their joint length is at most `largest`."""
    norm = float(np.sqrt(sum(float((g * g).sum()) for g in gradients.values())))
    if norm > largest:
        for gradient in gradients.values():
            gradient *= largest / norm


class AdamW:
    """Adam (Kingma & Ba, 2015) with decoupled weight decay (Loshchilov & Hutter, 2019).

    Each weight has its own step, the mean of its gradients over the root of their mean square:

        m ← β₁ m + (1 − β₁) dW               v ← β₂ v + (1 − β₂) dW²
        W ← W − η (m̂ / (√v̂ + ε) + λ W),      m̂ = m / (1 − β₁ᵗ),     v̂ = v / (1 − β₂ᵗ)

    Biases, the vectors among the parameters, do not decay.
    """

    def __init__(
        self,
        parameters: Arrays,
        learning_rate: float,
        *,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.99),
    ) -> None:
        """Begin with no memory of gradients. `parameters` will be updated in place."""
        self.parameters = parameters
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.betas = betas
        self.updates = 0
        self._m = {name: np.zeros_like(W) for name, W in parameters.items()}
        self._v = {name: np.zeros_like(W) for name, W in parameters.items()}

    def update(self, gradients: Arrays) -> None:
        """Make one update."""
        self.updates += 1
        beta1, beta2 = self.betas
        scale1, scale2 = 1 - beta1**self.updates, 1 - beta2**self.updates
        for name, W in self.parameters.items():
            m, v, dW = self._m[name], self._v[name], gradients[name]
            m += (1 - beta1) * (dW - m)
            v += (1 - beta2) * (dW * dW - v)
            step = m / (np.sqrt(v / scale2) + 1e-8)
            step /= scale1
            if W.ndim > 1:
                step += self.weight_decay * W
            W -= self.learning_rate * step

    def state(self) -> Arrays:
        """What it remembers, for a checkpoint."""
        memory: Arrays = {"updates": np.array(self.updates, np.float64)}
        memory |= {f"m/{name}": m.copy() for name, m in self._m.items()}
        memory |= {f"v/{name}": v.copy() for name, v in self._v.items()}
        return memory

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go back to a remembered state."""
        self.updates = int(state["updates"])
        for name in self.parameters:
            self._m[name] = state[f"m/{name}"].copy()
            self._v[name] = state[f"v/{name}"].copy()


def follow(average: Arrays, parameters: Arrays, updates: int, decay: float = 0.99) -> None:
    """Move a running average of the parameters after an update, in place.

    It does what a falling learning rate does, but at any time (Polyak & Juditsky, 1992). It
    remembers about 1 / (1 − decay) updates, and fewer while `updates` are few.
    """
    forgotten = max(1 - decay, 9 / (updates + 9))
    for name, mean in average.items():
        mean += forgotten * (parameters[name] - mean)
