"""Socket Mode: two connections to Slack, each of which is renewed before it is lost."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, TypeVar

import aiohttp
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.chat.turn import DeliveryError, Unreachable
from bot.concurrency import start_kept
from bot.platforms.slack.network.api import SlackApi, proxy_for
from bot.platforms.slack.payloads import part_of, text_of
from bot.platforms.slack.recent import Recent

log = logging.getLogger(__name__)

CONNECTIONS = 2
"""While one is renewed, Slack sends everything to the other."""
PING_S = 5.0
"""Seconds between two pings; without an answer to one the connection is closed."""
CONNECT_S = 8.0
"""Seconds until a new connection is greeted."""
WATCH_S = 1.0
"""Seconds between two looks at a connection."""
MOST_MISSED = 12
"""Envelopes in a row on the other connection, after which one is taken for deaf.

Slack sends each to either, so that happens by chance once in 4,096 times, and costs nothing.
"""
QUIET_S = 300.0
"""Seconds without an envelope after which a connection is renewed, in case it is deaf."""
DRAIN_S = 15.0
"""Seconds for which a connection is read after its successor is open, unless Slack closes it.

It gives notice about ten seconds before, and goes on to use it.
"""
UNANNOUNCED_S = 2.0
"""`DRAIN_S` of a connection that Slack does not know will close: if it is deaf, envelopes are lost.
"""
LOOKS = 15
"""How often it is looked meanwhile, and then whether everything is acknowledged."""
CLOSE_S = 1.0
"""Seconds for closing a connection; a deaf one does not answer."""
LIVED_S = 10.0
"""Seconds after which a connection is taken for a success."""
LONGEST_PAUSE_S = 30.0
"""Limit on the pause after failures, which doubles from a second on."""
ANSWER_S = 2.5
"""Seconds for an answer that is part of the acknowledgement. Slack waits for three."""
ACKNOWLEDGING_S = 2.0
MOST_REMEMBERED = 10_000
"""Envelopes and events that are recognized if they are delivered again."""
_ANSWERED = {"block_suggestion", "view_submission"}
"""Payloads whose answer is part of the acknowledgement."""
_STORED = {"app_uninstalled", "channel_id_changed", "tokens_revoked"}
"""Events that are acknowledged once they are stored, or else sent again by Slack for minutes."""
_EVENTS = "events_api"
_SWITCHED_OFF = "link_disabled"
_TOO_MANY = "too_many_websockets"

Result = TypeVar("Result")
Payload = Mapping[str, object]
Reply = Payload | Coroutine[Any, Any, None] | None
"""The answer that an acknowledgement carries, or the work that follows it."""
Receive = Callable[[str, Payload], Coroutine[Any, Any, Reply]]
"""Handles a payload of a type, for example `slash_commands`."""


class _Client(SocketModeClient):
    """The library's client, which connects once: `SocketMode` decides about the rest.

    By itself it tries the same address for ever, and closes a connection before the next is open.
    """

    def __init__(self, address: str, take: Callable[["_Client", Payload], None]) -> None:
        self.error: BaseException | None = None
        """Why the client could not connect."""
        self.settled = asyncio.Event()
        """Set once Slack has greeted it, or sent it away, or it has failed."""
        self.is_greeted = False
        self.ending = asyncio.Event()
        """Set when the connection should be renewed."""
        self.reason = ""
        self.pending = 0
        """Envelopes that the client has not acknowledged yet."""
        self.missed = 0
        """Envelopes on other connections since the last on this one."""
        self.heard_at = self.opened_at = time.monotonic()
        self._take = take
        # The library's errors contain the address, which is a secret.
        logger = logging.Logger("slack_sdk", logging.ERROR)
        logger.addFilter(self._fail)
        super().__init__(
            app_token="",
            logger=logger,
            auto_reconnect_enabled=False,
            ping_interval=PING_S,
            on_close_listeners=[self._on_close],
        )
        self.wss_uri = address
        self.proxy = proxy_for(address)

    @property
    def is_open(self) -> bool:
        """Whether envelopes can arrive, as far as is known."""
        return (
            self.is_greeted
            and self.current_session is not None
            and not (self.current_session.closed or self.closed)
        )

    @property
    def is_quiet(self) -> bool:
        """Whether so few envelopes arrive that the connection may be deaf."""
        now = time.monotonic()
        if now - self.opened_at < LIVED_S:
            return False
        return self.missed >= MOST_MISSED or now - self.heard_at >= QUIET_S

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        """Take one message of Slack, in a task of its own."""
        match message.get("type"):
            case "hello":
                self.is_greeted = True
                self.settled.set()
            case "disconnect":
                self.reason = text_of(message, "reason")
                self.ending.set()
                self.settled.set()
            case _:
                self._take(self, message)

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """Ask to be renewed."""
        self.ending.set()

    async def discard(self) -> None:
        """Close the connection, whatever its state."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.close()  # type: ignore[no-untyped-call]
        except (TimeoutError, OSError, RuntimeError, aiohttp.ClientError) as error:
            log.debug("A connection was left behind: %r", error)
        for task in (self.message_processor, self.current_session_monitor, self.message_receiver):
            if task is not None:
                task.cancel()
        await self.aiohttp_client_session.close()

    def _fail(self, record: logging.LogRecord) -> bool:
        """Take an error that the library only logs. It is not logged."""
        self.error = (record.exc_info[1] if record.exc_info else None) or self.error
        self.settled.set()
        return False

    async def _on_close(self, _message: aiohttp.WSMessage) -> None:
        self.ending.set()


