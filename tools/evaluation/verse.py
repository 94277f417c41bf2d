"""Quality of sonnets and of other forms with rhyme: words, rhyme, metre, copies.

The opening of a poem was given by the member. Its characters are excluded from the measures of
words, metre and copies, and rhymes are excluded if one of their end words was given.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain

from data.pronunciation import Reading, Readings, reading_of, with_fallbacks
from data.text import fold, normalise_verse, words_of
from models.verse.prosody import is_iambic, is_real, pairs_of, rhymes, syllable_counts
from tools.evaluation.texts_read import TextsRead

LINES = 14
SCHEME = "ABABCDCDEFEFGG"
LONGEST_RUN = 6
"""Words in a row that a poem may share with a text."""
SYLLABLES = frozenset({10, 11})
POEMS_FOR_VARIETY = 100
"""Poems whose end words are counted, since more poems have more end words."""

Pairs = Sequence[tuple[int, int]]
"""Lines that have to rhyme, by their numbers from 0."""


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
        """Whether all of the line was generated, so that it can be measured as a line."""
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
    complete: float
    """Share of poems with as many lines as the form has."""
    real_words: float
    """Share of words that the dictionary has, or the texts of the training often enough."""
    dictionary_words: float
    rhyming_pairs: float
    whole_schemes: float
    """Share of poems in which every pair rhymes."""
    syllables: float
    """Share of lines with a reading of ten or eleven syllables."""
    iambic: float
    copied_lines: int | None
    """Lines with the same words as a line of a text; `None` for the texts themselves."""
    longest_run: int | None
    """Length in words of the longest sequence that occurs in a text."""
    long_runs: float | None
    """Share of poems with a sequence of more than `LONGEST_RUN` words of a text."""
    lines_twice: int
    """Poems in which a line occurs twice."""
    rhyme_words_twice: int
    """Poems in which two lines end with the same word."""
    end_words: int
    """Distinct end words in the first hundred poems."""


@dataclass(frozen=True, eq=False)
class VerseEvaluator:
    """Measures poems, with a dictionary and the texts that must not be copied."""

    readings: Readings
    texts: TextsRead

    def measure(
        self, poems: Sequence[MeasuredPoem], *, scheme: str = SCHEME, copies: bool = True
    ) -> VerseQuality:
        """Measure at least one poem.

        scheme: of the poems, a letter for each line, at least one of them twice.
        copies: False for Shakespeare's own poems.
        """
        words = [poem.words for poem in poems]
        all_words = [word for of_poem in words for word in of_poem]
        pairs = pairs_of(scheme)
        rhyming = [self._rhymes(poem, pairs) for poem in poems]
        written = [[line.text for line in p.lines if line.is_written] for p in poems]
        lines = [line for texts in written for line in texts]
        ends = [[line.end_word for line in p.lines if line.end_is_written] for p in poems]
        runs = self.texts.longest_runs(words) if copies else None
        return VerseQuality(
            poems=len(poems),
            complete=_share(len(poem.lines) == len(scheme) for poem in poems),
            real_words=_share(is_real(w, self.readings, self.texts.frequent) for w in all_words),
            dictionary_words=_share(is_real(word, self.readings) for word in all_words),
            rhyming_pairs=_share(chain.from_iterable(rhyming)),
            whole_schemes=_share(map(all, rhyming)),
            syllables=_share(map(self._has_ten_syllables, lines)),
            iambic=_share(map(self._is_iambic, lines)),
            copied_lines=self.texts.copied_lines(list(map(words_of, lines))) if copies else None,
            longest_run=max(runs) if runs else None,
            long_runs=_share(run > LONGEST_RUN for run in runs) if runs else None,
            lines_twice=sum(_repeats(map(words_only, texts)) for texts in written),
            rhyme_words_twice=sum(map(_repeats, ends)),
            end_words=len({word for end in ends[:POEMS_FOR_VARIETY] for word in end}),
        )

    def _has_ten_syllables(self, line: str) -> bool:
        return not SYLLABLES.isdisjoint(syllable_counts(line, self.readings))

    def _is_iambic(self, line: str) -> bool:
        return is_iambic(line, self.readings)

    def _rhymes(self, poem: MeasuredPoem, pairs: Pairs) -> list[bool]:
        """Whether each measurable pair rhymes; missing lines do not."""
        rhyming = []
        for first, second in pairs:
            if second >= len(poem.lines):
                rhyming.append(False)
                continue
            a, b = poem.lines[first], poem.lines[second]
            if a.end_is_written and b.end_is_written:
                rhyming.append(rhymes(a.end_word, b.end_word, self.readings))
        return rhyming


def words_only(line: str) -> str:
    """The words of a line, for comparing lines without punctuation."""
    return " ".join(words_of(line))


def _repeats(texts: Iterable[str]) -> bool:
    return any(count > 1 for count in Counter(texts).values())


def _share(facts: Iterable[bool]) -> float:
    """The share of true values; 0 if there are none."""
    listed = list(facts)
    return sum(listed) / len(listed) if listed else 0.0


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
