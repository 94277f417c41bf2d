"""Tallies on the card of a poll: when they are shown, and in which order."""

import asyncio
from typing import Any, cast

import discord
import pytest

from bot.chat.message import Message
from bot.chat.turn import Platform, Turn
from bot.fleet.membership import Fleet
from bot.polls import votes
from bot.polls.queries import Ballot, PollRecord, Polls
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.protocol import Chat
from tests.bot.opened_polls import a_poll, close_elsewhere, first_message, open_polls, receipt
from tests.bot.turns import lines_of


async def test_late_tally_does_not_reopen_poll(
    discord_chat: DiscordChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is on its way, another process closes the poll."""
    said: list[str] = []
    edit_message = discord.InteractionResponse.edit_message

    async def closes_meanwhile(response: object, **options: object) -> object:
        await close_elsewhere(discord_chat)
        said.append(str(options["content"]))
        return await edit_message(response, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(discord.InteractionResponse, "edit_message", closes_meanwhile)
    monkeypatch.setattr(Fleet, "is_shared", True)
    message = await a_poll(discord_chat)
    await discord_chat.alice.press(message, "Bravosaurus")
    assert said[0].startswith("Which is the coolest?")
    assert first_message(discord_chat).text.startswith("The poll is closed: no name won")
    assert [*first_message(discord_chat).buttons] == ["More", "Dissect", "Details"]


async def test_unanswered_vote_is_shown(discord_chat: DiscordChat) -> None:
    """A vote counts also when its interaction has expired: the bot edits the message itself."""
    message = await a_poll(discord_chat)
    for method, path in (("POST", "/interactions/*"), ("PATCH", "/webhooks/*")):
        discord_chat.home.env.inject_error(
            method, path, status=404, code=10062, message="Unknown interaction", times=None
        )
    await discord_chat.alice.press(message, "Bravosaurus")
    assert [*first_message(discord_chat).buttons][1] == "Bravosaurus · 1"


@pytest.mark.both
async def test_busy_channel_shows_votes_later(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The member is told at once; the tally waits for the throttle."""
    message = await a_poll(chat)
    monkeypatch.setattr(chat.app.edits, "acquire", lambda _channel: False)
    result = await chat.alice.press(message, "Bravosaurus")
    assert receipt(result).text.startswith("You voted")
    await chat.settle()
    assert [*first_message(chat).buttons][1] == "Bravosaurus · 1"


class SlowTurn:
    """A turn whose edits arrive when they may."""

    source = None

    def __init__(self, platform: Platform, shown: list[Message]) -> None:
        self.platform = platform
        self.may_arrive = asyncio.Event()
        self._shown = shown

    async def edit_source(self, message: Message) -> None:
        await self.may_arrive.wait()
        self._shown.append(message)

    async def draw_a_vote(self, chat: Chat, poll: PollRecord, member: int) -> asyncio.Task[Any]:
        await chat.app.store[Polls].cast(Ballot(poll.id, member, 1), chat.now())
        drawing = votes.draw(chat.app, cast(Turn, self), poll.id, self.edit_source)
        task = asyncio.create_task(drawing)
        await chat.settle()
        return task


def are_of_two(shown: list[Message]) -> list[bool]:
    """Whether each tally has both votes."""
    return ["▰▰ 2" in lines_of(message) for message in shown]


async def test_tallies_arrive_in_order(chat: Chat) -> None:
    """An older tally never replaces a newer one."""
    await a_poll(chat)
    (record,) = await open_polls(chat)
    shown: list[Message] = []
    slow, quick = (SlowTurn(chat.platform, shown) for _ in range(2))
    quick.may_arrive.set()
    tasks = [await turn.draw_a_vote(chat, record, n) for n, turn in enumerate((slow, quick))]
    slow.may_arrive.set()
    await asyncio.gather(*tasks)
    assert are_of_two(shown) == [False, True]


@pytest.mark.parametrize("is_shared", [True, False])
async def test_tally_of_another_process(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, is_shared: bool
) -> None:
    """It may arrive before an older one, which is then drawn again; alone, none does."""
    monkeypatch.setattr(Fleet, "is_shared", is_shared)
    await a_poll(chat)
    (record,) = await open_polls(chat)
    shown: list[Message] = []
    turn = SlowTurn(chat.platform, shown)
    drawing = await turn.draw_a_vote(chat, record, 1)
    await chat.app.store[Polls].cast(Ballot(record.id, 2, 1), chat.now())  # drawn elsewhere
    turn.may_arrive.set()
    await drawing
    await chat.app.edits.close()  # with those that wait
    assert are_of_two(shown) == ([False, True] if is_shared else [False])


async def test_hanging_database(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names are shown without a poll, and with the reason."""

    async def hang(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(votes, "OPENING_S", 0.01)
    monkeypatch.setattr(chat.app.store[Polls], "open", hang)
    await chat.alice.use("dinoname", count=2)
    await chat.pass_time(1)
    (result,) = chat.history()
    assert [*result.buttons] == ["More", "Dissect", "Details"]
    assert result.lines[-1] == "There's no poll this time, because the database isn't answering."
