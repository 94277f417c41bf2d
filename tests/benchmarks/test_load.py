"""What the load test counts, without a bot."""

import pytest

from benchmarks.load import Run, plan, ratio_to_baseline, rows
from benchmarks.rush import Asked
from benchmarks.stored import Faults, Stored

NONE = Faults(without_poll=0, without_card=0, unfinished=0)


def run_of(*asked: Asked, code: str = "now", seconds: float = 2.0, faults: Faults = NONE) -> Run:
    return Run(
        platform="Discord",
        code=code,
        asked=asked,
        seconds=seconds,
        bot_cpu_s=1.0,
        writers_cpu_s=2.0,
        client_cpu_s=0.1,
        lags_s=[0.001],
        memory_mib=100.0,
        log_errors=0,
        faults=faults,
    )


def card(poll: int | None, *, names: int = 5, is_answered: bool = True) -> Asked:
    return Asked("names", 10.0, 10.1, 11.0 if is_answered else None, poll=poll, names=names)


def answered(what: str = "names", after: float = 1.0) -> Asked:
    return Asked(what, sent=10.0, acknowledged=10.5, answered=10.0 + after)  # type: ignore[arg-type]


@pytest.mark.parametrize(("poems", "cards"), [(200, 1000), (1, 4), (0, 3), (3, 0)])
def test_plan(poems: int, cards: int) -> None:
    """The poems are spread evenly."""
    whats = plan(poems, cards)
    assert (whats.count("poem"), whats.count("names")) == (poems, cards)
    if poems:
        assert whats.index("poem") < len(whats) // poems


def test_lost_and_late() -> None:
    late = Asked("names", sent=10.0, acknowledged=13.5, answered=14.0)
    silent = Asked("quiet", sent=10.0)
    run = run_of(answered(), answered("poem"), late, Asked("names", 10.0, 10.1), silent)
    assert (run.answered, run.lost, run.late) == (3, 1, 2)
    assert run.per_second == 1.5
    assert dict(rows(run))["lost, late for the 3 s rule"] == "1, 2"


def test_ratio_to_baseline() -> None:
    before = run_of(answered(), code="baseline", seconds=4.0)
    now = run_of(answered(), answered())
    assert ratio_to_baseline(now, [before, now]) == 4.0
    assert ratio_to_baseline(before, [before, now]) is None
    assert ratio_to_baseline(now, [now]) is None


def test_faults_make_a_run_wrong() -> None:
    assert not run_of(answered()).is_wrong
    for faults in (Faults(1, 0, 0), Faults(0, 1, 0), Faults(0, 0, 1)):
        run = run_of(answered(), faults=faults)
        assert run.is_wrong
        shown = dict(rows(run))
        assert shown["answered without poll, polls without card"] == (
            f"{faults.without_poll}, {faults.without_card}"
        )
        assert shown["answers recorded as unfinished"] == str(faults.unfinished)


@pytest.mark.parametrize(
    ("asked", "without_poll", "without_card"),
    [
        ([card(1), card(2), answered("poem")], 0, 0),
        ([card(1), card(None, names=0)], 1, 1),  # shown without buttons to vote
        ([card(1), card(2, names=4)], 1, 0),  # a name is missing in the message
        ([card(1), card(1)], 2, 1),  # two cards with the same poll
        ([card(1), card(3)], 1, 1),  # not in the database
        ([card(1), card(None, names=0, is_answered=False)], 0, 0),  # stored, but not shown
        ([card(1)], 0, 1),
    ],
)
def test_every_answered_card_has_one_poll(
    asked: list[Asked], without_poll: int, without_card: int
) -> None:
    stored = Stored({1: 5, 2: 5}, frozenset({1, 2}), unfinished=0)
    assert stored.faults(asked) == Faults(without_poll, without_card, 0)


def test_poll_knows_its_message() -> None:
    stored = Stored({1: 5, 2: 5}, frozenset({1}), unfinished=2)
    assert stored.faults([card(1), card(2)]) == Faults(1, 0, 2)
