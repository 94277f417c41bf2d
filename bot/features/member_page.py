"""The page of a member: what they can do, the champion of the day, their poems and data."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from bot.chat.app import App, MemberPage
from bot.chat.audiences import audiences_of
from bot.chat.message import Message
from bot.chat.turn import Turn
from bot.concurrency import within
from bot.help.help import examples_for
from bot.polls import hall_of_fame
from bot.privacy import privacy
from bot.store import StoreError
from bot.verse import poems

log = logging.getLogger(__name__)

PATIENCE_S = 4.0
"""Seconds that each part may take to be found."""


async def member_page(app: App, turn: Turn) -> MemberPage:
    """The page of a member. Raises `UserError` for a blocked one, and `StoreError`."""
    await app.blocks.check(turn)
    audiences, champion, newest_poem, data = await asyncio.gather(
        audiences_of(app, turn),
        _found(hall_of_fame.champion_message(app, turn)),
        _found(poems.page(app, turn.user.id, 0)),
        _found(privacy.overview(app, turn)),
    )
    is_guest = turn.user.is_guest
    examples = {each: examples_for(app.registry, (each,), is_guest=is_guest) for each in audiences}
    return MemberPage(examples, champion, newest_poem, data)


async def _found(message: Coroutine[Any, Any, Message]) -> Message | None:
    try:
        return await within(PATIENCE_S, message)
    except (StoreError, TimeoutError) as error:
        log.info("A part of a member's page could not be found: %r", error)
        return None
