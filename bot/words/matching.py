"""Entries of word lists, and how they are found in a reading of a text."""

import re
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto
from functools import cached_property, lru_cache
from itertools import accumulate, groupby
from typing import Generic, NamedTuple, TypeVar

from bot.words.normalisation import leet_readings, plain, readings
from data.lexicon import load_lexicon
from data.roots import load_roots


class Strictness(IntEnum):
    """How much a server wants to be filtered. Each level includes the milder ones."""

    MILD = 1
    """Slurs, hatred, and sexual violence only."""
    NORMAL = 2
    """Everything that a published list calls profane, sexual or insulting, but innocent words."""
    STRICT = 3
    """Also words that are innocent in most contexts: common words, names, words of old verse."""


class WordPlace(Enum):
    """The places in a word where an entry matches."""

    WHOLE = auto()
    START = auto()
    END = auto()
    ANYWHERE = auto()
    COMPOUND = auto()
    """Together with roots of dinosaurs' names only: *X* in *Xosaurus* and *megaX*."""


@dataclass(frozen=True, slots=True)
class WordEntry:
    """A word of a list.

    letters: the word's letters with repetitions removed: `niger` for both *nigger* and *Niger*
    lengths: how often each letter must at least be repeated
    """

    letters: str
    lengths: tuple[int, ...]
    place: WordPlace = WordPlace.WHOLE
    strictness: Strictness = Strictness.MILD
    is_phrase: bool = False
    """Whether the entry has several words; `letters` does not show where."""
    is_stem: bool = False
    """Whether words of the dictionary that contain it are derived from it."""
    is_exact: bool = False
    """Whether one repeated letter makes another word of the entry."""
    is_reversed: bool = False
    """Whether the entry is a word backwards, which is innocent where it is another word."""
    size: int = field(init=False, compare=False)
    """Number of letters with repetitions."""
    repeated: tuple[tuple[int, int], ...] = field(init=False, compare=False)
    """The positions in `letters` of repeated letters, and how often they are repeated."""

    def __post_init__(self) -> None:
        """Compute what matching needs."""
        object.__setattr__(self, "size", sum(self.lengths))
        repeated = tuple((i, length) for i, length in enumerate(self.lengths) if length > 1)
        object.__setattr__(self, "repeated", repeated)

    @property
    def spelling(self) -> str:
        """The word, with its repeated letters."""
        return "".join(map(str.__mul__, self.letters, self.lengths))


def entries_of(
    word: str,
    strictness: Strictness = Strictness.MILD,
    place: WordPlace = WordPlace.WHOLE,
    *,
    is_stem: bool = False,
) -> list[WordEntry]:
    """The entries of a word or phrase: one for each way to read it. Empty if nothing is left."""
    written = plain(word)
    spellings = leet_readings(written)
    first = next(readings(word))
    if "".join(first.split()) == "".join(re.sub("['-]", "", written).split()):
        spellings.add(first)  # else symbols are a part of it, as in `a$$`
    found: dict[WordEntry, None] = {}
    for spelling in sorted(spellings):
        parts = spelling.split()
        if letters := "".join(parts):
            runs = [(letter, len([*run])) for letter, run in groupby(letters)]
            entry = WordEntry(
                letters="".join(letter for letter, _length in runs),
                lengths=tuple(length for _letter, length in runs),
                place=place if len(parts) == 1 else WordPlace.WHOLE,
                strictness=strictness,
                is_phrase=len(parts) > 1,
                is_stem=is_stem,
            )
            found[entry] = None
    return [*found]


def parse(pattern: str) -> tuple[str, WordPlace, tuple[str, ...]]:
    """Read the syntax of BLOCKED_WORDS: the word, its place, and the parts after an inner `*`.

    `mud` is the whole word, `mud*` what starts with it, `*mud` what ends with it, and `*mud*` what
    contains it.
    """
    pattern = pattern.strip()
    word, *parts = filter(None, pattern.split("*")) if pattern.strip("*") else ("",)
    starts, ends = pattern.startswith("*"), pattern.endswith("*")
    place = {
        (False, False): WordPlace.WHOLE,
        (False, True): WordPlace.START,
        (True, False): WordPlace.END,
        (True, True): WordPlace.ANYWHERE,
    }[starts, ends]
    return word, place, tuple(parts)


ValueT = TypeVar("ValueT")

_CODE_BITS = 21
"""Bits of a Unicode code point. A transition's key is the state and the character in one number."""


