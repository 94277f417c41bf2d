"""Errors of discord.py as delivery errors."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import aiohttp
import discord
import pytest

from bot.chat.turn import (
    Deleted,
    DeliveryError,
    Forbidden,
    Gone,
    Limited,
    Refused,
    Unreachable,
)
from bot.monitoring.invalid_requests import InvalidRequests
from bot.platforms.discord.platform import DiscordPlatform, delivery


def refused(kind: type[discord.HTTPException], status: int, code: int) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="")
    return kind(response, {"code": code, "message": "no"})


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (aiohttp.ClientError(), Unreachable),
        (TimeoutError(), Unreachable),
        (ConnectionResetError(), Unreachable),
        (json.JSONDecodeError("", "{", 1), Unreachable),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, ""), Unreachable),  # a page of a proxy
        (RuntimeError("Session is closed"), Unreachable),
        (refused(discord.DiscordServerError, 503, 0), Unreachable),
        (refused(discord.HTTPException, 429, 0), Unreachable),
        (refused(discord.HTTPException, 429, 30046), Limited),  # an old message, edited often
        (discord.RateLimited(60.0), Unreachable),
        (refused(discord.NotFound, 404, 10003), Deleted),
        (refused(discord.NotFound, 404, 10008), Deleted),
        (refused(discord.NotFound, 404, 10062), Gone),
        (refused(discord.HTTPException, 401, 50027), Gone),
        (refused(discord.HTTPException, 401, 0), Refused),  # until the token is replaced
        (refused(discord.Forbidden, 403, 50013), Forbidden),
        (refused(discord.Forbidden, 403, 50001), Forbidden),
        (refused(discord.Forbidden, 403, 50083), Forbidden),
        (refused(discord.Forbidden, 403, 60003), Forbidden),
        (refused(discord.Forbidden, 403, 40333), Refused),  # by Cloudflare
        (refused(discord.Forbidden, 403, 0), Refused),  # the same, as a page
        (refused(discord.Forbidden, 403, 40001), Refused),
        (refused(discord.NotFound, 404, 0), Refused),
        (refused(discord.HTTPException, 400, 50083), Forbidden),  # a thread that stays archived
        (refused(discord.HTTPException, 400, 50035), DeliveryError),
    ],
)
async def test_delivery_errors(raised: Exception, expected: type[Exception]) -> None:
    with pytest.raises(DeliveryError) as caught:
        async with delivery():
            raise raised
    assert type(caught.value) is expected
    assert caught.value.__cause__ is raised


async def test_bugs_are_raised_as_they_are() -> None:
    with pytest.raises(ZeroDivisionError):
        async with delivery():
            raise ZeroDivisionError


async def test_request_without_answer() -> None:
    with pytest.raises(Unreachable):
        async with delivery(0.01):
            await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("closed", "is_connected", "is_reachable"),
    [((False, False), True, True), ((True, False), False, True), ((True, True), False, False)],
)
def test_closed_shards(closed: tuple[bool, ...], is_connected: bool, is_reachable: bool) -> None:
    """A shard that is away delays no messages, which need no gateway; without any, Discord is."""
    shards = {n: Mock(**{"is_closed.return_value": each}) for n, each in enumerate(closed)}
    platform = DiscordPlatform(Mock(shards=shards), InvalidRequests())
    assert platform.is_connected == is_connected
    assert platform.is_reachable == is_reachable
