"""Word vectors from co-occurrence: words that occur near the same words have similar vectors.

Let c(v, w) be how often w stands at most `WINDOW` words from v, and • any word. How much more often
than by chance is their pointwise mutual information, with the context's frequency flattened and
negative values set to zero:

    M(v, w) = max(0, ln c(v, w) c(•, •) / (c(v, •) c̃(w)))          c̃(w) ∝ c(•, w)^0.75

The vectors are the rows of U √Σ from the singular value decomposition M ≈ U Σ Vᵀ, centred, of unit
length. Source: O. Levy, Y. Goldberg and I. Dagan, "Improving distributional similarity with lessons
learned from word embeddings", TACL 3 (2015).

Shapes: n words with a vector, D dimensions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.tokens import is_word
from models.networks.words import SPECIAL, UNKNOWN, WordVocabulary
from models.training.word_lines import Indices, PackedLines

Array = NDArray[np.float32]

DIMENSIONS = 64
WINDOW = 8
COMMONEST = 100
"""The commonest words say nothing about a subject, and have no vector."""
MIN_COUNT = 5
"""Occurrences of a word that has a vector."""
_SMOOTHING = 0.75
_ITERATIONS, _OVERSAMPLING = 4, 20
_BLOCK = 512
"""Rows of M that are in memory at once."""
_UNCOUNTED = 2**24
"""Pairs of words that are listed before they are counted."""


@dataclass(frozen=True, eq=False)
class WeightedText:
    """Passages whose co-occurrences count `weight` times."""

    lines: PackedLines
    weight: float = 1.0


def fit_word_vectors(
    texts: Sequence[WeightedText], vocabulary: WordVocabulary, seed: int = 0
) -> Array:
    """Vectors `(V, D)` for the tokens of a vocabulary: unit length, or zero without a vector.

    The texts are read with this vocabulary.
    """
    is_listed = np.array([is_word(token) for token in vocabulary.tokens])  # (V,)
    is_listed[: len(SPECIAL)] = False
    counts = np.zeros(len(vocabulary), np.int64)
    for text in texts:
        counts += np.bincount(text.lines.tokens, minlength=len(vocabulary))
    order = np.argsort(-np.where(is_listed, counts, 0), kind="stable")
    has_vector = is_listed & (counts >= MIN_COUNT)
    has_vector[order[:COMMONEST]] = False
    kept = np.flatnonzero(has_vector)
    vectors = np.zeros((len(vocabulary), DIMENSIONS), np.float32)
    if len(kept) > 1:
        row_of = np.full(len(vocabulary), -1)
        row_of[kept] = np.arange(len(kept))
        is_listed[UNKNOWN] = True  # a word, too
        words = (
            (row_of[passage[is_listed[passage]]], text.weight)
            for text in texts
            for passage in _passages(text.lines)
        )
        found = _singular_vectors(_information(words, len(kept)), np.random.default_rng(seed))
        found -= found.mean(axis=0)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        vectors[kept, : found.shape[1]] = np.divide(
            found, lengths, out=np.zeros_like(found), where=lengths > 1e-6
        )
    return vectors


def _passages(lines: PackedLines) -> Iterator[Indices]:
    """The tokens of each passage."""
    ends = lines.lines[lines.passages]
    return (lines.tokens[begin:end] for begin, end in pairwise(ends))


@dataclass(frozen=True, eq=False)
class _SparseMatrix:
    """The entries of an n × n matrix that are not zero, by row."""

    size: int
    rows: NDArray[np.int64]
    """Row of each entry, ascending, `(entries,)`."""
    columns: NDArray[np.int64]
    values: Array

    def blocks(self) -> Iterator[tuple[slice, Array]]:
        """Consecutive rows as dense matrices, `(≤ _BLOCK, n)` each."""
        for begin in range(0, self.size, _BLOCK):
            end = min(begin + _BLOCK, self.size)
            entries = slice(*np.searchsorted(self.rows, [begin, end]))
            block = np.zeros((end - begin, self.size), np.float32)
            block[self.rows[entries] - begin, self.columns[entries]] = self.values[entries]
            yield slice(begin, end), block

    def times(self, x: Array) -> Array:
        """M x: `(n, k)` → `(n, k)`."""
        return np.concatenate([block @ x for _, block in self.blocks()])

    def transposed_times(self, x: Array) -> Array:
        """Mᵀ x: `(n, k)` → `(n, k)`."""
        total = np.zeros_like(x)
        for rows, block in self.blocks():
            total += block.T @ x[rows]
        return total


def _information(passages: Iterator[tuple[Indices, float]], n: int) -> _SparseMatrix:
    """M, from passages as rows of words (−1 for words without a vector) and their weights."""
    pairs, c = _co_occurrences(passages, n)
    # Each pair in both directions; a word beside itself counts twice.
    v, w = np.divmod(pairs, n)
    c = np.where(v == w, 2 * c, c)
    pairs, c = np.append(pairs, (w * n + v)[v != w]), np.append(c, c[v != w])
    order = np.argsort(pairs)
    (rows, columns), c = np.divmod(pairs[order], n), c[order]  # (entries,) each
    totals = np.bincount(rows, c, minlength=n)  # c(v, •) = c(•, v), as c is symmetric
    flattened = totals**_SMOOTHING / (totals**_SMOOTHING).sum()
    information = np.log(c / totals[rows] / flattened[columns])
    positive = information > 0
    values = information[positive].astype(np.float32)
    return _SparseMatrix(n, rows[positive], columns[positive], values)


def _co_occurrences(
    passages: Iterator[tuple[Indices, float]], n: int
) -> tuple[Indices, NDArray[np.float64]]:
    """The pairs v n + w of rows v ≤ w that are near each other, and the weight of each pair."""
    pairs, c = [np.zeros(0, np.int64)], [np.zeros(0)]
    uncounted = 0
    for words, weight in passages:
        for distance in range(1, WINDOW + 1):
            left, right = words[:-distance], words[distance:]
            both = (left >= 0) & (right >= 0)
            left, right = left[both], right[both]
            pairs.append(np.minimum(left, right) * n + np.maximum(left, right))
            c.append(np.full(len(left), weight))
            uncounted += len(left)
        if uncounted > max(_UNCOUNTED, len(pairs[0])):
            counted = _counted(pairs, c)
            pairs, c, uncounted = [counted[0]], [counted[1]], 0
    return _counted(pairs, c)


def _counted(
    pairs: Sequence[Indices], c: Sequence[NDArray[np.float64]]
) -> tuple[Indices, NDArray[np.float64]]:
    """The different pairs, and the sum of the weights of each."""
    different, which = np.unique(np.concatenate(pairs), return_inverse=True)
    total = np.bincount(which, np.concatenate(c), minlength=len(different))
    return different, total.astype(np.float64)


def _singular_vectors(matrix: _SparseMatrix, rng: np.random.Generator) -> Array:
    """U √Σ of the largest singular values, `(n, ≤ D)`: subspace iteration from random vectors.

    Source: N. Halko, P. G. Martinsson and J. A. Tropp, "Finding structure with randomness", SIAM
    Review 53 (2011).
    """
    width = min(matrix.size, DIMENSIONS + _OVERSAMPLING)
    q = rng.standard_normal((matrix.size, width)).astype(np.float32)
    for _ in range(_ITERATIONS):
        q, _ = np.linalg.qr(matrix.times(matrix.transposed_times(q)))  # (n, width)
    projected = matrix.transposed_times(q).T  # Qᵀ M: (width, n)
    u, squares, _ = np.linalg.svd(projected @ projected.T)  # (width, width), (width,)
    kept = min(width, DIMENSIONS)
    scaled: Array = (q @ u[:, :kept]) * np.sqrt(np.sqrt(squares[:kept]))
    return scaled
