"""Measures of sonnets."""

from dataclasses import replace

import pytest

from bot.evaluation.measures.verse import (
    PAIRS,
    Line,
    Poem,
    VerseEvaluator,
    VerseQuality,
    longest_run,
)
from data.pronunciation import Reading

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


def evaluator(sonnets: tuple[str, ...] = (), others: tuple[str, ...] = ()) -> VerseEvaluator:
    return VerseEvaluator(lambda word: SOUNDS.get(word, ()), sonnets, others)


def measure(
    *poems: Poem, sonnets: tuple[str, ...] = (), others: tuple[str, ...] = ()
) -> VerseQuality:
    return evaluator(sonnets, others).measure(poems)


def test_rhyming_pairs() -> None:
    assert PAIRS == ((0, 2), (1, 3), (4, 6), (5, 7), (8, 10), (9, 11), (12, 13))


def test_perfect_sonnet() -> None:
    form = measure(Poem(SONNET))
    assert form.fourteen_lines == form.real_words == form.rhyming_pairs == 1
    assert form.whole_schemes == form.syllables == form.iambic == 1
    assert form.rhyming_by_line == form.iambic_by_line == form.syllables_by_line == (1.0,) * 14
    assert form.copied_lines == form.longest_run == 0


def test_case_and_punctuation_do_not_matter() -> None:
    shown = SONNET.replace("again the", "again, the").title().replace("\n", ";\n") + "."
    assert measure(Poem(shown)) == measure(Poem(SONNET))


def test_wrong_length() -> None:
    form = measure(Poem("\n".join(SONNET.split("\n")[:13])))
    assert form.fourteen_lines == 0
    assert form.rhyming_pairs == 6 / 7
    assert form.whole_schemes == 0
    assert form.rhyming_by_line[11:] == (1, 0, 0)


def test_no_rhyme() -> None:
    assert measure(Poem(SONNET.replace("may", "day"))).rhyming_pairs == 3 / 7
    assert measure(Poem(SONNET.replace("may", "zorp"))).rhyming_pairs == 3 / 7


def test_complete_rhyme_scheme() -> None:
    lame = SONNET.removesuffix("may") + "gold"
    form = measure(Poem(SONNET), Poem(lame))
    assert form.rhyming_pairs == 13 / 14
    assert form.whole_schemes == 1 / 2


def test_real_words() -> None:
    form = measure(Poem("the zorp and gold"), sonnets=("and so\n\n",))
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
    form = measure(Poem(line))
    assert (form.syllables, form.iambic) == (syllables, iambic)


def test_copied_lines_and_runs() -> None:
    poem = Poem("the gold of day\nagain the night of gold")
    form = measure(
        poem,
        sonnets=("so day again the night\nthe gold of day\n\n",),
        others=("again the night of gold\n",),
    )
    assert form.copied_lines == 2
    assert form.longest_run == 5


def test_marks_do_not_hide_copies() -> None:
    """A line is a copy whether the corpus or the poem has the marks."""
    corpus = ("the gold, of day;\n\n",)
    assert measure(Poem("the gold of day"), sonnets=corpus).copied_lines == 1
    assert measure(Poem("The gold of day!"), others=corpus).copied_lines == 1


def test_runs_in_all_texts() -> None:
    poem = Poem("the gold of day")
    assert measure(poem, sonnets=("the gold\n\n",), others=("gold of day\n",)).longest_run == 3
    assert measure(poem, sonnets=("gold of day\n\n",), others=("the gold\n",)).longest_run == 3


def test_runs_span_lines_of_a_poem() -> None:
    assert longest_run([["a", "b"], ["c"]], [["a", "b", "c"]]) == 2
    assert longest_run([["a", "b", "c"]], [["x", "a", "b", "c"]]) == 3
    assert longest_run([[]], [["a"]]) == 0
    assert measure(Poem("the gold\nof day"), sonnets=("gold of\nday\n\n",)).longest_run == 3


def test_repetitions() -> None:
    twice = Poem("the day\nthe night\nThe day,")
    form = measure(twice, Poem("the day\nthe night"))
    assert form.lines_twice == 1
    assert form.rhyme_words_twice == 1
    assert form.end_words == 2


# The member's words


def test_given_words_are_excluded() -> None:
    poem = Poem("Zorp blargh the day\nthe night", given=len("Zorp blargh "))
    form = measure(poem)
    assert form.real_words == 1
    assert form.iambic_by_line[0] is None


def test_started_word_counts_as_given() -> None:
    assert Line("Shall I comp", "are the day").words == ["the", "day"]
    assert Line("Shall I ", "compare").words == ["compare"]
    assert Line("I sing,", "day").words == ["day"]


def test_lines_with_given_words_are_excluded() -> None:
    poem = Poem("the gold of day\nagain", given=3)
    form = measure(poem, sonnets=("the gold of day\n\n",))
    assert form.copied_lines == 0
    assert form.longest_run == 3
    assert (form.syllables, form.iambic_by_line[0]) == (0, None)


def test_given_end_words_do_not_rhyme() -> None:
    lame = SONNET.replace("day", "gold", 1)
    first_line = lame.index("\n")
    assert measure(Poem(lame)).rhyming_pairs == 6 / 7
    assert measure(Poem(lame, given=first_line)).rhyming_pairs == 1
    assert measure(Poem(lame, given=first_line)).rhyming_by_line[:4] == (None, 1, None, 1)
    assert measure(Poem(lame, given=first_line - 4)).rhyming_pairs == 6 / 7


def test_given_lines() -> None:
    lines = Poem("ab\ncd\nef", given=4).lines
    assert lines == (Line("ab", ""), Line("c", "d"), Line("", "ef"))
    assert replace(Poem("ab\ncd\nef", given=4), given=3).lines[1] == Line("", "cd")


def test_no_generated_words() -> None:
    form = measure(Poem("", 0))
    assert form.real_words == form.rhyming_pairs == 0
    assert form.iambic_by_line == (None,) * 14
