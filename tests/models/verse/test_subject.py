"""Subjects: what a poem is about, and how that changes the words of its lines."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.networks.words import WordVocabulary
from models.serving.low_rank import BlockMatrix
from models.verse import subject as module
from models.verse.subject import (
    MOST_WORDS,
    NO_SUBJECT,
    Subject,
    Topics,
    bias_towards,
    listed_subjects,
)

FUNCTION_WORDS = ("the", "of", "thou", "who")
FREQUENT = ("make", "good")
"""Common words that have vectors."""
RARE = (
    *("sea", "wasp", "tide", "bread", "love", "rose", "roses", "time", "carry", "shine", "ship"),
    *("night", "sleepless"),
    *("moon", "light", "star", "singer", "wanted", "softly", "dark"),
)
VOCABULARY = WordVocabulary.of([",", *FUNCTION_WORDS, *FREQUENT, *RARE])
TEXT = st.lists(
    st.sampled_from([*FUNCTION_WORDS, *RARE, "moonlight", "shined", "🦕", "!", "xqzt"]) | st.text()
).map(" ".join)


def topics_of(vocabulary: WordVocabulary = VOCABULARY) -> Topics:
    """Random vectors for all words but the function words."""
    vectors = np.random.default_rng(0).normal(size=(len(vocabulary), 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[:5] = vectors[vocabulary.encode([",", *FUNCTION_WORDS])] = 0
    return Topics(vocabulary, vectors)


TOPICS = topics_of()
VECTORS = BlockMatrix.of(np.asarray(TOPICS.vectors).T)


@pytest.fixture(autouse=True)
def common_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The vocabulary of these tests is small."""
    monkeypatch.setattr(module, "COMMON_WORDS", VOCABULARY.index["sea"])


def vector(word: str) -> NDArray[np.float32]:
    (found,) = TOPICS.vectors[[VOCABULARY.index[word]]]
    return np.asarray(found)


def about(text: str, topics: Topics = TOPICS) -> Subject:
    found = topics.subject_of(text)
    assert found is not None
    return found


def near(subject: Subject, *words: str) -> bool:
    """Whether the subject is a mean of these words: none but they and theirs are near it."""
    parts = np.stack([vector(word) for word in words])
    weights = np.linalg.lstsq(parts.T, subject.vector, rcond=None)[0]
    return bool(np.allclose(weights @ parts, subject.vector, atol=1e-5) and (weights > 0).all())


@pytest.mark.parametrize(
    ("text", "words", "parts"),
    [
        ("the sea", ("sea",), ("sea",)),
        ("The SEA!", ("sea",), ("sea",)),
        ("time and love", ("time", "love"), ("time", "love")),
        ("the rose, the rose", ("rose",), ("rose",)),
        # Forms of known words.
        ("seas", ("seas",), ("sea",)),
        ("the ship's", ("ship's",), ("ship",)),
        ("shined", (), ("shine",)),
        ("shipper", ("shipper",), ("ship",)),
        ("loveless", ("loveless",), ("love",)),
        ("roses", ("roses",), ("roses",)),
        # Compounds.
        ("moonlight", ("moonlight",), ("moon", "light")),
        ("starship", ("starship",), ("star", "ship")),
        # Words that say no more than others do are left out.
        ("make love", ("love",), ("love",)),
        ("make good", (), ("make", "good")),
        # No titles.
        ("wanted, softly, in the night", ("night",), ("wanted", "softly", "night")),
        ("xqzt of the sea", ("sea",), ("sea",)),
        ("mér de sea", ("sea",), ("sea",)),
    ],
)
def test_subject_of_words(text: str, words: tuple[str, ...], parts: tuple[str, ...]) -> None:
    found = about(text)
    assert found.words == words
    assert near(found, *parts)


@pytest.mark.parametrize(
    ("opening", "named"),
    [
        ("The moon is dark tonight", ["moon"]),  # not "dark"
        ("Moonlight and rain", ["moonlight"]),  # a capital at the beginning is no name
        ("I love the Moonlight", ["Moonlight"]),
        ("Softly and dark", []),
    ],
)
def test_poem_names_a_thing_of_its_opening(opening: str, named: list[str]) -> None:
    subject = TOPICS.of_opening(opening)
    assert subject is not None
    assert [mention.text for mention in subject.mentions] == named


@pytest.mark.parametrize(
    ("opening", "bare"),
    [("The dark moon shines", False), ("Moonlight and the sea", True), ("I see the moon", False)],
)
def test_opening_says_what_is_counted(opening: str, bare: bool) -> None:
    subject = TOPICS.of_opening(opening)
    assert subject is not None
    assert [mention.bare for mention in subject.mentions] == [bare]


def test_subject_of_a_form() -> None:
    """It is drawn from those of the form that the network knows, and named."""
    drawn = [
        TOPICS.draw(np.random.default_rng(k), ["a ship", "an xqzt", "a star"]) for k in range(9)
    ]
    assert {subject.words for subject in drawn} == {("a ship",), ("a star",)}
    assert all(subject.mentions for subject in drawn)
    assert set(TOPICS.draw(np.random.default_rng(0), ["an xqzt"]).words) <= LISTED


