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
    return sum(sum(_times(each)) for each in family(pid))


def own_cpu_s(pid: int) -> float:
    """Seconds that a process has run, without its descendants."""
    return sum(_times(pid)[:2])


def _times(pid: int) -> list[float]:
    """Seconds of user and system, and both of ended children."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return [0.0]
    return [int(ticks) * _TICK_S for ticks in stat.rpartition(")")[2].split()[11:15]]


def memory_mib(pid: int) -> float:
    """MiB of memory of a process and its descendants; shared pages count once (PSS)."""
    return sum(_pss_kib(each) for each in family(pid)) / 1024


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
