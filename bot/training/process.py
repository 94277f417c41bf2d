"""The trainer: `python -m bot.train` in a child process that reports JSON lines."""

import asyncio
import logging
import os
import re
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from bot.training.events import from_json
from bot.training.results import Reason
from bot.training.run_folder import RunFolder, open_private
from bot.training.training_queries import TrainingRequest
from models.training.events import Done, Failed, Stopped, TrainingEvent

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "bot.train")
CHECKOUT = Path(__file__).parents[3]
GRACE_S = 4.0
"""Seconds between SIGTERM and SIGKILL."""
OVERTIME = timedelta(minutes=10)
"""Time beyond the limit of a training, for reading the corpus, saving and drawing."""
LONGEST_LINE = 2**20
MOST_FRAMES = 40
"""Lines of a stack trace in the log."""
_FRAME = re.compile(r' +File "(?P<path>[^"]+\.py)", line (?P<line>\d+), in (?P<function>[\w<>.]+)')
_DOTTED = re.compile(r"[A-Za-z_][\w.]*")

TrainingEvents = AsyncGenerator[TrainingEvent, None]


class Trainer(Protocol):
    """A training in progress."""

    def events(self) -> TrainingEvents:
        """Train, and yield events. The last one is `Done`, `Stopped` or `Failed`.

        Closing the generator kills the training.
        """

    def stop(self) -> None:
        """Ask the training to write its checkpoint and end."""


Launch = Callable[[TrainingRequest, RunFolder, bool], Trainer]
"""Creates the trainer of a request. The last argument: whether to resume from a checkpoint."""


class TrainerProcess:
    """A child process at low priority."""

    def __init__(
        self,
        request: TrainingRequest,
        folder: RunFolder,
        resume: bool,
        *,
        command: Sequence[str] = COMMAND,
        cwd: Path = CHECKOUT,
    ) -> None:
        """The process starts with `events`. Its results go to `folder`, which must exist."""
        self._command = [*command, *arguments(request, folder, resume=resume)]
        self._folder = folder
        self._cwd = cwd
        self._longest = timedelta(minutes=request.minutes or 0) + OVERTIME
        self._process: asyncio.subprocess.Process | None = None
        self._is_stopping = False
        self._is_late = False

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL after `GRACE_S`."""
        self._is_stopping = True
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            asyncio.get_running_loop().call_later(GRACE_S, self._kill)

    async def events(self) -> TrainingEvents:
        """Run the process, and yield its events."""
        loop = asyncio.get_running_loop()
        is_final = False
        with await asyncio.to_thread(open_private, self._folder.errors) as stderr:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                stdin=asyncio.subprocess.DEVNULL,
                cwd=self._cwd,
                limit=LONGEST_LINE,
                umask=0o077 if os.name == "posix" else -1,
                start_new_session=True,  # Ctrl-C reaches the bot, which stops its trainings itself
            )
        _lower_priority(self._process.pid)
        watchdog = loop.call_later(self._longest.total_seconds(), self._stop_late)
        try:
            if self._is_stopping:
                self.stop()
            assert self._process.stdout is not None  # noqa: S101 (it is a pipe)
            async for line in self._process.stdout:
                event = from_json(line)
                if event is None:
                    log.debug("The trainer printed a line of %d bytes", len(line))
                    continue
                is_final = isinstance(event, Done | Stopped | Failed)
                yield self._checked(event)
            code = await self._process.wait()
            if not is_final:
                yield self._checked(await self._post_mortem(code))
        finally:
            watchdog.cancel()
            self._kill()

    def _checked(self, event: TrainingEvent) -> TrainingEvent:
        return Failed(Reason.TOO_LONG) if self._is_late and isinstance(event, Stopped) else event

    async def _post_mortem(self, code: int) -> TrainingEvent:
        """The final event for a process that reported none."""
        if self._is_stopping:
            return Stopped()
        stack = await asyncio.to_thread(_stack_in, self._folder.errors)
        log.error("The trainer ended with exit code %s: %s", code, stack or "no stack trace")
        return Failed(Reason.KILLED if code == -9 else Reason.CRASHED)

    def _stop_late(self) -> None:
        self._is_late = True
        self.stop()

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()


def arguments(request: TrainingRequest, folder: RunFolder, *, resume: bool = False) -> list[str]:
    """The request as options of `python -m bot.train`."""
    corpus, extra_names = folder.corpus(request), folder.extra_names(request)
    return [
        request.task,
        *("--recipe", request.recipe),
        *("--out", str(folder.weights(request.task))),
        *("--seed", str(request.seed)),
        *(("--minutes", str(request.minutes)) if request.minutes else ()),
        *("--progress", "json"),
        *(("--corpus", str(corpus)) if corpus else ()),
        *(("--also", str(extra_names)) if extra_names else ()),
        *(("--resume",) if resume else ()),
    ]


def _stack_in(path: Path) -> str:
    """The stack traces at the end of a file: their frames and the classes of the errors.

    Messages of errors are left out, and everything else that is printed: they can have a member's
    words, such as the title of a list or an entry.
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_LINE))
        lines = file.read().decode(errors="replace").splitlines()
    found: list[str] = []
    is_in_stack = False
    for line in lines:
        if line == "Traceback (most recent call last):":
            is_in_stack = True
        elif is_in_stack and (frame := _FRAME.fullmatch(line)):
            found.append(f"{frame['path']}:{frame['line']} in {frame['function']}")
        elif is_in_stack and not line.startswith(" "):
            is_in_stack = False  # what follows may be further lines of the message
            name = line.partition(":")[0]
            found.append(name if _DOTTED.fullmatch(name) else "an error")
    return "\n".join(found[-MOST_FRAMES:])


def _lower_priority(pid: int) -> None:
    """Lower the priority of the trainer, on systems that support it."""
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, pid, 10)
