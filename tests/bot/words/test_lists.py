"""The word lists."""

import tomllib
from collections import Counter

import pytest

from bot.words import WordFilter, lists
from bot.words.lists import INNOCENT_WORDS, OWN_WORDS, compile_innocent, listed
from bot.words.matching import Strictness, WordPlace, entries_of, parse
from bot.words.normalisation import readings


def test_innocent_words_are_compiled() -> None:
    """After a change of the lists, run `python -m bot.words.lists`."""
    assert INNOCENT_WORDS.read_text(encoding="utf-8") == compile_innocent()


def test_each_word_has_one_strictness() -> None:
    own = tomllib.loads(OWN_WORDS.read_text(encoding="utf-8"))
    levels = (own[strictness.name.lower()] for strictness in Strictness)
    words = Counter(word for level in levels for listed in level.values() for word in listed)
    assert [word for word, count in words.items() if count > 1] == []


def test_every_own_word_is_used() -> None:
    own = tomllib.loads(OWN_WORDS.read_text(encoding="utf-8"))
    for strictness in Strictness:
        for words in own[strictness.name.lower()].values():
            assert [word for word in words if not entries_of(parse(word)[0])] == []


def test_package_has_many_languages() -> None:
    """The data of the package is found, and not only its English."""
    found = {entry.spelling for entry in listed()}
    assert {"kukene", "arschficker", "cazzata", "vypicenec"} <= found


def test_published_words_are_blocked() -> None:
    """All but those that `words.toml` calls innocent, and abbreviations of two letters."""
    own = tomllib.loads(OWN_WORDS.read_text(encoding="utf-8"))
    innocent = {_letters(word) for key in ("strict", "ignored") for word in own[key]["words"]}
    words, listed_words = WordFilter(), lists.english()
    missed = [w for w in listed_words if words.allows(w) and _letters(w) not in innocent]
    assert len(listed_words) > 4000
    assert len(missed) <= 15, missed


def test_remarks_are_no_words() -> None:
    assert [word for word in lists.english() if len(word) > 40 or word.startswith("#")] == []


def test_reading_of_digits_is_no_common_word() -> None:
    """A list has `cra5h`; it is no *crash*."""
    assert "cra5h" in lists.english()
    assert WordFilter().allows("crash")
    assert not WordFilter().allows("pr1ck")


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
