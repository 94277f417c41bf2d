"""The bot's account on Discord: network, token, intents, gateway, servers, and the clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from bot.launch import Tokens
from bot.operate.doctor.findings import Finding, fine, problem, refused, warning
from bot.settings import Settings
from bot.startup import DISCORD_APPS

if TYPE_CHECKING:
    import aiohttp
    import discord

ANSWER_S = 40.0
"""Seconds that all answers may take. discord.py repeats requests that fail, for 25 s."""
LONGEST_PAUSE_S = 30.0
"""Seconds that Discord may ask to wait between two requests; a ban lasts an hour."""
PRIVILEGED = {
    "Presence": "gateway_presence",
    "Server Members": "gateway_guild_members",
    "Message Content": "gateway_message_content",
}
"""Flags of an application for its intents."""
FEW_CONNECTIONS = 50
HOMES = 10
"""Home servers that are looked at."""
SLOW_CLOCK_S = 5.0
WRONG_CLOCK_S = 60.0
REFUSING = (403, 429)
"""Statuses with which Discord refuses an address; others are a problem of its own."""
NO_TOKEN = "none"
"""A token that Discord refuses: so it can be reached."""


def utc_now() -> datetime:
    """The time of this machine's clock."""
    return datetime.now(UTC)


def examine_discord(settings: Settings) -> list[Finding]:
    """Everything that Discord says about the bot; the token is sent to Discord alone."""
    tokens = Tokens.of(settings)
    if wrong := tokens.discord_problem():
        return [refused("Token", wrong), *asyncio.run(_examine(settings, NO_TOKEN))]
    if not tokens.discord:
        return [fine("Token", "Discord needs none: the bot is on Slack only.")]
    return asyncio.run(_examine(settings, tokens.discord))


async def _examine(settings: Settings, token: str) -> list[Finding]:
    import discord

    from bot.platforms.discord.startup_problems import REFUSALS, startup_problem

    clock = Clock()
    client = discord.Client(
        intents=discord.Intents.none(),
        http_trace=clock.trace(),
        max_ratelimit_timeout=LONGEST_PAUSE_S,
    )
    findings = list[Finding]()
    try:
        async with asyncio.timeout(ANSWER_S), client:
            await client.login(token)
            async for finding in _account(client, settings):
                findings.append(finding)
    except REFUSALS as error:
        if isinstance(error, discord.LoginFailure) and token == NO_TOKEN:
            findings.append(fine("Network", "Discord can be reached."))
        elif isinstance(error, discord.HTTPException) and error.status not in REFUSING:
            found = startup_problem(error)
            findings.append(warning("Network", found.found, found.advice))
        else:
            is_token = isinstance(error, discord.LoginFailure)
            findings.append(refused("Token" if is_token else "Network", startup_problem(error)))
    return [*findings, *clock.findings()]


class Clock:
    """How far this machine's clock is ahead of Discord's, as its answers tell."""

    def __init__(self) -> None:
        self.ahead_s: float | None = None

    def trace(self) -> "aiohttp.TraceConfig":
        """A trace of the requests of a client."""
        import aiohttp

        async def ended(
            _session: aiohttp.ClientSession,
            _context: SimpleNamespace,
            request: aiohttp.TraceRequestEndParams,
        ) -> None:
            if date := request.response.headers.get("Date"):
                self.ahead_s = (utc_now() - parsedate_to_datetime(date)).total_seconds()

        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(ended)
        return trace

    def findings(self) -> list[Finding]:
        """Finding about the machine's clock; none if Discord did not answer."""
        if self.ahead_s is None:
            return []
        advice = "Let the system set its clock (on Linux: timedatectl set-ntp true)."
        direction = "ahead of" if self.ahead_s > 0 else "behind"
        found = f"It is {abs(self.ahead_s):,.0f} s {direction} Discord's."
        if abs(self.ahead_s) >= WRONG_CLOCK_S:
            return [problem("Clock", found, advice)]
        if abs(self.ahead_s) >= SLOW_CLOCK_S:
            return [warning("Clock", found, advice)]
        return [fine("Clock", f"It agrees with Discord's within {SLOW_CLOCK_S:g} s.")]


