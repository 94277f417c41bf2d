"""The bot's account on Discord: network, token, intents, gateway, servers, and the clock."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from bot.operate.doctor.findings import Finding, fine, problem, warning
from bot.operate.doctor.subject import Subject

if TYPE_CHECKING:
    import aiohttp

REQUEST_S = 10.0
TRIES = 3
LONGEST_PAUSE_S = 5
"""Seconds that Discord may ask to wait between two requests; a ban lasts an hour."""
PAGE = "https://discord.com/developers/applications"
PRIVILEGED = {
    "Presence": (1 << 12) | (1 << 13),
    "Server Members": (1 << 14) | (1 << 15),
    "Message Content": (1 << 18) | (1 << 19),
}
"""Flags of an application: an intent of a verified bot, and of a small one."""
FEW_CONNECTIONS = 50
HOMES = 10
"""Home servers that are looked at."""
SLOW_CLOCK_S = 5.0
WRONG_CLOCK_S = 60.0


class Refused(Exception):  # noqa: N818 (an answer rather than an error)
    """Discord has answered a request with an error."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


def utc_now() -> datetime:
    """The time of this machine's clock."""
    return datetime.now(UTC)


def examine_account(subject: Subject) -> list[Finding]:
    """Everything that Discord says about the bot; the token is sent to Discord alone."""
    return asyncio.run(_examine(subject))


