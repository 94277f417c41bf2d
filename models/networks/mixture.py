"""Mixture of networks: the weighted mean of their predictions.

Each member k reads the same text and predicts the next character w. The mixture averages the
predictions, weighted by the members' shares:

    p(w | h) = Σ_k s_k p_k(w | h)        s_k > 0,  Σ_k s_k = 1

Networks that start from different random weights make different errors, and an n-gram model makes
different errors again, so the mean is better than its members (Hansen & Salamon, "Neural network
ensembles", 1990; Jelinek & Mercer, "Interpolated estimation of Markov source parameters", 1980).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import LSTM
from models.networks.network import State, log_softmax
from models.networks.ngram import NGram
from models.networks.sparse_ngram import SparseNGram, read_ngram
from models.networks.vocabulary import Vocabulary

Array = NDArray[np.float32]
Member = LSTM | NGram

MAX_MEMBERS = 32
_KINDS: Mapping[str, type[Member]] = {"lstm": LSTM, "ngram": NGram, "sparse": SparseNGram}
_READERS: Mapping[str, Callable[[str, dict[str, Array]], Member]] = {
    "lstm": LSTM.from_arrays,
    "ngram": read_ngram,
    "sparse": SparseNGram.from_arrays,
}


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
        """The members' states, flattened and side by side: `(batch, values)`."""
        return np.concatenate([_flatten(m.initial_state(batch)) for m in self.members], axis=1)

    def step(self, x: NDArray[np.int64], state: State) -> tuple[Array, State]:
        """Read one character per text: `(batch,)` → ln p `(batch, vocabulary)`, new state."""
        log_p, new_state = [], np.empty_like(state)  # new_state: (batch, values)
        for member, share, (columns, shape) in zip(
            self.members, self.shares, self._layout, strict=True
        ):
            logits, member_state = member.step(x, _unflatten(state[:, columns], shape))
            log_p.append(np.log(share) + log_softmax(logits))  # ln s_k p_k: (batch, vocabulary)
            new_state[:, columns] = _flatten(member_state)
        mixed: Array = np.logaddexp.reduce(log_p, axis=0)  # ln Σ_k, without leaving log space
        return mixed, new_state

    @cached_property
    def _layout(self) -> list[tuple[slice, tuple[int, ...]]]:
        """For each member its columns in the state, and the shape of one text's state."""
        layout, begin = [], 0
        for member in self.members:
            shape = np.moveaxis(member.initial_state(1), -2, 0).shape[1:]
            end = begin + math.prod(shape)
            layout.append((slice(begin, end), shape))
            begin = end
        return layout

    def arrays(self) -> dict[str, Array]:
        """The parameters by name. Those of the members have a prefix: `0-lstm/Wx0`."""
        # "0-lstm/Wx0": the number keeps the order, the kind says which class reads the arrays.
        kinds = {member_type: kind for kind, member_type in _KINDS.items()}
        arrays = {"shares": self.shares}
        for k, member in enumerate(self.members):
            prefix = f"{k}-{kinds[type(member)]}/"
            arrays |= {prefix + name: array for name, array in member.arrays().items()}
        return arrays

    @classmethod
    def from_arrays(cls, symbols: str, arrays: Mapping[str, Array]) -> "Mixture":
        """Build the mixture from stored parameters. Raises `ValueError` if they do not fit."""
        by_member = defaultdict[str, dict[str, Array]](dict)  # parameters by prefix
        for name, array in arrays.items():
            label, _, parameter = name.rpartition("/")  # a label is "0-lstm", empty for the shares
            by_member[label][parameter] = array
        shares = by_member.pop("", {})
        if shares.keys() != {"shares"}:
            raise ValueError("apart from its members it needs exactly one parameter, shares")
        members: list[Member] = []
        for k in range(len(by_member)):
            kind = next((kind for kind in _KINDS if f"{k}-{kind}" in by_member), None)
            if kind is None:
                raise ValueError(f"its member {k} of {len(by_member)} is missing or unknown")
            if k >= MAX_MEMBERS:
                raise ValueError(f"it has more than {MAX_MEMBERS} members")
            if kind != "lstm" and any(isinstance(member, NGram) for member in members):
                raise ValueError("it has more than one n-gram model")  # each takes much memory
            members.append(_READERS[kind](symbols, by_member[f"{k}-{kind}"]))
        return cls(tuple(members), shares["shares"])


def _flatten(state: State) -> Array:
    """A member's state with one row per text: `(..., batch, units)` → `(batch, values)`."""
    return np.moveaxis(state, -2, 0).reshape(state.shape[-2], -1)


def _unflatten(rows: Array, shape: tuple[int, ...]) -> State:
    """The inverse of `_flatten`."""
    return np.moveaxis(rows.reshape(len(rows), *shape), 0, -2)
