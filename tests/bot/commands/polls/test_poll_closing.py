"""Closing polls and announcing winners."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import cast

import aiohttp
import discord
import pytest

from bot.commands.core.app import App
from bot.commands.core.message import Message
from bot.commands.core.turn import MessageRef
from bot.commands.polls import poll_closing
from bot.commands.polls.poll_closing import PollCloser
from bot.discord.platform import LIMITS, DiscordPlatform
from bot.store import Unavailable
from bot.store.ballots import Ballot
from bot.store.hall_of_fame import Scope
from bot.store.moderation.tables import EVERYBODY, Action, Entry
from bot.store.polls import PollRecord
from tests.bot.champions import crown
from tests.bot.conftest import Home, World
from tests.bot.fakes import unavailable
from tests.bot.polls_discord import (
    TEN_MINUTES,
    TOMORROW,
    a_poll,
    close_elsewhere,
    first_message,
    members,
    names_on,
)
from tests.bot.replies import labels
from tests.bot.turns import CHANNEL, COMMUNITY, FakePlatform, lines_of


async def test_winner_is_announced(home: Home) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    await home.pass_time(TEN_MINUTES + 60)
    closed, announcement = home.channel.history()
    assert closed.content == "The poll is closed: Bravosaurus has won."
    assert names_on(closed)[1] == "👑 **Bravosaurus** · ▰ 1"
    assert labels(closed) == ["More", "Dissect"]
    (embed,) = announcement.embeds
    assert embed.title == "👑 A name has been chosen"
    assert "**Bravosaurus** won with 1 vote." in (embed.description or "")
    assert "Discovered by alice." in (embed.description or "")
    assert "tied" not in (embed.description or "")
    (attachment,) = announcement.attachments
    assert attachment.filename == "plaque.png"


async def test_tie_is_explained(home: Home) -> None:
    message = await a_poll(home)
    first, second = members(home, 2)
    await first.click(message, label="Kilosaurus")
    await home.pass_time(5)
    await second.click(first_message(home), label="Bravosaurus")
    await home.pass_time(TEN_MINUTES + 60)
    closed, announcement = home.channel.history()
    tie = "It tied with Bravosaurus at 1 vote, and got there first."
    assert closed.content == f"The poll is closed: Kilosaurus has won. {tie}"
    assert tie in (announcement.embeds[0].description or "")


async def test_poll_without_votes_closes_quietly(home: Home) -> None:
    await a_poll(home)
    await home.pass_time(TEN_MINUTES + 60)
    (closed,) = home.channel.history()
    assert closed.content == "The poll is closed: nobody voted."


async def test_unnoted_message_is_closed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ended before it could note which message shows the poll: a vote tells."""
    with monkeypatch.context() as ending:
        ending.setattr(home.app.store.polls, "sent", unavailable)
        message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    await home.pass_time(TEN_MINUTES + 60)
    assert first_message(home).content == "The poll is closed: Bravosaurus has won."


