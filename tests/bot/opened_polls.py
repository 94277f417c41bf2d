"""Polls on names, in a test's channel."""

from datetime import timedelta

from bot.outbox.queries import Outbox
from bot.polls.queries import PollRecord, Polls
from tests.bot.chats.protocol import Actor, Answer, Chat, Shown

TOMORROW = timedelta(days=1)
TEN_MINUTES = 600.0
"""Seconds that a poll lasts unless a server says otherwise."""


async def a_poll(chat: Chat) -> Shown:
    """A new poll on three names: the first message of the channel."""
    await chat.alice.use("dinoname", count=3)
    return first_message(chat)


async def voted(chat: Chat) -> Shown:
    """The same, in which somebody else has voted for Bravosaurus."""
    message = await a_poll(chat)
    (voter,) = await members(chat, 1)
    await voter.press(message, "Bravosaurus")
    return message


def first_message(chat: Chat) -> Shown:
    """The first message of the channel, as it is now."""
    return chat.history()[0]


async def members(chat: Chat, count: int) -> list[Actor]:
    """Some new members."""
    return [await chat.add_member(f"member{number}") for number in range(count)]


async def open_polls(chat: Chat) -> list[PollRecord]:
    """All that are open."""
    return await chat.app.store[Polls].due(chat.now() + TOMORROW, chat.name)


async def close_elsewhere(chat: Chat) -> None:
    """Another process closes the only poll, and has not shown it yet."""
    (record,) = await open_polls(chat)
    store = chat.app.store
    wake, store.database.wake = store.database.wake, []
    assert await store[Polls].close(record.id, chat.now()) is not None
    assert await store[Outbox].claim(chat.name, chat.now(), 1)
    store.database.wake = wake


def receipt(result: Answer) -> Shown:
    """The private note that follows a vote."""
    (note,) = result.others
    assert note.is_private
    return note
