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
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
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


@dataclass(frozen=True)
class Findings:
    """What came of fuzzing one target."""

    target: str
    cases: int
    coverage: int
    """Places in the code that inputs have reached, as libFuzzer counts them."""
    seconds: int
    broken: tuple[Path, ...]
    """Inputs that raised an unexpected error, took too long, or too much memory."""
    code: int = 0
    """The exit code of libFuzzer."""

    @property
    def is_fine(self) -> bool:
        """Whether inputs were tried, and none broke the target."""
        return self.cases > 0 and self.code == 0 and not self.broken


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
    found = []
    with Progress(console=console) as progress:
        names = options.targets or list(TARGETS)
        bar = progress.add_task("fuzzing", total=len(names))
        for name in names:
            progress.update(bar, description=name)
            found.append(run(name, int(60 * options.minutes)))
            progress.advance(bar)
    console.print(_table(found))
    for one in found:
        if not one.is_fine and not one.broken:
            console.print(f"{one.target} was not fuzzed to the end: see {OUT / one.target}/log.txt")
    return int(not all(one.is_fine for one in found))


def run(name: str, seconds: int) -> Findings:
    """Fuzz a target in a process of its own, which libFuzzer ends."""
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
    broken = sorted(path for path in folder.iterdir() if path.name.startswith(_BROKEN))
    return Findings(
        name,
        _last(r"stat::number_of_executed_units:\s*(\d+)", printed),
        _last(r"cov: (\d+)", printed),
        seconds,
        tuple(broken),
        done.returncode,
    )


_BROKEN = ("crash-", "timeout-", "oom-", "slow-unit-", "leak-")


def _last(pattern: str, text: str) -> int:
    numbers = re.findall(pattern, text)
    return int(numbers[-1]) if numbers else 0


def _table(found: Sequence[Findings]) -> Table:
    table = Table("target", "cases", "coverage", "seconds", "findings")
    for one in found:
        broken = "\n".join(map(str, one.broken)) or "none"
        table.add_row(one.target, f"{one.cases:,}", f"{one.coverage:,}", str(one.seconds), broken)
    return table


if __name__ == "__main__":
    sys.exit(main())
