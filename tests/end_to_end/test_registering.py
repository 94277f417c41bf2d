"""Commands that Discord does not register at the start of the bot."""

import asyncio
from pathlib import Path

import pytest

from bot.platforms.discord import client
from simulators.common.faults import FaultKind, RestFault
from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import PATIENCE_S, mangosaurus

OLD = [{"name": "dinoname", "description": "As an earlier version registered it"}]


@pytest.mark.parametrize("kind", [FaultKind.ROUTE_LIMIT, FaultKind.UNAVAILABLE])
async def test_commands_are_registered_later(
    local: LocalDiscord,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: FaultKind,
) -> None:
    """Meanwhile the bot answers those that were registered before."""
    for limit in ("REGISTER_S", "FIRST_PAUSE_S", "LONGEST_PAUSE_S"):
        monkeypatch.setattr(client, limit, 0.1)
    local.state.commands.overwrite(OLD)
    local.faults.rest = RestFault(kind, paths="PUT .*/commands", seconds=0.5)
    async with mangosaurus(local, tmp_path, home_guilds=frozenset()):
        assert (await local.run_command("dinoname")).message.embed["title"]
        local.faults.rest = None
        picker = local.state.commands.picker
        await local.wait_for(lambda: len(picker(local.member, f"{local.guild_id}")) > 1)
    assert caplog.text.count("are not registered yet") == 1


async def test_login_and_stop_during_a_long_limit(
    local: LocalDiscord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that waits for its end is given up, and the next one does not wait for it."""
    monkeypatch.setattr(client, "REGISTER_S", 0.1)
    limit = RestFault(FaultKind.ROUTE_LIMIT, paths="PUT .*/commands", seconds=431.0)
    local.faults.rest = limit
    async with mangosaurus(local, tmp_path) as bot:
        bot._stop_registering()  # as before another login
        local.faults.rest = None
        await asyncio.wait_for(bot._register(), PATIENCE_S)
        local.faults.rest = limit
        await bot._register_or_later()
        assert bot._registering is not None
        assert not bot._registering.done()
    assert bot._registering.cancelled()
