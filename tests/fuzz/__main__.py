"""`python -m tests.fuzz [TARGET ...] [--minutes M]`: fuzz targets with libFuzzer, one by one.

Inputs that reached new code are kept in `out/fuzz/<target>/corpus`, those that broke a target in
`out/fuzz/<target>`. Needs `requirements-fuzz.txt` (`make fuzz` installs it).
"""

import argparse
import importlib.util
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.fuzz.targets import TARGETS

OUT = Path("out/fuzz")
SLOWEST_S = 10
"""Seconds for one input; a slower one is a finding."""
INSTALL = (
    "The package atheris is missing, so nothing can be fuzzed. Run: python -m pip install "
    "--require-hashes -r requirements-fuzz.txt (it is for Linux, and Python 3.11 to 3.13)"
)
MEMORY_MB = 2_000
"""Of the process, most of which is what it imports."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz the targets; the exit code is 1 if an input broke one, or if one was not fuzzed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target (default 1)")
    options = parser.parse_args(arguments)
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}. Targets: {', '.join(TARGETS)}")
    console = Console(soft_wrap=True)
    if importlib.util.find_spec("atheris") is None:
        console.print(INSTALL, highlight=False)
        return 1
    table = Table("target", "cases", "coverage", "seconds", "findings")
    is_fine = True
    for name in options.targets or TARGETS:
        console.print(f"fuzzing {name}", highlight=False)
        *row, is_intact = run(name, int(60 * options.minutes))
        table.add_row(name, *row)
        is_fine &= is_intact
    console.print(table)
    return 0 if is_fine else 1


def run(name: str, seconds: int) -> tuple[str, str, str, str, bool]:
    """Fuzz a target in a process of its own, which libFuzzer ends. Returns the cells of its row:
    inputs, places in the code that they reached, seconds, inputs that broke it; and whether some
    were tried and none did.
    """
    target, folder = TARGETS[name], OUT / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    command = [
        *(sys.executable, "-m", "tests.fuzz.libfuzzer", name),
        *(f"-max_total_time={seconds}", f"-max_len={target.longest}", f"-timeout={SLOWEST_S}"),
        *(f"-rss_limit_mb={MEMORY_MB}", f"-artifact_prefix={folder}/", "-print_final_stats=1"),
        str(corpus),
    ]
    log = folder / "log.txt"
    with log.open("wb") as output:
        done = subprocess.run(
            command, stdout=output, stderr=subprocess.STDOUT, timeout=seconds + 300, check=False
        )
    printed = log.read_text(errors="replace")
    cases = _last(r"stat::number_of_executed_units:\s*(\d+)", printed)
    broken = [str(path) for path in sorted(folder.iterdir()) if path.name.startswith(_BROKEN)]
    is_intact = cases > 0 and done.returncode == 0 and not broken
    if not is_intact and not broken:
        broken = [f"not fuzzed to the end: see {log}"]
    reached = _last(r"cov: (\d+)", printed)
    found = "\n".join(broken) or "none"
    return f"{cases:,}", f"{reached:,}", f"{seconds}", found, is_intact


_BROKEN = ("crash-", "timeout-", "oom-", "slow-unit-", "leak-")


def _last(pattern: str, text: str) -> int:
    numbers = re.findall(pattern, text)
    return int(numbers[-1]) if numbers else 0


if __name__ == "__main__":
    sys.exit(main())
