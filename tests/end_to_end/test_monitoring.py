"""What the operator sees of requests, from the socket to the log."""

import logging
import re
from pathlib import Path

import discord
import pytest

from simulators.common.faults import FaultKind, RestFault
from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import mangosaurus
from tests.metrics import value
from tests.waiting import eventually


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name == "bot.monitoring.monitor"]


async def test_requests_are_counted(
    local: LocalDiscord, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with mangosaurus(local, tmp_path) as bot:
        monitor = bot.app.monitor
        named = await local.run_command("dinoname", {"count": 3})
        await local.press(named.message, named.message.buttons[0].label)
        await local.run_command("dinoname", {"starts_with": "кот"})
        await eventually(lambda: monitor.requests == 3)
        assert value(monitor, "requests_total", request="/dinoname", outcome="answered") == 1
        assert value(monitor, "requests_total", request="/dinoname", outcome="refused") == 1
        assert value(monitor, "requests_total", request="button vote", outcome="answered") == 1
        assert value(monitor, "acknowledgement_seconds_count") == 3
        assert value(monitor, "gateway_events_total", event="connect") == 1
        assert value(monitor, "ready", check="gateway") == 1
        assert (value(monitor, "inference_batch_size_count", task="names") or 0) >= 1
        before = value(monitor, "rest_responses_total", status="2xx") or 0
        assert before >= 3
        with pytest.raises(discord.NotFound):
            await bot.fetch_user(1)
        assert value(monitor, "rest_responses_total", status="4xx") == 1
    answered, refused, voted = sorted(lines(caplog))
    place = rf"in server {local.guild_id}: "
    seconds = r"\(acknowledged \d\.\d+, waited \d\.\d+, networks \d\.\d+\)"
    assert re.match(rf"/dinoname {place}answered after \d+\.\d+ s {seconds}$", answered)
    assert re.match(rf"button vote {place}answered", voted)
    assert re.match(rf"/dinoname {place}refused UserError after", refused)
    assert "кот" not in refused


async def test_refused_requests_are_counted(local: LocalDiscord, tmp_path: Path) -> None:
    """Also those of interactions, which the library sends another way, and each repeated one."""
    async with mangosaurus(local, tmp_path) as bot:
        local.faults.rest = RestFault(FaultKind.ROUTE_LIMIT, paths="/callback", seconds=0.01)
        await local.run_command("help", until="sent")
        await eventually(lambda: bot.app.monitor.invalid_requests.recent >= 2)
        assert (value(bot.app.monitor, "invalid_requests_total", status="429") or 0) >= 2
        local.faults.rest = None
