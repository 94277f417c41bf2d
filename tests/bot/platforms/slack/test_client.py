"""The bot in the simulated workspace, with fake networks."""

from unittest.mock import AsyncMock

import pytest

from bot.chat import dispatch
from bot.chat.turn import Unreachable
from bot.features.jobs import Jobs
from bot.fleet.membership import Served
from bot.platforms.slack.client import SlackBot
from simulators.common.payloads import JSON
from simulators.slack.server import LocalSlack
from simulators.slack.workspace import Member
from tests.bot.conftest import World
from tests.bot.platforms.slack.setups import make_bot, running
from tests.waiting import eventually


async def test_direct_messages_are_in_the_workspace_too(bot: SlackBot, slack: LocalSlack) -> None:
    direct = slack.workspace.direct(slack.member)
    refused = await slack.command(slack.member, "/namer", "list", channel=direct).answer()
    assert refused.words == "This command only works in a channel."


async def test_no_home_beside_discord(bot: SlackBot, caplog: pytest.LogCaptureFixture) -> None:
    """A process that holds one workspace, while others hold the servers of the same bot."""
    fleet, community = bot.app.fleet, bot.platform.community_id
    assert bot.platform.is_home
    assert bot.app.is_home(community)
    fleet._seen.add(Served.DISCORD)
    for _look in range(2):
        for watcher in fleet.watchers:
            watcher()
    assert not bot.platform.is_home
    assert not bot.app.is_home(community)
    assert caplog.text.count("so this workspace is no home") == 1


async def test_missing_scope_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    scopes = frozenset({"chat:write", "commands", "users:read"})
    async with LocalSlack(port=0, scopes=scopes) as slack, running(make_bot(world, slack)):
        assert "lacks these scopes: channels:read, files:read, files:write" in caplog.text


async def test_thread(bot: SlackBot, slack: LocalSlack) -> None:
    """What is asked in a thread is answered there, but not what is asked at its beginning."""
    root = slack.say(slack.member, "Look at this.")
    reply = slack.say(slack.member, "Shall I compare thee?")
    root.thread_ts = reply.thread_ts = root.ts
    poem = await slack.shortcut(slack.member, "sonnet_from_message", reply).answer()
    assert poem.thread_ts == root.ts
    await slack.wait_for(lambda: poem.buttons)
    another = await slack.press(slack.member, poem, "🪶 Another").answer()
    assert another.thread_ts == root.ts
    beginning = await slack.shortcut(slack.member, "sonnet_from_message", root).answer()
    assert beginning.thread_ts is None


@pytest.mark.parametrize("opening", ["Shall I compare thee to & < > %" * 6, "é" * 199])
async def test_button_with_a_long_state(bot: SlackBot, slack: LocalSlack, opening: str) -> None:
    """Another poem begins with the same words, however long they are."""
    message = await slack.command(slack.member, "/sonnet", f'opening:"{opening}"').answer()
    await slack.wait_for(lambda: message.buttons)
    again = await slack.press(slack.member, message, "🪶 Another").answer()
    await slack.wait_for(lambda: again.buttons)
    requests = bot.app.inference.sonnets_asked  # type: ignore[attr-defined]
    assert [request.opening for request in requests] == [opening] * 2


async def test_typed_invitation(bot: SlackBot, slack: LocalSlack) -> None:
    """On the page of the simulator. The bot is told."""

    async def write(text: str) -> JSON:
        typed = {"do": "write", "as": slack.member.id, "channel": slack.elsewhere.id, "text": text}
        return await slack._page.act(typed, {})

    assert await write("/invite @somebody") == {"problem": "Type /invite @Mangosaurus."}
    await write("/invite @mangosaurus")
    assert slack.elsewhere.is_joined
    told = slack.state.interactions[-1]
    assert told.payload["event"]["type"] == "member_joined_channel"
    assert await told.acknowledgement() == {}
    await write("/remove @Mangosaurus")
    assert not slack.elsewhere.is_joined


async def test_page_shows_private_answers_to_their_member(bot: SlackBot, slack: LocalSlack) -> None:
    await slack.command(slack.member, "/about", "").answer()

    def seen(member: Member) -> list[bool]:
        shown = slack._page.state({"as": member.id, "channel": slack.channel.id})
        return [message["private"] for message in shown["messages"]]

    assert (seen(slack.member), seen(slack.admin)) == ([True], [])


@pytest.mark.parametrize(
    ("line", "words"), [("/dinoname", "Mangosaurus"), ("/about", "couldn't be reached")]
)
async def test_quick_answer_that_does_not_arrive(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, line: str, words: str
) -> None:
    """It comes later, or the member is told: Slack shows nothing of a command by itself."""
    monkeypatch.setattr(dispatch, "UNRECORDED_S", 300.0)  # however busy this machine is
    with monkeypatch.context() as outage:
        for call in ("post", "respond"):
            outage.setattr(bot.api, call, AsyncMock(side_effect=Unreachable))
        asked = slack.command(slack.member, line)
        await asked.acknowledgement()
        await eventually(lambda: not bot.socket._tasks)
        assert not slack.messages
    assert isinstance(bot.jobs, Jobs)
    await bot.jobs.answers.close_left()
    assert words in asked.message.words
