"""Classifier test of verse: can a classifier distinguish generated lines from the sonnets'?"""

import importlib.util
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.measures.verse import Poem
from data.text import words_of

FOLDS = 5
DRAWS = 3
"""Repetitions of the cross-validation, with other folds; they reduce its noise to about 0.01."""
WORDS, PARTS = 3, 4
"""Length of the longest n-grams of words, and of parts of speech."""
C = 4.0
"""Inverse strength of the regularisation."""

Tokens = Sequence[str]


@dataclass(frozen=True)
class ToldApart:
    """Areas under the ROC curve by features; 0.5 means that they cannot be distinguished."""

    words: float
    parts_of_speech: float
    both: float


@dataclass(frozen=True)
class _Lines:
    """Lines of one kind, and the number of the poem that each is from."""

    texts: tuple[str, ...]
    poems: tuple[int, ...]

    @classmethod
    def of(cls, poems: Sequence[Poem]) -> "_Lines":
        found = [(line.text, i) for i, p in enumerate(poems) for line in p.lines if line.is_written]
        return cls(tuple(text for text, _ in found), tuple(i for _, i in found))


def has_tagger() -> bool:
    """Whether the tagger of parts of speech is installed; does not import it."""
    return importlib.util.find_spec("textblob") is not None


def parts_of_speech(line: str) -> list[str]:
    """The part of speech of each word of a normalised line, as Penn Treebank tags.

    The tagger looks words up in a lexicon, and corrects tags by rules on endings and neighbours
    (Brill, 1992). It reads the words alone: how many marks a line has is not grammar. A possessive
    *'s* is a word.
    """
    from textblob.en import tag  # takes a second, and only the full scoreboard needs it

    words = re.sub(r"'s\b", " 's", " ".join(words_of(line)))
    return [part for _, part in tag(words, tokenize=False)]


def told_apart(
    written: Sequence[Poem], real: Sequence[Poem], *, draws: int = DRAWS
) -> ToldApart | None:
    """Areas of logistic regressions on TF-IDF of words, of parts of speech, and of both together.

    Five-fold cross-validation on single lines, which keeps the lines of a poem together. Each draw
    takes equal numbers of lines. `None` if there are fewer poems of either kind than folds.
    """
    ours, theirs = _Lines.of(written), _Lines.of(real)
    if min(len(set(ours.poems)), len(set(theirs.poems))) < FOLDS:
        return None
    texts = (*theirs.texts, *ours.texts)
    features = [
        ([words_of(text) for text in texts], WORDS),
        ([parts_of_speech(text) for text in texts], PARTS),
    ]
    shift = 1 + max(theirs.poems)
    groups = np.array([*theirs.poems, *(shift + i for i in ours.poems)])
    labels = np.repeat([0, 1], [len(theirs.texts), len(ours.texts)])
    areas = [_areas(features, labels, groups, draw) for draw in range(draws)]
    words, parts, both = np.mean(areas, axis=0)
    return ToldApart(float(words), float(parts), float(both))


def _areas(
    features: Sequence[tuple[Sequence[Tokens], int]],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    draw: int,
) -> tuple[float, float, float]:
    """Mean areas over the folds: of each of the two kinds of features, and of both.

    features: the tokens of all lines, and the length of the longest n-grams.
    labels, groups: of each line, whether it was generated, and its poem.
    """
    from scipy.sparse import hstack
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold

    chosen = _balanced(labels, np.random.default_rng(draw))
    y = labels[chosen]
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=draw)
    areas = []
    for train, test in folds.split(chosen, y, groups[chosen]):
        tables = []
        for tokens, longest in features:
            vectoriser = _vectoriser(longest)
            fitted = vectoriser.fit_transform([tokens[i] for i in chosen[train]])
            tables.append((fitted, vectoriser.transform([tokens[i] for i in chosen[test]])))
        both = tuple(hstack(side, format="csr") for side in zip(*tables, strict=True))
        fold = []
        for fitted, unseen in (*tables, both):
            model = LogisticRegression(C=C, max_iter=1_000).fit(fitted, y[train])
            fold.append(roc_auc_score(y[test], model.decision_function(unseen)))
        areas.append(fold)
    words, parts, together = np.mean(areas, axis=0)
    return float(words), float(parts), float(together)


def _vectoriser(longest: int) -> Any:  # noqa: ANN401
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=_ngrams(longest), sublinear_tf=True, min_df=2)


def _ngrams(longest: int) -> Callable[[Tokens], list[str]]:
    """A function that lists the n-grams of up to `longest` tokens."""

    def listed(tokens: Tokens) -> list[str]:
        return [
            " ".join(tokens[i : i + n])
            for n in range(1, longest + 1)
            for i in range(len(tokens) - n + 1)
        ]

    return listed


def _balanced(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices of equally many lines of both labels, in order."""
    kinds = [np.flatnonzero(labels == label) for label in (0, 1)]
    size = min(map(len, kinds))
    chosen = [rng.choice(kind, size, replace=False) for kind in kinds]
    return np.sort(np.concatenate(chosen))
