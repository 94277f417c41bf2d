"""Mentions of a subject: what a poem says for it, and what a network reads."""

import pytest

from models.networks.words import UNKNOWN, WordVocabulary
from models.verse.mentions import encode, mentions_of, times
from models.verse.word_lines import with_articles

KNOWN = (
    "john",
    "mary",
    "thing",
    "things",
    "bread",
    "engine",
    "engines",
    "france",
    "cat",
    "work",
    "snow",
)
VOCABULARY = WordVocabulary.of([",", "leviathan", "board", "rome", "fall", "work", *KNOWN])


@pytest.mark.parametrize(
    ("text", "written", "read"),
    [
        ("pizza", ["pizza"], "bread"),
        ("the Servers!", ["Servers"], "engines"),
        ("work", ["work"], "work"),
        ("my cat", ["cat"], "cat"),
        ("France", ["France"], "france"),
        ("our moderator Steve", ["our moderator Steve", "Steve"], "john"),
        ("Great Mangosaurus", ["Great Mangosaurus", "Mangosaurus"], "leviathan"),
        ("little cat", ["little cat", "cat"], "cat"),
        ("the fall of Rome", ["Rome"], "rome"),
        ("Steve and my cat", ["Steve"], "john"),
        ("Taylor Work", ["Taylor Work", "Work"], "mary"),
        ("Snow work", ["Snow work", "work"], "work"),
        ("snowboard", ["snowboard"], "board"),
        ("xqzt", ["xqzt"], "thing"),
        ("xqzts", ["xqzts"], "things"),
        ("Xqzt", ["Xqzt"], "john"),
        ("🦕", ["🦕"], "thing"),
        ("the", [], ""),
        ("?!", [], ""),
    ],
)
def test_mentions(text: str, written: list[str], read: str) -> None:
    found = mentions_of(text, VOCABULARY)
    assert [mention.text for mention in found] == written
    assert {VOCABULARY.tokens[mention.token] for mention in found} == ({read} if read else set())


@pytest.mark.parametrize(
    ("text", "stresses"),
    [
        ("pizza", ("10",)),
        ("France", ("1",)),
        ("Mangosaurus", ("0010",)),
        ("moderator Steve", ("10202",)),
        ("🦕", ("1",)),
    ],
)
def test_stresses(text: str, stresses: tuple[str, ...]) -> None:
    assert mentions_of(text, VOCABULARY)[0].stresses == stresses


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("my cat", False),
        ("the little cat", False),
        ("pizza", True),
        ("our Steve", True),
        ("the engines", True),
    ],
)
def test_what_is_counted_needs_a_determiner(text: str, bare: bool) -> None:
    assert {mention.bare for mention in mentions_of(text, VOCABULARY)} == {bare}


def test_times() -> None:
    (mention,) = mentions_of("my cat", VOCABULARY)
    assert times(mention, ["The Cat, the cat's tail", "my cat", "a catalogue", "cats"]) == 2


def test_unknown_words_are_read_as_stand_ins() -> None:
    read = encode(["the", "server", ",", "xqzt"], VOCABULARY)
    assert read.tolist() == [UNKNOWN, VOCABULARY.index["engine"], VOCABULARY.index[","], UNKNOWN]


def test_articles() -> None:
    tokens = ["an", "server", "and", "a", "exam", "a", "one", "an", "hour", "a", "use", "a"]
    found = " ".join(with_articles(tokens))
    assert found == "a server and an exam a one an hour a use a"
