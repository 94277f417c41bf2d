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

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.tokens import is_word, tokenise
from models.networks.words import WordVocabulary

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


@dataclass(frozen=True, eq=False)
class WeightedText:
    """Passages whose co-occurrences count `weight` times."""

    passages: Sequence[str]
    weight: float = 1.0


def fit_word_vectors(
    texts: Sequence[WeightedText], vocabulary: WordVocabulary, seed: int = 0
) -> Array:
    """Vectors `(V, D)` for the tokens of a vocabulary: unit length, or zero without a vector."""
    read = [
        ([token for token in tokenise(passage) if is_word(token)], text.weight)
        for text in texts
        for passage in text.passages
    ]
    counts = Counter(word for words, _ in read for word in words)
    commonest = {word for word, _ in counts.most_common(COMMONEST)}
    kept = [
        i
        for i, token in enumerate(vocabulary.tokens)
        if is_word(token) and counts[token] >= MIN_COUNT and token not in commonest
    ]
    vectors = np.zeros((len(vocabulary), DIMENSIONS), np.float32)
    if len(kept) > 1:
        index = {vocabulary.tokens[i]: row for row, i in enumerate(kept)}
        encoded = [(np.array([index.get(w, -1) for w in words]), x) for words, x in read]
        found = _singular_vectors(_information(encoded, len(kept)), np.random.default_rng(seed))
        found -= found.mean(axis=0)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        vectors[kept, : found.shape[1]] = np.divide(
            found, lengths, out=np.zeros_like(found), where=lengths > 1e-6
        )
    return vectors


@dataclass(frozen=True, eq=False)
class _SparseMatrix:
    """The entries of an n × n matrix that are not zero, by row."""

    size: int
    rows: NDArray[np.int64]
    """Ascending, `(entries,)`."""
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


def _information(passages: Sequence[tuple[NDArray[np.int64], float]], n: int) -> _SparseMatrix:
    """M, from passages as rows of words (−1 for words without a vector) and their weights."""
    codes, weights = [], []
    for words, weight in passages:
        for distance in range(1, WINDOW + 1):
            left, right = words[:-distance], words[distance:]
            both = (left >= 0) & (right >= 0)
            codes.append(left[both] * n + right[both])
            weights.append(np.full(int(both.sum()), weight))
    pairs, which = np.unique(np.concatenate(codes), return_inverse=True)
    # Each pair in both directions: rows ascend again after the sort.
    c = np.bincount(which, np.concatenate(weights))
    pairs = np.concatenate([pairs, pairs % n * n + pairs // n])
    pairs, which = np.unique(pairs, return_inverse=True)
    c = np.bincount(which, np.concatenate([c, c]))  # (entries,)
    rows, columns = np.divmod(pairs, n)
    totals = np.bincount(rows, c, minlength=n)  # c(v, •) = c(•, v), as c is symmetric
    flattened = totals**_SMOOTHING / (totals**_SMOOTHING).sum()
    information = np.log(c / totals[rows] / flattened[columns])
    positive = information > 0
    values = information[positive].astype(np.float32)
    return _SparseMatrix(n, rows[positive], columns[positive], values)


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
