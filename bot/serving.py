"""Serves Discord, Slack, both, or a local simulation, until the bot is stopped."""

import asyncio
import errno
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord import app_commands

from bot.app import build_app
from bot.commands.core.app import App
from bot.commands.core.turn import DeliveryError
from bot.commands.operation.health import Health
from bot.discord.client import Mangosaurus
from bot.launch import launch
from bot.monitoring.sentry import set_up_sentry
from bot.monitoring.server import MonitoringServer
from bot.settings import Settings
from bot.startup import Exit, LastResort, StartupError
from bot.store import StoreError, Unavailable
from bot.version import checkout_version

if TYPE_CHECKING:
    from bot.slack.client import SlackBot

log = logging.getLogger(__name__)

LOCALHOST = "127.0.0.1"
SLACK_APPS = "https://api.slack.com/apps"
ADD_SLACK = (
    "To try Slack beside it, run: python -m pip install --require-hashes -r requirements-slack.txt"
)
UNREACHABLE = (
    aiohttp.ClientError,
    OSError,
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
    json.JSONDecodeError,  # what Discord sent broke off
)


def serve(*, local: bool = False) -> int:
    """Run the bot until it is stopped. Returns the exit code."""

    def run(settings: Settings) -> None:
        _report_errors(settings)
        asyncio.run(_run_local(settings) if local else _run(settings, tokens_of(settings)))

    try:
        return launch(run, local=local)
    except KeyboardInterrupt:  # before the bot listens to signals
        return Exit.OK


@dataclass(frozen=True)
class Tokens:
    """The tokens of the platforms to serve; empty for the others."""

    discord: str = field(default="", repr=False)
    slack_bot: str = field(default="", repr=False)
    slack_app: str = field(default="", repr=False)


def tokens_of(settings: Settings) -> Tokens:
    """The tokens that are set. Raises `StartupError` unless a platform can be served."""
    every = (settings.discord_token, settings.slack_bot_token, settings.slack_app_token)
    discord, bot, app = (token.get_secret_value() if token else "" for token in every)
    if bool(bot) != bool(app):
        missing, page = (
            ("SLACK_BOT_TOKEN", "OAuth & Permissions")
            if app
            else ("SLACK_APP_TOKEN", "Basic Information → App-Level Tokens")
        )
        raise StartupError(
            Exit.NO_TOKEN,
            f"{missing} is not set. Slack needs both of its tokens. Copy it from {page}, on the "
            f"pages of your app: {SLACK_APPS}",
        )
    if not discord and not bot:
        raise StartupError(
            Exit.NO_TOKEN,
            "No token is set. To run the bot on Discord, put DISCORD_TOKEN into .env, and to run "
            "it on Slack, SLACK_BOT_TOKEN and SLACK_APP_TOKEN (see .env.example); to try it "
            "without an account, run: python -m bot --local",
        )
    if any(character.isspace() for character in discord):
        raise StartupError(
            Exit.BAD_SETTINGS, "DISCORD_TOKEN contains a space or a line break. Copy it again."
        )
    return Tokens(discord, bot, app)


async def _run(settings: Settings, tokens: Tokens) -> None:
    """Serve the platforms whose tokens are set."""
    if not tokens.discord:
        async with running_slack(settings, tokens) as slack:
            await serve_until_stopped([_slack(slack)], slack.shut_down)
        return
    try:
        async with running_bot(settings) as bot:
            if not tokens.slack_bot:
                await serve_until_stopped([bot.start(tokens.discord)], bot.shut_down)
                return
            await _serve_both(bot, tokens.discord, slack_beside(bot, tokens))
    except discord.LoginFailure as error:
        raise StartupError(
            Exit.TOKEN_REJECTED,
            "Discord does not accept DISCORD_TOKEN. Copy the token again, or reset it, on the page "
            "Bot of your application: https://discord.com/developers/applications",
        ) from error
    except app_commands.CommandSyncFailure:
        raise  # Discord was reached and refused what this code sent
    except UNREACHABLE as error:
        raise StartupError(
            Exit.UNREACHABLE, f"Discord cannot be reached ({error}). Check the network."
        ) from error


