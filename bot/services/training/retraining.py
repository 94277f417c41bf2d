"""Training from the chat: in a process of its own, one at a time.

`Retraining` keeps the rules and the files, and hands the weights to `bot.services.model_registry`,
which decides whether they go live; `TrainerProcess` runs `python -m bot.train` and turns its lines
of JSON into events.
"""

import asyncio
import logging
import os
import re
import shutil
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import BinaryIO, Protocol

from pydantic import TypeAdapter

from bot.services.concurrency import PeriodicTask
from bot.services.training.events import (
    Done,
    Failed,
    Stopped,
    TrainingEvent,
    from_json,
)
from bot.services.versions import VersionCreated
from bot.store import Unavailable
from bot.store.trainings import DIED
from data.files import write_atomically
from models.tasks import task_of
from models.weights import WeightsError

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "bot.train")
CHECKOUT = Path(__file__).parents[3]
GRACE = 4.0
"""Seconds between asking the trainer to stop and killing it."""
OVERTIME = timedelta(minutes=10)
"""Longer than this beyond its minutes no run can take: reading the corpus, saving, drawing."""
LONGEST_LINE = 2**20
BEAT = 15.0
"""Seconds between two signs of life of a run: some are given before it is thought to be dead."""
PAUSES = (1.0, 4.0, 15.0)
"""Seconds after which it is tried again to keep what took minutes to make."""


class AlreadyTraining(Exception):  # noqa: N818 (it is a state, not a fault)
    """A run is on, and there is one at a time."""


class Resting(Exception):  # noqa: N818
    """The rest after the last run is not over."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"no training begins before {until.isoformat(timespec='seconds')}")
        self.until = until


@dataclass(frozen=True)
class Order:
    """What to train."""

    kind: str
    minutes: int
    seed: int
    corpus: Path | None = None
    """An own corpus; else the project's."""
    recipe: str | None = None
    """By which; else the first of its kind."""
    also: Path | None = None
    """Names that are read as well, one a line, a weightier one more than once."""
    force: bool = False
    """Whether the weights go live however good they are."""
    member_id: int | None = None
    """Whoever asked for it."""


@dataclass(frozen=True)
class MessageRef:
    """The message in which a run is reported, by the platform's own numbers."""

    channel: int
    message: int
    guild: int | None = None


@dataclass(frozen=True)
class _Note:
    """What the next start must know of a run if this process dies."""

    place: MessageRef
    run: int | None = None
    """Its number in the database."""


_NOTE = TypeAdapter(_Note)
_PLACE = TypeAdapter(MessageRef)
"""What version 0.2.0 noted."""

Event = TrainingEvent | VersionCreated
Events = AsyncGenerator[Event, None]


class Trainer(Protocol):
    """A run."""

    def events(self) -> Events:
        """What happens, to the end. Leaving it early ends the run."""

    def stop(self) -> None:
        """Ask the run to end soon."""


class Runs(Protocol):
    """Where runs are noted for all processes; `bot.store.versions.Versions` is one.

    All of it may raise `Unavailable`.
    """

    async def begin_run(
        self,
        what: str,
        *,
        seed: int,
        now: datetime,
        custom_model_id: int | None = None,
        community_id: int | None = None,
        member_id: int | None = None,
        channel_id: int | None = None,
        message_id: int | None = None,
    ) -> int:
        """Note that a run begins; its number."""

    async def beat(self, run_id: int, now: datetime) -> None:
        """Note that it is alive."""

    async def end_run(
        self,
        run_id: int,
        state: str,
        now: datetime,
        *,
        message: str = "",
        version_id: int | None = None,
    ) -> None:
        """Note how it has ended."""

    async def member_of_run(self, run_id: int) -> int | None:
        """Who began it; `None` if nobody, or somebody who was forgotten meanwhile."""

    async def fail_stale_runs(self, now: datetime) -> list[tuple[int | None, int | None]]:
        """Mark runs as failed that give no sign of life; channels and messages of their reports."""


