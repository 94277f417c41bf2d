"""Mixture, made fast: LSTMs of equal shapes are computed side by side, in few large operations."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import LSTM, Layer
from models.networks.mixture import MAX_MEMBERS, Member, Mixture
from models.networks.network import Array, State
from models.networks.ngram import NGram
from models.networks.vocabulary import Vocabulary
from models.serving.sparse_ngram import SparseNGram, read_ngram

_READERS: Mapping[str, Callable[[str, dict[str, Array]], Member]] = {
    LSTM.kind: LSTM.from_arrays,
    NGram.kind: read_ngram,
    SparseNGram.kind: SparseNGram.from_arrays,
}
_HALF = np.float32(0.5)
BLOCK = 24
"""Texts that `ParallelLSTMs` computes at once. Then the gates stay in the processor's cache, and
BLAS reads a matrix of up to 200 units where it is (`_times`): 256 texts take half the time."""


@dataclass(frozen=True, eq=False)
class ParallelMixture(Mixture):
    """A mixture whose LSTMs of equal shapes are computed together.

    The parameters of its LSTMs are views of those of `ParallelLSTMs`.
    """

    _parts: "tuple[_Part, ...]" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Raise `ValueError` as `Mixture` does, and arrange the members."""
        super().__post_init__()
        object.__setattr__(self, "_parts", tuple(_parts(self.members, self.shares)))
        object.__setattr__(self, "members", _members(self._parts))

    def initial_state(self, batch: int) -> State:
        """The states of the parts side by side, one row for each text: `(B, values)`."""
        return np.concatenate([part.initial_state(batch) for part in self._parts], axis=1)

    def step(self, x: NDArray[np.int64], state: State) -> tuple[Array, State]:
        """Read one character per text: `(B,)` → ln p `(B, V)`, new state."""
        new_state = np.empty_like(state)  # (B, values)
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
        """Pickle the parts only, which hold all parameters once."""
        return {"shares": self.shares, "_parts": self._parts}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore what was pickled."""
        self.__dict__.update(state, members=_members(state["_parts"]))

    @classmethod
    def from_arrays(cls, symbols: str, arrays: Mapping[str, Array]) -> "ParallelMixture":
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
            kind = next((kind for kind in _READERS if f"{k}-{kind}" in by_member), None)
            if kind is None:
                raise ValueError(f"its member {k} of {len(by_member)} is missing or unknown")
            if k >= MAX_MEMBERS:
                raise ValueError(f"it has more than {MAX_MEMBERS} members")
            if kind != LSTM.kind and any(isinstance(member, NGram) for member in members):
                raise ValueError("it has more than one n-gram model")  # each takes much memory
            members.append(_READERS[kind](symbols, by_member[f"{k}-{kind}"]))
        return cls(tuple(members), shares["shares"])


@dataclass(frozen=True, eq=False)
class ParallelLSTMs:
    """K networks of equal shapes that read the same texts side by side.

    Its parameters are those of `LSTM`, each with a leading axis for the networks. Its state has a
    row for each text, `(B, L, 2, K, u)`: h and c of each layer and network.
    """

    vocabulary: Vocabulary
    layers: tuple[Layer, ...]
    Wy: Array
    by: Array

    @classmethod
    def of(cls, networks: Sequence[LSTM]) -> "ParallelLSTMs":
        """Copy the parameters of some networks, whose shapes must be equal."""
        layers = (
            Layer(*(np.stack([vars(k)[name] for k in each]) for name in ("Wx", "Wh", "b")))
            for each in zip(*(network.layers for network in networks), strict=True)
        )
        return cls(
            networks[0].vocabulary,
            tuple(layers),
            Wy=np.stack([network.Wy for network in networks]),
            by=np.stack([network.by for network in networks]),
        )

    def network(self, k: int) -> LSTM:
        """The k-th network. Its parameters are views."""
        layers = tuple(Layer(layer.Wx[k], layer.Wh[k], layer.b[k]) for layer in self.layers)
        return LSTM(self.vocabulary, layers, self.Wy[k], self.by[k])

    @property
    def state_shape(self) -> tuple[int, int, int, int]:
        """The shape of one text's state, `(L, 2, K, u)`."""
        networks, units, _ = self.Wy.shape
        return len(self.layers), 2, networks, units

    def step(self, x: NDArray[np.int64], state: Array, new_state: Array) -> Array:
        """Read one character per text: indices `(B,)` → logits `(K, B, V)`.

        The states are `(B, L, 2, K, u)`; the new one is written.
        """
        logits = np.empty((len(self.Wy), len(x), len(self.vocabulary)), np.float32)
        for begin in range(0, len(x), BLOCK):
            rows = slice(begin, begin + BLOCK)
            h = self._step(x[rows], state[rows], new_state[rows])
            np.matmul(h.swapaxes(0, 1), self.Wy, out=logits[:, rows])  # (K, B, u) @ (K, u, V)
        logits += self.by[:, np.newaxis]
        return logits

    def _step(self, x: NDArray[np.int64], state: Array, new_state: Array) -> Array:
        """A step of at most `BLOCK` texts, up to the last hidden state, `(B, K, u)`."""
        h_below: Array | None = None
        for k, layer in enumerate(self._gates):
            h, c = state[:, k, 0], state[:, k, 1]  # (B, K, u) each
            z = _times(h, layer.Wh)  # (4, B, K, u)
            if h_below is None:
                z += layer.inputs.take(x, axis=1)
            else:
                z += _times(h_below, layer.Wx)
                z += layer.inputs
            i, f, g, o = z  # (B, K, u) each; from here on everything is computed in place
            for gates in (z[:2], o):  # σ(z) = ½ tanh(½ z) + ½
                gates *= _HALF
                np.tanh(gates, out=gates)
                gates *= _HALF
                gates += _HALF
            np.tanh(g, out=g)
            c_new, h_new = np.multiply(f, c, out=f), g
            i *= g
            c_new += i  # f ⊙ c + i ⊙ g
            np.tanh(c_new, out=h_new)
            h_new *= o  # o ⊙ tanh(c')
            new_state[:, k, 0], new_state[:, k, 1] = h_new, c_new
            h_below = h_new
        assert h_below is not None  # noqa: S101 (a network has a layer)
        return h_below

    @cached_property
    def _gates(self) -> tuple["_Gates", ...]:
        return tuple(_Gates.of(layer, is_first=k == 0) for k, layer in enumerate(self.layers))

    def __getstate__(self) -> dict[str, object]:
        """Pickle the parameters, but not their copies and views."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, eq=False)
class _Gates:
    """A layer of several networks, arranged by gate."""

    inputs: Array
    """Wx + b of each character in the first layer, `(4, V, K, u)`; b in the others,
    `(4, 1, K, u)`."""
    Wx: Array
    """A view, `(K, 4, u, u)`; not used in the first layer."""
    Wh: Array
    """A view, `(K, 4, u, u)`."""

    @classmethod
    def of(cls, layer: Layer, *, is_first: bool) -> "_Gates":
        """Arrange the parameters of a layer, each of which has a leading axis for the networks."""
        bias = layer.b[:, np.newaxis]  # (K, 1, 4u)
        inputs = _by_gate(layer.Wx + bias if is_first else bias)  # (K, 4, V or 1, u)
        inputs = np.ascontiguousarray(inputs.transpose(1, 2, 0, 3))
        return cls(inputs, _by_gate(layer.Wx), _by_gate(layer.Wh))


def _by_gate(matrices: Array) -> Array:
    """A view: `(K, rows, 4u)` → `(K, 4, rows, u)`."""
    return matrices.reshape(*matrices.shape[:2], 4, -1).swapaxes(1, 2)


def _times(h: Array, matrices: Array) -> Array:
    """The product with the matrix of each network and gate: `(B, K, u)` → `(4, B, K, u)`.

    The matrices are `(K, 4, u, u)`. Four small products are faster than one with all gates: up to a
    million multiplications, BLAS reads a matrix where it is, and does not copy it into blocks.
    """
    product = np.empty((4, *h.shape), np.float32)
    # (K, 1, B, u) @ (K, 4, u, u) → (K, 4, B, u), which is written where it belongs.
    np.matmul(h.swapaxes(0, 1)[:, np.newaxis], matrices, out=product.transpose(2, 0, 1, 3))
    return product


@dataclass(frozen=True, eq=False)
class _LSTMPart:
    """K members of a mixture: LSTMs of equal shapes."""

    places: tuple[int, ...]
    """Places of the LSTMs among the members."""
    network: ParallelLSTMs
    shares: Array
    """Shares in the mixture, `(K, 1, 1)`."""

    @property
    def members(self) -> list[Member]:
        """The members, whose parameters are views."""
        return [self.network.network(k) for k in range(len(self.places))]

    def initial_state(self, batch: int) -> Array:
        """h and c of each text, `(B, values)`."""
        return np.zeros((batch, math.prod(self.network.state_shape)), np.float32)

    def step(self, x: NDArray[np.int64], state: Array, new_state: Array) -> Array:
        """Read one character per text → Σ s_k p_k, `(B, V)`. Writes the new state."""
        shape = len(x), *self.network.state_shape
        p = self.network.step(x, state.reshape(shape), new_state.reshape(shape))  # logits: (K, …)
        p -= p.max(axis=-1, keepdims=True)  # softmax in place
        np.exp(p, out=p)
        p *= self.shares / p.sum(axis=-1, keepdims=True)
        weighted: Array = p.sum(axis=0)
        return weighted


@dataclass(frozen=True, eq=False)
class _NGramPart:
    """A member of a mixture: an n-gram model."""

    places: tuple[int]
    """Place of the n-gram model among the members."""
    network: NGram
    share: np.float32

    @property
    def members(self) -> list[Member]:
        """The member itself."""
        return [self.network]

    def initial_state(self, batch: int) -> Array:
        """State of each text, `(B, values)`."""
        state: Array = self.network.initial_state(batch)[0]
        return state

    def step(self, x: NDArray[np.int64], state: Array, new_state: Array) -> Array:
        """Read one character per text → s p, `(B, V)`. Writes the new state."""
        log_p, after = self.network.step(x, state[np.newaxis])
        new_state[:] = after[0]
        np.exp(log_p, out=log_p)
        log_p *= self.share
        return log_p


_Part = _LSTMPart | _NGramPart


def _parts(members: Sequence[Member], shares: Array) -> Iterator[_Part]:
    """The members, in parts that are computed together."""
    by_shape = defaultdict[tuple[int, int], list[int]](list)
    for place, member in enumerate(members):
        if isinstance(member, LSTM):
            by_shape[len(member.layers), member.units].append(place)
        else:
            yield _NGramPart((place,), member, shares[place])
    for places in by_shape.values():
        lstms = [member for k in places if isinstance(member := members[k], LSTM)]
        network = ParallelLSTMs.of(lstms)
        yield _LSTMPart(tuple(places), network, shares[places, np.newaxis, np.newaxis])


def _members(parts: Sequence[_Part]) -> tuple[Member, ...]:
    """The inverse of `_parts`."""
    by_place = {
        place: member
        for part in parts
        for place, member in zip(part.places, part.members, strict=True)
    }
    return tuple(by_place[place] for place in range(len(by_place)))
