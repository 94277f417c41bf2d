"""Commands as they are registered: for whom, where, and what happens if Discord refuses them."""

from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import discord
import pytest
from discord import app_commands

from bot.features import REGISTRY
from bot.platforms.discord.commands import (
    Installs,
    RegisteredInFile,
    add_commands,
    sync_if_changed,
)
from bot.platforms.discord.platform import TERMS
from tests.bot.platforms.discord.test_platform import refused

BOTH, SERVERS = Installs(guild=True, user=True), Installs(guild=True, user=False)
USERS = Installs(guild=False, user=True)
GUILD = discord.Object(77)


def tree_of(
    installs: Installs, *homes: discord.abc.Snowflake
) -> app_commands.CommandTree[discord.Client]:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    add_commands(tree, REGISTRY.worded(TERMS).commands, installs, homes)
    return tree


def payloads(tree: app_commands.CommandTree[discord.Client]) -> dict[str, dict[str, Any]]:
    return {each.name: each.to_dict(tree) for each in tree.get_commands()}


@pytest.mark.parametrize(
    ("installs", "name", "types", "contexts"),
    [
        (BOTH, "dinoname", [0, 1], [0, 1, 2]),
        (SERVERS, "dinoname", [0], [0, 1]),
        (USERS, "dinoname", [1], [0, 1, 2]),
        (BOTH, "owner", [0], [0, 1]),
        (BOTH, "settings", [0], [0]),
        (BOTH, "Moderate this message", [0], [0]),
    ],
)
def test_where_a_command_is_offered(
    installs: Installs, name: str, types: list[int], contexts: list[int]
) -> None:
    """Without the fields, commands for servers are offered to user installs as well."""
    every = payloads(tree_of(installs))
    assert (every[name]["integration_types"], every[name]["contexts"]) == (types, contexts)
    assert all(each["integration_types"] and each["contexts"] for each in every.values())


def test_application_that_no_server_can_add(caplog: pytest.LogCaptureFixture) -> None:
    every = payloads(tree_of(USERS))
    assert "dinoname" in every
    assert "settings" not in every
    assert "left out: " in caplog.text
    assert " namer, " in caplog.text


async def test_refused_commands(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A sentence says so, the bot goes on, and the next start tries again."""
    tree, registered = tree_of(BOTH, GUILD), RegisteredInFile(tmp_path)
    tree.sync = AsyncMock(side_effect=refused(discord.Forbidden, 403, 50001))  # type: ignore[method-assign]
    await sync_if_changed(tree, registered, {GUILD.id})
    assert "members have those that were registered before" in caplog.text
    assert "in the server 77. Invite the bot there" in caplog.text
    assert await registered.digests() == {}
    tree.sync = AsyncMock(side_effect=refused(discord.DiscordServerError, 503, 0))  # type: ignore[method-assign]
    with pytest.raises(discord.HTTPException):
        await sync_if_changed(tree, registered, {GUILD.id})


async def test_former_home(tmp_path: Path) -> None:
    """Its commands are removed once, also if the bot is no longer there."""
    registered, sync = RegisteredInFile(tmp_path), AsyncMock(return_value=[])
    for tree, homes, places in (
        (tree_of(BOTH, GUILD), {GUILD.id}, [None, GUILD]),
        (tree_of(BOTH, GUILD), {GUILD.id}, []),
        (tree_of(BOTH), set[int](), [None, GUILD]),
        (tree_of(BOTH), set[int](), []),
    ):
        tree.sync = sync  # type: ignore[method-assign]
        sync.reset_mock()
        await sync_if_changed(tree, registered, homes)
        assert [call.kwargs["guild"] for call in sync.await_args_list] == places
