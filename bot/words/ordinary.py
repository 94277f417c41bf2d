"""Ordinary words that the word lists would refuse: profane elsewhere, or alike by sound.

A word is innocent in exactly this spelling: *höre* is, *hore* is not. So no disguise of a listed
word becomes innocent.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import accumulate, chain, pairwise
from unicodedata import normalize

from bot.words.matching import Automaton, Match, TextReading, WordEntry
from bot.words.normalisation import readings

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_EXCLAIMED = re.compile(r"(?<!\w)[^\W_]+!(?!\S)")
"""A word whose exclamation mark may be read as a letter."""
_NUMBER = re.compile(r"\d\d?[ºª]?(?: a| \d\d)?|\d0{3,}")
_ORDINARY = WordEntry("", ())


class OrdinaryWords:
    """Words and pairs of words that are ordinary in some language. Immutable."""

    def __init__(
        self,
        anywhere: Iterable[str],
        inside: Iterable[str],
        beside: Mapping[str, Iterable[str]],
        common: Mapping[str, Iterable[str]],
    ) -> None:
        """All words are in lower case, with their accents.

        anywhere: words that are innocent in every text
        inside: such words of languages that are written without spaces
        beside: words by language that are innocent if a text also has a common word of it
        common: these common words by language
        """
        self.anywhere = frozenset(anywhere)
        self.inside = frozenset(inside)
        self.within = Automaton((word, word) for word in self.inside)
        self.beside: dict[str, list[frozenset[str]]] = {}
        for tag, words in beside.items():
            for word in words:
                self.beside.setdefault(word, []).append(frozenset(common[tag]))
        self._common = frozenset(chain(*common.values()))

    def is_counted(self, phrase: str) -> bool:
        """Whether a phrase is a common word with a number or time: *le 22*, *ab 8 00*."""
        first, space, rest = phrase.partition(" ")
        return bool(space and first in self._common and _NUMBER.fullmatch(rest))


class OrdinaryPlaces:
    """Places of a text's ordinary words in readings of the text."""

    def __init__(self, ordinary: OrdinaryWords, text: str, *, is_strict: bool) -> None:
        """is_strict: a word is not ordinary because of the words beside it."""
        self._ordinary = ordinary
        self._text = text
        self._is_strict = is_strict

    def matches(self, reading: TextReading) -> Iterator[Match]:
        """The places of ordinary words in a reading.

        A word that the reading has more often than the text has none: one of them is a disguise.
        """
        if not self._phrases:
            return
        words = f" {' '.join(reading.words)} "
        letters = [0, *accumulate(character != " " for character in words)]
        for phrase, count in self._phrases.items():
            for spelled in readings(phrase):
                is_inside = reading.is_bridged or phrase in self._ordinary.inside
                sought = spelled if is_inside else f" {spelled} "
                places = [*_places(sought, words)]
                if len(places) <= count:
                    for place in places:
                        yield Match(_ORDINARY, letters[place], letters[place + len(sought)])

    @cached_property
    def _phrases(self) -> Mapping[str, int]:
        """Counts of the ordinary words and phrases of the text."""
        written = normalize("NFC", self._text).lower().replace("’", "'")
        words = _WORD.findall(written)
        pairs = [*map(" ".join, pairwise(words))]
        triples = map(" ".join, zip(pairs, words[2:], strict=False))
        phrases = Counter([*words, *pairs, *triples, *_EXCLAIMED.findall(written)])
        found = Counter(word for word, _end in self._ordinary.within.find(written))
        for phrase, count in phrases.items():
            if self._is_ordinary(phrase, phrases) or (
                "'" in phrase and self._is_ordinary(phrase.rpartition("'")[2], phrases)
            ):
                found[phrase] = count
        return found

    def _is_ordinary(self, phrase: str, others: Mapping[str, int]) -> bool:
        ordinary = self._ordinary
        if phrase in ordinary.anywhere or ordinary.is_counted(phrase):
            return True
        return not self._is_strict and any(
            not (common - {*phrase.split()}).isdisjoint(others)
            for common in ordinary.beside.get(phrase, ())
        )


def _places(sought: str, words: str) -> Iterator[int]:
    place = words.find(sought)
    while place >= 0:
        yield place
        place = words.find(sought, place + max(1, len(sought) - 1))
