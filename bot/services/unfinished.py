"""Answers in progress, recorded so that a restart can close those that a crash left behind."""

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable
from datetime import datetime

from bot.store import Unavailable
from bot.store.answers.unfinished import Unfinished, UnfinishedRecord

log = logging.getLogger(__name__)

BEAT_S = 10.0
"""Seconds between two signs of life, and between two searches for what others left behind."""


class UnfinishedAnswers:
    """Records the answers in progress of this process. Nobody waits for the database."""

    def __init__(self, records: Unfinished, now: Callable[[], datetime]) -> None:
        self.owner = f"{socket.gethostname()[:60]}/{secrets.token_hex(8)}"
        self._records = records
        self._now = now
        self._open: set[int] = set()
        """Answers in progress, or whose end is not stored yet."""
        self._begun: dict[int, UnfinishedRecord] = {}
        self._ended: set[int] = set()
        """What is to be written."""
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
        self._begun[number] = UnfinishedRecord(
            number, platform, channel_id, message_id, token, action, state
        )
        self._open.add(number)
        self._write_soon()
        return number

    def end(self, number: int) -> None:
        """Forget an answer: the member has seen its end."""
        if self._begun.pop(number, None) is not None:  # not written yet
            self._open.discard(number)
        else:
            self._ended.add(number)
            self._write_soon()

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
        return {record.id: record for record in claimed}

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
            except Unavailable:  # logged where it is raised; `beat` tries again
                self._ended |= ended
                return
            self._open -= ended