async def test_unnoted_message_is_noted_without_edits(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While optional edits are left out, a vote tells the message, which a moderator deletes."""
    with monkeypatch.context() as ending:
        ending.setattr(home.app.store.polls, "sent", unavailable)
        message = await a_poll(home)
    monkeypatch.setattr(DiscordPlatform, "spares_requests", True)
    monkeypatch.setattr(home.app.edits, "acquire", lambda _: False)  # another message is edited
    await home.alice.click(message, label="Bravosaurus")
    await home.env.settle()
    home.env.backend.delete_message(home.channel.id, message.id)
    await home.pass_time(TEN_MINUTES + 60)
    assert home.channel.history() == []


async def test_abandoned_result_is_announced_once(home: Home) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    await close_elsewhere(home)
    await home.restart()
    await home.pass_time(240)
    await home.pass_time(240)
    assert [message.content for message in home.channel.history()] == [
        "The poll is closed: Bravosaurus has won.",
        "",
    ]


class Fossil:
    """A poll that has a winner and is due, on a platform without a chat."""

    def __init__(self, app: App) -> None:
        self.app = app
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
            names=("Aasaurus", "Bbsaurus"),
            opened_at=self.end - timedelta(minutes=10),
            closes_at=self.end,
        )

    async def open(self) -> None:
        await self.app.store.polls.open(self.poll)
        await self.app.store.polls.cast(Ballot(9, 7, 0), self.poll.opened_at)

    async def close(self, closer: PollCloser | None = None, *, minutes: int = 0) -> None:
        """One round of a closer, by default of another process."""
        closer = closer or PollCloser(self.app, self.platform)
        with suppress(Unavailable):
            await closer.close_due(self.end + timedelta(minutes=minutes))

    @property
    def announcements(self) -> list[int]:
        return [number for number in self.platform.shown if number != 1]


@pytest.fixture
async def fossil(world: World) -> AsyncIterator[Fossil]:
    made = Fossil(world.make_app())
    await made.open()
    yield made
    await made.app.store.close()


async def test_killed_while_it_announces(fossil: Fossil, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next process finds the announcement: a platform's nonce is forgotten by then."""
    with monkeypatch.context() as kill:
        kill.setattr(fossil.app.store.polls, "announced", unavailable)
        await fossil.close()
    assert fossil.announcements == [100]
    await fossil.close(minutes=30)
    assert fossil.announcements == [100]
    assert "👑" in lines_of(fossil.platform.shown[1])  # the card is shown again
    stored = await fossil.app.store.polls.find(9)
    assert stored is not None
    assert stored.announcement_id == 100  # which moderators can remove
    assert stored.announced_at is not None


async def test_blocked_server_gets_no_result(fossil: Fossil) -> None:
    """Nothing is written there, nor later, and nothing wins: others would see it."""
    owner = Entry(Action.BLOCK, 1, fossil.end, None, COMMUNITY)
    await fossil.app.blocks.block(COMMUNITY, EVERYBODY, owner)
    await fossil.close()
    await fossil.app.blocks.unblock(COMMUNITY, EVERYBODY, owner)
    await fossil.close(minutes=30)
    assert fossil.platform.history == []
    stored = await fossil.app.store.polls.find(9)
    assert stored is not None
    assert stored.closed_at is not None
    assert stored.winner is None


async def test_database_lost_while_it_announces(
    fossil: Fossil, monkeypatch: pytest.MonkeyPatch
) -> None:
    closer = PollCloser(fossil.app, fossil.platform)
    with monkeypatch.context() as outage:
        outage.setattr(fossil.app.store.polls, "announced", unavailable)
        outage.setattr(fossil.app.store.polls, "announcement_sent", unavailable)
        await fossil.close(closer)
    await fossil.close(closer, minutes=30)
    assert fossil.announcements == [100]
    stored = await fossil.app.store.polls.find(9)
    assert stored is not None
    assert stored.announcement_id == 100


async def test_result_waits_for_discord(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    with monkeypatch.context() as storm:

        async def unreachable(*_: object, **__: object) -> None:
            raise aiohttp.ClientError

        storm.setattr(discord.abc.Messageable, "send", unreachable)
        storm.setattr(discord.PartialMessage, "edit", unreachable)
        await home.pass_time(TEN_MINUTES + 300)
        assert len(home.channel.history()) == 1
    await home.pass_time(240)
    closed, announcement = home.channel.history()
    assert closed.content == "The poll is closed: Bravosaurus has won."
    assert announcement.attachments[0].size > 10_000
    await home.pass_time(240)
    assert len(home.channel.history()) == 2


async def test_resent_plaque_is_complete(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file can be read once: it is made anew for each attempt."""
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    send, attempts = discord.abc.Messageable.send, 0

    async def loses_one(channel: discord.abc.Messageable, **options: object) -> object:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            (file,) = cast("list[discord.File]", options["files"])
            file.fp.read()  # it was on its way
            raise aiohttp.ClientError
        return await send(channel, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(discord.abc.Messageable, "send", loses_one)
    await home.pass_time(TEN_MINUTES + 120)
    _, announcement = home.channel.history()
    assert announcement.attachments[0].size > 10_000
    assert attempts == 2


async def test_plaque_on_poll_where_bot_may_not_send(home: Home) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    home.env.inject_error(
        "POST", "/channels/*", status=403, code=50013, message="Missing Permissions", times=None
    )
    await home.pass_time(TEN_MINUTES + 60)
    (closed,) = home.channel.history()
    assert closed.content == "The poll is closed: Bravosaurus has won."
    (plaque,) = closed.attachments
    assert (plaque.description or "").startswith("A plaque: Bravosaurus, ")
    assert closed.embeds[0].image.url is not None


async def announced_for(home: Home, display_name: str) -> discord.Message:
    """The announcement of a name that a member of some name has discovered."""
    member = home.guild.add_member(home.env.create_user("mallory", global_name=display_name))
    await member.slash(home.channel, "dinoname", count=3)
    await member.click(first_message(home), label="Bravosaurus")
    await home.pass_time(TEN_MINUTES + 60)
    return home.channel.history()[-1]


async def test_discoverer_is_escaped(home: Home) -> None:
    announcement = await announced_for(home, "**@everyone** <@1> \u202eoverturned")
    said = announcement.embeds[0].description or ""
    assert r"Discovered by \*\*\@everyone\*\* \<\@1> overturned." in said
    assert not announcement.mention_everyone


async def test_vile_discoverer_is_left_out(home: Home) -> None:
    announcement = await announced_for(home, "Cunt McFace")
    assert "Discovered" not in (announcement.embeds[0].description or "")
    hall = await home.alice.slash(home.channel, "halloffame")
    assert hall.response is not None
    assert hall.response.embeds[0].description == "🥇 **Bravosaurus** · 1 vote"


async def test_slow_channel_delays_no_other(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = await a_poll(home)
    other = home.guild.create_text_channel("bones")
    await home.alice.slash(other, "dinoname", count=2)
    closer = home.bot.jobs.polls
    show, shown = closer._show, asyncio.Event()

    async def waits_in_first_channel(poll: PollRecord) -> None:
        if poll.message_id == slow.id:
            await shown.wait()
        await show(poll)
        shown.set()

    monkeypatch.setattr(closer, "_show", waits_in_first_channel)
    async with asyncio.timeout(5):
        await closer.close_due(home.env.now() + TOMORROW)
    for channel in (home.channel, other):
        assert "The poll is closed" in channel.history()[0].content


async def test_winner_without_room_for_poem(home: Home) -> None:
    """A name of a list can be too long for a button."""
    poll = await crown(
        home.app.store,
        "𝒳" * 64,
        at=home.env.now(),
        community_id=home.guild.id,
        namer="letters",
    )
    message = await poll_closing.winner_message(poll, LIMITS)
    assert not message.buttons


async def test_deleted_poll_has_no_winner(home: Home) -> None:
    """A moderator deletes the message: no plaque, nothing in the hall of fame."""
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    home.env.backend.delete_message(home.channel.id, message.id)
    await home.pass_time(TEN_MINUTES + 60)
    assert home.channel.history() == []
    assert await home.app.store.hall_of_fame.count(Scope(community_id=home.guild.id)) == 0
    await home.restart()
    await home.pass_time(600)
    assert home.channel.history() == []


async def test_deleted_poll_waits_for_database(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays unannounced until the victory can be taken back."""
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    home.env.backend.delete_message(home.channel.id, message.id)
    with monkeypatch.context() as outage:
        outage.setattr(home.app.store.polls, "void", unavailable)
        await home.pass_time(TEN_MINUTES + 60)
    await home.pass_time(300)
    assert await home.app.store.hall_of_fame.count(Scope(community_id=home.guild.id)) == 0


async def test_removed_name_is_not_announced(home: Home) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    (poll,) = await home.app.store.polls.due(home.env.now() + TOMORROW)
    entry = Entry(Action.REMOVE_NAME, 1, home.env.now(), home.guild.id)
    await home.app.store.moderation.remove_name(poll.id, 1, entry)
    await home.pass_time(TEN_MINUTES + 60)
    (closed,) = home.channel.history()
    assert closed.content == "The poll is closed: no name has won."
    assert names_on(closed)[1] == "*removed by a moderator*"


async def test_winner_removed_while_it_is_announced(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    (poll,) = await home.app.store.polls.due(home.env.now() + TOMORROW)
    send = home.bot.platform.send

    async def send_and_remove(ref: MessageRef, message: Message, *, nonce: int) -> int:
        number = await send(ref, message, nonce=nonce)
        entry = Entry(Action.REMOVE_NAME, 1, home.env.now(), home.guild.id)
        await home.app.store.moderation.remove_name(poll.id, 1, entry)
        return number

    monkeypatch.setattr(home.bot.platform, "send", send_and_remove)
    await home.pass_time(TEN_MINUTES + 60)
    announcement = home.channel.history()[-1]
    assert announcement.content == "*A moderator removed this.*"
    assert not announcement.embeds
    assert not announcement.attachments
