"""Log records of discord.py about failures of the network, which it and the bot handle."""

import logging

import discord

from bot.logs import shorten
from bot.platforms.discord.platform import NO_NETWORK

LOGGERS = ("discord.app_commands.tree", "discord.client", "discord.shard", "discord.gateway")
"""The loggers of suggestions that did not arrive, and of connections that are made again."""
_HANDLED = (*NO_NETWORK, discord.HTTPException, discord.ConnectionClosed, discord.GatewayNotFound)


def shorten_library_logs() -> None:
    """Log failures of the network in one line: a traceback says that the bot has a fault."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(shortened)


def shortened(record: logging.LogRecord) -> bool:
    """Replace the traceback of a failure of the network by its error."""
    shorten(record, _HANDLED)
    return True
