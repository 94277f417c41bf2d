"""A Dask scheduler and workers in processes of their own, on loopback."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bot.writing.cluster import ClusterPool
from tests.ports import free_port
from tests.slow.cluster.forks import kill

CHECKOUT = Path(__file__).parents[3]
PATIENCE_S = 120.0
"""Seconds that anything here may take on a busy machine."""


class Forks:
    """The process that starts others (`forks`). They end with `close`."""

    def __init__(self, folder: Path) -> None:
        """`folder` is for the files of the processes."""
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.slow.cluster.forks"],
            cwd=CHECKOUT,
            env={**os.environ, "DASK_TEMPORARY_DIRECTORY": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, command: str, *arguments: str) -> int:
        """Start `dask scheduler` or `dask worker`. Returns its number."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        log = str(self.folder / f"{command}.log")
        self._process.stdin.write(json.dumps([command, log, *arguments]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """Kill all processes."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)


class Cluster:
    """A scheduler with workers."""

    def __init__(self, forks: Forks, protocol: str = "tcp", *options: str) -> None:
        """`options` are given to the scheduler and to each worker."""
        self.port = free_port()
        self.scheduler = 0
        self.workers: list[int] = []
        """Numbers of the processes."""
        self._forks = forks
        local = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
        self._protocol, self._options = protocol, ("--protocol", protocol, *local, *options)

    @property
    def address(self) -> str:
        """The address of the scheduler, as Dask writes it."""
        return f"{self._protocol}://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        """Start the scheduler, at the same address each time, and wait until it listens."""
        options = ("--host", "127.0.0.1", "--port", str(self.port), *self._options)
        self.scheduler = self._forks.start("scheduler", *options)
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.01)
            else:
                return

    def start_worker(self, *options: str) -> int:
        """Start a worker with one thread."""
        options = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", *self._options, *options)
        worker = self._forks.start("worker", self.address, *options)
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        """Kill its processes."""
        for process in (*self.workers, self.scheduler):
            kill(process)


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is the case."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 (other processes have no events)
            await asyncio.sleep(0.02)


async def until_ready(pool: ClusterPool, workers: int) -> None:
    """Wait until so many workers are ready."""
    await until(lambda: pool.status.workers == workers)
