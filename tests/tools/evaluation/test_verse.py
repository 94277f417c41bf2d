"""Measures of sonnets."""

from dataclasses import replace
from pathlib import Path

import pytest

from data.corpora import load_names
from data.pronunciation import Reading
from models.verse.forms import FORMS
from models.verse.poem import SonnetRequest
from tests.models.tiny import VERSE, lstm, poet
from tests.tools.evaluation.texts import random_poems
from tools.evaluation import samples
from tools.evaluation.options import Evaluation, EvaluationOptions
from tools.evaluation.poems import generate_poems, poems_of_plays, sampled_poems
from tools.evaluation.samples import UNREAD, today, write_poems
from tools.evaluation.texts_read import FREQUENT, TextsRead
from tools.evaluation.verse import MeasuredLine, MeasuredPoem, VerseEvaluator, VerseQuality

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


# Poems that are compared: of Mangosaurus, plain samples, of plays


def nobody(_: str) -> None:
    """A status callback that does nothing."""


def test_generated_poems() -> None:
    requests = [SonnetRequest("Shall I", seed, form="free") for seed in (1, 2)]
    one, other = generate_poems(poet(), requests, lambda _: True, nobody)
    assert one.text.startswith("Shall I")
    assert one.given == other.given == len("Shall I")
    assert len(one.lines) == 14
    assert one.text != other.text


def test_failing_poem_is_its_opening() -> None:
    requests = [SonnetRequest("Shall I", 1, form="free"), SonnetRequest("a" * 999, 2)]
    refused, too_long = generate_poems(poet(), requests, lambda _: False, nobody)
    assert refused.words == []
    assert len(refused.lines) < 14
    assert too_long.text == "a" * 999
    assert too_long.words == []


def test_plain_samples_continue_their_openings() -> None:
    one, again = (
        sampled_poems(
            lstm(VERSE),
            ["Shall I compare thee", "", "O"],
            0,
            temperature=0.8,
            is_whole=lambda text: text.count("\n") >= 3,
        )
        for _ in range(2)
    )
    assert one == again
    assert one[0].text.startswith("shall i compare thee")
    assert [poem.given for poem in one] == [20, 0, 1]
    assert [len(poem.lines) for poem in one] == [3, 3, 3]
    (whole,) = sampled_poems(
        lstm(VERSE), ["abcdefgh"], 0, temperature=1.0, is_whole=lambda text: len(text) >= 4
    )
    assert whole.text == "abcdefgh"


def test_poems_of_plays() -> None:
    """Prose is left out, line by line and scene by scene."""

    def readings(word: str) -> tuple[Reading, ...]:
        return (Reading("1", "EY1"),)

    verse = random_poems(2, seed=1)
    long = f"{verse[0]}\na line of prose"
    short = "\n".join(["a line of prose"] * 15 + verse[1].split("\n"))
    pieces = poems_of_plays([long, short, "o"], readings, 9, seed=0)
    assert [piece.text for piece in pieces] == [verse[0]]
    many = poems_of_plays(random_poems(9, seed=2), readings, 3, seed=0)
    assert len({piece.text for piece in many}) == 3


# The page of poems


@pytest.fixture
def evaluation(monkeypatch: pytest.MonkeyPatch) -> Evaluation:
    """An evaluation whose poems say what was requested."""

    def generate(_: object, requests: list[SonnetRequest], *__: object) -> list[MeasuredPoem]:
        texts = (f"{r.opening}{r.about}\n{r.form} {r.seed}" for r in requests)
        return list(map(MeasuredPoem, texts))

    monkeypatch.setattr(samples, "generate_poems", generate)
    options = EvaluationOptions("sonnets", seed=7)
    return Evaluation(Path(), poet(), load_names(), options, 0, lambda _: None)


def test_page(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "docs" / "poems.md"
    write_poems(evaluation, path)
    page = path.read_text()
    openings, subjects = today()["openings"], today()["subjects"]
    assert (len(openings), len(subjects)) == (20, 10)
    assert f"`{poet().digest}`" in page
    assert "the seeds are 7 and up" in page
    first = f"**Seed 7**, opening `{openings[0]}`\n\n```text\n{openings[0]}\nshakespearean 7\n```\n"
    assert first in page
    assert "**Seed 9**\n\n```text\n\nshakespearean 9\n```\n" in page
    assert f"**Seed 9**, about `{subjects[2]}`\n" in page
    assert ("## Quatrains" in page) == ("quatrain" in FORMS)


def test_what_was_written_by_hand_stays(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "poems.md"
    write_poems(evaluation, path)
    first = path.read_text()
    written = "One line.\n\nMore.\n\n### A part\n\nAnd more."
    path.write_text(first.replace(UNREAD, written))
    write_poems(evaluation, path)
    assert path.read_text() == first.replace(UNREAD, written)
