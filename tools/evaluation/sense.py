"""Sense of verse: how well a classifier tells lines from Shakespeare's.

Noise that has his words and grammar would pass it: blind readings (`readings.toml`) are the judge.
His plays against his sonnets: 0.79.
"""

import re
from collections.abc import Sequence
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from data.text import words_of
from tools.evaluation.verse import MeasuredPoem

FOLDS = 5
DRAWS = 3
"""Repetitions of the cross-validation, with other folds; they reduce its noise to about 0.01."""
WORDS, PARTS = 3, 4
"""Length of the longest n-grams of words, and of parts of speech."""
C = 4.0
"""Inverse strength of the regularisation."""


def told_apart(
    written: Sequence[MeasuredPoem], real: Sequence[MeasuredPoem], *, draws: int = DRAWS
) -> float | None:
    """Area of a logistic regression on TF-IDF of words and parts of speech together.

    Five-fold cross-validation on single lines, without those that have words of the member's
    opening, which keeps the lines of a poem together. Each draw takes equal numbers of lines.
    `None` if there are fewer poems of either kind than folds. The classifier is fitted anew each
    time, so nothing can be tuned to one.
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
