"""A running LocalSlack, a small bot on it, and blocks to send."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat import button_states
from bot.polls import votes
from bot.store import database
from simulators.common.payloads import JSON
from simulators.slack.server import LocalSlack
from tests.clock import Clock


@pytest.fixture(autouse=True)
def _without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """slack_sdk sends even requests to loopback through a proxy."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy this machine is, the bot waits for its database."""
    for module, limit in (
        (database, "ANSWER_S"),
        (votes, "OPENING_S"),
        (button_states, "SAVING_S"),
    ):
        monkeypatch.setattr(module, limit, 60.0)


@pytest.fixture
def clock() -> Clock:
    return Clock(1_800_000_000.0)


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[LocalSlack]:
    async with LocalSlack(port=0, clock=clock) as started:
        yield started


@pytest.fixture
def web(slack: LocalSlack) -> AsyncWebClient:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, timeout=60)


@dataclass
class Listener:
    """A bot that notes all requests, and acknowledges with the payload that `answer` returns."""

    requests: list[SocketModeRequest] = field(default_factory=list)
    answer: Callable[[SocketModeRequest], JSON | None] = lambda request: None
    is_silent: bool = False

    async def __call__(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.requests.append(request)
        if not self.is_silent:
            response = SocketModeResponse(request.envelope_id, self.answer(request))
            await client.send_socket_mode_response(response)

    @property
    def payload(self) -> JSON:
        """Of the newest request."""
        return self.requests[-1].payload


@contextlib.asynccontextmanager
async def connected(
    slack: LocalSlack, listener: Listener, ping_s: float = 5.0
) -> AsyncIterator[SocketModeClient]:
    """A Socket Mode client with its connection open."""
    web = AsyncWebClient(base_url=slack.api_url)
    client = SocketModeClient(slack.app_token, web_client=web, ping_interval=ping_s)
    client.socket_mode_request_listeners.append(listener)
    before = len(slack.sockets.connections)
    try:
        await client.connect()  # type: ignore[no-untyped-call]
        await slack.wait_for(lambda: len(slack.sockets.connections) > before)
        yield client
    finally:
        await client.close()  # type: ignore[no-untyped-call]


@pytest.fixture
async def listener(slack: LocalSlack) -> AsyncIterator[Listener]:
    heard = Listener()
    async with connected(slack, heard):
        yield heard


# Blocks


def plain(text: str) -> JSON:
    return {"type": "plain_text", "text": text}


def section(text: str) -> JSON:
    return {"type": "section", "text": plain(text)}


def button(label: str = "Again", **fields: object) -> JSON:
    return {"type": "button", "text": plain(label), "action_id": "again"} | fields


def row(*labels: str) -> JSON:
    buttons = [
        button(label, action_id=f"b{number}", value=label.lower())
        for number, label in enumerate(labels)
    ]
    return {"type": "actions", "elements": buttons}


def rich(*elements: JSON) -> JSON:
    part = {"type": "rich_text_section", "elements": list(elements)}
    return {"type": "rich_text", "elements": [part]}


def question(block_id: str, kind: str, *, optional: bool = False, **fields: object) -> JSON:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(block_id.title()),
        "element": {"type": kind, "action_id": block_id, **fields},
        "optional": optional,
    }


OPTIONS = [{"text": plain("Draco"), "value": "draco"}]
MODAL: JSON = {
    "type": "modal",
    "title": plain("Names"),
    "submit": plain("Write"),
    "callback_id": "names",
    "private_metadata": "C1",
    "blocks": [
        question("start", "external_select", optional=True, min_query_length=0),
        question("count", "number_input", is_decimal_allowed=False, min_value="1", max_value="5"),
        question("style", "static_select", options=OPTIONS, initial_option=OPTIONS[0]),
        question("list", "file_input", optional=True, filetypes=["txt"], max_files=1),
        question("name", "plain_text_input", optional=True, max_length=10),
    ],
}
