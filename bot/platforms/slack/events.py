"""Events: a member opens App Home, or the workspace removes the app."""

import asyncio
import logging
from collections.abc import Collection

from bot.chat.app import App
from bot.chat.cooldowns import Cooldowns, TooSoon
from bot.chat.turn import DeliveryError
from bot.features.jobs import Jobs
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.network.connection import Payload
from bot.platforms.slack.platform import SlackPlatform
from bot.platforms.slack.turns import Turns
from bot.platforms.slack.values import part_of, text_of
from bot.platforms.slack.views import home
from bot.privacy import privacy
from bot.store import StoreError

log = logging.getLogger(__name__)

HOME_S = 10.0
"""Seconds for which a member's App Home stays as it is, however often they open it."""
MOST_HOMES = 4
"""How many are made at once."""


class Events:
    """Handles the events that the manifest lists."""

    def __init__(
        self, app: App, platform: SlackPlatform, turns: Turns, names: CommandNames, jobs: Jobs
    ) -> None:
        self._app = app
        self._platform = platform
        self._turns = turns
        self._names = names
        self._jobs = jobs
        self._cooldowns = Cooldowns(HOME_S)
        self._making = asyncio.Semaphore(MOST_HOMES)

    async def handle(self, event: Payload) -> None:
        """Handle an event. Others are ignored."""
        match event.get("type"):
            case "app_home_opened" if event.get("tab") in (None, "home"):
                await self._show_home(text_of(event, "user"))
            case "app_uninstalled":
                log.error("The workspace has removed the app")
                await self._removed()
            case "tokens_revoked" if self._platform.bot_user in _revoked(event):
                log.error("The workspace has revoked SLACK_BOT_TOKEN")
                await self._removed()
            case _:
                pass

    async def _removed(self) -> None:
        """Have the workspace's data deleted, unless it adds the app again."""
        log.error("The data of the workspace is deleted in %d days", privacy.GRACE.days)
        if self._platform.community_id is not None:
            await self._jobs.communities.left(self._platform.community_id)

    async def _show_home(self, user: str) -> None:
        """Show a member's App Home: Slack keeps what was shown when they opened it before."""
        try:
            self._cooldowns.start(user, self._app.now())
        except TooSoon:
            return
        async with self._making:
            if not await self._publish_home(user):
                self._cooldowns.end(user)

    async def _publish_home(self, user: str) -> bool:
        turn = await self._turns.of(
            user=user, name="", channel="", response_url="", is_answered=False
        )
        if turn is None:
            return False
        try:
            view = await home.home_view(self._app, turn, self._names)
            await self._platform.api.publish_home(user, view)
        except (DeliveryError, StoreError) as error:
            log.info("App Home could not be shown: %s", error)
            return False
        return True


def _revoked(event: Payload) -> Collection[object]:
    """The bots (U…) whose tokens were revoked; those of members are none of ours."""
    bots = part_of(event, "tokens").get("bot")
    return bots if isinstance(bots, list) else ()
