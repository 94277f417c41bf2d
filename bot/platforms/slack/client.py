"""The bot on Slack: start and shutdown."""

import asyncio
import logging
from contextlib import suppress

from bot.chat import stopping
from bot.chat.app import App
from bot.chat.stopping import Front
from bot.concurrency import PeriodicTask
from bot.fleet.membership import Served
from bot.platforms.slack.identities import SlackIdentities
from bot.platforms.slack.manifest import SCOPES
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.network.api import BASE_URL, LIBRARY, SlackApi
from bot.platforms.slack.network.connection import SocketMode
from bot.platforms.slack.network.edit_budget import EDIT_S
from bot.platforms.slack.pictures import Pictures
from bot.platforms.slack.platform import TERMS, SlackPlatform
from bot.platforms.slack.queries import Uploads
from bot.platforms.slack.requests import Requests
from bot.platforms.slack.startup_problems import different_apps, missing_scopes, unnamed_home
from bot.store import Unavailable
from bot.store.identities import Identities

log = logging.getLogger(__name__)

SWEEP_S = 3600.0
CLOSING_S = 1.0
"""Seconds that a running sweep may take when the bot stops."""


class SlackBot:
    """The bot in one workspace. Its dependencies are passed to the constructor."""

    def __init__(
        self,
        app: App,
        bot_token: str,
        app_token: str,
        *,
        base_url: str = BASE_URL,
        edit_s: float = EDIT_S,
        is_home: bool = False,
    ) -> None:
        """`bot_token`: xoxb-…; `app_token`: xapp-…. `base_url` is that of the Web API.

        edit_s: seconds between two edits in the workspace.
        is_home: whether the workspace is a home even if the settings don't name it.
        """
        self.app = app
        app.libraries["slack-sdk"] = LIBRARY
        self.api = SlackApi(bot_token, monitor=app.monitor, base_url=base_url, edit_s=edit_s)
        names = CommandNames(app.registry.worded(TERMS), app.settings.slack_command_prefix)
        self.platform = SlackPlatform(self.api, SlackIdentities(app.store[Identities]), names)
        self.platform.known_language = app.languages.of
        self._pictures = self.platform.pictures = Pictures(self.api, app.store[Uploads])
        self.platform.now = app.now
        self._sweeping: PeriodicTask | None = None
        app.health.add(self.platform)
        self.jobs = app.jobs_of(app, self.platform)
        self.requests = Requests(app, self.platform, self.jobs)
        self.socket = SocketMode(
            self.api,
            app_token,
            self.requests.receive,
            count=self._count,
            tracked=app.in_flight.request,
        )
        self.platform.connected = lambda: self.socket.is_connected
        self.ready = asyncio.Event()
        self._app_token = app_token
        self._is_home = is_home
        app.fleet.watchers.append(self._look_around)
        self._is_stopping = False
        self._closed = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        """Whether the bot has connected."""
        return self.ready.is_set()

    @property
    def front(self) -> Front:
        """The parts of the bot on Slack that stop."""
        return Front(self.jobs, self._disconnect, self.socket.stop)

    async def start(self) -> None:
        """Connect, and return. Raises `DeliveryError`, and `StoreError`."""
        platform = self.platform
        await platform.identify()
        if missing := sorted(set(SCOPES) - self.api.scopes):
            log.error("%s", missing_scopes(missing))
        if problem := await different_apps(self.api, platform.bot_id, self._app_token):
            log.error("%s", problem)
        await self.app.fleet.join(Served.SLACK)
        homes = self.app.settings.home_workspaces
        platform.is_home = self._is_home or platform.team in homes
        if platform.is_home and platform.community_id is not None:
            self.app.homes.add(platform.community_id)
        elif homes:
            log.warning("%s", unnamed_home(platform.team))
        await self.socket.start()
        self.ready.set()
        self.app.inference.warm_up()
        self.jobs.start(self.ready.wait)
        self._sweeping = PeriodicTask(self._sweep, SWEEP_S, after=self.ready.wait)
        if platform.community_id is not None:
            await self.jobs.joined(platform.community_id)
        log.info("Ready on Slack, in the workspace %s (%s)", platform.team_name, platform.team)

    def _look_around(self) -> None:
        """Share the workspace's limits with other processes of the bot.

        The networks are those of all of them: where any is on Discord, a workspace is a home only
        if the settings say so.
        """
        fleet, platform = self.app.fleet, self.platform
        self.api.budget.share(fleet.processes(Served.SLACK))
        if fleet.processes(Served.SLACK) > 1:
            platform.identities.forget_channels()
        if not (self._is_home and platform.team and fleet.has_seen(Served.DISCORD)):
            return
        self._is_home = False
        if platform.team not in self.app.settings.home_workspaces:
            platform.is_home = False
            self.app.homes.discard(platform.community_id or 0)
            log.warning(
                "Another process of this bot is on Discord, so this workspace is no home. To let "
                "its administrators use /retrain, set HOME_WORKSPACES=%s",
                platform.team,
            )

    async def run(self) -> None:
        """Start, and serve until it is stopped. Raises as `start` does."""
        await self.start()
        await self._closed.wait()

    def hurry(self) -> None:
        """Make edits that wait for their turn at once: the process stops."""
        self.api.budget.hurry()

    async def shut_down(self) -> None:
        """Accept nothing new, wait a while for running answers, and disconnect."""
        self._is_stopping = True
        self.hurry()
        await stopping.finish(self.app)
        await self.close()

    async def close(self) -> None:
        """Disconnect. Trainings are interrupted and resume after the next start."""
        if self._closed.is_set():
            return
        if not self._is_stopping:
            await stopping.interrupt_trainings(self.app)
        await stopping.close(self.app, [self.front])

    async def _sweep(self) -> None:
        """Delete files that nothing shows any longer."""
        with suppress(Unavailable):
            await self._pictures.sweep(self.platform.team, self.app.now())

    async def _disconnect(self) -> None:
        self._closed.set()
        if self._sweeping is not None:
            await self._sweeping.close(CLOSING_S)
        await self.socket.close()
        await self.api.close()

    def _count(self, event: str) -> None:
        self.app.monitor.metrics.gateway_events.labels(event).inc()
