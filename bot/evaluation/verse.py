"""Quality of Shakespearean sonnets: form, words, rhyme, metre, copies.

The opening of a poem was given by the member. Its characters are excluded from the measures of
words, metre and copies, and rhymes are excluded if one of their end words was given.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from data.pronunciation import Reading, Readings, reading_of, with_fallbacks
from data.text import fold, normalise_verse, words_of
from models.verse.prosody import is_iambic, is_real, pairs_of, rhymes, syllable_counts

LINES = 14
SCHEME = "ABABCDCDEFEFGG"
PAIRS = pairs_of(SCHEME)
SYLLABLES = frozenset({10, 11})
POEMS_FOR_VARIETY = 100
"""Poems whose end words are counted, since more poems have more end words."""


@dataclass(frozen=True)
class MeasuredLine:
    """A line of a poem: the given part, and the generated part."""

    given: str
    """The part of the member's opening."""
    written: str
    """The generated part."""

    @property
    def text(self) -> str:
        """The whole line, normalised."""
        return normalise_verse(self.given + self.written)

    @property
    def is_written(self) -> bool:
        """Whether all of it was generated, so that it can be measured as a line."""
        return not self.given and bool(words_of(self.text))

    @cached_property
    def words(self) -> list[str]:
        """The generated words. A word that the member started counts as given."""
        written = fold(self.written)
        if re.search("[a-z']$", fold(self.given)):
            written = re.sub("^[a-z']+", "", written)
        return words_of(normalise_verse(written))

    @property
    def end_word(self) -> str:
        """The last word, given or generated; empty if there is none."""
        return (words_of(self.text) or [""])[-1]

    @property
    def end_is_written(self) -> bool:
        """Whether the last word was generated."""
        return bool(words_of(normalise_verse(self.written)))


@dataclass(frozen=True)
class MeasuredPoem:
    """A poem; its first `given` characters are the member's opening."""

    text: str
    given: int = 0

    @cached_property
    def lines(self) -> tuple[MeasuredLine, ...]:
        """The lines, without empty ones."""
        lines, begin = [], 0
        for line in self.text.split("\n"):
            own = max(0, min(self.given - begin, len(line)))
            if line.strip():
                lines.append(MeasuredLine(line[:own], line[own:]))
            begin += len(line) + 1
        return tuple(lines)

    @property
    def words(self) -> list[str]:
        """The generated words."""
        return [word for line in self.lines for word in line.words]


@dataclass(frozen=True)
class VerseQuality:
    """Quality of some poems. Shares are from 0 to 1; `None` where nothing can be measured."""

    poems: int
    fourteen_lines: float
    real_words: float
    """Share of words in the dictionary or the sonnets."""
    dictionary_words: float
    rhyming_pairs: float
    whole_schemes: float
    """Share of poems in which every pair rhymes."""
    syllables: float
    """Share of lines with a reading of ten or eleven syllables."""
    iambic: float
    copied_lines: int | None
    """Lines with the same words as a line of a corpus; `None` for the corpus itself."""
    longest_run: int | None
    """Length in words of the longest sequence that occurs in a corpus."""
    lines_twice: int
    """Poems in which a line occurs twice."""
    rhyme_words_twice: int
    """Poems in which two lines end with the same word."""
    end_words: int
    """Distinct end words in the first hundred poems."""
    rhyming_by_line: tuple[float | None, ...]
    """Share of rhymes at each of the fourteen lines; a pair counts at both of its lines."""
    iambic_by_line: tuple[float | None, ...]
    syllables_by_line: tuple[float | None, ...]


