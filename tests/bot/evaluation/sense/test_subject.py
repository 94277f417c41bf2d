"""Word vectors, and whether poems keep to a subject and to their opening."""

from functools import cache

import numpy as np
import pytest

from bot.evaluation.measures.sense.subject import keeps_to_opening, keeps_to_subject, opening_of
from bot.evaluation.measures.sense.word_vectors import WordVectors
from bot.evaluation.measures.verse import Poem
from tests.bot.evaluation.sense.texts import COMMON, LAW, SEA, TOPICS, poem_about, random_poems
from tests.optional import skip_without

skip_without("sklearn", requirements="requirements-evaluate.txt")

POEMS = 20


@cache
def vectors() -> WordVectors:
    rng = np.random.default_rng(0)
    return WordVectors.fit([poem_about(i % 2, rng=rng) for i in range(200)])


def poems(*topics: int) -> list[Poem]:
    """Poems with a topic per line; every other one has the other topic in each line."""
    rng = np.random.default_rng(1)
    return [Poem(poem_about(*((t + i) % 2 for t in topics), rng=rng)) for i in range(POEMS)]


def test_words_of_a_topic_are_near_to_each_other() -> None:
    sea, other_sea, law = (vectors().mean([words]) for words in (SEA[:40], SEA[40:], LAW))
    assert sea is not None
    assert other_sea is not None
    assert law is not None
    assert sea @ other_sea > 2 * abs(sea @ law)


def test_most_frequent_and_rare_words_have_no_vector() -> None:
    assert set(vectors().rows) == {word for topic in TOPICS for word in topic} - set(COMMON)
    assert vectors().mean([" ".join(COMMON), "zorp"]) is None


def test_vectors_are_deterministic() -> None:
    texts = random_poems(30, seed=1, words=[*COMMON, *SEA.split()])
    one, other = WordVectors.fit(texts), WordVectors.fit(texts)
    np.testing.assert_array_equal(one.vectors, other.vectors)


def test_too_little_text() -> None:
    with pytest.raises(ValueError, match="too little text"):
        WordVectors.fit(["the sea"])


# Subject


def test_halves_with_one_subject() -> None:
    """Half of the other poems have the same topic, so that three comparisons in four are won."""
    assert keeps_to_subject(poems(0), vectors()) == pytest.approx(0.75, abs=0.05)


def test_halves_with_different_subjects() -> None:
    assert keeps_to_subject(poems(*[0] * 7, *[1] * 7), vectors()) == pytest.approx(0.25, abs=0.05)


def test_subject_of_random_words_is_chance() -> None:
    words = [*SEA.split(), *LAW.split()]
    found = keeps_to_subject(list(map(Poem, random_poems(100, 3, words))), vectors())
    assert found == pytest.approx(0.5, abs=0.05)


def test_subject_of_too_few_poems() -> None:
    assert keeps_to_subject(poems(0)[:1], vectors()) is None
    assert keeps_to_subject([*poems(0)[:1], Poem("the\nand"), Poem("")], vectors()) is None


# Opening


def with_openings(poems: list[Poem]) -> list[Poem]:
    """Poems with an opening about the sea, or about the law, by turns."""
    openings = ["boat and oar", "court and crime"] * POEMS
    pairs = zip(openings, poems, strict=False)
    return [Poem(f"{opening}, {poem.text}", len(opening)) for opening, poem in pairs]


def test_poems_near_to_an_opening() -> None:
    assert keeps_to_opening(with_openings(poems(0)), vectors()) == 1
    assert keeps_to_opening(with_openings(poems(1)), vectors()) == 0


def test_first_line_is_the_opening_of_a_poem_without_one() -> None:
    poem = Poem("Of Boats\nand oars")
    assert opening_of(poem) == "of boats"
    assert opening_of(Poem("Of Boats\nand oars", 3)) == "of"
    assert opening_of(Poem("")) == ""
    lines = [Poem(f"boat\n{SEA}"), Poem(f"court\n{LAW}")]
    assert keeps_to_opening(lines, vectors()) == 1


def test_openings_without_vectors_do_not_count() -> None:
    sea, law = Poem(f"boat\n{SEA}", 4), Poem(f"court\n{LAW}", 5)
    unknown = Poem(f"zorp\n{LAW}", 4)
    assert keeps_to_opening([sea, law, unknown], vectors()) == 1
    assert keeps_to_opening([sea, sea, unknown], vectors()) is None


def test_given_lines_do_not_count() -> None:
    """The member's lines after the first are not the poem's."""
    wrong = Poem(f"boat\n{LAW}\n{SEA}", len(f"boat\n{LAW}"))
    assert keeps_to_opening([wrong, Poem(f"court\n{LAW}", 5)], vectors()) == 1
