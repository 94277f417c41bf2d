"""The simulated Slack without sockets: requests and envelopes are handed over in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlencode, urlsplit

from aiohttp import StreamReader, web
from aiohttp.test_utils import make_mocked_request
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.network.api import library
from bot.platforms.slack.network.connection import _ANSWERED
from simulators.slack.limits import DEFAULT_SCOPES, RateLimits
from simulators.slack.records import Interaction
from simulators.slack.server import LocalSlack
from simulators.slack.web_api import WebApi

BASE_URL = "http://127.0.0.1:9/"
"""Where nothing listens."""


@dataclass(frozen=True)
class Sent:
    """A request of the bot."""

    method: str
    """`chat.postMessage`, …, or `actions` for a `response_url`."""
    arguments: Mapping[str, Any]


class Response:
    """What aiohttp's client would have made of the simulator's response."""

    def __init__(self, response: web.Response) -> None:
        body = response.body if isinstance(response.body, bytes) else b""
        self.status, self.headers, self._body = response.status, response.headers, body
        self.content_type = response.content_type
        self.content = self

    async def json(self) -> Any:  # noqa: ANN401
        return json.loads(self._body)

    async def text(self) -> str:
        return self._body.decode()

    async def read(self, most: int = -1) -> bytes:
        """The next part; empty at the end."""
        most = len(self._body) if most < 0 else most
        part, self._body = self._body[:most], self._body[most:]
        return part


@dataclass
class MemorySession:
    """An `aiohttp.ClientSession` whose only server is the simulator."""

    slack: LocalSlack
    sent: list[Sent] = field(default_factory=list)
    closed = False

    def __post_init__(self) -> None:
        state, tokens = self.slack.state, self.slack.tokens
        limits = RateLimits(state.clock, active=False)
        api = WebApi(state, tokens, frozenset(DEFAULT_SCOPES), limits, lambda: "")
        self._app = web.Application()
        api.add_to(self._app)
        self._stub = Mock()

    @asynccontextmanager
    async def request(self, method: str, url: str, **options: object) -> AsyncIterator[Response]:
        yield await self.answer(method, url, options)

    def get(self, url: str, **options: object) -> AbstractAsyncContextManager[Response]:
        return self.request("GET", url, **options)

    async def close(self) -> None:
        """Nothing to close."""

    async def answer(self, method: str, url: str, options: Mapping[str, Any]) -> Response:
        assert url.startswith(BASE_URL), url
        body, kind = _body(options)
        headers = {**(options.get("headers") or {}), "Content-Type": kind}
        path = urlsplit(url).path
        if params := options.get("params"):
            path += "?" + urlencode(params)
        found = await self._app.router.resolve(self._mocked(method, path, headers, b""))
        request = self._mocked(method, path, headers, body, dict(found))
        self._record(path, options)
        response = await found.handler(request)
        assert isinstance(response, web.Response)
        return Response(response)

    def _mocked(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        match: Mapping[str, str] | None = None,
    ) -> web.Request:
        reader = StreamReader(self._stub, 2**16, loop=asyncio.get_running_loop())
        reader.feed_data(body)
        reader.feed_eof()
        options: dict[str, Any] = dict.fromkeys(("writer", "protocol", "transport"), self._stub)
        options |= {"match_info": match or {}, "client_max_size": 2**26, "app": self._app}
        headers = {**headers, "Content-Length": str(len(body))}
        return make_mocked_request(method, path, headers=headers, payload=reader, **options)

    def _record(self, path: str, options: Mapping[str, Any]) -> None:
        parts = path.partition("?")[0].strip("/").split("/")
        name = parts[1] if parts[0] == "api" else parts[0]
        data = options.get("data")
        arguments = {**(options.get("params") or {}), **(options.get("json") or {})}
        if isinstance(data, dict):
            arguments |= data
        elif isinstance(data, str):
            arguments |= json.loads(data)
        self.sent.append(Sent(name, arguments))


def _body(options: Mapping[str, Any]) -> tuple[bytes, str]:
    """The body as aiohttp would write it, and its type."""
    if (content := options.get("json")) is not None:
        return json.dumps(content).encode(), "application/json"
    match options.get("data"):
        case bytes() as data:
            return data, "application/octet-stream"
        case str() as text:
            return text.encode(), "application/json"
        case dict() as fields:
            written = {key: str(value) for key, value in fields.items()}
            return urlencode(written).encode(), "application/x-www-form-urlencoded"
        case nothing:
            assert nothing is None, nothing
            return b"", "application/octet-stream"


class MemorySocket:
    """Socket Mode: what members do is acknowledged and handled as soon as it happens."""

    is_connected = False

    def __init__(self, bot: SlackBot, slack: LocalSlack) -> None:
        self._bot, self._slack = bot, slack
        self._tasks: set[asyncio.Task[None]] = set()
        self.errors: list[BaseException] = []

    async def start(self) -> None:
        self.is_connected = True
        self._slack.state.deliver = self._deliver

    async def stop(self) -> None:
        """Nothing more is asked for."""

    async def close(self) -> None:
        self.is_connected = False
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _deliver(self, asked: Interaction) -> None:
        task = asyncio.create_task(self._handle(asked))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def _handle(self, asked: Interaction) -> None:
        state = self._slack.state
        is_answered = asked.payload.get("type") in _ANSWERED
        if not is_answered:
            state.acknowledge(asked.envelope_id, {})
        reply = await self._bot.requests.receive(asked.kind, asked.payload)
        if is_answered:
            answer = reply if isinstance(reply, Mapping) else {}
            state.acknowledge(asked.envelope_id, dict(answer))
            assert not asked.rejection, asked.rejection
        if isinstance(reply, Coroutine):
            await reply

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.errors.append(error)


class MemoryBot(SlackBot):
    """The bot on Slack without sockets."""

    def __init__(self, slack: LocalSlack, session: MemorySession, **arguments: Any) -> None:  # noqa: ANN401
        super().__init__(
            bot_token=slack.bot_token,
            app_token=slack.app_token,
            base_url=slack.api_url,
            edit_s=0.0,
            **arguments,
        )
        client: Any = session
        self.api._session = client
        self.api._web = AsyncWebClient(
            slack.bot_token, slack.api_url, session=client, retry_handlers=[], logger=library
        )
        self.memory = MemorySocket(self, slack)
        self.socket = self.memory  # type: ignore[assignment]
