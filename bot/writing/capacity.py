"""How many processes write texts on this machine by default."""

import os
from contextlib import suppress
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
LEAST_MEMORY = 2**30
"""Bytes below which the bot gets by with its own thread."""
FOR_THE_BOT, FOR_A_PROCESS = 512 * 2**20, 128 * 2**20
"""Bytes that are left to the bot and to others, and that each process may take."""
MOST_BY_DEFAULT = 16


def default_processes(cgroup: Path = CGROUP) -> int:
    """The number of processes that the cores and the memory of the machine or the container allow.

    It is 0 if they allow none. `cgroup` is the folder with the limits of the container.
    """
    memory, count = memory_limit(cgroup), cores(cgroup)
    if memory < LEAST_MEMORY or count < 2 or os.name != "posix":
        return 0
    return min(int(count), (memory - FOR_THE_BOT) // FOR_A_PROCESS, MOST_BY_DEFAULT)


def cores(cgroup: Path = CGROUP) -> float:
    """Cores that this process may use, perhaps a part of one."""
    allowed = float(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    for path in _folders(cgroup):
        quota, _, period = _read(path / "cpu.max").partition(" ")
        if quota.isdecimal() and period.isdecimal() and int(period):  # "max": no limit
            allowed = min(allowed, int(quota) / int(period))
    return allowed


def memory_limit(cgroup: Path = CGROUP) -> int:
    """Bytes of memory that the machine has, or that the container may use."""
    sizes = []
    with suppress(AttributeError, OSError, ValueError):  # not on Windows
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for path in _folders(cgroup):
        limit = _read(path / "memory.max")
        if limit.isdecimal():
            sizes.append(int(limit))
    return min(sizes, default=0)


def _folders(cgroup: Path) -> list[Path]:
    """The folder of this process' control group, and those around it."""
    own = next((line for line in _read(_OWN).splitlines() if line.startswith("0::/")), "0::/")
    # Within a container the path may be that of the host: then only the root is there.
    inner = cgroup / own.removeprefix("0::/")
    folders = [inner, *inner.parents]
    return [folder for folder in folders if folder == cgroup or cgroup in folder.parents]


_OWN = Path("/proc/self/cgroup")


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
