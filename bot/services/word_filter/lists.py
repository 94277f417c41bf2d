"""The bot's word lists: those of the package `glin-profanity` in 23 languages, and `words.toml`.

Only the data files of the package are read. They don't say how bad a word is; `words.toml` does,
and removes entries that insult nobody.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from bot.services.word_filter.affixes import Affixes
from bot.services.word_filter.entries import Entry, Place, Strictness, entries_of, parse
from bot.services.word_filter.normalisation import readings

PACKAGE = "glin_profanity"
OWN_WORDS = Path(__file__).with_name("words.toml")
INNOCENT_WORDS = Path(__file__).with_name("innocent.txt")
"""Words and genera that contain a word of the lists; `innocent.py` compiles it."""
_WHOLE_UP_TO = {"english": 5}
"""Letters up to which an entry is a whole word only. Longer ones match within words, too."""
_WHOLE_UP_TO_ELSE = 6
_WITH_SUFFIXES = "turkish"
"""This list has words with their suffixes, which are parts of innocent words."""
_SHORTEST = 3
"""Letters of the shortest entry; in Chinese, Japanese and Korean it has a letter less."""
_SHORTEST_FOREIGN = 4
"""Shorter words of other languages are names or abbreviations in English."""


@lru_cache(maxsize=1)
def listed() -> tuple[Entry, ...]:
    """All entries that block words."""
    own = _own_words()
    found: dict[Entry, None] = {}
    for strictness in Strictness:
        section = own[strictness.name.lower()]
        for key, is_stem in (("stems", True), ("words", False)):
            found |= dict.fromkeys(_patterns(section.get(key, ()), strictness, is_stem=is_stem))
    for word in own["codes"]["words"]:
        found |= dict.fromkeys(entries_of(word))
    for word in own["compounds"]["words"]:
        found |= dict.fromkeys(entries_of(word, Strictness.NORMAL, Place.COMPOUND))
    decided = {e.spelling for e in found if e.place is not Place.COMPOUND}
    mild = {_spelling(word) for word in own["ordinary"]["words"]}
    none = {_spelling(word) for word in own["ignored"]["words"]}
    for language, words in _package_lists():
        for word in words:
            spelling = _spelling(word)
            if spelling in none:
                continue
            strictness = Strictness.STRICT if spelling in mild else Strictness.NORMAL
            for entry in _of_package(word, language, strictness):
                if entry.spelling not in decided:
                    found.setdefault(entry)
    return _without_duplicates((*found, *_beginnings(found)))


@lru_cache(maxsize=1)
def innocent_words() -> frozenset[str]:
    """Words, as `readings` reads them, that contain a word of the lists and are harmless."""
    own = frozenset(_own_words()["innocent"]["words"])
    return own | frozenset(INNOCENT_WORDS.read_text(encoding="utf-8").split())


@lru_cache(maxsize=1)
def affixes() -> Affixes:
    """What makes other words of the words of the lists."""
    own = _own_words()
    return Affixes(frozenset(own["compounds"]["parts"]), frozenset(own["short"]["words"]))


def innocent_patterns() -> tuple[Entry, ...]:
    """Parts of words that contain a word of the lists and are harmless."""
    return tuple(_patterns(_own_words()["innocent"]["patterns"], Strictness.MILD))


def _patterns(
    patterns: Iterable[str], strictness: Strictness, *, is_stem: bool = False
) -> Iterator[Entry]:
    for pattern in patterns:
        word, place, _parts = parse(pattern)
        yield from entries_of(word, strictness, place, is_stem=is_stem)


def _of_package(word: str, language: str, strictness: Strictness) -> Iterator[Entry]:
    for entry in entries_of(word, strictness):
        has_no_spaces = any("\u0e00" <= c < "\u0e80" or c >= "\u2e80" for c in entry.letters)
        shortest = _SHORTEST if language == "english" else _SHORTEST_FOREIGN
        if has_no_spaces:
            if entry.size > 1:
                yield replace(entry, place=Place.ANYWHERE)
        elif entry.size >= shortest and len(entry.letters) > 1 and not entry.letters.isdecimal():
            longest = _WHOLE_UP_TO.get(language, _WHOLE_UP_TO_ELSE)
            is_long = entry.size > longest and language != _WITH_SUFFIXES
            place = Place.ANYWHERE if is_long and not entry.is_phrase else Place.WHOLE
            yield replace(entry, place=place, is_exact=language != "english")


def _without_duplicates(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Of entries for the same letters and place, the one that the mildest filter uses."""
    kept: dict[tuple[str, tuple[int, ...], Place], Entry] = {}
    for entry in entries:
        key = (entry.letters, entry.lengths, entry.place)
        if key not in kept or entry.strictness < kept[key].strictness:
            kept[key] = entry
    return tuple(kept.values())


def _beginnings(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Slurs without their last letter, as a name could begin to be completed by its reader."""
    for entry in entries:
        is_long = entry.size >= 6 and entry.lengths[-1] == 1 and not entry.is_phrase
        if entry.strictness is Strictness.MILD and is_long and entry.place is Place.ANYWHERE:
            yield Entry(entry.letters[:-1], entry.lengths[:-1], Place.START)


def _spelling(word: str) -> str:
    """A word as its entries spell it, to compare words of two lists."""
    return next(readings(word)).replace(" ", "")


def _own_words() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads(OWN_WORDS.read_text(encoding="utf-8"))


def _package_lists() -> Iterator[tuple[str, list[str]]]:
    """Languages and their words."""
    spec = find_spec(PACKAGE)  # to read its data without running its code
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"The package {PACKAGE} is not installed", name=PACKAGE)
    for file in sorted((Path(spec.origin).parent / "data" / "dictionaries").glob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(content, dict) and "words" in content:
            yield file.stem, [w for w in content["words"] if w]
