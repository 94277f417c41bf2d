"""Stories: the present tense, and what jumps from person to person."""

from dataclasses import replace

import numpy as np
import pytest

from data.text import words_of
from models.text_generator import Accept
from models.verse import search, story
from models.verse.forms import FORMS
from models.verse.poem import SonnetDraft, begin, extend
from models.verse.prosody import scans
from models.verse.story import Beginning, is_present, is_spoken, wanderings
from models.verse.word_lines import write_lines
from tests.models.tiny import anything
from tests.models.verse.test_metrical import WRITER, line, texts
from tests.models.verse.test_search import candidate, firsts
from tests.models.verse.versifier import READINGS, VERSIFIER, QuickRequest

LIMERICK = FORMS["limerick"]


@pytest.mark.parametrize("word", ["is", "has", "goes", "will"])
def test_present(word: str) -> None:
    assert is_present(word)


@pytest.mark.parametrize("word", ["was", "went", "go", "loves", "eyes", "xqzt", "\n"])
def test_not_only_present(word: str) -> None:
    """*Loves* is a plural, too, and *go* follows *to*."""
    assert not is_present(word)


@pytest.mark.parametrize(
    ("word", "spoken"), [("me", True), ("your", True), ("thy", True), ("his", False), ("it", False)]
)
def test_spoken(word: str, spoken: bool) -> None:
    assert is_spoken(word) == spoken


def test_beginning_of_pieces() -> None:
    beginning = Beginning(["{person} of {place},"], ["", "old"], ["Kent"], ["by the sea"])
    drawn = {beginning.draw("an owl", np.random.default_rng(seed)) for seed in range(20)}
    assert drawn == {"An owl of Kent,", "An old owl of Kent,"}


@pytest.mark.parametrize(
    ("above", "starts"),
    [
        (["There was an owl of Kent,"], ["who"]),
        (["An owl who lived in Kent"], ["had"]),
        (["There was an owl of Kent,", "who ate"], []),
        (["An owl"] * 4, ["so"]),
    ],
)
def test_words_that_a_story_goes_on_with(above: list[str], starts: list[str]) -> None:
    beginning = Beginning([], [], [], [], ["who"], ["had"], ["so"])
    assert list(beginning.starts_of(above, 5)) == starts


def begun(request: QuickRequest, accept: Accept = anything) -> SonnetDraft:
    """A poem after its first step."""
    (draft,) = extend(VERSIFIER, [begin(VERSIFIER, request)], accept)
    return draft


def test_limerick_begins_with_person_and_place() -> None:
    """In metre, and others for other seeds; unless the member begins it."""
    beginning = LIMERICK.beginning
    assert beginning is not None
    somewhere = (*beginning.places, *beginning.settings)
    people = [person.split()[1] for person in LIMERICK.subjects]
    firsts = [begun(QuickRequest("", seed, form="limerick")).lines[0] for seed in range(8)]
    assert len({*firsts}) > 4
    for first in firsts:
        assert first.rstrip(",").endswith(somewhere)
        assert {*people} & {*words_of(first)}
        assert scans(first.lower(), LIMERICK.metre_of(0).templates, READINGS), first
    assert begun(QuickRequest("A cat", 1, form="limerick")).lines == ()
    about = begun(QuickRequest("", 1, form="limerick", about="pizza"))
    assert about.lines
    assert [mention.text for mention in about.subject.mentions] == ["pizza"]


def test_limerick_begins_with_an_accepted_line() -> None:
    request = QuickRequest("", 1, form="limerick")
    refused = begun(request).lines[0]
    other = begun(request, lambda line: line != refused).lines[0]
    assert other != refused
    assert begun(request, lambda line: line not in (refused, other)).lines[0] != refused


def test_story_has_no_speaker() -> None:
    """Unless the member has begun with one."""
    column = WRITER.index.column["my"]
    for above, forbidden in (("The day was done", True), ("It was my day", False)):
        (request,) = WRITER.requests([line(above, form=LIMERICK)])
        assert (request.bias[column] == -np.inf) == forbidden


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ([], 0),
        (["A cat sat down", "and he ate his hat"], 0),
        (["He met her", "she saw that it was good"], 1),
        (["I saw him", "you saw us"], 3),
        (["And he sat", "and he ate", "", "And it was his"], 2),
    ],
)
def test_wanderings(lines: list[str], count: int) -> None:
    assert wanderings(lines) == count


def test_story_keeps_to_its_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "WANDERING", 40.0)
    he, i = candidate("he had his day"), candidate("I had my day")
    above = ["When he was in the rain"]
    assert firsts(he, i, above=above, form="limerick") == {"he had his day"}
    assert len(firsts(he, i, above=above)) == 2


def test_story_is_in_the_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the member has begun it in the present; and has no compounds."""
    present = ["is", "away", "day", "sorrow"]
    monkeypatch.setattr(story, "PRESENT", frozenset(present))
    column, index = WRITER.index.column, WRITER.index
    monkeypatch.setattr(index, "present", index.present.copy())
    index.present[[column[word] for word in present if word in column]] = True
    for prefix, are_some in (("", False), ("the sorrow ", True)):
        found = texts(line(form=LIMERICK, prefix=prefix))
        words = {word for text in found for word in words_of(text.removeprefix(prefix))}
        assert not any("-" in text for text in found)
        (request,) = WRITER.requests([line(form=LIMERICK, prefix=prefix)])
        assert (request.bias[column["day"]] > -1e9) == are_some
        assert are_some or words.isdisjoint(present)


def test_lines_begin_with_other_words() -> None:
    (request,) = WRITER.requests([line("the rain", "so dark", form=LIMERICK)])
    stale = {WRITER.index.texts[k] for k in np.flatnonzero(request.first)}
    assert stale == {"the", "so"} & {*WRITER.index.texts}
    (sonnet,) = WRITER.requests([line("the rain")])
    assert not sonnet.first.any()


def test_story_goes_on_as_its_form_says() -> None:
    beginning = Beginning([], [], [], [], ["so", "love"], ["my"])
    form = replace(LIMERICK, beginning=beginning)
    for above, likelier in (("a day,", {"so", "love"}), ("a day", {"my"})):
        (request,) = WRITER.requests([line(above, form=form)])
        assert {WRITER.index.texts[k] for k in np.flatnonzero(request.first > 0)} == likelier


def test_pull_of_the_subject() -> None:
    subject = WRITER.topics.about("day", np.random.default_rng(0))
    of_sonnet, of_story = (
        WRITER.requests([replace(line(form=form), subject=subject)])[0].bias
        for form in (replace(LIMERICK, pull=1.0), LIMERICK)
    )
    likelier = of_story != of_sonnet
    assert likelier.any()
    assert (of_story[likelier] < of_sonnet[likelier]).all()


def test_bias_of_first_token() -> None:
    index = WRITER.index
    (a_request,) = WRITER.requests([line(form=LIMERICK)])
    fresh = {"love", "so", "my", "a"}
    first = np.array([0 if text in fresh else -30 for text in index.texts], np.float32)
    (found,) = write_lines(WRITER.network, index, WRITER.output, [replace(a_request, first=first)])
    assert {candidate.tokens[0] for candidate in found} <= fresh
    assert any(not fresh.issuperset(candidate.tokens) for candidate in found)
