"""`python -m benchmarks.mutations`: how many small changes to the code the tests notice.

mutmut makes the mutants of `models/` and `bot/store/` (`[tool.mutmut]` in `pyproject.toml`) and
runs for each the tests that reach it. All of them would take a day, so a random sample is run.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

MUTANTS = Path("mutants")
NOTICED, SURVIVED, UNREACHED = "noticed", "survived", "unreached"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sample and print the share of mutants that were noticed, by folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutations", description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="mutants to run (default 300)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default 0)")
    parser.add_argument("--processes", type=int, default=2, help="at once (default 2)")
    options = parser.parse_args(arguments)
    console = Console()
    run(["*.x_probabilities__mutmut_1"], options.processes)  # makes all mutants, and times tests
    names = sorted(results())
    rng = np.random.default_rng(options.seed)
    chosen = [names[i] for i in rng.permutation(len(names))[: options.count]]
    run(chosen, options.processes)
    found = results()
    console.print(table({name: found[name] for name in chosen}, len(names)))
    for name in chosen:
        if outcome(found[name]) == SURVIVED:
            console.print(f"survived: {name}", highlight=False)
    console.print("Show one: python -m mutmut show NAME")
    return 0


def run(patterns: Sequence[str], processes: int) -> None:
    """Let mutmut run the mutants with these names."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(processes), *patterns]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (mutmut)


def results() -> dict[str, int | None]:
    """The exit code of the tests for each mutant; `None` for one that was not run."""
    found: dict[str, int | None] = {}
    for path in MUTANTS.rglob("*.meta"):
        found |= json.loads(path.read_text())["exit_code_by_key"]
    return found


def outcome(code: int | None) -> str:
    """What an exit code of the tests means."""
    match code:
        case 0:
            return SURVIVED
        case None | 33:  # 33: mutmut found no test that reaches it
            return UNREACHED
        case _:
            return NOTICED


def table(codes: Mapping[str, int | None], total: int) -> Table:
    """The outcomes by folder, of a sample from `total` mutants."""
    by_folder: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, code in codes.items():
        folder = ".".join(name.split(".")[:2])
        by_folder[folder][outcome(code)] += 1
        by_folder["all"][outcome(code)] += 1
    columns = ("folder", "mutants", NOTICED, SURVIVED, UNREACHED, "score")
    grid = Table(*columns, title=f"{len(codes):,} of {total:,} mutants")
    for folder, counts in sorted(
        by_folder.items(), key=lambda entry: (entry[0] == "all", entry[0])
    ):
        score = counts[NOTICED] / counts.total()
        grid.add_row(
            folder, f"{counts.total():,}", *(f"{counts[c]:,}" for c in columns[2:5]), f"{score:.0%}"
        )
    return grid


if __name__ == "__main__":
    sys.exit(main())
