"""Whole poems in every form: they rhyme and scan for any network and opening.

The network is untrained: rhyme and metre come from the decoder alone.
"""

import pickle
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.text import fold, words_of
from models.verse.forms import FORMS
from models.verse.poem import OPENING_LIMIT, SonnetDraft, begin, extend
from models.verse.prosody import pairs_of, scans, syllable_counts
from tests.bot.hostile import HOSTILE_OPENINGS
from tests.models.tiny import anything
from tests.models.verse.versifier import (
    READINGS,
    VERSIFIER,
    WORDS,
    QuickRequest,
    finished,
    rhyme_strictly,
)

METRICAL = [name for name, form in FORMS.items() if form.metres]
SUMMER = "Shall I compare thee to a summer's day"
OPENINGS = {
    "nothing": "",
    "a word": "Beauty",
    "an incomplete word": "Shall I compa",
    "a word that nothing comes of": "Shall I compare thee to a summer's comp",
    "a line": SUMMER,
    "a line and a comma": f"{SUMMER},",
    "a line and a space": f"{SUMMER} ",
    "a feminine line": "To be, or not to be, that is the question:",
    "some lines": "Roses are red\nViolets are blue\nSugar is sweet\nAnd so are you",
    "whole lines": "When I do count the clock\nthat tells the time\n",
    "unknown words": "Xqzt blorf\nqwrt",
    "an end without rhymes": "I love the orange\nand the month\n",
    "a hyphen": "Love-",
    "full, and a hyphen": "love:love:love:love:love:love:love:love:love:love:love-",
    "apostrophes": "''''",
    "an apostrophe": "'",
    "dots": "...",
    "a bracket": "(",
    "one long word": "a" * 300,
    "an emoji behind a word": "Shall I 🦕",
    "an incomplete word behind a mark": "Love:memo",
    "an incomplete word behind a bracket": "Love (memo",
    "an incomplete word in parts": "Love-memo",
    "a long word and an apostrophe": "lala" * 60 + "'",
    "more lines than the form": "\n".join("abcdefghijklmnopqrst"),
    "longer than the form": ("When forty winters shall besiege thy brow,\n" * 7)[:300],
    "a form's last line": "Day\nMay\nLove\nAbove\nAnd so it has come to the end, so,",
} | HOSTILE_OPENINGS
FEW = ("nothing", "an incomplete word", "some lines", "an end without rhymes", "emoji only")
"""Those that the lesser forms are tried with."""

_written: dict[str, dict[str, SonnetDraft]] = {}


def poems(form: str) -> dict[str, SonnetDraft]:
    """A poem for each opening, or for a few of them."""
    if form not in _written:
        names = (
            FEW
            if form in ("petrarchan", "spenserian", "couplets", "quatrain", "couplet")
            else tuple(OPENINGS)
        )
        requests = [QuickRequest(OPENINGS[n], k, form=form) for k, n in enumerate(names)]
        _written[form] = dict(zip(names, finished(requests), strict=True))
    return _written[form]


def own(draft: SonnetDraft) -> list[str]:
    """Of each line what the network wrote of it, folded."""
    typed = draft.opening_length
    rests = []
    for line in draft.lines:
        rests.append(fold(line[min(typed, len(line)) :]))
        typed = max(0, typed - len(line) - 1)
    return rests


def untouched(draft: SonnetDraft) -> list[int]:
    """The lines of which the member has written nothing."""
    return [i for i, rest in enumerate(own(draft)) if rest == fold(draft.lines[i])]


def without_spaces(text: str) -> str:
    return "".join(text.split())


def end(line: str) -> str:
    return (words_of(fold(line)) or [""])[-1]


def ends_of_its_own(draft: SonnetDraft) -> list[int]:
    """The lines whose last word is the network's."""
    return [i for i, rest in enumerate(own(draft)) if re.search("(?<![a-z'])[a-z]", rest)]


def promised_rhymes(draft: SonnetDraft) -> list[tuple[set[str], str]]:
    """Ends of lines that are the network's own, each with those that it is to rhyme with.

    A member's lines may rhyme otherwise than the form; then any of their rhymes will do.
    """
    promised = []
    for i in set(untouched(draft)).intersection(b for _, b in pairs_of(draft.form.scheme)):
        before = {end(draft.lines[k]) for k in draft.form.rhymes_of(i)}
        promised.append((before, end(draft.lines[i])))
    return promised


