"""Searching for lines: what is ranked first, and when lines are chosen."""

from collections.abc import Sequence

import numpy as np
import pytest

from data.tokens import tokenise
from models.verse import search
from models.verse.forms import DEFAULT_FORM, FORMS
from models.verse.poem import MAX_PARTICLES, SonnetError, SonnetRequest, begin, extend
from models.verse.search import ranked
from models.verse.subject import NO_SUBJECT, Subject
from models.verse.word_lines import MetricalLine, Start
from tests.models.tiny import anything
from tests.models.verse.versifier import VERSIFIER, writer_of

WRITER = writer_of(VERSIFIER)


def candidate(text: str, mean: float = -4.0) -> MetricalLine:
    """A line with so many nats for each prediction."""
    tokens, state = tuple(tokenise(text)), WRITER.network.initial_state(1)
    return MetricalLine(Start(0), tokens, 0.0, mean * (len(tokens) + 2), state)


def firsts(
    *candidates: MetricalLine,
    above: Sequence[str] = (),
    subject: Subject = NO_SUBJECT,
    form: str = DEFAULT_FORM,
) -> set[str]:
    """What comes first, for some seeds."""
    draft = begin(VERSIFIER, SonnetRequest("\n".join([*above, ""]), form=form))
    pool = [(draft, line) for line in candidates]
    orders = [ranked(WRITER, subject, pool, np.random.default_rng(seed)) for seed in range(20)]
    return {order[0][1].written for order in orders}


def test_likelier_lines_come_first() -> None:
    found = firsts(candidate("my love, my day", -4), candidate("my love, my way", -3))
    assert found == {"my love, my way"}


def test_equal_lines_take_turns() -> None:
    assert len(firsts(candidate("my love, my day"), candidate("my love, my way"))) == 2


@pytest.mark.parametrize(
    ("clean", "faulty", "above"),
    [
        ("the love of day", "the my love of day", []),
        ("the rose is there", "the rose is there and and", []),
        ("to see the rose and me,", "to see the rose and the.", []),
        ("I see the night of day.", "and on the night of day.", ["When in the night of day"]),
    ],
)
def test_clean_lines_come_first(clean: str, faulty: str, above: list[str]) -> None:
    found = firsts(candidate(clean), candidate(faulty), above=above)
    assert found == {clean}


def test_lists_of_nouns_come_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the stanza has as many verbs as lines; the one before does not count."""
    monkeypatch.setattr(search, "VERBLESS", 40.0)
    said, listed = candidate("the king was here"), candidate("the king, the thing")
    assert firsts(said, listed) == {"the king was here"}
    assert firsts(said, listed, above=["I go, and he had it;"]) == {
        "the king was here",
        "the king, the thing",
    }
    stanza = ["I was, and you were, he had, we did", *["I was"] * 3]
    assert firsts(said, listed, above=stanza) == {"the king was here"}


def test_subject_and_repetitions() -> None:
    subject = WRITER.topics.subject_of("sorrow")
    assert subject is not None
    near, far = candidate("my sorrow"), candidate("my memory")
    assert firsts(near, far, subject=subject) == {"my sorrow"}
    again = ["Sorrow, my sorrow, sorrow", "my sorrow"]
    assert "my memory" in firsts(near, far, above=again)


def lengths(request: SonnetRequest) -> list[int]:
    """Lines of a draft after each step."""
    draft, found = begin(VERSIFIER, request), []
    while not draft.finished:
        (draft,) = extend(VERSIFIER, [draft], anything)
        assert draft.finished == (len(draft.lines) == draft.form.lines)
        found.append(len(draft.lines))
    assert draft.hypotheses == ()
    return found


def test_lines_are_chosen_stanza_by_stanza() -> None:
    form = FORMS["shakespearean"]
    found = lengths(SonnetRequest(seed=1))
    assert set(found) == {0, *form.choices, form.lines}
    assert len(found) == form.lines  # a line in each step
    assert lengths(SonnetRequest(seed=1, particles=4)) == [*range(1, 15)]


@pytest.mark.parametrize("particles", [0, MAX_PARTICLES + 1])
def test_particles_out_of_range(particles: int) -> None:
    with pytest.raises(SonnetError, match="1 to 24 particles"):
        begin(VERSIFIER, SonnetRequest(particles=particles))
