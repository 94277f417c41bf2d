"""The worker's side of training on a cluster: an actor that runs a trainer, polled by the bot."""

import asyncio
import logging
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path

from bot.training.events import to_json
from bot.training.process import COMMAND, TrainerProcess
from bot.training.results import Reason
from bot.training.run_folder import RunFolder
from bot.training.training_queries import TrainingRequest
from models.training.events import Done, Failed, Stopped, TrainingEvent

log = logging.getLogger(__name__)

SILENCE_S = 60.0
"""Seconds without a poll after which the bot is gone, and the training is stopped."""
WEIGHTS, PLOT, HISTORY, CHECKPOINT = "weights", "plot", "history", "checkpoint"
"""Names of the files that a training leaves."""

Files = Mapping[str, bytes]


class TrainingActor:
    """One training, in a child process of the worker. Its files leave as bytes."""

    def __init__(
        self, request: TrainingRequest, checkpoint: bytes | None, command: Sequence[str] | None
    ) -> None:
        """Train from the beginning without a `checkpoint`. `command` is another trainer."""
        from distributed import get_worker

        # Dask empties its folder at the next start of a worker, if this one is killed.
        self._temporary = tempfile.TemporaryDirectory(dir=get_worker().local_directory)
        self._task = request.task
        self._folder = RunFolder(Path(self._temporary.name), 0)
        self._folder.prepare(request)
        if checkpoint is not None:
            self._folder.checkpoint(request.task).write_bytes(checkpoint)
        self._trainer = TrainerProcess(
            request, self._folder, checkpoint is not None, command=command or COMMAND
        )
        self._lines: list[str] = []
        """Events that the bot has not received yet, as far as is known."""
        self._received = 0
        """Number of those before them."""
        self._files: Files = {}
        self._running: asyncio.Task[None] | None = None
        self._polled = asyncio.Event()

    async def start(self) -> None:
        """Start the training."""
        self._running = asyncio.create_task(self._run())

    async def poll(self, received: int) -> Sequence[str]:
        """The events after those that the bot has `received`, as JSON.

        An answer that was lost is given again.
        """
        self._polled.set()
        del self._lines[: max(0, received - self._received)]
        self._received = max(received, self._received)
        return tuple(self._lines)

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
                    if isinstance(event, Done | Stopped):
                        self._files = await asyncio.to_thread(_files, event)
                    self._lines.append(to_json(event))
        except Exception:  # such as a full disk: the bot must not wait for ever
            log.exception("A training has failed")
            self._lines.append(to_json(Failed(Reason.BROKEN)))
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
    paths: dict[str, Path] = {}
    match event:
        case Done():
            history = event.weights.with_suffix(".json")
            paths = {WEIGHTS: event.weights, PLOT: event.plot, HISTORY: history}
        case Stopped(checkpoint=Path() as checkpoint):
            paths = {CHECKPOINT: checkpoint}
        case _:
            pass
    return {name: path.read_bytes() for name, path in paths.items() if path.exists()}
