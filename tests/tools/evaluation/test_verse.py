"""Measures of sonnets."""

from dataclasses import replace

import pytest

from data.pronunciation import Reading
from tools.evaluation.texts_read import FREQUENT, TextsRead
from tools.evaluation.verse import (
    MeasuredLine,
    MeasuredPoem,
    VerseEvaluator,
    VerseQuality,
)

SOUNDS = {
    "day": (Reading("1", "EY1"),),
    "may": (Reading("1", "EY1"),),
    "night": (Reading("1", "AY1 T"),),
    "light": (Reading("1", "AY1 T"),),
    "the": (Reading("0", "DH AH0"),),
    "again": (Reading("01", "EH1 N"), Reading("01", "EY1 N")),
    "beauty": (Reading("10", "UW1 T IY0"),),
    "gold": (Reading("1", "OW1 L D"),),
}
FEET = "again again again again"
ENDS = ("day", "night", "may", "light") * 3 + ("day", "may")
SONNET = "\n".join(f"{FEET} the {end}" for end in ENDS)


def measure(*poems: MeasuredPoem, texts: tuple[str, ...] = ()) -> VerseQuality:
    return VerseEvaluator(lambda word: SOUNDS.get(word, ()), TextsRead([texts])).measure(poems)


def test_perfect_sonnet() -> None:
    form = measure(MeasuredPoem(SONNET))
    assert form.complete == form.real_words == form.rhyming_pairs == 1
    assert form.whole_schemes == form.syllables == form.iambic == 1
    assert form.copied_lines == form.longest_run == form.long_runs == 0


def test_case_and_punctuation_do_not_matter() -> None:
    shown = SONNET.replace("again the", "again, the").title().replace("\n", ";\n") + "."
    assert measure(MeasuredPoem(shown)) == measure(MeasuredPoem(SONNET))


def test_wrong_length() -> None:
    form = measure(MeasuredPoem("\n".join(SONNET.split("\n")[:13])))
    assert form.complete == 0
    assert form.rhyming_pairs == 6 / 7
    assert form.whole_schemes == 0


@pytest.mark.parametrize("word", ["day", "zorp", "gold"])
def test_rhymes(word: str) -> None:
    """The same word, an unknown one, and one with another sound do not rhyme with *day*."""
    form = measure(MeasuredPoem(SONNET), MeasuredPoem(SONNET.replace("may", word)))
    assert form.rhyming_pairs == (7 + 3) / 14
    assert form.whole_schemes == 1 / 2


def test_real_words() -> None:
    """Those of the dictionary, and those that are frequent in the texts."""
    texts = ("and so\n" * FREQUENT, "zorp\n" * (FREQUENT - 1))
    form = measure(MeasuredPoem("the zorp and gold"), texts=texts)
    assert form.dictionary_words == 2 / 4
    assert form.real_words == 3 / 4


@pytest.mark.parametrize(
    ("line", "syllables", "iambic"),
    [
        (f"{FEET} the day", 1, 1),
        (f"{FEET} the beauty", 1, 1),
        (f"{FEET} the", 0, 0),
        (f"beauty {FEET}", 1, 1),
        (f"{FEET} beauty", 1, 0),
    ],
)
def test_metre(line: str, syllables: int, iambic: int) -> None:
    form = measure(MeasuredPoem(line))
    assert (form.syllables, form.iambic) == (syllables, iambic)


def test_copied_lines_and_runs() -> None:
    """A line is a copy whether the corpus or the poem has the marks."""
    poem = MeasuredPoem("The gold of day!\nagain the night of gold")
    one, other = "so day again the night\nthe gold, of day;\n\n", "again, the night of gold\n"
    form = measure(poem, texts=(one, other))
    assert (form.copied_lines, form.longest_run, form.long_runs) == (2, 5, 0)


def test_runs_span_lines_of_a_poem() -> None:
    assert measure(MeasuredPoem("the gold\nof day"), texts=("gold of\nday\n\n",)).longest_run == 3


def test_poems_with_long_runs() -> None:
    long, short = MeasuredPoem("the day " * 4), MeasuredPoem("the day " * 3)
    form = measure(long, short, short, short, texts=("the day " * 4,))
    assert (form.longest_run, form.long_runs) == (8, 1 / 4)


def test_short_form() -> None:
    poem = MeasuredPoem("the day\nagain the may\nthe gold\nthe night\nthe light")
    evaluator = VerseEvaluator(lambda word: SOUNDS.get(word, ()), TextsRead([]))
    form = evaluator.measure([poem, MeasuredPoem("the day")], scheme="AABCC")
    assert (form.complete, form.rhyming_pairs) == (1 / 2, 2 / 4)


def test_repetitions() -> None:
    twice = MeasuredPoem("the day\nthe night\nThe day,")
    form = measure(twice, MeasuredPoem("the day\nthe night"))
    assert form.lines_twice == 1
    assert form.rhyme_words_twice == 1
    assert form.end_words == 2


# The member's words


def test_given_words_are_excluded() -> None:
    form = measure(MeasuredPoem("Zorp blargh the day\nthe night", given=len("Zorp blargh ")))
    assert form.real_words == 1
    poem = MeasuredPoem("the gold of day\nagain", given=3)
    form = measure(poem, texts=("the gold of day\n\n",))
    assert form.copied_lines == 0
    assert form.longest_run == 3
    assert form.syllables == form.iambic == 0
    assert MeasuredLine("Shall I comp", "are the day").words == ["the", "day"]
    assert MeasuredLine("Shall I ", "compare").words == ["compare"]
    assert MeasuredLine("I sing,", "day").words == ["day"]


def test_given_end_words_do_not_rhyme() -> None:
    lame = SONNET.replace("day", "gold", 1)
    first_line = lame.index("\n")
    assert measure(MeasuredPoem(lame)).rhyming_pairs == 6 / 7
    assert measure(MeasuredPoem(lame, given=first_line)).rhyming_pairs == 1
    assert measure(MeasuredPoem(lame, given=first_line - 4)).rhyming_pairs == 6 / 7


def test_given_lines() -> None:
    lines = MeasuredPoem("ab\ncd\nef", given=4).lines
    assert lines == (MeasuredLine("ab", ""), MeasuredLine("c", "d"), MeasuredLine("", "ef"))
    assert replace(MeasuredPoem("ab\ncd\nef", given=4), given=3).lines[1] == MeasuredLine("", "cd")


def test_no_generated_words() -> None:
    form = measure(MeasuredPoem("", 0))
    assert form.real_words == form.rhyming_pairs == 0
