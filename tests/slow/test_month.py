"""The simulated month, in small: a fortnight in which clocks are put forward and back."""

from pathlib import Path

from rich.console import Console

from bot.store import Database
from tools.month.__main__ import run


async def test_fortnight(tmp_path: Path, database: Database) -> None:
    """Nothing is double and nothing lost: one process on SQLite, two on PostgreSQL."""
    month = await run(tmp_path, database.url, 14, Console(quiet=True))
    assert month.wrong == []
    assert month.counts["dailies"] > 40
    assert month.counts["kills"] > 0
    assert month.counts["discoveries"] > 50
    assert month.counts["hatchlings that are there"] > 200
    assert min(month.counts["gifts"], month.counts["swaps"]) > 5