async def _serve_both(bot: Mangosaurus, token: str, slack: "SlackBot") -> None:
    """Serve Discord, with its token, and Slack, until they are stopped."""

    async def stop() -> None:
        slack.hurry()
        await bot.shut_down()

    await serve_until_stopped([bot.start(token), _slack(slack)], stop)


async def _run_local(settings: Settings) -> None:
    """Serve simulators on this machine, with a page to try the bot on: Discord beside Slack.

    Without the package slack-sdk, it is Discord alone.
    """
    try:
        if find_spec("slack_sdk") is None:
            await _run_local_discord(settings)
        else:
            await _run_side_by_side(settings)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise _closed_port(error, settings.local_port, "LOCAL_PORT") from error


async def _run_local_discord(settings: Settings) -> None:
    from bot.local.server import LocalDiscord  # here: only this needs the simulator

    async with (
        LocalDiscord(host=LOCALHOST, port=settings.local_port) as local,
        running_bot(at_home(settings, local.guild_id), always_sync=True) as bot,
    ):
        with local.pointing_clients_here():
            _tell(local.url)
            sys.stdout.write(f"It simulates Discord alone. {ADD_SLACK}\n")
            sys.stdout.flush()
            await serve_until_stopped([bot.start(local.token)], bot.shut_down)


async def _run_side_by_side(settings: Settings) -> None:
    from bot.local.both.server import SideBySide
    from bot.local.server import LocalDiscord
    from bot.local.slack.server import LocalSlack
    from bot.slack.manifest import manifest
    from bot.slack.names import CommandNames

    discord = LocalDiscord()
    slack = LocalSlack(manifest=manifest(CommandNames(settings.slack_command_prefix)))
    home = at_home(settings, discord.guild_id, slack.workspace.id)
    tokens = Tokens("", slack.bot_token, slack.app_token)
    async with (
        SideBySide(discord, slack, LOCALHOST, settings.local_port) as local,
        running_bot(home, always_sync=True) as bot,
    ):
        with discord.pointing_clients_here():
            _tell(local.url)
            beside = slack_beside(bot, tokens, base_url=slack.api_url)
            await _serve_both(bot, discord.token, beside)


def _tell(url: str) -> None:
    """Print the address of the page."""
    sys.stdout.write(f"Mangosaurus is at {url}\n")
    sys.stdout.flush()


def at_home(settings: Settings, guild_id: int, workspace_id: str = "") -> Settings:
    """Settings for the simulated communities, whose administrators try out everything."""
    homes: dict[str, object] = {"home_guilds": settings.home_guilds | {guild_id}}
    if workspace_id:
        homes["home_workspaces"] = settings.home_workspaces | {workspace_id}
    return settings.model_copy(update=homes)


@asynccontextmanager
async def running_bot(
    settings: Settings, *, always_sync: bool = False
) -> AsyncIterator[Mangosaurus]:
    """A client with all its services, closed at the end. Raises `StartupError`."""
    app = await build_app(settings)
    try:
        async with Mangosaurus(app, always_sync=always_sync) as bot, _monitored(app, bot.health):
            yield bot
    finally:
        await app.inference.close()


@asynccontextmanager
async def running_slack(
    settings: Settings,
    tokens: Tokens,
    **options: Any,  # noqa: ANN401
) -> AsyncIterator["SlackBot"]:
    """The bot on Slack alone, with all its services. Raises `StartupError`.

    Its workspace is the home, unless the settings name others. `options` are those of `SlackBot`.
    """
    from bot.slack.client import SlackBot  # here: only this needs the package slack-sdk

    app = await build_app(settings)
    try:
        is_home = not settings.home_workspaces
        bot = SlackBot(app, tokens.slack_bot, tokens.slack_app, is_home=is_home, **options)
        async with _monitored(app, bot.health):
            try:
                yield bot
            finally:
                await bot.close()
    finally:
        await app.inference.close()


