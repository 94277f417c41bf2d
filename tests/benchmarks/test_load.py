"""What the load test counts, without a bot."""

import pytest

from benchmarks.load import Run, plan, ratio_to_baseline, rows
from benchmarks.rush import Asked


def run_of(*asked: Asked, code: str = "now", seconds: float = 2.0) -> Run:
    return Run(
        platform="Discord",
        code=code,
        asked=asked,
        seconds=seconds,
        bot_cpu_s=1.0,
        client_cpu_s=0.1,
        lags_s=[0.001],
        memory_mib=100.0,
        log_errors=0,
    )


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
