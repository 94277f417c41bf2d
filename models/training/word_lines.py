"""Lines of verse as inputs and targets of a word network.

In a planned line the token `PLAN` comes before the first word: there the network is asked for the
last word of the line, and at every token of the line that word is an input, so that the line is
written towards it. In other lines no end is known, and the network is a plain language model.

If the vocabulary has features, those of each line are read from its text. A window shows the
network those of some slots, so that it learns to do without any of them.

Shapes: T tokens in a window.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.lexicon import rhyme_of, syllables_of
from data.tokens import is_word, split_units
from models.networks.network import log_softmax
from models.networks.words import (
    LINE_END,
    MAX_SYLLABLES,
    NONE,
    PLAN,
    SLOTS,
    UNKNOWN,
    UNKNOWN_FEATURE,
    WordLSTM,
    WordVocabulary,
    running_syllables,
)

Indices = NDArray[np.int64]
LONGEST_PLANNED = 20
"""Tokens of a line whose end is planned."""
LONGEST_STANZA = 16
"""Lines of a stanza whose lines are numbered."""
COMMON_RHYME = 3
"""Words of a vocabulary that share a rhyme, for it to be a feature."""
PERIODS, KINDS = range(1550, 1901, 50), ("drama", "verse", "prose")
NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, eq=False)
class TokenLine:
    """A line of a passage: its tokens as indices."""

    tokens: Indices
    """Tokens with the final `LINE_END`, `(tokens,)`."""
    syllables: Indices
    """Syllables of the line up to and including each token, `(tokens,)`."""
    sizes: Indices
    """Characters of each token with the space before it, `(tokens,)`."""
    end: int
    """The word that the line ends with; `NONE` if it cannot be planned."""
    features: Indices
    """Feature in each of `SLOTS`, `(slots,)`."""


@dataclass(frozen=True, eq=False)
class Window:
    """Inputs and targets of a sequence of lines, `(T,)` each."""

    tokens: Indices
    syllables: Indices
    ends: Indices
    targets: Indices
    sizes: Indices
    """Characters of each target; 0 for a planned word, as it comes again in its line."""
    features: Indices
    """Features of each token's line, `(T, slots)`."""

    @property
    def rows(self) -> tuple[Indices, ...]:
        """The inputs and the targets."""
        return self.tokens, self.syllables, self.ends, self.targets


@dataclass(frozen=True, eq=False)
class PackedLines:
    """The lines of many passages in a few arrays, a twentieth of the memory."""

    tokens: NDArray[Any]
    """Tokens of all lines, one after the other, as are their `syllables` and `sizes`."""
    syllables: NDArray[Any]
    sizes: NDArray[Any]
    ends: NDArray[Any]
    """Last word of each line; `features` are by line, too."""
    features: NDArray[Any]
    lines: Indices
    """Index of each line's first token, and the number of tokens."""
    passages: Indices
    """Index of each passage's first line, and the number of lines."""

    @classmethod
    def of(cls, passages: Iterable[Sequence[TokenLine]]) -> "PackedLines":
        """Pack some passages."""
        columns: tuple[list[NDArray[Any] | list[Any]], ...] = ([], [], [], [], [])
        lengths, counts = [0], [0]
        for passage in passages:
            counts.append(len(passage))
            for line in passage:
                lengths.append(len(line.tokens))
                columns[0].append(line.tokens.astype(np.int32))
                columns[1].append(line.syllables.astype(np.uint8))
                columns[2].append(np.minimum(line.sizes, 255).astype(np.uint8))
                columns[3].append([line.end])
                columns[4].append([line.features.astype(np.int16)])
        tokens, syllables, sizes, ends, features = map(np.concatenate, columns)
        begins = np.cumsum(lengths), np.cumsum(counts)
        return cls(tokens, syllables, sizes, ends.astype(np.int32), features, *begins)

    @classmethod
    def read(
        cls,
        passages: Iterable[str],
        vocabulary: WordVocabulary,
        of_text: Mapping[str, object] = NOTHING,
    ) -> "PackedLines":
        """The lines of some passages, as `read_lines` reads each."""
        return cls.of(read_lines(passage, vocabulary, of_text) for passage in passages)

    def select(self, passages: Indices) -> "PackedLines":
        """Some of the passages."""
        begins, ends = self.passages[passages], self.passages[passages + 1]
        lines = _joined_ranges(begins, ends)
        tokens = _joined_ranges(self.lines[lines], self.lines[lines + 1])
        return PackedLines(
            self.tokens[tokens],
            self.syllables[tokens],
            self.sizes[tokens],
            self.ends[lines],
            self.features[lines],
            np.append(0, np.cumsum(np.diff(self.lines)[lines])),
            np.append(0, np.cumsum(ends - begins)),
        )

    def passage(self, index: int) -> list[TokenLine]:
        """The lines of a passage."""
        some = range(self.passages[index], self.passages[index + 1])
        parts = [slice(self.lines[i], self.lines[i + 1]) for i in some]
        return [
            TokenLine(
                self.tokens[part],
                self.syllables[part],
                self.sizes[part],
                int(self.ends[i]),
                self.features[i],
            )
            for i, part in zip(some, parts, strict=True)
        ]


