"""Sense of verse: two measures of how far poems are from meaning something.

Neither suffices, since noise can pass one of them: they have to hold together. Shakespeare's
regular sonnets, with the project's corpora:

    told apart, his plays against his sonnets     0.79
    keeps to its subject                          0.85 (lines shuffled among the poems: 0.49)
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.corpora import PASSAGE_END
from data.text import words_of
from tools.evaluation.verse import LINES, MeasuredPoem

Floats = NDArray[np.float64]

FOLDS = 5
DRAWS = 3
"""Repetitions of the cross-validation, with other folds; they reduce its noise to about 0.01."""
WORDS, PARTS = 3, 4
"""Length of the longest n-grams of words, and of parts of speech."""
C = 4.0
"""Inverse strength of the regularisation."""
HALF = LINES // 2

WINDOW = 8
COMMON = 100
"""The most frequent words, which have no vector: they occur with everything."""
RAREST = 5
"""Occurrences that a word needs for a vector."""
DIMENSIONS = 100
SMOOTHING = 0.75


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Vectors of the words of some texts, to measure whether two texts have the same subject.

    Words that occur within `WINDOW` words of one another are counted as a pair, across the lines of
    a passage. Each pair (a, b) has the pointwise mutual information ln p(a, b) / (p(a) q(b)), where
    q is p raised to the power `SMOOTHING` and normalised, which tempers rare words; negative values
    become 0. A singular value decomposition UΣVᵀ reduces the matrix; the vectors are the rows of
    U√Σ.

    Source: O. Levy, Y. Goldberg and I. Dagan, "Improving distributional similarity with lessons
    learned from word embeddings", TACL 3 (2015).
    """

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


@dataclass(frozen=True, eq=False)
class SenseReference:
    """Real sonnets and word vectors that poems are measured against."""

    real: tuple[MeasuredPoem, ...]
    """The regular sonnets: those of fourteen lines."""
    vectors: WordVectors
    """Fitted on the plays and on poems by others: none of the sonnets."""

    @classmethod
    def fit(
        cls, sonnets: Sequence[str], plays: Sequence[str], others: Sequence[str]
    ) -> "SenseReference":
        """Fit the vectors, in about three seconds. All texts are passages of normalised verse.

        sonnets: an empty line separates poems, too.
        """
        poems = (MeasuredPoem(poem) for text in sonnets for poem in text.strip().split(PASSAGE_END))
        real = tuple(poem for poem in poems if len(poem.lines) == LINES)
        return cls(real, WordVectors.fit((*plays, *others)))


@dataclass(frozen=True)
class Sense:
    """Sense of some poems; `None` where too little can be measured."""

    told_apart: float | None
    """How well a classifier tells single generated lines from lines of the sonnets: area under the
    ROC curve; 0.5 means that it cannot."""
    subject: float | None
    """How often a poem's second half is nearer to its own first half than to another poem's."""


def measure_sense(
    poems: Sequence[MeasuredPoem], reference: SenseReference, *, draws: int = DRAWS
) -> Sense:
    """Measure poems. The classifier is fitted anew each time, so nothing can be tuned to one.

    draws: repetitions of the cross-validation; 0 leaves it out, as for the sonnets themselves.
    """
    return Sense(
        told_apart(poems, reference.real, draws=draws) if draws else None,
        keeps_to_subject(poems, reference.vectors),
    )


# Told apart: can a classifier distinguish generated lines from the sonnets'?


def told_apart(
    written: Sequence[MeasuredPoem], real: Sequence[MeasuredPoem], *, draws: int = DRAWS
) -> float | None:
    """Area of a logistic regression on TF-IDF of words and parts of speech together.

    Five-fold cross-validation on single lines, without those that have words of the member's
    opening, which keeps the lines of a poem together. Each draw takes equal numbers of lines.
    `None` if there are fewer poems of either kind than folds.
    """
    numbered = [
        (line.text, number, label)
        for label, poems in enumerate((real, written))
        for number, poem in enumerate(poems, start=label * len(real))
        for line in poem.lines
        if line.is_written
    ]
    groups, labels = (np.array([line[i] for line in numbered], np.int64) for i in (1, 2))
    if min(len(set(groups[labels == label])) for label in (0, 1)) < FOLDS:
        return None
    features = [(words_of(text), parts_of_speech(text)) for text, _, _ in numbered]
    return float(np.mean([_area(features, labels, groups, draw) for draw in range(draws)]))


def parts_of_speech(line: str) -> list[str]:
    """The part of speech of each word of a normalised line, as Penn Treebank tags.

    The tagger looks words up in a lexicon, and corrects tags by rules on endings and neighbours
    (Brill, 1992). It reads the words alone: how many marks a line has is not grammar. A possessive
    *'s* is a word.
    """
    from textblob.en import tag  # takes a second, and only the full scoreboard needs it

    words = re.sub(r"'s\b", " 's", " ".join(words_of(line)))
    return [part for _, part in tag(words, tokenize=False)]


def _area(
    features: Sequence[tuple[Sequence[str], Sequence[str]]],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    draw: int,
) -> float:
    """Mean area over the folds.

    features: the words and the parts of speech of all lines.
    labels, groups: of each line, whether it was generated, and its poem.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
    from sklearn.pipeline import make_pipeline, make_union

    chosen = _balanced(labels, np.random.default_rng(draw))
    kinds = [
        TfidfVectorizer(
            preprocessor=itemgetter(k),
            tokenizer=list,
            token_pattern=None,
            ngram_range=(1, longest),
            sublinear_tf=True,
            min_df=2,
        )
        for k, longest in enumerate((WORDS, PARTS))
    ]
    model = make_pipeline(make_union(*kinds), LogisticRegression(C=C, max_iter=1_000))
    areas = cross_val_score(
        model,
        [features[i] for i in chosen],
        labels[chosen],
        groups=groups[chosen],
        cv=StratifiedGroupKFold(FOLDS, shuffle=True, random_state=draw),
        scoring="roc_auc",
    )
    return float(areas.mean())


def _balanced(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices of equally many lines of both labels, in order."""
    kinds = [np.flatnonzero(labels == label) for label in (0, 1)]
    size = min(map(len, kinds))
    chosen = [rng.choice(kind, size, replace=False) for kind in kinds]
    return np.sort(np.concatenate(chosen))


# Subject: cosines of mean word vectors. The vectors of all first halves, and of all second halves,
# are centred, since what all poems have in common says nothing about the subject of one.
# Comparisons are averaged over all pairs rather than sampled; a tie counts half. 0.5 is chance.


def keeps_to_subject(poems: Sequence[MeasuredPoem], vectors: WordVectors) -> float | None:
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
    return _nearer(second, first)


def _nearer(texts: Floats, candidates: Floats) -> float:
    """How often a text is nearer to the candidate of the same row than to another one.

    texts, candidates: `(texts, dimensions)`.
    """
    cosines = _centred(texts) @ _centred(candidates).T  # (texts, texts)
    mine = np.diagonal(cosines)[:, np.newaxis]  # (texts, 1)
    wins = (mine > cosines) + 0.5 * (mine == cosines)
    others = len(texts) * (len(texts) - 1)
    return float((wins.sum() - 0.5 * len(texts)) / others)  # each text ties with its own


def _centred(vectors: Floats) -> Floats:
    """Vectors minus their mean, of length 1."""
    centred = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    unit: Floats = centred / np.maximum(lengths, np.finfo(np.float64).tiny)
    return unit