Launch = Callable[[Order, Path], Trainer]


class Keep(Protocol):
    """Makes a version of what was trained; `bot.services.model_registry` does."""

    async def __call__(
        self, task: str, done: Done, *, force: bool = False, member_id: int | None = None
    ) -> VersionCreated:
        """Raises `WeightsError`, `OSError` and `Unavailable`."""


Follow = Callable[[Events], Awaitable[None]]


class Retraining:
    """At most one run in the whole process, with a rest after it."""

    def __init__(
        self,
        state_dir: Path,
        keep: Keep,
        runs: Runs,
        *,
        rest: timedelta,
        now: Callable[[], datetime],
        launch: Launch | None = None,
    ) -> None:
        """`keep` makes a version of what was trained: see `ModelRegistry.add_trained`."""
        self.folder = state_dir / "training"
        self._note = state_dir / "retraining.json"
        self._keep = keep
        self._runs = runs
        self._rest = rest
        self._launch = launch or TrainerProcess
        self._now = now
        self._rested_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None
        self._trainer: Trainer | None = None
        self._claimed = False
        self._stop_reason = ""
        self._told_end = False
        self._number: int | None = None
        """Of the run that is on, in the database."""

    @property
    def running(self) -> bool:
        """Whether a run is on."""
        return self._task is not None and not self._task.done()

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """While a run is prepared, so that no other one is.

        Raises `AlreadyTraining` or `Resting` if none can begin.
        """
        if self.running or self._claimed:
            raise AlreadyTraining
        if self._rested_at is not None and self._now() < self._rested_at:
            raise Resting(self._rested_at)
        self._claimed = True
        try:
            yield
        finally:
            self._claimed = False

    async def with_corpus(self, order: Order, name: str, content: bytes) -> Order:
        """The order with an uploaded corpus, which is kept for the trainer.

        Raises `CorpusError` for one that cannot be used: better now than by the trainer.
        """
        await asyncio.to_thread(task_of(order.kind).parse_corpus, content, name)
        path = self.folder / "corpus" / _file_name(name)
        await asyncio.to_thread(write_atomically, path, content)
        return replace(order, corpus=path)

    async def with_names(self, order: Order, names: Sequence[str]) -> Order:
        """The order with names that are read as well, as often as they stand there."""
        path = self.folder / "the hall of fame"  # which is what the report calls it
        await asyncio.to_thread(write_atomically, path, ("\n".join(names) + "\n").encode())
        return replace(order, also=path)

    def start(self, order: Order, follow: Follow, place: MessageRef) -> None:
        """Begin a run that was claimed, and let `follow` report its events at `place`."""
        self._stop_reason, self._told_end = "", False
        self._trainer = self._launch(order, self.folder)
        self._task = asyncio.create_task(self._run(order, self._trainer, follow, place))

    async def stop(self, reason: str) -> None:
        """End the run that is on, if there is one, and wait until `follow` has said so."""
        if self._task is None or self._trainer is None or self._task.done():
            return
        self._stop_reason = reason
        self._trainer.stop()
        await asyncio.wait([self._task], timeout=2 * GRACE)
        self._task.cancel()

    async def interrupted(self) -> list[MessageRef]:
        """Where runs were reported whose process has died, each told once; for the start.

        On the same disk the run is known at once, on a fresh one as soon as it is silent for long.
        """
        note = await asyncio.to_thread(_take_note, self._note)
        if note is not None and note.run is not None:
            with suppress(Unavailable):  # silence tells the same, later
                await self._runs.end_run(note.run, "failed", self._now(), message=DIED)
        return [*([note.place] if note else []), *await self.fallen_silent()]

    async def fallen_silent(self) -> list[MessageRef]:
        """Where runs of any process were reported that have given no sign of life for too long."""
        try:
            if self.running:  # after a database that was away, it may seem to be dead
                await self._beat()
            dead = await self._runs.fail_stale_runs(self._now())
        except Unavailable:
            return []
        return [MessageRef(channel, message) for channel, message in dead if channel and message]

    async def _run(self, order: Order, trainer: Trainer, follow: Follow, place: MessageRef) -> None:
        self._number = number = await self._begin(order, place)
        beats = PeriodicTask(self._beat, BEAT)
        try:
            await asyncio.to_thread(_write_note, self._note, _Note(place, number))
            async with (
                aclosing(self._events(order, trainer)) as events,
                aclosing(self._noted(number, events)) as noted,
            ):
                await follow(noted)
            await asyncio.to_thread(_take_note, self._note)
        except Exception:
            log.exception("A training could not be followed to its end")
        finally:
            await beats.close()
            if not self._told_end:
                await self._end(number, "failed", "It could not be followed to its end.")
            self._rested_at = self._now() + self._rest
            # Everything worth keeping has been moved out by now.
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def _begin(self, order: Order, place: MessageRef) -> int | None:
        """Note the run in the database; without one it runs all the same."""
        try:
            return await self._runs.begin_run(
                order.kind,
                seed=order.seed,
                now=self._now(),
                community_id=place.guild,
                member_id=order.member_id,
                channel_id=place.channel,
                message_id=place.message,
            )
        except Exception as error:
            if not isinstance(error, Unavailable):
                log.exception("A training could not be noted")
            return None

    async def _beat(self) -> None:
        if self._number is not None:
            with suppress(Unavailable):
                await self._runs.beat(self._number, self._now())

    async def _noted(self, number: int | None, events: Events) -> Events:
        """The same events; the last one is noted in the database before it is told."""
        async for event in events:
            if state := _ENDS.get(type(event)):
                version = event.number if isinstance(event, VersionCreated) else None
                await self._end(number, state, _sentence(event), version)
            yield event

    async def _end(
        self, number: int | None, state: str, message: str, version: int | None = None
    ) -> None:
        self._told_end = True
        if number is not None:
            with suppress(Unavailable):  # silence tells the same, later
                await self._runs.end_run(
                    number, state, self._now(), message=message, version_id=version
                )

    async def _events(self, order: Order, trainer: Trainer) -> Events:
        try:
            async with aclosing(trainer.events()) as events:
                async for event in events:
                    yield await self._acted_on(order, event)
        except Exception:
            log.exception("A training broke off")
            yield Failed("Something broke on my side; the log says more.")

    async def _acted_on(self, order: Order, event: Event) -> Event:
        match event:
            case Done():
                return await self._made(order, event)
            case Stopped():
                return replace(event, reason=self._stop_reason or event.reason)
            case Failed() if self._stop_reason:
                return Stopped(self._stop_reason)
            case _:
                return event

    async def _made(self, order: Order, done: Done) -> Event:
        """Keep the new weights before the folder is emptied in which they lie."""
        for pause in (*PAUSES, None):
            try:
                if self._number is not None:  # who was forgotten meanwhile does not come back
                    member = await self._runs.member_of_run(self._number)
                    order = replace(order, member_id=member)
                return await self._keep(
                    order.kind, done, force=order.force, member_id=order.member_id
                )
            except WeightsError as error:
                return Failed(f"The new weights cannot be used: {error}")
            except OSError as error:
                log.warning("New weights could not be read: %s", error)
                return Failed(f"The new weights could not be read ({error.strerror}).")
            except Unavailable:
                if pause is not None:
                    await asyncio.sleep(pause)
        return Failed("My memory does not answer, so the new weights could not be kept.")


