"""What an operator is told when the bot cannot start on Discord."""

from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest

from bot.platforms.discord.startup_problems import REFUSALS, startup_problem
from bot.startup import Exit


def answer(status: int) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="x")
    return discord.HTTPException(response, "")


def without_gateway(status: int) -> discord.GatewayNotFound:
    error = discord.GatewayNotFound()  # type: ignore[no-untyped-call]
    error.__cause__ = answer(status)
    return error


def closed(code: int) -> discord.ConnectionClosed:
    socket: Any = SimpleNamespace(close_code=code)
    return discord.ConnectionClosed(socket, shard_id=0, code=code)


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (answer(403), "Discord refuses requests from this address for now (403 "),
        (answer(429), "Discord refuses requests from this address for now (429 "),
        (discord.RateLimited(3600), "Discord refuses requests from this address for now ("),
        (without_gateway(429), "Discord refuses requests from this address for now (429 "),
        (answer(503), "Discord cannot answer (503 "),
        (aiohttp.ClientConnectionError("no route"), "Discord cannot be reached (no route)."),
        (TimeoutError(), "Discord cannot be reached (no answer in time)."),
        (discord.LoginFailure("x"), "Discord does not accept DISCORD_TOKEN."),
        (closed(4004), "Discord does not accept DISCORD_TOKEN."),
        (closed(4000), "Discord cannot be reached ("),
    ],
)
def test_problem(error: Exception, found: str) -> None:
    assert isinstance(error, REFUSALS)
    problem = startup_problem(error)
    is_token = "accept DISCORD_TOKEN" in found
    assert problem.code is (Exit.TOKEN_REJECTED if is_token else Exit.UNREACHABLE)
    assert problem.found.startswith(found)
    assert problem.advice
