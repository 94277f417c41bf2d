import asyncio
import logging
from collections.abc import AsyncIterator, Mapping

import pytest

from bot.chat.turn import DeliveryError, Unreachable
from bot.monitoring.monitor import Monitor
from bot.platforms.slack.network import connection
from bot.platforms.slack.network.api import SlackApi
from bot.platforms.slack.network.connection import SocketMode
from bot.platforms.slack.startup_problems import startup_problem
from bot.store import Unavailable
from tests.bot.platforms.slack.network.sockets import SocketServer, serving_sockets

PRESS = {"type": "block_actions"}
DRAIN_S, UNANNOUNCED_S = connection.DRAIN_S, connection.UNANNOUNCED_S


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short waits."""
    waits = {"WATCH_S": 0.05, "DRAIN_S": 0.1, "UNANNOUNCED_S": 0.1, "CLOSE_S": 0.2}
    for name, seconds in (waits | {"LIVED_S": 0, "LONGEST_PAUSE_S": 0.02}).items():
        monkeypatch.setattr(connection, name, seconds)


class Bot:
    """Keeps what it receives."""

    def __init__(self, server: SocketServer) -> None:
        self.api = SlackApi("xoxb-1", monitor=Monitor(), base_url=f"{server.url}api/")
        self.received: list[Mapping[str, object]] = []
        self.events: list[str] = []
        self.answer: Mapping[str, object] | None = None
        self.pause = 0.0
        self.error: Exception | None = None
        self.slept: list[float] | None = None
        """Seconds for which old connections were read, if they are not to be waited for."""
        self.socket = SocketMode(
            self.api, "xapp-1", self.receive, count=self.events.append, sleep=self.sleep
        )

    async def sleep(self, seconds: float) -> None:
        if self.slept is not None:
            self.slept.append(seconds)
        await asyncio.sleep(seconds if self.slept is None else 0)

    async def receive(
        self, _kind: str, payload: Mapping[str, object]
    ) -> Mapping[str, object] | None:
        self.received.append(payload)
        await asyncio.sleep(self.pause)
        if self.error is not None:
            raise self.error
        return self.answer

    async def close(self) -> None:
        await self.socket.close()
        await self.api.close()


@pytest.fixture
async def server() -> AsyncIterator[SocketServer]:
    async with serving_sockets() as made:
        yield made


@pytest.fixture
async def bot(server: SocketServer) -> AsyncIterator[Bot]:
    made = Bot(server)
    await made.socket.start()
    await server.until(lambda: made.events == ["connect"] * 2)
    yield made
    await made.close()


async def test_two_connections(server: SocketServer, bot: Bot) -> None:
    assert bot.socket.is_connected
    assert len(server.open) == server.addresses == 2
    await bot.close()
    await server.until(lambda: not server.open)
    assert not bot.socket.is_connected


ANSWER: Mapping[str, object] = {"payload": {"options": []}}


@pytest.mark.parametrize(
    ("kind", "pause", "answer"),
    [
        ("block_actions", 60, {}),
        ("view_submission", 60, {}),  # too late
        ("view_submission", 0, ANSWER),
        ("block_suggestion", 0, ANSWER),
    ],
)
async def test_acknowledgement(
    server: SocketServer,
    bot: Bot,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    pause: float,
    answer: Mapping[str, object],
) -> None:
    """It comes before the payload is handled, or has the answer."""
    if pause:
        monkeypatch.setattr(connection, "ANSWER_S", 0.05)
    bot.answer, bot.pause = {"options": []}, pause
    socket = server.opened[1]
    await socket.deliver("e1", {"type": kind})
    await server.until(lambda: socket.received and bot.received)
    assert socket.received == [{"envelope_id": "e1", **answer}]
    assert bot.received == [{"type": kind}]


async def test_repeated_delivery_is_handled_once(server: SocketServer, bot: Bot) -> None:
    """On the other connection, or as an event in a new envelope."""
    first, second = server.opened
    event = {"event_id": "Ev1", "event": {"type": "app_home_opened"}}
    for socket, envelope_id, payload in [
        (first, "e1", PRESS),
        (second, "e1", PRESS),
        (first, "e2", event),
        (second, "e3", event),
    ]:
        await socket.deliver(envelope_id, payload)
    await server.until(lambda: len(first.received) == len(second.received) == 2)
    assert bot.received == [PRESS, event]


async def test_event_is_sent_again_until_it_is_stored(
    server: SocketServer, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    """It is acknowledged only then."""
    bot.error = Unavailable("away")
    event = {"event_id": "Ev1", "event": {"type": "channel_id_changed"}}
    socket = server.opened[0]
    await socket.deliver("e1", event, "events_api")
    await server.until(lambda: "could not be" in caplog.text)
    bot.error = None
    await socket.deliver("e2", event, "events_api")
    await server.until(lambda: socket.received)
    assert bot.received == [event] * 2
    assert socket.received == [{"envelope_id": "e2"}]


@pytest.mark.parametrize(
    "message", [{}, {"type": "x"}, {"envelope_id": 5, "payload": []}, {"envelope_id": "e" * 999}]
)
async def test_odd_messages_are_ignored(server: SocketServer, bot: Bot, message: object) -> None:
    await server.opened[0].send(message)
    await server.opened[0].websocket.send_str("{nonsense")
    await server.opened[0].deliver("e1", PRESS)
    await server.until(lambda: bot.received)
    assert bot.received == [PRESS]


async def test_error_ends_one_request(
    server: SocketServer, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    bot.error = KeyError("x")
    await server.opened[0].deliver("e1", {"type": "view_submission"})
    await server.until(lambda: server.opened[0].received)
    assert "could not be handled" in caplog.text
    bot.error = None
    await server.opened[0].deliver("e2", PRESS)
    await server.until(lambda: len(bot.received) == 2)


async def test_refresh_leaves_no_gap(server: SocketServer, bot: Bot) -> None:
    """The new connection is open, and the old one still read, before that is closed."""
    old, other = server.opened
    await old.send({"type": "disconnect", "reason": "warning"})
    await server.until(lambda: len(server.opened) == 3)
    assert old in server.open
    await old.deliver("late", PRESS)
    await server.until(lambda: old in server.closed)
    assert old.received == [{"envelope_id": "late"}]
    assert bot.received == [PRESS]
    assert other in server.open
    assert server.addresses == 3


async def test_lost_connection_is_replaced(server: SocketServer, bot: Bot) -> None:
    await server.opened[0].websocket.close()
    await server.until(lambda: len(server.opened) == 3)
    await server.opened[2].deliver("e1", PRESS)
    await server.until(lambda: bot.received)
    assert bot.events.count("disconnect") == 1
    for socket in server.open:
        await socket.websocket.close()
    await server.until(lambda: len(server.opened) == 5 and bot.socket.is_connected)


async def test_too_many_connections(server: SocketServer, bot: Bot) -> None:
    """The old one has to go first."""
    old = server.opened[0]
    await old.send({"type": "disconnect", "reason": "too_many_websockets"})
    await server.until(lambda: old in server.closed)
    await server.until(lambda: len(server.opened) == 3)


async def test_deaf_connection_is_renewed(
    server: SocketServer, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that answers pings, but through which nothing comes while the other is busy."""
    monkeypatch.setattr(connection, "MOST_MISSED", 3)
    deaf, other = server.opened
    for number in range(3):
        await other.deliver(f"e{number}", PRESS)
    await server.until(lambda: deaf in server.closed)
    assert other in server.open
    assert len(server.opened) == 3


