"""The word filter: decides whether the bot accepts or shows a text."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from bot.text.written import already_filtered
from bot.words.disguises import Disguises
from bot.words.lists import (
    affixes,
    innocent_patterns,
    innocent_words,
    is_disguised,
    listed,
    ordinary_words,
)
from bot.words.matching import (
    Match,
    Strictness,
    TextReading,
    WordEntry,
    WordList,
    WordPlace,
    bridged,
    entries_of,
    parse,
    uncovered,
)
from bot.words.normalisation import masked_words, readings, transliterated
from bot.words.ordinary import OrdinaryPlaces, OrdinaryWords
from data.phrases import Showable, _

MOST_RESTORED = 500
"""Filters that a process keeps of those that it was sent. One takes up to 60 kB."""

MOST_HEARD = 8_000
"""Words whose verdict by their sound is kept: most that people and networks write."""


REFUSED = _("words that the word filter blocks")
"""Phrase that stands for a text that the filter refuses."""


class WordFilter:
    """Decides whether the bot accepts or shows a text. Immutable and thread-safe.

    Takes time linear in the text: for 1,000 characters 0.5 ms if it is prose, and 13 ms if it is
    the slowest known. It can be pickled. The first text of a process takes half a second longer,
    since it makes the bot's own lists.
    """

    def __init__(
        self,
        blocked: Iterable[str] = (),
        allowed: Iterable[str] = (),
        strictness: Strictness = Strictness.NORMAL,
    ) -> None:
        """`blocked` and `allowed` are the operator's own words, which precede the bot's lists.

        `mud` matches the whole word, `mud*` words that start with it, `*mud*` words with it.
        """
        self._strictness = strictness
        self._own = _Own(tuple(blocked), tuple(allowed), strictness)
        self._layers: tuple[_Layer, ...] = (
            _Layer((), self._own.allowed, is_base=True),
            _Layer(self._own.blocked, self._own.allowed),
        )

    def for_server(self, strictness: Strictness, blocked: Iterable[str] = ()) -> "WordFilter":
        """Return a filter with a server's strictness and words, which nothing can allow again."""
        other = object.__new__(WordFilter)
        other._strictness = strictness
        words = tuple(blocked)
        other._own = replace(self._own, servers=(*self._own.servers, (strictness, words)))
        other._layers = (*self._layers, _Layer(words, ()))
        return other

    def __reduce__(self) -> "tuple[Callable[[_Own], WordFilter], tuple[_Own]]":
        """Pickled as its own words: another process has the bot's lists already."""
        return _restored, (self._own,)

    def filtered(self, text: str, instead: Showable = REFUSED) -> Showable:
        """A text as it is shown: `instead` of one with a blocked word."""
        return already_filtered(text) if self.allows(text) else instead

    def passing(self, texts: Iterable[str]) -> Iterator[Showable]:
        """The texts without a blocked word, as they are shown."""
        return (already_filtered(text) for text in texts if self.allows(text))

    def allows(self, text: str) -> bool:
        """Whether the text contains no blocked word."""
        disguises = _own_lists().disguises
        is_strict = self._strictness is Strictness.STRICT
        ordinary = OrdinaryPlaces(_own_lists().ordinary, text, is_strict=is_strict)
        others = map(TextReading, readings(text))
        first = next(others)
        joined = bridged(first.words, disguises.spellings)
        last = (TextReading(joined, is_bridged=True),) if joined else ()
        if any(
            layer.blocks(reading, self._strictness, ordinary)
            for reading in chain((first,), others, last)
            for layer in self._layers
        ):
            return False
        masked = (
            (word, disguises.masked(shown, is_sure=is_sure))
            for word, shown, is_sure in masked_words(text)
        )
        sounding = (
            (word, disguises.transliterated(word, latin)) for word, latin in transliterated(text)
        )
        return all(
            found is None or found > self._strictness or self._layers[0].permits(word)
            for word, found in chain(masked, sounding)
        )

    def allows_phrase(self, text: str) -> bool:
        """Whether a text of the bot itself has no word that the operator or the server blocked.

        The bot's lists are for what members and networks write: they would refuse its translations.
        The operator's words count, as they hold everywhere, and direct messages have no others.
        """
        return not any(
            layer.blocks(reading, self._strictness)
            for reading in map(TextReading, readings(text))
            for layer in self._layers[1:]
        )


@dataclass(frozen=True)
class _Own:
    """The arguments of a filter, to make it again in another process."""

    blocked: tuple[str, ...]
    allowed: tuple[str, ...]
    strictness: Strictness
    servers: tuple[tuple[Strictness, tuple[str, ...]], ...] = ()
    """The strictness and the words of each `for_server`."""


@lru_cache(maxsize=MOST_RESTORED)
def _restored(own: _Own) -> WordFilter:
    words = WordFilter(own.blocked, own.allowed, own.strictness)
    for strictness, blocked in own.servers:
        words = words.for_server(strictness, blocked)
    return words


