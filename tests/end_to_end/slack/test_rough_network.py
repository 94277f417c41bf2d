"""Many members at once, and a Slack that fails, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.community.queries import Communities
from bot.platforms.local.faults import FaultKind, RestFault
from bot.platforms.local.slack.records import Interaction, Message
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.local.slack.workspace import Member
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.network import api, connection
from bot.platforms.slack.network.members import ASKS
from bot.polls.queries import Polls
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


@pytest.mark.parametrize("pongs", [True, False])
async def test_deaf_sockets(
    slack: LocalSlack,
    templates: Templates,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pongs: bool,
) -> None:
    """The bot is back without anybody's help, whether they answer pings or not."""
    if not pongs:
        monkeypatch.setattr(connection, "PING_S", 0.1)
    async with bot_on(slack, tmp_path, templates):
        await slack.wait_for(lambda: len(slack.sockets.connections) == connection.CONNECTIONS)
        deaf = set(slack.sockets.connections)
        slack.sockets.deafen(pongs=pongs)
        with monkeypatch.context() as patch:
            if pongs:
                patch.setattr(connection, "QUIET_S", 0.3)
            await slack.wait_for(
                lambda: set(slack.sockets.connections) and not deaf & set(slack.sockets.connections)
            )
        assert (await slack.command(slack.member, "/about", "").answer()).words


async def test_dropped_sockets(bot: SlackBot, slack: LocalSlack) -> None:
    """What members do afterwards is answered; the bot connects again by itself."""
    await slack.sockets.drop()
    await slack.wait_for(lambda: not slack.sockets.connections)
    await slack.wait_for(lambda: slack.sockets.connections)
    asked = slack.command(slack.member, "/about", "")
    assert (await asked.answer()).words


async def test_duplicate_envelopes(bot: SlackBot, slack: LocalSlack) -> None:
    """Each is acknowledged, and done once."""
    slack.faults.duplicates = True
    rooms = [slack.workspace.add_channel(f"room-{n}", is_joined=True) for n in range(10)]
    asked = [slack.command(slack.member, "/dinoname", "count:1", channel=each) for each in rooms]
    messages = [await each.answer() for each in asked]
    for message in messages:
        await vote(slack, slack.member, message).acknowledgement()
    await slack.wait_for(lambda: votes_on(messages) == len(messages))
    assert len([each for each in slack.messages if "1 new dinosaur" in each.words]) == len(rooms)


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


async def test_too_many_requests_at_the_start(
    slack: LocalSlack, templates: Templates, tmp_path: Path
) -> None:
    slack.limits.forced.update(["auth.test", "apps.connections.open"])
    async with bot_on(slack, tmp_path, templates) as bot:
        assert bot.is_ready
        assert slack.refused.total() == 2


async def test_slack_is_away_for_a_while(bot: SlackBot, slack: LocalSlack) -> None:
    """The bot goes on afterwards."""
    slack.faults.rest = RestFault(FaultKind.SERVER_ERROR)
    await slack.command(slack.member, "/dinoname", "").acknowledgement()
    await slack.wait_for(lambda: slack.faults.made[FaultKind.SERVER_ERROR] > 1)
    slack.faults.clear()
    asked = slack.command(slack.member, "/dinoname", "")
    await slack.wait_for(lambda: all_answered([asked]))


async def test_winner_of_a_lost_answer(bot: SlackBot, slack: LocalSlack) -> None:
    """Slack posts the announcement, but its answer is lost: it appears twice, and no oftener."""
    slack.limits.active = False  # else the lost answer may be a refusal
    (message,) = await cards(slack, 1)
    await vote(slack, slack.admin, message).acknowledgement()
    await slack.wait_for(lambda: votes_on([message]) == 1)
    slack.faults.rest = RestFault(FaultKind.LOST_ANSWER, paths=r"chat\.postMessage")
    closing = asyncio.create_task(bot.jobs.polls.close_due(bot.app.now() + DAYS))
    await slack.wait_for(lambda: slack.faults.made[FaultKind.LOST_ANSWER])
    slack.faults.clear()
    await closing
    await bot.jobs.polls.close_due(bot.app.now() + 2 * DAYS)  # if it is not announced yet
    crowned = [each for each in slack.messages if "A name has been chosen" in each.words]
    assert len(crowned) == 2
    assert [each.alt_text for each in slack.messages[-1].files]
    assert slack.calls["chat.postMessage"] == 3


async def test_many_members_in_a_minute(bot: SlackBot, slack: LocalSlack) -> None:
    """Slack tells of 100 members a minute: all are answered, and those with rights have them."""
    rooms = [slack.workspace.add_channel(f"room-{n}", is_joined=True) for n in range(90)]
    members = [slack.workspace.add_member(f"Member {n}") for n in range(len(rooms))]
    for first in range(0, len(rooms), 10):  # ten at a time: this machine may be busy
        ten = [*zip(members, rooms, strict=True)][first : first + 10]
        asked = [slack.command(each, "/dinoname", "count:1", room) for each, room in ten]
        await slack.wait_for(partial(all_answered, asked))
    await slack.command(slack.admin, "/settings", "vote_minutes:7").answer()
    assert await bot.app.store[Communities].poll_minutes(bot.platform.community_id or 0) == 7
    assert not slack.refused["users.info"]
    assert slack.calls["users.info"] <= ASKS + 1
    assert slack.calls["users.list"] == 1
