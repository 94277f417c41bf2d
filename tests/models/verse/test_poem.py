"""Sonnets without metre: lines, openings, seeds, copies."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from data.text import fold, words_of
from models.fingerprints import runs_of
from models.networks.network import State, cross_entropy
from models.networks.vocabulary import END, Vocabulary
from models.verse import poem
from models.verse.free_lines import MAX_LINE, MIN_LINE
from models.verse.poem import (
    FEW_PARTICLES,
    FREE,
    MAX_ATTEMPTS,
    NoLineFound,
    SonnetDraft,
    SonnetError,
    SonnetRequest,
    begin,
    extend,
)
from models.weights import Trained
from tests.models.tiny import VERSE, anything, poet
from tests.models.verse.test_poem_forms import SUMMER, end, promised_rhymes, rhymes_as_promised
from tests.models.verse.versifier import VERSIFIER, QuickRequest, finished, versifier, word_network

POET = poet()
"""It knows characters only, so that it writes freely, whatever the form."""
LINES = 14
CANDIDATES = FREE
SHALL_I = SonnetRequest("Shall I", seed=7)


def written(
    request: SonnetRequest, trained: Trained = POET, accept: Callable[[str], bool] = anything
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


@pytest.mark.parametrize("opening", ["Shall I", "SHALL i ", "  shall,I—", "🦕 Rrr", "Ô"])
def test_short_opening_is_kept_exactly(opening: str) -> None:
    draft = written(SonnetRequest(opening, seed=3))
    assert draft.lines[0].startswith(opening)
    assert draft.opening_length == len(opening)


def test_long_openings() -> None:
    opening = "Shall I compare thee to a summer's day, or is it rather autumn now?"
    draft = begin(POET, SonnetRequest(opening, seed=0))
    assert draft.lines == ("Shall I compare thee to a summer's day,",)
    assert draft.prefix == "or is it rather autumn now?"
    assert draft.opening_length == len(opening)  # a line break stands where a space was
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


def test_poem_depends_on_seed_and_temperature() -> None:
    requests = [SHALL_I, SHALL_I, replace(SHALL_I, seed=8), replace(SHALL_I, temperature=1.5)]
    first, again, *others = (written(request).lines for request in requests)
    assert first == again
    assert len({first, *others}) == 3
    assert len(set(first)) == LINES


def test_draft_of_other_weights_raises() -> None:
    draft = begin(poet(digest="others"), SHALL_I)
    with pytest.raises(ValueError, match="weights"):
        extend(POET, [begin(POET, SHALL_I), draft], anything)


def test_network_that_only_copies_or_repeats_raises() -> None:
    for trained in (poet(Reciter(VERSES), known=VERSES), poet(Reciter(VERSES[:3]))):
        with pytest.raises(SonnetError, match=r"try again, or try another opening\.$"):
            written(SonnetRequest("", seed=0), trained)


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
    offered: list[str] = []

    def refuse(line: str) -> bool:
        offered.append(line)
        return False

    with pytest.raises(SonnetError, match="new and that the word filter accepts"):
        written(SHALL_I, accept=refuse)
    assert len(set(offered)) == len(offered) == MAX_ATTEMPTS * CANDIDATES


@pytest.mark.parametrize(
    ("mark", "shown"),
    [(mark, ".") for mark in (",", "", " -", ":", ".")] + [("?", "?"), ("!", "!")],
)
def test_last_line_ends_sentence(mark: str, shown: str) -> None:
    network = Reciter([*VERSES[: LINES - 1], f"and so this poem has come to its end{mark}"])
    draft = written(SonnetRequest("", seed=0), poet(network))
    assert draft.opening_length == 0
    assert draft.lines[0] == VERSES[0].capitalize()
    assert draft.lines[-1] == f"And so this poem has come to its end{shown}"
    assert draft.lines[-2].endswith(",")


@pytest.mark.parametrize(
    ("encoded", "shown"),
    [
        ("for i, if i am he, say that i'm not him", "For I, if I am he, say that I'm not him"),
        ("and o, my love, is it o cruel, too", "And O, my love, is it O cruel, too"),
        ("ten o'clock is what thou sayest, o'er", "Ten o'clock is what thou sayest, o'er"),
        ("into ioio in oil i- i: o", "Into ioio in oil I- I: O"),
        ("of helen's cheek and cupid, cupids too", "Of Helen's cheek and Cupid, cupids too"),
        ("i don't, and don quixote does", "I don't, and Don quixote does"),
        ("be it so. why? because! and then.so", "Be it so. Why? Because! and then.so"),
    ],
)
def test_capitals_are_restored(encoded: str, shown: str) -> None:
    trained = poet(Reciter([encoded, *VERSES]), proper=["helen", "cupid", "don"])
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


@pytest.mark.parametrize(
    ("lines", "length"),
    [(["a", *VERSES], None), (["word " * 100], 59), (["x" * 1_000], 2 * MAX_LINE + 1)],
    ids=["early", "for ever", "endless"],
)
def test_line_length_is_limited(lines: list[str], length: int | None) -> None:
    trained = poet(Reciter(lines))
    (draft,) = extend(trained, [begin(trained, SonnetRequest("", seed=0))], anything)
    assert MIN_LINE <= len(draft.lines[0]) <= 2 * MAX_LINE + 1
    assert len(draft.lines[0]) == length or length is None


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


# Lines that a poem must not have: copies, and what a filter refuses


def first_line(opening: str = "", **known: Iterable[str]) -> str:
    trained = versifier(**known)  # type: ignore[arg-type]
    (draft,) = extend(trained, [begin(trained, QuickRequest(opening, seed=5))], anything)
    return draft.lines[0]


def test_corpus_lines_and_runs_are_not_written() -> None:
    line = first_line()
    assert first_line(known=[fold(line)]) != line
    runs = runs_of(words_of(fold(line)))
    assert runs
    again = first_line(runs=runs[:1])
    assert again != line
    assert runs[0] not in runs_of(words_of(fold(again)))


def test_run_from_prefix_is_not_continued() -> None:
    opening = "Thy day to thee a"
    for cut in (len(opening), len("Thy day to th")):
        line = first_line(opening[:cut])
        runs = [run for run in runs_of(words_of(fold(line))) if run.startswith("thy")]
        assert runs
        assert runs[0] not in runs_of(words_of(fold(first_line(opening[:cut], runs=runs))))


def test_run_across_lines_is_not_written() -> None:
    request = QuickRequest("I\nmy\nthy\nto\nso\nor\n", seed=3, form="couplets")

    def seventh(runs: Iterable[str] = ()) -> list[str]:
        trained = versifier(runs=runs)
        (draft,) = extend(trained, [begin(trained, request)], anything)
        return words_of(fold(draft.lines[6]))

    first = seventh()[0]
    assert seventh([f"i my thy to so or {first}"])[0] != first


def test_opening_may_be_known() -> None:
    opening = f"{SUMMER}\nRough winds do shake the darling buds of May\n"
    runs = runs_of(words_of(fold(opening)))
    known = [f"{SUMMER.lower()}{mark}" for mark in ("", *",.:;!?")]
    for typed in (opening, SUMMER):
        assert first_line(typed, known=known, runs=runs).startswith(SUMMER)


@pytest.mark.parametrize("opening", ["", SUMMER, "Shall I comp"])
def test_filter_rejects_everything(opening: str) -> None:
    asked: list[str] = []

    def refuse(line: str) -> bool:
        asked.append(line)
        return False

    draft = begin(VERSIFIER, QuickRequest(opening, seed=3))
    with pytest.raises(NoLineFound, match="try another opening"):
        extend(VERSIFIER, [draft], refuse)
    assert FEW_PARTICLES < len(asked) <= MAX_ATTEMPTS * FEW_PARTICLES


@pytest.mark.parametrize("form", ["couplets", "free"])
def test_later_attempts_are_wilder(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """A tame network may have nothing to say but what it has read."""
    draft, tame = begin(VERSIFIER, QuickRequest("", 3, 0.1, form)), set[str]()

    def remember(line: str) -> bool:
        tame.add(line)
        return False

    with monkeypatch.context() as patched:
        patched.setattr(poem, "WARMING", 0.0)
        for accept in (remember, lambda line: line not in tame):
            with pytest.raises(NoLineFound):
                extend(VERSIFIER, [draft], accept)
    (wilder,) = extend(VERSIFIER, [draft], lambda line: line not in tame)
    assert wilder.lines[0] not in tame


def test_filtered_words_are_replaced() -> None:
    (unhindered,) = finished([QuickRequest("", 1)])
    unwanted = {end(unhindered.lines[2])}
    refused: set[str] = set()

    def accept(line: str) -> bool:
        if unwanted.isdisjoint(words_of(fold(line))):
            return True
        refused.add(line)
        return False

    (draft,) = finished([QuickRequest("", 1)], accept=accept)
    assert draft.finished
    assert refused
    assert unwanted.isdisjoint(words_of(fold(" ".join(draft.lines))))


def test_last_words_vary() -> None:
    drafts = finished([QuickRequest("", seed) for seed in range(4)])
    ends = [end(line) for draft in drafts for line in draft.lines]
    assert len(set(ends)) > len(ends) / 2


@pytest.mark.parametrize("temperature", [0.1, 2.0])
def test_network_that_is_sure_of_one_word(temperature: float) -> None:
    """It wants *the* and nothing else, and no line can be made of that."""
    network = word_network()
    by = network.words.by.copy()
    by[network.words.vocabulary.index["the"]] = 300
    trained = versifier(replace(network, words=replace(network.words, by=by)))
    (draft,) = finished([QuickRequest("Love, memor", 0, temperature, "limerick")], trained)
    assert len(promised_rhymes(draft)) == 3
    assert rhymes_as_promised(draft)
    assert draft.lines[0].startswith("Love, memory")
