"""Network: the interface of all networks over characters, and helpers for states and losses."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.networks.vocabulary import Vocabulary

Array = NDArray[np.float32]
State = NDArray[np.float32]
"""State of a network after some text, `(..., batch, units)`: the batch is the last axis but one."""


class Network(Protocol):
    """A network that reads a character and predicts the next one."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that the network reads and predicts."""
        ...

    def initial_state(self, batch: int) -> State:
        """The state before the first character, `(..., batch, units)`."""
        ...

    def step(self, x: NDArray[np.int64], state: State) -> tuple[NDArray[np.float32], State]:
        """Read one character per text: `(batch,)` → logits `(batch, vocabulary)`, new state.

        Does not change the old state.
        """
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The parameters by name, as stored in a weight file."""
        ...


def check_parameters(arrays: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise `ValueError` for a parameter of another shape than that of its name in `shapes`."""
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            found = arrays[name].shape
            raise ValueError(f"the parameter {name} has shape {found}, expected {shape}")


def join_states(states: Sequence[State]) -> State:
    """Concatenate states along the batch axis."""
    return np.concatenate(states, axis=-2)


def state_row(states: State, row: int) -> State:
    """Copy one row out of a batch of states, as a batch of one."""
    return states[..., row : row + 1, :].copy()


def read(network: Network, text: str, state: State) -> tuple[NDArray[np.float32], State]:
    """Read a whole text in a batch of one: the last logits `(1, vocabulary)` and the last state.

    `text` must have a character and must be encodable (see `Vocabulary.fold`).
    """
    for index in network.vocabulary.encode(text):
        logits, state = network.step(np.array([index]), state)
    return logits, state


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """log p from logits along the last axis, in nats: `(..., vocabulary)` → the same shape."""
    # Subtracting the maximum leaves log p unchanged and keeps exp from overflowing.
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def item_losses(network: Network, items: Sequence[str], batch: int = 64) -> NDArray[np.float64]:
    """−ln p of each item in nats, `(len(items),)`, teacher-forced from a fresh state.

    The input before an item's first character is `END`. An item includes its own end
    (`"mangosaurus\\n"`, a poem with its final newlines). `batch` items run side by side.
    """
    losses = np.zeros(len(items))
    # Sorting by length puts items of similar length into a batch, which wastes fewer steps.
    by_length = np.argsort([len(item) for item in items])
    for begin in range(0, len(items), batch):
        rows = by_length[begin : begin + batch]
        targets = [network.vocabulary.encode(items[row]) for row in rows]
        state = network.initial_state(len(rows))
        x = np.full(len(rows), network.vocabulary.end)  # (batch,)
        for t in range(max(len(target) for target in targets)):
            logits, state = network.step(x, state)
            log_p = log_softmax(logits)  # (batch, vocabulary)
            for i, target in enumerate(targets):
                if t < len(target):  # else the item has ended, and its row no longer counts
                    losses[rows[i]] -= log_p[i, target[t]]
                    x[i] = target[t]
    return losses


def cross_entropy(network: Network, items: Iterable[str]) -> float:
    """Mean −ln p over all characters of the items, in nats per character; NaN if there are none."""
    all_items = list(items)
    characters = sum(map(len, all_items))
    return float(item_losses(network, all_items).sum() / characters) if characters else math.nan
