"""Trainings on a cluster: the bot's side, and an actor on a worker with the resource `train`."""

import asyncio
import logging
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.trainer.events import EndReason, from_json, to_json
from bot.trainer.queries import TrainingRequest
from bot.trainer.trainer import (
    COMMAND,
    Launch,
    RunFolder,
    TrainerProcess,
    TrainingEvents,
    TrainingHandle,
)
from bot.writing.cluster import ClusterPool
from bot.writing.connection import Actor, ClusterUnreachable
from data.files import write_atomically
from models.training.events import Done, Failed, Stopped, TrainingEvent

log = logging.getLogger(__name__)

START_S = 30.0
"""Seconds that a worker may take to begin."""
ANSWER_S = 5.0
"""Seconds that a worker may take to answer a poll."""
POLL_S = 1.0
"""Seconds between two polls."""
STOPPING_POLL_S = 0.1
"""Seconds between two polls once the training should stop: the bot may have few seconds left."""
TRANSFER_S = 60.0
"""Seconds that a worker may take to send what it has trained."""
LOST_S = 10.0
"""Seconds without an answer after which a worker is lost."""
CLOSE_S = 1.0
"""Seconds that a worker may take to delete the files of a training."""
SILENCE_S = 60.0
"""Seconds without a poll after which the worker stops the training, as the bot is gone."""
_SENT = ("policy", "task", "recipe", "seed", "queued_at", "minutes", "title", "corpus")
"""Fields of a request that the worker gets: nobody's id."""

Files = Mapping[str, bytes]
"""The files that a training leaves, by suffix: all have the name of the task."""


class ClusterLaunch:
    """A `Launch` that prefers workers of a cluster which can train, if there are some."""

    def __init__(self, cluster: ClusterPool, otherwise: Launch) -> None:
        """`otherwise` launches trainings while no worker can."""
        self.cluster = cluster
        self.busy: list[str] = []
        """Addresses of the workers that train for this process."""
        self._otherwise = otherwise

    def __call__(self, request: TrainingRequest, folder: RunFolder, resume: bool) -> TrainingHandle:
        """Create a trainer on the worker that has the fewest trainings of this process."""
        local = self._otherwise(request, folder, resume)
        addresses = self.cluster.trainers(request.task)
        if not addresses:
            return local
        address = min(addresses, key=self.busy.count)
        return ClusterTrainer(self, address, request, folder, resume, local)


