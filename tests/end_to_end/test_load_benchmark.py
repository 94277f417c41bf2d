"""The load test with few members: each gets an answer. No time is asserted."""

import pytest

from benchmarks.bot_process import CHECKOUT
from benchmarks.load import measure, plan, table_of


@pytest.mark.parametrize("platform", ["discord", "slack"])
async def test_everybody_is_answered(platform: str) -> None:
    run = await measure(platform, "now", CHECKOUT, plan(1, 4), seconds=0.1)
    assert (run.answered, run.lost) == (5, 0)
    assert run.bot_cpu_s > 0
    assert run.lags_s
    assert run.log_errors == 0
    assert not run.faults
    assert table_of([run]).row_count > 5
