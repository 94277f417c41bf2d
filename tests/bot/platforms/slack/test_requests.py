"""App Home in the simulated workspace, other events, and forms when something fails."""

from datetime import timedelta
from unittest.mock import AsyncMock

import pytest

from bot.chat.message import Message
from bot.chat.turn import Gone, MessageRef, Unreachable
from bot.community.queries import Action, RecordEntry
from bot.fleet.membership import Served
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.requests import HOME_S
from bot.privacy.queries import Privacy
from bot.store import Unavailable
from bot.store.identities import Identities
from bot.store.schema import EVERYWHERE
from bot.text.spans import text
from bot.text.technical import technical
from simulators.slack.blocks import texts
from simulators.slack.records import View
from simulators.slack.server import LocalSlack
from simulators.slack.workspace import Member


async def opened(slack: LocalSlack, member: Member | None = None) -> View:
    """The home tab of a member who opens it for the first time."""
    member = member or slack.member
    slack.open_home(member)
    await slack.wait_for(lambda: slack.home(member))
    view = slack.home(member)
    assert view is not None
    return view


@pytest.mark.shows("App Home")
async def test_form_is_answered_in_the_direct_message(bot: SlackBot, slack: LocalSlack) -> None:
    """App Home has no channel."""
    pressed = slack.press(slack.member, await opened(slack), "📜 Write a sonnet")
    form = await pressed.opened()
    slack.submit(slack.member, form, {"opening": "Shall I compare thee"})
    await slack.wait_for(lambda: slack.messages)
    (message,) = slack.messages
    assert message.channel == slack.workspace.direct(slack.member)
    assert "Shall I compare thee" in message.words
    slack.press(slack.member, await opened(slack), "🦖 Name dinosaurs")
    await slack.wait_for(lambda: slack.modal(slack.member))


