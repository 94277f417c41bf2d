"""The training service: a queue in the database that all processes of the bot share.

Each process polls the queue, claims a training when none of the same policy runs anywhere, and
reports it. A training that is interrupted, by a restart or a crash, goes back to the queue and
resumes from its checkpoint where that still exists.
"""

import asyncio
import logging
import secrets
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from bot.services.concurrency import PeriodicTask
from bot.store import Store, StoreError
from bot.training.policies import Policy
from bot.training.process import GRACE_S, Launch, TrainerProcess
from bot.training.results import Reason
from bot.training.run import MAX_ATTEMPTS, Reports, Run
from bot.training.run_folder import RunFolder, leftovers, sweep
from bot.training.training_queries import SILENCE, TrainingRecord, TrainingRequest, Trainings

log = logging.getLogger(__name__)

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


class TrainingService:
    """Queues, starts, stops and recovers trainings."""

    def __init__(
        self,
        state_dir: Path,
        store: Store,
        policies: Iterable[Policy],
        *,
        now: Callable[[], datetime],
        launch: Launch = TrainerProcess,
        poll: float | None = POLL_S,
    ) -> None:
        """`poll`: seconds between two polls of the database; `None` for no polling."""
        self.folder = state_dir / "training"
        self.owner = f"{socket.gethostname()[:60]}/{secrets.token_hex(8)}"
        self.finished = Counter(dict.fromkeys(("done", "failed", "stopped", "interrupted"), 0))
        """Trainings that ended in this process, by outcome."""
        self._state_dir = state_dir
        self._trainings = store[Trainings]
        self._policies = {policy.name: policy for policy in policies}
        self._now = now
        self._launch = launch
        self._poll = poll
        self._reports: Reports | None = None
        self._runs: dict[str, tuple[Run, asyncio.Task[None]]] = {}
        """The trainings of this process, by policy."""
        self._places: dict[int, int] = {}
        """Queued trainings, with the number ahead of each as last reported."""
        self._polls: list[PeriodicTask] = []
        self._looks: set[asyncio.Task[None]] = set()
        self._looking, self._queueing = asyncio.Lock(), asyncio.Lock()
        self._is_closing = False

    def start(self, reports: Reports) -> None:
        """Start to run and report queued trainings. Has no effect the second time."""
        if self._reports is not None:
            return
        self._reports = reports
        self._look_soon(self._tidy_up)
        if self._poll is not None:
            self._polls = [
                PeriodicTask(self.look, self._poll),
                PeriodicTask(self.recover, RECOVERY_S),
            ]

    async def close(self) -> None:
        """Interrupt the trainings of this process: they write checkpoints and return to the queue.

        Takes a few seconds at most.
        """
        self._is_closing = True
        await asyncio.gather(*(poll.close(patience=LAST_REPORT_S) for poll in self._polls))
        self._polls = []
        if self._looks:
            await asyncio.wait(self._looks, timeout=LAST_REPORT_S)
        for run, _task in self._runs.values():
            run.interrupt()
        if tasks := [task for _run, task in self._runs.values()]:
            _, late = await asyncio.wait(tasks, timeout=GRACE_S + LAST_REPORT_S)
            for task in late:
                task.cancel()
            await asyncio.wait(tasks, timeout=LAST_REPORT_S)

    async def check(
        self, policy: str, *, community_id: int | None = None, custom_model_id: int | None = None
    ) -> None:
        """Check whether a training can be queued now. Raises like `Policy.check`."""
        await self._policies[policy].check(
            community_id=community_id, custom_model_id=custom_model_id
        )

    async def enqueue(self, request: TrainingRequest) -> int:
        """Queue a training. Returns its id. Raises like `Policy.check`."""
        async with self._queueing:  # both of two concurrent requests must not pass the check
            await self.check(
                request.policy,
                community_id=request.community_id,
                custom_model_id=request.custom_model_id,
            )
            training_id = await self._trainings.enqueue(request)
        self._places[training_id] = _UNREPORTED
        self._look_soon()
        return training_id

    async def stop(
        self, training_id: int, reason: str, *, stored_reason: Reason = Reason.BUTTON
    ) -> TrainingRecord | None:
        """Stop a training of any process. Returns its record; `None` if it has already ended.

        `reason` is reported if it runs in this process, but never stored: it may name a member.
        """
        here = [run for run, _task in self._runs.values() if run.record.id == training_id]
        for run in here:  # it may see the stored reason before it is stopped below
            run.requested = reason
        try:
            is_stopping = await self._trainings.request_stop(
                training_id, stored_reason, self._now()
            )
        except StoreError:
            for run in here:
                run.requested = None
            raise
        if not is_stopping:
            return None
        self._places.pop(training_id, None)
        for run, _task in self._runs.values():
            if run.record.id == training_id:
                run.stop(reason)
        return await self._trainings.get(training_id)

    async def forget_member(self, member_id: int) -> None:
        """Stop the trainings on lists that a member has uploaded, which deletes the lists.

        Raises `Unavailable`.
        """
        for record in await self._trainings.with_corpus_of(member_id):
            forgotten = Reason.FORGOTTEN
            stopped = await self.stop(record.id, forgotten, stored_reason=forgotten)
            if stopped is not None and stopped.state == "stopped" and self._reports is not None:
                await self._reports.update(stopped)

    async def look(self) -> None:
        """Start trainings where possible, and report the positions of the others in the queue."""
        if self._reports is None:
            return
        async with self._looking:
            try:
                for policy in self._policies.values():
                    await self._claim(policy, self._reports)
                for training_id in list(self._places):
                    await self._report_place(training_id, self._reports)
            except StoreError as error:
                log.info("The queue of trainings cannot be read: %s", error)
            except Exception:
                log.exception("Processing the queue of trainings failed")

    async def recover(self) -> None:
        """Requeue trainings whose process has died, or mark them as failed, and report them.

        Deletes folders that no training needs: their process may have been killed.
        """
        for run, _task in list(self._runs.values()):
            await run.beat()  # it may seem dead after an outage of the database
        try:
            for record in await self._trainings.fail_stale_runs(self._now(), MAX_ATTEMPTS):
                log.warning("Training %d was interrupted and is %s", record.id, record.state)
                if record.state == "queued":
                    self._places[record.id] = _UNREPORTED
                elif self._reports is not None:
                    await self._reports.update(record)
            await self._sweep(min_age_s=SWEEP_AGE_S)
        except StoreError as error:
            log.info("Cannot check for interrupted trainings: %s", error)

    async def _sweep(self, *, min_age_s: float) -> None:
        """Delete old folders. Raises `Unavailable`."""
        # Folders first: those that are made afterwards are of trainings that are not known here.
        found = await asyncio.to_thread(
            leftovers, self._state_dir, self.folder, min_age_s=min_age_s
        )
        if found:
            active = {w.id for name in self._policies for w in await self._trainings.waiting(name)}
            active |= {run.record.id for run, _task in self._runs.values()}
            await asyncio.to_thread(sweep, found, active)

    async def _claim(self, policy: Policy, reports: Reports) -> None:
        if self._is_closing or policy.name in self._runs:
            return
        record = await self._trainings.next_queued(policy.name, self.owner, self._now())
        if record is None:
            return
        self._places.pop(record.id, None)
        run = Run(
            record,
            policy,
            self._trainings,
            RunFolder(self.folder, record.id),
            owner=self.owner,
            now=self._now,
            launch=self._launch,
            poll=self._poll,
        )
        task = asyncio.create_task(self._run(run, policy, reports))
        self._runs[policy.name] = run, task

    async def _run(self, run: Run, policy: Policy, reports: Reports) -> None:
        try:
            await run.to_end(reports)
        finally:
            del self._runs[policy.name]
            self.finished[run.outcome] += 1
            self._look_soon()

    async def _report_place(self, training_id: int, reports: Reports) -> None:
        record = await self._trainings.get(training_id)
        if record is None or record.state != "queued":
            del self._places[training_id]
            if record is not None and record.state == "stopped":
                await reports.update(record)
            return
        ahead = await self._trainings.queued_before(training_id)
        if self._places.get(training_id) != ahead:
            self._places[training_id] = ahead
            await reports.update(record)

    async def _tidy_up(self) -> None:
        """At start: delete old folders, load the queue, recover interrupted trainings."""
        try:
            await self._sweep(min_age_s=0)
            waiting = [w for name in self._policies for w in await self._trainings.waiting(name)]
            ended = await self._trainings.ended_since(self._now() - SHOWN_AGAIN)
        except StoreError:
            return
        for record in ended:  # a process that was killed may not have shown it
            if self._reports is not None:
                await self._reports.update(record)
        self._places |= {w.id: _UNREPORTED for w in waiting if w.state == "queued"}
        await self.recover()

    def _look_soon(self, first: Callable[[], Awaitable[None]] | None = None) -> None:
        """Poll the queue now."""
        if self._is_closing:
            return

        async def look() -> None:
            if first is not None:
                await first()
            await self.look()

        task = asyncio.create_task(look())
        self._looks.add(task)
        task.add_done_callback(self._looks.discard)
