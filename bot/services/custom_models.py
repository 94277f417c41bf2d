"""Namers: lists of the servers' own, learned from in another process, served from the database.

`CustomModels` keeps the rules and the files. One list trains at a time, a few more may wait.
What was learned lives in the database alone, so any process can serve any namer, also after a
restart on an empty disk; the last few that were used are kept ready.
"""

import asyncio
import csv
import hashlib
import io
import logging
import re
import shutil
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from bot.services.concurrency import PeriodicTask
from bot.services.inference import Load, ValidationSample
from bot.services.training.events import Done, Failed, Stopped
from bot.services.training.retraining import (
    GRACE,
    PAUSES,
    Launch,
    MessageRef,
    Order,
    Trainer,
    TrainerProcess,
)
from bot.services.training.retraining import Event as TrainerEvent
from bot.store import Store, StoreError, Unavailable
from bot.store.custom_models import Corpus, CustomModelRecord
from data.files import write_atomically
from data.lists import NameList, parse_list
from models.names.shape import LIST_RECIPE
from models.tasks import task_of
from models.weights import ModelCard, Trained, WeightsError

log = logging.getLogger(__name__)

MOST_WAITING = 5
"""Lists that may wait while one is learned from."""
MOST_OF_A_GUILD = 3
"""Of those places, so that no guild takes them all."""
MOST_MINUTES = 5
"""After which a training ends with the best network by then."""
LARGEST_WEIGHTS = 4 * 2**20
"""Bytes of a weight file."""
READY = 6
"""Namers that are kept ready to serve."""
BEAT_S = 15.0
"""Seconds between two signs of life of a training."""
TASK = "names"
"""What custom models write."""
RUN = "namer"
"""What a training of a list is called among the runs in the database."""

_UNSAFE = re.compile(r"[^\w.-]+")


class QueueFull(Exception):  # noqa: N818 (it is a state, not a fault)
    """As many lists wait as may."""


class InTraining(Exception):  # noqa: N818
    """The list is being learned from, or waits for it."""


class Untrained(Exception):  # noqa: N818
    """The namer has no weights yet, or no more."""


@dataclass(frozen=True)
class Waiting:
    """The list waits for its turn."""

    ahead: int
    """How many are learned from before it."""


@dataclass(frozen=True)
class Ready:
    """The namer has learned its list and can be used."""

    card: ModelCard
    samples: tuple[str, ...]
    """Names that it wrote, as they are shown."""
    seconds: float


Event = TrainerEvent | Waiting | Ready
Events = AsyncGenerator[Event, None]
Follow = Callable[[Events], Awaitable[None]]


@dataclass(frozen=True)
class Lesson:
    """What is to be learned."""

    namer: CustomModelRecord
    corpus: Corpus
    seed: int
    member_id: int
    is_new: bool = False
    """Whether the list takes the place of the one that the namer has."""


class Networks(Protocol):
    """What is needed of the networks; `bot.services.inference.Inference` has it."""

    async def prepare(self, task: str, load: Load) -> Trained:
        """Load weights that were validated before. Raises `WeightsError`."""

    async def validate(self, task: str, load: Load, *, full: bool = True) -> ValidationSample:
        """Load weights and let them write. Raises `WeightsError`."""