@pytest.mark.parametrize(
    ("reason", "least"),  # Slack closes it after ten seconds; it may be deaf
    [("warning", 10), ("", 1)],
)
async def test_old_connection_is_read(
    server: SocketServer, bot: Bot, monkeypatch: pytest.MonkeyPatch, reason: str, least: int
) -> None:
    monkeypatch.setattr(connection, "DRAIN_S", DRAIN_S)
    monkeypatch.setattr(connection, "UNANNOUNCED_S", UNANNOUNCED_S)
    monkeypatch.setattr(connection, "MOST_MISSED", 1)
    bot.slept = []
    old, other = server.opened
    if reason:
        await old.send({"type": "disconnect", "reason": reason})
    else:
        await other.deliver("e1", PRESS)
    await server.until(lambda: old in server.closed)
    assert least <= sum(bot.slept) <= (20 if reason else 5)


async def test_quiet_connection_is_renewed(
    server: SocketServer, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "QUIET_S", 0.0)
    await server.until(lambda: server.addresses >= 3)


async def test_connection_without_pongs_is_renewed(
    server: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PING_S", 0.1)
    server.pongs = False
    bot = Bot(server)
    await bot.socket.start()
    await server.until(lambda: len(server.opened) >= 3)
    await bot.close()


async def test_refused_address_is_renewed(
    server: SocketServer, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    server.refuses = 2
    await server.opened[0].websocket.close()
    await server.until(lambda: len(server.opened) == 3)
    assert server.addresses == 5
    assert "WSServerHandshakeError" in caplog.text
    assert "secret" not in caplog.text


async def test_switched_off_is_explained(
    server: SocketServer, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    await server.opened[0].send({"type": "disconnect", "reason": "link_disabled"})
    await server.until(lambda: "Socket Mode is switched off" in caplog.text)


async def failure(server: SocketServer) -> DeliveryError:
    """Why a bot cannot start."""
    bot = Bot(server)
    with pytest.raises(DeliveryError) as raised:
        await bot.socket.start()
    await bot.close()
    return raised.value


async def test_start_while_it_is_switched_off(server: SocketServer) -> None:
    server.is_off = True
    error = await failure(server)
    assert "link_disabled" in str(error)
    assert "Switch Socket Mode on" in str(startup_problem(error))


async def test_start_fails(server: SocketServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.refuses = 1
    assert isinstance(await failure(server), Unreachable)
    ours = [record for record in caplog.records if not record.name.startswith("aiohttp")]
    assert not any("secret" in record.getMessage() for record in ours)


async def test_silent_server(server: SocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_S", 0.1)
    server.greets = False
    assert "does not answer" in str(await failure(server))
    await server.until(lambda: not server.open)