class TrainerProcess:
    """`python -m bot.train` in a process of its own, at low priority."""

    def __init__(
        self, order: Order, folder: Path, *, command: Sequence[str] = COMMAND, cwd: Path = CHECKOUT
    ) -> None:
        """Results go to `folder`, which is made if it is missing."""
        self._order = order
        self._folder = folder.absolute()
        self._cwd = cwd
        self._command = [
            *command,
            order.kind,
            *(("--recipe", order.recipe) if order.recipe else ()),
            *("--out", str(self._folder / f"{order.kind}.safetensors")),
            *("--seed", str(order.seed)),
            *("--minutes", str(order.minutes)),
            *("--progress", "json"),
            *(("--corpus", str(order.corpus.absolute())) if order.corpus else ()),
            *(("--also", str(order.also.absolute())) if order.also else ()),
        ]
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    def stop(self) -> None:
        """Ask the process to end, and kill it if it has not done so soon."""
        self._stopping = True
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            asyncio.get_running_loop().call_later(GRACE, self._kill)

    async def events(self) -> Events:
        """Run the trainer, and yield what it reports; exactly one final event comes last."""
        errors = self._folder / "errors.txt"
        final = False
        with await asyncio.to_thread(_opened, errors) as stderr:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                stdin=asyncio.subprocess.DEVNULL,
                cwd=self._cwd,
                limit=LONGEST_LINE,
                start_new_session=True,  # Ctrl-C reaches the bot, which ends the run in its own way
            )
        _be_nice(self._process.pid)
        longest = timedelta(minutes=self._order.minutes) + OVERTIME
        watchdog = asyncio.get_running_loop().call_later(longest.total_seconds(), self.stop)
        try:
            if self._stopping:
                self.stop()
            assert self._process.stdout is not None  # noqa: S101 (asked for above)
            async for line in self._process.stdout:
                event = from_json(line)
                if event is None:
                    log.debug("The trainer said: %r", line)
                else:
                    final = isinstance(event, Done | Stopped | Failed)
                    yield event
            code = await self._process.wait()
            if not final:
                yield await self._post_mortem(code, errors)
        finally:
            watchdog.cancel()
            self._kill()

    async def _post_mortem(self, code: int, errors: Path) -> Event:
        """What to say of a process that ended without a last word."""
        if self._stopping:
            return Stopped()
        tail = (await asyncio.to_thread(errors.read_text, errors="replace"))[-4000:]
        log.error("The trainer ended with exit code %s: %s", code, tail.strip() or "no message")
        killed = " It was killed; perhaps there was not enough memory." if code == -9 else ""
        return Failed(f"The training process ended early (exit code {code}).{killed}")

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()