class Automaton(Generic[ValueT]):
    """Maps words to values. Immutable, so threads may share it."""

    def __init__(self, words: Iterable[tuple[str, ValueT]]) -> None:
        """Build the automaton of words, none of them empty, with their values."""
        self._transitions: dict[int, int] = {}
        self._values: list[tuple[ValueT, ...]] = [()]
        """Values of the words that end at each state."""
        children: list[list[tuple[int, int]]] = [[]]
        for word, value in words:
            state = 0
            for code in map(ord, word):
                key = state << _CODE_BITS | code
                following = self._transitions.get(key)
                if following is None:
                    following = self._transitions[key] = len(self._values)
                    self._values.append(())
                    children.append([])
                    children[state].append((code, following))
                state = following
            self._values[state] += (value,)
        self._link(children)

    def find(self, text: str) -> Iterator[tuple[ValueT, int]]:
        """The value of each occurrence of a word, and the position after it; in order of these.

        Takes time linear in the text and the occurrences.
        """
        transitions, values, fallbacks = self._transitions, self._values, self._fallbacks
        if not transitions:
            return
        state = 0
        for end, code in enumerate(map(ord, text), 1):
            following = transitions.get(state << _CODE_BITS | code)
            while following is None and state:
                state = fallbacks[state]
                following = transitions.get(state << _CODE_BITS | code)
            state = following or 0
            if found := values[state]:
                for value in found:
                    yield value, end

    def _link(self, children: list[list[tuple[int, int]]]) -> None:
        """Find each state's fallback: the state of its longest suffix that begins a word."""
        self._fallbacks = fallbacks = [0] * len(children)
        waiting = deque(state for _code, state in children[0])
        while waiting:
            state = waiting.popleft()
            for code, child in children[state]:
                fallback, following = state, None
                while following is None and fallback:
                    fallback = fallbacks[fallback]
                    following = self._transitions.get(fallback << _CODE_BITS | code)
                fallbacks[child] = following or 0
                # States nearer to the start are complete: the search is breadth-first.
                self._values[child] += self._values[fallbacks[child]]
                waiting.append(child)


LONGEST_WORD = 40
"""Letters of the longest word that is examined. No other is a word of any language."""
_PLURALS = frozenset({"s", "es"})
_SUFFIXES = frozenset(
    re.findall(
        "[a-z]+",
        "s es ed er ers ery ey eys ies in ing ings ish ism ist ists ly ness ter ted ters ting ty y",
    )
)
_TWO_LETTERS = frozenset(
    re.findall(
        "[a-z]+",
        "a i o ad ah am an as at be by de do el ex go ha he hi ho id if in is it la le lo ma "
        "me my no of oh ok on or ox pa pi re so to un up us we ye yo",
    )
)
"""Words of up to two letters. The dictionary has many more, which are abbreviations."""
_BETWEEN = _TWO_LETTERS | {"и"}
"""Words of one letter between others in prose; *и* is Russian for *and*."""
_SHORTEST_ENDING = 4
"""Letters of the shortest root that ends a name: *odon*."""
_REPEATED = re.compile(r"(.)\1+")


class Affixes:
    """Decides which letters around a word of a list can belong to it."""

    def __init__(
        self, parts: frozenset[str] = frozenset(), short_words: frozenset[str] = frozenset()
    ) -> None:
        """`parts` make insults of words that are harmless alone, as *face* does.

        `short_words` are the common words of three letters.
        """
        self._short_words = _TWO_LETTERS | short_words
        self._parts = frozenset(map(_squeezed, parts))

    def make_compound(self, word: str, before: int, after: int) -> bool:
        """Whether the first and last letters of a word make an insult or a name of the rest.

        They are roots of dinosaurs' names, as in *…osaurus* and *mega…*, or parts of insults.
        """
        if len(word) > LONGEST_WORD:
            return False
        start, end = word[:before], word[len(word) - after :]
        return (
            not (end and _overlaps(word, before, after))
            and (not start or self._is_part(start) or _has_roots(start))
            and (not end or self._is_part(end) or _ends_name(end))
        )

    def make_word(self, word: str, before: int, after: int) -> bool:
        """Whether the first and last letters of a word make a word or name with the rest."""
        if len(word) > LONGEST_WORD:
            return False
        start, end = word[:before], word[len(word) - after :]
        return (not start or self._is_start(start)) and (
            not end or _squeezed(end) in _SUFFIXES or self._is_start(end) or _ends_name(end)
        )

    def are_known(self, words: Iterable[str]) -> bool:
        """Whether all words are words that people write next to each other."""
        return all(word in self._short_words if len(word) < 4 else is_known(word) for word in words)

    def _is_start(self, letters: str) -> bool:
        return self._is_part(letters) or (len(letters) > 2 and is_known(letters))

    def _is_part(self, letters: str) -> bool:
        return _squeezed(letters) in self._parts


def is_plural(word: str, after: int) -> bool:
    """Whether the last letters of a word are the ending of a plural."""
    return after < 5 and _squeezed(word[len(word) - after :]) in _PLURALS