@dataclass(eq=False)
class _Job:
    """A lesson that waits or is being learned."""

    lesson: Lesson
    follow: Follow
    place: MessageRef
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when its place in the queue has changed, or when it shall stop."""
    trainer: Trainer | None = None
    stop_reason: str | None = None
    """Why it shall end; `None` if it shall not."""
    task: asyncio.Task[None] | None = None

    def stop(self, reason: str) -> None:
        self.stop_reason = reason
        self.moved.set()
        if self.trainer is not None:
            self.trainer.stop()


class CustomModels:
    """Learns from lists, one at a time, and has the namers of all servers ready."""

    def __init__(
        self,
        state_dir: Path,
        store: Store,
        networks: Networks,
        *,
        now: Callable[[], datetime],
        launch: Launch | None = None,
    ) -> None:
        """Trainings use a folder in `state_dir`; nothing stays there."""
        self.folder = state_dir / "namers"
        self._store = store
        self._networks = networks
        self._now = now
        self._launch = launch or TrainerProcess
        self._jobs: list[_Job] = []
        self._claims: list[tuple[int | None, int | None]] = []  # of a namer, of a guild
        self._runs: set[int] = set()
        """Numbers of the trainings that this process has begun and not ended."""
        self._ready: OrderedDict[str, Trained] = OrderedDict()  # by digest, the oldest use first
        self._loading, self._hearing = asyncio.Lock(), asyncio.Lock()

    @property
    def queued(self) -> int:
        """How many lists are being learned from or wait for it."""
        return len(self._jobs)

    def ahead_of(self, custom_model_id: int) -> int | None:
        """How many lists are learned from before this one; `None` if it does not wait either."""
        waiting = (n for n, job in enumerate(self._jobs) if job.lesson.namer.id == custom_model_id)
        return next(waiting, None)

    @contextmanager
    def claimed(
        self, custom_model_id: int | None = None, *, community_id: int | None = None
    ) -> Iterator[None]:
        """A place in the queue while a training is prepared, of a namer if there is one already.

        A guild has `MOST_OF_A_GUILD`. Raises `QueueFull`, and `InTraining` if the namer is
        learning or about to.
        """
        if custom_model_id is not None and (
            any(custom_model_id == claimed for claimed, _ in self._claims)
            or self.ahead_of(custom_model_id) is not None
        ):
            raise InTraining
        guilds = [job.lesson.namer.community_id for job in self._jobs]
        guilds += [guild for _, guild in self._claims if guild is not None]
        if len(self._jobs) + len(self._claims) > MOST_WAITING:
            raise QueueFull
        if community_id is not None and guilds.count(community_id) >= MOST_OF_A_GUILD:
            raise QueueFull
        claim = custom_model_id, community_id
        self._claims.append(claim)
        try:
            yield
        finally:
            self._claims.remove(claim)

    def start(self, lesson: Lesson, follow: Follow, place: MessageRef) -> None:
        """Learn a list when its turn comes, in a place that was claimed; `follow` reports it.

        Raises `InTraining`.
        """
        if self.ahead_of(lesson.namer.id) is not None:
            raise InTraining
        job = _Job(lesson, follow, place)
        self._jobs.append(job)
        job.task = asyncio.create_task(self._run(job))

    async def stop(self, reason: str, custom_model_id: int | None = None) -> bool:
        """End a namer's training, or all, and wait until it is told; whether there was one."""
        jobs = [job for job in self._jobs if custom_model_id in (None, job.lesson.namer.id)]
        for job in jobs:
            job.stop(reason)
        if tasks := {job.task for job in jobs if job.task is not None}:
            _, late = await asyncio.wait(tasks, timeout=2 * GRACE)
            for task in late:
                task.cancel()
        return bool(jobs)

    async def interrupted(self) -> list[MessageRef]:
        """Where trainings were reported whose process is gone; each is told once."""
        for run_id in self._runs:  # which are alive, however long the database was away
            await self._beat(run_id)
        dead = await self._store.versions.fail_stale_runs(self._now(), (RUN,))
        return [MessageRef(channel, message) for channel, message in dead if channel and message]

    async def load(self, namer: CustomModelRecord) -> Trained:
        """The weights of a namer. Raises `Untrained`, `WeightsError` and `Unavailable`."""
        if namer.digest is None:
            raise Untrained
        if namer.digest not in self._ready:
            async with self._loading:  # so that none is made ready twice
                if namer.digest not in self._ready:
                    content = await self._store.custom_models.weights(namer.id)
                    if content is None:
                        raise Untrained
                    trained = await self._networks.prepare(
                        TASK, partial(task_of(TASK).read, content, namer.name)
                    )
                    self._keep_ready(trained)
                    return trained
        trained = self._ready[namer.digest]
        self._keep_ready(trained)
        return trained

    async def hear(self, content: bytes, title: str) -> ValidationSample:
        """A weight file from elsewhere, if it can be used. Raises `WeightsError`."""
        if len(content) > LARGEST_WEIGHTS:
            raise WeightsError(f"{title} is larger than {LARGEST_WEIGHTS // 2**20} MiB.")
        async with self._hearing:  # of files from elsewhere, one is enough for this machine
            load = partial(task_of(TASK).read, content, title)
            return await self._networks.validate(TASK, load, full=False)

    def _keep_ready(self, trained: Trained) -> None:
        self._ready[trained.digest] = trained
        self._ready.move_to_end(trained.digest)
        while len(self._ready) > READY:
            self._ready.popitem(last=False)

    async def _run(self, job: _Job) -> None:
        try:
            async with aclosing(self._events(job)) as events:
                await job.follow(events)
        except Exception:
            log.exception("A training of a namer could not be followed to its end")
        finally:
            self._jobs.remove(job)
            for other in self._jobs:
                other.moved.set()

    async def _events(self, job: _Job) -> Events:
        """What happens to a job, noted in the database; exactly one final event comes last."""
        last: Event = Stopped()
        run_id, beats = None, None
        try:
            run_id = await self._begin_run(job)
            self._runs.add(run_id)
            beats = PeriodicTask(partial(self._beat, run_id), BEAT_S)
            async with aclosing(self._learned(job)) as events:
                async for event in events:
                    last = event
                    yield event
        except StoreError as error:
            log.warning("A namer's training could not be kept: %s", error)
            last = Failed("My memory does not answer just now; try again in a minute.")
            yield last
        except Exception:
            log.exception("A training of a namer broke off")
            last = Failed("Something broke on my side; the log says more.")
            yield last
        finally:
            if beats is not None:
                await beats.close()
            if run_id is not None:
                self._runs.discard(run_id)
                await self._end_run(run_id, last)

    async def _learned(self, job: _Job) -> Events:
        while (ahead := self._jobs.index(job)) and job.stop_reason is None:
            yield Waiting(ahead)
            job.moved.clear()
            await job.moved.wait()
        if job.stop_reason is not None:
            yield Stopped(job.stop_reason)
            return
        lesson = job.lesson
        folder = self.folder / str(lesson.namer.id)
        try:
            path = folder / "corpus" / _file_name(lesson.corpus.title)
            await asyncio.to_thread(_write_list, path, lesson.corpus.names)
            order = Order(TASK, MOST_MINUTES, lesson.seed, path, LIST_RECIPE)
            job.trainer = self._launch(order, folder)
            if job.stop_reason is not None:
                job.trainer.stop()
            async with aclosing(job.trainer.events()) as events:
                async for event in events:
                    yield await self._acted_on(job, event)
        finally:
            # Everything worth keeping is in the database by now.
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _acted_on(self, job: _Job, event: TrainerEvent) -> Event:
        match event:
            case Done():
                return await self._put_to_use(job.lesson, event)
            case Stopped():
                return replace(event, reason=job.stop_reason or event.reason)
            case Failed() if job.stop_reason is not None:
                return Stopped(job.stop_reason)
            case _:
                return event

    async def _put_to_use(self, lesson: Lesson, done: Done) -> Event:
        """Keep new weights that can write, and have them ready."""
        content = await asyncio.to_thread(done.weights.read_bytes)
        try:
            heard = await self.hear(content, lesson.namer.name)
        except WeightsError as error:
            return Failed(f"What I have learned from this list cannot be used: {error}")
        kept = await _persistently(
            lambda: self._store.custom_models.trained(
                lesson.namer.id,
                content,
                heard.trained.digest,
                done.seconds,
                lesson.corpus if lesson.is_new else None,
            )
        )
        if not kept:
            return Failed("It was deleted while I was learning from its list.")
        self._keep_ready(heard.trained)
        return Ready(heard.trained.card, heard.samples, done.seconds)

    async def _begin_run(self, job: _Job) -> int:
        lesson = job.lesson
        return await self._store.versions.begin_run(
            RUN,
            seed=lesson.seed,
            now=self._now(),
            custom_model_id=lesson.namer.id,
            community_id=lesson.namer.community_id,
            member_id=lesson.member_id,
            channel_id=job.place.channel,
            message_id=job.place.message,
        )

    async def _beat(self, run_id: int) -> None:
        with suppress(StoreError):
            await self._store.versions.beat(run_id, self._now())

    async def _end_run(self, run_id: int, last: Event) -> None:
        state, message = "failed", ""
        match last:
            case Ready():
                state = "done"
            case Stopped():
                state = "stopped"  # by whom is in the message alone
            case Failed(message=message):
                pass
        with suppress(StoreError):
            await self._store.versions.end_run(run_id, state, self._now(), message=message)


