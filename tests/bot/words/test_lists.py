"""The word lists."""

import tomllib
from collections import Counter

import pytest

from bot.words import WordFilter, lists
from bot.words.lists import INNOCENT_WORDS, OWN_WORDS, listed
from bot.words.matching import Strictness, WordPlace, entries_of, is_known, parse
from bot.words.normalisation import readings
from tools.compilers.innocent_words import compile_innocent


def test_innocent_words_are_compiled() -> None:
    """After a change of the lists, run `python -m tools.compilers.innocent_words`."""
    assert INNOCENT_WORDS.read_text(encoding="utf-8") == compile_innocent()


OWN = tomllib.loads(OWN_WORDS.read_text(encoding="utf-8"))


def test_own_words() -> None:
    """Each has one strictness, and is used."""
    levels = (OWN[strictness.name.lower()] for strictness in Strictness)
    words = [word for level in levels for listed in level.values() for word in listed]
    assert [word for word, count in Counter(words).items() if count > 1] == []
    assert [word for word in words if not entries_of(parse(word)[0])] == []


def test_words_in_other_letters_do_not_look_like_english() -> None:
    """Letters that look alike are read as Latin ones: a Cyrillic word can look like *rook*."""
    words = [
        pattern.strip("*")
        for strictness in Strictness
        for patterns in OWN[strictness.name.lower()].values()
        for pattern in patterns
    ]
    foreign = [word for word in words if "\u0370" <= word[0] < "\u0530"]
    assert foreign
    assert [word for word in foreign if is_known(next(readings(word)))] == []


def test_published_words_are_blocked() -> None:
    """All but those that `words.toml` calls innocent, and abbreviations of two letters."""
    found = {entry.spelling for entry in listed()}
    assert {"kukene", "arschficker", "cazzata", "vypicenec"} <= found  # not only English ones
    innocent = {_letters(word) for key in ("strict", "ignored") for word in OWN[key]["words"]}
    words, listed_words = WordFilter(), lists.english()
    missed = [w for w in listed_words if words.allows(w) and _letters(w) not in innocent]
    assert len(listed_words) > 4000
    assert len(missed) <= 15, missed
    # Remarks are no words.
    assert [word for word in listed_words if len(word) > 40 or word.startswith("#")] == []
    # A list has `cra5h`; it is no *crash*.
    assert "cra5h" in listed_words
    assert words.allows("crash")
    assert not words.allows("pr1ck")


def _letters(word: str) -> str:
    return next(readings(word)).replace(" ", "")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("mud", ("mud", WordPlace.WHOLE, ())),
        ("mud*", ("mud", WordPlace.START, ())),
        ("*mud", ("mud", WordPlace.END, ())),
        ("*mud*", ("mud", WordPlace.ANYWHERE, ())),
        ("m*d", ("m", WordPlace.WHOLE, ("d",))),
        (" *a*b*c ", ("a", WordPlace.END, ("b", "c"))),
        ("**", ("", WordPlace.ANYWHERE, ())),
    ],
)
def test_patterns(pattern: str, expected: tuple[str, WordPlace, tuple[str, ...]]) -> None:
    assert parse(pattern) == expected


def test_symbols_of_an_entry_are_letters() -> None:
    assert {entry.spelling for entry in entries_of("a$$")} == {"ass"}
    assert {entry.spelling for entry in entries_of("1488")} >= {"1488"}
