"""Serves simulators on this machine, with a page to try the bot on."""

import asyncio
import errno
import sys
from dataclasses import replace
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bot.launch import Tokens
from bot.operate.serving.lifetime import serve_until_stopped
from bot.operate.serving.platforms import running_bot, serve_both, slack_beside
from bot.settings import Settings
from bot.startup import closed_port
from bot.welcome.queries import Welcomes

if TYPE_CHECKING:
    from bot.platforms.discord.client import Mangosaurus
    from bot.platforms.slack.client import SlackBot
    from simulators.discord.server import LocalDiscord
    from simulators.slack.server import LocalSlack

LONGEST_START_S = 60
ADD_SLACK = (
    "To try Slack beside it, run: .venv/bin/python -m pip install --require-hashes "
    "-r requirements-slack.txt"
)


async def run_local(settings: Settings) -> None:
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
        raise closed_port(error, settings.local_port, "LOCAL_PORT") from error


async def _run_local_discord(settings: Settings) -> None:
    from simulators.discord.server import LocalDiscord  # here: only this needs the simulator

    async with (
        LocalDiscord(settings.local_port) as local,
        running_bot(at_home(settings, local.guild_id), always_sync=True) as bot,
    ):
        with local.pointing_clients_here():
            _tell(local.url)
            await _let_join(bot, local)
            sys.stdout.write(f"It simulates Discord alone. {ADD_SLACK}\n")
            sys.stdout.flush()
            work = bot.start(local.token)
            await serve_until_stopped([work], bot.shut_down, bot.app.health.until_lost())


async def _run_side_by_side(settings: Settings) -> None:
    from bot.features import REGISTRY
    from bot.platforms.slack.manifest import manifest
    from bot.platforms.slack.names import CommandNames
    from simulators.both.server import SideBySide
    from simulators.common.clock import MovableClock
    from simulators.discord.server import LocalDiscord
    from simulators.slack.server import LocalSlack

    clock = MovableClock()
    discord = LocalDiscord(clock=clock.seconds)
    app = manifest(CommandNames(REGISTRY, settings.slack_command_prefix))
    slack = LocalSlack(clock=clock.seconds, manifest=app)
    home = at_home(settings, discord.guild_id, slack.workspace.id)
    tokens = Tokens("", slack.bot_token, slack.app_token)
    async with (
        SideBySide(discord, slack, clock, settings.local_port) as local,
        running_bot(home, always_sync=True, now=clock.now) as bot,
    ):
        with discord.pointing_clients_here():
            _tell(local.url)
            beside = slack_beside(bot, tokens, base_url=slack.api_url)
            clock.listeners += [bot.jobs.wake, beside.jobs.wake]

            async def next_stops() -> list[tuple[datetime, str]]:
                return [*await bot.jobs.next_stops(), *await beside.jobs.next_stops()]

            local.next_stops = next_stops
            await _let_join(bot, discord)
            inviting = asyncio.create_task(_invite(beside, slack))
            try:
                await serve_both(bot, discord.token, beside)
            finally:
                inviting.cancel()


async def _let_join(bot: "Mangosaurus", local: "LocalDiscord") -> None:
    """Let the server have added the bot just now, each time: its messages are gone, too."""
    await bot.app.store[Welcomes].forget_all()
    local.state.guild.joined_s = local.state.clock()


async def _invite(bot: "SlackBot", local: "LocalSlack") -> None:
    """Invite the bot to its channel once it hears of that."""
    for _tenth in range(10 * LONGEST_START_S):
        if bot.is_ready:
            local.state.invite(local.admin, local.channel)
            return
        await asyncio.sleep(0.1)


def _tell(url: str) -> None:
    """Print the address of the page."""
    sys.stdout.write(f"Mangosaurus is at {url}\n")
    sys.stdout.flush()


def at_home(settings: Settings, guild_id: int, workspace_id: str = "") -> Settings:
    """Settings for the simulated communities, whose administrators try out everything."""
    return replace(
        settings,
        home_guilds=settings.home_guilds | {guild_id},
        home_workspaces=settings.home_workspaces | ({workspace_id} if workspace_id else set()),
    )
