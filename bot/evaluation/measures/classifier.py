"""Classifier test: can a classifier distinguish generated names from real ones?"""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FOLDS = 5
LONGEST_NGRAM = 4
DRAWS = 20


@dataclass(frozen=True)
class Auc:
    """Area under the ROC curve over several draws; 0.5 means that it cannot distinguish them."""

    mean: float
    deviation: float
    """Standard deviation over the draws."""


def auc(written: Sequence[str], real: Sequence[str], draws: int = DRAWS) -> Auc:
    """AUC of a logistic regression on character 1–4-grams (TF-IDF), by 5-fold cross-validation.

    written: distinct generated names that are not in the corpus.
    real: held-out names; each draw takes as many of `written`.

    Raises `ValueError` if there are too few names.
    """
    if len(written) < len(real) or len(real) < FOLDS:
        raise ValueError(
            f"{len(written)} generated and {len(real)} real names are too few; at least {FOLDS} "
            "real ones are needed, and as many generated ones"
        )
    areas = [_area(written, real, draw) for draw in range(draws)]
    return Auc(float(np.mean(areas)), float(np.std(areas)))


def has_classifier() -> bool:
    """Whether scikit-learn is installed; does not import it."""
    return importlib.util.find_spec("sklearn") is not None


def _area(written: Sequence[str], real: Sequence[str], draw: int) -> float:
    # Imported here since it takes a second, and only the full scoreboard needs it.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline

    chosen = np.random.default_rng(draw).choice(len(written), len(real), replace=False)
    names = [*real, *(written[i] for i in chosen)]
    labels = np.repeat([0, 1], len(real))
    model = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, LONGEST_NGRAM)),
        LogisticRegression(max_iter=1_000),
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=draw)
    return float(cross_val_score(model, names, labels, cv=folds, scoring="roc_auc").mean())
