"""Serves the platforms whose tokens are set: Discord, Slack, or both."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.app import build_app, utc_now
from bot.chat.app import App
from bot.chat.turn import DeliveryError
from bot.fleet.membership import Served
from bot.launch import Tokens
from bot.operate.serving.lifetime import alone, joined, monitored, serve_until_stopped
from bot.platforms.discord.client import Mangosaurus
from bot.platforms.discord.startup_problems import REFUSALS, startup_problem
from bot.settings import Settings
from bot.startup import Exit, StartupError
from bot.store import Database, StoreError
from bot.store.startup_problems import startup_problem as database_problem

if TYPE_CHECKING:
    from bot.platforms.slack.client import SlackBot

log = logging.getLogger(__name__)

PASSING = (Exit.UNREACHABLE, Exit.BAD_DATABASE, Exit.DISK_FULL, Exit.READ_ONLY)
"""Exit codes for what may pass by itself."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 60.0
"""Seconds until a platform that could not be reached is tried again; they double up to the last."""


async def run_platforms(settings: Settings, tokens: Tokens) -> None:
    """Serve the platforms whose tokens are set. Raises `StartupError`."""
    if not tokens.discord:
        async with running_slack(settings, tokens) as slack:
            await serve_until_stopped(
                [_slack(slack)], slack.shut_down, slack.app.health.until_lost()
            )
        return
    async with running_bot(settings) as bot:
        if tokens.slack_bot:
            await serve_both(bot, tokens.discord, slack_beside(bot, tokens))
        else:
            work = _discord(bot, tokens.discord)
            await serve_until_stopped([work], bot.shut_down, bot.app.health.until_lost())


async def serve_both(bot: Mangosaurus, token: str, slack: "SlackBot") -> None:
    """Serve Discord, with its token, and Slack, until they are stopped. Raises `StartupError`.

    While one of them cannot be reached at the start, the other is served.
    """

    async def stop() -> None:
        slack.hurry()
        await bot.shut_down()

    async def start_discord() -> None:
        try:
            await _discord(bot, token)
        except StartupError:
            await bot.forget_session()
            raise

    works = [
        start_patiently("Discord", start_discord, lambda: not bot.is_closed()),
        start_patiently("Slack", lambda: _slack(slack), lambda: not slack.is_ready),
    ]
    await serve_until_stopped(works, stop, bot.app.health.until_lost())


async def start_patiently(
    platform: str, start: Callable[[], Awaitable[None]], can_start: Callable[[], bool]
) -> None:
    """Serve one of several platforms, and start it again after growing pauses if it is away.

    `can_start` tells whether `start` can be called again. Raises `StartupError` for what does not
    pass, such as a rejected token.
    """
    pause = FIRST_PAUSE_S
    while True:
        try:
            await start()
            return
        except StartupError as error:
            if error.code not in PASSING or not can_start():
                raise
            log.warning("%s %s is tried again in %g s", error, platform, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


async def _discord(bot: Mangosaurus, token: str) -> None:
    """Serve Discord. Raises `StartupError`."""
    try:
        await bot.start(token)
    except REFUSALS as error:
        raise startup_problem(error) from error


@asynccontextmanager
async def built_alone(
    settings: Settings, now: Callable[[], datetime] = utc_now
) -> AsyncIterator[App]:
    """The app, whose SQLite file no other process serves until the networks are closed."""
    async with AsyncExitStack() as stack:

        async def hold(database: Database) -> None:
            await stack.enter_async_context(alone(database))

        app = await build_app(settings, hold=hold, now=now)
        stack.push_async_callback(app.inference.close)
        yield app


@asynccontextmanager
async def running_bot(
    settings: Settings, *, always_sync: bool = False, now: Callable[[], datetime] = utc_now
) -> AsyncIterator[Mangosaurus]:
    """A client with all its services, closed at the end. Raises `StartupError`."""
    async with (
        built_alone(settings, now) as app,
        joined(app, Served.DISCORD),
        Mangosaurus(app, always_sync=always_sync) as bot,
        monitored(app),
    ):
        yield bot


@asynccontextmanager
async def running_slack(
    settings: Settings,
    tokens: Tokens,
    **options: Any,  # noqa: ANN401
) -> AsyncIterator["SlackBot"]:
    """The bot on Slack alone, with all its services. Raises `StartupError`.

    Its workspace is the home, unless the settings name others. `options` are those of `SlackBot`.
    """
    from bot.platforms.slack.client import SlackBot  # here: only this needs the package slack-sdk

    async with built_alone(settings) as app, joined(app):
        is_home = home_by_default(settings)
        bot = SlackBot(app, tokens.slack_bot, tokens.slack_app, is_home=is_home, **options)
        async with monitored(app):
            try:
                yield bot
            finally:
                await bot.close()


def home_by_default(settings: Settings) -> bool:
    """Whether the workspace of a process that is on Slack alone is a home.

    With `SHARD_COUNT`, other processes are on Discord, and write with the same networks.
    """
    return not settings.home_workspaces and settings.shard_count is None


def slack_beside(
    bot: Mangosaurus,
    tokens: Tokens,
    **options: Any,  # noqa: ANN401
) -> "SlackBot":
    """The bot on Slack, with the services of the one on Discord, with which it stops."""
    from bot.platforms.slack.client import SlackBot

    slack = SlackBot(bot.app, tokens.slack_bot, tokens.slack_app, **options)
    bot.beside.append(slack.front)
    return slack


async def _slack(bot: "SlackBot") -> None:
    """Serve Slack. Raises `StartupError`."""
    from bot.platforms.slack import startup_problems

    try:
        await bot.run()
    except DeliveryError as error:
        raise startup_problems.startup_problem(error) from error
    except StoreError as error:
        raise database_problem(error) from error
