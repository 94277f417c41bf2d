"""`OutboxWorker`: delivers what the outbox has for one platform. All rules of delivery are here."""

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
    DeliveryError,
    Forbidden,
    Limited,
    MessageRef,
    Platform,
    Unanswered,
    Unreachable,
)
from bot.concurrency import ShuttingDown
from bot.outbox.queries import LONGEST_PAUSE, ClaimedRow, Kind, Note, Outbox, Superseded
from bot.store import Unavailable

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Rows that are delivered at the same time."""
DELIVERY_S = 60.0
"""Time limit for one of them, in seconds; less than a claim lasts."""
LONGEST_SLEEP_S = 60.0
"""Limit on the pause between two rounds: another process may have put or left something."""
SHORTEST_SLEEP_S = 1.0
LATEST = timedelta(days=1)
"""How long after the end of a row's time an edit is still tried."""


@dataclass(frozen=True)
class Ended:
    """What became of a delivery."""

    note: Note | None = None
    is_lost: bool = False
    """Whether members may not have seen it, and nobody will try again."""


class Delivery:
    """A row that is being delivered: how its kind sends and edits."""

    def __init__(self, app: App, platform: Platform, row: ClaimedRow, sent: int | None) -> None:
        """`sent` is the message that was sent earlier, if that could not be noted."""
        self._app, self._platform, self._row = app, platform, row
        self.sent = sent
        self.doubt_since = row.doubt_since

    @property
    def subject_id(self) -> int:
        """The poll, community, entry of the record or message that it is about."""
        return self._row.subject_id

    @property
    def channel_id(self) -> int:
        """Where it belongs."""
        return self._row.channel_id

    @property
    def step(self) -> int:
        """How far earlier attempts have come."""
        return self._row.step

    async def send(self, ref: MessageRef, message: Message, *, step: int = 1) -> int | None:
        """Send a message to the channel of `ref`, without pictures where files are forbidden.

        `step` is that of later attempts.

        Returns its id; `None` if it is too late, or it may have been sent before and the platform
        would not know it again. Raises `Unreachable`, to try again later, and other
        `DeliveryError`s.
        """
        if self.sent is not None:
            return self.sent
        outbox, now, knows_s = (
            self._app.store[Outbox],
            self._app.now(),
            self._platform.limits.nonce_s,
        )
        doubt_since = self.doubt_since
        is_forgotten = doubt_since is not None and abs(now - doubt_since) >= timedelta(
            seconds=knows_s
        )
        if is_forgotten or now > self._row.until:
            return None
        self.doubt_since = doubt_since or now
        await outbox.begin(self._row, step, self.doubt_since)
        self._row = replace(self._row, step=step)
        try:
            self.sent = await self._send(ref, message)
        except Unanswered as error:
            log.info("Nobody knows whether a message has arrived: %s", error)
        except Unreachable:
            if not self._platform.limits.nonce_s:  # else the answer may have been lost
                self.doubt_since = doubt_since
            raise
        except DeliveryError:
            self.doubt_since = doubt_since
            raise
        return self.sent

    async def _send(self, ref: MessageRef, message: Message) -> int:
        # By which the platform knows it again. Those of results were the poll's id in 1.0.
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
"""Renders and delivers a row of one kind, from what the database has now."""


class OutboxWorker:
    """Delivers rows, several at once, in their order within a channel.

    What fails is tried again with growing pauses, until its time is over. A limited channel holds
    up no other. While the platform is away, a row now and then finds out whether it is back.
    """

    def __init__(self, app: App, platform: Platform, kinds: Mapping[Kind, Deliver]) -> None:
        self._app, self._platform, self._kinds = app, platform, kinds
        self._woken = asyncio.Event()
        self._failures = 0
        """Attempts in a row for which the platform could not be reached."""
        self._back_at = app.now()
        """When it is tried again after that."""
        self._unnoted: dict[int, int] = {}
        """Messages that were sent but are not in the database, by row."""

    def wake(self) -> None:
        """Look for rows that were put, also while others are being delivered."""
        self._woken.set()

    async def deliver_due(self) -> float:
        """Run once, until nothing is due. Returns the seconds until the next run."""
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
        """Claim what is due, as far as there is room beside what is being delivered."""
        now = self._app.now()
        room = (1 if self._failures else AT_ONCE) - running
        is_back = not now < self._back_at <= now + LONGEST_PAUSE
        may_claim = self._platform.is_connected and is_back and not self._app.in_flight.is_stopping
        if not may_claim or room <= 0:
            return []
        return await self._app.store[Outbox].claim(self._platform.name, now, room)

    async def _seconds_to_next(self) -> float:
        """Seconds until something is due, or the platform may be back."""
        now = self._app.now()
        due = await self._app.store[Outbox].next_due(self._platform.name, now)
        if due is None:
            return LONGEST_SLEEP_S
        seconds = (max(due, self._back_at) - now).total_seconds()
        # What is due now waits for another process, which delivers something in the same channel.
        return min(max(seconds, SHORTEST_SLEEP_S), LONGEST_SLEEP_S)

    async def _deliver(self, row: ClaimedRow) -> None:
        """Deliver a row, or leave it to a later attempt, of this process or another one."""
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
        except Exception:
            log.exception("What became of a delivery (%s) could not be noted", row.kind)
            if self._app.now() > row.until + LATEST:  # else it would be tried for ever
                with suppress(ShuttingDown, Unavailable):
                    await self._app.store[Outbox].finish(row)
                self._app.monitor.metrics.deliveries.labels(row.kind, "lost").inc()

    async def _attempt(self, delivery: Delivery, row: ClaimedRow) -> Ended | None:
        """Try to deliver a row. Returns what became of it; `None` if it was put off."""
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
            if now >= self._back_at:
                self._failures += 1
                self._back_at = now + _pause_after(self._failures)
        except TimeoutError:
            log.info("A delivery (%s) took too long", row.kind)
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
        if now > row.until + LATEST:
            return Ended(is_lost=True)
        await outbox.postpone(row, now + pause, delivery.doubt_since)
        return None


def _pause_after(attempts: int) -> timedelta:
    """The pause after some attempts in a row: 1, 2, 4, … seconds."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 9)), LONGEST_PAUSE)
