"""How many processes write by default."""

import os
from pathlib import Path

import pytest

from bot.writing import capacity as module
from bot.writing.capacity import cores, default_processes, memory_limit


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The limits of a container on a machine with eight cores and plenty of memory."""
    own = tmp_path / "own"
    own.write_text("0::/\n")
    monkeypatch.setattr(module, "_OWN", own)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**23}.get)
    monkeypatch.setattr(os, "name", "posix")
    folder = tmp_path / "cgroup"
    folder.mkdir()
    return folder


def test_one_for_each_core(cgroup: Path) -> None:
    assert default_processes(cgroup) == 8


@pytest.mark.parametrize(
    ("memory", "processes"),
    [(512 * 2**20, 0), (2**30 - 1, 0), (2**30, 4), (2**31, 8)],
    ids=["512 MiB", "below 1 GiB", "1 GiB", "2 GiB"],
)
def test_memory_of_the_container(cgroup: Path, memory: int, processes: int) -> None:
    (cgroup / "memory.max").write_text(f"{memory}\n")
    assert memory_limit(cgroup) == memory
    assert default_processes(cgroup) == processes


@pytest.mark.parametrize(
    ("limit", "count", "processes"),
    [("150000 100000", 1.5, 0), ("200000 100000", 2, 2), ("max 100000", 8, 8)],
)
def test_cores_of_the_container(cgroup: Path, limit: str, count: float, processes: int) -> None:
    (cgroup / "cpu.max").write_text(f"{limit}\n")
    assert cores(cgroup) == count
    assert default_processes(cgroup) == processes


def test_limits_of_the_groups_around(cgroup: Path) -> None:
    """The smallest limit holds, of the own group or of one around it."""
    module._OWN.write_text("0::/system.slice/bot.service\n")
    own = cgroup / "system.slice" / "bot.service"
    own.mkdir(parents=True)
    (own / "memory.max").write_text("max\n")
    (own.parent / "memory.max").write_text(f"{2**30}\n")
    (own / "cpu.max").write_text("300000 100000\n")
    assert memory_limit(cgroup) == 2**30
    assert cores(cgroup) == 3


def test_first_version_of_the_limits(cgroup: Path) -> None:
    (cgroup / "memory").mkdir()
    (cgroup / "memory" / "memory.limit_in_bytes").write_text(f"{2**31}\n")
    (cgroup / "cpu").mkdir()
    (cgroup / "cpu" / "cpu.cfs_quota_us").write_text("400000\n")
    (cgroup / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert (memory_limit(cgroup), cores(cgroup)) == (2**31, 4)


def test_unlimited_first_version(cgroup: Path) -> None:
    """No limit is -1 there."""
    (cgroup / "cpu").mkdir()
    (cgroup / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")
    (cgroup / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert cores(cgroup) == 8
