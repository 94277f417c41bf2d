"""Audiences: the groups of commands that a member may use, as lists, forms and help show them."""

from collections.abc import Collection
from contextlib import suppress

from bot.chat.app import App
from bot.chat.commands import Audience
from bot.chat.turn import DeliveryError, Turn


async def audiences_of(app: App, turn: Turn) -> Collection[Audience]:
    """The audiences that the member belongs to, as `bot/community/rights.py` decides."""
    user, is_operator = turn.user, False
    with suppress(DeliveryError):
        is_operator = await turn.platform.is_operator(user.id)
    rights = {
        Audience.EVERYONE: True,
        Audience.MODERATORS: user.is_moderator or is_operator,
        Audience.MANAGERS: user.is_manager,
        Audience.ADMINISTRATORS: is_operator
        or (user.is_administrator and app.is_home(turn.community_id)),
        Audience.OWNERS: is_operator,
    }
    return [audience for audience, has_it in rights.items() if has_it]