class _Layer:
    """Words to block, and words that are allowed all the same."""

    def __init__(
        self, blocked: Iterable[str], allowed: Iterable[str], *, is_base: bool = False
    ) -> None:
        self._is_base = is_base
        own, self._wildcards = _compiled(blocked)
        permitted, self._permitted_wildcards = _compiled(allowed)
        self._own = WordList(own)
        self._allowed = WordList(permitted)

    def blocks(
        self, reading: TextReading, strictness: Strictness, ordinary: OrdinaryPlaces | None = None
    ) -> bool:
        blocked = _own_lists().blocked if self._is_base else self._own
        matches = chain(blocked.matches(reading, strictness), _wild(self._wildcards, reading))
        if self._is_base:
            matches = chain(matches, _disguised(reading, strictness))
        return uncovered(matches, lambda: self._covers(reading, ordinary), reading.length)

    def permits(self, word: str) -> bool:
        """Whether a whole word is allowed or innocent."""
        return any(
            any(cover.end - cover.start == reading.length for cover in self._covers(reading))
            for reading in map(TextReading, readings(word))
        )

    def _covers(self, reading: TextReading, ordinary: OrdinaryPlaces | None = None) -> list[Match]:
        found = [*self._allowed.matches(reading), *_wild(self._permitted_wildcards, reading)]
        if self._is_base:
            found += _own_lists().innocent.matches(reading)
            found += ordinary.matches(reading) if ordinary else ()
        return found


_Wildcard = tuple[WordPlace, tuple[str, ...]]
"""A pattern with an inner `*`: its parts."""


def _compiled(patterns: Iterable[str]) -> tuple[list[WordEntry], list[_Wildcard]]:
    entries: list[WordEntry] = []
    wildcards: list[_Wildcard] = []
    for pattern in patterns:
        word, place, parts = parse(pattern)
        if not parts:
            entries += entries_of(word, place=place)
            continue
        spelled = tuple("".join(next(readings(part)).split()) for part in (word, *parts))
        if all(spelled):
            wildcards.append((place, spelled))
    return entries, wildcards


_ANYTHING = WordEntry("", ())


def _wild(patterns: list[_Wildcard], reading: TextReading) -> Iterable[Match]:
    """Words of a reading that match patterns with an inner `*`."""
    text = " ".join(reading.words) if patterns else ""
    likely = [pattern for pattern in patterns if all(part in text for part in pattern[1])]
    for i, word in enumerate(reading.words if likely else ()):
        if any(_has_parts(word, place, parts) for place, parts in likely):
            yield Match(_ANYTHING, reading.word_starts[i], reading.word_starts[i + 1])


def _disguised(reading: TextReading, strictness: Strictness) -> Iterator[Match]:
    """Words of a reading that sound like a word of the bot's lists."""
    for i, word in enumerate(reading.words):
        found = _by_sound(word)
        if found is not None and found <= strictness:
            yield Match(_ANYTHING, reading.word_starts[i], reading.word_starts[i + 1])


@lru_cache(maxsize=MOST_HEARD)
def _by_sound(word: str) -> Strictness | None:
    return _own_lists().disguises.strictness(word)


def _has_parts(word: str, place: WordPlace, parts: tuple[str, ...]) -> bool:
    """Whether a word has the parts in order, at its ends if the place says so."""
    *inner, last = parts
    if place in (WordPlace.WHOLE, WordPlace.START) and not word.startswith(parts[0]):
        return False
    position = 0
    for part in inner:
        found = word.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    if place in (WordPlace.WHOLE, WordPlace.END):
        return len(word) - len(last) >= position and word.endswith(last)
    return word.find(last, position) >= 0


class _Lists(NamedTuple):
    """The bot's own lists, shared by all filters of a process."""

    blocked: WordList
    innocent: WordList
    disguises: Disguises
    ordinary: OrdinaryWords


_made: list[_Lists] = []
"""The lists of this process, once something needed them."""


def _own_lists() -> _Lists:
    if not _made:
        words, innocent = listed(), innocent_words()
        blocked = WordList(words, innocent, affixes())
        common = {word.spelling for word in words if word.strictness is Strictness.STRICT}
        disguises = Disguises(filter(is_disguised, words), innocent | common)
        patterns = WordList(innocent_patterns())
        _made.append(_Lists(blocked, patterns, disguises, ordinary_words()))
    return _made[0]


class OwnLists:
    """Prepares a process for filters: when called, the bot's own lists are made.

    A process that it is sent to takes over those of the sender: a tenth of the time.
    """

    def __call__(self) -> None:
        """Make the lists, if they are not there."""
        _own_lists()

    def __reduce__(self) -> "tuple[Callable[[_Lists], OwnLists], tuple[_Lists]]":
        """Pickled with the lists."""
        return _taken_over, (_own_lists(),)


def _taken_over(lists: _Lists) -> OwnLists:
    _made[:] = [lists]
    return OwnLists()


@dataclass(frozen=True)
class NameFilter:
    """A word filter for new names that refuses some names, too. It can be pickled."""

    words: WordFilter
    refused: frozenset[str]
    """The refused names, case-folded."""

    def __call__(self, name: str) -> bool:
        """Whether a name may be written."""
        return name.casefold() not in self.refused and self.words.allows(name)