def is_inflected(word: str, after: int) -> bool:
    """Whether the last letters of a word are a common suffix."""
    return after < 6 and _squeezed(word[len(word) - after :]) in _SUFFIXES


def is_known(word: str) -> bool:
    """Whether a word is in the dictionary."""
    if len(word) > LONGEST_WORD:  # which the cache must not keep
        return False
    return word in _TWO_LETTERS if len(word) < 3 else _is_in_dictionary(word)


@lru_cache(maxsize=4096)
def _is_in_dictionary(word: str) -> bool:
    return bool(load_lexicon().entry(word))


def _squeezed(letters: str) -> str:
    """The letters without repetitions."""
    return _REPEATED.sub(r"\1", letters)


def _overlaps(word: str, before: int, after: int) -> bool:
    """Whether a root of names has letters of both: *assaurus* is *as-saurus*."""
    end = len(word) - after
    return any(word[end - i :] in _roots() for i in (1, 2) if end - i > before)


def _ends_name(letters: str) -> bool:
    """Whether letters are roots, the last of them one that ends names, such as *raptor*."""
    return ends_name(letters) and _has_roots(letters)


def ends_name(word: str) -> bool:
    """Whether a word ends with a root that ends names, such as *raptor*."""
    return word.endswith(_name_endings())


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


_SHORTEST = 3
"""Letters of the longest entry whose plural is not blocked with it."""
_SURE = 6
"""Letters from which an entry is found also in a text where each of its parts is a word."""
_SHORTEST_SPLIT = 4
"""Letters of the shortest entry that is found in parts, unless each letter is apart."""

_NO_AFFIXES = Affixes()


class Match(NamedTuple):
    """An occurrence of an entry: the positions of its first and after its last letter."""

    entry: WordEntry
    start: int
    end: int


class TextReading:
    """One reading of a text: its letters without spaces, and where its words begin.

    letters: without repetitions
    is_bridged: whether its words were joined by `bridged`
    """

    def __init__(self, text: str, *, is_bridged: bool = False) -> None:
        """Prepare a reading for matching. Takes linear time, and less where nothing matches."""
        self.is_bridged = is_bridged
        self.words = text.split()
        self._joined = "".join(self.words)
        self.length = len(self._joined)
        self.letters = _squeezed(self._joined)

    @cached_property
    def word_starts(self) -> list[int]:
        """The positions of the words, and the end of the text."""
        return [*accumulate(map(len, self.words), initial=0)]

    @cached_property
    def word_at(self) -> list[int]:
        """The number of the word that each position is in."""
        lengths = enumerate(map(len, self.words))
        return [number for number, length in lengths for _position in range(length)]

    @cached_property
    def starts(self) -> Sequence[int]:
        """The position in the text of each of `letters`, and its end."""
        if len(self.letters) == len(self._joined):
            return range(len(self.letters) + 1)
        lengths = (len([*run]) for _letter, run in groupby(self._joined))
        return [*accumulate(lengths, initial=0)]


def bridged(words: Sequence[str], blocked: Container[str]) -> str:
    """Words that have words of one letter between them, joined over these.

    Words of the dictionary or in other letters that have *a*, *I*, *O* or *и* between them are
    prose, unless together they are one of those `blocked`.
    """
    found = []
    first = 0
    for place, word in enumerate(words[1:-1], 1):
        if len(word) > 1 or place < first or len(words[place - 1]) == 1:
            continue
        first = last = place - 1
        while last + 2 < len(words) and len(words[last + 1]) == 1 < len(words[last + 2]):
            last += 2
        parts, between = words[first : last + 1 : 2], words[first + 1 : last : 2]
        first = last
        if between and not (
            _BETWEEN.issuperset(between)
            and all(is_known(part) or not part.isascii() for part in parts)
            and "".join(parts) not in blocked
        ):
            found.append("".join(parts))
    return " ".join(found)


