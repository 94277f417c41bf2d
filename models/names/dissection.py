"""Dissection of a name: letter probabilities, nearest real names and etymology."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.corpora import load_names
from data.etymology import NamePart, parts_of
from data.text import clean_name
from models.names.constraints import clean_piece, of_a_list, shape_of
from models.names.problems import NamesError, check_known
from models.networks.sampling import probabilities
from models.networks.vocabulary import END
from models.weights import Trained

MAX_ALTERNATIVES = 5
"""Letters listed for each position."""
LONGEST_TYPED = 1000
"""Characters of a name as typed."""
NEAREST = 3
"""Number of nearest names."""
MOST_CACHED = 5_000
"""Names of a longer list, of which a namer's may have fifty thousand, take too much memory to be
kept in the form in which they are compared."""


@dataclass(frozen=True)
class LetterChoice:
    """One letter of a name, and the letters that the network preferred at its position."""

    letter: str
    """`END` for the end of the name."""
    probability: float
    alternatives: tuple[tuple[str, float], ...]
    """The most likely letters with their probabilities, descending; may include this letter."""


@dataclass(frozen=True)
class Dissection:
    """Letter probabilities, nearest names and etymology of a name."""

    name: str
    """The name in lower case."""
    letters: tuple[LetterChoice, ...]
    """Probabilities of each letter, and of the end."""
    nearest: tuple[str, ...]
    """The most similar names of its list (for dinosaurs: real genera), nearest first. If the name
    itself is on the list, it comes first."""
    parts: tuple[NamePart, ...]
    """Recognised roots from left to right, with possible gaps. Empty for names that are not
    dinosaurs."""


def dissect(trained: Trained, name: str) -> Dissection:
    """Analyse a name, as typed, with a network for names.

    Raises `NamesError` for a name with too few or too many letters, or with unknown ones.
    """
    if len(name) > LONGEST_TYPED:  # before anything reads it
        raise _no_name(len(name), trained)
    shape, symbols = shape_of(trained), trained.network.vocabulary.symbols
    letters = clean_name(name) if shape.latin else clean_piece(name, symbols, ends=True)
    if not shape.shortest <= len(letters) <= shape.longest:
        raise _no_name(len(letters), trained)
    check_known(letters, symbols)
    choices = _choices(trained, letters)
    if of_a_list(trained.card):
        return Dissection(letters, choices, nearest_of(letters, trained.words), ())
    genera = load_names().words
    return Dissection(letters, choices, nearest_of(letters, genera), parts_of(letters))


def _no_name(length: int, trained: Trained) -> NamesError:
    shape = shape_of(trained)
    facts = {"shortest": shape.shortest, "longest": shape.longest, "length": length}
    if of_a_list(trained.card):
        return NamesError(
            "Names here must have {shortest} to {longest} characters from the namer's list, but "
            "yours has {length:,}. Try another.",
            **facts,
        )
    return NamesError(
        "A name must have {shortest} to {longest} letters from a to z, but yours has {length:,}. "
        "Try mangosaurus.",
        **facts,
    )


def nearest_of(name: str, names: Sequence[str], count: int = NEAREST) -> tuple[str, ...]:
    """The names of a list nearest to a name by edit distance.

    Ties go to the longer common prefix.
    """
    if not names:
        return ()
    distances = edit_distances(name, names)  # (names,)
    # Sorting only the names at the count-th smallest distance or below is enough.
    farthest = np.partition(distances, min(count, len(names)) - 1)[: min(count, len(names))].max()
    near = [int(i) for i in np.flatnonzero(distances <= farthest)]
    near.sort(key=lambda i: (distances[i], -_common_prefix(name, names[i]), names[i]))
    return tuple(names[i] for i in near[:count])


def edit_distances(name: str, others: Sequence[str]) -> NDArray[np.int64]:
    """Edit distance of a name to each of some others, `(len(others),)`.

    An edit inserts, deletes or changes a letter, or swaps two neighbours, and no letter is edited
    twice (optimal string alignment; Damerau, 1964). With a the name and b one of the others:

        d[i, j] = min(d[i−1, j] + 1, d[i, j−1] + 1, d[i−1, j−1] + [aᵢ ≠ bⱼ], d[i−2, j−2] + 1)

    where the last term applies only if aᵢ₋₁ aᵢ = bⱼ bⱼ₋₁. All others are computed at once, and only
    the last three rows are kept.
    """
    a = np.array([ord(letter) for letter in name])
    others = tuple(others)
    pad = _padded if len(others) <= MOST_CACHED else _padded.__wrapped__
    b = pad(others)  # (others, longest)
    d = np.zeros((3, b.shape[1] + 1, len(b)), np.int16)  # [i % 3, j, other]
    d[0] = np.arange(b.shape[1] + 1)[:, np.newaxis]
    for i in range(1, len(a) + 1):
        row, above, two_above = d[i % 3], d[(i - 1) % 3], d[(i - 2) % 3]  # (longest + 1, others)
        row[0] = i
        for j in range(1, b.shape[1] + 1):
            changed = above[j - 1] + (a[i - 1] != b[:, j - 1])  # (others,)
            row[j] = np.minimum(np.minimum(above[j], row[j - 1]) + 1, changed)
            if i > 1 and j > 1:
                swapped = (a[i - 1] == b[:, j - 2]) & (a[i - 2] == b[:, j - 1])
                row[j] = np.where(swapped, np.minimum(row[j], two_above[j - 2] + 1), row[j])
    # b is padded with zeros; the distance is in column j = length of the other name.
    lengths = np.array([len(other) for other in others])
    result: NDArray[np.int64] = d[len(a) % 3, lengths, np.arange(len(b))].astype(np.int64)
    return result


@lru_cache(maxsize=2)
def _padded(names: tuple[str, ...]) -> NDArray[np.int32]:
    """Code points of names, padded with zeros: `(names, longest)`."""
    lengths = np.array([*map(len, names)])
    is_letter = np.arange(lengths.max()) < lengths[:, np.newaxis]  # (names, longest)
    codes = np.zeros(is_letter.shape, np.int32)
    codes[is_letter] = np.frombuffer("".join(names).encode("utf-32-le"), np.int32)
    return codes


def _common_prefix(name: str, other: str) -> int:
    """Length of the common prefix of two names."""
    pairs = enumerate(zip(name, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(name), len(other)))


def _choices(trained: Trained, name: str) -> tuple[LetterChoice, ...]:
    """The network's prediction for each letter and the end, teacher-forced, at temperature 1."""
    network, vocabulary = trained.network, trained.network.vocabulary
    choices = []
    x, state = np.array([vocabulary.end]), network.initial_state(1)
    for letter in name + END:
        logits, state = network.step(x, state)
        p = probabilities(logits)[0]  # (vocabulary,)
        x = vocabulary.encode(letter)
        most_likely = np.argsort(-p, kind="stable")[:MAX_ALTERNATIVES]
        alternatives = tuple((vocabulary.symbols[i], float(p[i])) for i in most_likely)
        choices.append(LetterChoice(letter, float(p[x[0]]), alternatives))
    return tuple(choices)