@dataclass(eq=False)
class ClusterTrainer:
    """A training on a worker, which starts with `events`."""

    launch: ClusterLaunch
    address: str
    request: TrainingRequest
    folder: RunFolder
    resume: bool
    local: TrainingHandle
    """Trainer on the bot's machine, used if the worker cannot begin."""
    command: Sequence[str] | None = field(default=None, init=False)
    """Another trainer than that of the worker, for tests."""
    _actor: Actor | None = None
    _is_local: bool = False
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _tells: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Ask the worker to let the training write its checkpoint and end."""
        self._stopping.set()
        if self._is_local:
            self.local.stop()
        elif self._actor is not None and self._tells is None:
            self._tells = asyncio.create_task(self._tell(self._actor, "stop", ANSWER_S))

    async def events(self) -> TrainingEvents:
        """Train on the worker, and yield events."""
        try:
            self._actor = actor = await self._begin()
        except Exception as error:  # noqa: BLE001 (of the cluster, or of the worker)
            text = "The worker %s can't train (%r). The bot trains by itself"
            log.warning(text, self.address, error)
            self._is_local = True
            if self._stopping.is_set():
                self.local.stop()
            async with aclosing(self.local.events()) as events:
                async for event in events:
                    yield event
            return
        log.info("The worker %s trains", self.address)
        self.launch.busy.append(self.address)
        try:
            if self._stopping.is_set():
                self.stop()
            async with aclosing(self._polled(actor)) as events:
                async for event in events:
                    yield event
        finally:
            self.launch.busy.remove(self.address)
            await self._tell(actor, "close", CLOSE_S)
            actor.release()

    async def _begin(self) -> Actor:
        """Create the training on the worker. Raises `Unreachable`, and errors of the worker."""
        checkpoint: bytes | None = None
        if self.resume:
            path = self.folder.checkpoint(self.request.task)
            checkpoint = await asyncio.to_thread(path.read_bytes)
        request = _anonymous(self.request)
        connection = self.launch.cluster.connection
        if connection is None:
            raise ClusterUnreachable("has lost its scheduler")
        actor = await connection.create(
            TrainingActor, self.address, request, checkpoint, self.command, within=START_S
        )
        await actor.call("start", within=ANSWER_S)
        return actor

    async def _polled(self, actor: Actor) -> TrainingEvents:
        """Yield events until the last one, or until the worker is lost."""
        loop = asyncio.get_running_loop()
        lost_at, received = loop.time() + LOST_S, 0
        while True:
            try:
                lines = await actor.call("poll", received, within=ANSWER_S)
                events = [event for line in lines if (event := from_json(line)) is not None]
                is_final = any(isinstance(event, Done | Stopped | Failed) for event in events)
                files = await actor.call("files", within=TRANSFER_S) if is_final else {}
            except ClusterUnreachable as error:
                if loop.time() >= lost_at:
                    log.error("The worker %s, which trained, %s", self.address, error)
                    yield Stopped() if self._stopping.is_set() else Failed(EndReason.WORKER_LOST)
                    return
            except Exception:
                log.exception("The worker %s has failed to train", self.address)
                yield Failed(EndReason.CRASHED)
                return
            else:
                lost_at, received = loop.time() + LOST_S, received + len(lines)
                for event in events:
                    yield await asyncio.to_thread(self._received, event, files)
                if is_final:
                    return
            if self._stopping.is_set():
                await asyncio.sleep(STOPPING_POLL_S)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), POLL_S)

    def _received(self, event: TrainingEvent, files: Files) -> TrainingEvent:
        """The event, with files in the folder of the bot instead of that of the worker."""
        weights = self.folder.weights(self.request.task)
        for suffix, content in files.items():
            write_atomically(weights.with_suffix(suffix), content)
        match event:
            case Done():
                return replace(event, weights=weights, plot=weights.with_suffix(".png"))
            case Stopped(checkpoint=Path()):
                return replace(event, checkpoint=self.folder.checkpoint(self.request.task))
            case Failed(message=message) if message in tuple(EndReason):
                text = "The training on %s failed; the log of the worker has more"
                log.error(text, self.address)
        return event

    async def _tell(self, actor: Actor, method: str, within: float) -> None:
        with suppress(Exception):
            await actor.call(method, within=within)


def _anonymous(request: TrainingRequest) -> TrainingRequest:
    """The request without anything that the worker need not know."""
    fields: dict[str, Any] = {name: getattr(request, name) for name in _SENT}
    return TrainingRequest(**fields, extra_names=tuple(request.extra_names))


class TrainingActor:
    """The worker's side: a training in a child process. The bot polls it; files leave as bytes."""

    def __init__(
        self, request: TrainingRequest, checkpoint: bytes | None, command: Sequence[str] | None
    ) -> None:
        """Train from the beginning without a `checkpoint`. `command` is another trainer."""
        from distributed import get_worker

        # Dask empties its folder at the next start of a worker, if this one is killed.
        self._temporary = tempfile.TemporaryDirectory(dir=get_worker().local_directory)
        folder = RunFolder(Path(self._temporary.name), 0)
        folder.prepare(request)
        if checkpoint is not None:
            folder.checkpoint(request.task).write_bytes(checkpoint)
        self._trainer = TrainerProcess(
            request, folder, checkpoint is not None, command=command or COMMAND
        )
        self._lines: list[str] = []
        """The events, as JSON."""
        self._files: Files = {}
        self._running: asyncio.Task[None] | None = None
        self._polled = asyncio.Event()

    async def start(self) -> None:
        """Start the training."""
        self._running = asyncio.create_task(self._run())

    async def poll(self, received: int) -> Sequence[str]:
        """The events after those that the bot has `received`, as JSON."""
        self._polled.set()
        return tuple(self._lines[received:])

    async def files(self) -> Files:
        """The files that the last event tells of."""
        return self._files

    async def stop(self) -> None:
        """Let the training write its checkpoint and end."""
        self._trainer.stop()

    async def close(self) -> None:
        """End the training, and delete its files."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        await asyncio.to_thread(self._temporary.cleanup)

    async def _run(self) -> None:
        watch = asyncio.create_task(self._stop_without_bot())
        try:
            async with aclosing(self._trainer.events()) as events:
                async for event in events:
                    self._files = await asyncio.to_thread(_files, event)
                    self._lines.append(to_json(event))
        except Exception:  # such as a full disk: the bot must not wait for ever
            log.exception("A training has failed")
            self._lines.append(to_json(Failed(EndReason.BROKEN)))
        finally:
            watch.cancel()

    async def _stop_without_bot(self) -> None:
        try:
            while True:
                self._polled.clear()
                await asyncio.wait_for(self._polled.wait(), SILENCE_S)
        except TimeoutError:
            self._trainer.stop()


def _files(event: TrainingEvent) -> Files:
    """The files that an event tells of. Only a final event has some."""
    paths: list[Path] = []
    match event:
        case Done():
            paths = [event.weights, event.plot]
        case Stopped(checkpoint=Path() as checkpoint):
            paths = [checkpoint]
    return {path.suffix: path.read_bytes() for path in paths if path.exists()}
