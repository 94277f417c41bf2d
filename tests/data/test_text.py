"""Text cleaning: idempotent, with known symbols only."""

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.text import (
    VERSE_SYMBOLS,
    clean_name,
    fold,
    normalise_text,
    normalise_verse,
    proper_nouns,
    spellings,
    unify_newlines,
    words_of,
)

texts = st.text() | st.text("aB é—“”\t\r\n \u0301🦕[]3ßıİǅﬁ'-.")


@given(texts, st.sampled_from([normalise_verse, normalise_text]))
def test_normal_text(text: str, normalise: Callable[[str], str]) -> None:
    normal = normalise(text)
    assert normalise(normal) == normal
    assert "  " not in normal
    assert "\n\n\n" not in normal
    assert all(line == line.strip() for line in normal.split("\n"))
    assert normal == normal.strip()
    assert set(normal) <= VERSE_SYMBOLS or normalise is normalise_text


@given(texts)
def test_line_endings_do_not_matter(text: str) -> None:
    unified = unify_newlines(text)
    for ending in ("\r\n", "\r"):
        assert normalise_verse(unified.replace("\n", ending)) == normalise_verse(text)


@given(texts)
def test_clean_name_is_idempotent(line: str) -> None:
    name = clean_name(line)
    assert set(name) <= set(string.ascii_lowercase)
    assert clean_name(name) == name


@given(st.text("".join(VERSE_SYMBOLS)))
def test_fold_keeps_plain_text(text: str) -> None:
    assert fold(text) == text


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("É", "e"),
        ("e\u0301", "e"),
        ("“quoted”", "'quoted'"),
        ("—–−", "---"),
        ("Æsop, Œdipus, Straße, Øre", "aesop, oedipus, strasse, ore"),
        ("ﬁ ｍ㍿ﬃ", "fi m株式会社ffi"),
        ("İI", "ii"),
    ],
)
def test_fold(typed: str, plain: str) -> None:
    assert fold(typed) == plain
    others = "🦕αд中5[#ﷺ"
    assert fold(others) == others


def test_normalise_verse() -> None:
    typed = "  When [forty] winters\t shall besiege — \r\n\r\n\r\n\r\nThy “brow”; 12 years!  \n\n"
    assert normalise_verse(typed) == "when forty winters shall besiege -\n\nthy 'brow'; years!"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Mangosaurus", "mangosaurus"),
        ("  T. rex (1905)\r", "trex"),
        ("Éoraptor", "eoraptor"),
        ("Yi—qi", "yiqi"),
        ("恐龍 🦕", ""),
    ],
)
def test_clean_name(line: str, name: str) -> None:
    assert clean_name(line) == name


def test_proper_nouns() -> None:
    text = "And then Helen came, O Helen fair,\nTo Rome and Rome's rose, a Rose, my rose\n"
    assert proper_nouns(text) == {"helen", "rome"}
    # Capitals at starts do not count.
    assert proper_nouns("Shall I go. Shall I stay? Shall we\nShall they") == frozenset()
    assert proper_nouns("the Sun and the Sun\nthe sun and the sun") == frozenset()
    # Were the line searched from its beginning for every word, this would take minutes.
    assert proper_nouns("then came Helen " * 50_000) == {"helen"}


def test_words_of() -> None:
    words = words_of("'o'er self-love, ' said he: love's")
    assert words == ["o'er", "self", "love", "said", "he", "love's"]


def test_spellings() -> None:
    texts = ["'tis true, 'tis sweet\n", "sweet 'love' is sweet love, 'tis\n"]
    assert spellings(texts) == ["'tis", "sweet", "love", "is", "true"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Größe, l'été – любовь", ["Größe", "l'été", "любовь"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("3 mal 2²", ["mal", "²"]),
    ],
)
def test_words_of_other_alphabets(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (
            "\ufeffGröße\u00a0und\tÜbermut \r\n\r\n\r\n\r\n„Ja“ – 3\u200b!",
            "Größe und Übermut\n\n„Ja“ – 3!",
        ),
        ("e\u0301te\u0301", "été"),
        ("  Ἄνδρα  μοι\x0bἔννεπε ", "Ἄνδρα μοι ἔννεπε"),
        ("\n\n", ""),
    ],
)
def test_normalise_text(text: str, clean: str) -> None:
    assert normalise_text(text) == clean


@given(st.text())
def test_fold_is_by_character(text: str) -> None:
    assert fold(text.lower()) == "".join(map(fold, text.lower()))
