"""`LocalSlack`: starts the Slack simulator, and is its interface for tests.

    async with LocalSlack(port=0) as local:
        client = AsyncWebClient(token=local.bot_token, base_url=local.api_url)
        ...
        asked = local.command(local.member, "/dinoname", "count:3")
        message = await asked.answer()
        await local.press(local.member, message, "Again").answer()

On the page at `local.url`, a person acts as one of the members. `local.faults` makes requests fail,
`local.sockets` connections.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from simulators.common.faults import Faults
from simulators.common.payloads import JSON
from simulators.common.simulator import UPLOAD_BYTES, Simulator, socket_address
from simulators.slack.limits import ACKNOWLEDGEMENT_S, DEFAULT_SCOPES, RateLimits
from simulators.slack.messages import HISTORY
from simulators.slack.page import SlackPage
from simulators.slack.records import Message, View
from simulators.slack.socket_mode import SocketModeServer
from simulators.slack.state import State
from simulators.slack.web_api import PREFIX, BotTokens, WebApi, too_many_requests
from simulators.slack.workspace import Member


class LocalSlack(Simulator):
    """The simulator; listens inside of `async with`.

    port: as for `Address`. OSError is raised at the start if the port is in use.
    clock: seconds since 1970. It judges triggers, response_urls and rate limits.
    ack_s: seconds of real time to acknowledge an envelope; shorter in tests.
    rate_limited: whether to answer with 429 above Slack's limits.
    scopes: of the bot's token; those of the manifest by default.
    manifest: of the app. What it lacks (a command, a shortcut, an event) raises LookupError.
        Without it everything is accepted, and the page suggests no commands.
    history: messages and interactions to keep; older ones are forgotten.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        clock: Callable[[], float] = time.time,
        ack_s: float = ACKNOWLEDGEMENT_S,
        rate_limited: bool = True,
        scopes: Collection[str] | None = None,
        manifest: JSON | None = None,
        history: int = HISTORY,
    ) -> None:
        super().__init__(port)
        self.bot_token = f"xoxb-local-{secrets.token_urlsafe(18)}"
        self.app_token = f"xapp-local-{secrets.token_urlsafe(18)}"
        self.tokens = BotTokens(self.bot_token, self.app_token)
        state = State(clock, ack_s=ack_s, manifest=manifest, history=history)
        self.state, self.workspace = state, state.workspace
        self.member, self.admin = self.workspace.member, self.workspace.admin
        self.guest = self.workspace.guest
        self.channel, self.elsewhere = self.workspace.channel, self.workspace.elsewhere
        """One that the bot is in, and one that it is not in."""
        # What a member does, and what happens in the workspace.
        self.command, self.press, self.submit = state.command, state.press, state.submit
        self.shortcut, self.open_home = state.shortcut, state.open_home
        self.say, self.upload = state.messages.say, state.messages.store_file
        self.write = state.write
        self.modal, self.close_view = state.views.top, state.views.close
        self.changes, self.wait_for = state.changes, state.changes.wait_for
        self.faults = Faults(too_many_requests)
        self.sockets = SocketModeServer(state)
        self.limits = RateLimits(clock, active=rate_limited)
        if scopes is None:
            scopes = manifest["oauth_config"]["scopes"]["bot"] if manifest else DEFAULT_SCOPES
        self._web_api = WebApi(
            state, self.tokens, frozenset(scopes), self.limits, self.sockets.open
        )
        self.calls, self.refused = self._web_api.calls, self.limits.refused
        """Number of requests, and of 429 responses without those of faults, by method."""
        self.warnings = state.messages.warnings
        """Complaints about what Slack accepts, and may read otherwise than the bot means it."""
        self._page = SlackPage(state, lambda: bool(self.sockets.connections))
        self._root = "/"

    @property
    def api_url(self) -> str:
        """`base_url` for slack_sdk, with a slash at the end."""
        return self.url + PREFIX.removeprefix("/")

    @property
    def messages(self) -> list[Message]:
        """All messages, oldest first, with ephemeral ones."""
        return list(self.state.messages.by_ts.values())

    def application(self, *outer: Middleware) -> web.Application:
        """The Web API, Socket Mode and the page."""
        app = web.Application(middlewares=[*outer, self._guard], client_max_size=UPLOAD_BYTES)
        self._web_api.add_to(app)
        self._page.add_to(app)
        app.router.add_get("/link", self.sockets.connect)
        return app

    def move_to(self, url: str) -> None:
        """Take `url` as the address of everything."""
        self.url = self.state.messages.base_url = url
        self.sockets.url = socket_address(url, "link")
        self._root = urlsplit(url).path

    async def close(self) -> None:
        """End all connections."""
        self._page.close()
        await self.sockets.close()

    async def suggest(
        self,
        member: Member,
        source: Message | View,
        name: str,
        typed: str = "",
    ) -> list[JSON]:
        """The options that the bot offers for the typed text. Raises like `acknowledgement`."""
        asked = self.state.suggest(member, source, name, typed)
        await asked.acknowledgement()
        return asked.options

    def home(self, member: Member) -> View | None:
        """The home tab that the bot has published for a member."""
        return self.state.views.homes.get(member.id)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Make faults of the Web API."""
        path = request.path.removeprefix(self._root)
        if not path or path.startswith(("link", "local/")):
            return await handler(request)
        # Those who wait for a call hear of it even if a fault holds it.
        asyncio.get_running_loop().call_soon(self.changes.notify)
        try:
            return await self.faults.answer(request, handler)
        finally:
            self.changes.notify()
