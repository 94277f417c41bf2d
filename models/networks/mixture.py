"""Mixture of networks: the weighted mean of their predictions.

Each member k reads the same text and predicts the next character w. The mixture averages the
predictions, weighted by the members' shares:

    p(w | h) = Σ_k s_k p_k(w | h)        s_k > 0,  Σ_k s_k = 1

Networks that start from different random weights make different errors, and an n-gram model makes
different errors again, so the mean is better than its members (Hansen & Salamon, "Neural network
ensembles", 1990; Jelinek & Mercer, "Interpolated estimation of Markov source parameters", 1980).

The bot uses `models.serving.mixture`, which computes the same faster.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import LSTM
from models.networks.network import Array, State, log_softmax
from models.networks.ngram import NGram
from models.networks.vocabulary import Vocabulary

Member = LSTM | NGram

MAX_MEMBERS = 32


@dataclass(frozen=True, eq=False)
class Mixture:
    """Networks with the same vocabulary, averaged. Implements `models.networks.network.Network`."""

    members: tuple[Member, ...]
    shares: Array
    """s_k, `(members,)`: positive, with sum 1."""

    def __post_init__(self) -> None:
        """Raise `ValueError` if the shares do not fit the members or do not sum to 1."""
        if not 0 < len(self.members) <= MAX_MEMBERS:
            raise ValueError(f"it has {len(self.members)} members, expected 1 to {MAX_MEMBERS}")
        if self.shares.shape != (len(self.members),):
            raise ValueError(
                f"the parameter shares has shape {self.shares.shape}, "
                f"expected {(len(self.members),)}"
            )
        if not (self.shares > 0).all() or abs(float(self.shares.sum()) - 1) > 0.01:
            raise ValueError("its shares are not positive numbers with sum 1")

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary that all members share."""
        return self.members[0].vocabulary

    def initial_state(self, batch: int) -> State:
        """The states of the members side by side, one row for each text: `(B, values)`."""
        states = [member.initial_state(batch) for member in self.members]  # (..., B, units) each
        return np.hstack([np.moveaxis(state, -2, 0).reshape(batch, -1) for state in states])

    def step(self, x: NDArray[np.int64], state: State) -> tuple[Array, State]:
        """Read one character per text: `(B,)` → ln p `(B, V)`, new state."""
        p: Array = np.zeros((len(x), len(self.vocabulary)), np.float32)
        new_states, begin = [], 0
        for member, share in zip(self.members, self.shares, strict=True):
            empty = np.moveaxis(member.initial_state(len(x)), -2, 0)  # (B, ..., units)
            end = begin + empty[0].size
            own = np.moveaxis(state[:, begin:end].reshape(empty.shape), 0, -2)
            logits, new_state = member.step(x, own)
            p += share * np.exp(log_softmax(logits))  # s_k p_k
            new_states.append(np.moveaxis(new_state, -2, 0).reshape(len(x), -1))
            begin = end
        tiny = np.finfo(np.float32).tiny  # so that ln p is finite
        return np.log(np.maximum(p, tiny)), np.hstack(new_states)

    def arrays(self) -> dict[str, Array]:
        """The parameters by name. Those of the members have a prefix: `0-lstm/Wx0`."""
        # The number keeps the order, the kind says which class reads the arrays.
        return {"shares": self.shares} | {
            f"{k}-{member.kind}/{name}": array
            for k, member in enumerate(self.members)
            for name, array in member.arrays().items()
        }
