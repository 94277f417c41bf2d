"""What members get who write to the bot: one friendly answer in an hour, whatever they wrote."""

import logging
from datetime import UTC, datetime
from typing import Any

import discord
import pytest
import simcord

from bot.chat.cooldowns import MOST_KEYS, Cooldowns
from bot.community.queries import Action, RecordEntry
from bot.store.identities import Identities
from bot.store.schema import EVERYBODY, EVERYWHERE
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.on_slack import SlackActor, SlackChat
from tests.bot.chats.protocol import Shown

SECRET = "my grandmother's maiden name"
MENTION = f"@mangosaurus {SECRET}"
HOUR = 3600


def direct(chat: DiscordChat) -> list[Shown]:
    """What the bot has written to Alice directly."""
    return [
        chat.shown(each) for each in chat.alice.member.user.dm_channel.history() if each.author.bot
    ]


def written(chat: SlackChat, who: SlackActor | None = None) -> list[Shown]:
    """What the bot has written in its channel, or to a member directly."""
    place = chat.slack.channel
    if who is not None:
        place = chat.slack.workspace.direct(who.member)
    every = [each for each in chat.slack.messages if each.author.is_bot]
    return [chat.shown(each) for each in every if each.channel is place]


async def write(chat: SlackChat, text: str, *, is_direct: bool = False, thread: str = "") -> None:
    member = chat.alice.member
    place = chat.slack.workspace.direct(member) if is_direct else chat.slack.channel
    chat.slack.write(member, text, place, thread)
    await chat.settle()


async def test_direct_message_on_discord(
    discord_chat: DiscordChat, caplog: pytest.LogCaptureFixture
) -> None:
    chat, user = discord_chat, discord_chat.alice.member.user
    caplog.set_level(logging.DEBUG, "bot")
    for words in (SECRET, "!help", "thanks"):
        await user.send_dm(words)
    (greeting,) = direct(chat)
    assert greeting.buttons == ("Name dinosaurs", "Write a sonnet", "What you can do here")
    assert "/help" in greeting.text
    poem = await user.click(greeting.source, label="Write a sonnet")
    assert chat.answer(poem).cards
    assert SECRET not in caplog.text
    await chat.pass_time(HOUR)
    await user.send_dm("hello?")
    assert len([each for each in direct(chat) if each.text == greeting.text]) == 2


async def test_no_answer_on_discord(discord_chat: DiscordChat) -> None:
    """To bots, itself, edits, deletions, what Discord itself writes, and messages in servers."""
    chat = discord_chat
    said = await chat.alice.member.send(chat.home.channel, f"<@{chat.bot.user.id}> hello")  # type: ignore[union-attr]
    message: Any = discord.Message
    for about in (
        {"author": chat.bot.user, "type": discord.MessageType.default},
        {"author": said.author, "type": discord.MessageType.pins_add},
        {"author": said.author, "type": discord.MessageType.default, "guild": chat.home.guild},
    ):
        made = message.__new__(message)
        made.author, made.type, made.guild = about["author"], about["type"], about.get("guild")
        made.channel = said.channel
        await chat.bot.on_message(made)
    await chat.settle()
    assert direct(chat) == []
    assert chat.history() == []


async def test_closed_direct_messages(
    discord_chat: DiscordChat, simcord_env: simcord.Env, caplog: pytest.LogCaptureFixture
) -> None:
    chat, user = discord_chat, discord_chat.alice.member.user
    caplog.set_level(logging.INFO, "bot")
    path = f"/channels/{user.dm_channel.id}/messages"
    simcord_env.inject_error("POST", path, status=403, code=50007)
    await user.send_dm(SECRET)
    assert direct(chat) == []
    assert "could not be answered" in caplog.text
    assert SECRET not in caplog.text


