"""Lines that a poem must not have: copies, and what a filter refuses."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from data.text import fold, words_of
from models.fingerprints import runs_of
from models.verse import poem
from models.verse.poem import FEW_PARTICLES, MAX_ATTEMPTS, NoLineFound, begin, extend
from tests.models.tiny import anything
from tests.models.verse.test_poem_forms import SUMMER, end, promised_rhymes, rhymes_as_promised
from tests.models.verse.versifier import VERSIFIER, QuickRequest, finished, versifier, word_network


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
    opening = "May I say to thee a"
    for cut in (len(opening), len("May I say to th")):
        line = first_line(opening[:cut])
        runs = [run for run in runs_of(words_of(fold(line))) if run.startswith("may")]
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
