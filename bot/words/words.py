"""Matching of word lists against one reading of a text."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from bot.words.affixes import (
    LONGEST_WORD,
    Affixes,
    is_inflected,
    is_known,
    is_plural,
)
from bot.words.automaton import Automaton
from bot.words.entries import Entry, Place, Strictness

_SHORTEST = 3
"""Letters of the longest entry whose plural is not blocked with it."""
_SURE = 6
"""Letters from which an entry is found also in a text where each of its parts is a word."""
_SHORTEST_SPLIT = 4
"""Letters of the shortest entry that is found in parts, unless each letter is apart."""

_NO_AFFIXES = Affixes()


class Match(NamedTuple):
    """An occurrence of an entry: the positions of its first and after its last letter."""

    entry: Entry
    start: int
    end: int


class Reading:
    """One reading of a text: its letters without spaces, and where its words begin.

    letters: without repetitions; `starts` has the position of each in the text, then its end
    """

    def __init__(self, text: str) -> None:
        """Prepare a reading for matching. Takes linear time."""
        self.words = text.split()
        self.word_starts = [0]
        self.word_at: list[int] = []
        """The number of the word that each position is in."""
        for number, word in enumerate(self.words):
            self.word_at += [number] * len(word)
            self.word_starts.append(len(self.word_at))
        joined = "".join(self.words)
        letters = [letter for letter, _run in groupby(joined)]
        self.letters = "".join(letters)
        self.starts = [0]
        if len(letters) == len(joined):
            self.starts = [*range(len(letters) + 1)]
        else:
            for _letter, run in groupby(joined):
                self.starts.append(self.starts[-1] + len([*run]))


class WordList:
    """Entries, ready to be found in texts. Immutable; takes time linear in the text."""

    def __init__(
        self,
        entries: Iterable[Entry],
        innocent: frozenset[str] = frozenset(),
        affixes: Affixes = _NO_AFFIXES,
    ) -> None:
        """`innocent` are words that contain entries and don't match them."""
        self._automaton = Automaton((entry.letters, entry) for entry in entries)
        self._innocent = innocent
        self._affixes = affixes

    def matches(
        self, reading: Reading, strictness: Strictness = Strictness.STRICT
    ) -> Iterator[Match]:
        """Occurrences of the entries that a filter of a strictness uses, in no certain order."""
        for entry, end in self._automaton.find(reading.letters):
            if entry.strictness <= strictness:
                match = _placed(entry, reading, end)
                if match is not None and self._is_match(match, reading):
                    yield match

    def _is_match(self, match: Match, reading: Reading) -> bool:
        first, last = reading.word_at[match.start], reading.word_at[match.end - 1]
        word_start, word_end = reading.word_starts[first], reading.word_starts[last + 1]
        before, after = match.start - word_start, word_end - match.end
        if first != last:
            return self._is_split(match.entry, reading.words[first : last + 1], before, after)
        if match.entry.place is Place.COMPOUND and self._is_beside(match, reading, before, after):
            return True
        return self._is_in(reading.words[first], match.entry, before, after)

    def _is_beside(self, match: Match, reading: Reading, before: int, after: int) -> bool:
        """Whether the entry is in one half of a compound that was split."""
        number = reading.word_at[match.start]
        word = reading.words[number]
        if len(word) > LONGEST_WORD:  # with many matches, joining it each time would take long
            return False
        neighbours = (
            (reading.words[max(0, number - 1) : number], True),
            (reading.words[number + 1 : number + 2], False),
        )
        for beside, is_before in neighbours:
            if beside and not self._affixes.are_known((word, *beside)):
                joined = beside[0] + word if is_before else word + beside[0]
                added = len(beside[0])
                around = (before + added, after) if is_before else (before, after + added)
                if not is_known(joined) and self._affixes.make_compound(joined, *around):
                    return True
        return False

    def _is_in(self, word: str, entry: Entry, before: int, after: int) -> bool:
        """Whether letters of a word that an entry has are meant as that entry."""
        repeated = len(word) - before - after - entry.size
        if repeated == 1 and entry.is_exact and entry.place is Place.WHOLE:
            return False
        if not before and not after and not repeated:
            return entry.place is not Place.COMPOUND
        if word in self._innocent:
            return False
        if not before and not after:
            return entry.place is not Place.COMPOUND and not is_known(word)  # as *annus*
        match entry.place:
            case Place.ANYWHERE:
                return True
            case Place.START:
                return not before
            case Place.END:
                return not after
            case Place.COMPOUND:
                return not is_known(word) and self._affixes.make_compound(word, before, after)
            case _:
                if before or entry.size <= _SHORTEST or entry.is_phrase:
                    return False
                if after == 1 and is_plural(word, after):
                    return True
                is_inflection = is_plural if entry.is_exact else is_inflected
                return is_inflection(word, after) and not is_known(word)

    def _is_split(self, entry: Entry, words: Sequence[str], before: int, after: int) -> bool:
        """Whether words together are an entry on purpose: *pen is* is not, *f uck* is."""
        if len(words[0]) > LONGEST_WORD or len(words[-1]) > LONGEST_WORD:
            return False
        joined = "".join(words)
        if entry.is_phrase:
            return not before and (not after or is_plural(joined, after))
        if not before and not after:
            if entry.place is Place.COMPOUND:
                return False
            is_sure = entry.size >= _SURE and not entry.is_exact  # *gold one* is no Italian
            if is_sure or all(len(word) == 1 for word in words):
                return True
        shortest = _SHORTEST if entry.place is Place.COMPOUND else _SHORTEST_SPLIT
        if entry.size < shortest or self._affixes.are_known(words):
            return False
        match entry.place:
            case Place.ANYWHERE:
                return self._affixes.make_word(joined, before, after)
            case Place.START:
                return not before and self._affixes.make_word(joined, before, after)
            case Place.END:
                return not after and self._affixes.make_word(joined, before, after)
            case Place.COMPOUND:
                return not is_known(joined) and self._affixes.make_compound(joined, before, after)
            case _:
                return not before and (not after or is_plural(joined, after))


def uncovered(matches: Iterable[Match], covers: Callable[[], Sequence[Match]], length: int) -> bool:
    """Whether a match is within none of the covering ones, which are found if there is any."""
    found = list(matches)
    if not found:
        return False
    reach = [0] * (length + 1)  # the furthest end of a covering match that starts here or before
    for cover in covers():
        reach[cover.start] = max(reach[cover.start], cover.end)
    for position in range(1, length + 1):
        reach[position] = max(reach[position], reach[position - 1])
    return any(reach[match.start] < match.end for match in found)


def _placed(entry: Entry, reading: Reading, end: int) -> Match | None:
    """Where an entry is whose last letter is before `end`; `None` if letters are not repeated.

    Takes as few as possible of the repetitions of the first and last letter, or all of them where
    a word begins or ends with them.
    """
    starts, lengths = reading.starts, entry.lengths
    begin = end - len(lengths)
    for i, length in entry.repeated:
        if starts[begin + i + 1] - starts[begin + i] < length:
            return None
    if len(lengths) == 1:  # `xxx` is a word, more of them are not
        run = starts[begin], starts[end]
        return Match(entry, *run) if run[1] - run[0] == lengths[0] else None
    first, last = starts[begin + 1] - lengths[0], starts[end - 1] + lengths[-1]
    word_start = reading.word_starts[reading.word_at[first]]
    word_end = reading.word_starts[reading.word_at[last - 1] + 1]
    return Match(
        entry,
        word_start if word_start >= starts[begin] else first,
        word_end if word_end <= starts[end] else last,
    )