@dataclass(frozen=True, eq=False)
class VerseEvaluator:
    """Measures poems, with a dictionary and the verse that must not be copied."""

    readings: Readings
    sonnets: Sequence[str]
    """All sonnets, normalised."""
    others: Sequence[str] = ()
    """The other texts of the training: plays, poems by others, the Bible."""

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(word for poem in self.sonnets for word in words_of(poem))

    @cached_property
    def _lines(self) -> frozenset[str]:
        texts = (*self.sonnets, *self.others)
        return frozenset(words_only(line) for text in texts for line in text.split("\n"))

    @cached_property
    def _texts(self) -> tuple[list[str], ...]:
        return tuple(words_of(text) for text in (*self.sonnets, *self.others))

    def measure(self, poems: Sequence[MeasuredPoem], *, copies: bool = True) -> VerseQuality:
        """Measure at least one poem. copies: False for Shakespeare's own poems."""
        words = [word for poem in poems for word in poem.words]
        rhyming = list(map(self._rhymes, poems))
        written = [[line.text for line in p.lines if line.is_written] for p in poems]
        lines = [line for texts in written for line in texts]
        ends = [[line.end_word for line in p.lines if line.end_is_written] for p in poems]
        return VerseQuality(
            poems=len(poems),
            fourteen_lines=_share(len(poem.lines) == LINES for poem in poems),
            real_words=_share(is_real(word, self.readings, self._words) for word in words),
            dictionary_words=_share(is_real(word, self.readings) for word in words),
            rhyming_pairs=_share(rhymed for pairs in rhyming for rhymed in pairs.values()),
            whole_schemes=_share(all(pairs.values()) for pairs in rhyming),
            syllables=_share(map(self._has_ten_syllables, lines)),
            iambic=_share(map(self._is_iambic, lines)),
            copied_lines=sum(words_only(x) in self._lines for x in lines) if copies else None,
            longest_run=longest_run([p.words for p in poems], self._texts) if copies else None,
            lines_twice=sum(_repeats(map(words_only, texts)) for texts in written),
            rhyme_words_twice=sum(map(_repeats, ends)),
            end_words=len({word for end in ends[:POEMS_FOR_VARIETY] for word in end}),
            rhyming_by_line=_rhyming_by_line(rhyming),
            iambic_by_line=_by_line(poems, self._is_iambic),
            syllables_by_line=_by_line(poems, self._has_ten_syllables),
        )

    def _has_ten_syllables(self, line: str) -> bool:
        return not SYLLABLES.isdisjoint(syllable_counts(line, self.readings))

    def _is_iambic(self, line: str) -> bool:
        return is_iambic(line, self.readings)

    def _rhymes(self, poem: MeasuredPoem) -> dict[int, bool]:
        """Whether each measurable pair rhymes, by its number; missing lines do not."""
        rhyming = {}
        for number, (first, second) in enumerate(PAIRS):
            if second >= len(poem.lines):
                rhyming[number] = False
                continue
            a, b = poem.lines[first], poem.lines[second]
            if a.end_is_written and b.end_is_written:
                rhyming[number] = rhymes(a.end_word, b.end_word, self.readings)
        return rhyming


def words_only(line: str) -> str:
    """The words of a line, for comparing lines without punctuation."""
    return " ".join(words_of(line))


def longest_run(written: Iterable[Sequence[str]], texts: Iterable[Sequence[str]]) -> int:
    """Length of the longest word sequence that occurs in both."""
    written = list(written)
    length, runs = 0, _runs(written, 1)
    for text in texts:  # one after another, since all runs of the plays would take much memory
        while not runs.isdisjoint(_runs([text], length + 1)):
            length += 1
            runs = _runs(written, length + 1)
    return length


def _runs(texts: Iterable[Sequence[str]], length: int) -> set[tuple[str, ...]]:
    return {tuple(t[i : i + length]) for t in texts for i in range(len(t) - length + 1)}


def _repeats(texts: Iterable[str]) -> bool:
    return any(count > 1 for count in Counter(texts).values())


def _share(facts: Iterable[bool]) -> float:
    """The share of true values; 0 if there are none."""
    listed = list(facts)
    return sum(listed) / len(listed) if listed else 0.0


def _by_line(
    poems: Sequence[MeasuredPoem], measure: Callable[[str], bool]
) -> tuple[float | None, ...]:
    """The share of the generated lines that have a quality, at each of the fourteen lines."""
    at = [[p.lines[i] for p in poems if i < len(p.lines)] for i in range(LINES)]
    texts = [[line.text for line in lines if line.is_written] for lines in at]
    return tuple(_share(map(measure, found)) if found else None for found in texts)


def _rhyming_by_line(rhyming: Sequence[Mapping[int, bool]]) -> tuple[float | None, ...]:
    shares: dict[int, float | None] = {}
    for number, pair in enumerate(PAIRS):
        found = [pairs[number] for pairs in rhyming if number in pairs]
        shares |= dict.fromkeys(pair, _share(found) if found else None)
    return tuple(shares[line] for line in range(LINES))


def dictionary() -> Readings:
    """The CMU Pronouncing Dictionary, with the rules for early modern endings.

    The bot uses a lexicon compiled from it (`data/lexicon.py`). The evaluation uses the dictionary
    itself, so that errors of the lexicon do not go unnoticed.
    """
    import pronouncing  # only the full scoreboard needs it

    def known(word: str) -> tuple[Reading, ...]:
        spoken = (phones.partition("#")[0] for phones in pronouncing.phones_for_word(word))
        return tuple(dict.fromkeys(map(reading_of, spoken)))

    return cache(with_fallbacks(known, endings_only=True))