def rhymes_as_promised(draft: SonnetDraft) -> bool:
    return all(
        any(rhyme_strictly(a, b) for a in before) or not can_be_rhymed(draft, before)
        for before, b in promised_rhymes(draft)
    )


def can_be_rhymed(draft: SonnetDraft, words: set[str]) -> bool:
    """Whether there is a word that rhymes with one of some, and is no end of a line yet."""
    others = set(WORDS) - {end(line) for line in draft.lines}
    return any(rhyme_strictly(a, b) for a in words for b in others)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_its_lines(form: str) -> None:
    for name, draft in poems(form).items():
        assert draft.finished, name
        assert FORMS[form].lines in (len(draft.lines), None), name
        text = without_spaces("".join(draft.lines))
        assert text.startswith(without_spaces(OPENINGS[name])), name  # the opening stays as typed
        if form == "notebook":  # counts characters
            written = len("\n".join(draft.lines)) - draft.opening_length
            assert written in (399, 400), name  # the last one may be a line feed
        else:
            assert all(line.strip() for line in draft.lines), name
            assert re.search("[.!?]$", draft.lines[-1]) or not own(draft)[-1], name
            assert not re.search("[,;:][.!?]$", draft.lines[-1]), name


@pytest.mark.parametrize("form", METRICAL)
def test_lines_rhyme_and_scan(form: str) -> None:
    for name, draft in poems(form).items():
        assert rhymes_as_promised(draft), (name, draft.lines)
        ends = [end(line) for line in draft.lines]
        assert all(ends.count(ends[i]) == 1 for i in ends_of_its_own(draft)), name
        for i in untouched(draft):
            line, metre = fold(draft.lines[i]), draft.form.metre_of(i)
            assert set(words_of(line)) <= set(WORDS) or (i == 0 and draft.form.beginning)
            assert scans(line, metre.templates, READINGS), line
            assert syllable_counts(line, READINGS) & set(map(len, metre.templates)), line
    with_prefix = poems(form)["an incomplete word"]
    assert scans(fold(with_prefix.lines[0]), with_prefix.form.metre_of(0).templates, READINGS)


@settings(max_examples=30)
@given(
    st.text(max_size=OPENING_LIMIT)
    | st.text("abI O'\n\t,-:(é🦕\u200b", max_size=60)
    | st.lists(st.sampled_from([*WORDS[:40], "xqzt", "-", ",", ":", "'", "🦕"])).map(" ".join),
    st.sampled_from(["shakespearean", "limerick"]),
    st.sampled_from([0.1, 0.8, 2.0]),
    st.integers(0, 2**32),
)
def test_any_opening_is_continued(opening: str, form: str, temperature: float, seed: int) -> None:
    """By one line at least, and the same one if it is asked for again."""
    request = QuickRequest(opening[:OPENING_LIMIT], seed, temperature, form)
    drafts = [begin(VERSIFIER, request)] * 2
    written = len(drafts[0].lines)
    while len(drafts[0].lines) == written:
        drafts = extend(VERSIFIER, drafts, anything)
    first, again = drafts
    text = without_spaces("".join(first.lines))
    assert text.startswith(without_spaces(request.opening))
    assert first.lines == again.lines
    assert first.lines[-1].strip()


def test_opening_may_fill_poem() -> None:
    draft = poems("limerick")["a form's last line"]
    assert draft.lines == tuple(OPENINGS["a form's last line"].split("\n"))


# Drafts and seeds. -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_pickled_draft_continues_the_same(form: str) -> None:
    """Between two lines it may go to another process: it holds no network."""
    draft = begin(VERSIFIER, QuickRequest("Shall I", seed=5, form=form))
    while not draft.finished:
        pickled = pickle.dumps(draft, protocol=5)
        held = (draft, *draft.hypotheses)
        arrays = [a for d in held for a in (d.state, d.logits, d.subject.vector, d.without)]

        assert len(pickled) < 3_000 * len(held) + sum(a.nbytes for a in arrays if a is not None)
        copy = pickle.loads(pickled)  # noqa: S301 (its own pickle)
        (draft,), (same,) = (extend(VERSIFIER, [d], anything) for d in (draft, copy))
        assert draft.lines == same.lines
