"""CPU time and memory of a process with all that it has started, on Linux."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> Iterator[int]:
    """A process and its descendants that run."""
    yield pid
    tasks = Path(f"/proc/{pid}/task")
    try:
        children = [
            child for task in tasks.iterdir() for child in (task / "children").read_text().split()
        ]
    except OSError:  # it has ended meanwhile
        return
    for child in children:
        yield from family(int(child))


def cpu_s(pid: int) -> float:
    """Seconds that a process and its descendants have run, with those that have ended."""
    return sum(_cpu_s(each) for each in family(pid))


def _cpu_s(pid: int) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) * _TICK_S  # user, system, and both of ended children


def memory_mib(pid: int) -> float:
    """MiB of memory of a process and its descendants; shared pages count once (PSS)."""
    return sum(_pss_kib(each) for each in family(pid)) / 1024


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