def _joined_ranges(begins: Indices, ends: Indices) -> Indices:
    """All numbers of some ranges, one after the other."""
    ranges = [np.arange(begin, end) for begin, end in zip(begins, ends, strict=True)]
    return np.concatenate([np.zeros(0, np.int64), *ranges])


def features_of(tokens: Iterable[str]) -> tuple[str, ...]:
    """All features of a vocabulary of these tokens."""
    rhymes = Counter(rhyme for token in tokens if (rhyme := rhyme_of(token)))
    values: dict[str, Iterable[object]] = {
        "rhyme": sorted(rhyme for rhyme, count in rhymes.items() if count >= COMMON_RHYME),
        "line": range(1, LONGEST_STANZA + 1),
        "left": range(LONGEST_STANZA),
        "syllables": range(1, MAX_SYLLABLES + 1),
        "period": PERIODS,
        "kind": KINDS,
    }
    return tuple(f"{slot} {value}" for slot in SLOTS for value in values[slot])


def period_of(year: int) -> int:
    """The year that stands for a year's period: the nearest of `PERIODS`."""
    return min(PERIODS, key=lambda period: abs(period - year))


def read_lines(
    passage: str, vocabulary: WordVocabulary, of_text: Mapping[str, object] = NOTHING
) -> list[TokenLine]:
    """The lines of a passage that ends with a line feed.

    of_text: what is known of the text, by slot: `{"period": 1600, "kind": "verse"}`.
    """
    texts = passage.removesuffix("\n").split("\n")
    places = (place | dict(of_text) for place in _places(texts))
    return [_line(text, vocabulary, place) for text, place in zip(texts, places, strict=True)]


def _places(texts: Sequence[str]) -> Iterator[dict[str, object]]:
    """The number of each line in its stanza and the lines after it; none of long stanzas."""
    for is_stanza, group in groupby(texts, bool):
        size = len(list(group))
        for i in range(size):
            numbered = is_stanza and size <= LONGEST_STANZA
            yield {"line": i + 1, "left": size - i - 1} if numbered else {}


def _line(text: str, vocabulary: WordVocabulary, place: dict[str, object]) -> TokenLine:
    units = split_units(text + "\n")
    tokens = [token for unit in units for token in unit.tokens]
    sizes = [size for unit in units for size in (*[0] * (len(unit.tokens) - 1), len(unit.text))]
    syllables = running_syllables(tokens, [syllables_of(token) for token in tokens])
    words = [token for token in tokens if is_word(token)]
    end = int(vocabulary.encode(words[-1:])[0]) if words else NONE
    if end == UNKNOWN or len(tokens) > LONGEST_PLANNED:
        end = NONE
    rhyme = rhyme_of(words[-1]) if words else ""
    features = vocabulary.encode_features(place | {"rhyme": rhyme, "syllables": max(syllables)})
    sized = np.array(sizes, np.int64)
    return TokenLine(vocabulary.encode(tokens), syllables, sized, end, features)


def window_of(
    lines: Sequence[TokenLine],
    length: int | None = None,
    *,
    planned: bool = False,
    known: Collection[str] = (),
) -> Window:
    """Inputs and targets from the start of some lines, at most `length` of them.

    known: the slots whose features the window has.
    """
    parts, total = [], 0  # (5 + slots, tokens) each
    is_known = np.array([slot in known for slot in SLOTS])
    for line in lines:
        end, size = line.end if planned else NONE, len(line.tokens)
        before = [LINE_END, *line.tokens[:-1]], [0, *line.syllables[:-1]]
        part = np.array([*before, [end] * size, line.tokens, line.sizes], np.int64)
        if end != NONE:
            part = np.insert(part, 0, [PLAN, 0, NONE, end, 0], axis=1)
        features = np.where(is_known, line.features, UNKNOWN_FEATURE)
        parts += [np.vstack((part, features[:, np.newaxis].repeat(part.shape[1], axis=1)))]
        total += part.shape[1]
        if length is not None and total >= length:
            break
    joined = np.concatenate(parts, axis=1)[:, :length]
    tokens, syllables, ends, targets, sizes, *rows = joined
    return Window(tokens, syllables, ends, targets, sizes, np.array(rows).T)


def line_losses(
    network: WordLSTM,
    passages: Sequence[Sequence[TokenLine]],
    *,
    planned: bool = False,
    known: Collection[str] = (),
) -> float:
    """Total −ln p of some passages in nats. Unknown words cost what `UNKNOWN` does.

    With `planned`, the last word of a line counts where it is planned, and again in its line, where
    it costs next to nothing. known: the slots whose features the network gets.
    """
    windows = [window_of(lines, planned=planned, known=known) for lines in passages]
    sizes = np.array([len(window.targets) for window in windows])
    padded = np.zeros((4, len(windows), max(sizes)), np.int64)
    features = np.zeros((len(windows), max(sizes), len(SLOTS)), np.int64)
    for row, window in enumerate(windows):
        padded[:, row, : sizes[row]] = window.rows
        features[row, : sizes[row]] = window.features
    state, total = network.initial_state(len(windows)), 0.0
    for t in range(padded.shape[2]):
        tokens, syllables, ends, targets = padded[:, :, t]
        towards = network.towards(ends, features[:, t])
        h, state = network.step(tokens, syllables, towards, state)
        log_p = log_softmax(network.logits(h))
        total -= float(log_p[np.arange(len(windows)), targets][t < sizes].sum())
    return total
