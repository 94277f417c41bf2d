"""`python -m tools.month`: let a month pass, and tell what was wrong."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import URL

from bot.polls import votes
from bot.store import Database, database, url_of
from tests.bot.chats.sqlite_in_loop import run_sqlite_in_loop
from tools.month.month import START, Month

PATIENCE_S = 60.0
"""Patience with the database: other tools measure how fast it is."""


async def run(
    folder: Path, url: URL, days: int, console: Console, *, start: date = START, seed: int = 0
) -> Month:
    """Let the days pass, in an empty database or one with empty tables."""
    tables = Database(url)
    await tables.migrate()
    await tables.close()
    with pytest.MonkeyPatch.context() as patch, Progress(console=console) as progress:
        run_sqlite_in_loop(patch)
        patch.setattr(votes, "OPENING_S", PATIENCE_S)
        patch.setattr(database, "ANSWER_S", PATIENCE_S)
        month = Month(folder, url, start, seed)
        await month.run(days, progress)
        return month


def report(month: Month, seconds: float) -> Table:
    """Table of the events, and of what was wrong."""
    table = Table("what", "number")
    for what, number in sorted(month.counts.items()):
        table.add_row(what, f"{number:,}")
    table.add_row("wrong", f"{len(month.wrong):,}")
    table.add_row("minutes", f"{seconds / 60:.1f}")
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 1 if something was lost, double or wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.month", description=__doc__)
    parser.add_argument("--database", help="an empty PostgreSQL database (default: SQLite)")
    parser.add_argument("--days", type=int, default=30, help="(default: 30)")
    parser.add_argument(
        "--start", type=date.fromisoformat, default=START, help=f"(default: {START})"
    )
    parser.add_argument("--seed", type=int, default=0, help="of everything (default: 0)")
    given = parser.parse_args(arguments)
    console, began = Console(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        url = url_of(given.database, Path(folder))
        work = run(Path(folder), url, given.days, console, start=given.start, seed=given.seed)
        month = asyncio.run(work)
    console.print(report(month, time.monotonic() - began))
    for sentence in month.wrong:
        console.print(f"wrong: {sentence}", highlight=False, markup=False)
    return 1 if month.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