class WordList:
    """Entries, ready to be found in texts. Immutable; takes time linear in the text."""

    def __init__(
        self,
        entries: Iterable[WordEntry],
        innocent: frozenset[str] = frozenset(),
        affixes: Affixes = _NO_AFFIXES,
    ) -> None:
        """`innocent` are words that contain entries and don't match them."""
        self._automaton = Automaton((entry.letters, entry) for entry in entries)
        self._innocent = innocent
        self._affixes = affixes

    def matches(
        self, reading: TextReading, strictness: Strictness = Strictness.STRICT
    ) -> Iterator[Match]:
        """Occurrences of the entries that a filter of a strictness uses, in no certain order."""
        for entry, end in self._automaton.find(reading.letters):
            if entry.strictness <= strictness:
                match = _placed(entry, reading, end)
                if match is not None and self._is_match(match, reading):
                    yield match

    def _is_match(self, match: Match, reading: TextReading) -> bool:
        first, last = reading.word_at[match.start], reading.word_at[match.end - 1]
        word_start, word_end = reading.word_starts[first], reading.word_starts[last + 1]
        before, after = match.start - word_start, word_end - match.end
        if match.entry.is_reversed:
            words = reading.words[first : last + 1]
            if first != last and any(len(word) > 1 for word in words):
                return False
            word = "".join(words)
            if word in self._innocent or is_known(word):
                return False
            return (
                match.entry.place is WordPlace.ANYWHERE
                or not (before or after)
                or self._affixes.make_compound(word, before, after)
            )
        if first != last:
            return self._is_split(match.entry, reading.words[first : last + 1], before, after)
        if match.entry.place is WordPlace.COMPOUND and self._is_beside(
            match, reading, before, after
        ):
            return True
        return self._is_in(reading.words[first], match.entry, before, after)

    def _is_beside(self, match: Match, reading: TextReading, before: int, after: int) -> bool:
        """Whether the entry is in one half of a compound that was split."""
        number = reading.word_at[match.start]
        word = reading.words[number]
        if len(word) > LONGEST_WORD:  # with many matches, joining it each time would take long
            return False
        left = reading.words[max(0, number - 1) : number]
        right = reading.words[number + 1 : number + 2]
        for words, start in (((*left, word), len("".join(left))), ((word, *right), 0)):
            joined = "".join(words)
            around = before + start, after + len(joined) - len(word) - start
            if (
                len(words) > 1
                and not self._affixes.are_known(words)
                and not is_known(joined)
                and self._affixes.make_compound(joined, *around)
            ):
                return True
        return False

    def _is_in(self, word: str, entry: WordEntry, before: int, after: int) -> bool:
        """Whether letters of a word that an entry has are meant as that entry."""
        repeated = len(word) - before - after - entry.size
        if repeated == 1 and entry.is_exact and entry.place is WordPlace.WHOLE:
            return False
        if not before and not after and not repeated:
            return entry.place is not WordPlace.COMPOUND
        if word in self._innocent:
            return False
        if not before and not after:
            return entry.place is not WordPlace.COMPOUND and not is_known(word)  # as *annus*
        match entry.place:
            case WordPlace.ANYWHERE:
                return True
            case WordPlace.START:
                return not before
            case WordPlace.END:
                return not after
            case WordPlace.COMPOUND:
                return not is_known(word) and self._affixes.make_compound(word, before, after)
            case _:
                if before or entry.size <= _SHORTEST or entry.is_phrase:
                    return False
                if after == 1 and is_plural(word, after):
                    return True
                is_inflection = is_plural if entry.is_exact else is_inflected
                return is_inflection(word, after) and not is_known(word)

    def _is_split(self, entry: WordEntry, words: Sequence[str], before: int, after: int) -> bool:
        """Whether words together are an entry on purpose: *pen is* is not, *f uck* is."""
        if len(words[0]) > LONGEST_WORD or len(words[-1]) > LONGEST_WORD:
            return False
        joined = "".join(words)
        if entry.is_phrase:
            return not before and (not after or is_plural(joined, after))
        if not before and not after:
            if entry.place is WordPlace.COMPOUND:
                return False
            is_sure = entry.size >= _SURE and not entry.is_exact  # *gold one* is no Italian
            if is_sure or all(len(word) == 1 for word in words):
                return True
        shortest = _SHORTEST if entry.place is WordPlace.COMPOUND else _SHORTEST_SPLIT
        if entry.size < shortest or self._affixes.are_known(words):
            return False
        match entry.place:
            case WordPlace.COMPOUND:
                return not is_known(joined) and self._affixes.make_compound(joined, before, after)
            case WordPlace.WHOLE:
                return not before and (not after or is_plural(joined, after))
        if (entry.place is WordPlace.START and before) or (entry.place is WordPlace.END and after):
            return False
        return self._affixes.make_word(joined, before, after)


def uncovered(matches: Iterable[Match], covers: Callable[[], Sequence[Match]], length: int) -> bool:
    """Whether a match is within none of the covering ones, which are found if there is any.

    Ends with the first such match: a text of blocked words is decided as fast as its first one.
    """
    reach: list[int] = []  # the furthest end of a covering match that starts here or before
    for match in matches:
        if not reach:
            reach = [0] * (length + 1)
            for cover in covers():
                reach[cover.start] = max(reach[cover.start], cover.end)
            reach = [*accumulate(reach, max)]
        if reach[match.start] < match.end:
            return True
    return False


def _placed(entry: WordEntry, reading: TextReading, end: int) -> Match | None:
    """The place of an entry whose last letter is before `end`; `None` if letters are not repeated.

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
