"""Lines of verse as inputs and targets of a word network.

In a planned line the token `PLAN` comes before the first word: there the network is asked for the
last word of the line, and at every token of the line that word is an input, so that the line is
written towards it. In other lines no end is known, and the network is a plain language model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.lexicon import syllables_of
from data.tokens import is_word, split_units
from models.networks.network import log_softmax
from models.networks.words import (
    LINE_END,
    NONE,
    PLAN,
    UNKNOWN,
    WordLSTM,
    WordVocabulary,
    running_syllables,
)

Indices = NDArray[np.int64]
LONGEST_PLANNED = 20
"""Tokens of a line whose end is planned."""


@dataclass(frozen=True, eq=False)
class TokenLine:
    """A line of a passage: its tokens as indices."""

    tokens: Indices
    """With the final `LINE_END`, `(tokens,)`."""
    syllables: Indices
    """Syllables of the line up to and including each token, `(tokens,)`."""
    sizes: Indices
    """Characters of each token with the space before it, `(tokens,)`."""
    end: int
    """The word that the line ends with; `NONE` if it cannot be planned."""


@dataclass(frozen=True, eq=False)
class Window:
    """Inputs and targets of a sequence of lines, `(T,)` each."""

    tokens: Indices
    syllables: Indices
    ends: Indices
    targets: Indices
    sizes: Indices
    """Characters of each target; 0 for a planned word, as it comes again in its line."""

    @property
    def rows(self) -> tuple[Indices, ...]:
        """The inputs and the targets."""
        return self.tokens, self.syllables, self.ends, self.targets


def read_lines(passage: str, vocabulary: WordVocabulary) -> list[TokenLine]:
    """The lines of a passage that ends with a line feed."""
    return [_line(text, vocabulary) for text in passage.removesuffix("\n").split("\n")]


def _line(text: str, vocabulary: WordVocabulary) -> TokenLine:
    units = split_units(text + "\n")
    tokens = [token for unit in units for token in unit.tokens]
    sizes = [size for unit in units for size in (*[0] * (len(unit.tokens) - 1), len(unit.text))]
    syllables = running_syllables(tokens, [syllables_of(token) for token in tokens])
    words = [token for token in tokens if is_word(token)]
    end = int(vocabulary.encode(words[-1:])[0]) if words else NONE
    if end == UNKNOWN or len(tokens) > LONGEST_PLANNED:
        end = NONE
    return TokenLine(vocabulary.encode(tokens), syllables, np.array(sizes, np.int64), end)


def window_of(
    lines: Sequence[TokenLine], length: int | None = None, *, planned: bool = False
) -> Window:
    """Inputs and targets from the start of some lines, at most `length` of them."""
    parts, total = [], 0  # (5, tokens) each
    for line in lines:
        end = line.end if planned else NONE
        if end != NONE:
            parts.append([[PLAN], [0], [NONE], [end], [0]])
            total += 1
        tokens, syllables = [LINE_END, *line.tokens[:-1]], [0, *line.syllables[:-1]]
        parts.append([tokens, syllables, [end] * len(tokens), [*line.tokens], [*line.sizes]])
        total += len(tokens)
        if length is not None and total >= length:
            break
    joined = np.concatenate(parts, axis=1, dtype=np.int64)[:, :length]
    return Window(*joined)


def line_losses(network: WordLSTM, passages: Sequence[Sequence[TokenLine]]) -> float:
    """Total −ln p of some passages in nats. Unknown words cost what `UNKNOWN` does."""
    windows = [window_of(lines) for lines in passages]
    sizes = np.array([len(window.targets) for window in windows])
    padded = np.zeros((4, len(windows), max(sizes)), np.int64)
    for row, window in enumerate(windows):
        padded[:, row, : sizes[row]] = window.rows
    state, total = network.initial_state(len(windows)), 0.0
    for t in range(padded.shape[2]):
        tokens, syllables, ends, targets = padded[:, :, t]
        h, state = network.step(tokens, syllables, network.towards(ends), state)
        log_p = log_softmax(network.logits(h))
        total -= float(log_p[np.arange(len(windows)), targets][t < sizes].sum())
    return total
