"""`OutboxWorker`: delivers a platform's rows of the outbox. All rules of delivery are here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.chat.app import App
from bot.chat.message import Message, without_pictures
from bot.chat.turn import (
    Deleted,
    DeletedMeanwhile,
    DeliveryError,
    Forbidden,
    Limited,
    MessageRef,
    Platform,
    Refused,
    Unanswered,
    Unreachable,
)
from bot.concurrency import ShuttingDown
from bot.outbox.queries import LONGEST_PAUSE, ClaimedRow, Kind, Note, Outbox, Superseded
from bot.store import Unavailable

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Rows that are delivered at the same time."""
MOST_UNNOTED = 1_000
DELIVERY_S = 60.0
"""Time limit for the delivery of a row, in seconds; less than a claim lasts."""
LONGEST_SLEEP_S = 60.0
"""Longest pause between two rounds: another process may have put a row, or lost its claim."""
SHORTEST_SLEEP_S = 1.0
GRACE = timedelta(days=1)
"""How long a row is still tried after its `until`. By then messages are only edited, not sent."""


@dataclass(frozen=True)
class Ended:
    """Result of a delivery that is not tried again."""

    note: Note | None = None
    is_lost: bool = False
    """Whether the delivery was given up, so that members have perhaps seen nothing of it."""


class Delivery:
    """A row that is being delivered: how its kind sends and edits."""

    def __init__(self, app: App, platform: Platform, row: ClaimedRow, sent: int | None) -> None:
        """`sent` is the id of the message if it was sent earlier, but could not be noted."""
        self._app, self._platform, self._row = app, platform, row
        self.sent = sent
        self.doubt_since = row.doubt_since

    @property
    def subject_id(self) -> int:
        """Number of the poll, community, entry of the record, or message that the row is about."""
        return self._row.subject_id

    @property
    def channel_id(self) -> int:
        """Number of the channel that the row is about."""
        return self._row.channel_id

    @property
    def step(self) -> int:
        """The step that earlier attempts have reached, from 0."""
        return self._row.step

    async def send(self, ref: MessageRef, message: Message, *, step: int = 1) -> int | None:
        """Send a message to the channel of `ref`, without pictures where files are forbidden.

        `step` is the one from which later attempts go on.

        Returns the id of the message; `None` if it is too late to send, if an earlier attempt may
        have sent it and the platform would not recognise its nonce, or if the platform's answer is
        lost. Raises `Unreachable`, to try again later, and other `DeliveryError`s.
        """
        if self.sent is not None:
            return self.sent
        outbox, now, doubt_since = self._app.store[Outbox], self._app.now(), self.doubt_since
        nonce_lasts = timedelta(seconds=self._platform.limits.nonce_s)
        nonce_expired = doubt_since is not None and abs(now - doubt_since) >= nonce_lasts
        if nonce_expired or now > self._row.until:
            return None
        self.doubt_since = doubt_since or now
        await outbox.begin(self._row, step, self.doubt_since)
        self._row = replace(self._row, step=step)
        try:
            self.sent = await self._send(ref, message)
        except Unanswered as error:
            log.info("Nobody knows whether a message has arrived: %s", error)
        except Unreachable as error:
            # Else the answer may have been lost.
            if isinstance(error, Refused) or not self._platform.limits.nonce_s:
                self.doubt_since = doubt_since
            raise
        except DeliveryError:
            self.doubt_since = doubt_since
            raise
        return self.sent

    async def _send(self, ref: MessageRef, message: Message) -> int:
        # The nonce lets the platform recognise a message that it already has. `RESULT` stays the
        # first `Kind`, so that the nonce of a result is the poll's id, as in 1.0.
        nonce = self.subject_id ^ [*Kind].index(self._row.kind) << 60
        try:
            return await self._platform.send(ref, message, nonce=nonce)
        except Forbidden:
            if not message.files:
                raise
            return await self._platform.send(ref, without_pictures(message), nonce=nonce)

    async def edit(self, ref: MessageRef, message: Message) -> bool:
        """Replace a message. Returns whether that is permitted.

        Raises `Deleted`, and `Unreachable`, to try again later.
        """
        try:
            await self._platform.edit(ref, message)
        except (Deleted, Unreachable):
            raise
        except DeliveryError as error:
            log.info("A message cannot be edited: %s", error)
            return False
        return True


Deliver = Callable[[Delivery], Awaitable[Ended]]
"""Renders and delivers a row of one kind, from the current state of the database."""