async def _account(client: "discord.Client", settings: Settings) -> AsyncIterator[Finding]:
    application = cast("discord.AppInfo", client.application)  # as the client has logged in
    me = cast("discord.ClientUser", client.user)
    yield fine("Token", f"Discord accepts it; the bot is {me.name} ({me.id}).")
    yield _intents(application.flags)
    if application.interactions_endpoint_url:
        yield problem(
            "Interactions",
            "Discord sends commands to an Interactions Endpoint URL instead of the bot.",
            f"Clear that field on the page General Information of your application: {DISCORD_APPS}",
        )
    if application.bot_require_code_grant:
        yield warning(
            "Invitation",
            "Requires OAuth2 Code Grant is on, so the invite link does not work.",
            f"Turn it off on the page Bot of your application: {DISCORD_APPS}",
        )
    yield await _gateway(client, settings.shard_count)
    names = {guild.id: guild.name async for guild in client.fetch_guilds(limit=1000)}
    if not names:
        yield warning(
            "Servers",
            "The bot is in no server yet.",
            "Open the invite link from its log, or /about.",
        )
    else:
        yield fine("Servers", f"The bot is in {len(names)}.")
    homes = settings.home_guilds or (names if len(names) == 1 else ())
    for home in sorted(homes)[:HOMES]:
        if home in names:
            yield await _permissions(client, home, me.id)
        else:
            yield problem(
                "Permissions",
                f"The bot is not in the server {home} of HOME_GUILDS.",
                "Invite it with the link from its log, or correct HOME_GUILDS.",
            )


def _intents(flags: "discord.ApplicationFlags") -> Finding:
    on = [
        name
        for name, flag in PRIVILEGED.items()
        if getattr(flags, flag) or getattr(flags, f"{flag}_limited")  # that of a small bot
    ]
    if on:
        return warning(
            "Intents",
            f"These privileged intents are on, and not needed: {', '.join(on)}.",
            f"Turn them off on the page Bot of your application: {DISCORD_APPS}",
        )
    return fine("Intents", "No privileged intent is on, and none is needed.")


async def _gateway(client: "discord.Client", shard_count: int | None) -> Finding:
    check = "Gateway"
    recommended, url, limit = await client.http.get_bot_gateway()
    socket = await client.http.ws_connect(f"{url}?v=10&encoding=json")
    hello = await socket.receive_json()
    await socket.close()
    if hello.get("op") != 10:
        return problem(check, "The gateway has answered nonsense.", "Look for a proxy in between.")
    left = limit["remaining"]
    if left < FEW_CONNECTIONS:
        return warning(
            check,
            f"Only {left} connections are left today.",
            "The bot has restarted too often: find out why in its log. At 0, Discord resets the "
            "token.",
        )
    if shard_count is not None and shard_count < recommended:
        return warning(
            check,
            f"Discord recommends {recommended} shards, and SHARD_COUNT is {shard_count}.",
            "Raise it, to the same number for all processes: Discord refuses shards with more than "
            "2,500 servers.",
        )
    return fine(check, f"It can be reached; {left} connections are left today.")


async def _permissions(client: "discord.Client", guild_id: int, me: int) -> Finding:
    from bot.platforms.discord.client import PERMISSIONS

    guild = await client.fetch_guild(guild_id)
    granted = (await guild.fetch_member(me)).guild_permissions
    missing = [
        name.replace("_", " ").title()
        for name, needed in PERMISSIONS
        if needed and not getattr(granted, name)
    ]
    if missing:
        return problem(
            "Permissions",
            f"In {guild.name}, the bot lacks: {', '.join(missing)}.",
            "Grant them to its role in Server Settings → Roles, or invite it again.",
        )
    return fine("Permissions", f"The bot has all that it needs in {guild.name}.")
