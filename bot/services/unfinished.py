"""Answers in progress, recorded so that a restart can close those that a crash left behind."""

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable, Collection
from datetime import datetime

from bot.store import OutcomeUnknown, Unavailable
from bot.store.answers.unfinished import Unfinished, UnfinishedRecord

log = logging.getLogger(__name__)

BEAT_S = 10.0
"""Seconds between two signs of life, and between two searches for what others left behind."""


class UnfinishedAnswers:
    """Records the answers in progress of this process. Nobody waits long for the database."""

    def __init__(self, records: Unfinished, now: Callable[[], datetime]) -> None:
        self.owner = f"{socket.gethostname()[:60]}/{secrets.token_hex(8)}"
        self._records = records
        self._now = now
        self._open: dict[int, UnfinishedRecord] = {}
        """Answers in progress, or whose end is not stored yet."""
        self._released: set[int] = set()
        """Those whose end the member has not seen."""
        self._begun: dict[int, UnfinishedRecord] = {}
        self._ended: set[int] = set()
        """What is to be written."""
        self._unsure: set[int] = set()
        """Those to be written that may be in the database already."""
        self._writer: asyncio.Task[None] | None = None

    @property
    def is_writing(self) -> bool:
        """Whether something is not in the database yet."""
        return self._writer is not None and not self._writer.done()

    def begin(
        self,
        platform: str,
        channel_id: int | None,
        message_id: int | None,
        token: str | None = None,
        button: tuple[str, str] = ("", ""),
    ) -> int:
        """Record an answer. `button`: action and state to repeat it. Returns a number for `end`."""
        number = 1 + secrets.randbelow(2**62)
        action, state = button
        record = UnfinishedRecord(
            number, platform, channel_id, message_id, token, action, state, self._now()
        )
        self._begun[number] = self._open[number] = record
        self._write_soon()
        return number

    def end(self, number: int) -> None:
        """Forget an answer: the member has seen its end."""
        self._released.discard(number)
        is_waiting = self._begun.pop(number, None) is not None
        if is_waiting and number not in self._unsure:
            self._open.pop(number, None)
        else:
            self._ended.add(number)
            self._write_soon()

    def release(self, number: int) -> None:
        """Leave an answer to whoever closes what is unfinished: its end could not be delivered."""
        self._released.add(number)

    def released(self, platform: str) -> dict[int, UnfinishedRecord]:
        """What this process has released on a platform, by number. `end` forgets each of them."""
        records = {number: self._open[number] for number in self._released}
        return {number: each for number, each in records.items() if each.platform == platform}

    async def beat(self) -> None:
        """Record a sign of life, if anything is in progress. Raises `Unavailable`."""
        if self._open:
            await self._records.beat(self.owner, self._now())
            self._write_soon()

    async def claim(self, platform: str) -> dict[int, UnfinishedRecord]:
        """Take over what dead processes left behind, by number. `end` forgets each of them.

        Raises `Unavailable`.
        """
        claimed = await self._records.claim(platform, self.owner, self._now())
        records = {record.id: record for record in claimed}
        self._open |= records  # alive as long as this process
        return records

    async def wait_written(self, seconds: float) -> None:
        """Wait until everything is written, or for some seconds."""
        if self._writer is not None:
            await asyncio.wait([self._writer], timeout=seconds)

    async def close(self) -> None:
        """Wait until everything is written, or cannot be."""
        if self._writer is not None:
            await asyncio.wait([self._writer])

    def _write_soon(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._begun or self._ended:
            begun, ended = self._begun, self._ended
            self._begun, self._ended = {}, set()
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
