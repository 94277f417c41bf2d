"""`Run`: one attempt at a training, with its trainer, heartbeats and final event."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from bot.services.concurrency import PeriodicTask
from bot.store import StoreError, Unavailable
from bot.training.policies import Policy
from bot.training.process import Launch, Trainer, TrainingEvents
from bot.training.results import (
    CustomModelTrained,
    End,
    Event,
    Events,
    Interrupted,
    Reason,
)
from bot.training.run_folder import RunFolder
from bot.training.training_queries import LOST, TrainingRecord, Trainings
from bot.training.version_queries import VersionRecord
from models.training.events import Done, Failed, Stopped
from models.weights import WeightsError

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""Number of attempts before a training fails."""
BEAT_S = 15.0
"""Seconds between two heartbeats."""
PAUSES = (1.0, 4.0, 15.0)
"""Seconds between attempts to store results."""

T = TypeVar("T")


class Reports(Protocol):
    """Shows trainings to members; implemented by `TrainingReports` in `bot.commands`."""

    async def follow(self, record: TrainingRecord, events: Events) -> None:
        """Show a training of this process. The last of its events is an `End`."""

    async def update(self, record: TrainingRecord) -> None:
        """Show a training that is queued, or that has ended in another process."""


class Run:
    """One attempt at a training."""

    def __init__(
        self,
        record: TrainingRecord,
        policy: Policy,
        trainings: Trainings,
        folder: RunFolder,
        *,
        owner: str,
        now: Callable[[], datetime],
        launch: Launch,
        poll: float | None,
    ) -> None:
        """`poll`: seconds between two checks for a request to stop; `None` for no checks."""
        self.record = record
        self._policy = policy
        self._trainings = trainings
        self._folder = folder
        self._owner = owner
        self._now = now
        self._launch = launch
        self._poll = poll
        self._trainer: Trainer | None = None
        self._stop_reason: str | None = None
        self.requested: str | None = None
        """Why this process is about to stop it, which is not stored: members read it here."""
        self._is_interrupted = False
        self._is_lost = False
        """Whether the training no longer belongs to this process."""
        self._end: End | None = None
        self._keeps_folder = False
        """Whether the next attempt needs the folder."""

    @property
    def outcome(self) -> str:
        """`done`, `failed`, `stopped` or `interrupted`; `running` before the end."""
        match self._end:
            case None:
                return "running"
            case Failed():
                return "failed"
            case Stopped():
                return "stopped"
            case Interrupted():
                return "interrupted"
            case _:
                return "done"

    def stop(self, reason: str) -> None:
        """Stop the training for good."""
        if self._stop_reason is None and self._end is None:
            self._stop_reason = reason
            self._stop_trainer()

    def interrupt(self) -> None:
        """Stop the training for now. It is resumed after a restart, or by another process."""
        self._is_interrupted = True
        self._stop_trainer()

    async def beat(self) -> None:
        """Record a heartbeat."""
        with suppress(StoreError):
            reason = await self._trainings.beat(self.record.id, self._owner, self._now())
            if reason is not None:
                self._heed(reason)

    async def to_end(self, reports: Reports) -> None:
        """Run the training and report it. Raises nothing."""
        polls = [PeriodicTask(self.beat, BEAT_S)]
        if self._poll is not None:
            polls.append(PeriodicTask(self._check_for_stop, self._poll))
        try:
            async with aclosing(self._events()) as events:
                try:
                    await reports.follow(self.record, events)
                except Exception:
                    log.exception("Training %d could not be reported", self.record.id)
                async for _event in events:  # training continues without reports
                    pass
        except Exception:
            log.exception("Training %d ended with an error", self.record.id)
        finally:
            for poll in polls:
                await poll.close()
            if not self._keeps_folder:
                await asyncio.to_thread(self._folder.remove)

    async def _events(self) -> Events:
        """Yield events. The final one is stored before it is reported."""
        try:
            async with aclosing(self._trained()) as events:
                async for event in events:
                    end = await self._end_of(event)
                    if end is None:
                        yield event
                    elif (stored := await self._store_end(end)) is not None:
                        yield stored
            if self._end is None and (stored := await self._store_end(Failed(Reason.CRASHED))):
                yield stored
        except Exception as error:
            log.exception("Training %d ended with an error", self.record.id)
            if self._end is None:
                reason = Reason.DATABASE if isinstance(error, StoreError) else Reason.BROKEN
                if (stored := await self._store_end(Failed(reason))) is not None:
                    yield stored
        finally:
            if self._end is None:  # it was cancelled
                await self._store_end(Interrupted())

    async def _trained(self) -> TrainingEvents:
        """Run the trainer, from the checkpoint if one exists and is valid."""
        self.record = record = replace(
            self.record,
            corpus=await self._trainings.corpus(self.record.id),
            extra_names=await self._trainings.extra_names(self.record.id),
        )
        await asyncio.to_thread(self._folder.prepare, record)
        checkpoint = self._folder.checkpoint(record.task)
        if await asyncio.to_thread(checkpoint.exists):
            log.info("Training %d resumes from its checkpoint", record.id)
            async with aclosing(self._start(resume=True)) as events:
                first = await anext(events)
                if not isinstance(first, Failed):
                    yield first
                    async for event in events:
                        yield event
                    return
            # A sentence of the trainer can have the title of a member's list.
            reason = first.message if first.message in tuple(Reason) else "an error of the trainer"
            log.warning("Training %d starts over: %s", record.id, reason)
            await asyncio.to_thread(checkpoint.unlink, missing_ok=True)
        async with aclosing(self._start(resume=False)) as events:
            async for event in events:
                yield event

    def _start(self, *, resume: bool) -> TrainingEvents:
        self._trainer = self._launch(self.record, self._folder, resume)
        if self._is_interrupted or self._stop_reason is not None:
            self._stop_trainer()
        return self._trainer.events()

    def _stop_trainer(self) -> None:
        if self._trainer is not None:
            self._trainer.stop()

    async def _end_of(self, event: Event) -> End | None:
        """The final event for this event of the trainer; `None` if training continues."""
        match event:
            case Done():
                return await self._complete(event)
            case Stopped() | Failed() if self._stop_reason is not None:
                return Stopped(self._stop_reason)
            case Stopped() | Failed() if self._is_interrupted:
                return Interrupted()
            case Stopped() | Failed():
                return event
            case _:
                return None

    async def _complete(self, done: Done) -> End:
        """Store the results, before their folder is deleted."""
        try:
            return await persistently(partial(self._store_results, done))
        except WeightsError as error:
            return Failed(str(error))
        except OSError as error:
            log.error("The results of training %d cannot be read: %s", self.record.id, error)
            return Failed(Reason.UNREADABLE)
        except Unavailable:
            return Failed(Reason.DATABASE)

    async def _store_results(self, done: Done) -> End:
        member_id = await self._trainings.member_of(self.record.id)  # `None` once forgotten
        return await self._policy.complete(replace(self.record, member_id=member_id), done)

    async def _store_end(self, end: End) -> End | None:
        """Record the final event in the database. Returns the event to report, if any."""
        self._end = end
        if self._is_lost:  # another process reports it, unless its custom model was deleted
            self._keeps_folder = not await self._is_deleted()
            return None if self._keeps_folder else Stopped(Reason.DELETED)
        self._keeps_folder = isinstance(end, Interrupted)
        try:
            if not isinstance(end, Interrupted):
                await persistently(partial(self._finish, end))
            elif not await self._trainings.requeue(self.record.id, self._owner):
                self._end = end = Stopped(Reason.BUTTON)  # pressed at the same moment
                self._keeps_folder = False
                await self._finish(end)
        except StoreError as error:
            log.warning("The end of training %d could not be stored: %s", self.record.id, error)
        return end

    async def _finish(self, end: End) -> None:
        state, message, version_id = "done", "", None
        match end:
            case Stopped():  # its reason may name a member
                state, message = "stopped", Reason.BUTTON
            case Failed():
                state, message = "failed", end.message
            case VersionRecord():
                version_id = end.number
            case CustomModelTrained() | Interrupted():
                pass
        now = self._now()
        await self._trainings.finish(
            self.record.id, self._owner, state, now, message=message, version_id=version_id
        )

    async def _check_for_stop(self) -> None:
        """Check for a request to stop from another process, or a deleted custom model."""
        with suppress(StoreError):
            record = await self._trainings.get(self.record.id)
            if record is None or record.owner != self._owner:
                self._heed(LOST)
            elif record.stop_reason is not None:
                self._heed(record.stop_reason)

    async def _is_deleted(self) -> bool:
        try:
            return await self._trainings.get(self.record.id) is None
        except StoreError:
            return False

    def _heed(self, reason: str) -> None:
        if self._stop_reason is None and self._end is None:
            self._is_lost = reason == LOST
            self.stop(reason if self._is_lost else self.requested or reason)


async def persistently(store: Callable[[], Awaitable[T]]) -> T:
    """Call `store`, with retries while the database is unavailable. Raises `Unavailable`."""
    for pause in PAUSES:
        with suppress(Unavailable):
            return await store()
        await asyncio.sleep(pause)
    return await store()
