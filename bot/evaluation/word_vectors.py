"""Word vectors from co-occurrence, to measure whether two texts have the same subject.

Words that occur within `WINDOW` words of one another are counted as a pair, across the lines of a
passage. Each pair (a, b) has the pointwise mutual information ln p(a, b) / (p(a) q(b)), where q is
p raised to the power `SMOOTHING` and normalised, which tempers rare words; negative values become
0. A singular value decomposition UΣVᵀ reduces the matrix; the vectors are the rows of U√Σ.

Source: O. Levy, Y. Goldberg and I. Dagan, "Improving distributional similarity with lessons learned
from word embeddings", TACL 3 (2015).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.text import words_of

Floats = NDArray[np.float64]

WINDOW = 8
COMMON = 100
"""The most frequent words, which have no vector: they occur with everything."""
RAREST = 5
"""Occurrences that a word needs for a vector."""
DIMENSIONS = 100
SMOOTHING = 0.75


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Vectors of the words of some texts."""

    rows: Mapping[str, int]
    vectors: Floats
    """`(words, dimensions)`."""

    @classmethod
    def fit(cls, texts: Iterable[str]) -> "WordVectors":
        """Count pairs in passages of normalised verse. Deterministic.

        Raises `ValueError` if no two words with a vector occur near one another.
        """
        passages = [words_of(text) for text in texts]
        counts = Counter(word for words in passages for word in words)
        common = {word for word, _ in counts.most_common(COMMON)}
        kept = sorted(w for w, count in counts.items() if count >= RAREST and w not in common)
        rows = {word: row for row, word in enumerate(kept)}
        return cls(rows, _reduced(_information(_pairs(passages, rows))))

    def mean(self, texts: Iterable[str]) -> Floats | None:
        """Mean vector of the words of normalised texts, `(dimensions,)`; `None` if none has one."""
        found = [self.rows[w] for text in texts for w in words_of(text) if w in self.rows]
        if not found:
            return None
        mean: Floats = self.vectors[found].mean(axis=0)
        return mean


def _pairs(passages: Sequence[Sequence[str]], rows: Mapping[str, int]) -> Any:  # noqa: ANN401
    """How often each two words occur within the window: a symmetric sparse matrix."""
    from scipy.sparse import coo_array

    # Passages one after another, with gaps as long as the window.
    gap = [-1] * WINDOW
    read = np.array([row for ws in passages for row in (*(rows.get(w, -1) for w in ws), *gap)])
    ones, others = [], []
    for distance in range(1, WINDOW + 1):
        a, b = read[:-distance], read[distance:]
        both = (a >= 0) & (b >= 0)
        ones += [a[both], b[both]]
        others += [b[both], a[both]]
    one, other = np.concatenate(ones), np.concatenate(others)
    if not len(one):
        raise ValueError("too little text for word vectors: no two words occur near one another")
    pairs = coo_array((np.ones(len(one)), (one, other)), shape=(len(rows), len(rows)))
    pairs.sum_duplicates()
    return pairs


def _information(pairs: Any) -> Any:  # noqa: ANN401
    """Positive pointwise mutual information of the pairs, as a sparse matrix."""
    from scipy.sparse import csr_array

    row, column = pairs.coords
    p = pairs.sum(axis=1) / pairs.sum()  # (words,)
    q = p**SMOOTHING / (p**SMOOTHING).sum()
    information = np.log(pairs.data / pairs.sum() / (p[row] * q[column]))
    positive = information > 0
    kept = (information[positive], (row[positive], column[positive]))
    return csr_array(kept, shape=pairs.shape)


def _reduced(matrix: Any) -> Floats:  # noqa: ANN401
    from sklearn.utils.extmath import randomized_svd

    size = min(DIMENSIONS, *matrix.shape)
    u, s, _ = randomized_svd(matrix, size, n_iter=4, random_state=0)
    vectors: Floats = u * np.sqrt(s)
    return vectors