def slack_beside(
    bot: Mangosaurus,
    tokens: Tokens,
    **options: Any,  # noqa: ANN401
) -> "SlackBot":
    """The bot on Slack, with the services of the one on Discord, with which it stops."""
    from bot.slack.client import SlackBot

    slack = SlackBot(bot.app, tokens.slack_bot, tokens.slack_app, health=bot.health, **options)
    bot.beside.append(slack.front)
    return slack


async def _slack(bot: "SlackBot") -> None:
    """Serve Slack. Raises `StartupError`."""
    from bot.slack.startup_problems import startup_problem

    try:
        await bot.run()
    except DeliveryError as error:
        raise startup_problem(error) from error
    except StoreError as error:
        raise StartupError(Exit.BAD_DATABASE, str(error)) from error


@asynccontextmanager
async def _monitored(app: App, health: Health) -> AsyncIterator[None]:
    """Watch the health of a bot, and serve it over HTTP if a port is set."""
    settings = app.settings
    health.start()
    try:
        if settings.metrics_port is None:
            yield
            return
        server = MonitoringServer(
            settings.metrics_host,
            settings.metrics_port,
            checks=health.checks,
            metrics=app.monitor.metrics.exposition,
            alive=health.alive,
        )
        try:
            await server.start()
        except OSError as error:
            raise _closed_port(error, settings.metrics_port, "METRICS_PORT") from error
        log.info("Monitoring is at %s", server.url)
        try:
            yield
        finally:
            await server.close()
    finally:
        await health.close()


def _closed_port(error: OSError, port: int, setting: str) -> StartupError:
    """A port that the bot cannot open."""
    match error.errno:
        case errno.EADDRINUSE:
            reason = "is in use, perhaps by another bot. Stop that one"
        case errno.EACCES:
            reason = "is not open to this user. Run the bot as another user"
        case _:
            reason = f"cannot be opened ({error.strerror or error}). Check the address"
    other = f"{setting}={port % 65535 + 1}"
    return StartupError(
        Exit.PORT_IN_USE, f"Port {port} {reason}, or set another port, for example {other}"
    )


def _report_errors(settings: Settings) -> None:
    """Report errors to Sentry, if that is set. Raises `StartupError`."""
    if settings.sentry_dsn is None:
        return
    try:
        set_up_sentry(settings.sentry_dsn.get_secret_value(), checkout_version())
    except ImportError as error:
        raise StartupError(
            Exit.BAD_SETTINGS,
            "SENTRY_DSN is set, but the package sentry-sdk is not installed. Run pip install -r "
            "requirements-sentry.txt, or leave SENTRY_DSN empty.",
        ) from error
    except ValueError as error:
        raise StartupError(
            Exit.BAD_SETTINGS,
            f"SENTRY_DSN is not valid ({error}). Copy it from the page Client Keys (DSN) of your "
            "project on Sentry.",
        ) from error


async def serve_until_stopped(
    works: Sequence[Coroutine[Any, Any, None]], shut_down: Callable[[], Awaitable[None]]
) -> None:
    """Serve platforms until one of them ends, or the process receives a signal."""
    loop = asyncio.get_running_loop()
    stop_requested = asyncio.Event()
    last_resort = LastResort()

    def stop(*_: object) -> None:
        last_resort.start()  # at once, even if the event loop hangs
        loop.call_soon_threadsafe(stop_requested.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    running = [asyncio.create_task(work) for work in works]
    stopping = asyncio.create_task(stop_requested.wait())
    await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
    is_stopped = stopping.done()
    if is_stopped:
        loop.set_exception_handler(leave_behind)
        await shut_down()
    ended = [work for work in running if work.done()]
    for work in (*running, stopping):
        work.cancel()
    await asyncio.wait(running)
    if not is_stopped:
        for work in ended:
            await work


def leave_behind(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what fails at the end of the event loop.

    A stop does not wait for calls of a database that hangs. They fail when the loop ends, and have
    been answered already.
    """
    if isinstance(error := context.get("exception"), Unavailable):
        log.info("A call of the database was left behind: %s", error)
    else:
        loop.default_exception_handler(context)