async def _examine(subject: Subject) -> list[Finding]:
    import aiohttp

    token, findings = subject.token, list[Finding]()
    if wrong := _wrong_token(subject):
        findings.append(wrong)
        token = ""
    if not subject.needs_token:
        return findings
    timeout = aiohttp.ClientTimeout(total=REQUEST_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        discord = Discord(session, token)
        try:
            if token:
                findings += [finding async for finding in _account(discord, subject)]
            else:
                await discord.get("/gateway")
                findings.append(fine("Network", "Discord can be reached."))
        except Refused as refused:
            findings.append(_refused(refused))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            findings.append(
                problem(
                    "Network",
                    f"Discord can't be reached ({_reason(error)}).",
                    "Check the network, its DNS and the firewall: the bot needs HTTPS to "
                    "discord.com and gateway.discord.gg.",
                )
            )
        if discord.ahead_s is not None:
            findings.append(_clock(discord.ahead_s))
    return findings


class Discord:
    """Discord's HTTP interface; remembers how far our clock is ahead of its."""

    def __init__(self, session: "aiohttp.ClientSession", token: str) -> None:
        from discord.http import Route

        self.session = session
        self.ahead_s: float | None = None
        self._base = Route.BASE
        self._headers = {"Authorization": f"Bot {token}"} if token else {}

    async def get(self, path: str) -> Any:  # noqa: ANN401 (JSON)
        """The answer to a request, for which a short wait is worthwhile. Raises `Refused`."""
        for _ in range(TRIES):
            async with self.session.get(self._base + path, headers=self._headers) as response:
                if date := response.headers.get("Date"):
                    self.ahead_s = (utc_now() - parsedate_to_datetime(date)).total_seconds()
                if response.status == 200:
                    return await response.json()
                status, pause = response.status, response.headers.get("Retry-After", "")
            if status != 429 or not pause.isdecimal() or int(pause) > LONGEST_PAUSE_S:
                break
            await asyncio.sleep(int(pause))
        raise Refused(status)


def _wrong_token(subject: Subject) -> Finding | None:
    check, token = "Token", subject.token
    copy = f"Copy it from the page Bot of your application: {PAGE}"
    if not subject.needs_token:
        if subject.slack_bot_token:
            return fine(check, "Discord needs none: the bot is on Slack only.")
        return fine(check, "The local simulation needs none.")
    if not token:
        return problem(check, "DISCORD_TOKEN is not set.", copy)
    if any(character.isspace() for character in token):
        return problem(check, "DISCORD_TOKEN contains a space or a line break.", copy)
    if not token.isascii() or token[0] in "\"'":
        return problem(check, "DISCORD_TOKEN contains quotes or other wrong characters.", copy)
    return None


async def _account(discord: Discord, subject: Subject) -> AsyncIterator[Finding]:
    application = await discord.get("/applications/@me")
    me = await discord.get("/users/@me")
    yield fine("Token", f"Discord accepts it; the bot is {me['username']} ({me['id']}).")
    yield _intents(int(application.get("flags") or 0))
    if application.get("interactions_endpoint_url"):
        yield problem(
            "Interactions",
            "Discord sends commands to an Interactions Endpoint URL instead of the bot.",
            f"Clear that field on the page General Information of your application: {PAGE}",
        )
    if application.get("bot_require_code_grant"):
        yield warning(
            "Invitation",
            "Requires OAuth2 Code Grant is on, so the invite link does not work.",
            f"Turn it off on the page Bot of your application: {PAGE}",
        )
    yield await _gateway(discord, subject.shard_count)
    async for finding in _servers(discord, subject, str(me["id"])):
        yield finding


def _intents(flags: int) -> Finding:
    on = [name for name, bits in PRIVILEGED.items() if flags & bits]
    if on:
        return warning(
            "Intents",
            f"These privileged intents are on, and not needed: {', '.join(on)}.",
            f"Turn them off on the page Bot of your application: {PAGE}",
        )
    return fine("Intents", "No privileged intent is on, and none is needed.")


async def _gateway(discord: Discord, shard_count: int | None) -> Finding:
    check = "Gateway"
    answer = await discord.get("/gateway/bot")
    left = answer["session_start_limit"]["remaining"]
    async with discord.session.ws_connect(f"{answer['url']}?v=10&encoding=json") as socket:
        hello = await socket.receive_json(timeout=REQUEST_S)
    if hello.get("op") != 10:
        return problem(check, "The gateway has answered nonsense.", "Look for a proxy in between.")
    if left < FEW_CONNECTIONS:
        return warning(
            check,
            f"Only {left} connections are left today.",
            "The bot has restarted too often: find out why in its log. At 0, Discord resets the "
            "token.",
        )
    if shard_count is not None and shard_count < answer["shards"]:
        return warning(
            check,
            f"Discord recommends {answer['shards']} shards, and SHARD_COUNT is {shard_count}.",
            "Raise it, to the same number for all processes: Discord refuses shards with more than "
            "2,500 servers.",
        )
    return fine(check, f"It can be reached; {left} connections are left today.")


async def _servers(discord: Discord, subject: Subject, me: str) -> AsyncIterator[Finding]:
    check = "Servers"
    names = {int(guild["id"]): guild["name"] for guild in await _guilds(discord)}
    homes = subject.home_guilds or frozenset(names if len(names) == 1 else ())
    if not names:
        yield warning(
            check, "The bot is in no server yet.", "Open the invite link from its log, or /about."
        )
    else:
        yield fine(check, f"The bot is in {len(names)}.")
    for home in sorted(homes)[:HOMES]:
        if home not in names:
            yield problem(
                "Permissions",
                f"The bot is not in the server {home} of HOME_GUILDS.",
                "Invite it with the link from its log, or correct HOME_GUILDS.",
            )
        else:
            yield await _permissions(discord, home, me)


async def _guilds(discord: Discord) -> list[Mapping[str, Any]]:
    """The first servers of the bot: up to 1,000."""
    found: list[Mapping[str, Any]] = []
    for _ in range(5):
        after = f"&after={found[-1]['id']}" if found else ""
        page = await discord.get(f"/users/@me/guilds?limit=200{after}")
        found += page
        if len(page) < 200:
            break
    return found


async def _permissions(discord: Discord, guild_id: int, me: str) -> Finding:
    from discord import Permissions

    from bot.platforms.discord.client import PERMISSIONS

    guild = await discord.get(f"/guilds/{guild_id}")
    member = await discord.get(f"/guilds/{guild_id}/members/{me}")
    held = {guild["id"], *member["roles"]}
    granted = Permissions(0)
    for role in guild["roles"]:
        if role["id"] in held:
            granted |= Permissions(int(role["permissions"]))
    missing = [
        name.replace("_", " ").title()
        for name, needed in PERMISSIONS
        if needed and not (granted.administrator or getattr(granted, name))
    ]
    if missing:
        return problem(
            "Permissions",
            f"In {guild['name']}, the bot lacks: {', '.join(missing)}.",
            "Grant them to its role in Server Settings → Roles, or invite it again.",
        )
    return fine("Permissions", f"The bot has all that it needs in {guild['name']}.")


def _refused(refused: Refused) -> Finding:
    if refused.status == 401:
        return problem(
            "Token",
            "Discord does not accept DISCORD_TOKEN.",
            f"Copy it again, or reset it, on the page Bot of your application: {PAGE}",
        )
    if refused.status in (403, 429):
        return problem(
            "Network",
            f"Discord refuses requests from this address for now ({refused}).",
            "Wait an hour; another bot on the same address may have sent too many.",
        )
    return warning(
        "Network",
        f"Discord has a problem of its own ({refused}).",
        "Look at https://discordstatus.com and try again later.",
    )


def _clock(ahead_s: float) -> Finding:
    check = "Clock"
    advice = "Let the system set its clock (on Linux: timedatectl set-ntp true)."
    direction = "ahead of" if ahead_s > 0 else "behind"
    found = f"It is {abs(ahead_s):,.0f} s {direction} Discord's."
    if abs(ahead_s) >= WRONG_CLOCK_S:
        return problem(check, found, advice)
    if abs(ahead_s) >= SLOW_CLOCK_S:
        return warning(check, found, advice)
    return fine(check, f"It agrees with Discord's within {SLOW_CLOCK_S:g} s.")


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {REQUEST_S:g} s"
    return str(error).partition("\n")[0] or type(error).__name__
