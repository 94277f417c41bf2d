"""Training from the chat: in a process of its own, one at a time, served as soon as it is done.

`Retraining` keeps the rules and the files, and swaps the weights; `TrainerProcess` runs
`python -m bot.train` and turns its lines of JSON into events.
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
from typing import BinaryIO, Literal, Protocol

from pydantic import TypeAdapter

from bot.inference import retrained_path
from bot.training_events import Done, Failed, Stopped, TrainingEvent, from_json
from data.corpora import parse_corpus
from data.files import write_atomically
from models.weights import Kind, ModelCard, WeightsError

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "bot.train")
CHECKOUT = Path(__file__).parent.parent
GRACE = 4.0
"""Seconds between asking the trainer to stop and killing it."""
OVERTIME = timedelta(minutes=10)
"""Longer than this beyond its minutes no run can take: reading the corpus, saving, drawing."""
LONGEST_LINE = 2**20
CORPUS_KINDS: Mapping[Kind, Literal["names", "verse"]] = {"names": "names", "sonnets": "verse"}


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

    kind: Kind
    minutes: int
    seed: int
    corpus: Path | None = None
    """An own corpus; else the project's."""
    recipe: str | None = None
    """By which; else the first of its kind."""


@dataclass(frozen=True)
class Served:
    """The new weights are in use."""

    card: ModelCard
    done: Done
    curve: bytes
    """The loss curve, a PNG."""


@dataclass(frozen=True)
class Place:
    """The message in which a run is reported, by the platform's own numbers."""

    channel: int
    message: int


_PLACE = TypeAdapter(Place)

Event = TrainingEvent | Served
Events = AsyncGenerator[Event, None]


class Trainer(Protocol):
    """A run."""

    def events(self) -> Events:
        """What happens, to the end. Leaving it early ends the run."""

    def stop(self) -> None:
        """Ask the run to end soon."""


Launch = Callable[[Order, Path], Trainer]
Serve = Callable[[Kind, Path], Awaitable[ModelCard]]
Follow = Callable[[Events], Awaitable[None]]


class Retraining:
    """At most one run in the whole process, with a rest after it."""

    def __init__(
        self,
        state_dir: Path,
        serve: Serve,
        *,
        rest: timedelta,
        now: Callable[[], datetime],
        launch: Launch | None = None,
    ) -> None:
        """`serve` verifies a weight file and serves it from then on, or raises `WeightsError`."""
        self.folder = state_dir / "training"
        self._state_dir = state_dir
        self._note = state_dir / "retraining.json"
        self._serve = serve
        self._rest = rest
        self._launch = launch or TrainerProcess
        self._now = now
        self._rested_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None
        self._trainer: Trainer | None = None
        self._claimed = False
        self._stop_reason = ""

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
        await asyncio.to_thread(parse_corpus, content, name, CORPUS_KINDS[order.kind])
        path = self.folder / "corpus" / _file_name(name)
        await asyncio.to_thread(write_atomically, path, content)
        return replace(order, corpus=path)

    def start(self, order: Order, follow: Follow, place: Place) -> None:
        """Begin a run that was claimed, and let `follow` report its events at `place`."""
        self._stop_reason = ""
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

    async def interrupted_at(self) -> Place | None:
        """Where the run was reported that ended with the process before this one; told once."""
        return await asyncio.to_thread(_take_note, self._note)

    async def _run(self, order: Order, trainer: Trainer, follow: Follow, place: Place) -> None:
        try:
            await asyncio.to_thread(_write_note, self._note, place)
            async with aclosing(self._events(order, trainer)) as events:
                await follow(events)
            await asyncio.to_thread(_take_note, self._note)
        except Exception:
            log.exception("A training could not be followed to its end")
        finally:
            self._rested_at = self._now() + self._rest
            # Everything worth keeping has been moved out by now.
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

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
                return await self._put_to_use(order.kind, event)
            case Stopped():
                return replace(event, reason=self._stop_reason or event.reason)
            case Failed() if self._stop_reason:
                return Stopped(self._stop_reason)
            case _:
                return event

    async def _put_to_use(self, kind: Kind, done: Done) -> Event:
        """Serve the new weights, then keep them where the next start finds them."""
        try:
            card = await self._serve(kind, done.weights)
        except WeightsError as error:
            return Failed(f"The new weights cannot be used: {error}")
        try:
            curve = await asyncio.to_thread(done.plot.read_bytes)
            await asyncio.to_thread(_install, done.weights, retrained_path(self._state_dir, kind))
        except OSError as error:
            log.warning("New weights could not be kept: %s", error)
            return Failed(
                "The new weights are in use, but could not be kept for after a restart "
                f"({error.strerror})."
            )
        return Served(card, done, curve)


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


def _write_note(path: Path, place: Place) -> None:
    """Note where a run is reported, for the next start to find it if this process dies."""
    try:
        write_atomically(path, _PLACE.dump_json(place))
    except OSError as error:
        log.warning("The training's message could not be noted: %s", error)


def _take_note(path: Path) -> Place | None:
    """Read the note and take it away; `None` if there is none that can be read."""
    try:
        place = _PLACE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("The note of an interrupted training cannot be read: %s", error)
        place = None
    with suppress(OSError):
        path.unlink()
    return place


def _file_name(name: str) -> str:
    """A name like that of an uploaded file which cannot lead out of its folder."""
    return re.sub(r"[^\w.-]+", "_", PurePath(name).name).strip("._")[-60:] or "corpus.txt"


def _opened(path: Path) -> BinaryIO:
    """A new file to write to, in a folder that is made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb")


def _install(weights: Path, path: Path) -> None:
    """Move new weights to where they live, and keep the ones before as `.previous`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        shutil.copyfile(path, path.with_suffix(".previous"))
    weights.replace(path)


def _be_nice(pid: int) -> None:
    """Let the bot's own answers go first, where the platform knows priorities."""
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, pid, 10)
