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
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.platforms.local.common.simulator import UPLOAD_BYTES, Simulator, socket_address
from bot.platforms.local.faults import Faults
from bot.platforms.local.limits import JSON
from bot.platforms.local.slack.limits import ACKNOWLEDGEMENT_S, DEFAULT_SCOPES, RateLimits
from bot.platforms.local.slack.messages import HISTORY
from bot.platforms.local.slack.page import Page
from bot.platforms.local.slack.records import WAIT_S, Envelope, File, Interaction, Message, View
from bot.platforms.local.slack.socket_mode import SocketMode
from bot.platforms.local.slack.state import State
from bot.platforms.local.slack.web_api import PREFIX, Tokens, WebApi, rate_limited
from bot.platforms.local.slack.workspace import Channel, Member, Workspace


class LocalSlack(Simulator):
    """The simulator; listens inside of `async with`.

    host, port: as for `Address`. OSError is raised at the start if the port is in use.
    clock: seconds since 1970. It judges triggers, response_urls and rate limits.
    ack_s: seconds of real time to acknowledge an envelope; shorter in tests.
    rate_limited: whether to answer with 429 above Slack's limits.
    scopes: of the bot's token; those of the manifest by default.
    manifest: of the app. What it lacks (a command, a shortcut, an event) raises LookupError.
        Without it everything is accepted, and the page suggests no commands.
    history: messages and interactions to keep; older ones are forgotten.
    """

    platform = "Slack"

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 8080,
        *,
        bot_name: str = "Mangosaurus",
        clock: Callable[[], float] = time.time,
        ack_s: float = ACKNOWLEDGEMENT_S,
        rate_limited: bool = True,
        scopes: Collection[str] | None = None,
        manifest: JSON | None = None,
        history: int = HISTORY,
    ) -> None:
        super().__init__(host, port)
        self.tokens = Tokens(
            f"xoxb-local-{secrets.token_urlsafe(18)}", f"xapp-local-{secrets.token_urlsafe(18)}"
        )
        self.state = State(
            clock, bot_name=bot_name, ack_s=ack_s, manifest=manifest, history=history
        )
        self.faults = Faults(limited=_limited)
        self.sockets = SocketMode(self.state, self.faults)
        self._limits = RateLimits(clock, active=rate_limited)
        if scopes is None:
            scopes = manifest["oauth_config"]["scopes"]["bot"] if manifest else DEFAULT_SCOPES
        self._web_api = WebApi(
            self.state, self.tokens, frozenset(scopes), self._limits, self.sockets.open
        )
        self._page = Page(self.state, lambda: bool(self.sockets.connections))
        self._root = "/"

    @property
    def workspace(self) -> Workspace:
        return self.state.workspace

    @property
    def member(self) -> Member:
        return self.workspace.member

    @property
    def admin(self) -> Member:
        return self.workspace.admin

    @property
    def guest(self) -> Member:
        return self.workspace.guest

    @property
    def channel(self) -> Channel:
        """A channel that the bot is in."""
        return self.workspace.channel

    @property
    def elsewhere(self) -> Channel:
        """A channel that the bot is not in."""
        return self.workspace.elsewhere

    @property
    def bot_token(self) -> str:
        return self.tokens.bot

    @property
    def app_token(self) -> str:
        return self.tokens.app

    @property
    def url(self) -> str:
        """The address of the page, "http://127.0.0.1:8080/"; empty before the start."""
        return self.state.messages.base_url

    @property
    def api_url(self) -> str:
        """`base_url` for slack_sdk, with a slash at the end."""
        return self.url + PREFIX.removeprefix("/")

    @property
    def calls(self) -> Counter[str]:
        """Number of requests by method ("chat.update"), and of "response_url"."""
        return self._web_api.calls

    @property
    def refused(self) -> Counter[str]:
        """Number of 429 responses by method; those of faults are not counted."""
        return self._limits.refused

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
        self.state.messages.base_url = url
        self.sockets.url = socket_address(url, "link")
        self._root = urlsplit(url).path

    async def close(self) -> None:
        """End all connections."""
        self._page.close()
        await self.sockets.close()

    # What a member does

    def command(
        self, member: Member, command: str, text: str = "", channel: Channel | None = None
    ) -> Interaction:
        """Run a slash command ("/dinoname"); the channel is by default one that the bot is in.

        Raises LookupError if the manifest has no such command.
        """
        return self.state.command(member, command, text, channel or self.channel)

    def press(
        self,
        member: Member,
        source: Message | View,
        name: str,
        value: object = None,
        *,
        values: Mapping[str, object] | None = None,
    ) -> Interaction:
        """Press the button with this label, action_id or value.

        value: what to choose, if the element is a select, checkboxes or radio buttons.
        values: the inputs beside it, as in `submit`.
        Raises LookupError if there is no such element.
        """
        return self.state.press(member, source, name, value, values)

    async def suggest(
        self,
        member: Member,
        source: Message | View,
        name: str,
        typed: str = "",
        *,
        values: Mapping[str, object] | None = None,
    ) -> list[JSON]:
        """The options that the bot offers for the typed text. Raises like `acknowledgement`."""
        asked = self.state.suggest(member, source, name, typed, values)
        await asked.acknowledgement()
        return asked.options

    def submit(
        self, member: Member, view: View, values: Mapping[str, object], *, forged: bool = False
    ) -> Interaction:
        """Submit a modal.

        values: by block_id, action_id or label: a text, a number, an option's value or a list of
            them, a `File` (see `upload`). Other inputs keep their initial value.
        forged: without the checks that raise `FormError` where Slack asks the member to correct
            the form.
        """
        return self.state.submit(member, view, values, forged=forged)

    def close_view(self, member: Member, view: View) -> Interaction | None:
        """Close a modal; None if the bot does not hear of it (`notify_on_close`)."""
        return self.state.close_view(member, view)

    def shortcut(
        self, member: Member, callback_id: str, message: Message | None = None
    ) -> Interaction:
        """Use a global shortcut, or one of a message."""
        return self.state.shortcut(member, callback_id, message)

    def open_home(self, member: Member, tab: str = "home") -> Interaction:
        """Open the bot's home tab ("home"), or its direct messages ("messages")."""
        return self.state.open_home(member, tab)

    def home(self, member: Member) -> View | None:
        """The home tab that the bot has published for a member."""
        return self.state.views.homes.get(member.id)

    def modal(self, member: Member) -> View | None:
        """The modal that a member sees."""
        return self.state.views.top(member)

    def upload(self, member: Member, name: str, data: bytes) -> File:
        """A file for a file input."""
        return self.state.messages.store_file(member, name, data)

    def say(self, member: Member, text: str, channel: Channel | None = None) -> Message:
        """Post an ordinary message."""
        return self.state.messages.say(member, text, channel or self.channel)

    # What happens in the workspace

    def send_event(self, event: JSON) -> Interaction:
        """Send an event of the Events API."""
        return self.state.send_event(event)

    def forge(self, kind: Envelope, payload: JSON) -> Interaction:
        """Send any payload."""
        return self.state.forge(kind, payload)

    def redeliver(self, asked: Interaction) -> None:
        """Send an envelope once more, as Slack does at times."""
        self.sockets.deliver(asked)

    def invite_bot(self, channel: Channel) -> None:
        channel.is_joined = True

    def remove_bot(self, channel: Channel) -> None:
        channel.is_joined = False

    def revoke(self) -> None:
        """Revoke both tokens."""
        self.tokens.is_revoked = True

    async def wait_for(
        self, condition: Callable[[], object], *, timeout_s: float = WAIT_S, what: str = ""
    ) -> None:
        """Wait until `condition()` holds; it is checked after each event and request.

        Raises TimeoutError.
        """
        await self.state.changes.wait_for(condition, timeout_s=timeout_s, what=what)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Make faults of the Web API."""
        path = request.path.removeprefix(self._root)
        if not path or path.startswith(("link", "local/")):
            return await handler(request)
        # Those who wait for a call hear of it even if a fault holds it.
        asyncio.get_running_loop().call_soon(self.state.changes.notify)
        try:
            return await self.faults.answer(request, handler)
        finally:
            self.state.changes.notify()


def _limited(seconds: float) -> web.StreamResponse:
    return rate_limited(seconds)
