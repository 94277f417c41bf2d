"""Joining, on a Discord and a Slack in memory."""

from typing import Any

import discord
import pytest
import simcord

from simulators.slack.blocks import elements
from simulators.slack.records import Message
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.on_slack import SlackChat
from tests.bot.chats.protocol import Chat, Shown
from tests.bot.conftest import Home
from tests.waiting import eventually

FIRST_WORDS = "👋 Mangosaurus names new dinosaurs. Vote for the best name"


async def joined(home: Home, guild: simcord.GuildHandle) -> None:
    """What Discord tells when a server has added the bot: here its channels exist already."""
    found = home.bot.get_guild(guild.id)
    assert found is not None
    await home.bot.on_guild_join(found)


async def welcomed(chat: Chat) -> Shown:
    """The welcome, in the channel."""
    await chat.restart(welcome="yes")
    if isinstance(chat, DiscordChat):
        await joined(chat.home, chat.home.guild)
    elif isinstance(chat, SlackChat):
        slack = chat.slack
        slack.state.invite(slack.member, slack.channel)
        slack.state.invite(slack.member, slack.workspace.elsewhere)
    await chat.settle()
    (shown,) = chat.history()
    return shown


@pytest.mark.both
async def test_welcome(chat: Chat) -> None:
    shown = await welcomed(chat)
    assert FIRST_WORDS in shown.words
    assert shown.files
    labels = "Name dinosaurs", "Hatch an egg", "Write a sonnet", "Meet a dinosaur", "Set up"
    assert shown.buttons == labels
    alice = chat.alice
    assert "Mangosaurus" in (await alice.press(shown, "Name dinosaurs")).buttons
    assert (await alice.press(shown, "Write a sonnet")).title
    assert (await alice.press(shown, "Meet a dinosaur")).title == "🦕 Triceratops"
    refused = await alice.press(shown, "Set up")
    assert refused.text.startswith("Only ")
    assert refused.is_private
    boss = await chat.add_manager()
    form = await boss.press(shown, "Set up")
    assert form.is_private
    assert form.text.startswith("You can leave everything as it is, or change what you like.")
    form = await boss.choose(form, "Word filter", "mild")
    assert "The word filter is mild here" in form.text


@pytest.mark.both
async def test_again(chat: Chat) -> None:
    """Neither a restart nor the next channel brings a second one."""
    await welcomed(chat)
    await chat.restart(welcome="yes")
    if isinstance(chat, DiscordChat):
        await joined(chat.home, chat.home.guild)
    elif isinstance(chat, SlackChat):
        chat.slack.state.invite(chat.slack.member, chat.slack.channel)
    await chat.settle()
    assert len(chat.history()) == 1


async def test_channel_on_discord(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """That for system messages, else the first one in which the bot may write; else none."""
    await home.restart(welcome="yes")
    guild = home.env.create_guild("Elsewhere")
    denied = discord.PermissionOverwrite(send_messages=False)
    closed: dict[Any, discord.PermissionOverwrite] = {guild.default_role: denied}
    rules = guild.create_text_channel("rules", overwrites=closed)
    await joined(home, guild)
    assert not rules.history()
    chat, system = guild.create_text_channel("chat"), guild.create_text_channel("system")
    await home.env.settle()
    newcomers = home.bot.platform.newcomers(home.env.now().replace(year=2000))
    assert newcomers[guild.id] == [chat.id, system.id]
    found = home.bot.get_guild(guild.id)
    assert found is not None
    monkeypatch.setattr(found, "_system_channel_id", system.id)
    await joined(home, guild)
    await eventually(system.history)
    assert not chat.history()
    (shown,) = system.history()
    assert (shown.embeds[0].description or "").startswith(FIRST_WORDS)
    assert len(home.channel.history()) == 1  # added while the bot was off, a moment ago


async def test_set_up_from_app_home(slack_chat: SlackChat) -> None:
    """Managers find it there. Its answer is in their direct messages, and works there, too."""
    chat = slack_chat
    boss = await chat.add_manager()
    for actor, expected in ((chat.alice, False), (boss, True)):
        chat.slack.state.open_home(actor.member)
        await chat.settle()
        view = chat.slack.home(actor.member)
        assert view is not None
        labels = [each["text"]["text"] for _block, each in elements(view.blocks)]
        assert ("⚙️ Set up" in labels) == expected
    assert view is not None
    before = chat.snapshot()
    chat.slack.press(boss.member, view, "run:settings")
    await chat.settle()
    form = chat.answer(boss.member, before)
    assert isinstance(form.source, Message)
    assert form.source.channel.direct_with is boss.member
    form = await boss.choose(form, "Word filter", "strict")
    assert "The word filter is strict here" in form.text
    form = await boss.fill(form, "Blocked words", "mud")
    assert "Also blocked here: mud." in form.text
