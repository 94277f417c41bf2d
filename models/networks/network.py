"""What every character-level network can do, whatever is inside."""

import math
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.networks.vocabulary import Vocabulary

State = NDArray[np.float32]
"""The memory of a network. The last axis but one is the batch: `(..., batch, units)`."""


class Network(Protocol):
    """A network that reads a character and predicts the next one."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that it knows."""
        ...

    def initial_state(self, batch: int) -> State:
        """The state before anything is read, `(..., batch, units)`."""
        ...

    def step(self, x: NDArray[np.int64], state: State) -> tuple[NDArray[np.float32], State]:
        """Read one character each: indices `(batch,)` → logits `(batch, vocabulary)`, new state.

        The old state is left as it was.
        """
        ...

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Its parameters by name, as its weight file stores them."""
        ...


def join_states(states: Sequence[State]) -> State:
    """Lay states side by side, so that their texts go on in one batch."""
    return np.concatenate(states, axis=-2)


def state_of(states: State, row: int) -> State:
    """One text's state out of a batch, as a batch of one of its own."""
    return states[..., row : row + 1, :].copy()


def read(network: Network, text: str, state: State) -> tuple[NDArray[np.float32], State]:
    """Let a batch of one read a whole text; the logits `(1, vocabulary)` are for what comes next.

    `text` must not be empty and must be encodable (see `Vocabulary.fold`).
    """
    for index in network.vocabulary.encode(text):
        logits, state = network.step(np.array([index]), state)
    return logits, state


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """log p from logits along the last axis, in nats, without overflow."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def item_losses(network: Network, items: Sequence[str], batch: int = 64) -> NDArray[np.float64]:
    """−ln p of each item in nats, shape `(len(items),)`, teacher-forced from a fresh state.

    Each item is read behind one `END`, so that its first character is predicted too; an item holds
    its own end (`"mangosaurus\\n"`, a poem with its final newlines).
    """
    losses = np.zeros(len(items))
    by_length = np.argsort([len(item) for item in items])
    for begin in range(0, len(items), batch):
        rows = by_length[begin : begin + batch]
        targets = [network.vocabulary.encode(items[row]) for row in rows]
        state = network.initial_state(len(rows))
        x = np.full(len(rows), network.vocabulary.end)
        for t in range(max(len(target) for target in targets)):
            logits, state = network.step(x, state)
            log_p = log_softmax(logits)
            for i, target in enumerate(targets):
                if t < len(target):
                    losses[rows[i]] -= log_p[i, target[t]]
                    x[i] = target[t]
    return losses


def cross_entropy(network: Network, items: Iterable[str]) -> float:
    """Mean −ln p over every character of the items, in nats per character."""
    all_items = list(items)
    characters = sum(map(len, all_items))
    return float(item_losses(network, all_items).sum() / characters) if characters else math.nan
