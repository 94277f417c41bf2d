"""A member's opening: what is typed stays, and the line that is begun can be gone on with."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.text import fold, words_of
from models.verse.forms import FORMS, Form
from models.verse.metrical_lines import Start
from models.verse.opening import (
    FREE_SYLLABLES,
    MOST_LINES,
    encoded_prefix,
    start_of,
    wrapped,
)
from models.verse.prosody import count_syllables, scans, syllable_counts
from models.verse.rhyme_and_metre import RhymeAndMetreIndex, rhyme_and_metre_of
from tests.bot.hostile import HOSTILE_OPENINGS
from tests.models.tiny import VERSE
from tests.models.verse.versifier import READINGS, VERSIFIER

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
def poetics() -> RhymeAndMetreIndex:
    found = rhyme_and_metre_of(VERSIFIER)
    assert found is not None
    return found


def without_spaces(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=200)
@given(TYPED, st.sampled_from([SONNET, LIMERICK, FREE, NOTEBOOK]))
@example("a" * 300, LIMERICK)
@example("a\n" * 150, SONNET)
@example("", SONNET)
def test_of_what_is_typed_only_the_breaks_of_lines_change(opening: str, form: Form) -> None:
    poetics = rhyme_and_metre_of(VERSIFIER)
    lines = wrapped(opening, form, poetics)
    assert without_spaces("".join(lines)) == without_spaces(opening)
    assert 1 <= len(lines) <= (form.lines or MOST_LINES)
    assert all(line.strip() for line in lines[:-1])
    assert not any("\n" in line or "\r" in line for line in lines)


@settings(max_examples=200)
@given(TYPED, st.sampled_from([SONNET, LIMERICK]))
def test_lines_have_no_more_syllables_than_the_form_where_there_is_room(
    opening: str, form: Form
) -> None:
    poetics = rhyme_and_metre_of(VERSIFIER)
    lines = wrapped(opening, form, poetics)
    if len(lines) == form.lines:
        return  # some may have been joined
    for number, line in enumerate(lines):
        metre = form.metre_of(number)
        within = min(syllable_counts(fold(line), READINGS)) <= metre.syllables
        whole = scans(fold(line), metre.templates, READINGS)
        one_word = len(line.split()) <= 1
        assert within or whole or one_word, line


def test_a_short_opening_is_one_line_as_typed(poetics: RhymeAndMetreIndex) -> None:
    for opening in ("", "Shall I", "Shall I ", " shall  I", SUMMER, f"{SUMMER}, ", "🦕"):
        assert wrapped(opening, SONNET, poetics) == [opening]


def test_a_long_line_is_broken_before_the_word_that_is_too_much(
    poetics: RhymeAndMetreIndex,
) -> None:
    typed = f"{SUMMER}, or is it rather autumn now?"
    parts = [f"{SUMMER},", "or is it rather autumn now?"]
    assert wrapped(typed, SONNET, poetics) == parts
    assert wrapped(typed, FREE, None) == parts
    assert wrapped(typed, LIMERICK, poetics)[0] == SUMMER.removesuffix(" day")


def test_a_line_with_a_feminine_ending_stays_whole(poetics: RhymeAndMetreIndex) -> None:
    assert wrapped(QUESTION, SONNET, poetics) == [QUESTION]
    assert wrapped(f"{SUMMER} or", SONNET, poetics) == [SUMMER, "or"]


def test_the_breaks_that_a_member_typed_are_kept(poetics: RhymeAndMetreIndex) -> None:
    assert wrapped("Shall I\r\n\n compare\nthee", SONNET, poetics) == [
        "Shall I",
        " compare",
        "thee",
    ]
    assert wrapped("Shall I\n", SONNET, poetics) == ["Shall I", ""]


def test_what_makes_too_many_lines_is_joined_where_they_are_shortest(
    poetics: RhymeAndMetreIndex,
) -> None:
    typed = "one line\nanother line\na\nb\na fifth line\na sixth line"
    lines = wrapped(typed, LIMERICK, poetics)
    assert lines == ["one line", "another line", "a b", "a fifth line", "a sixth line"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Shall I ", "shall i "),
        ("  Où\tsont ", "ou sont "),
        ("🦕  🦕", ""),
        ("“Thee”—and", "'thee'-and"),
        ("a 🦕 b", "a b"),
    ],
)
def test_a_network_reads_the_letters_that_it_knows(typed: str, read: str) -> None:
    assert encoded_prefix(VERSE, typed) == read


# Where a line stands. ----------------------------------------------------------------------------


def start(line: str) -> Start:
    poetics = rhyme_and_metre_of(VERSIFIER)
    assert poetics is not None
    return start_of(line, METRE, poetics)


def behind(syllables: int) -> int:
    return METRE.shift(METRE.beginnings, syllables)


def test_nothing_typed_is_the_beginning_of_a_line() -> None:
    assert start("") == Start(METRE.beginnings)


def test_behind_a_space_a_word_begins_and_behind_a_word_a_space_does() -> None:
    assert start("shall i ") == Start(behind(2))
    assert start("shall i") == Start(behind(2), between=True)
    assert start("love-") == Start(behind(1))
    assert start("shall i,") == Start(behind(2), between=True, punctuated=True)


def test_a_word_that_is_begun_is_gone_on_with() -> None:
    assert start("shall i comp") == Start(behind(2), prefix="comp")
    assert start("memo") == Start(METRE.beginnings, prefix="memo")
    assert start("shall i xqz") == Start(behind(3), between=True)


def test_a_word_is_finished_if_it_has_to_be() -> None:
    poetics = rhyme_and_metre_of(VERSIFIER)
    assert poetics is not None
    finished = start_of("shall i comp", METRE, poetics, finished=True)
    assert finished == Start(behind(3), between=True)


def test_where_a_word_stands_is_where_its_stress_allows() -> None:
    assert start("shall i compare").places == behind(4)
    reversed_foot = start("river").places
    assert reversed_foot == (METRE.beginnings & METRE.places_of("10")) << 2
    assert 0 < reversed_foot < behind(2)


def test_a_word_out_of_metre_takes_its_syllables_all_the_same() -> None:
    assert start("memory memory").places == METRE.shift(start("memory").places, 3)


@pytest.mark.parametrize("line", [SUMMER.lower(), QUESTION.lower(), f"{SUMMER.lower()} "])
def test_a_line_that_fills_its_metre_may_end(line: str) -> None:
    assert start(line).full
    assert start(line).between


def test_a_line_beyond_its_metre_ends() -> None:
    assert start(f"{SUMMER.lower()} or is it") == Start(0, between=True, full=True)
    assert start("a" * 300).places == behind(count_syllables("a" * 300))


@settings(max_examples=200)
@given(TYPED)
@example("'")
@example("''''")
@example("-")
@example("...")
@example("love:love:love:love:love:love:love:love:love:love-")
@example("d:d:d:d:d:d:d:d:d:d:d:d:d-")
def test_a_line_stands_somewhere_or_is_full(typed: str) -> None:
    line = encoded_prefix(VERSE, typed.replace("\n", " "))
    found = start(line)
    assert found.places or found.full
    assert found.prefix == "" or (line.endswith(found.prefix) and not found.between)
    assert not found.punctuated or found.between
    assert not found.full or found.between
    if words_of(line) and re.search("[a-z]$", line) and not found.prefix:
        assert found.between  # letters are not put to a word that is whole


@pytest.mark.parametrize("opening", HOSTILE_OPENINGS.values(), ids=HOSTILE_OPENINGS.keys())
@pytest.mark.parametrize("form", [SONNET, LIMERICK], ids=lambda form: form.name)
def test_the_last_line_of_any_opening_stands_somewhere(
    opening: str, form: Form, poetics: RhymeAndMetreIndex
) -> None:
    lines = wrapped(opening, form, poetics)
    metre = form.metre_of(len(lines) - 1)
    found = start_of(encoded_prefix(VERSE, lines[-1]), metre, poetics)
    assert found.places or found.full


def test_a_free_line_of_an_opening_has_at_most_ten_syllables() -> None:
    lines = wrapped("la " * 40, FREE, None)
    assert [count_syllables(line) for line in lines] == [FREE_SYLLABLES] * 4
