"""Closing polls and announcing winners."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from unittest.mock import AsyncMock

import aiohttp
import discord
import pytest

from bot.chat.message import Message
from bot.chat.translation import ENGLISH
from bot.chat.turn import DeletedMeanwhile, Forbidden, Limited, MessageRef
from bot.community.queries import Action, RecordEntry
from bot.discoveries.queries import Discoveries
from bot.features.jobs import Jobs
from bot.moderation.queries import Moderation
from bot.outbox.queries import Outbox
from bot.platforms.discord.platform import LIMITS, DiscordPlatform
from bot.polls import poll_closing
from bot.polls.hall_queries import HallOfFame, HallScope
from bot.polls.plaques import PLAQUE, meaning_of, plaque_file
from bot.polls.poll_message import removed_message
from bot.polls.queries import Ballot, PollRecord, Polls
from bot.store.schema import EVERYBODY
from bot.text.spans import plain
from bot.words import WordFilter
from tests.bot.champions import crown
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.protocol import Chat, Shown
from tests.bot.conftest import World
from tests.bot.fakes import unavailable
from tests.bot.opened_polls import TEN_MINUTES, a_poll, first_message, members, open_polls, voted
from tests.bot.turns import CHANNEL, COMMUNITY, FakePlatform, lines_of
from tests.texts import WORDS, named, written


@pytest.mark.both
async def test_winner_is_announced(chat: Chat) -> None:
    await voted(chat)
    await chat.pass_time(TEN_MINUTES + 60)
    closed, announcement, *_picture = chat.history()
    assert closed.text == "The poll is closed: Bravosaurus won."
    assert closed.lines[1] == "👑 Bravosaurus · ▰ 1"
    assert [*closed.buttons] == ["More", "Dissect", "Details"]
    assert announcement.title == "👑 A name has been chosen"
    assert "Bravosaurus won with 1 vote." in announcement.body
    assert "Discovered by alice." in announcement.body
    assert "tied" not in announcement.body
    assert [*announcement.buttons] == ["Show the dinosaur", "A poem about it"]
    plaque, plate = chat.files()
    assert (plaque.name, plate.name) == ("plaque.png", "bravosaurus.png")
    assert plate.description.startswith("Drawing of Bravosaurus, ")


@pytest.mark.both
async def test_winner_that_is_blocked_by_now(chat: Chat) -> None:
    await voted(chat)
    await (await chat.add_manager()).use("settings", blocked_words="brav*")
    await chat.pass_time(TEN_MINUTES + 60)
    closed, announcement, *_picture = chat.history()
    assert closed.text == "The poll is closed: a name blocked by the word filter won."
    assert closed.lines[1] == "👑 a name blocked by the word filter · ▰ 1"
    assert "a name blocked by the word filter won with 1 vote." in announcement.body
    assert not announcement.buttons
    assert "bravo" not in repr((closed, announcement)).lower()
    (plaque,) = chat.files()
    assert plaque.description.startswith("A plaque: a name blocked by the word filter")


async def test_tie_is_explained(chat: Chat) -> None:
    message = await a_poll(chat)
    first, second = await members(chat, 2)
    await first.press(message, "Kilosaurus")
    await chat.pass_time(5)
    await second.press(first_message(chat), "Bravosaurus")
    await chat.pass_time(TEN_MINUTES + 60)
    closed, announcement, *_picture = chat.history()
    tie = "It tied with Bravosaurus at 1 vote each, but got there first."
    assert closed.text == f"The poll is closed: Kilosaurus won.\n{tie}"
    assert tie in announcement.body


async def test_poll_without_votes_closes_quietly(chat: Chat) -> None:
    await a_poll(chat)
    await chat.pass_time(TEN_MINUTES + 60)
    (closed,) = chat.history()
    assert closed.text == "The poll is closed: nobody voted."


async def test_own_vote_makes_no_champion(chat: Chat) -> None:
    message = await a_poll(chat)
    await chat.alice.press(message, "Bravosaurus")
    await chat.pass_time(TEN_MINUTES + 60)
    (closed,) = chat.history()
    assert closed.text == (
        "The poll is closed: no name won, because none got a vote from anybody other than the "
        "member who asked for them."
    )
    assert closed.lines[1] == "Bravosaurus · ▰ 1"


async def test_winner_with_votes_of_two_others(chat: Chat) -> None:
    """As many as a name of the asker's choice: that one lacks a vote of somebody else."""
    boss = await chat.add_administrator()
    said = await boss.use("settings", votes_needed=2)
    assert said.text == (
        "To win a new poll here, a name needs 2 votes from members other than the person who "
        "asked for it."
    )
    first, second, third = await members(chat, 3)
    await a_poll(chat)
    await chat.alice.use("dinoname", count=3)
    await first.press(chat.history()[1], "Kilosaurus")
    for member, name in [
        (chat.alice, "Bravosaurus"),
        (first, "Bravosaurus · 1"),
        (second, "Kilosaurus"),
        (third, "Kilosaurus · 1"),
    ]:
        await member.press(first_message(chat), name)
        await chat.pass_time(5)
    await chat.pass_time(TEN_MINUTES)
    closed, another, *_announcement = chat.history()
    assert closed.text == (
        "The poll is closed: Kilosaurus won.\nBravosaurus got just as many votes, but one came "
        "from the member who asked for the name."
    )
    assert another.text == (
        "The poll is closed: no name won, because none got 2 votes from anybody other than the "
        "member who asked for them."
    )


