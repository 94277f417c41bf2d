"""Polls on names, in a test's channel."""

from collections.abc import Sequence
from datetime import timedelta

import discord
import simcord

from tests.bot.conftest import Home

TOMORROW = timedelta(days=1)
TEN_MINUTES = 600.0
"""Seconds that a poll lasts unless a server says otherwise."""


async def a_poll(home: Home) -> discord.Message:
    """A new poll on three names: the first message of the channel."""
    await home.alice.slash(home.channel, "dinoname", count=3)
    return first_message(home)


def first_message(home: Home) -> discord.Message:
    """The first message of the channel, as it is now."""
    return home.channel.history()[0]


def names_on(message: discord.Message) -> Sequence[str]:
    """The lines of a poll."""
    (embed,) = message.embeds
    return (embed.description or "").split("\n")


def members(home: Home, count: int) -> list[simcord.MemberActor]:
    """Some new members of the server."""
    return [home.guild.add_member(home.env.create_user(f"member{i}")) for i in range(count)]


async def close_elsewhere(home: Home) -> None:
    """Another process closes the only poll, and has not shown it yet."""
    (record,) = await home.app.store.polls.due(home.env.now() + TOMORROW)
    assert await home.app.store.polls.close(record.id, home.env.now()) is not None
