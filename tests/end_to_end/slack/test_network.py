"""The bot's connections to Slack on the simulator: nothing is lost, and nothing is done twice."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import pytest

from bot.chat.message import File
from bot.chat.turn import Deleted, Forbidden, Gone
from bot.monitoring.monitor import Monitor
from bot.platforms.local.faults import Kind, RestFault
from bot.platforms.local.slack.records import Interaction
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack.network import connection
from bot.platforms.slack.network.api import SlackApi
from bot.platforms.slack.network.connection import SocketMode
from tests.end_to_end.slack.conftest import Clock

PART = {"text": "Names", "blocks": []}


@dataclass
class Bot:
    """The bot's network, and the texts of the commands that it has received."""

    api: SlackApi
    received: list[str] = field(default_factory=list)

    async def receive(
        self, kind: str, payload: Mapping[str, object]
    ) -> Mapping[str, object] | None:
        self.received.append(str(payload.get("text") or payload.get("type") or kind))
        return None


@pytest.fixture
async def bot(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    waits = {"WATCH_S": 0.05, "DRAIN_S": 0.2, "CLOSE_S": 0.2, "LIVED_S": 0, "LONGEST_PAUSE_S": 0.02}
    for name, seconds in waits.items():
        monkeypatch.setattr(connection, name, seconds)
    api = SlackApi(slack.bot_token, monitor=Monitor(), base_url=slack.api_url, edit_s=0.0)
    made = Bot(api)
    socket = SocketMode(api, slack.app_token, made.receive)
    await socket.start()
    await slack.wait_for(lambda: len(slack.sockets.connections) == 2)
    yield made
    await socket.close()
    await api.close()


async def test_each_command_once(slack: LocalSlack, bot: Bot) -> None:
    slack.faults.duplicates = True
    asked = [slack.command(slack.member, "/dinoname", f"{number}") for number in range(20)]
    for each in asked:
        await each.acknowledgement()
    assert sorted(bot.received, key=int) == [f"{number}" for number in range(20)]


async def test_warning_loses_nothing(slack: LocalSlack, bot: Bot) -> None:
    """Commands come all the time while both connections are renewed."""
    old = set(slack.sockets.connections)
    await slack.sockets.warn()
    asked: list[Interaction] = []
    async with asyncio.timeout(20):
        while old & set(slack.sockets.connections):
            asked.append(slack.command(slack.member, "/dinoname", f"{len(asked)}"))
            await asked[-1].acknowledgement()
    assert slack.sockets.opened == 4
    assert len(bot.received) == len(asked)
    assert not any(each.failure for each in asked)


async def test_refresh(slack: LocalSlack, bot: Bot) -> None:
    """Both connections are closed at once."""
    await slack.sockets.refresh()
    await slack.wait_for(lambda: slack.sockets.opened == 4 and len(slack.sockets.connections) == 2)
    await slack.command(slack.member, "/dinoname", "1").acknowledgement()
    assert bot.received == ["1"]


async def test_lost_connections(slack: LocalSlack, bot: Bot) -> None:
    await slack.sockets.drop()
    await slack.wait_for(lambda: slack.sockets.opened == 4 and len(slack.sockets.connections) == 2)
    await slack.command(slack.member, "/dinoname", "1").acknowledgement()


async def test_deaf_connection(
    slack: LocalSlack, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is renewed after some envelopes on the other one."""
    monkeypatch.setattr(connection, "MOST_MISSED", 3)
    deaf, other = slack.sockets.connections
    slack.sockets.deafen(deaf)
    for number in range(12):
        slack.command(slack.member, "/dinoname", f"{number}")
    await slack.wait_for(lambda: deaf not in slack.sockets.connections)
    await slack.wait_for(lambda: len(slack.sockets.connections) == 2)
    assert other in slack.sockets.connections


async def test_response_url(slack: LocalSlack, bot: Bot, clock: Clock) -> None:
    asked = slack.command(slack.member, "/dinoname")
    for _ in range(5):
        await bot.api.respond(asked.response_url, {"text": "Names"})
    with pytest.raises(Gone, match="used_url"):
        await bot.api.respond(asked.response_url, {"text": "Names"})
    late = slack.command(slack.member, "/dinoname")
    clock.now += 1801
    with pytest.raises(Gone, match="expired_url"):
        await bot.api.respond(late.response_url, {"text": "Names"})


async def test_errors(slack: LocalSlack, bot: Bot) -> None:
    with pytest.raises(Forbidden, match="not_in_channel"):
        await bot.api.post(slack.elsewhere.id, PART)
    with pytest.raises(Deleted):
        await bot.api.update(slack.channel.id, "1.000000", PART)


async def test_limits(slack: LocalSlack, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that Slack limits is sent after the pause."""
    slack.faults.rest = RestFault(Kind.ROUTE_LIMIT, paths=r"chat\.postMessage", seconds=1)
    posting = asyncio.create_task(bot.api.post(slack.channel.id, PART))
    await slack.wait_for(lambda: slack.faults.made)
    slack.faults.clear()
    await posting
    assert [message.text for message in slack.messages] == ["Names"]


async def test_files(slack: LocalSlack, bot: Bot) -> None:
    direct = await bot.api.open_direct(slack.member.id)
    await bot.api.upload(direct, [File("list.txt", b"Bilbo")], words="Your list")
    (message,) = slack.messages
    assert (message.text, message.channel.direct_with) == ("Your list", slack.member)
    given = slack.upload(slack.member, "names.txt", b"Frodo")
    assert await bot.api.download(given.url, 100) == b"Frodo"
