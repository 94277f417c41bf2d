"""Trainings on the workers of a cluster that have the resource `train`."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.services.training.events import from_json
from bot.services.training.process import Launch, Trainer, TrainingEvents
from bot.services.training.remote import CHECKPOINT, HISTORY, PLOT, WEIGHTS, Files, TrainingActor
from bot.services.training.results import Reason
from bot.services.training.run_folder import RunFolder
from bot.store.trainings import TrainingRequest
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
"""The same once the training should stop: the bot may have few seconds left."""
TRANSFER_S = 60.0
"""Seconds that a worker may take to send what it has trained."""
LOST_S = 10.0
"""Seconds without an answer after which a worker is lost."""
CLOSE_S = 1.0
"""Seconds that a worker may take to delete the files of a training."""


class ClusterLaunch:
    """A `Launch` that prefers workers of a cluster which can train, if there are some."""

    def __init__(self, cluster: ClusterPool, otherwise: Launch) -> None:
        """`otherwise` launches trainings while no worker can."""
        self._cluster = cluster
        self._otherwise = otherwise
        self._trainings: dict[str, int] = {}
        """Trainings of this process, by the address of the worker."""

    def __call__(self, request: TrainingRequest, folder: RunFolder, resume: bool) -> Trainer:
        """Create a trainer on the worker that has the fewest trainings of this process."""
        local = self._otherwise(request, folder, resume)
        addresses = self._cluster.trainers(request.task)
        if not addresses:
            return local
        address = min(addresses, key=lambda address: self._trainings.get(address, 0))
        return ClusterTrainer(self, address, request, folder, resume, local)

    async def create(self, address: str, *arguments: object) -> Actor:
        """Create a training on a worker. Raises `ClusterUnreachable`, and errors of the worker."""
        if self._cluster.connection is None:
            raise ClusterUnreachable("has lost its scheduler")
        return await self._cluster.connection.create(
            TrainingActor, address, *arguments, within=START_S
        )

    def count(self, address: str, difference: int) -> None:
        """Keep count of the trainings of a worker."""
        self._trainings[address] = self._trainings.get(address, 0) + difference
        if not self._trainings[address]:
            del self._trainings[address]


class ClusterTrainer:
    """A training on a worker."""

    command: Sequence[str] | None = None
    """Another trainer than that of the worker, for tests."""

    def __init__(
        self,
        launch: ClusterLaunch,
        address: str,
        request: TrainingRequest,
        folder: RunFolder,
        resume: bool,
        local: Trainer,
    ) -> None:
        """The training starts with `events`. `local` is used if the worker cannot begin."""
        self._launch = launch
        self._address = address
        self._request = request
        self._folder = folder
        self._resume = resume
        self._local = local
        self._actor: Actor | None = None
        self._is_local = False
        self._stopping = asyncio.Event()
        self._tells: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Ask the worker to let the training write its checkpoint and end."""
        self._stopping.set()
        if self._is_local:
            self._local.stop()
        elif self._actor is not None and self._tells is None:
            self._tells = asyncio.create_task(self._tell(self._actor, "stop", ANSWER_S))

    async def events(self) -> TrainingEvents:
        """Train on the worker, and yield events."""
        try:
            self._actor = actor = await self._begin()
        except Exception as error:  # noqa: BLE001 (of the cluster, or of the worker)
            text = "The worker %s can't train (%r). The bot trains by itself"
            log.warning(text, self._address, error)
            self._is_local = True
            if self._stopping.is_set():
                self._local.stop()
            async with aclosing(self._local.events()) as events:
                async for event in events:
                    yield event
            return
        log.info("The worker %s trains", self._address)
        self._launch.count(self._address, 1)
        try:
            if self._stopping.is_set():
                self.stop()
            async with aclosing(self._polled(actor)) as events:
                async for event in events:
                    yield event
        finally:
            self._launch.count(self._address, -1)
            await self._tell(actor, "close", CLOSE_S)
            actor.release()

    async def _begin(self) -> Actor:
        checkpoint: bytes | None = None
        if self._resume:
            path = self._folder.checkpoint(self._request.task)
            checkpoint = await asyncio.to_thread(path.read_bytes)
        request = _anonymous(self._request)
        actor = await self._launch.create(self._address, request, checkpoint, self.command)
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
                    log.error("The worker %s, which trained, %s", self._address, error)
                    yield Stopped() if self._stopping.is_set() else Failed(Reason.WORKER_LOST)
                    return
            except Exception:
                log.exception("The worker %s has failed to train", self._address)
                yield Failed(Reason.CRASHED)
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
        weights = self._folder.weights(self._request.task)
        checkpoint = self._folder.checkpoint(self._request.task)
        plot = weights.with_suffix(".png")
        paths = {
            WEIGHTS: weights,
            PLOT: plot,
            HISTORY: weights.with_suffix(".json"),
            CHECKPOINT: checkpoint,
        }
        for name, content in files.items():
            write_atomically(paths[name], content)
        match event:
            case Done():
                return replace(event, weights=weights, plot=plot)
            case Stopped(checkpoint=Path()):
                return replace(event, checkpoint=checkpoint)
            case Failed(message=message) if message in tuple(Reason):
                log.error(
                    "The training on %s failed; the log of the worker has more", self._address
                )
        return event

    async def _tell(self, actor: Actor, method: str, within: float) -> None:
        with suppress(Exception):
            await actor.call(method, within=within)


def _anonymous(request: TrainingRequest) -> TrainingRequest:
    """What the worker has to know: nobody's id."""
    fields: dict[str, Any] = {
        name: getattr(request, name)
        for name in ("policy", "task", "recipe", "seed", "queued_at", "minutes", "title", "corpus")
    }
    return TrainingRequest(**fields, extra_names=tuple(request.extra_names))
