"""`python -m tools.soak`: run a soak, and judge it."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tools.soak.report import show
from tools.soak.soak import Soak, SoakOptions


def main() -> int:
    """Run it; the exit code: 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="length (default: 20)")
    parser.add_argument("--seed", type=int, default=0, help="of the plan and the members")
    parser.add_argument(
        "--only", nargs="+", default=(), metavar="FAULT", help="these faults, in this order"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the state and the log")
    options = parser.parse_args()
    console = Console(width=110 if not sys.stdout.isatty() else None)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        chosen = SoakOptions(
            seconds=options.minutes * 60,
            seed=options.seed,
            only=options.only,
        )
        soak = Soak(folder, chosen, console)
        try:
            outcome = asyncio.run(soak.run())
        except ValueError as error:
            parser.error(str(error))
    return 0 if show(console, outcome) else 1


if __name__ == "__main__":
    sys.exit(main())