class SocketMode:
    """Receives what members do, acknowledges it, and passes it on once."""

    def __init__(
        self,
        api: SlackApi,
        app_token: str,
        receive: Receive,
        *,
        count: Callable[[str], None] = lambda _event: None,
        tracked: Callable[[], AbstractContextManager[None]] = nullcontext,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`count` gets `connect` and `disconnect`.

        tracked: entered for each request, from before its acknowledgement until it is handled.
            Events are none: nobody waits for an answer.
        sleep: waits while an old connection is read.
        """
        self._api = api
        self._app_token = app_token
        self._receive = receive
        self._count = count
        self._tracked = tracked
        self._sleep = sleep
        self._is_stopping = False
        self._clients: list[_Client | None] = [None] * CONNECTIONS
        self._opened: set[_Client] = set()
        """Connections that are not discarded yet. Some are only read to their end."""
        self._keepers: list[asyncio.Task[None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: Recent[str, None] = Recent(MOST_REMEMBERED)

    @property
    def is_connected(self) -> bool:
        """Whether requests arrive."""
        return any(client is not None and client.is_open for client in self._clients)

    async def start(self) -> None:
        """Connect. Raises `DeliveryError` if that fails; later failures are tried again."""
        first = await self._connected()
        self._keepers = [
            asyncio.create_task(self._keep(place, first if place == 0 else None))
            for place in range(len(self._clients))
        ]

    async def stop(self) -> None:
        """Take nothing more: Slack may give what comes to another process."""
        self._is_stopping = True

    async def close(self) -> None:
        """Disconnect, within a second or two."""
        for keeper in self._keepers:
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers)
        await asyncio.gather(*map(self._discard, [*self._opened]))
        self._clients = [None] * len(self._clients)

    async def _keep(self, place: int, client: _Client | None) -> None:
        """Keep one of the connections open."""
        failures = 0
        while True:
            old = self._clients[place]
            try:
                new, client = client or await self._connected(), None
            except Exception as error:
                failures += 1
                is_unexpected = not isinstance(error, DeliveryError)
                log.warning("No connection to Slack: %s", error, exc_info=is_unexpected)
                await asyncio.sleep(_pause(failures))
                continue
            self._clients[place] = new
            self._count("connect")
            if old is not None:
                start_kept(self._tasks, self._retire(old))
            await _until_ending(new)
            self._count("disconnect")
            failures = 0 if time.monotonic() - new.opened_at >= LIVED_S else failures + 1
            _log_end(new)
            if new.reason == _TOO_MANY or not new.is_open:
                self._clients[place] = None
                await self._discard(new)
            if failures > 1:
                await asyncio.sleep(_pause(failures - 1))

    async def _connected(self) -> _Client:
        """A new connection, at a fresh address. Raises `DeliveryError`."""
        client = _Client(await self._api.connection_address(self._app_token), self._take)
        self._opened.add(client)
        connecting = asyncio.create_task(client.connect())  # type: ignore[no-untyped-call]
        try:
            async with asyncio.timeout(CONNECT_S):
                await client.settled.wait()
        except TimeoutError as error:
            raise Unreachable("Socket Mode does not answer") from error
        finally:
            connecting.cancel()
            if not client.is_greeted:
                await self._discard(client)
        if client.reason == _SWITCHED_OFF and not client.is_greeted:
            raise DeliveryError(f"apps.connections.open: {_SWITCHED_OFF}")
        if not client.is_greeted:
            raise Unreachable(f"Socket Mode: {client.reason or type(client.error).__name__}")
        return client

    async def _retire(self, client: _Client) -> None:
        """Read what is still on its way to a connection, and close it."""
        seconds = DRAIN_S if client.reason else UNANNOUNCED_S
        for _look in range(LOOKS):
            if not client.is_open:
                break
            await self._sleep(seconds / LOOKS)
        for _look in range(LOOKS):
            if not client.pending:
                break
            await self._sleep(ANSWER_S / LOOKS)
        await self._discard(client)

    async def _discard(self, client: _Client) -> None:
        self._opened.discard(client)
        await client.discard()

    def _take(self, client: _Client, message: Payload) -> None:
        """Take an envelope, unless it was delivered before."""
        envelope_id = text_of(message, "envelope_id")
        if not envelope_id or self._is_stopping:
            return
        for each in self._clients:
            if each is not None:
                each.missed += 1
        client.missed, client.heard_at = 0, time.monotonic()
        kind, payload = text_of(message, "type"), part_of(message, "payload")
        identifiers = filter(None, (envelope_id, text_of(payload, "event_id")))
        is_new = all(self._is_new(each) for each in identifiers)
        start_kept(
            self._tasks, self._handle(client, envelope_id, kind, payload if is_new else None)
        )

    async def _handle(
        self, client: _Client, envelope_id: str, kind: str, payload: Payload | None
    ) -> None:
        """Acknowledge an envelope, then handle its payload; `None` if it was delivered before."""
        with nullcontext() if kind == _EVENTS else self._tracked():
            client.pending += 1
            answer: Payload | None = None
            later: Coroutine[Any, Any, object] | None = None
            try:
                if payload is not None:
                    work = self._receive(kind, payload)
                    if text_of(payload, "event", "type") in _STORED:
                        if not await _is_stored(work):
                            for each in (envelope_id, text_of(payload, "event_id")):
                                self._seen.pop(each, None)
                            return
                    elif text_of(payload, "type") not in _ANSWERED:
                        later = work
                    elif isinstance(reply := await _in_time(work, payload), Coroutine):
                        later = reply
                    else:
                        answer = reply
                await _acknowledge(client, envelope_id, answer)
            finally:
                client.pending -= 1
            if later is not None:
                await asyncio.sleep(0)  # others that have arrived are acknowledged first
                await _handled(later)

    def _is_new(self, identifier: str) -> bool:
        if identifier in self._seen:
            return False
        self._seen[identifier] = None
        return True


async def _in_time(work: Coroutine[Any, Any, Reply], payload: Payload) -> Reply:
    """The reply to a payload, if it is found in time."""
    try:
        async with asyncio.timeout(ANSWER_S):
            return await _handled(work)
    except TimeoutError:
        log.warning("An answer to %s was too late", payload.get("type"))
        return None


async def _handled(work: Coroutine[Any, Any, Result]) -> Result | None:
    """Await work, and log its errors."""
    try:
        return await work
    except Exception:
        log.exception("A request of Slack could not be handled")
        return None


async def _is_stored(work: Coroutine[Any, Any, object]) -> bool:
    """Whether work on an event succeeds in time."""
    try:
        async with asyncio.timeout(ANSWER_S):
            await work
    except Exception:
        log.exception("An event of Slack could not be stored")
        return False
    return True


async def _acknowledge(client: _Client, envelope_id: str, answer: Payload | None) -> None:
    """Acknowledge an envelope. If that fails, Slack may deliver it again, and it is recognized."""
    response: dict[str, object] = {"envelope_id": envelope_id}
    if answer is not None:
        response["payload"] = dict(answer)
    try:
        async with asyncio.timeout(ACKNOWLEDGING_S):
            await client.send_socket_mode_response(response)
    except (TimeoutError, OSError, RuntimeError, AttributeError, aiohttp.ClientError) as error:
        # Without a session, the library has an attribute of `None`.
        log.warning("An envelope could not be acknowledged: %r", error)


async def _until_ending(client: _Client) -> None:
    """Wait until a connection should be renewed: Slack says so, or it is closed, or deaf."""
    while not client.ending.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(WATCH_S):
                await client.ending.wait()
        if not await client.is_connected() or client.is_quiet:
            return


def _log_end(client: _Client) -> None:
    if client.reason == _SWITCHED_OFF:
        log.error(
            "Socket Mode is switched off. Switch it on, on the page Socket Mode of your app: "
            "https://api.slack.com/apps"
        )
    else:
        log.info("A connection to Slack is renewed (%s)", client.reason or "closed or deaf")


def _pause(failures: int) -> float:
    """Seconds to wait after some failures in a row."""
    return min(2.0 ** min(failures - 1, 10), LONGEST_PAUSE_S)