def test_opening_about_nothing() -> None:
    assert TOPICS.of_opening("Thou, who of the") is None


def test_rare_words_count_more() -> None:
    """*Dark* is the rarest word of the vocabulary."""
    assert len(RARE) > MOST_WORDS
    found = about(" ".join(RARE))
    assert np.allclose(found.vector, about(" ".join(RARE[-MOST_WORDS:])).vector)
    assert found.words == ("dark", "singer")
    found = about("sea dark")
    assert vector("dark") @ found.vector > vector("sea") @ found.vector > 0


@given(TEXT)
def test_subject_of_any_text(text: str) -> None:
    found = TOPICS.subject_of(text)
    if found is not None:
        assert np.linalg.norm(found.vector) == pytest.approx(1, abs=1e-5)
        assert len(found.words) <= 2


def test_words_of_nothing() -> None:
    for text in ("", "🦕", "!?", "the", "who of thou", "xqzt", "Mangosaurus"):
        assert TOPICS.subject_of(text) is None


# Bias. -------------------------------------------------------------------------------------------


def bias(subject: Subject, word: str, strength: float = 4.0) -> float:
    (found,) = bias_towards([subject], VECTORS, strength)
    assert found.shape == (len(VOCABULARY),)
    return float(found[VOCABULARY.index[word]])


@given(st.sampled_from(VOCABULARY.tokens), st.sampled_from(RARE), st.floats(0, 10))
def test_bias_grows_with_cosine(word: str, subject: str, strength: float) -> None:
    cosine = float(vector(word) @ vector(subject))
    expected = strength * max(0.0, cosine)
    assert bias(about(subject), word, strength) == pytest.approx(expected, abs=1e-4)
    assert bias(NO_SUBJECT, word, strength) == 0


def test_nearest_words_have_equal_bias(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = about("sea")
    cosines = sorted(float(vector(word) @ subject.vector) for word in RARE)
    near = cosines[-4]
    assert near > 0
    monkeypatch.setattr(module, "NEAR", near)
    found = sorted(bias(subject, word) for word in RARE)
    assert found[-4:] == pytest.approx([4 * near] * 4)
    assert found[:-4] == pytest.approx([4 * max(0, cosine) for cosine in cosines[:-4]], abs=1e-5)


# Drawn subjects. ---------------------------------------------------------------------------------


def drawn(topics: Topics, seed: int) -> Subject:
    return topics.draw(np.random.default_rng(seed))


LISTED = {"a wasp", "the tide", "bread", "a ship"}
"""Subjects of the list that the vocabulary has."""


def titled(title: str) -> NDArray[np.float32]:
    """The vector of *the sea*."""
    return vector(title.split()[-1])


def test_drawn_subjects_are_listed() -> None:
    found = [drawn(TOPICS, seed) for seed in range(40)]
    for subject in found:
        (title,) = subject.words
        np.testing.assert_allclose(subject.vector, titled(title), atol=1e-5)
    assert {subject.words[0] for subject in found} == LISTED
    assert drawn(TOPICS, 1).words == found[1].words


def test_few_subjects_are_known() -> None:
    found = drawn(topics_of(WordVocabulary.of(["the", "tide", "xqzt"])), 1)
    assert found is NO_SUBJECT or found.words == ("the tide",)
    assert drawn(topics_of(WordVocabulary.of(["the", "xqzt"])), 1) is NO_SUBJECT
    without_vectors = replace(TOPICS, vectors=np.zeros_like(TOPICS.vectors))
    assert drawn(without_vectors, 1) is NO_SUBJECT


def test_listed_subjects() -> None:
    """Many different things in the singular, with an article if they need one."""
    nouns = [title.split()[-1] for title in listed_subjects()]
    assert len(nouns) >= 500
    assert nouns == sorted(set(nouns))
    for title in listed_subjects():
        article, vowel = title.split()[:-1], title.split()[-1][0] in "aeiou"
        assert article in ([], ["the"], ["an" if vowel else "a"])
    assert {"love", "heart", "sun", "summer", "night", "death", "time"}.isdisjoint(nouns)


def test_opposite_words_make_no_direction() -> None:
    vectors = np.zeros_like(TOPICS.vectors)
    sea, love = VOCABULARY.encode(["sea", "love"])
    vectors[sea, 0] = 1
    vectors[love, 0] = -np.log2(2 + sea) / np.log2(2 + love)
    found = about("sea love", Topics(VOCABULARY, vectors))
    assert np.isfinite(found.vector).all()


def test_what_is_known_of_a_name() -> None:
    """The first words are what the poem is about; without words it is what it was."""
    rex = replace(about("love"), words=("Rex",))
    known = TOPICS.knowing(rex, ("tide", "wasp", "sea", "moon", "bread", "xqzt"))
    assert known.words == rex.words
    assert known.known == ("tide", "wasp", "sea", "moon", "bread", "xqzt")
    assert np.allclose(known.vector, about("tide wasp sea moon").vector)
    assert VOCABULARY.index["bread"] not in known.tokens
    assert TOPICS.knowing(rex, ()) is rex
    assert TOPICS.knowing(rex, ("xqzt",)) is rex
