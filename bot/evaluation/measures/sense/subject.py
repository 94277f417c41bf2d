"""Whether poems keep to a subject: cosines of mean word vectors.

The vectors of all texts of one kind (first halves, second halves, openings, poems) are centred,
since what all poems have in common says nothing about the subject of one. Comparisons are averaged
over all pairs rather than sampled; a tie counts half. 0.5 is chance.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.measures.sense.word_vectors import Floats, WordVectors
from bot.evaluation.measures.verse import LINES, Poem
from data.text import normalise_verse

HALF = LINES // 2


def keeps_to_subject(poems: Sequence[Poem], vectors: WordVectors) -> float | None:
    """How often a poem's second half is nearer to its own first half than to another poem's.

    Halves: lines 1–7 and 8–14. Poems with a half without vectors are left out. `None` if fewer than
    two poems are left.
    """
    halves = []
    for poem in poems:
        lines = [line.text for line in poem.lines]
        first, second = vectors.mean(lines[:HALF]), vectors.mean(lines[HALF:LINES])
        if first is not None and second is not None:
            halves.append((first, second))
    if len(halves) < 2:
        return None
    first, second = (np.array(side) for side in zip(*halves, strict=True))
    return _nearer(second, first, np.arange(len(halves)))


def keeps_to_opening(poems: Sequence[Poem], vectors: WordVectors) -> float | None:
    """How often a poem's generated lines after the first are nearer to its opening than to another.

    The opening is what the member wrote, or the first line if that is nothing. Openings without
    vectors (*And yet*) are left out. `None` if fewer than two different openings are left.
    """
    openings: dict[str, Floats] = {}
    for text in map(opening_of, poems):
        mean = vectors.mean([text])
        if mean is not None:
            openings[text] = mean
    own, bodies = _bodies(poems, vectors, openings)
    if len(openings) < 2 or not len(bodies):
        return None
    return _nearer(bodies, np.array(list(openings.values())), own)


def opening_of(poem: Poem) -> str:
    """The opening of a poem, normalised: the member's words, or else the first line."""
    return normalise_verse(poem.text[: poem.given] or next((x.text for x in poem.lines), ""))


def _bodies(
    poems: Sequence[Poem], vectors: WordVectors, openings: Mapping[str, Floats]
) -> tuple[NDArray[np.int64], Floats]:
    """Of each poem with an opening, the number of its opening, and the mean of its other lines."""
    numbers = {text: number for number, text in enumerate(openings)}
    own, means = [], []
    for poem in poems:
        mean = vectors.mean(line.text for line in poem.lines[1:LINES] if line.is_written)
        number = numbers.get(opening_of(poem))
        if mean is not None and number is not None:
            own.append(number)
            means.append(mean)
    return np.array(own, np.int64), np.array(means)


def _nearer(texts: Floats, candidates: Floats, own: NDArray[np.int64]) -> float:
    """How often a text is nearer to its own candidate than to another one.

    texts: `(texts, dimensions)`. candidates: `(candidates, dimensions)`. own: `(texts,)`, the index
    of each text's candidate.
    """
    cosines = _centred(texts) @ _centred(candidates).T  # (texts, candidates)
    mine = cosines[np.arange(len(texts)), own, np.newaxis]  # (texts, 1)
    wins = (mine > cosines) + 0.5 * (mine == cosines)
    others = len(texts) * (candidates.shape[0] - 1)
    return float((wins.sum() - 0.5 * len(texts)) / others)  # each text ties with its own


def _centred(vectors: Floats) -> Floats:
    """Vectors minus their mean, of length 1."""
    centred = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    unit: Floats = centred / np.maximum(lengths, np.finfo(np.float64).tiny)
    return unit
