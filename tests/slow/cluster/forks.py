"""Starts the commands `dask scheduler` and `dask worker` as forks of one process.

Each has to import the same libraries, which takes two seconds; here, that is done once. Reads a
JSON list per line: the command, a log file, and arguments. Prints the number of each process.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from distributed.cli import dask_scheduler, dask_worker

from bot.trainer.cluster import TrainingActor
from bot.words import WordFilter
from bot.writing.cluster import WritingActor

COMMANDS: Mapping[str, Any] = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
NEEDED = (WritingActor, TrainingActor)


def run(command: str, log: str, arguments: list[str]) -> None:
    """Run a command in this process, and end it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(0)
    try:
        COMMANDS[command](arguments, standalone_mode=False)
    except BaseException:
        traceback.print_exc()  # in the log
        raise
    finally:
        os._exit(0)


def main() -> None:
    """Start processes until the input ends, and kill them then."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for their exit codes
    WordFilter().allows("")
    started: list[int] = []
    for line in sys.stdin:
        command, log, *arguments = json.loads(line)
        pid = os.fork()
        if not pid:
            run(command, log, arguments)
        started.append(pid)
        print(pid, flush=True)  # noqa: T201 (the answer)
    for pid in started:
        kill(pid)


def kill(pid: int) -> None:
    """End a process at once, as a crash does."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