async def test_unnoted_message_is_closed(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ended before it could note which message shows the poll: a vote tells."""
    with monkeypatch.context() as ending:
        ending.setattr(chat.app.store[Polls], "sent", unavailable)
        message = await a_poll(chat)
    (voter,) = await members(chat, 1)
    await voter.press(message, "Bravosaurus")
    await chat.pass_time(TEN_MINUTES + 60)
    assert first_message(chat).text == "The poll is closed: Bravosaurus won."


async def test_unnoted_message_is_noted_without_edits(
    discord_chat: DiscordChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While optional edits are left out, a vote tells the message, which a moderator deletes."""
    with monkeypatch.context() as ending:
        ending.setattr(discord_chat.app.store[Polls], "sent", unavailable)
        message = await a_poll(discord_chat)
    monkeypatch.setattr(DiscordPlatform, "spares_requests", True)
    monkeypatch.setattr(
        discord_chat.app.edits, "acquire", lambda _: False
    )  # another message is edited
    await discord_chat.alice.press(message, "Bravosaurus")
    await discord_chat.settle()
    discord_chat.delete(message)
    await discord_chat.pass_time(TEN_MINUTES + 60)
    assert discord_chat.history() == []


class Fossil:
    """A poll that has a winner and is due, on a platform without a chat."""

    def __init__(self, world: World) -> None:
        self.now = discord.utils.utcnow()
        world.now = lambda: self.now
        self.app = app = world.make_app()
        self.platform = FakePlatform({1: Message()})
        self.platform.name = "discord"
        self.end = app.now()
        self.poll = PollRecord(
            id=9,
            community_id=COMMUNITY,
            channel_id=CHANNEL,
            message_id=1,
            member_id=1,
            discoverer="ada",
            names=named("Aasaurus", "Bbsaurus"),
            opened_at=self.end - timedelta(minutes=10),
            closes_at=self.end,
        )

    async def open(self) -> None:
        await self.app.store[Polls].open(self.poll)
        await self.app.store[Polls].cast(Ballot(9, 7, 0), self.poll.opened_at)

    async def close(self, jobs: Jobs | None = None, *, minutes: int = 0) -> None:
        """One round of background jobs, by default of another process."""
        jobs = jobs or Jobs(self.app, self.platform)
        self.now = self.end + timedelta(minutes=minutes)
        if minutes > 3:
            self.platform.nonces.clear()
        await jobs.polls.close_due(self.now)
        await jobs.outbox.deliver_due()

    @property
    def announcements(self) -> list[int]:
        return [number for number in self.platform.shown if number != 1]


@pytest.fixture
async def fossil(world: World) -> AsyncIterator[Fossil]:
    made = Fossil(world)
    await made.open()
    yield made
    await made.app.store.close()


async def test_no_right_to_attach_files(fossil: Fossil, monkeypatch: pytest.MonkeyPatch) -> None:
    send = fossil.platform.send

    async def refusing(ref: MessageRef, message: Message, *, nonce: int | None = None) -> int:
        if message.files:
            raise Forbidden("Missing Permissions")
        return await send(ref, message, nonce=nonce)

    monkeypatch.setattr(fossil.platform, "send", refusing)
    await fossil.close()
    (number,) = fossil.announcements
    announcement = fossil.platform.shown[number]
    assert "Aasaurus won with 1 vote." in lines_of(announcement)
    assert not any(embed.image for embed in announcement.embeds)


async def test_announcement_deleted_before_its_answer_was_known(
    fossil: Fossil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The poll's message does not show the pictures instead, and nothing is sent again."""
    send = AsyncMock(side_effect=DeletedMeanwhile)
    monkeypatch.setattr(fossil.platform, "send", send)
    await fossil.close()
    await fossil.close(minutes=30)
    assert send.await_count == 1
    assert not fossil.platform.shown[1].files
    stored = await fossil.app.store[Polls].find(9)
    assert stored is not None
    assert stored.announced_at is not None


async def test_second_win_and_blocked_discoverer(fossil: Fossil) -> None:
    """An announcement names the discoverer whom the museum has."""
    polls, bob = fossil.app.store[Polls], 32
    owner = RecordEntry(Action.BLOCK, 1, fossil.end, None, COMMUNITY)
    await fossil.app.blocks.block(COMMUNITY, bob, owner)
    await fossil.close()
    (found,) = await fossil.app.store[Discoveries].exhibits(WORDS, COMMUNITY)
    await fossil.app.store[Discoveries].release(
        COMMUNITY, found.owner_id or 0, found.id
    )  # else it has an owner
    for number, name, member in ((10, "Aasaurus", 31), (11, "Ccsaurus", bob)):
        poll = replace(fossil.poll, id=number, message_id=1, names=named(name), member_id=member)
        await polls.open(poll)
        await polls.cast(Ballot(number, 7, 0), poll.opened_at)
        await fossil.close()
    first, again, blocked = (
        lines_of(fossil.platform.shown[number]) for number in fossil.announcements
    )
    assert "Discovered by ada." in first
    assert "It's in the museum now" in first
    assert "Discovered" not in again
    assert "It was already in the museum: /museum" in again
    assert "Discovered" not in blocked


async def test_fourth_discovery_of_a_day(fossil: Fossil) -> None:
    """It has no owner, and its announcement says why."""
    polls, name = fossil.app.store[Polls], "Ddsaurus"
    for number in range(10, 13):
        name = f"{chr(number + 90) * 2}saurus"
        poll = replace(fossil.poll, id=number, message_id=1, names=named(name))
        await polls.open(poll)
        await polls.cast(Ballot(number, 7, 0), poll.opened_at)
    await fossil.close()
    told = [lines_of(fossil.platform.shown[number]) for number in fossil.announcements]
    limits = "Up to 3 of a member's winners are added to it each day"
    assert [limits in lines for lines in told] == [False, False, False, True]


async def test_limited_channel_delays_no_other(
    fossil: Fossil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked once in a round, and its results are shown when it takes edits again."""
    polls, edit, refused = fossil.app.store[Polls], fossil.platform.edit, list[int]()
    for number, channel in ((10, CHANNEL), (11, CHANNEL + 1)):
        fossil.platform.shown[number] = Message()
        await polls.open(replace(fossil.poll, id=number, message_id=number, channel_id=channel))

    async def limited(ref: MessageRef, message: Message) -> None:
        if ref.channel_id == CHANNEL:
            refused.append(ref.message_id)
            raise Limited
        await edit(ref, message)

    with monkeypatch.context() as often:
        often.setattr(fossil.platform, "edit", limited)
        for poll in (9, 10, 11):
            await polls.close(poll, fossil.end)
        await fossil.close(minutes=3)
        assert refused == [1]
    assert await unannounced(fossil) == {9, 10}
    await fossil.close(minutes=6)
    assert await unannounced(fossil) == set()


async def unannounced(fossil: Fossil) -> set[int]:
    """The polls whose results are not announced."""
    found = [await fossil.app.store[Polls].find(number) for number in (9, 10, 11)]
    return {poll.id for poll in found if poll is not None and poll.announced_at is None}


async def test_blocked_server_gets_no_result(fossil: Fossil) -> None:
    """Nothing is written there, nor later, and nothing wins: others would see it."""
    owner = RecordEntry(Action.BLOCK, 1, fossil.end, None, COMMUNITY)
    await fossil.app.blocks.block(COMMUNITY, EVERYBODY, owner)
    await fossil.close()
    await fossil.app.blocks.unblock(COMMUNITY, EVERYBODY, owner)
    await fossil.close(minutes=30)
    assert fossil.platform.history == []
    stored = await fossil.app.store[Polls].find(9)
    assert stored is not None
    assert stored.closed_at is not None
    assert stored.winner is None


@pytest.mark.parametrize("is_removed", [False, True])
async def test_database_lost_while_it_announces(
    fossil: Fossil, monkeypatch: pytest.MonkeyPatch, is_removed: bool
) -> None:
    """The announcement is noted later, also if the winner is removed before."""
    jobs = Jobs(fossil.app, fossil.platform)
    with monkeypatch.context() as outage:
        outage.setattr(fossil.app.store[Outbox], "finish", unavailable)
        await fossil.close(jobs)
    if is_removed:
        entry = RecordEntry(Action.REMOVE_NAME, 1, fossil.now, COMMUNITY)
        await fossil.app.store[Moderation].remove_name(9, 0, entry)
    with monkeypatch.context() as often:  # the channel takes no edits either
        often.setattr(fossil.platform, "edit", AsyncMock(side_effect=Limited))
        await fossil.close(jobs, minutes=10)
    await fossil.close(jobs, minutes=30)
    assert [each for each in fossil.announcements if each != 100] == []
    assert (fossil.platform.shown[100] == removed_message()) is is_removed
    stored = await fossil.app.store[Polls].find(9)
    assert stored is not None
    assert stored.announcement_id == 100


async def test_poll_closes_while_a_removal_is_shown(
    fossil: Fossil, monkeypatch: pytest.MonkeyPatch
) -> None:
    fossil.now = fossil.end - timedelta(minutes=5)
    entry = RecordEntry(Action.REMOVE_NAME, 1, fossil.now, COMMUNITY)
    await fossil.app.store[Moderation].remove_name(9, 1, entry)
    fossil.now += timedelta(minutes=1)
    edit, jobs = fossil.platform.edit, Jobs(fossil.app, fossil.platform)

    async def edit_and_close(ref: MessageRef, message: Message) -> None:
        await fossil.app.store[Polls].close(9, fossil.end)
        await edit(ref, message)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(fossil.platform, "edit", edit_and_close)
        await jobs.outbox.deliver_due()
    await fossil.close(jobs, minutes=1)
    assert fossil.announcements == [100]


async def test_result_waits_for_discord(
    discord_chat: DiscordChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    await voted(discord_chat)
    with monkeypatch.context() as storm:

        async def unreachable(*_: object, **__: object) -> None:
            raise aiohttp.ClientError

        storm.setattr(discord.abc.Messageable, "send", unreachable)
        storm.setattr(discord.PartialMessage, "edit", unreachable)
        await discord_chat.pass_time(TEN_MINUTES + 300)
        assert len(discord_chat.history()) == 1
    await discord_chat.pass_time(240)
    closed, announcement, *_picture = discord_chat.history()
    assert closed.text == "The poll is closed: Bravosaurus won."
    assert (await announcement.files[0].read()).startswith(b"\x89PNG")
    await discord_chat.pass_time(240)
    assert len(discord_chat.history()) == 2


async def test_plaque_on_poll_where_bot_may_not_send(discord_chat: DiscordChat) -> None:
    await voted(discord_chat)
    discord_chat.home.env.inject_error(
        "POST", "/channels/*", status=403, code=50013, message="Missing Permissions", times=None
    )
    await discord_chat.pass_time(TEN_MINUTES + 60)
    (closed,) = discord_chat.history()
    assert closed.text == "The poll is closed: Bravosaurus won."
    plaque, _plate = closed.files
    assert plaque.description.startswith("A plaque: Bravosaurus, ")


async def announced_for(chat: Chat, display_name: str) -> Shown:
    """The announcement of a name that a member of some name has discovered."""
    member = await chat.add_member(display_name)
    await member.use("dinoname", count=3)
    await chat.alice.press(first_message(chat), "Bravosaurus")
    await chat.pass_time(TEN_MINUTES + 60)
    return next(message for message in chat.history() if message.words.startswith("👑 A name"))


async def test_discoverer_is_plain_text(chat: Chat) -> None:
    announcement = await announced_for(chat, "**@everyone** <@1> \u202eoverturned")
    assert "Discovered by **@everyone** <@1> overturned." in announcement.body
    assert not chat.notified()


async def test_slow_channel_delays_no_other(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_poll(chat)
    other = await chat.add_channel("bones")
    await chat.alice.use_in(other, "dinoname", count=2)
    edit, shown = chat.platform.edit, asyncio.Event()

    async def waits_in_first_channel(ref: MessageRef, message: Message) -> None:
        if ref.channel_id == first.channel_id:
            await shown.wait()
        await edit(ref, message)
        shown.set()

    monkeypatch.setattr(chat.platform, "edit", waits_in_first_channel)
    first, _second = await open_polls(chat)
    await chat.pass_time(TEN_MINUTES + 60)
    for channel in (chat.channel, other):
        assert "The poll is closed" in chat.history(channel)[0].text


async def test_winner_without_room_for_poem(chat: Chat) -> None:
    """A name of a list can be too long for a button."""
    poll = await crown(
        chat.app.store,
        "𝒳" * 64,
        at=chat.now(),
        community_id=chat.community_id,
        namer="letters",
    )
    message = await poll_closing.winner_message(chat.app, poll, LIMITS, ENGLISH)
    assert not message.buttons
    assert [file.name for file in message.files] == ["plaque.png"]


async def test_winner_without_pictures(chat: Chat) -> None:
    """Pictures that cannot be drawn keep nobody waiting for the result."""
    chat.world.renderer.fails = True
    await voted(chat)
    await chat.pass_time(TEN_MINUTES + 60)
    _closed, announcement, *_picture = chat.history()
    assert announcement.title == "👑 A name has been chosen"
    assert not chat.files()


@pytest.mark.both
async def test_deleted_poll_has_no_winner(chat: Chat) -> None:
    """A moderator deletes the message: no plaque, nothing in the hall of fame."""
    message = await voted(chat)
    chat.delete(message)
    await chat.pass_time(TEN_MINUTES + 60)
    assert chat.history() == []
    assert await chat.app.store[HallOfFame].count(HallScope(community_id=chat.community_id)) == 0
    await chat.restart()
    await chat.pass_time(600)
    assert chat.history() == []


async def test_deleted_poll_waits_for_database(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays unannounced until the victory can be taken back."""
    message = await voted(chat)
    chat.delete(message)
    with monkeypatch.context() as outage:
        outage.setattr(chat.app.store[Polls], "void", unavailable)
        await chat.pass_time(TEN_MINUTES + 60)
    await chat.pass_time(300)
    assert await chat.app.store[HallOfFame].count(HallScope(community_id=chat.community_id)) == 0


async def test_winner_removed_while_it_is_announced(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    await voted(chat)
    (poll,) = await open_polls(chat)
    send = chat.platform.send

    async def send_and_remove(ref: MessageRef, message: Message, *, nonce: int) -> int:
        number: int = await send(ref, message, nonce=nonce)
        entry = RecordEntry(Action.REMOVE_NAME, 1, chat.now(), chat.community_id)
        await chat.app.store[Moderation].remove_name(poll.id, 1, entry)
        return number

    monkeypatch.setattr(chat.platform, "send", send_and_remove)
    await chat.pass_time(TEN_MINUTES + 60)
    announcement = chat.history()[1]
    assert announcement.text == "A moderator removed this."
    assert not announcement.cards


# Plaques


DAY = date(2026, 11, 5)


async def test_file(chat: Chat) -> None:
    """The alternative text leaves the discoverer out, who is named beside the picture."""
    name, meaning, discoverer = map(written, ("Mangosaurus", "mango lizard", "Ada"))
    file = await plaque_file(chat.app, name, meaning, discoverer, DAY, 1, ENGLISH)
    assert file is not None
    assert file.name == PLAQUE
    assert file.content.startswith(b"\x89PNG")
    assert file.description == "A plaque: Mangosaurus, “mango lizard”, 1 vote, 5 November 2026"


@pytest.mark.parametrize(
    ("name", "meaning", "sentence"),
    [
        ("Zyxwoxeraptor", "… thief", "Part of it may mean thief: raptor (Latin raptor: thief)."),
        ("Minmi", "", ""),
    ],
)
def test_meaning(name: str, meaning: str, sentence: str) -> None:
    on_plaque, said = meaning_of(name, WordFilter(), ENGLISH)
    assert (on_plaque, plain(said)) == (meaning, sentence)
    assert meaning_of(name, WordFilter(["thief"]), ENGLISH) == ("", ())
