"""The simulated year, in small: a fortnight in which clocks are put forward in Europe and back in
Australia."""

from datetime import date
from pathlib import Path

from rich.console import Console

from bot.store import Database
from tools.year.__main__ import run
from tools.year.year import YearOptions


async def test_fortnight(tmp_path: Path, database: Database) -> None:
    """Nothing is double and nothing lost: one process on SQLite, two on PostgreSQL."""
    options = YearOptions(days=14, start=date(2027, 3, 22))
    ledger = await run(tmp_path, database.url, options, Console(quiet=True))
    assert ledger.wrong == []
    assert ledger.counts["dailies"] > 80
    assert ledger.counts["kills"] > 0
    assert ledger.counts["discoveries"] > 50
