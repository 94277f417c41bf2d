"""Word filter for all text that members type and that networks generate.

The word list is from the package `pyobscenity`. Some entries match whole words (*ass*, but not
*grass*), others match anywhere, also within an invented name. Text is normalised in several ways
before matching: zero-width characters, look-alike letters, digits for letters, repeated and
spaced-out letters do not hide a word.

The networks write early modern English and Latin, so words that are harmless in Shakespeare or in a
dictionary of dinosaurs are removed from the list (`EXCEPTIONS`). The operator's own words take
precedence.
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
"""Words removed from the list: they are in every edition of Shakespeare."""

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
"""Words that the list lacks, in the syntax of BLOCKED_WORDS."""

ALLOWED = ("cumnoria", "dysganus", "rapetosaurus", "sluttish", "sluttishness")
"""Words of Shakespeare and real genera that would match the list."""

_SPACED_OUT = re.compile(r"(?<!\w)\w(?:[\W_]{1,3}\w(?!\w)){2,}")
_TWICE_OR_MORE = re.compile(r"(.)\1+", re.DOTALL)
_THRICE_OR_MORE = re.compile(r"(.)\1{2,}", re.DOTALL)
_NOTHING = r"(?!)"


@dataclass(frozen=True)
class _List:
    """Patterns of blocked words, and of allowed words that override overlapping ones."""

    blocked: re.Pattern[str]
    allowed: re.Pattern[str]

    def blocks(self, text: str) -> bool:
        allowed = [match.span() for match in _overlapping(self.allowed, text)]
        return any(
            not any(start < match.end() and match.start() < end for start, end in allowed)
            for match in _overlapping(self.blocked, text)
        )


class WordFilter:
    """Decides whether the bot accepts or shows a text. Thread-safe."""

    def __init__(self, blocked: Iterable[str] = (), allowed: Iterable[str] = ()) -> None:
        """`blocked` and `allowed` are the operator's own words; `*` matches any letters.

        `mud` matches the whole word, `mud*` words that start with it, `*mud*` words with it.
        """
        allowed = tuple(allowed)
        package = Dataset().add_all(english_dataset)
        package.remove_phrases_if(lambda phrase: phrase.metadata["originalWord"] in EXCEPTIONS)
        phrases = package.containers
        self._listed = _List(
            blocked=_any_of(
                *(pattern.as_regex() for phrase in phrases for pattern in phrase.patterns),
                *map(_pattern, ADDITIONS),
            ),
            allowed=_any_of(
                *(re.escape(term) for phrase in phrases for term in phrase.whitelistedTerms),
                *map(_pattern, (*ALLOWED, *allowed)),
            ),
        )
        self._operators = _List(
            blocked=_any_of(*map(_pattern, blocked)), allowed=_any_of(*map(_pattern, allowed))
        )

    def allows(self, text: str) -> bool:
        """Whether the text contains no blocked word."""
        # `fold` is how the networks read it: ı is an i.
        readings = {*_readings(text), *_readings(fold(text))}
        return not any(
            words.blocks(reading)
            for words in (self._listed, self._operators)
            for reading in readings
        )


def _readings(text: str) -> Iterator[str]:
    """Normalised variants of the text, in lower case."""
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
    """Fold look-alikes, accents and styles to plain letters, and drop invisible characters."""
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
    """Join spaced-out letters: `m u d` becomes `mud`."""
    return _SPACED_OUT.sub(lambda match: re.sub(r"[\W_]+", "", match[0]), text)


def _pattern(word: str) -> str:
    """The regular expression of a word in the syntax of BLOCKED_WORDS."""
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
    """All matches, also overlapping ones: an allowed match must not hide a blocked one."""
    position = 0
    while match := pattern.search(text, position):
        yield match
        position = match.start() + 1
