"""Matching of word lists against one reading of a text."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from bot.services.word_filter.automaton import Automaton
from bot.services.word_filter.entries import Entry, Place, Strictness
from data.lexicon import load_lexicon
from data.roots import load_roots

_PLURALS = frozenset({"s", "es"})
_SHORT_WORDS = frozenset(
    re.findall(
        "[a-z]+",
        "a i o ad ah am an as at be by de do el ex go ha he hi ho id if in is it la le lo ma "
        "me my no of oh ok on or ox pa pi re so to un up us we ye yo",
    )
)
"""Words of up to two letters. The dictionary has many more, which are abbreviations."""
_SURE = 6
"""Letters from which an entry is found also in a text where each of its parts is a word."""
_SHORTEST_SPLIT = 4
"""Letters of the shortest entry that is found in parts, unless each letter is apart."""
_SHORTEST_ENDING = 4
"""Letters of the shortest root that ends a name: *odon*."""
_LONGEST_NAME = 30
"""Letters up to which a word is searched for roots of names."""


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
        parts: frozenset[str] = frozenset(),
    ) -> None:
        """`innocent` are words that contain entries and don't match them.

        `parts` make insults of the entries that match in compounds.
        """
        self._automaton = Automaton((entry.letters, entry) for entry in entries)
        self._innocent = innocent
        self._parts = parts

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
        words = reading.words[first : last + 1]
        if len(words) > 1:
            return not before and _is_split(match.entry, words, after)
        return self._is_in(words[0], match.entry, before, after)

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
            return entry.place is not Place.COMPOUND and not _is_known(word)  # as *annus*
        if entry.place is Place.WHOLE:
            rest = word[len(word) - after :]
            return not before and not entry.is_phrase and entry.size > 3 and rest in _PLURALS
        match entry.place:
            case Place.ANYWHERE:
                return True
            case Place.START:
                return not before
            case Place.END:
                return not after
            case _:
                return not _is_known(word) and _is_compound(word, before, after, self._parts)


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


def _is_split(entry: Entry, words: Sequence[str], after: int) -> bool:
    """Whether words together are an entry on purpose: *pen is* is not, *f uck* is."""
    if entry.place is Place.COMPOUND:
        return False
    rest = words[-1][-after:] if after else ""
    if entry.is_phrase:
        return not after or rest in _PLURALS
    if after and rest not in _PLURALS:
        return entry.size >= _SHORTEST_SPLIT and _ends_name(rest)
    if all(len(word) == 1 for word in words):
        return True
    if entry.size >= _SURE and not after:
        return True
    return entry.size >= _SHORTEST_SPLIT and not all(map(_is_known, words))


def _is_compound(word: str, before: int, after: int, parts: frozenset[str]) -> bool:
    """Whether the letters around an entry make it part of an insult or a name.

    They are roots of dinosaurs' names, as in *…osaurus* and *mega…*, or parts like *face*.
    """
    if len(word) > _LONGEST_NAME:
        return False
    end = len(word) - after
    # *assaurus* is from *as-saurus*
    overlaps = after and any(word[end - i :] in _roots() for i in (1, 2) if end - i > before)
    return (
        not overlaps
        and (not before or word[:before] in parts or _has_roots(word[:before]))
        and (not after or word[end:] in parts or _ends_name(word[end:]))
    )


def _ends_name(letters: str) -> bool:
    """Whether letters are roots, the last of them one that ends names, such as *raptor*."""
    return (
        letters.endswith(_name_endings()) and len(letters) <= _LONGEST_NAME and _has_roots(letters)
    )


@lru_cache(maxsize=4096)
def _has_roots(letters: str) -> bool:
    """Whether letters are one or several roots of names, with vowels between them."""
    roots = _roots()
    after_root = {0}
    after_vowel: set[int] = set()
    for end in range(1, len(letters) + 1):
        if any(
            letters[start:end] in roots
            for start in range(end - 2)
            if start in after_root or start in after_vowel
        ):
            after_root.add(end)
        elif letters[end - 1] in "aiou" and end - 1 in after_root:
            after_vowel.add(end)
    return len(letters) > 3 and (len(letters) in after_root or len(letters) in after_vowel)


@lru_cache(maxsize=1)
def _roots() -> frozenset[str]:
    return frozenset(root for root in load_roots() if len(root) > 2)


@lru_cache(maxsize=1)
def _name_endings() -> tuple[str, ...]:
    return tuple(
        letters
        for letters, root in load_roots().items()
        if root.place == "ends" or (root.place == "joins" and letters[-1] not in "aio")
        if len(letters) >= _SHORTEST_ENDING
    )


@lru_cache(maxsize=4096)
def _is_known(word: str) -> bool:
    """Whether a word is in the dictionary."""
    return word in _SHORT_WORDS if len(word) < 3 else bool(load_lexicon().entry(word))
