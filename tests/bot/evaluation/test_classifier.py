"""Whether written names can be told from real ones."""

import pytest

pytest.importorskip("sklearn", reason="needs scikit-learn: install requirements-evaluate.txt")

from bot.evaluation.measures.classifier import auc
from data.corpora import load_names

REAL = load_names().training


def test_real_names_cannot_be_told_from_real_ones() -> None:
    found = auc(REAL[:300], REAL[300:430], draws=3)
    assert 0.4 < found.mean < 0.6


def test_gibberish_is_told_from_real_names() -> None:
    gibberish = [name[::-1] for name in REAL[:200]]
    assert auc(gibberish, REAL[300:430], draws=2).mean > 0.9


def test_the_same_names_have_the_same_area() -> None:
    assert auc(REAL[:60], REAL[300:330], draws=2) == auc(REAL[:60], REAL[300:330], draws=2)


def test_too_few_names_are_refused() -> None:
    with pytest.raises(ValueError, match="4 real ones; 5 real ones are needed"):
        auc(REAL[:60], REAL[300:304])
    with pytest.raises(ValueError, match="3 written names"):
        auc(REAL[:3], REAL[300:330])
