"""The trainer: `python -m bot.train` in a child process, and the folder of its files."""

import asyncio
import logging
import os
import re
import shutil
import sys
import time
from collections.abc import AsyncGenerator, Callable, Container, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path, PurePath
from typing import BinaryIO, Protocol

from bot.trainer.events import EndReason, from_json
from bot.trainer.queries import TrainingRequest
from models.training.events import Done, Failed, Stopped, TrainingEvent

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "bot.train")
CHECKOUT = Path(__file__).parents[2]
GRACE_S = 4.0
"""Seconds between SIGTERM and SIGKILL."""
OVERTIME = timedelta(minutes=10)
"""Time beyond the limit of a training, for reading the corpus, saving and drawing."""
LONGEST_LINE = 2**20
MOST_FRAMES = 40
"""Lines of a stack trace in the log."""
_FRAME = re.compile(r' +File "(?P<path>[^"]+\.py)", line (?P<line>\d+), in (?P<function>[\w<>.]+)')
_DOTTED = re.compile(r"[A-Za-z_][\w.]*")
_UNSAFE = re.compile(r"[^\w. -]+")

TrainingEvents = AsyncGenerator[TrainingEvent, None]


class RunFolder:
    """Folder `STATE_DIR/training/<id>`: corpus, checkpoint, results. Only the bot can read it."""

    def __init__(self, root: Path, training_id: int) -> None:
        self.path = root.absolute() / str(training_id)

    def weights(self, task: str) -> Path:
        """The file to which the trainer writes the weights."""
        return self.path / f"{task}.safetensors"

    def checkpoint(self, task: str) -> Path:
        """The file in which an interrupted trainer leaves its state."""
        return self.path / f"{task}.checkpoint"

    @property
    def errors(self) -> Path:
        """Standard error of the trainer."""
        return self.path / "errors.txt"

    def corpus(self, request: TrainingRequest) -> Path | None:
        """The corpus file, named like the upload; `None` for the project's corpus."""
        if request.corpus is None:
            return None
        return self.path / "corpus" / file_name(request.title)

    def extra_names(self, request: TrainingRequest) -> Path | None:
        """The file of additional names. Its name appears in reports."""
        return self.path / "the hall of fame" if request.extra_names else None

    def prepare(self, request: TrainingRequest) -> None:
        """Create the folder and write the trainer's input. Raises `OSError`."""
        for folder in (self.path.parent, self.path):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        if (corpus := self.corpus(request)) is not None:
            corpus.parent.mkdir(mode=0o700, exist_ok=True)
            _write(corpus, request.corpus or b"")
        if (extra_names := self.extra_names(request)) is not None:
            _write(extra_names, ("\n".join(request.extra_names) + "\n").encode())

    def arguments(self, request: TrainingRequest, *, resume: bool = False) -> list[str]:
        """The request as options of `python -m bot.train`."""
        corpus, extra_names = self.corpus(request), self.extra_names(request)
        return [
            request.task,
            *("--recipe", request.recipe),
            *("--out", str(self.weights(request.task))),
            *("--seed", str(request.seed)),
            *(("--minutes", str(request.minutes)) if request.minutes else ()),
            *("--progress", "json"),
            *(("--corpus", str(corpus)) if corpus else ()),
            *(("--also", str(extra_names)) if extra_names else ()),
            *(("--resume",) if resume else ()),
        ]

    def remove(self) -> None:
        """Delete the folder with all its files."""
        shutil.rmtree(self.path, ignore_errors=True)


def sweep(root: Path, active: Container[int], min_age_s: float) -> None:
    """Delete the folders of trainings that are not active, unless they have changed recently."""
    latest = time.time() - min_age_s
    for path in root.glob("*"):
        is_active = path.name.isdecimal() and int(path.name) in active
        with suppress(OSError):  # another process deletes it
            if not is_active and path.stat().st_mtime <= latest:
                shutil.rmtree(path)


def file_name(title: str) -> str:
    """A file name that resembles a title, without path separators."""
    return _UNSAFE.sub("_", PurePath(title).name).strip("._ ")[-60:] or "corpus.txt"


def _open_private(path: Path) -> BinaryIO:
    """Open a file for writing that only the bot's user can read. Raises `OSError`."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _write(path: Path, content: bytes) -> None:
    """Write a file. Errors name its folder only: its name can have words of a member."""
    try:
        with _open_private(path) as file:
            file.write(content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path.parent)) from None


class TrainingHandle(Protocol):
    """A training in progress."""

    def events(self) -> TrainingEvents:
        """Train, and yield events. The last one is `Done`, `Stopped` or `Failed`.

        Closing the generator kills the training.
        """

    def stop(self) -> None:
        """Ask the training to write its checkpoint and end."""


Launch = Callable[[TrainingRequest, RunFolder, bool], TrainingHandle]
"""Creates the trainer of a request. The last argument: whether to resume from a checkpoint."""


class TrainerProcess:
    """A child process at low priority that reports JSON lines."""

    def __init__(
        self,
        request: TrainingRequest,
        folder: RunFolder,
        resume: bool,
        *,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """The process starts with `events`. Its results go to `folder`, which must exist."""
        self._command = [*command, *folder.arguments(request, resume=resume)]
        self._folder = folder
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
        with await asyncio.to_thread(_open_private, self._folder.errors) as stderr:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                stdin=asyncio.subprocess.DEVNULL,
                cwd=CHECKOUT,
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
        return Failed(EndReason.TOO_LONG) if self._is_late and isinstance(event, Stopped) else event

    async def _post_mortem(self, code: int) -> TrainingEvent:
        """The final event for a process that reported none."""
        if self._is_stopping:
            return Stopped()
        stack = await asyncio.to_thread(_stack_in, self._folder.errors)
        log.error("The trainer ended with exit code %s: %s", code, stack or "no stack trace")
        return Failed(EndReason.KILLED if code == -9 else EndReason.CRASHED)

    def _stop_late(self) -> None:
        self._is_late = True
        self.stop()

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()


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
