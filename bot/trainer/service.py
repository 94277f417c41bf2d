"""The training service: a queue in the database that all processes of the bot share.

Each process polls the queue, claims a training when none of the same kind runs anywhere, and
reports it. A training that is interrupted, by a restart or a crash, goes back to the queue. It
resumes from its checkpoint where that still exists.
"""

import asyncio
import csv
import io
import logging
import secrets
import socket
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from bot.concurrency import PeriodicTask
from bot.store import Store, StoreError, Unavailable
from bot.store.identities import is_id_of
from bot.trainer.custom_models import PATIENCE_OF_TRAINING_S, CustomModelLoader
from bot.trainer.events import CustomModelTrained, EndReason, Interrupted
from bot.trainer.queries import (
    CUSTOM,
    SHARED,
    SILENCE,
    CustomModels,
    StoredList,
    TrainingRecord,
    TrainingRequest,
    Trainings,
    VersionRecord,
)
from bot.trainer.registry import ModelRegistry
from bot.trainer.trainer import (
    GRACE_S,
    Launch,
    RunFolder,
    TrainerProcess,
    TrainingEvents,
    TrainingHandle,
    sweep,
)
from data.lists import parse_list
from models.training.events import Done, Failed, Stopped, TrainingEvent
from models.weights import WeightsError

log = logging.getLogger(__name__)

LONGEST_QUEUE = 6
"""Maximum number of custom models that are queued or running, in all processes."""
MOST_OF_A_COMMUNITY = 3
"""Maximum number of those per community."""
MAX_ATTEMPTS = 3
"""Number of attempts before a training fails."""
BEAT_S = 15.0
"""Seconds between two heartbeats."""
PAUSES = (1.0, 4.0, 15.0)
"""Seconds between attempts to store results."""
POLL_S = 1.0
"""Seconds between two polls of the queue and of requests to stop."""
RECOVERY_S = SILENCE.total_seconds() / 2
"""Seconds between two searches for trainings whose process has died."""
SWEEP_AGE_S = SILENCE.total_seconds()
"""Age of a folder that no training needs; one that has just ended may still be reported."""
SHOWN_AGAIN = timedelta(seconds=60)
"""How long before the start of a process the end of a training may still have to be shown."""
LAST_REPORT_S = 1.0
"""Seconds for reporting an interruption on shutdown."""
_UNREPORTED = -1

OUTCOMES: Mapping[type, str] = {Failed: "failed", Stopped: "stopped", Interrupted: "interrupted"}
"""How a training has ended, by its last event; `done` for a result."""

T = TypeVar("T")
Result = VersionRecord | CustomModelTrained
End = Result | Stopped | Failed | Interrupted
"""The last event of a training is one of these."""
Event = TrainingEvent | Result | Interrupted
Events = AsyncGenerator[Event, None]


class TrainingRefused(Exception):  # noqa: N818 (it is a state, not a fault)
    """A training cannot be queued now."""


class AlreadyTraining(TrainingRefused):
    """The same model is being trained."""


class TooManyTrainings(TrainingRefused):
    """The queue is full, or has as many of a community as it may."""


