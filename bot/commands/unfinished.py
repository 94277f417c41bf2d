"""Closes answers that a killed process left unfinished."""

import logging

from bot.commands.core.app import App
from bot.commands.core.message import Button, Message, text
from bot.commands.core.translation import _
from bot.commands.core.turn import AnswerRef, DeliveryError, Platform, Unreachable
from bot.store import Unavailable
from bot.store.answers.unfinished import UnfinishedRecord

log = logging.getLogger(__name__)


class AnswerCloser:
    """Closes what dead processes left behind on a platform."""

    def __init__(self, app: App, platform: Platform) -> None:
        self._app = app
        self._platform = platform
        self._left: dict[int, UnfinishedRecord] = {}
        """Those that could not be closed yet."""

    async def close_left(self) -> None:
        """Run once: record a sign of life, and close what is found. Tries again what fails."""
        unfinished = self._app.unfinished
        try:
            await unfinished.beat()
            self._left |= await unfinished.claim(self._platform.name)
        except Unavailable:  # logged where it is raised
            return
        for number, record in list(self._left.items()):
            if await self._is_closed(record):
                del self._left[number]
                unfinished.end(number)

    async def _is_closed(self, record: UnfinishedRecord) -> bool:
        """Close an answer. Returns false if that may succeed later."""
        ref = AnswerRef(record.channel_id, record.message_id, record.token)
        try:
            await self._platform.close_answer(ref, closing_message(record))
        except Unreachable:
            return False
        except DeliveryError as error:
            log.info("An unfinished answer could not be closed: %s", error)
        else:
            log.info("An answer was closed that a process had left unfinished")
        return True


def closing_message(record: UnfinishedRecord) -> Message:
    """What an unfinished answer becomes."""
    if not record.action:
        return Message(
            text(_("The bot was restarted while it was working on this. Use the command again."))
        )
    return Message(
        text(_("The bot was restarted while it was writing this.")),
        buttons=(Button(_("Try again"), record.action, record.state, emoji="🔁"),),
    )
