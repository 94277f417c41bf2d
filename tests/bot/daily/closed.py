"""Channels that the bot cannot post in."""

from typing import NoReturn

from bot.chat.turn import Forbidden


async def forbidden(*_: object, **__: object) -> NoReturn:
    """In place of `Platform.send`."""
    raise Forbidden("not here")
