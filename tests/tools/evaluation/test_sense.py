"""Sense of verse: each of the measures, and both together."""

from functools import cache

import numpy as np
import pytest

from tests.optional import skip_without
from tests.tools.evaluation.texts import (
    COMMON,
    LAW,
    PLAYS,
    SEA,
    SONNETS,
    TOPICS,
    poem_about,
    random_poems,
)
from tools.evaluation.sense import (
    Sense,
    SenseReference,
    WordVectors,
    keeps_to_subject,
    measure_sense,
    parts_of_speech,
    told_apart,
)
from tools.evaluation.verse import MeasuredPoem

skip_without("sklearn", "textblob", requirements="requirements-evaluate.txt")


def test_reference() -> None:
    reference = SenseReference.fit([*SONNETS[:2], "two\nlines\n\n"], PLAYS, ())
    assert [poem.text for poem in reference.real] == [sonnet.strip() for sonnet in SONNETS[:2]]
    text = "".join(SONNETS[:2])
    assert SenseReference.fit([text], PLAYS, ()).real == reference.real


def test_vectors_never_read_the_sonnets() -> None:
    """And are the same each time."""
    one, other = (SenseReference.fit(sonnets, PLAYS, ()) for sonnets in (SONNETS, ["zorp\n\n"]))
    np.testing.assert_array_equal(one.vectors.vectors, other.vectors.vectors)


def test_nothing_to_measure() -> None:
    reference = SenseReference.fit(SONNETS, PLAYS, ())
    assert measure_sense([MeasuredPoem("")], reference) == Sense(None, None)


# Told apart


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


# Word vectors

POEMS = 20


@cache
def vectors() -> WordVectors:
    rng = np.random.default_rng(0)
    return WordVectors.fit([poem_about(i % 2, rng=rng) for i in range(200)])


def poems(*topics: int) -> list[MeasuredPoem]:
    """Poems with a topic per line; every other one has the other topic in each line."""
    rng = np.random.default_rng(1)
    return [MeasuredPoem(poem_about(*((t + i) % 2 for t in topics), rng=rng)) for i in range(POEMS)]


def test_most_frequent_and_rare_words_have_no_vector() -> None:
    assert set(vectors().rows) == {word for topic in TOPICS for word in topic} - set(COMMON)
    assert vectors().mean([" ".join(COMMON), "zorp"]) is None


def test_too_little_text() -> None:
    with pytest.raises(ValueError, match="too little text"):
        WordVectors.fit(["the sea"])


# Subject


def test_subject() -> None:
    """Half of the other poems have the same topic, so that three comparisons in four are won."""
    assert keeps_to_subject(poems(0), vectors()) == pytest.approx(0.75, abs=0.05)
    assert keeps_to_subject(poems(*[0] * 7, *[1] * 7), vectors()) == pytest.approx(0.25, abs=0.05)
    words = [*SEA.split(), *LAW.split()]
    found = keeps_to_subject(list(map(MeasuredPoem, random_poems(100, 3, words))), vectors())
    assert found == pytest.approx(0.5, abs=0.05)  # chance


def test_subject_of_too_few_poems() -> None:
    assert keeps_to_subject(poems(0)[:1], vectors()) is None
    assert (
        keeps_to_subject([*poems(0)[:1], *map(MeasuredPoem, ("the\nand", ""))], vectors()) is None
    )
