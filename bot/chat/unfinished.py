"""Answers in progress, recorded so that a restart can close those that a crash left behind."""

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from bot.chat.message import Button, Message
from bot.chat.turn import AnswerRef
from bot.store import OutcomeUnknown, Unavailable
from bot.store.answers import Unfinished, UnfinishedRecord
from bot.store.members import Author

log = logging.getLogger(__name__)

BEAT_S = 10.0
"""Seconds between two signs of life, and between two searches for what others left behind."""
MOST_WRITTEN = 100
"""Answers recorded in one transaction: building its rows keeps the event loop from other work."""
MOST_FINALS = 100
"""Answers that are kept until they can be delivered: poems of a few kilobytes each."""


@dataclass(frozen=True)
class Final:
    """The end of an answer that could not be delivered."""

    message: Message
    author: Author
    """The member who gets the answer."""
    community_id: int | None
    asked_at: datetime


class UnfinishedAnswers:
    """Records the answers in progress of this process. Nobody waits long for the database."""

    def __init__(self, records: Unfinished, now: Callable[[], datetime]) -> None:
        self.owner = f"{socket.gethostname()[:60]}/{secrets.token_hex(8)}"
        self._records = records
        self._now = now
        self._open: dict[int, UnfinishedRecord] = {}
        """Answers in progress, or whose end is not stored yet."""
        self._released: dict[int, Final | None] = {}
        """Answers whose end the member has not seen, with that end if it is kept."""
        self._begun: dict[int, UnfinishedRecord] = {}
        self._ended: set[int] = set()
        """Answers whose end is to be written."""
        self._unsure: set[int] = set()
        """Begun answers that may be in the database already."""
        self._writer: asyncio.Task[None] | None = None

    def begin(self, platform: str, ref: AnswerRef, retry: Button | None = None) -> int:
        """Record an answer. `retry` is the button that repeats it. Returns a number for `end`."""
        number = 1 + secrets.randbelow(2**62)
        place = ref.channel_id, ref.message_id, ref.token
        again = (retry.action, retry.state) if retry is not None else ("", "")
        record = UnfinishedRecord(number, platform, *place, *again, ref.locale, self._now())
        self._begun[number] = self._open[number] = record
        self._write_soon()
        return number

    def end(self, number: int) -> None:
        """Forget an answer: the member has seen its end."""
        self._released.pop(number, None)
        is_waiting = self._begun.pop(number, None) is not None
        if is_waiting and number not in self._unsure:
            self._open.pop(number, None)
        else:
            self._ended.add(number)
            self._write_soon()

    def release(self, number: int, final: Final | None = None) -> None:
        """Leave an answer that could not be delivered to the process that closes such ones.

        `final` is what could not be delivered. It is kept in memory only, and dropped if many are.
        """
        kept = sum(each is not None for each in self._released.values())
        self._released[number] = final if kept < MOST_FINALS else None

    def released(self, platform: str) -> list[tuple[UnfinishedRecord, Final | None]]:
        """Answers that this process has released on a platform. `end` forgets each of them.

        Answers that are too old are ended here.
        """
        found = [(self._open[number], final) for number, final in self._released.items()]
        now = self._now()
        for record, _final in found:
            if record.is_old(now):
                self.end(record.id)
        return [
            (record, final)
            for record, final in found
            if record.platform == platform and not record.is_old(now)
        ]

    async def beat(self) -> None:
        """Record a sign of life, if anything is in progress. Raises `Unavailable`."""
        if self._open:
            await self._records.beat(self.owner, self._now())
            self._write_soon()

    async def claim(self, platform: str) -> dict[int, UnfinishedRecord]:
        """Take over what dead processes left behind, by number. `end` forgets each of them.

        Raises `Unavailable`.
        """
        claimed = await self._records.claim(platform, self.owner, self._now(), self._open)
        records = {record.id: record for record in claimed}
        self._open |= records  # alive as long as this process
        return records

    async def wait_written(self, seconds: float | None = None) -> None:
        """Wait until everything is written or cannot be, or for some seconds."""
        if self._writer is not None:
            await asyncio.wait([self._writer], timeout=seconds)

    def _write_soon(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._begun or self._ended:
            begun = dict(islice(self._begun.items(), MOST_WRITTEN))
            left_over = {n: each for n, each in self._begun.items() if n not in begun}
            ended = self._ended - left_over.keys()  # what ends is begun before
            self._begun, self._ended = left_over, self._ended - ended
            try:
                await self._records.write(begun.values(), ended, self.owner, self._now())
            except Unavailable as error:  # logged where it is raised; `beat` tries again
                if isinstance(error, OutcomeUnknown):
                    self._unsure |= begun.keys()
                over = begun.keys() & self._ended
                self._forget(over - self._unsure)  # nothing was written
                left = {number: begun[number] for number in begun.keys() - over}
                self._begun = left | self._begun
                self._ended |= ended
                return
            self._unsure -= begun.keys() | ended
            self._forget(ended)

    def _forget(self, numbers: Collection[int]) -> None:
        self._ended.difference_update(numbers)
        for number in numbers:
            self._open.pop(number, None)