async def read_upload(content: bytes, title: str, accept: Callable[[str], bool]) -> NameList:
    """A member's list. Raises `ListError` with everything that is wrong with it."""
    return await asyncio.to_thread(parse_list, content, title, accept)


async def _persistently(write: Callable[[], Awaitable[bool]]) -> bool:
    """Write what took long to make; a database that is away for a moment must not cost it."""
    for pause in PAUSES:
        with suppress(Unavailable):
            return await write()
        await asyncio.sleep(pause)
    return await write()


def as_corpus(title: str, names: tuple[str, ...]) -> Corpus:
    """A list as it is kept."""
    return Corpus(title, names, hashlib.sha256("\n".join(names).encode()).hexdigest())


def _write_list(path: Path, names: tuple[str, ...]) -> None:
    """Write a list for the trainer as a table of one column, in which a comma is only a comma."""
    table = io.StringIO()
    rows = [["name"], *([name] for name in names)]  # a heading, lest the first is taken for one
    csv.writer(table, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    shutil.rmtree(path.parent.parent, ignore_errors=True)  # of a process that died
    write_atomically(path, table.getvalue().encode())


def _file_name(title: str) -> str:
    """A file's name like a title, which cannot lead out of its folder."""
    return _UNSAFE.sub("_", title).strip("._")[-60:] or "list"
