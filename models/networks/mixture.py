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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import LSTM, ParallelLSTMs
from models.networks.network import State
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
    """Networks with the same vocabulary, averaged. Implements `models.networks.network.Network`.

    LSTMs of equal shapes are computed together (`ParallelLSTMs`).
    """

    members: tuple[Member, ...]
    """The parameters of the LSTMs are views of those of `ParallelLSTMs`."""
    shares: Array
    """s_k, `(members,)`: positive, with sum 1."""
    _parts: "tuple[_Part, ...]" = field(init=False, repr=False)

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
        object.__setattr__(self, "_parts", tuple(_parts(self.members, self.shares)))
        object.__setattr__(self, "members", _members(self._parts))

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary that all members share."""
        return self.members[0].vocabulary

    def initial_state(self, batch: int) -> State:
        """The states of the parts side by side, one row for each text: `(batch, values)`."""
        return np.concatenate([part.initial_state(batch) for part in self._parts], axis=1)

    def step(self, x: NDArray[np.int64], state: State) -> tuple[Array, State]:
        """Read one character per text: `(batch,)` → ln p `(batch, vocabulary)`, new state."""
        new_state = np.empty_like(state)  # (batch, values)
        weighted = [
            part.step(x, state[:, columns], new_state[:, columns])
            for part, columns in zip(self._parts, self._columns, strict=True)
        ]
        p: Array = sum(weighted[1:], start=weighted[0])
        np.maximum(p, np.finfo(np.float32).tiny, out=p)  # so that ln p is finite
        return np.log(p, out=p), new_state

    @cached_property
    def _columns(self) -> list[slice]:
        """The columns of each part in the state."""
        ends = np.cumsum([part.initial_state(1).shape[1] for part in self._parts]).tolist()
        return [slice(begin, end) for begin, end in zip([0, *ends], ends, strict=False)]

    def __getstate__(self) -> dict[str, object]:
        """What is pickled: the parts, which hold all parameters once."""
        return {"shares": self.shares, "_parts": self._parts}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore what was pickled."""
        self.__dict__.update(state, members=_members(state["_parts"]))

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


@dataclass(frozen=True, eq=False)
class _LSTMs:
    """K members of a mixture: LSTMs of equal shapes."""

    places: tuple[int, ...]
    """Their places among the members."""
    network: ParallelLSTMs
    shares: Array
    """`(K, 1, 1)`."""

    @property
    def members(self) -> list[Member]:
        """The members, whose parameters are views."""
        return [self.network.network(k) for k in range(len(self.places))]

    def initial_state(self, batch: int) -> Array:
        """h and c of each text, `(batch, values)`."""
        return np.zeros((batch, math.prod(self.network.state_shape)), np.float32)

    def step(self, x: NDArray[np.int64], state: Array, new_state: Array) -> Array:
        """Read one character per text → Σ s_k p_k, `(batch, vocabulary)`. Writes the new state."""
        shape = len(x), *self.network.state_shape
        p = self.network.step(x, state.reshape(shape), new_state.reshape(shape))  # logits: (K, …)
        p -= p.max(axis=-1, keepdims=True)  # softmax in place
        np.exp(p, out=p)
        p *= self.shares / p.sum(axis=-1, keepdims=True)
        weighted: Array = p.sum(axis=0)
        return weighted


@dataclass(frozen=True, eq=False)
class _NGram:
    """A member of a mixture: an n-gram model."""

    places: tuple[int]
    """Its place among the members."""
    network: NGram
    share: np.float32

    @property
    def members(self) -> list[Member]:
        """The member itself."""
        return [self.network]

    def initial_state(self, batch: int) -> Array:
        """`(batch, values)`."""
        state: Array = self.network.initial_state(batch)[0]
        return state

    def step(self, x: NDArray[np.int64], state: Array, new_state: Array) -> Array:
        """Read one character per text → s p, `(batch, vocabulary)`. Writes the new state."""
        log_p, after = self.network.step(x, state[np.newaxis])
        new_state[:] = after[0]
        np.exp(log_p, out=log_p)
        log_p *= self.share
        return log_p


_Part = _LSTMs | _NGram


def _parts(members: Sequence[Member], shares: Array) -> Iterator[_Part]:
    """The members, those together that can be computed together."""
    by_shape = defaultdict[tuple[int, int], list[int]](list)
    for place, member in enumerate(members):
        if isinstance(member, LSTM):
            by_shape[len(member.layers), member.units].append(place)
        else:
            yield _NGram((place,), member, shares[place])
    for places in by_shape.values():
        lstms = [member for k in places if isinstance(member := members[k], LSTM)]
        network = ParallelLSTMs.of(lstms)
        yield _LSTMs(tuple(places), network, shares[places, np.newaxis, np.newaxis])


def _members(parts: Sequence[_Part]) -> tuple[Member, ...]:
    """The inverse of `_parts`."""
    by_place = {
        place: member
        for part in parts
        for place, member in zip(part.places, part.members, strict=True)
    }
    return tuple(by_place[place] for place in range(len(by_place)))
