"""What the commands of docs/hosting/cluster.md listen on."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.ports import free_port
from tests.slow.cluster.dask_processes import CHECKOUT
from tests.test_kubernetes import documented
from tests.waiting import eventually


@contextmanager
def running(arguments: list[str], folder: Path) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", *arguments]
    with subprocess.Popen(
        command, cwd=CHECKOUT, env={"DASK_TEMPORARY_DIRECTORY": str(folder)}
    ) as process:
        started = psutil.Process(process.pid)
        try:
            yield started
        finally:
            for each in [*started.children(recursive=True), started]:
                with suppress(psutil.Error):
                    each.kill()


def listening(process: psutil.Process) -> set[tuple[str, int]]:
    """Addresses and ports of a process and those that it has started."""
    found = set()
    for each in [process, *process.children(recursive=True)]:
        with suppress(psutil.Error):
            for socket in each.net_connections("tcp"):
                if socket.status == psutil.CONN_LISTEN:
                    found.add((socket.laddr.ip, socket.laddr.port))
    return found


async def test_nothing_listens_elsewhere(tmp_path: Path) -> None:
    """The scheduler and its HTTP server; a worker with its nanny, and its HTTP server."""
    port = free_port()
    here = {"10.0.0.5": "127.0.0.1", "10.0.0.6": "127.0.0.1", "8786": str(port), "auto": "1"}
    there = re.compile("|".join(map(re.escape, here)))
    scheduler, worker = (
        [there.sub(lambda found: here[found[0]], word) for word in words] for words in documented()
    )
    with running(scheduler, tmp_path) as first:
        await eventually(lambda: len(listening(first)) == 2)
        with running(worker, tmp_path) as second:
            await eventually(lambda: len(listening(second)) == 3)
            assert {ip for ip, _ in listening(first) | listening(second)} == {"127.0.0.1"}
            assert ("127.0.0.1", port) in listening(first)
            assert sum(9000 <= number < 9200 for _, number in listening(second)) == 2
