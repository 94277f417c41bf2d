"""`python -m benchmarks.year`: let a year pass, and tell what was wrong."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.year.ledger import Ledger
from benchmarks.year.year import START, Year, YearOptions
from bot.store import Database, url_of


async def run(folder: Path, options: YearOptions, address: str | None, console: Console) -> Ledger:
    """Let the days pass, in a database with empty tables."""
    url = url_of(address, folder)
    database = Database(url)
    await database.migrate()
    await database.close()
    year = Year(folder, url, options)
    with Progress(console=console) as progress:
        return await year.run(progress)


def report(ledger: Ledger, seconds: float) -> Table:
    """What has happened, and what was wrong."""
    table = Table("what", "number")
    for what, number in sorted(ledger.counts.items()):
        table.add_row(what, f"{number:,}")
    table.add_row("wrong", f"{len(ledger.wrong):,}")
    table.add_row("minutes", f"{seconds / 60:.1f}")
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 1 if something was lost, double or wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.year", description=__doc__)
    parser.add_argument("--database", help="an empty PostgreSQL database (default: SQLite)")
    parser.add_argument("--days", type=int, default=366, help="(default: 366)")
    parser.add_argument("--start", type=date.fromisoformat, default=START, help=f"(default: {START})")
    parser.add_argument("--seed", type=int, default=0, help="of everything (default: 0)")
    given = parser.parse_args(arguments)
    options, console = YearOptions(given.days, given.start, given.seed), Console()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        ledger = asyncio.run(run(Path(folder), options, given.database, console))
    console.print(report(ledger, time.monotonic() - began))
    for sentence in ledger.wrong:
        console.print(f"wrong: {sentence}", highlight=False, markup=False)
    return 1 if ledger.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