_ENDS: Mapping[type, str] = {VersionCreated: "done", Stopped: "stopped", Failed: "failed"}
"""How a run is noted that ends with such an event."""


def _sentence(event: Event) -> str:
    match event:
        case Failed(message=sentence):
            return sentence
        case Stopped():
            return ""  # by whom is in the message alone
        case _:
            return ""


def _write_note(path: Path, note: _Note) -> None:
    """Note a run for the next start to find it if this process dies."""
    try:
        write_atomically(path, _NOTE.dump_json(note))
    except OSError as error:
        log.warning("The training's message could not be noted: %s", error)


def _take_note(path: Path) -> _Note | None:
    """Read the note and take it away; `None` if there is none that can be read."""
    try:
        note = _read_note(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("The note of an interrupted training cannot be read: %s", error)
        note = None
    with suppress(OSError):
        path.unlink()
    return note


def _read_note(content: bytes) -> _Note:
    """Raises `ValueError` for what is no note, of this version or of 0.2.0."""
    try:
        return _NOTE.validate_json(content)
    except ValueError:
        return _Note(_PLACE.validate_json(content))


def _file_name(name: str) -> str:
    """A name like that of an uploaded file which cannot lead out of its folder."""
    return re.sub(r"[^\w.-]+", "_", PurePath(name).name).strip("._")[-60:] or "corpus.txt"


def _opened(path: Path) -> BinaryIO:
    """A new file to write to, in a folder that is made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb")


def _be_nice(pid: int) -> None:
    """Let the bot's own answers go first, where the platform knows priorities."""
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, pid, 10)
