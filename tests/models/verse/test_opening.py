"""Openings: wrapping, and the state of the last line."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.lexicon import count_syllables
from data.text import fold, words_of
from data.tokens import tokenise
from models.verse.forms import FORMS, Form
from models.verse.metrical import (
    FREE_SYLLABLES,
    LONGER,
    MAX_LINES,
    encoded_prefix,
    ends_early,
    is_modern,
    start_of,
    wrap_opening,
)
from models.verse.prosody import scans, syllable_counts
from models.verse.word_index import WordIndex
from models.verse.word_lines import Start
from tests.bot.hostile import HOSTILE_OPENINGS
from tests.models.tiny import VERSE
from tests.models.verse.versifier import READINGS, VERSIFIER, writer_of

SONNET, LIMERICK, FREE, NOTEBOOK = (
    FORMS[name] for name in ("shakespearean", "limerick", "free", "notebook")
)
METRE = SONNET.metre_of(0)
SUMMER = "Shall I compare thee to a summer's day"
QUESTION = "To be, or not to be, that is the question:"

TYPED = (
    st.text(max_size=300)
    | st.text("abI O'\n\t,-é🦕\u200b\u2028*_`>#@<:|~", max_size=300)
    | st.lists(
        st.sampled_from(["love", "eternity", "thy", "summer's", "xqzt,", "-", "\n", "🦕", "d"])
    ).map(" ".join)
)


@pytest.fixture(scope="module")
def index() -> WordIndex:
    return writer_of(VERSIFIER).index


def without_spaces(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=200)
@given(TYPED, st.sampled_from([SONNET, LIMERICK, FREE, NOTEBOOK]))
@example("a" * 300, LIMERICK)
@example("a\n" * 150, SONNET)
@example("", SONNET)
def test_only_line_breaks_change(opening: str, form: Form) -> None:
    index = writer_of(VERSIFIER).index
    lines = wrap_opening(opening, form, index)
    assert without_spaces("".join(lines)) == without_spaces(opening)
    assert 1 <= len(lines) <= (form.lines or MAX_LINES)
    assert all(line.strip() for line in lines[:-1])
    assert not any("\n" in line or "\r" in line for line in lines)


@settings(max_examples=200)
@given(TYPED, st.sampled_from([SONNET, LIMERICK]))
def test_lines_have_at_most_form_syllables(opening: str, form: Form) -> None:
    index = writer_of(VERSIFIER).index
    lines = wrap_opening(opening, form, index)
    if len(lines) == form.lines:
        return  # some may have been joined
    for number, line in enumerate(lines):
        metre = form.metre_of(number)
        within = min(syllable_counts(fold(line), READINGS)) <= metre.syllables + LONGER
        whole = scans(fold(line), metre.templates, READINGS)
        one_word = len(line.split()) <= 1
        assert within or whole or one_word, line


def test_short_opening_is_one_line(index: WordIndex) -> None:
    for opening in ("", "Shall I", "Shall I ", " shall  I", SUMMER, f"{SUMMER}, ", "🦕"):
        assert wrap_opening(opening, SONNET, index) == [opening]


def test_long_line_is_wrapped(index: WordIndex) -> None:
    typed = f"{SUMMER}, or is it rather autumn now?"
    parts = [f"{SUMMER},", "or is it rather autumn now?"]
    assert wrap_opening(typed, SONNET, index) == parts
    assert wrap_opening(typed, NOTEBOOK, None) == parts
    assert wrap_opening(typed, LIMERICK, index)[0] == SUMMER.removesuffix(" day")
    for form, syllables in ((NOTEBOOK, [FREE_SYLLABLES] * 4), (FREE, [12, 12, 12, 4])):
        lines = wrap_opening("la " * 40, form, None)
        assert [count_syllables(line) for line in lines] == syllables
    # A feminine ending is not wrapped.
    assert wrap_opening(QUESTION, SONNET, index) == [QUESTION]
    assert wrap_opening(f"{SUMMER} or", SONNET, index) == [SUMMER, "or"]


@pytest.mark.parametrize(
    "lines",
    [
        ["I'm so tired of meetings that could have been emails"],
        ["What do you call a dinosaur with no eyes?"],
        ["I am at the office.", "Nobody else is at work today"],
        ["Therizinosaurus walks", "into a"],
        ["Yesterday I have left my coat", "and my"],
    ],
)
def test_lines_of_today(lines: list[str], index: WordIndex) -> None:
    """A sentence may be a little longer; lines break at a mark, and before words that go on."""
    assert wrap_opening(" ".join(lines), SONNET, index) == lines


@pytest.mark.parametrize(
    ("lines", "modern"),
    [
        ([""], False),
        (["🦖"], True),
        (["My cat knocked my coffee off the desk"], True),
        (["Shall I compare"], False),
        (["The moon hath"], False),
        ([SUMMER], False),
        (["To be, or not to be, that is the question"], False),
        (["And yet I can't believe a word of it"], True),
        (["I wrote a program for a brother's sake"], True),
    ],
)
def test_modern_openings(lines: list[str], modern: bool, index: WordIndex) -> None:
    assert is_modern(lines, SONNET, index) == modern


@pytest.mark.parametrize(
    ("line", "early"),
    [
        ("i can't believe it's monday again", True),
        ("why did the chicken cross the road?", True),
        ("it was a dark and stormy night ", True),
        ("it was a dark and stormy night,", False),
        ("yesterday i finally bought a", False),
        ("do not ever tell me what to do", True),
        ("i am never ever gonna", False),
        ("nobody has told the men that", False),
        ("i can not stop thinking about", False),
        ("tomorrow i will finally", False),
        ("our master, who says that days are", False),
        ("good morning", False),
        ("hello?", False),
        ("shall i compare thee to a memor", False),
    ],
)
def test_line_ends_with_its_sentence(line: str, early: bool, index: WordIndex) -> None:
    assert ends_early(start(line), METRE, index, story=False) == early


def test_typed_breaks_are_kept(index: WordIndex) -> None:
    kept = wrap_opening("Shall I\r\n\n compare\nthee", SONNET, index)
    assert kept == ["Shall I", " compare", "thee"]
    assert wrap_opening("Shall I\n", SONNET, index) == ["Shall I", ""]


def test_too_many_lines_are_joined(index: WordIndex) -> None:
    typed = "one line\nanother line\na\nb\na fifth line\na sixth line"
    lines = wrap_opening(typed, LIMERICK, index)
    assert lines == ["one line", "another line", "a b", "a fifth line", "a sixth line"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Shall I ", "shall i "),
        ("  Où\tsont ", "ou sont "),
        ("🦕  🦕", ""),
        ("“Thee”—and", "'thee'-and"),
        ("a 🦕 b", "a b"),
        ("Good night, Ann ☀️", "good night, ann. "),
        ("Good night🦕🦕", "good night. "),
        ("My phone and 🔋", "my phone and "),
        ("Good night! 🦕", "good night! "),
    ],
)
def test_encoded_prefix(typed: str, read: str) -> None:
    assert encoded_prefix(VERSE, typed) == read


# Where a line stands. ----------------------------------------------------------------------------


def start(line: str, *, finished: bool = False) -> Start:
    return start_of(line, METRE, writer_of(VERSIFIER).index, finished=finished)


def after(syllables: int) -> int:
    return METRE.shift(METRE.starts, syllables)


@pytest.mark.parametrize(
    ("line", "syllables", "tokens", "after_word"),
    [
        ("", 0, (), False),
        ("shall i", 2, ("shall", "i"), True),
        ("shall i ", 2, ("shall", "i"), False),
        ("shall i,", 2, ("shall", "i", ","), False),
        ("shall i, ", 2, ("shall", "i", ","), False),
        ("love-", 1, ("love", "-"), False),
        ("love's", 1, ("love's",), True),
        ("shall i xqz", 3, ("shall", "i", "xqz"), True),
        ("shall i xqz ", 3, ("shall", "i", "xqz"), False),
        (", ", 0, (",",), False),
        ("-", 0, ("-",), False),
    ],
)
def test_start_after_words_and_marks(
    line: str, syllables: int, tokens: tuple[str, ...], after_word: bool
) -> None:
    """A mark can follow a word, but neither a mark nor a space."""
    assert start(line) == Start(after(syllables), line, tokens, after_word=after_word)


@pytest.mark.parametrize(
    ("line", "syllables", "tokens", "fragment"),
    [
        ("memor", 0, (), "memor"),
        ("shall i compa", 2, ("shall", "i"), "compa"),
        ("shall i, compa", 2, ("shall", "i", ","), "compa"),
        ("shall:compa", 1, ("shall", ":"), "compa"),
        ("shall-compa", 1, ("shall", "-"), "compa"),
        ("(compa", 0, ("(",), "compa"),
    ],
)
def test_incomplete_word(line: str, syllables: int, tokens: tuple[str, ...], fragment: str) -> None:
    assert start(line) == Start(after(syllables), line, tokens, fragment)


def test_word_is_no_incomplete_word(index: WordIndex) -> None:
    """Even if another word begins with it."""
    assert index.starting_with("day").any()
    assert start("day").fragment == ""
    assert start("day").after_word
    assert index.starting_with("comp").any()
    assert start("shall i comp").after_word
    line, tokens = "shall i compa", ("shall", "i", "compa")
    assert start(line, finished=True) == Start(
        after(2 + count_syllables("compa")), line, tokens, after_word=True
    )


def test_start_follows_stress() -> None:
    assert start("shall i compare").positions == after(4)
    reversed_foot = start("river").positions
    assert reversed_foot == (METRE.starts & METRE.positions_of("10")) << 2
    assert 0 < reversed_foot < after(2)
    # A word out of the metre takes its syllables.
    assert start("memory memory").positions == METRE.shift(start("memory").positions, 3)


@pytest.mark.parametrize(
    ("line", "after_word"),
    [
        (SUMMER.lower(), True),
        (f"{SUMMER.lower()},", False),
        (f"{SUMMER.lower()} ", False),
        (QUESTION.lower().removesuffix(":"), True),
        (QUESTION.lower(), False),
    ],
)
def test_full_metre_may_end(line: str, after_word: bool) -> None:
    assert start(line).complete
    assert start(line).after_word == after_word


def test_line_beyond_metre_ends() -> None:
    line = f"{SUMMER.lower()} or is it"
    assert start(line) == Start(0, line, tuple(line.split()), after_word=True, complete=True)
    assert start("a" * 300).positions == after(count_syllables("a" * 300))
    assert start("lala" * 60).complete
    # An incomplete word behind a full metre is a word.
    line = f"{SUMMER.lower()} compa"
    assert start(line) == start(line, finished=True)


@settings(max_examples=200)
@given(TYPED)
@example("'")
@example("''''")
@example("-")
@example("...")
@example("love:love:love:love:love:love:love:love:love:love-")
@example("d:d:d:d:d:d:d:d:d:d:d:d:d-")
def test_start_has_positions_or_is_complete(typed: str) -> None:
    line = encoded_prefix(VERSE, typed.replace("\n", " "))
    found = start(line)
    assert found.text == line
    assert found.positions or found.complete
    complete = line.removesuffix(found.fragment)
    assert len(complete) + len(found.fragment) == len(line)
    assert found.tokens == tuple(tokenise(complete.strip()))
    assert not (found.fragment and (found.after_word or found.complete))
    assert not found.complete or words_of(line)
    assert found.after_word == (not found.fragment and bool(re.search("[a-z][a-z']*$", line)))


@pytest.mark.parametrize("opening", HOSTILE_OPENINGS.values(), ids=HOSTILE_OPENINGS.keys())
@pytest.mark.parametrize("form", [SONNET, LIMERICK], ids=lambda form: form.name)
def test_last_line_has_positions(opening: str, form: Form, index: WordIndex) -> None:
    lines = wrap_opening(opening, form, index)
    metre = form.metre_of(len(lines) - 1)
    found = start_of(encoded_prefix(VERSE, lines[-1]), metre, index)
    assert found.positions or found.complete
