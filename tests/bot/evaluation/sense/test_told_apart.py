"""The classifier of generated and real lines."""

import pytest

from bot.evaluation.measures.sense.told_apart import ToldApart, parts_of_speech, told_apart
from bot.evaluation.measures.verse import Poem
from tests.bot.evaluation.sense.texts import COMMON, SEA, random_poems
from tests.optional import skip_without

skip_without("sklearn", "textblob", requirements="requirements-evaluate.txt")


def poems(count: int, seed: int, words: list[str] = COMMON) -> list[Poem]:
    return list(map(Poem, random_poems(count, seed, words)))


def areas(written: list[Poem], real: list[Poem]) -> ToldApart:
    found = told_apart(written, real)
    assert found is not None
    return found


def test_real_lines_cannot_be_told_from_real_lines() -> None:
    found = areas(poems(40, seed=1), poems(40, seed=2))
    assert found.words == pytest.approx(0.5, abs=0.1)
    assert found.parts_of_speech == pytest.approx(0.5, abs=0.1)
    assert found.both == pytest.approx(0.5, abs=0.1)


def test_other_words_are_told_apart() -> None:
    found = areas(poems(10, seed=1, words=SEA.split()), poems(40, seed=2))
    assert found.words > 0.99
    assert found.both > 0.99


def test_other_grammar_is_told_apart() -> None:
    """The same words in another order have other parts of speech next to each other."""
    real = [Poem("\n".join(["the old king sees a red crown"] * 14))] * 10
    shuffled = [Poem("\n".join(["king crown the a old sees red"] * 14))] * 10
    assert areas(shuffled, real).parts_of_speech > 0.99


def test_lines_of_a_poem_stay_together() -> None:
    """Poems that repeat one line of their own give no hint about other poems."""
    written, real = (
        [Poem("\n".join([line.split("\n")[0]] * 14)) for line in random_poems(40, seed)]
        for seed in (1, 2)
    )
    assert areas(written, real).words < 0.7


def test_lines_with_given_words_do_not_count() -> None:
    given = "\n".join([SEA] * 10)
    texts = [f"{given}\n{poem.text}" for poem in poems(20, seed=1)]
    real = poems(40, seed=2)
    assert areas([Poem(text, len(given)) for text in texts], real).words < 0.6
    assert areas([Poem(text) for text in texts], real).words > 0.65


def test_deterministic() -> None:
    assert areas(poems(6, 1), poems(9, 2)) == areas(poems(6, 1), poems(9, 2))


def test_too_few_poems() -> None:
    assert told_apart(poems(4, seed=1), poems(40, seed=2)) is None
    assert told_apart(poems(40, seed=1), poems(4, seed=2)) is None


def test_parts_of_speech() -> None:
    parts = ["DT", "NN", "POS", "NN", "CC", "NNS"]
    assert parts_of_speech("the king's crown and queens") == parts
    assert parts_of_speech("the king's crown, and queens!") == parts
