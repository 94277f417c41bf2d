"""The dinosaur of the day on each platform: posted, voted for, crowned, and found in the museum."""

import pytest

from bot.chat.message import Message
from bot.chat.turn import Forbidden, MessageRef
from bot.polls.queries import Polls
from tests.bot.champions import remove_winner
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.protocol import Actor, Chat, Shown
from tests.bot.daily.closed import forbidden

HOUR = 3600.0
TITLE = "🌄 Which one is the dinosaur of the day?"


async def chosen(chat: Chat, **options: object) -> Actor:
    """Let a channel choose dinosaurs of the day, at one o'clock in the next hour."""
    boss = await chat.add_manager()
    await boss.use("settings", daily_channel=chat.channel)
    await boss.use("settings", daily_hour=1, daily_hours=1, **options)
    return boss


def dailies(chat: Chat) -> list[Shown]:
    """The polls on dinosaurs of the day."""
    return [each for each in chat.history() if each.cards and each.title == TITLE]


@pytest.mark.both
async def test_from_the_settings_to_the_museum(chat: Chat) -> None:
    boss = await chosen(chat)
    chat.writer.names_found = tuple(f"{letter}osaurus" for letter in "bdfgk")
    assert not dailies(chat)
    await chat.pass_time(HOUR + 1)
    (poll,) = dailies(chat)
    assert poll.lines == ["Bosaurus", "Dosaurus", "Fosaurus", "Gosaurus", "Kosaurus"]
    assert poll.text == "Which is the coolest? Voting ends [2026-01-01 02:00]."
    assert poll.buttons[5:] == ("More", "Dissect", "Hatch an egg")
    await chat.alice.press(poll, "Dosaurus")
    await chat.pass_time(HOUR)
    (poll,) = dailies(chat)
    assert poll.text == "The poll is closed: Dosaurus won."
    announcement = next(each for each in chat.history() if "won with" in each.words)
    assert announcement.title == "👑 The dinosaur of the day"
    assert "Dosaurus won with 1 vote." in announcement.body
    assert "Discovered by everybody here." in announcement.body
    await chat.alice.use("champion")
    announced, of_champion = [each for each in chat.world.renderer.drawn if each[0] == "Dosaurus"]
    assert announced[2:] == of_champion[2:]  # the plaques
    assert ("everybody here", "everybody here") in of_champion
    (shown,) = (await chat.alice.use("museum")).lines
    assert shown.startswith("1. Dosaurus · ")
    assert shown.endswith(" · found by everybody here")
    plate = await chat.alice.use("dinosaur", name="Dosaurus")
    assert "Discovered by: everybody here" in plate.words
    assert "Nobody discovered" in (await chat.alice.use("leaderboard")).text
    assert "Dosaurus" not in (await chat.alice.use("collection")).words
    assert not chat.notified()
    overview = (await boss.use("settings", daily_hour=4)).text
    assert "Next names: [2026-01-02 04:00]." in overview  # today has had its own
    more = await chat.alice.press(poll, "More")
    assert more.title == "🦕 5 new dinosaurs"
    posted = chat.app.monitor.metrics.dailies.labels("posted")
    assert posted._value.get() == 1
    await chat.restart()
    await chat.pass_time(60)
    assert len(dailies(chat)) == 1


async def test_moderators_remove_its_names(chat: Chat) -> None:
    await chosen(chat)
    mo = await chat.add_moderator()
    await chat.pass_time(HOUR + 1)
    (poll,) = dailies(chat)
    await chat.alice.press(poll, "Bravosaurus")
    await chat.pass_time(HOUR)
    reply = await remove_winner(mo, "Bravosaurus")
    assert reply.text.startswith("Bravosaurus and its votes were removed")
    assert "The museum is empty" in (await chat.alice.use("museum")).text
    assert not any("won with" in each.words for each in chat.history())


async def test_two_votes_are_needed(chat: Chat) -> None:
    """Each is one of others, since no member has asked for the names."""
    await chosen(chat, votes_needed=2)
    await chat.pass_time(HOUR + 1)
    await chat.alice.press(dailies(chat)[0], "Bravosaurus")
    await chat.pass_time(HOUR)
    (poll,) = dailies(chat)
    assert poll.text == "The poll is closed: no name won, because none got 2 votes."


@pytest.mark.both
async def test_strip(chat: Chat) -> None:
    chat.world.renderer.is_busy = False
    await chosen(chat)
    await chat.pass_time(HOUR + 1)
    (strip,) = chat.files()
    assert strip.description.startswith("From left to right: Mangosaurus (")
    await chat.alice.press(dailies(chat)[0], "Bravosaurus")
    assert len(chat.files()) == 1


async def test_without_the_right_to_attach_files(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.world.renderer.is_busy = False
    await chosen(chat)
    send = chat.platform.send

    async def without_files(ref: MessageRef, message: Message, *, nonce: int | None = None) -> int:
        if message.files:
            raise Forbidden("no files")
        return await send(ref, message, nonce=nonce)

    monkeypatch.setattr(chat.platform, "send", without_files)
    await chat.pass_time(HOUR + 1)
    assert len(dailies(chat)) == 1
    assert not chat.files()


@pytest.mark.both
async def test_closed_channel(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    boss, fossils = await chosen(chat), chat.channel.id
    logs = await chat.add_channel("logs")
    await (await chat.add_administrator()).use("moderate log", channel=logs)
    send = chat.platform.send

    async def only_elsewhere(ref: MessageRef, message: Message, *, nonce: int | None = None) -> int:
        if ref.channel_id == fossils:
            await forbidden()
        return await send(ref, message, nonce=nonce)

    with monkeypatch.context() as closing:
        closing.setattr(chat.platform, "send", only_elsewhere)
        await chat.pass_time(HOUR + 120)
    reason = (
        "The bot has stopped the dinosaur of the day, because it can't post in "
        f"#{chat.channel.name} any more. "
    )
    (_chosen, told) = chat.history(logs)
    assert told.text.startswith(reason)
    assert told.text.endswith("Managers can start it again with /settings")
    assert reason in (await boss.use("settings")).text
    assert not dailies(chat)
    started = await boss.use("settings", daily=True)
    assert "Next names: [2026-01-02 01:00]." in started.text


async def test_deleted_channel(discord_chat: DiscordChat) -> None:
    boss = await chosen(discord_chat)
    discord_chat.home.env.inject_error(
        "POST", "/channels/*", status=404, code=10003, message="Unknown Channel", times=None
    )
    await discord_chat.pass_time(HOUR + 60)
    assert "because it can't post" in (await boss.use("settings")).text


async def test_process_that_ends_while_it_posts(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message may have arrived: it is not posted again, and a vote tells where it is."""
    await chosen(chat)
    with monkeypatch.context() as ending:
        ending.setattr(chat.app.store[Polls], "sent", forbidden)
        await chat.pass_time(HOUR + 1)
        await chat.restart()
    await chat.pass_time(120)
    (poll,) = dailies(chat)
    await chat.alice.press(poll, "Bravosaurus")
    await chat.pass_time(HOUR)
    (poll,) = dailies(chat)
    assert poll.text == "The poll is closed: Bravosaurus won."