class CoolingDown(TrainingRefused):
    """A shared model was trained lately."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class Report(Protocol):
    """Shows a training to members; implemented by `TrainingReport` in `progress.py`."""

    async def follow(self, events: Events) -> None:
        """Show a training of this process. The last of its events is an `End`."""

    async def update(self) -> None:
        """Show a training that is queued, or that has ended in another process."""


Reports = Callable[[TrainingRecord], Report]
"""Creates the report of a training."""


class TrainingService:
    """Queues, starts, stops and recovers trainings."""

    def __init__(
        self,
        state_dir: Path,
        store: Store,
        models: ModelRegistry,
        custom_models: CustomModelLoader,
        *,
        cooldown: timedelta,
        now: Callable[[], datetime],
        launch: Launch = TrainerProcess,
        poll: float = POLL_S,
    ) -> None:
        """`cooldown`: the time between two trainings of shared models. `poll`: seconds between two
        polls of the database; with `math.inf`, it looks on demand only.
        """
        self.folder = state_dir / "training"
        self.owner = f"{socket.gethostname()[:60]}/{secrets.token_hex(8)}"
        self.finished = Counter(dict.fromkeys(("done", *OUTCOMES.values()), 0))
        """Trainings that ended in this process, by outcome."""
        self.uploads = asyncio.Lock()
        """Held while an upload is downloaded, checked and stored (`upload_turn`)."""
        self.trainings = store[Trainings]
        self.now = now
        self.launch = launch
        self.poll = poll
        self._custom = store[CustomModels]
        self._models = models
        self._custom_models = custom_models
        self._cooldown = cooldown
        self._reports: dict[str, Reports] = {}
        """Makers of progress messages, by platform."""
        self._runs: dict[str, tuple[TrainingAttempt, asyncio.Task[None]]] = {}
        """The trainings of this process, by queue."""
        self._places: dict[int, int] = {}
        """Queued trainings, with the number ahead of each as last reported."""
        self._polls: list[PeriodicTask] = []
        """Periodic tasks, the queue's first; empty before the start."""
        self._is_tidy = False
        self._queueing = asyncio.Lock()

    def report_to(self, platform: str, reports: Reports) -> None:
        """Report trainings that were started on a platform, named as in `bot.store[Identities]`."""
        self._reports[platform] = reports

    def start(self) -> None:
        """Start to run and report queued trainings. Has no effect the second time."""
        if not self._polls:
            at_once = partial(asyncio.sleep, 0)
            self._polls = [
                PeriodicTask(self.look, self.poll, after=at_once),
                PeriodicTask(self.recover, RECOVERY_S),
            ]

    async def close(self) -> None:
        """Interrupt the trainings of this process: they write checkpoints and return to the queue.

        Takes a few seconds at most.
        """
        await asyncio.gather(*(poll.close(patience=LAST_REPORT_S) for poll in self._polls))
        for run, _task in self._runs.values():
            run.interrupt()
        if tasks := [task for _run, task in self._runs.values()]:
            _, late = await asyncio.wait(tasks, timeout=GRACE_S + LAST_REPORT_S)
            for task in late:
                task.cancel()
            await asyncio.wait(tasks, timeout=LAST_REPORT_S)

    async def check(
        self, policy: str, community_id: int | None = None, custom_model_id: int | None = None
    ) -> None:
        """Check whether a training can be queued now.

        Shared models are trained one at a time, with a cooldown. Custom models wait in a queue with
        a limit per community. Raises `TrainingRefused` and `Unavailable`.
        """
        waiting = await self.trainings.waiting(policy)
        models = {w.custom_model_id for w in waiting}
        if waiting and (policy == SHARED or custom_model_id in models):
            raise AlreadyTraining
        if policy == SHARED:
            await self.check_cooldown()
            return
        of_community = sum(w.community_id == community_id for w in waiting)
        if len(waiting) >= LONGEST_QUEUE or of_community >= MOST_OF_A_COMMUNITY:
            raise TooManyTrainings

    async def enqueue(self, request: TrainingRequest) -> int:
        """Queue a training. Returns its id. Raises like `check`."""
        async with self._queueing:  # both of two concurrent requests must not pass the check
            await self.check(request.policy, request.community_id, request.custom_model_id)
            training_id = await self.trainings.enqueue(request)
        self._places[training_id] = _UNREPORTED
        self._look_soon()
        return training_id

    async def stop(self, training_id: int, reason: str) -> bool:
        """Stop a training of any process. Returns whether it was queued or running.

        A sentence as `reason` is reported if the training waits or runs in this process, but never
        stored: it may name a member.
        """
        stored = EndReason(reason) if reason in tuple(EndReason) else EndReason.BUTTON
        if not await self.trainings.request_stop(training_id, stored, self.now()):
            return False
        self._places.pop(training_id, None)
        for run, _task in self._runs.values():
            if run.record.id == training_id:
                run.stop(reason)
        record = await self.trainings.get(training_id)
        if record is not None and record.state == "stopped":  # nothing has run that reports it
            await self._report(replace(record, message=reason))
        return True

    async def forget_member(self, member_id: int) -> None:
        """Stop the trainings on lists that a member has uploaded, which deletes the lists.

        Raises `Unavailable`.
        """
        for record in await self.trainings.with_corpus_of(member_id):
            await self.stop(record.id, EndReason.FORGOTTEN)

    async def complete(self, record: TrainingRecord, done: Done) -> Result | Failed:
        """Store the results of a training. `record` includes the corpus.

        Raises `WeightsError` for weights that cannot be used, `OSError` and `Unavailable`.
        """
        if record.policy == SHARED:
            return await self._models.add_trained(
                record.task, done, force=record.force, training_id=record.id
            )
        content = await asyncio.to_thread(done.weights.read_bytes)
        sample = await self._custom_models.validate(
            content, record.title, patience_s=PATIENCE_OF_TRAINING_S
        )
        names = await asyncio.to_thread(names_of, record.corpus or b"")
        is_stored = await self._custom.trained(
            record.custom_model_id or 0,
            content,
            sample.trained.digest,
            done.seconds,
            StoredList(record.title, names) if record.corpus_is_new else None,
        )
        if not is_stored:
            return Failed(EndReason.DELETED)
        self._custom_models.keep(sample.trained)
        return CustomModelTrained(sample.trained.card, sample.samples, done.seconds, len(names))

    async def look(self) -> None:
        """Start trainings where possible, and report the positions of the others in the queue."""
        try:
            if not self._is_tidy:
                await self._tidy_up()
                self._is_tidy = True
            for policy in (SHARED, CUSTOM):
                await self._claim(policy)
            for training_id in list(self._places):
                await self._report_place(training_id)
        except StoreError as error:
            log.info("The queue of trainings cannot be read: %s", error)

    async def recover(self) -> None:
        """Requeue trainings whose process has died, or mark them as failed, and report them.

        Deletes folders that no training needs: their process may have been killed.
        """
        for run, _task in list(self._runs.values()):
            await run.beat()  # it may seem dead after an outage of the database
        try:
            for record in await self.trainings.fail_stale_runs(self.now(), MAX_ATTEMPTS):
                log.warning("Training %d was interrupted and is %s", record.id, record.state)
                if record.state == "queued":
                    self._places[record.id] = _UNREPORTED
                else:
                    await self._report(record)
            active = {record.id for record in await self._waiting()}
            await asyncio.to_thread(sweep, self.folder, active, SWEEP_AGE_S)
        except StoreError as error:
            log.info("Cannot check for interrupted trainings: %s", error)

    async def check_cooldown(self) -> None:
        """Raise `CoolingDown` until the cooldown after the last shared training is over."""
        now = self.now()
        # A later end is of a clock that has stepped back since.
        ended_at = await self.trainings.last_ended_at(SHARED, now + self._cooldown)
        if ended_at is not None and now - ended_at < self._cooldown:
            raise CoolingDown(ended_at + self._cooldown)

    def report_of(self, record: TrainingRecord) -> Report | None:
        """The report on the platform where a training was started, if this process serves it."""
        for platform, reports in self._reports.items():
            if is_id_of(platform, record.channel_id or 0):
                return reports(record)
        return None

    async def _report(self, record: TrainingRecord) -> None:
        if (report := self.report_of(record)) is not None:
            await report.update()

    async def _waiting(self) -> list[TrainingRecord]:
        return [w for policy in (SHARED, CUSTOM) for w in await self.trainings.waiting(policy)]

    async def _claim(self, policy: str) -> None:
        if policy in self._runs:
            return
        record = await self.trainings.next_queued(policy, self.owner, self.now())
        if record is None:
            return
        self._places.pop(record.id, None)
        run = TrainingAttempt(self, record)
        self._runs[policy] = run, asyncio.create_task(self._run(run, policy))

    async def _run(self, run: "TrainingAttempt", policy: str) -> None:
        try:
            await run.to_end(self.report_of(run.record))
        finally:
            del self._runs[policy]
            self.finished[run.outcome] += 1
            self._look_soon()

    async def _report_place(self, training_id: int) -> None:
        record = await self.trainings.get(training_id)
        if record is None or record.state != "queued":
            self._places.pop(training_id, None)
            if record is not None and record.state == "stopped":
                await self._report(record)
            return
        ahead = await self.trainings.queued_before(training_id)
        if self._places.get(training_id) != ahead:
            self._places[training_id] = ahead
            await self._report(record)

    async def _tidy_up(self) -> None:
        """Report ended and queued trainings at the start, and recover interrupted ones."""
        for record in await self.trainings.ended_since(self.now() - SHOWN_AGAIN):
            await self._report(record)  # a process that was killed may not have shown it
        waiting = await self._waiting()
        self._places |= {w.id: _UNREPORTED for w in waiting if w.state == "queued"}
        await self.recover()

    def _look_soon(self) -> None:
        """Poll the queue now."""
        if self._polls:
            self._polls[0].wake()


