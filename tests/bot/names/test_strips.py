"""The strip with the creatures of new names, beside their poll."""

import asyncio
from collections.abc import Callable

import pytest

from bot.names.name_options import NamesOptions
from bot.names.names import names
from bot.polls import plates
from models.names.generator import NamesRequest
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.on_slack import SlackChat
from tests.bot.chats.protocol import Chat
from tests.bot.names.test_name import learned
from tests.bot.opened_polls import TEN_MINUTES, a_poll, first_message, voted
from tests.bot.turns import FakePlatform, FakeTurn
from tests.bot.world import World


@pytest.fixture(autouse=True)
def _with_time(world: World) -> None:
    world.renderer.is_busy = False


def strips(chat: Chat) -> list[str]:
    """The alternative texts of all strips."""
    return [file.description for file in chat.files() if file.name == "dinosaurs.png"]


@pytest.mark.both
async def test_strip_outlasts_votes(chat: Chat) -> None:
    message = await a_poll(chat)
    (words,) = strips(chat)
    assert words.startswith("From left to right: Mangosaurus (")
    assert words.count("saurus (") == 3
    await chat.alice.press(message, "Bravosaurus")
    await chat.pass_time(TEN_MINUTES + 60)
    assert first_message(chat).text.startswith("The poll is closed")
    assert strips(chat) == [words]
    assert len(chat.world.renderer.drawn) == 1
    await chat.alice.press(first_message(chat), "More")
    assert len(strips(chat)) == 2


@pytest.mark.both
async def test_settings_turn_strips_off(chat: Chat) -> None:
    boss = await chat.add_administrator()
    reply = await boss.use("settings", strips=False)
    assert reply.text == "New dinosaurs come without a picture here."
    await a_poll(chat)
    assert not chat.world.renderer.drawn
    await boss.use("settings", strips=True)
    await chat.alice.use("dinoname")
    assert len(strips(chat)) == 1


async def test_names_of_a_namer_have_none(chat: Chat) -> None:
    await learned(chat)
    await chat.alice.use("name", namer="heroes")
    assert not chat.world.renderer.drawn


async def test_without_time(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    chat.world.renderer.fails = True
    answer = await chat.alice.use("dinoname")
    assert answer.lines
    monkeypatch.setattr(plates, "STRIP_S", 0.0)
    monkeypatch.setattr(chat.world.renderer, "draw", _slowly)
    answer = await chat.alice.use("dinoname")
    assert answer.lines
    assert not strips(chat)


async def test_without_the_right_to_attach_files(chat: Chat) -> None:
    turn = FakeTurn(FakePlatform(), community_id=chat.community_id, attaches_files=False)
    await names(chat.app, turn, NamesOptions(NamesRequest()))
    assert turn.answers
    assert not any(message.files for message in turn.answers)
    assert not chat.world.renderer.drawn


@pytest.mark.both
async def test_removed_name_takes_its_strip(chat: Chat) -> None:
    """Which shows its creature, and says its name."""
    message, mo = await a_poll(chat), await chat.add_moderator()
    asked = await mo.open_menu("Moderate this message", message)
    reply = await mo.press(asked, "Remove Bravosaurus")
    assert reply.text.startswith("Bravosaurus and its votes were removed.\n")
    assert not strips(chat)


async def test_plaque_replaces_strip(discord_chat: DiscordChat) -> None:
    """Where the bot may not send the announcement."""
    await voted(discord_chat)
    discord_chat.home.env.inject_error(
        "POST", "/channels/*", status=403, code=50013, message="Missing Permissions", times=None
    )
    await discord_chat.pass_time(TEN_MINUTES + 60)
    (closed,) = discord_chat.history()
    assert [file.name for file in closed.files] == ["plaque.png", "bravosaurus.png"]


async def test_strip_is_in_the_message(slack_chat: SlackChat) -> None:
    """A vote leaves it there."""
    await voted(slack_chat)
    card = slack_chat.slack.messages[0]
    assert [file.name for file in card.pictures] == ["dinosaurs.png"]
    assert not any(each.files for each in slack_chat.slack.messages)


async def _slowly(make: Callable[..., str], *arguments: object) -> bytes:
    await asyncio.sleep(0.1)
    return b""
