"""A name explained: how the network chose its letters, what is near it, what its parts mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.corpora import load_names
from data.text import clean_name
from models.names.constrained.constraints import NamesError, clean_piece
from models.names.etymology import Part, parts_of
from models.names.shape import of_a_list, shape_of
from models.networks.sampling import probabilities
from models.networks.vocabulary import END
from models.weights import Trained

MOST_ALTERNATIVES = 5
NEAREST = 3


@dataclass(frozen=True)
class LetterChoice:
    """A letter, and what else the network might have written there."""

    letter: str
    """`END` for the end of the name."""
    probability: float
    alternatives: tuple[tuple[str, float], ...]
    """The likeliest letters and their probabilities, falling; this one may be among them."""


@dataclass(frozen=True)
class Dissection:
    """All that can be said of a name."""

    name: str
    """In lower case."""
    letters: tuple[LetterChoice, ...]
    """Of each letter and of the end."""
    nearest: tuple[str, ...]
    """The names of its list (of dinosaurs: the real genera) that are most like it, the nearest
    first; itself, if it is one."""
    parts: tuple[Part, ...]
    """What could be recognised, from left to right; there may be other letters between them. Of
    names that are no dinosaurs, nothing."""


def dissect(trained: Trained, name: str) -> Dissection:
    """Explain a name, as it was typed, by a network for names.

    Raises `NamesError` for what cannot be a name.
    """
    shape, symbols = shape_of(trained), trained.network.vocabulary.symbols
    letters = clean_name(name) if shape.latin else clean_piece(name, symbols, ends=True)
    if not shape.shortest <= len(letters) <= shape.longest:
        alphabet = "letters from a to z" if shape.latin else "characters of the list"
        advice = "another" if of_a_list(trained.card) else "for example: mangosaurus"
        raise NamesError(
            f"A name has {shape.shortest} to {shape.longest} {alphabet}, and yours has "
            f"{len(letters)}; try {advice}"
        )
    unknown = sorted(set(letters).difference(symbols))
    if unknown:
        raise NamesError(
            f"The list that the network learned from has no {' and no '.join(unknown)}, so it has "
            "nothing to say about that name; try another."
        )
    choices = _choices(trained, letters)
    if of_a_list(trained.card):
        return Dissection(letters, choices, nearest_of(letters, trained.words), ())
    return Dissection(letters, choices, nearest_genera(letters), parts_of(letters))


def reading(parts: Sequence[Part]) -> str | None:
    """What the parts of a name mean together: `small tooth`. `None` where there are none."""
    return " ".join(part.meaning for part in parts) or None


def nearest_genera(name: str, count: int = NEAREST) -> tuple[str, ...]:
    """The genera with the fewest edits from a name; of equals, those that begin most like it."""
    return nearest_of(name, load_names().words, count)


def nearest_of(name: str, names: Sequence[str], count: int = NEAREST) -> tuple[str, ...]:
    """The same of any names."""
    if not names:
        return ()
    distances = edit_distances(name, names)
    farthest = np.partition(distances, min(count, len(names)) - 1)[: min(count, len(names))].max()
    near = [int(i) for i in np.flatnonzero(distances <= farthest)]
    near.sort(key=lambda i: (distances[i], -_shared_beginning(name, names[i]), names[i]))
    return tuple(names[i] for i in near[:count])


def edit_distances(name: str, others: Sequence[str]) -> NDArray[np.int64]:
    """How many edits each of some names is away from a name, `(len(others),)`.

    An edit leaves out, adds or changes a letter, or exchanges two neighbours, and none touches the
    same letters twice (the optimal string alignment of Damerau, 1964). All rows of the table

        d[i, j] = min(d[i−1, j] + 1, d[i, j−1] + 1, d[i−1, j−1] + [aᵢ ≠ bⱼ], d[i−2, j−2] + 1)

    are computed for all names at once, the last three at a time; the last case is for exchanged
    neighbours.
    """
    a = np.array([ord(letter) for letter in name])
    b = _padded(tuple(others))  # (others, longest)
    d = np.zeros((3, b.shape[1] + 1, len(b)), np.int16)  # row i is at i % 3
    d[0] = np.arange(b.shape[1] + 1)[:, np.newaxis]
    for i in range(1, len(a) + 1):
        row, above, higher = d[i % 3], d[(i - 1) % 3], d[(i - 2) % 3]
        row[0] = i
        for j in range(1, b.shape[1] + 1):
            changed = above[j - 1] + (a[i - 1] != b[:, j - 1])
            row[j] = np.minimum(np.minimum(above[j], row[j - 1]) + 1, changed)
            if i > 1 and j > 1:
                exchanged = (a[i - 1] == b[:, j - 2]) & (a[i - 2] == b[:, j - 1])
                row[j] = np.where(exchanged, np.minimum(row[j], higher[j - 2] + 1), row[j])
    lengths = np.array([len(other) for other in others])
    result: NDArray[np.int64] = d[len(a) % 3, lengths, np.arange(len(b))].astype(np.int64)
    return result


@lru_cache(maxsize=2)
def _padded(names: tuple[str, ...]) -> NDArray[np.int32]:
    """The code points of some names, zeros behind them: `(names, longest)`."""
    codes = np.zeros((len(names), max(map(len, names))), np.int32)
    for row, name in enumerate(names):
        codes[row, : len(name)] = [ord(letter) for letter in name]
    return codes


def _shared_beginning(name: str, other: str) -> int:
    """How many letters two names have in common before they part."""
    pairs = enumerate(zip(name, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(name), len(other)))


def _choices(trained: Trained, name: str) -> tuple[LetterChoice, ...]:
    """Teacher-forced from a fresh state, at temperature 1."""
    network, vocabulary = trained.network, trained.network.vocabulary
    choices = []
    x, state = np.array([vocabulary.end]), network.initial_state(1)
    for letter in name + END:
        logits, state = network.step(x, state)
        p = probabilities(logits)[0]
        x = vocabulary.encode(letter)
        likeliest = np.argsort(-p, kind="stable")[:MOST_ALTERNATIVES]
        alternatives = tuple((vocabulary.symbols[i], float(p[i])) for i in likeliest)
        choices.append(LetterChoice(letter, float(p[x[0]]), alternatives))
    return tuple(choices)
