"""Poems about a subject or a name."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.text import fold
from models.verse import mentions, word_lines
from models.verse.forms import FORMS
from models.verse.mentions import due, times
from models.verse.poem import SonnetDraft, begin, extend
from models.verse.prosody import scans
from tests.models.tiny import anything, poet
from tests.models.verse.versifier import READINGS, VERSIFIER, QuickRequest, finished

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


@pytest.fixture(autouse=True)
def urgent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The untrained network knows no place for a noun."""
    monkeypatch.setattr(mentions, "URGENCY", 30.0)
    monkeypatch.setattr(word_lines, "MENTION_SHARE", 0.9)


def about(name: str, form: str = "shakespearean", opening: str = "", seed: int = 1) -> SonnetDraft:
    """The beginning of a poem."""
    return begin(VERSIFIER, QuickRequest(opening, seed, form=form, about=name))


def whole(name: str, form: str = "shakespearean", opening: str = "", seed: int = 1) -> SonnetDraft:
    """A whole poem."""
    request = QuickRequest(opening, seed, form=form, about=name)
    (draft,) = finished([request])
    return draft


# In metre. ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", METRICAL)
@pytest.mark.parametrize("name", [KNOWN, "Rex", "pizza", "our moderator Steve", "🦕"])
def test_poem_names_its_subject(form: str, name: str) -> None:
    """As typed, within lines that scan, and not at the beginning of a line only."""
    drafts = finished([QuickRequest("", seed, form=form, about=name) for seed in range(3)])
    for draft in drafts:
        mention = draft.subject.mentions[-1]
        assert mention.text == name.split()[-1]
        assert times(mention, draft.lines) >= due(draft.form, len(draft.lines) - 1), draft.lines
        assert not any(line.startswith(f"{name},") for line in draft.lines)
        for number, line in enumerate(draft.lines):
            if name != "🦕":
                assert scans(fold(line), draft.form.metre_of(number).templates, READINGS), line
    if name[0].isupper():
        assert any(name in line for draft in drafts for line in draft.lines)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_any_name_is_named(name: str) -> None:
    draft = whole(name, "limerick")
    assert times(draft.subject.mentions[-1], draft.lines) >= 1
    assert draft.subject.words == (" ".join(name.split()),)


@pytest.mark.parametrize("name", LONG.values(), ids=LONG.keys())
def test_long_name(name: str) -> None:
    """It may fit in no line."""
    assert len(whole(name).lines) == 14


def test_subject_after_opening() -> None:
    """The poem begins as the member wants, and its mentions count."""
    draft = whole("Rex", opening="Of Rex and")
    assert draft.lines[0].startswith("Of Rex and")
    assert draft.opening_length == len("Of Rex and")
    assert sum("Rex" in line for line in draft.lines) >= 2


def test_refused_name_is_left_out() -> None:
    (draft,) = finished([QuickRequest(about="Rex")], accept=lambda line: "Rex" not in line)
    assert len(draft.lines) == 14


def test_notebook_begins_with_subject() -> None:
    """Its last word is not continued."""
    for name in ("Rex", KNOWN, "the sea"):
        (line, *_) = whole(name, "notebook").lines
        assert re.match(rf"{name}(?![a-z'])", line)


@given(st.text(max_size=64))
@example("\u202e\u2066")
@example("a\r\nb")
@example("'" * 64)
@example("," * 64)
def test_any_text_is_a_subject(text: str) -> None:
    (draft,) = extend(VERSIFIER, [about(text, "couplet")], anything)
    assert draft.lines


# Subjects. ---------------------------------------------------------------------------------------


def test_subject_of_member() -> None:
    """It is shown as typed, and comes before that of the opening."""
    assert about(f"  The {KNOWN} of\n my sorrow!").subject.words == (f"The {KNOWN} of my sorrow!",)
    assert about("", opening="Of sorrow ").subject.words == ("sorrow",)
    draft = about(KNOWN, opening="Of sorrow ")
    assert draft.subject.words == (KNOWN,)
    assert draft.prefix == "Of sorrow "


def test_subject_is_drawn_if_none_is_given() -> None:
    for name, opening in (("", ""), ("", "To thee")):
        subjects = {about(name, opening=opening, seed=seed).subject.words for seed in range(6)}
        assert len(subjects) > 1
        assert all(len(words) == 1 for words in subjects)


def test_name_has_drawn_subject() -> None:
    vectors = {about("Mangosaurus", seed=seed).subject.vector.tobytes() for seed in range(6)}
    assert len(vectors) > 1


def test_poem_depends_on_subject() -> None:
    poems = [whole(name, "limerick").lines for name in (KNOWN, KNOWN, "sorrow", "Rex", "Max")]
    assert poems[0] == poems[1]
    assert len({*poems}) == 4


# Networks that know no words. --------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_characters_begin_with_subject(form: str) -> None:
    trained = poet()
    (draft,) = finished([QuickRequest("", 1, form=form, about="beauty")], trained)
    assert draft.subject.words == ()
    assert re.match("beauty(?![a-z'])", draft.lines[0])
    assert FORMS[form].lines in (len(draft.lines), None)


@pytest.mark.parametrize("name", ["Stegosaurus", "Callovosaurus", "the velociraptor"])
def test_poem_about_a_known_animal_begins_with_its_name(name: str) -> None:
    """An auxiliary follows; not in a story, after an opening, or for an unknown name."""

    def begun(opening: str = "", form: str = "shakespearean") -> str:
        return begin(VERSIFIER, QuickRequest(opening, 1, 0.8, form, name, known=(KNOWN,))).prefix

    word = name.split()[-1]
    assert re.fullmatch(rf"(The )?{word} (has|had|was|is)", begun(), re.IGNORECASE)
    assert begun()[0].isupper()
    assert begun(form="limerick") == ""
    assert begun(opening="Shall I") == "Shall I"
    assert about(name).prefix == ""