async def test_direct_message_on_slack(
    slack_chat: SlackChat, caplog: pytest.LogCaptureFixture
) -> None:
    """In the language of the member, and without a number for them in the database."""
    chat = slack_chat
    caplog.set_level(logging.DEBUG)
    chat.slack.workspace.locale = "de-DE"
    stranger = SlackActor(chat, chat.slack.workspace.add_member("zoe"), 0)
    place = chat.slack.workspace.direct(stranger.member)
    for words in (SECRET, "thanks"):
        chat.slack.write(stranger.member, words, place)
        await chat.settle()
    (greeting,) = written(chat, stranger)
    assert "/mango-help" in greeting.text
    assert greeting.buttons[0] == "Dinosaurier taufen"
    team = chat.bot.platform.team
    known = chat.app.store[Identities]
    assert await known.look_up("slack", "user", team, stranger.member.id) is None
    assert SECRET not in caplog.text


@pytest.mark.shows("answers to mentions")
async def test_mention_on_slack(slack_chat: SlackChat) -> None:
    chat = slack_chat
    await write(chat, "hello everybody")
    assert written(chat) == []
    for _time in range(2):
        await write(chat, MENTION)
    (greeting,) = written(chat)
    names = await chat.alice.press(greeting, "Name dinosaurs")
    assert names.cards
    await chat.pass_time(HOUR)
    await write(chat, MENTION)
    assert [each.text for each in written(chat)].count(greeting.text) == 2


async def test_mention_in_a_thread(slack_chat: SlackChat) -> None:
    chat = slack_chat
    root = chat.slack.say(chat.alice.member, "Look at this.")
    await write(chat, MENTION, thread=root.ts)
    assert [each.thread_ts for each in chat.slack.messages if each.author.is_bot] == [root.ts]


@pytest.mark.parametrize(
    "about",
    [
        {"bot_id": "B1"},
        {"subtype": "message_changed", "message": {"text": SECRET}},
        {"subtype": "message_deleted", "hidden": True},
        {"subtype": "channel_join"},
        {"subtype": ["file_share"]},
        {"subtype": "file_share"},  # which members have written
        {"edited": {"user": "U1", "ts": "1.0"}},
        {"user": "the bot"},
        {"user": None},
        {"user": "../x"},
        {"channel": ["C1"]},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "kind", [{"type": "message", "channel_type": "im"}, {"type": "app_mention"}]
)
async def test_what_is_answered_on_slack(
    slack_chat: SlackChat, kind: dict[str, Any], about: dict[str, Any]
) -> None:
    chat = slack_chat
    place = {"user": chat.alice.member.id, "channel": chat.slack.channel.id, "text": SECRET}
    if about.get("user") == "the bot":
        about = {"user": chat.bot.platform.bot_user}
    event = {"ts": "1700000000.000001", **kind, **place, **about}
    await chat.bot.requests.receive("events_api", {"type": "event_callback", "event": event})
    await chat.settle()
    is_answered = about == {"subtype": "file_share"}
    assert [each.author.is_bot for each in chat.slack.messages] == [True] * is_answered


@pytest.mark.parametrize("scope", ["member", "everywhere", "community"])
async def test_blocked_member(slack_chat: SlackChat, scope: str) -> None:
    """Silence: a blocked member is not told so each time they write something."""
    chat, alice = slack_chat, slack_chat.alice
    blocked = {
        "member": (chat.community_id, alice.id),
        "everywhere": (EVERYWHERE, alice.id),
        "community": (chat.community_id, EVERYBODY),
    }[scope]
    await chat.app.blocks.block(*blocked, RecordEntry(Action.BLOCK, 1, chat.now()))
    for is_direct in (False, True):
        await write(chat, MENTION, is_direct=is_direct)
    assert written(chat) == written(chat, alice) == []


async def test_app_that_was_not_installed_again(slack_chat: SlackChat) -> None:
    """It hears nothing of what is written, and does everything else."""
    chat = slack_chat
    chat.slack.state._has_manifest, chat.slack.state._events = True, ["app_home_opened"]
    await write(chat, MENTION, is_direct=True)
    assert written(chat, chat.alice) == []
    chat.slack.state._has_manifest = False
    assert (await chat.alice.use("help")).cards


def test_cooldowns_are_bounded() -> None:
    now, cooldowns = datetime(2026, 12, 1, tzinfo=UTC), Cooldowns(HOUR)
    for member in range(MOST_KEYS + 5):
        cooldowns.start(member, now)
    assert len(cooldowns._until) == MOST_KEYS