async def test_home_is_not_made_again_at_once(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a member opens it, unless it could not be shown."""
    publish = AsyncMock(side_effect=[Unreachable("views.publish"), None, None, None])
    monkeypatch.setattr(bot.api, "publish_home", publish)
    for user in [slack.member.id] * 20 + [slack.admin.id]:
        await bot.requests.handle_event({"type": "app_home_opened", "user": user, "tab": "home"})
    assert publish.await_count == 3
    later = bot.app.now() + timedelta(seconds=HOME_S)
    object.__setattr__(bot.app, "now", lambda: later)  # it is frozen
    await bot.requests.handle_event({"type": "app_home_opened", "user": slack.member.id})
    assert publish.await_count == 4


async def test_guests_get_no_form(bot: SlackBot, slack: LocalSlack) -> None:
    words = "\n".join(texts((await opened(slack, slack.guest)).blocks))
    assert "/halloffame" in words
    for costly in ("five new dinosaurs", "/namer", "Write a sonnet"):
        assert costly not in words
    # Who has become one may still see the button.
    slack.press(slack.guest, await opened(slack), "📜 Write a sonnet")
    await slack.wait_for(lambda: slack.messages)
    assert "Guests" in slack.messages[0].words
    assert slack.modal(slack.guest) is None


async def test_data_are_deleted_from_there(bot: SlackBot, slack: LocalSlack) -> None:
    await slack.command(slack.member, "/sonnet", "").answer()
    slack.press(slack.member, await opened(slack), "Delete my data")
    await slack.wait_for(lambda: "can't be undone" in slack.messages[-1].words)
    asked = slack.messages[-1]
    assert asked.channel == slack.workspace.direct(slack.member)
    slack.press(slack.member, asked, "Yes, delete my data")
    await slack.wait_for(lambda: "Done" in asked.words)


async def test_blocked_member_gets_one_sentence(bot: SlackBot, slack: LocalSlack) -> None:
    member = await bot.platform.identities.user(bot.platform.team, slack.member.id)
    await bot.app.blocks.block(EVERYWHERE, member, RecordEntry(Action.BLOCK, 1, bot.app.now()))
    (sentence,) = (await opened(slack)).blocks
    assert "has blocked you" in str(sentence)


@pytest.mark.parametrize(
    ("event", "is_removed"),
    [
        ({"type": "app_uninstalled"}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["the bot's own"]}}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": ["U2"]}}, False),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}}, False),
        ({"type": "tokens_revoked", "tokens": {"bot": "the bot's own"}}, False),
        ({"type": "tokens_revoked"}, False),
        ({"type": "message"}, False),
    ],
)
@pytest.mark.parametrize("is_revoked", [True, False])
async def test_removed_app_is_recorded(
    bot: SlackBot,
    slack: LocalSlack,
    caplog: pytest.LogCaptureFixture,
    event: dict[str, object],
    is_removed: bool,
    is_revoked: bool,
) -> None:
    """Its data is deleted later, so a revoked token of somebody else must not count, nor an event
    that arrives after the app was installed again.
    """
    caplog.set_level("INFO")
    slack.tokens.is_revoked, is_removed = is_revoked, is_removed and is_revoked
    tokens = event.get("tokens")
    if isinstance(tokens, dict) and tokens.get("bot") == ["the bot's own"]:
        event = event | {"tokens": tokens | {"bot": ["U9", bot.platform.bot_user]}}
    await bot.requests.handle_event(event)
    forgotten = await bot.app.store[Privacy].forget_communities(bot.app.now() + timedelta(days=31))
    assert (bot.platform.community_id in forgotten) == is_removed
    assert ("is deleted in 30 days" in caplog.text) == is_removed


async def test_removed_app_while_slack_is_away(
    bot: SlackBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event is not believed, and an error lets Slack send it again."""
    monkeypatch.setattr(bot.api, "identify", AsyncMock(side_effect=Unreachable("auth.test")))
    with pytest.raises(Unreachable):
        await bot.requests.handle_event({"type": "app_uninstalled"})
    month = bot.app.now() + timedelta(days=31)
    assert not await bot.app.store[Privacy].forget_communities(month)


async def test_removed_app_while_the_database_is_away(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.tokens.is_revoked = True
    monkeypatch.setattr(Privacy, "left", AsyncMock(side_effect=Unavailable("away")))
    with pytest.raises(Unavailable):
        await bot.requests.handle_event({"type": "app_uninstalled"})


async def test_late_form(bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack opens one within three seconds of the command."""
    expired = AsyncMock(side_effect=Gone("views.open: expired_trigger_id"))
    monkeypatch.setattr(bot.api, "open_view", expired)
    answer = await slack.command(slack.member, "/sonnet", "?").answer()
    assert "took too long to open" in answer.words


async def test_form_without_a_trigger(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack.state.views, "new_trigger", lambda *_: "")
    answer = await slack.command(slack.member, "/sonnet", "?").answer()
    assert "took too long to open" in answer.words


@pytest.mark.parametrize("is_told", [True, False])
async def test_moved_channel(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, *, is_told: bool
) -> None:
    """Slack tells one process that a channel has another id; the others look it up again."""
    platform, old = bot.platform, slack.channel.id
    card = await slack.command(slack.member, "/dinoname", "").answer()
    number = await platform.identities.channel(platform.team, old)
    if is_told:
        told = slack.state.move(slack.admin, slack.channel)
        await told.acknowledgement()
        await bot.requests.handle_event(told.payload["event"])  # it may come twice
    else:
        slack.workspace.renumber(slack.channel)
        identities = bot.app.store[Identities]
        await identities.move_channel("slack", platform.team, old, slack.channel.id)
        monkeypatch.setattr(bot.app.fleet, "_processes", {Served.SLACK: 2})
        bot._look_around()
    hello = Message(text(technical("Hello")))
    assert await platform.send(MessageRef(number, 0, platform.community_id), hello)
    assert await platform.identities.channel(platform.team, slack.channel.id) == number
    slack.press(slack.guest, card, card.buttons[0]["action_id"])
    await slack.wait_for(lambda: " · 1" in card.buttons[0]["text"]["text"])
