"""Many members at once, and a Slack that fails, over real sockets, on both simulators."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat import button_states
from bot.community.queries import Communities
from bot.platforms.local.faults import Kind, RestFault
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.network import api, connection
from bot.platforms.slack.network.members import ASKS
from bot.polls import votes
from bot.polls.queries import Polls
from bot.store import database
from tests.databases import Templates
from tests.end_to_end.slack.second import SecondSlack
from tests.end_to_end.slack.servers import (
    SERVERS,
    Server,
    bot_on,
    duplicate,
    limit,
    running_server,
)

CARDS, MEMBERS = 10, 200
DAYS = timedelta(days=2)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
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
    for module, limit_s in (
        (database, "ANSWER_S"),
        (votes, "OPENING_S"),
        (button_states, "SAVING_S"),
    ):
        monkeypatch.setattr(module, limit_s, 60.0)  # this machine may be busy


@pytest.fixture(params=SERVERS)
async def slack(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    async with running_server(request.param) as started:
        yield started


@pytest.fixture
async def bot(slack: Server, templates: Templates, tmp_path: Path) -> AsyncIterator[SlackBot]:
    async with bot_on(slack, tmp_path, templates) as started:
        await slack.wait_for(lambda: len(slack.sockets.connections) == connection.CONNECTIONS)
        yield started


async def cards(slack: Server, count: int) -> list[Any]:
    """Cards with names, each in a channel of its own."""
    channels = [slack.workspace.add_channel(f"card-{n}", is_joined=True) for n in range(count)]
    asked = [slack.command(slack.member, "/dinoname", "", channel=each) for each in channels]
    return [await each.answer() for each in asked]


def vote(slack: Server, member: Any, message: Any) -> Any:  # noqa: ANN401
    """Press the first name."""
    return slack.press(member, message, message.buttons[0]["action_id"])


def shown(messages: list[Any]) -> int:
    """The votes that cards show, on their buttons."""
    labels = (button["text"]["text"] for each in messages for button in each.buttons)
    return sum(int(found[1]) for label in labels if (found := re.search(r" · (\d+)$", label)))


async def stored(bot: SlackBot) -> int:
    """The votes in the database."""
    due = await bot.app.store[Polls].due(bot.app.now() + DAYS, "slack")
    return sum(sum(poll.votes) for poll in due)


async def test_rush_of_votes(bot: SlackBot, slack: Server) -> None:
    """200 members vote on ten cards at once: none is lost, nor is an edit refused."""
    messages = await cards(slack, CARDS)
    asked = slack.calls["users.info"]
    members = [slack.workspace.add_member(f"Member {n}") for n in range(MEMBERS)]
    presses = [vote(slack, each, messages[n % CARDS]) for n, each in enumerate(members)]
    for press in presses:
        assert await press.acknowledgement() == {}
    await slack.wait_for(lambda: shown(messages) == MEMBERS, timeout_s=60)
    assert await stored(bot) == MEMBERS
    assert not slack.refused["chat.update"]
    assert slack.calls["users.info"] == asked  # Slack tells of 100 members a minute


async def test_refresh_under_load(bot: SlackBot, slack: Server) -> None:
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
    await slack.wait_for(lambda: shown(messages) == len(members), timeout_s=30)
    assert await stored(bot) == len(members)
    await asyncio.gather(*refreshing)


@pytest.mark.parametrize("pongs", [True, False])
async def test_deaf_sockets(
    slack: Server,
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


async def test_dropped_sockets(bot: SlackBot, slack: Server) -> None:
    """What members do afterwards is answered; the bot connects again by itself."""
    await slack.sockets.drop()
    await slack.wait_for(lambda: not slack.sockets.connections)
    await slack.wait_for(lambda: slack.sockets.connections)
    asked = slack.command(slack.member, "/about", "")
    assert (await asked.answer()).words


async def test_duplicate_envelopes(bot: SlackBot, slack: Server) -> None:
    """Each is acknowledged, and done once."""
    duplicate(slack)
    rooms = [slack.workspace.add_channel(f"room-{n}", is_joined=True) for n in range(10)]
    asked = [slack.command(slack.member, "/dinoname", "count:1", channel=each) for each in rooms]
    messages = [await each.answer() for each in asked]
    for message in messages:
        await vote(slack, slack.member, message).acknowledgement()
    await slack.wait_for(lambda: shown(messages) == len(messages))
    assert len([each for each in slack.messages if "1 new dinosaur" in each.words]) == len(rooms)


async def test_too_many_requests(bot: SlackBot, slack: Server) -> None:
    """Slack refuses a call of each method: the bot waits as long as it says, and repeats it."""
    (message,) = await cards(slack, 1)
    poem = await slack.command(slack.admin, "/sonnet", "").answer()
    await slack.press(slack.admin, poem, "🔖 Keep").answer()
    bot.platform.members.clear()
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
    async with limit(slack, methods):
        room = slack.workspace.add_channel("room", is_joined=True)
        names = slack.command(slack.member, "/dinoname", "", channel=room)
        form = slack.command(slack.member, "/dinoname", "?")
        slack.command(slack.admin, "/export", "")
        slack.open_home(slack.guest)
        vote(slack, slack.guest, message)
    assert "Mangosaurus" in (await names.answer()).words
    assert (await form.opened()).content
    await slack.wait_for(lambda: shown([message]) == 1)
    await slack.wait_for(lambda: slack.home(slack.guest))
    await slack.wait_for(lambda: any(each.files for each in slack.messages))
    if isinstance(slack, SecondSlack):
        assert {method for method, count in slack.refused.items() if count} == methods


async def test_too_many_requests_at_the_start(templates: Templates, tmp_path: Path) -> None:
    async with SecondSlack() as slack:
        slack.api.limits.forced.update(["auth.test", "apps.connections.open"])
        async with bot_on(slack, tmp_path, templates) as bot:
            assert bot.is_ready


async def test_slack_is_away_for_a_while(templates: Templates, tmp_path: Path) -> None:
    """The bot goes on afterwards."""
    async with running_server("local") as slack, bot_on(slack, tmp_path, templates):
        slack.faults.rest = RestFault(Kind.SERVER_ERROR)
        await slack.command(slack.member, "/dinoname", "").acknowledgement()
        await slack.wait_for(lambda: slack.faults.made[Kind.SERVER_ERROR] > 1)
        slack.faults.clear()
        assert "Mangosaurus" in (await slack.command(slack.member, "/dinoname", "").answer()).words


async def test_winner_is_announced_once(templates: Templates, tmp_path: Path) -> None:
    """Slack posts the announcement, and its answer is lost."""
    async with SecondSlack() as slack, bot_on(slack, tmp_path, templates) as bot:
        (message,) = await cards(slack, 1)
        await vote(slack, slack.member, message).acknowledgement()
        await slack.wait_for(lambda: shown([message]) == 1)
        slack.api.lost_answers["chat.postMessage"] = 1
        await bot.jobs.polls.close_due(bot.app.now() + DAYS)
        await bot.jobs.polls.close_due(bot.app.now() + 2 * DAYS)  # if it is not announced yet
        crowned = [each for each in slack.messages if "A name has been chosen" in each.words]
        assert len(crowned) == 1
        assert [each.alt_text for each in slack.messages[-1].files]
        assert slack.calls["chat.postMessage"] == 3


async def test_many_members_in_a_minute(templates: Templates, tmp_path: Path) -> None:
    """Slack tells of 100 members a minute: all are answered, and those with rights have them."""
    async with SecondSlack(acknowledge_s=60) as slack, bot_on(slack, tmp_path, templates) as bot:
        rooms = [slack.workspace.add_channel(f"room-{n}", is_joined=True) for n in range(90)]
        members = [slack.workspace.add_member(f"Member {n}") for n in range(len(rooms))]
        for first in range(0, len(rooms), 10):  # ten at a time: this machine may be busy
            ten = [*zip(members, rooms, strict=True)][first : first + 10]
            asked = [slack.command(each, "/dinoname", "count:1", room) for each, room in ten]
            for command in asked:
                assert "Mangosaurus" in (await command.answer()).words
        settings = slack.command(slack.admin, "/settings", "vote_minutes:7")
        await settings.answer()
        assert await bot.app.store[Communities].poll_minutes(bot.platform.community_id or 0) == 7
        assert not slack.refused["users.info"]
        assert slack.calls["users.info"] <= ASKS + 1
        assert slack.calls["users.list"] == 1
