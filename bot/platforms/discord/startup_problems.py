"""Why the bot cannot start on Discord, with what to do: for the operator."""

import json

import aiohttp
import discord

from bot.startup import DISCORD_APPS, Exit, StartupError

REFUSALS = (
    aiohttp.ClientError,
    OSError,
    discord.LoginFailure,
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
    discord.RateLimited,
    json.JSONDecodeError,  # what Discord sent broke off
)
"""Errors of a start: Discord refuses the bot, or cannot be reached."""
_NOT_AUTHENTICATED = 4004
"""Code with which Discord closes a connection whose token has been replaced."""


def startup_problem(error: BaseException) -> StartupError:
    """The problem that one of `REFUSALS` shows."""
    if isinstance(error, discord.LoginFailure) or getattr(error, "code", 0) == _NOT_AUTHENTICATED:
        return StartupError(
            Exit.TOKEN_REJECTED,
            "Discord does not accept DISCORD_TOKEN.",
            "Copy the token again, or reset it, on the page Bot of your application: "
            f"{DISCORD_APPS}",
        )
    if isinstance(error, discord.GatewayNotFound) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, discord.RateLimited) or getattr(error, "status", 0) in (403, 429):
        return StartupError(
            Exit.UNREACHABLE,
            f"Discord refuses requests from this address for now ({_reason(error)}).",
            "Wait an hour; another bot on the same address may have sent too many.",
        )
    if isinstance(error, discord.HTTPException):
        return StartupError(
            Exit.UNREACHABLE,
            f"Discord cannot answer ({_reason(error)}).",
            "Look at https://discordstatus.com and try again later.",
        )
    return StartupError(
        Exit.UNREACHABLE,
        f"Discord cannot be reached ({_reason(error)}).",
        "Check the network, its DNS and the firewall: the bot needs HTTPS to discord.com and "
        "gateway.discord.gg.",
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error).partition("\n")[0] or type(error).__name__
