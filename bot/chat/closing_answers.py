"""Closes answers that a killed process left unfinished, or whose end could not be delivered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.chat.app import App
from bot.chat.errors import try_again
from bot.chat.message import Message
from bot.chat.translation import _
from bot.chat.turn import AnswerRef, DeliveryError, Platform, Unreachable
from bot.chat.unfinished import Final
from bot.store import Unavailable
from bot.store.answers import UnfinishedRecord
from bot.store.members import Deletions
from bot.text.spans import Text, text
from data.phrases import Showable

log = logging.getLogger(__name__)

MOST_CLOSED = 8
"""Answers that are closed at the same time: few, so that requests of members come first."""


class AnswerCloser:
    """Closes what dead processes left behind on a platform, and what this one could not end."""

    def __init__(
        self, app: App, platform: Platform, shows_removed: Callable[[Final], Awaitable[bool]]
    ) -> None:
        """`shows_removed` tells whether an answer shows a name that was removed since."""
        self._app = app
        self._platform = platform
        self._shows_removed = shows_removed
        self._left: dict[int, UnfinishedRecord] = {}
        """Answers that could not be closed yet."""

    async def beat(self) -> None:
        """Record a sign of life. Not part of `close_left`, which may take long."""
        with suppress(Unavailable):  # logged where it is raised
            await self._app.unfinished.beat()

    async def close_left(self) -> None:
        """Run once: close what is found, a few at the same time. Tries again what fails."""
        unfinished, name = self._app.unfinished, self._platform.name
        with suppress(Unavailable):  # logged where it is raised
            self._left |= await unfinished.claim(name)
        slots = asyncio.Semaphore(MOST_CLOSED)

        async def close(record: UnfinishedRecord, message: Message) -> None:
            async with slots:
                if await self._is_closed(record, message):
                    self._left.pop(record.id, None)
                    unfinished.end(record.id)

        async def finish(record: UnfinishedRecord, final: Final | None) -> None:
            with suppress(Unavailable):
                if final is None or await self._is_outdated(final):
                    await close(record, undelivered_message(record, self._platform.terms.platform))
                else:
                    await close(record, final.message)

        self._drop_old()
        await asyncio.gather(
            *(close(each, closing_message(each)) for each in self._left.values()),
            *(finish(*each) for each in unfinished.released(name)),
        )

    async def _is_outdated(self, final: Final) -> bool:
        """Whether an answer shows a removed name, or its member deleted their data since.

        It may have waited for the platform for a while. Raises `Unavailable`.
        """
        if await self._app.store[Deletions].has(final.author):
            return True
        return await self._shows_removed(final)

    def _drop_old(self) -> None:
        """Forget answers that are too old: the platform takes their tokens no more."""
        now = self._app.now()
        for record in [each for each in self._left.values() if each.is_old(now)]:
            del self._left[record.id]
            self._app.unfinished.end(record.id)

    async def _is_closed(self, record: UnfinishedRecord, message: Message) -> bool:
        """Close an answer. Returns false if that may succeed later."""
        token = record.token_at(self._app.now())
        ref = AnswerRef(record.channel_id, record.message_id, token, locale=record.locale)
        try:
            await self._platform.close_answer(ref, message)
        except Unreachable:
            return False
        except DeliveryError as error:
            log.info("An unfinished answer could not be closed: %s", error)
        else:
            log.info("An answer was closed that a process had left unfinished")
        return True


def closing_message(record: UnfinishedRecord) -> Message:
    """The message that replaces an unfinished answer."""
    if not record.action:
        return Message(
            text(_("The bot was restarted while it was working on this. Use the command again."))
        )
    return _with_retry(text(_("The bot was restarted while it was writing this.")), record)


def undelivered_message(record: UnfinishedRecord, platform: Showable) -> Message:
    """The message that replaces an answer whose end could not be delivered."""
    if not record.action:
        why = _("The answer was ready, but {platform} couldn't be reached. Use the command again.")
        return Message(text(why, platform=platform))
    why = _("The answer was ready, but {platform} couldn't be reached.")
    return _with_retry(text(why, platform=platform), record)


def _with_retry(why: Text, record: UnfinishedRecord) -> Message:
    return Message(why, buttons=(try_again(record.action, record.state),))
