"""Whether a classifier can tell written names from real ones."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FOLDS = 5
LONGEST_NGRAM = 4
DRAWS = 20


@dataclass(frozen=True)
class Auc:
    """Area under the ROC curve over some draws: 0.5 if names cannot be told from real ones."""

    mean: float
    deviation: float
    """Standard deviation between the draws."""


def auc(written: Sequence[str], real: Sequence[str], draws: int = DRAWS) -> Auc:
    """How well a logistic regression on character 1–4-grams (TF-IDF) tells written from real.

    `written` are different names that are not in the corpus, more than there are `real` ones, which
    are held out. In each draw as many of them are taken as there are real ones, and the area is
    that of five-fold cross-validation. Raises `ValueError` if there are too few.
    """
    if len(written) < len(real) or len(real) < FOLDS:
        raise ValueError(
            f"there are {len(written)} written names and {len(real)} real ones; "
            f"{FOLDS} real ones are needed, and as many written ones"
        )
    areas = [_area(written, real, draw) for draw in range(draws)]
    return Auc(float(np.mean(areas)), float(np.std(areas)))


def can_classify() -> bool:
    """Whether what is needed is installed. Imports nothing of it."""
    return importlib.util.find_spec("sklearn") is not None


def _area(written: Sequence[str], real: Sequence[str], draw: int) -> float:
    # Here, because it takes a second, and only the whole scoreboard needs it.
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
