"""The classifier test of generated names."""

import pytest

from bot.evaluation.measures.classifier import auc
from data.corpora import load_names
from tests.optional import skip_without

skip_without("sklearn", requirements="requirements-evaluate.txt")

REAL = load_names().training


def test_auc_of_real_names() -> None:
    found = auc(REAL[:300], REAL[300:430], draws=3)
    assert 0.4 < found.mean < 0.6


def test_auc_of_gibberish() -> None:
    gibberish = [name[::-1] for name in REAL[:200]]
    assert auc(gibberish, REAL[300:430], draws=2).mean > 0.9


def test_auc_is_reproducible() -> None:
    assert auc(REAL[:60], REAL[300:330], draws=2) == auc(REAL[:60], REAL[300:330], draws=2)


def test_auc_needs_enough_names() -> None:
    with pytest.raises(ValueError, match="and 4 real names are too few"):
        auc(REAL[:60], REAL[300:304])
    with pytest.raises(ValueError, match="3 generated"):
        auc(REAL[:3], REAL[300:330])
