"""Sonnets without metre: lines, openings, seeds, copies."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.networks.network import State, cross_entropy
from models.networks.vocabulary import END, Vocabulary
from models.verse.forms import FORMS
from models.verse.free_lines import MAX_LINE, MIN_LINE
from models.verse.poem import (
    FREE,
    MAX_ATTEMPTS,
    OPENING_LIMIT,
    SonnetDraft,
    SonnetError,
    SonnetRequest,
    begin,
    extend,
)
from models.weights import Trained
from tests.bot.hostile import HOSTILE_OPENINGS
from tests.models.tiny import VERSE, poet

POET = poet()
"""It knows characters only, so that it writes freely, whatever the form."""
LINES = 14
CANDIDATES = FREE
SHALL_I = SonnetRequest("Shall I", seed=7)


def anything(_line: str) -> bool:
    return True


def written(
    request: SonnetRequest,
    trained: Trained = POET,
    accept: Callable[[str], bool] = anything,
) -> SonnetDraft:
    """A whole poem."""
    draft = begin(trained, request)
    while not draft.finished:
        (draft,) = extend(trained, [draft], accept)
    return draft


class Reciter:
    """A network that recites its lines one after another, for ever, whatever it reads."""

    def __init__(self, lines: Sequence[str], vocabulary: Vocabulary = VERSE) -> None:
        self.vocabulary = vocabulary
        self.text = "".join(line + "\n" for line in lines)

    def initial_state(self, batch: int) -> State:
        return np.zeros((batch, 1), np.float32)

    def step(self, _x: NDArray[np.int64], state: State) -> tuple[NDArray[np.float32], State]:
        """The state is the place in the text."""
        logits = np.full((len(state), len(self.vocabulary)), -30, np.float32)
        for row, place in enumerate(state[:, 0]):
            logits[row, self.vocabulary.encode(self.text[int(place) % len(self.text)])] = 0
        return logits, state + 1

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        return {}


VERSES = [f"and line {name} of this long poem goes on," for name in "abcdefghijklmnop"]


@pytest.mark.parametrize("opening", HOSTILE_OPENINGS.values(), ids=HOSTILE_OPENINGS.keys())
def test_hostile_openings_get_fourteen_lines(opening: str) -> None:
    draft = written(SonnetRequest(opening, seed=1))
    assert len(draft.lines) == LINES
    assert all(line.strip() for line in draft.lines)
    assert not any("\n" in line for line in draft.lines)


def test_draft_grows_line_by_line() -> None:
    draft = begin(POET, SHALL_I)
    for number in range(1, LINES + 1):
        assert not draft.finished
        before = draft.lines
        (draft,) = extend(POET, [draft], anything)
        assert draft.lines[:-1] == before
        assert len(draft.lines) == number
    assert draft.finished
    assert extend(POET, [draft], anything) == [draft]


typed = st.text(max_size=OPENING_LIMIT) | st.text(
    "abI O'\n\t,-é🦕\u200b\u2028*_`>#@<:|~", max_size=OPENING_LIMIT
)


@pytest.mark.parametrize("opening", ["Shall I", "SHALL i ", "  shall,I—", "🦕 Rrr", "Ô"])
def test_short_opening_is_kept_exactly(opening: str) -> None:
    draft = written(SonnetRequest(opening, seed=3))
    assert draft.lines[0].startswith(opening)
    assert draft.opening_length == len(opening)


def test_long_opening_wraps() -> None:
    opening = "Shall I compare thee to a summer's day, or is it rather autumn now?"
    draft = begin(POET, SonnetRequest(opening, seed=0))
    assert draft.lines == ("Shall I compare thee to a summer's day,",)
    assert draft.prefix == "or is it rather autumn now?"
    assert draft.opening_length == len(opening)  # a line break stands where a space was


def test_opening_of_fourteen_lines() -> None:
    letters = "abcdefghijklmnopqrst"
    draft = written(SonnetRequest("\n".join(letters), seed=0))
    assert len(draft.lines) == LINES
    assert " ".join(draft.lines).startswith(" ".join(letters))
    assert len(draft.lines[-1]) > MIN_LINE


def test_member_may_copy_and_repeat() -> None:
    line = "Forty winters shall besiege thy brow"
    trained = poet(known=[line.lower()])
    draft = written(SonnetRequest(f"{line}\n{line}\n", seed=0), trained)
    assert draft.lines[:2] == (line, line)


def test_opening_limit() -> None:
    assert begin(POET, SonnetRequest("a" * OPENING_LIMIT, seed=0)).prefix
    with pytest.raises(SonnetError, match=r"at most 300 characters, .* has 301; .* example"):
        begin(POET, SonnetRequest("a" * (OPENING_LIMIT + 1), seed=0))


def test_unknown_form() -> None:
    with pytest.raises(SonnetError, match=f"Unknown form 'haiku'; try one of {', '.join(FORMS)}"):
        begin(POET, SonnetRequest("", seed=0, form="haiku"))


def test_poem_without_opening() -> None:
    lines = VERSES[:LINES]
    draft = written(SonnetRequest("", seed=0), poet(Reciter(lines)))
    assert draft.opening_length == 0
    assert draft.lines[0] == lines[0].capitalize()


def test_poem_depends_on_seed() -> None:
    poems = [written(SonnetRequest("Shall I", seed)).lines for seed in (7, 7, 8, 9)]
    assert poems[0] == poems[1]
    assert len(set(poems)) == 3


def test_lines_use_new_generators() -> None:
    assert len(set(written(SHALL_I).lines)) == LINES


def test_temperature_changes_poem() -> None:
    assert written(SHALL_I).lines != written(SonnetRequest("Shall I", 7, 1.5)).lines


def test_draft_of_other_weights_raises() -> None:
    draft = begin(poet(digest="others"), SHALL_I)
    with pytest.raises(ValueError, match="weights"):
        extend(POET, [begin(POET, SHALL_I), draft], anything)


def test_network_that_only_copies_raises() -> None:
    trained = poet(Reciter(VERSES), known=VERSES)
    with pytest.raises(SonnetError, match=r"try again, or try another opening\.$"):
        written(SonnetRequest("", seed=0), trained)


def test_lines_are_not_repeated() -> None:
    with pytest.raises(SonnetError):
        written(SonnetRequest("", seed=0), poet(Reciter(VERSES[:3])))


def test_filter_decides_lines() -> None:
    unhindered = written(SHALL_I)
    refused = {unhindered.lines[0], unhindered.lines[4]}
    asked: list[str] = []

    def accept(line: str) -> bool:
        asked.append(line)
        return line not in refused

    draft = written(SHALL_I, accept=accept)
    assert refused.isdisjoint(draft.lines)
    assert set(draft.lines) <= set(asked)


def test_rejected_lines_are_retried() -> None:
    answers = itertools.chain([False] * (MAX_ATTEMPTS * CANDIDATES - 1), [True])
    (draft,) = extend(POET, [begin(POET, SHALL_I)], lambda _: next(answers))
    assert draft.lines[0].startswith("Shall I")


def test_no_line_found() -> None:
    offered: list[str] = []

    def refuse(line: str) -> bool:
        offered.append(line)
        return False

    with pytest.raises(SonnetError, match="new and that the word filter accepts"):
        written(SHALL_I, accept=refuse)
    assert len(set(offered)) == len(offered) == MAX_ATTEMPTS * CANDIDATES


@pytest.mark.parametrize(
    ("last", "shown"),
    [
        ("and so this poem has come to its end,", "And so this poem has come to its end."),
        ("and so this poem has come to its end", "And so this poem has come to its end."),
        ("and so this poem has come to its end -", "And so this poem has come to its end."),
        ("and so this poem has come to its end:", "And so this poem has come to its end."),
        ("has this poem not come to its end?", "Has this poem not come to its end?"),
        ("and so this poem has come to its end!", "And so this poem has come to its end!"),
        ("and so this poem has come to its end.", "And so this poem has come to its end."),
    ],
)
def test_last_line_ends_sentence(last: str, shown: str) -> None:
    network = Reciter([*VERSES[: LINES - 1], last])
    draft = written(SonnetRequest("", seed=0), poet(network))
    assert draft.lines[-1] == shown
    assert draft.lines[-2].endswith(",")


@pytest.mark.parametrize(
    ("encoded", "shown"),
    [
        ("for i, if i am he, say that i'm not him", "For I, if I am he, say that I'm not him"),
        ("and o, my love, is it o cruel, too", "And O, my love, is it O cruel, too"),
        ("ten o'clock is what thou sayest, o'er", "Ten o'clock is what thou sayest, o'er"),
        ("into ioio in oil i- i: o", "Into ioio in oil I- I: O"),
        ("of helen's cheek and cupid, cupids too", "Of Helen's cheek and Cupid, cupids too"),
        ("be it so. why? because! and then.so", "Be it so. Why? Because! and then.so"),
    ],
)
def test_capitals_are_restored(encoded: str, shown: str) -> None:
    trained = poet(Reciter([encoded, *VERSES]), proper=["helen", "cupid"])
    assert written(SonnetRequest("", seed=0), trained).lines[0] == shown


@pytest.mark.parametrize(
    ("opening", "first"), [("", "wie Süß i bin, o Größe,"), ("Maß", "Maß Süß i bin, o Größe,")]
)
def test_other_alphabets_are_shown_as_written(opening: str, first: str) -> None:
    """Without capitals and full stops of its own."""
    lines = [f"wie Süß i bin, o Größe{'!' * k}," for k in range(LINES + 1)]
    network = Reciter(lines, Vocabulary.of(["Maß", *lines]))
    draft = written(SonnetRequest(opening, seed=0), poet(network))
    assert draft.lines[0] == first
    assert draft.lines[-1].endswith(",")


def test_space_after_emoji() -> None:
    network = Reciter(VERSES)
    draft = written(SonnetRequest("🦕", seed=0), poet(network))
    assert draft.lines[0] == f"🦕 {VERSES[0]}"


def test_line_length_is_limited() -> None:
    early = poet(Reciter(["a", *VERSES]))
    for_ever = poet(Reciter(["word " * 100]))
    endless = poet(Reciter(["x" * 1_000]))
    for trained in (early, for_ever, endless):
        (draft,) = extend(trained, [begin(trained, SonnetRequest("", seed=0))], anything)
        assert MIN_LINE <= len(draft.lines[0]) <= 2 * MAX_LINE + 1
    (draft,) = extend(for_ever, [begin(for_ever, SonnetRequest("", seed=0))], anything)
    assert draft.lines[0].lower() == " ".join(["word"] * 12)


def test_most_likely_candidate_comes_first() -> None:
    offered: list[str] = []

    def accept(line: str) -> bool:
        offered.append(line)
        return len(offered) == CANDIDATES

    extend(POET, [begin(POET, SonnetRequest("", seed=0))], accept)
    encoded = [line.lower() + END for line in offered]
    means = [cross_entropy(POET.network, [line]) for line in encoded]
    assert len(set(means)) == CANDIDATES
    assert means == sorted(means)
