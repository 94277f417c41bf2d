"""Private notes that later requests of the same member replace, instead of adding one each time."""

from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.chat.message import Message
from bot.chat.turn import AnswerRef, DeliveryError, Platform, Turn
from bot.concurrency import Locks

REPLACEABLE = timedelta(minutes=14)
"""How long a note is replaced. Discord's tokens are valid for 15 minutes."""
MOST = 5_000


@dataclass(frozen=True)
class _Note:
    message: Message
    ref: AnswerRef | None
    """The note; `None` where it cannot be replaced."""
    sent_at: datetime
    said_at: datetime
    """Time at which the member asked for what the note says now."""


class PrivateNotes:
    """The last note of each member on each subject, as far as this process has sent it.

    After a restart, the next note is a new one: the token of the earlier one is a secret for
    minutes, which is not worth a row for each vote.
    """

    def __init__(self) -> None:
        self._notes: OrderedDict[tuple[Hashable, int], _Note] = OrderedDict()
        """The oldest first, by subject and member."""
        self._locks = Locks()

    async def show(self, turn: Turn, subject: Hashable, message: Message, at: datetime) -> None:
        """Replace the last note, or send one. What it says already is not repeated.

        `at` is when the member asked for it. Of quick requests, the last one counts, in whatever
        order they arrive here. Raises `DeliveryError`.
        """
        async with self._locks.of((subject, turn.user.id)):
            await self._show(turn, subject, message, at)

    async def _show(self, turn: Turn, subject: Hashable, message: Message, at: datetime) -> None:
        while self._notes and (
            len(self._notes) > MOST or next(iter(self._notes.values())).sent_at < at - REPLACEABLE
        ):
            self._notes.popitem(last=False)
        last = self._notes.get((subject, turn.user.id))
        if last is not None and at < last.said_at:
            return
        if last is not None and last.message == message:
            self.changed(turn, subject, message, at)
            return
        if last is not None and last.ref is not None:
            try:
                await turn.platform.close_answer(last.ref, message)
            except DeliveryError:  # it is gone, or may say this already
                self.changed(turn, subject, Message(), at)
            else:
                self.changed(turn, subject, message, at)
                return
        await turn.respond(message)
        note = _Note(message, turn.private_answer, sent_at=at, said_at=at)
        self._notes.pop((subject, turn.user.id), None)
        self._notes[subject, turn.user.id] = note

    async def close(
        self, platform: Platform, subject: Hashable, message: Message, at: datetime
    ) -> None:
        """Replace the last notes on a subject that have buttons, as far as they can be. Never
        raises.
        """
        for key in [key for key in self._notes if key[0] == subject]:
            async with self._locks.of(key):
                note = self._notes.pop(key, None)
                if note is None or note.ref is None or note.sent_at < at - REPLACEABLE:
                    continue
                if note.message.buttons and not platform.spares_requests:
                    with suppress(DeliveryError):
                        await platform.close_answer(note.ref, message)

    def changed(self, turn: Turn, subject: Hashable, message: Message, at: datetime) -> None:
        """Note that the last note says something else by now."""
        if (last := self._notes.get((subject, turn.user.id))) is not None:
            self._notes[subject, turn.user.id] = replace(last, message=message, said_at=at)
