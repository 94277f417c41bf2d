"""Networks that predict together: the mixture of their predictions.

Each member k reads the same text and predicts the next character w. The mixture takes the mean of
what they say, weighted by the share of each:

    p(w | h) = Σ_k s_k p_k(w | h)        s_k > 0,  Σ_k s_k = 1

Networks that began with different random weights err in different places, and a table of n-grams
errs elsewhere again, so the mean errs less than its members do (Hansen & Salamon, "Neural network
ensembles", 1990; Jelinek & Mercer, "Interpolated estimation of Markov source parameters", 1980).
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import LSTM
from models.networks.network import State, log_softmax
from models.networks.ngram import NGram
from models.networks.sparse_ngram import SparseNGram
from models.networks.vocabulary import Vocabulary

Array = NDArray[np.float32]
Member = LSTM | NGram

MOST_MEMBERS = 32
_KINDS: Mapping[str, type[Member]] = {"lstm": LSTM, "ngram": NGram, "sparse": SparseNGram}


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of networks that know the same characters. A `models.networks.network.Network`."""

    members: tuple[Member, ...]
    shares: Array
    """s_k, `(members,)`: positive, and together one."""

    def __post_init__(self) -> None:
        """Refuse what is no mixture."""
        if not 0 < len(self.members) <= MOST_MEMBERS:
            raise ValueError(f"it has {len(self.members)} members, expected 1 to {MOST_MEMBERS}")
        if self.shares.shape != (len(self.members),):
            raise ValueError(
                f"the parameter shares has shape {self.shares.shape}, "
                f"expected {(len(self.members),)}"
            )
        if not (self.shares > 0).all() or abs(float(self.shares.sum()) - 1) > 0.01:
            raise ValueError("its shares are not positive numbers that add up to one")

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that all members know."""
        return self.members[0].vocabulary

    def initial_state(self, batch: int) -> State:
        """The members' states, those of one text side by side in a row: `(batch, values)`."""
        return np.concatenate([_rows(m.initial_state(batch)) for m in self.members], axis=1)

    def step(self, x: NDArray[np.int64], state: State) -> tuple[Array, State]:
        """Read one character each: indices `(batch,)` → ln p `(batch, vocabulary)`, new state."""
        log_p, new_state = [], np.empty_like(state)
        for member, share, (columns, shape) in zip(
            self.members, self.shares, self._places, strict=True
        ):
            logits, after = member.step(x, _state(state[:, columns], shape))
            log_p.append(np.log(share) + log_softmax(logits))
            new_state[:, columns] = _rows(after)
        mixed: Array = np.logaddexp.reduce(log_p, axis=0)
        return mixed, new_state

    @cached_property
    def _places(self) -> list[tuple[slice, tuple[int, ...]]]:
        """The columns of each member's state, and its shape with the batch in front."""
        places, begin = [], 0
        for member in self.members:
            shape = np.moveaxis(member.initial_state(1), -2, 0).shape[1:]
            end = begin + math.prod(shape)
            places.append((slice(begin, end), shape))
            begin = end
        return places

    def arrays(self) -> dict[str, Array]:
        """The parameters by name, those of the members as `0-lstm/Wx0`."""
        kinds = {member_type: kind for kind, member_type in _KINDS.items()}
        arrays = {"shares": self.shares}
        for k, member in enumerate(self.members):
            prefix = f"{k}-{kinds[type(member)]}/"
            arrays |= {prefix + name: array for name, array in member.arrays().items()}
        return arrays

    @classmethod
    def from_arrays(cls, symbols: str, arrays: Mapping[str, Array]) -> "Mixture":
        """The mixture of stored parameters. Raises `ValueError` if they do not fit together."""
        by_member = defaultdict[str, dict[str, Array]](dict)
        for name, array in arrays.items():
            label, _, parameter = name.rpartition("/")
            by_member[label][parameter] = array
        shares = by_member.pop("", {})
        if shares.keys() != {"shares"}:
            raise ValueError("beside its members it has other parameters than shares")
        members: list[Member] = []
        for k in range(len(by_member)):
            kind = next((kind for kind in _KINDS if f"{k}-{kind}" in by_member), None)
            if kind is None:
                raise ValueError(f"its member {k} of {len(by_member)} is missing or unknown")
            if k >= MOST_MEMBERS:
                raise ValueError(f"it has more than {MOST_MEMBERS} members")
            if kind != "lstm" and any(isinstance(member, NGram) for member in members):
                raise ValueError("it has more than one n-gram model")  # each has a large table
            members.append(_KINDS[kind].from_arrays(symbols, by_member[f"{k}-{kind}"]))
        return cls(tuple(members), shares["shares"])


def _rows(state: State) -> Array:
    """A member's state, `(..., batch, values)`, with one row for each text."""
    return np.moveaxis(state, -2, 0).reshape(state.shape[-2], -1)


def _state(rows: Array, shape: tuple[int, ...]) -> State:
    """The inverse of `_rows`."""
    return np.moveaxis(rows.reshape(len(rows), *shape), 0, -2)
