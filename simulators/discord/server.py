"""`LocalDiscord`: starts the Discord simulator, and is its interface for tests.

    async with LocalDiscord() as local:
        print(local.url)
        with local.pointing_clients_here():
            await bot.start(local.token)

On the page at `local.url`, a person acts as one of three members. Tests do the same with
the methods `run_command`, `press` and `wait_for`.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Literal

import discord.gateway
import discord.http
import yarl
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from simulators.common.faults import FaultKind, Faults
from simulators.common.rate_limits import RateLimiter
from simulators.common.simulator import (
    UPLOAD_BYTES,
    WAIT_S,
    Changes,
    Simulator,
    socket_address,
)
from simulators.discord.channel import HISTORY, OLD_WINDOW_S
from simulators.discord.gateway import Gateway
from simulators.discord.guild import User
from simulators.discord.limits import ApiError
from simulators.discord.page import DiscordPage
from simulators.discord.records import Event, Interaction, Message, Surface
from simulators.discord.rest import PREFIX, Rest, json_response, too_many_requests, unknown_route
from simulators.discord.servers import Servers
from simulators.discord.state import State

PER_SECOND, WRITES = 50, 5
"""Requests per second in total, and messages or edits of a channel or an interaction in the window
below; above these, answers are a 429."""
WINDOW_S = 5.0
TOKEN_S = 900.0
Until = Literal["sent", "acknowledged", "answered"]


class LocalDiscord(Simulator):
    """The simulator; listens inside of `async with`.

    port: as for `Address`. OSError is raised at the start if the port is in use.
    clock: seconds since 1970, for messages and interactions. Rate limits keep to the real time.
    first_response_s: Discord's 3 seconds to acknowledge an interaction; longer in tests.
    shards: number of shards, as sent to clients.
    servers: number of servers, each on another shard than the one before it.
    max_concurrency: number of shards that may connect at once, as sent to clients.
    history: messages to keep, and as many ephemeral ones; older ones are deleted.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        clock: Callable[[], float] = time.time,
        first_response_s: float = 3.0,
        shards: int = 1,
        servers: int = 1,
        max_concurrency: int = 1,
        history: int = HISTORY,
    ) -> None:
        super().__init__(port)
        self.token = f"local.{secrets.token_urlsafe(24)}"
        make = partial(State, clock, first_response_s=first_response_s, history=history)
        self.state = make()
        others = (make(beside=self.state, position=number) for number in range(1, servers))
        self.servers = Servers([self.state, *others])
        self.faults = Faults(too_many_requests)
        self.gateway = Gateway(self.servers, self.token)
        limits = RateLimiter(WRITES, WINDOW_S, time.time), RateLimiter(PER_SECOND, 1, time.time)
        self.drop_gateway = self.gateway.drop
        self._rest = Rest(self.servers, self.token, self.gateway, limits, shards, max_concurrency)
        self.changes = changes = Changes()
        self.wait_for = changes.wait_for
        self._page = DiscordPage(self.state, changes, self._answered)
        self.refused = self._rest.refused
        """Number of 429 responses by route ("PATCH /channels/…"), or "everything" for the total."""
        self.member, self.admin = self.state.guild.member, self.state.guild.admin
        self.guild_id = int(self.state.guild.id)
        self.channel_id = int(self.state.guild.channel_id)
        self._api = PREFIX
        self._timers: list[asyncio.TimerHandle] = []
        for server in self.servers:
            server.events.listeners.append(partial(self._hear, server))

    def application(self, *outer: Middleware) -> web.Application:
        """The REST API, the gateway and the page."""
        app = web.Application(middlewares=[*outer, self._guard], client_max_size=UPLOAD_BYTES)
        self._rest.add_to(app)
        app.router.add_get("/gateway", self.gateway.connect)
        self._page.add_to(app)
        return app

    def move_to(self, url: str) -> None:
        """Take `url` as the address of everything."""
        self.url = url
        for server in self.servers:
            server.channel.base_url = url
        self.gateway.url = socket_address(url, "gateway")
        self._api = yarl.URL(url).path.removesuffix("/") + PREFIX

    async def close(self) -> None:
        """End all connections, and forget what waits for a deadline."""
        for timer in self._timers:
            timer.cancel()
        self._page.close()
        await self.gateway.close()

    @contextlib.contextmanager
    def pointing_clients_here(self) -> Iterator[None]:
        """Make discord.py clients that start in this context connect to the simulator."""
        before = discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
        discord.http.Route.BASE = self.url.removesuffix("/") + PREFIX
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self.gateway.url)
        try:
            yield
        finally:
            discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = before

    # For tests: what a member does on the page

    @property
    def messages(self) -> list[Message]:
        """All messages of the channel, oldest first, with ephemeral ones."""
        return list(self.state.channel.messages.values())

    async def run_command(
        self,
        name: str,
        options: Mapping[str, object] | None = None,
        *,
        by: User | None = None,
        server: int = 0,
        surface: Surface = Surface.SERVER,
        until: Until = "answered",
        timeout_s: float = WAIT_S,
    ) -> Interaction:
        """Run a command, and wait until the bot has answered or failed to (`.failed`).

        name: "dinoname", or "retrain names" for a subcommand.
        options: values by name; an `Upload` for an attachment.
        by: Mary by default; or `admin`, or a user added with `state.guild.add_member`.
        server: in which of several servers.
        surface: whether in that server, or where the user has added the bot for themselves.
        until: what to wait for: "sent" returns at once, "acknowledged" after the first response.
        """
        asked = self.servers[server].invoke(by or self.member, name, options, surface=surface)
        return await self._answered(asked, until, timeout_s)

    async def press(
        self, message: Message, button: str, *, by: User | None = None, until: Until = "answered"
    ) -> Interaction:
        """Press the button with this label or custom_id, and wait like `run_command`.

        A press that the bot only acknowledges (type 6) has no answer: use until="acknowledged".
        """
        custom_id = message.button(button).custom_id or ""
        server = next(each for each in self.servers if message.id in each.channel.messages)
        return await self._answered(server.press(by or self.member, message.id, custom_id), until)

    async def choose(
        self, message: Message, menu: str, value: str, *, by: User | None = None
    ) -> Interaction:
        """Choose a value in the menu with this beginning, and wait until that is answered."""
        custom_id = message.select(menu)["custom_id"]
        return await self._answered(
            self.state.choose(by or self.member, message.id, custom_id, value)
        )

    async def submit(self, asked: Interaction, typed: str) -> Interaction:
        """Submit a form of one field, and wait until that is answered."""
        assert asked.modal is not None  # noqa: S101 (an error of the test)
        ((field,),) = (row["components"] for row in asked.modal["components"])
        return await self._answered(self.state.submit(asked, {field["custom_id"]: typed}))

    async def _answered(
        self, asked: Interaction, until: Until = "answered", timeout_s: float = WAIT_S
    ) -> Interaction:
        def done() -> bool:
            if until == "acknowledged" and asked.acknowledged:
                return True
            return until == "sent" or asked.settled

        await self.wait_for(done, timeout_s=timeout_s, what=f"An answer to {asked.title}")
        return asked

    # Timers

    def _hear(self, server: State, event: Event) -> None:
        asked = event.subject
        if event.name == "interaction" and isinstance(asked, Interaction):
            loop = asyncio.get_running_loop()
            self._timers = [timer for timer in self._timers if timer.when() > loop.time()]
            give_up = loop.call_later(server.first_response_s, server.give_up, asked)
            self._timers += [give_up, loop.call_later(TOKEN_S, server.expire, asked)]
        self.changes.notify()

    # Requests

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn errors into Discord's responses, and make faults of the API."""
        try:
            fault = self.faults.rest
            is_moved = fault is not None and fault.kind is FaultKind.REDIRECT  # files, too
            if is_moved or request.path.startswith(self._api):
                return await self.faults.answer(request, handler)
            return await handler(request)
        except ApiError as error:
            if error.status == HTTPStatus.TOO_MANY_REQUESTS:
                return too_many_requests(OLD_WINDOW_S, everything=False, about=error.body())
            return json_response(error.body(), status=error.status)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            return unknown_route(request.method, request.path)
