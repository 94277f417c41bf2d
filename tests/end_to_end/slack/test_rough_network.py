"""Many members at once, and a Slack that fails, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.network import api, connection
from bot.polls.queries import Polls
from simulators.slack.records import Interaction, Message
from simulators.slack.server import LocalSlack
from simulators.slack.workspace import Member
from tests.databases import Templates
from tests.end_to_end.slack.bots import PATIENCE_S, bot_on, votes_on

pytestmark = pytest.mark.usefixtures("patient")

CARDS, MEMBERS = 10, 200
DAYS = timedelta(days=2)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = {
        "WATCH_S": 0.05,
        "DRAIN_S": 1.0,
        "UNANNOUNCED_S": 0.2,
        "CLOSE_S": 0.2,
        "LIVED_S": 0.2,
        "LONGEST_PAUSE_S": 0.1,
    }
    for name, seconds in waits.items():
        monkeypatch.setattr(connection, name, seconds)
    monkeypatch.setattr(api, "SHORTEST_PAUSE_S", 0.1)


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(port=0, ack_s=PATIENCE_S) as started:
        yield started


@pytest.fixture
async def bot(slack: LocalSlack, templates: Templates, tmp_path: Path) -> AsyncIterator[SlackBot]:
    async with bot_on(slack, tmp_path, templates) as started:
        await slack.wait_for(lambda: len(slack.sockets.connections) == connection.CONNECTIONS)
        yield started


async def cards(slack: LocalSlack, count: int) -> list[Message]:
    """Cards with names, each in a channel of its own."""
    channels = [slack.workspace.add_channel(f"card-{n}", is_joined=True) for n in range(count)]
    asked = [slack.command(slack.member, "/dinoname", "", channel=each) for each in channels]
    return [await each.answer() for each in asked]


def vote(slack: LocalSlack, member: Member, message: Message) -> Interaction:
    """Press the first name."""
    return slack.press(member, message, message.buttons[0]["action_id"])


def all_answered(asked: list[Interaction]) -> bool:
    """Whether each of these commands has an answer with names, not only a placeholder."""
    answers = [" ".join(message.words for message in each.messages) for each in asked]
    return all("Mangosaurus" in words for words in answers)


async def stored(bot: SlackBot) -> int:
    """The votes in the database."""
    due = await bot.app.store[Polls].due(bot.app.now() + DAYS, "slack")
    return sum(sum(poll.votes) for poll in due)


async def test_rush_of_votes(bot: SlackBot, slack: LocalSlack) -> None:
    """200 members vote on ten cards at once: none is lost, nor is an edit refused."""
    messages = await cards(slack, CARDS)
    asked = slack.calls["users.info"]
    members = [slack.workspace.add_member(f"Member {n}") for n in range(MEMBERS)]
    presses = [vote(slack, each, messages[n % CARDS]) for n, each in enumerate(members)]
    for press in presses:
        assert await press.acknowledgement() == {}
    await slack.wait_for(lambda: votes_on(messages) == MEMBERS)
    assert await stored(bot) == MEMBERS
    assert not slack.refused["chat.update"]
    assert slack.calls["users.info"] == asked  # Slack tells of 100 members a minute


async def test_refresh_under_load(bot: SlackBot, slack: LocalSlack) -> None:
    """Slack renews all connections, twice, while members vote: no vote is lost."""
    messages = await cards(slack, 2)
    members = [slack.workspace.add_member(f"Member {n}") for n in range(60)]
    refreshing = []
    presses = []
    for number, member in enumerate(members):
        presses.append(vote(slack, member, messages[number % 2]))
        if number in (10, 40):
            refreshing.append(asyncio.create_task(slack.sockets.refresh(notice_s=0.3)))
        await asyncio.sleep(0.01)
    for press in presses:
        assert await press.acknowledgement() == {}
    await slack.wait_for(lambda: votes_on(messages) == len(members))
    assert await stored(bot) == len(members)
    await asyncio.gather(*refreshing)


async def test_too_many_requests(bot: SlackBot, slack: LocalSlack) -> None:
    """Slack refuses a call of each method: the bot waits as long as it says, and repeats it."""
    (message,) = await cards(slack, 1)
    poem = await slack.command(slack.admin, "/sonnet", "").answer()
    await slack.press(slack.admin, poem, "🔖 Keep").answer()
    bot.platform.members._known.clear()
    methods = {
        "chat.postMessage",
        "chat.update",
        "conversations.open",
        "files.completeUploadExternal",
        "files.getUploadURLExternal",
        "response_url",
        "users.info",
        "views.open",
        "views.publish",
    }
    slack.limits.forced.update(methods)
    room = slack.workspace.add_channel("room", is_joined=True)
    names = slack.command(slack.member, "/dinoname", "", channel=room)
    form = slack.command(slack.member, "/dinoname", "?")
    slack.command(slack.admin, "/export", "")
    slack.open_home(slack.guest)
    vote(slack, slack.guest, message)
    await slack.wait_for(lambda: all_answered([names]))
    assert (await form.opened()).content
    await slack.wait_for(lambda: votes_on([message]) == 1)
    await slack.wait_for(lambda: slack.home(slack.guest))
    await slack.wait_for(lambda: any(each.files for each in slack.messages))
    assert {method for method, count in slack.refused.items() if count} == methods
