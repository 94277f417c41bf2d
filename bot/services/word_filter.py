"""The one door for words that come in and go out.

The word list is that of the package `pyobscenity`: whole words where a word is only rude by itself
(*ass*, but not *grass*), and parts of words where they are vile anywhere, as in an invented name.
The text is read in several ways before it is looked up, so that zero-width characters, look-alike
letters, digits for letters, repeated or spaced-out letters do not hide a word.

Both networks write early modern English and Latin, so words that are harmless in Shakespeare or in
a dictionary of dinosaurs are taken off the list (`EXCEPTIONS`). What an operator adds or allows
goes before both.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyobscenity.dataset import Dataset  # type: ignore[import-untyped]
from pyobscenity.english_preset import english_dataset  # type: ignore[import-untyped]
from pyobscenity.transformers import confusable_mapping, leet_mapping  # type: ignore[import-untyped]

from data.text import fold

EXCEPTIONS = frozenset({"arse", "ass", "bastard", "cock", "damn", "prick", "sex"})
"""Phrases of the list that are left out: one meets them in any edition of Shakespeare."""

ADDITIONS = (
    "*arsehole*",
    "*asshole*",
    "*cocksuck*",
    "*hitler*",
    "*raghead*",
    "*tranny*",
    "*wetback*",
    "coon",
    "coons",
    "gook",
    "gooks",
    "*nazi*",
    "paki",
    "pakis",
)
"""Words that the list lacks, written as an operator writes his own."""

ALLOWED = ("cumnoria", "dysganus", "rapetosaurus", "sluttish", "sluttishness")
"""Words that only look like those of the list: of Shakespeare's, and genera that there are."""

_SPACED_OUT = re.compile(r"(?<!\w)\w(?:[\W_]{1,3}\w(?!\w)){2,}")
_TWICE_OR_MORE = re.compile(r"(.)\1+", re.DOTALL)
_THRICE_OR_MORE = re.compile(r"(.)\1{2,}", re.DOTALL)
_NOTHING = r"(?!)"


@dataclass(frozen=True)
class _List:
    """Patterns that refuse, and patterns that let through what overlaps them."""

    refused: re.Pattern[str]
    allowed: re.Pattern[str]

    def refuses(self, text: str) -> bool:
        spared = [match.span() for match in _overlapping(self.allowed, text)]
        return any(
            not any(start < match.end() and match.start() < end for start, end in spared)
            for match in _overlapping(self.refused, text)
        )


class WordFilter:
    """Says of a text whether the bot may read it or say it. Safe to use from several threads."""

    def __init__(self, blocked: Iterable[str] = (), allowed: Iterable[str] = ()) -> None:
        """`blocked` and `allowed` are the operator's own words; `*` stands for any letters.

        `mud` is a whole word, `mud*` its beginning, `*mud*` it anywhere.
        """
        allowed = tuple(allowed)
        package = Dataset().add_all(english_dataset)
        package.remove_phrases_if(lambda phrase: phrase.metadata["originalWord"] in EXCEPTIONS)
        phrases = package.containers
        self._listed = _List(
            refused=_any_of(
                *(pattern.as_regex() for phrase in phrases for pattern in phrase.patterns),
                *map(_pattern, ADDITIONS),
            ),
            allowed=_any_of(
                *(re.escape(term) for phrase in phrases for term in phrase.whitelistedTerms),
                *map(_pattern, (*ALLOWED, *allowed)),
            ),
        )
        self._operators = _List(
            refused=_any_of(*map(_pattern, blocked)), allowed=_any_of(*map(_pattern, allowed))
        )

    def allows(self, text: str) -> bool:
        """Whether nothing in the text is on the list."""
        # What the networks would make of it is one more way to read it: ı is an i to them.
        readings = {*_readings(text), *_readings(fold(text))}
        return not any(
            words.refuses(reading)
            for words in (self._listed, self._operators)
            for reading in readings
        )


def _readings(text: str) -> Iterator[str]:
    """The text as different eyes would read it, in lower case."""
    bare = _without_disguise(text)
    yield bare
    if _THRICE_OR_MORE.search(bare):  # no word has a letter three times running
        yield _THRICE_OR_MORE.sub(r"\1\1", bare)
        yield _TWICE_OR_MORE.sub(r"\1", bare)
    letters = "".join(leet_mapping.get(character, character) for character in bare)
    yield letters
    yield _joined(bare)
    yield _joined(letters)


def _without_disguise(text: str) -> str:
    """Fold look-alikes, accents and styles to plain letters, and drop what cannot be seen."""
    folded = "".join(
        confusable_mapping.get(character, character)
        for character in unicodedata.normalize("NFKC", text)
    )
    return "".join(
        character
        for character in unicodedata.normalize("NFKD", folded).lower()
        if unicodedata.category(character) not in ("Cf", "Mn", "Me")
    )


def _joined(text: str) -> str:
    """Close up letters that stand alone in a row: `m u d` is read as `mud`."""
    return _SPACED_OUT.sub(lambda match: re.sub(r"[\W_]+", "", match[0]), text)


def _pattern(word: str) -> str:
    """The regular expression of a word with stars, as an operator writes it."""
    folded = _without_disguise(word.strip())
    core = r"\w*".join(map(re.escape, folded.strip("*").split("*")))
    if not core:
        return _NOTHING
    start = "" if folded.startswith("*") else r"(?<!\w)"
    end = "" if folded.endswith("*") else r"(?!\w)"
    return start + core + end


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or _NOTHING)


def _overlapping(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Matches from every position on: one that is spared must not hide another."""
    position = 0
    while match := pattern.search(text, position):
        yield match
        position = match.start() + 1
