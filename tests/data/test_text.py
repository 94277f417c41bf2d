"""One way of cleaning text: idempotent, and nothing is left that a network does not know."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.text import (
    VERSE_SYMBOLS,
    clean_name,
    fold,
    normalise_verse,
    proper_nouns,
    spellings,
    unify_newlines,
    words_of,
)

texts = st.text() | st.text("aB é—“”\t\r\n \u0301🦕[]3ßıİǅﬁ'-.")


@given(texts)
def test_normalising_verse_twice_changes_nothing_more(text: str) -> None:
    once = normalise_verse(text)
    assert normalise_verse(once) == once


@given(texts)
def test_normal_verse_holds_the_symbols_of_the_corpus_and_no_needless_space(text: str) -> None:
    normal = normalise_verse(text)
    assert set(normal) <= VERSE_SYMBOLS
    assert "  " not in normal
    assert "\n\n\n" not in normal
    assert all(line == line.strip() for line in normal.split("\n"))
    assert normal == normal.strip()


@given(texts)
def test_it_does_not_matter_how_lines_end(text: str) -> None:
    unified = unify_newlines(text)
    for ending in ("\r\n", "\r"):
        assert normalise_verse(unified.replace("\n", ending)) == normalise_verse(text)


@given(texts)
def test_a_cleaned_name_is_letters_alone_and_clean_already(line: str) -> None:
    name = clean_name(line)
    assert set(name) <= set(string.ascii_lowercase)
    assert clean_name(name) == name


@given(st.text("".join(VERSE_SYMBOLS)))
def test_plain_text_is_its_own_fold(text: str) -> None:
    assert fold(text) == text


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("É", "e"),
        ("e\u0301", "e"),
        ("“quoted”", "'quoted'"),
        ("—–−", "---"),
        ("Æsop, Œdipus, Straße, Øre", "aesop, oedipus, strasse, ore"),
        ("ﬁ ｍ", "fi m"),
        ("İI", "ii"),
    ],
)
def test_characters_become_their_plain_neighbours(typed: str, plain: str) -> None:
    assert fold(typed) == plain


@pytest.mark.parametrize("character", "🦕αд中5[#")
def test_what_has_no_plain_neighbour_is_left_to_the_caller(character: str) -> None:
    assert fold(character) == character


def test_verse_is_normalised_line_by_line() -> None:
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
def test_a_name_is_cleaned(line: str, name: str) -> None:
    assert clean_name(line) == name


def test_names_of_people_and_places_are_recognised_by_their_capitals() -> None:
    text = "And then Helen came, O Helen fair,\nTo Rome and Rome's rose, a Rose, my rose\n"
    assert proper_nouns(text) == {"helen", "rome"}


def test_a_capital_that_begins_a_line_or_a_sentence_says_nothing() -> None:
    assert proper_nouns("Shall I go. Shall I stay? Shall we\nShall they") == frozenset()
    assert proper_nouns("the Sun and the Sun\nthe sun and the sun") == frozenset()


def test_proper_nouns_of_one_very_long_line_take_no_longer_than_those_of_many() -> None:
    # Were the line searched from its beginning for every word, this would take minutes.
    assert proper_nouns("then came Helen " * 50_000) == {"helen"}


def test_words_leave_quotation_marks_and_hyphens_outside() -> None:
    words = words_of("'o'er self-love, ' said he: love's")
    assert words == ["o'er", "self", "love", "said", "he", "love's"]


def test_spellings_come_by_their_number_with_the_apostrophes_that_belong_to_them() -> None:
    texts = ["'tis true, 'tis sweet\n", "sweet 'love' is sweet love, 'tis\n"]
    assert spellings(texts) == ["'tis", "sweet", "love", "is", "true"]
