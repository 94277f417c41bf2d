"""Poems about a subject or a name."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.text import fold, words_of
from models.verse.forms import FORMS
from models.verse.poem import SonnetDraft, SonnetError, begin, extend
from models.verse.prosody import rhymes, scans
from tests.models.tiny import anything, poet
from tests.models.verse.versifier import (
    READINGS,
    VERSIFIER,
    WORDS,
    QuickRequest,
    finished,
    writer_of,
)

METRICAL = [name for name, form in FORMS.items() if form.metres]
KNOWN = "beauty"
"""A word of the vocabulary with a vector."""
NAMES = {
    "a name": "Mangosaurus",
    "two words": "Great Mangosaurus",
    "a known word in it": "Beauty Mangosaurus",
    "a shout": "REX!",
    "another alphabet": "さくら",
    "Greek": "Ωsaurus",
    "accents": "Zoë Müller",
    "emoji": "🦕🌹",
    "markdown": "**Mango**",
    "a mention": "@everyone <@123>",
    "marks": "- , :",
    "right to left": "האם",
    "spaces": "  Rex   of  \n all ",
    "apostrophes": "O'Rex'",
}
LONG = {
    "a long name": "Micropachycephalosaurus Paralititanosaurus of the Hills",
    "64 characters": "lalala " * 9 + "l",
    "200 characters": "Rexosaurus " * 18,
}


def about(name: str, form: str = "shakespearean", opening: str = "", seed: int = 1) -> SonnetDraft:
    """The beginning of a poem."""
    return begin(VERSIFIER, QuickRequest(opening, seed, form=form, about=name))


def whole(name: str, form: str = "shakespearean", opening: str = "", seed: int = 1) -> SonnetDraft:
    """A whole poem."""
    request = QuickRequest(opening, seed, form=form, about=name)
    (draft,) = finished([request])
    return draft


def plain(name: str) -> str:
    """A name with single spaces."""
    return " ".join(name.split())


# Names. ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", METRICAL)
@pytest.mark.parametrize("name", ["Rex", "Rexi Rex", "🦕"])
def test_short_name_comes_back_in_every_form(form: str, name: str) -> None:
    draft = whole(name, form)
    first, second_last = draft.lines[0], draft.lines[-2]
    assert first.startswith(f"{name}, ")
    assert second_last.startswith(f"{name}, ")
    assert len(draft.lines) == FORMS[form].lines
    assert not any(name in line for line in (*draft.lines[1:-2], draft.lines[-1]))
    assert first.removeprefix(f"{name}, ")
    assert second_last.removeprefix(f"{name}, ")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_any_name_comes_back(name: str) -> None:
    draft = whole(name)
    assert draft.name == plain(name)
    assert draft.lines[0].startswith(plain(name))
    assert draft.lines[-2].startswith(f"{plain(name)}, ")
    assert not any("\n" in line or not line.strip() for line in draft.lines)
    assert len(draft.lines) == 14


def test_line_with_name_fits_form() -> None:
    draft = whole("Rex")
    for number in (0, 12):
        assert scans(fold(draft.lines[number]), draft.form.metre_of(number).templates, READINGS)
    first, second = (words_of(fold(line))[-1] for line in draft.lines[-2:])
    assert rhymes(first, second, READINGS)
    assert set(words_of(fold(draft.lines[-2]))[1:]) <= set(WORDS)


@pytest.mark.parametrize("name", LONG.values(), ids=LONG.keys())
def test_name_that_fills_a_line_comes_once(name: str) -> None:
    """The poem begins with it, but its second last line is one of verse."""
    draft = whole(name)
    text = "".join("".join(draft.lines).split())
    assert text.startswith("".join(name.split()))
    assert scans(fold(draft.lines[-2]), draft.form.metre_of(12).templates, READINGS)
    assert not fold(draft.lines[-2]).startswith(fold(name.split()[0]))


def test_name_too_long_for_short_line() -> None:
    """A line of a limerick has five syllables, and so has the name."""
    name = "Tyrannosaurus"
    draft = whole(name, "limerick")
    assert draft.lines[0].startswith(f"{name}, ")
    assert name not in draft.lines[3]
    assert whole(name).lines[-2].startswith(f"{name}, ")


def test_name_after_opening() -> None:
    """The poem begins as the member wants; the name still comes back."""
    draft = whole("Rex", opening="Shall I compare thee")
    assert draft.lines[0].startswith("Shall I compare thee")
    assert [line.startswith("Rex, ") for line in draft.lines] == [False] * 12 + [True, False]
    assert draft.opening_length == len("Shall I compare thee")


@pytest.mark.parametrize("lines", [11, 12, 13])
def test_name_after_long_opening(lines: int) -> None:
    """The line is not changed if the member has written it."""
    opening = "day\n" * lines + "night"
    draft = whole("Rex", opening=opening)
    assert draft.lines[12].startswith("Rex, ") == (lines < 12)
    assert len(draft.lines) == 14


def test_name_without_metre() -> None:
    for form in ("free", "notebook"):
        draft = whole("Rex", form)
        assert draft.lines[0].startswith("Rex, ")
        assert not any(line.startswith("Rex") for line in draft.lines[1:])


def test_name_that_is_refused() -> None:
    with pytest.raises(SonnetError):
        extend(VERSIFIER, [about("Rex")], lambda line: "Rex" not in line)


@given(st.text(max_size=64))
@example("\u202e\u2066")
@example("a\r\nb")
@example("'" * 64)
@example("," * 64)
def test_any_text_is_a_name_or_subject(text: str) -> None:
    draft = about(text)
    (draft,) = extend(VERSIFIER, [draft], anything)
    poem = "".join("".join(draft.lines).split())
    assert poem.startswith("".join(draft.name.split()))


# Subjects. ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", METRICAL)
def test_subject_is_no_name(form: str) -> None:
    draft = about(KNOWN, form)
    assert draft.name == ""
    assert draft.lines == ()
    assert draft.prefix == ""
    assert draft.subject.words == (KNOWN,)


def test_subject_of_member() -> None:
    """It is shown as typed, and comes before that of the opening."""
    assert about(f"  The {KNOWN} of\n my sorrow!").subject.words == (f"The {KNOWN} of my sorrow!",)
    assert about("", opening="Of sorrow ").subject.words == ("sorrow",)
    draft = about(KNOWN, opening="Of sorrow ")
    assert draft.subject.words == (KNOWN,)
    assert draft.prefix == "Of sorrow "


def test_subject_is_drawn_if_none_is_given() -> None:
    topics = writer_of(VERSIFIER).topics
    for name, opening in (("", ""), ("Mangosaurus", ""), ("the", ""), ("", "To thee")):
        subjects = {about(name, opening=opening, seed=seed).subject.words for seed in range(6)}
        assert len(subjects) > 1
        assert all(len(words) == 2 for words in subjects)
        for words in subjects:
            assert not any(topics.is_name(word.split()[-1]) for word in words)


def test_poem_depends_on_subject_and_name() -> None:
    for names in ((KNOWN, KNOWN, "sorrow"), ("Rex", "Rex", "Max")):
        poems = [whole(name) for name in names]
        rests = [draft.lines[0].removeprefix(f"{draft.name}, ") for draft in poems]
        assert rests[0] == rests[1] != rests[2]
        assert poems[0].lines == poems[1].lines
        assert poems[0].subject.words == about(names[0]).subject.words


# Networks that know no words. --------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_characters_know_names_only(form: str) -> None:
    """Every subject is a name for them, with which the poem begins."""
    trained = poet()
    (draft,) = finished([QuickRequest("", 1, form=form, about="beauty")], trained)
    assert draft.name == "beauty"
    assert draft.subject.words == ()
    assert draft.lines[0].startswith("beauty, ")
    assert not any(line.startswith("beauty, ") for line in draft.lines[1:])
    assert FORMS[form].lines in (len(draft.lines), None)
