"""Sense of verse: what a classifier tells apart."""

from tests.optional import skip_without
from tests.tools.evaluation.texts import random_poems
from tools.evaluation.sense import parts_of_speech, told_apart
from tools.evaluation.verse import MeasuredPoem

skip_without("sklearn", "textblob", requirements="requirements-evaluate.txt")


def test_other_grammar_is_told_apart() -> None:
    """The same words in another order have other parts of speech next to each other."""
    real = [MeasuredPoem("\n".join(["the old king sees a red crown"] * 14))] * 10
    shuffled = [MeasuredPoem("\n".join(["king crown the a old sees red"] * 14))] * 10
    found = told_apart(shuffled, real, draws=1)
    assert found is not None
    assert found > 0.99


def test_too_few_poems() -> None:
    few, many = (list(map(MeasuredPoem, random_poems(n, seed=n))) for n in (4, 40))
    assert told_apart(few, many) is None
    assert told_apart(many, few) is None


def test_parts_of_speech() -> None:
    parts = ["DT", "NN", "POS", "NN", "CC", "NNS"]
    assert parts_of_speech("the king's crown and queens") == parts
    assert parts_of_speech("the king's crown, and queens!") == parts