class OutboxWorker:
    """Delivers rows, several at once, in their order within a channel.

    A failed delivery is tried again with growing pauses, until its time is over. A channel with a
    rate limit delays no other. While the platform cannot be reached, one row at a time is tried.
    """

    def __init__(self, app: App, platform: Platform, kinds: Mapping[Kind, Deliver]) -> None:
        self._app, self._platform, self._kinds = app, platform, kinds
        self._woken = asyncio.Event()
        self._failures = 0
        """Attempts in a row for which the platform could not be reached."""
        self._retry_at = app.now()
        """The time at which the platform is tried again after these failures."""
        self._unnoted: dict[int, int] = {}
        """Ids of messages that were sent but are not in the database, by row."""

    def wake(self) -> None:
        """Look for new rows, even while others are being delivered."""
        self._woken.set()

    async def deliver_due(self) -> float:
        """Deliver rows until none is due. Returns the seconds until the next run."""
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                self._woken.clear()
                try:
                    running |= {*map(self._started, await self._claim(len(running)))}
                    if not running:
                        return await self._seconds_to_next()
                except Unavailable:  # logged where it is raised
                    if not running:
                        return LONGEST_SLEEP_S
                woken = asyncio.create_task(self._woken.wait())
                done, _ = await asyncio.wait({*running, woken}, return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
                running -= done
        finally:
            for task in running:
                task.cancel()

    def _started(self, row: ClaimedRow) -> asyncio.Task[None]:
        return asyncio.create_task(self._deliver(row))

    async def _claim(self, running: int) -> list[ClaimedRow]:
        """Claim rows that are due, so that at most `AT_ONCE` are being delivered."""
        now = self._app.now()
        room = (1 if self._failures else AT_ONCE) - running
        may_retry = not now < self._retry_at <= now + LONGEST_PAUSE
        is_stopping = self._app.in_flight.is_stopping
        may_claim = self._platform.is_reachable and may_retry and not is_stopping
        if not may_claim or room <= 0:
            return []
        return await self._app.store[Outbox].claim(self._platform.name, now, room)

    async def _seconds_to_next(self) -> float:
        """Seconds until a row is due, or the platform is tried again."""
        now = self._app.now()
        due = await self._app.store[Outbox].next_due(self._platform.name, now)
        if due is None:
            return LONGEST_SLEEP_S
        seconds = (max(due, self._retry_at) - now).total_seconds()
        # A row that is due now waits for another process, which delivers to the same channel.
        return min(max(seconds, SHORTEST_SLEEP_S), LONGEST_SLEEP_S)

    async def _deliver(self, row: ClaimedRow) -> None:
        """Deliver a row, or leave it to a later attempt by this process or another one."""
        delivery = Delivery(self._app, self._platform, row, self._unnoted.get(row.id))
        try:
            with self._app.in_flight.track():
                ended = await self._attempt(delivery, row)
                if ended is not None:
                    await self._app.store[Outbox].finish(row, ended.note)
                    self._unnoted.pop(row.id, None)
                    outcome = "lost" if ended.is_lost else "delivered"
                    self._app.monitor.metrics.deliveries.labels(row.kind, outcome).inc()
        except (ShuttingDown, Unavailable):  # once the claim has ended, somebody tries again
            if delivery.sent is not None:
                self._unnoted[row.id] = delivery.sent
                if len(self._unnoted) > MOST_UNNOTED:  # another process may have noted the oldest
                    del self._unnoted[next(iter(self._unnoted))]
        except Exception:
            log.exception("What became of a delivery (%s) could not be noted", row.kind)
            if self._app.now() > row.until + GRACE:  # else it would be tried for ever
                with suppress(ShuttingDown, Unavailable):
                    await self._app.store[Outbox].finish(row)
                self._app.monitor.metrics.deliveries.labels(row.kind, "lost").inc()

    async def _attempt(self, delivery: Delivery, row: ClaimedRow) -> Ended | None:
        """Try to deliver a row. Returns the result; `None` if the row was put off."""
        outbox, now = self._app.store[Outbox], self._app.now()
        pause = _pause_after(row.attempts)
        try:
            async with asyncio.timeout(DELIVERY_S), self._app.poll_locks.of(row.subject_id):
                ended = await self._kinds[row.kind](delivery)
        except Superseded:
            pause = timedelta(0)
        except Limited as error:
            log.info("A channel takes no more edits for now: %s", error)
            pause = LONGEST_PAUSE
            await outbox.postpone_channel(row, now + pause)
        except Unreachable as error:
            log.info("The platform cannot be reached: %s", error)
            if now >= self._retry_at:
                self._failures += 1
                self._retry_at = now + _pause_after(self._failures)
        except TimeoutError:
            log.info("A delivery (%s) took too long", row.kind)
        except DeletedMeanwhile:
            return Ended()
        except DeliveryError as error:
            log.info("A message (%s) is refused: %s", row.kind, error)
            return Ended(is_lost=True)
        except Unavailable:
            raise
        except Exception:  # not tried again: it would fail again
            log.exception("A delivery (%s) failed", row.kind)
            return Ended(is_lost=True)
        else:
            self._failures = 0
            return ended
        if now > row.until + GRACE:
            return Ended(is_lost=True)
        await outbox.postpone(row, now + pause, delivery.doubt_since)
        return None


def _pause_after(attempts: int) -> timedelta:
    """The pause after so many attempts in a row: 1, 2, 4, … seconds, at most `LONGEST_PAUSE`."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 9)), LONGEST_PAUSE)