class TrainingAttempt:
    """One attempt at a training, with its trainer, heartbeats and final event."""

    def __init__(self, service: TrainingService, record: TrainingRecord) -> None:
        self.record = record
        self._service = service
        self._trainings = service.trainings
        self._folder = RunFolder(service.folder, record.id)
        self._trainer: TrainingHandle | None = None
        self._stop_reason: str | None = None
        self._is_interrupted = False
        self._is_lost = False
        """Whether the training no longer belongs to this process."""
        self._end: End | None = None
        self._keeps_folder = False
        """Whether the next attempt needs the folder."""

    @property
    def outcome(self) -> str:
        """`done`, `failed`, `stopped` or `interrupted`; `running` before the end."""
        return "running" if self._end is None else OUTCOMES.get(type(self._end), "done")

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
            service = self._service
            await self._trainings.beat(self.record.id, service.owner, service.now())

    async def to_end(self, report: Report | None) -> None:
        """Run the training and report it."""
        polls = [
            PeriodicTask(self.beat, BEAT_S),
            PeriodicTask(self._check_for_stop, self._service.poll),
        ]
        try:
            async with aclosing(self._events()) as events:
                try:
                    if report is not None:
                        await report.follow(events)
                except Exception:
                    log.exception("Training %d could not be reported", self.record.id)
                async for _event in events:  # training continues without reports
                    pass
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
            if self._end is None and (stored := await self._store_end(Failed(EndReason.CRASHED))):
                yield stored
        except Exception as error:
            log.exception("Training %d ended with an error", self.record.id)
            if self._end is None:
                reason = EndReason.DATABASE if isinstance(error, StoreError) else EndReason.BROKEN
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
            reason = first.message if first.message in tuple(EndReason) else "refused"
            log.warning("Training %d starts over: %s", record.id, reason)
            await asyncio.to_thread(checkpoint.unlink, missing_ok=True)
        async with aclosing(self._start(resume=False)) as events:
            async for event in events:
                yield event

    def _start(self, *, resume: bool) -> TrainingEvents:
        self._trainer = self._service.launch(self.record, self._folder, resume)
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
            return await _persistently(partial(self._service.complete, self.record, done))
        except WeightsError as error:
            return Failed(str(error))
        except OSError as error:
            log.error("The results of training %d cannot be read: %s", self.record.id, error)
            return Failed(EndReason.UNREADABLE)

    async def _store_end(self, end: End) -> End | None:
        """Record the final event. Returns it, unless another process reports the training."""
        self._end = end
        self._keeps_folder = self._is_lost or isinstance(end, Interrupted)
        if self._is_lost:
            return None
        try:
            if isinstance(end, Interrupted):
                await self._trainings.requeue(self.record.id, self._service.owner)
            else:
                await _persistently(partial(self._finish, end))
        except StoreError as error:
            log.warning("The end of training %d could not be stored: %s", self.record.id, error)
        return end

    async def _finish(self, end: End) -> None:
        message, version_id = "", None
        match end:
            case Stopped():
                message = EndReason.BUTTON  # its own reason may name a member
            case Failed():
                message = end.message
            case VersionRecord():
                version_id = end.number
        owner, now = self._service.owner, self._service.now()
        await self._trainings.finish(
            self.record.id, owner, self.outcome, now, message=message, version_id=version_id
        )

    async def _check_for_stop(self) -> None:
        """Stop if that was asked for, or if the training is deleted or has another owner."""
        with suppress(StoreError):
            record = await self._trainings.get(self.record.id)
            if record is None:  # its custom model is deleted
                self.stop(EndReason.DELETED)
            elif record.owner != self._service.owner or record.state != "running":
                self._is_lost = True
                self.stop("")
            elif record.stop_reason is not None:
                self.stop(record.stop_reason)


async def _persistently(store: Callable[[], Awaitable[T]]) -> T:
    """Call `store`, with retries while the database is unavailable. Raises `Unavailable`."""
    for pause in PAUSES:
        with suppress(Unavailable):
            return await store()
        await asyncio.sleep(pause)
    return await store()


def table_of(names: tuple[str, ...]) -> bytes:
    """A list of names as a CSV file with one column, for the trainer."""
    table = io.StringIO()
    rows = [["name"], *([name] for name in names)]  # the heading marks it as a table
    csv.writer(table, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return table.getvalue().encode()


def names_of(table: bytes) -> tuple[str, ...]:
    """The inverse of `table_of`."""
    return parse_list(table, "corpus", lambda _: True).names
