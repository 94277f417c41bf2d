"""Many members at once, and a Slack that fails, over real sockets with fake networks."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from bot.local.faults import Kind, RestFault
from bot.local.slack.records import Interaction, Message
from bot.local.slack.server import LocalSlack
from bot.local.slack.workspace import Member
from bot.slack.client import SlackBot
from bot.slack.network import connection
from bot.slack.network.api import EDIT_S
from tests.bot.conftest import World
from tests.bot.slack.setups import make_bot

CARDS, MEMBERS = 3, 60


@pytest.fixture(autouse=True)
def _without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(port=0, ack_s=60.0) as started:  # this machine may be busy
        yield started


@pytest.fixture
async def bot(world: World, slack: LocalSlack) -> AsyncIterator[SlackBot]:
    made = make_bot(world, slack, edit_s=EDIT_S)
    await made.start()
    yield made
    await made.close()
    await made.app.inference.close()


async def cards(slack: LocalSlack, count: int) -> list[Message]:
    """Cards with names, each in a channel of its own."""
    channels = [slack.workspace.add_channel(f"card-{n}", is_joined=True) for n in range(count)]
    asked = [slack.command(slack.member, "/dinoname", "", channel=each) for each in channels]
    return [await each.answer() for each in asked]


def vote(slack: LocalSlack, member: Member, message: Message) -> Interaction:
    """Press the first name."""
    return slack.press(member, message, message.buttons[0]["action_id"])


def shown(messages: list[Message]) -> int:
    """The votes that cards show, on their buttons."""
    labels = (button["text"]["text"] for each in messages for button in each.buttons)
    return sum(int(found[1]) for label in labels if (found := re.search(r" · (\d+)$", label)))


async def stored(bot: SlackBot) -> int:
    """The votes in the database."""
    due = await bot.app.store.polls.due(bot.app.now().replace(year=2100), "slack")
    return sum(sum(poll.votes) for poll in due)


async def test_rush_of_votes(bot: SlackBot, slack: LocalSlack) -> None:
    """60 members vote on three cards at once: none is lost, and the workspace's budget is kept."""
    messages = await cards(slack, CARDS)
    members = [slack.workspace.add_member(f"member {n}") for n in range(MEMBERS)]
    presses = [vote(slack, each, messages[n % CARDS]) for n, each in enumerate(members)]
    for press in presses:
        await press.acknowledgement()
    await slack.wait_for(lambda: shown(messages) == MEMBERS, timeout_s=50)
    assert await stored(bot) == MEMBERS
    assert slack.calls["chat.update"] <= 4 * CARDS  # of each message: the newest state
    assert not slack.refused["chat.update"]


async def test_refresh_loses_nothing(bot: SlackBot, slack: LocalSlack) -> None:
    """Slack closes all connections while members vote, twice."""
    messages = await cards(slack, 1)
    members = [slack.workspace.add_member(f"member {n}") for n in range(40)]
    refreshing = []
    for number, member in enumerate(members):
        vote(slack, member, messages[0])
        if number in (10, 25):
            refreshing.append(asyncio.create_task(slack.sockets.refresh(notice_s=1.0)))
        await asyncio.sleep(0.01)
    await slack.wait_for(lambda: shown(messages) == len(members), timeout_s=50)
    assert await stored(bot) == len(members)
    await asyncio.gather(*refreshing)


@pytest.mark.parametrize("pongs", [True, False])
async def test_deaf_sockets(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, pongs: bool
) -> None:
    """The bot is back without anybody's help, whether they answer pings or not."""
    if pongs:
        monkeypatch.setattr(connection, "QUIET_S", 0.5)
        monkeypatch.setattr(connection, "LIVED_S", 0.5)
    slack.sockets.deafen(pongs=pongs)
    deaf = set(slack.sockets.connections)
    await slack.wait_for(
        lambda: set(slack.sockets.connections) and not deaf & set(slack.sockets.connections),
        timeout_s=25,
    )
    asked = slack.command(slack.member, "/about", "")
    assert (await asked.answer()).words


@pytest.mark.parametrize("kind", [Kind.ROUTE_LIMIT, Kind.SERVER_ERROR])
async def test_slack_is_away_for_a_while(bot: SlackBot, slack: LocalSlack, kind: Kind) -> None:
    """The bot goes on afterwards."""
    slack.faults.rest = RestFault(kind, seconds=1.0)
    await slack.command(slack.member, "/dinoname", "").acknowledgement()
    await asyncio.sleep(0.5)
    slack.faults.rest = None
    await slack.command(slack.member, "/dinoname", "").acknowledgement()
    await slack.wait_for(lambda: any("Mangosaurus" in each.words for each in slack.messages))
