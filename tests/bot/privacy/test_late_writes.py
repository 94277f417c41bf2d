"""Members who delete their data while the bot answers them: nothing of them is stored afterwards.

Each order of commits is in `tests/bot/store/test_members.py`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.privacy.queries import Privacy
from bot.store import Database, members
from bot.store.members import Author, writing_for
from bot.store.schema import Base, HiddenCollection
from tests.bot.chats.protocol import Actor, Answer, Chat
from tests.bot.member_writes import MEMBERS
from tests.bot.museum.test_museum import discovered
from tests.bot.opened_polls import a_poll
from tests.bot.store.test_members import traces
from tests.bot.training.lists import ELVES
from tests.bot.training.test_models import train

REFUSED = "You deleted your data while the bot was answering, so nothing was saved;"
OPENING = "Quagga " * 20
"""Too long for the id of a button."""


def delete_before_writes(chat: Chat, member: Actor, patch: pytest.MonkeyPatch) -> list[object]:
    """Let a member delete their data in the last moment, once. Returns their ids."""
    writing, number = members.writing_for_all, member.id
    left = [number]

    @asynccontextmanager
    async def late(
        database: Database, authors: Sequence[Author]
    ) -> AsyncIterator[tuple[AsyncSession, object]]:
        while left:
            await chat.app.store[Privacy].forget_member(left.pop())
        async with writing(database, authors) as found:
            yield found

    patch.setattr(members, "writing_for_all", late)
    return ids_of(member)


def ids_of(member: Actor) -> list[object]:
    """The numbers of a member, and their id on the platform."""
    return [member.id, member.member.id]


async def of_vote(chat: Chat) -> tuple[Actor, Awaitable[Answer]]:
    bob = await chat.add_member("bob")
    return bob, bob.press(await a_poll(chat), "Bravosaurus")


async def of_poem(chat: Chat) -> tuple[Actor, Awaitable[Answer]]:
    return chat.alice, chat.alice.press(await chat.alice.use("sonnet"), "Keep")


async def of_collection(chat: Chat) -> tuple[Actor, Awaitable[Answer]]:
    await discovered(chat, "Stegosaurus")
    shown = await chat.alice.use("collection")
    return chat.alice, chat.alice.press(shown, "Hide from others")


async def of_list(chat: Chat) -> tuple[Actor, Awaitable[Answer]]:
    manager = await chat.add_manager()
    return manager, manager.use("namer create", name="elves", text="; ".join(ELVES))


async def of_training(chat: Chat) -> tuple[Actor, Awaitable[Answer]]:
    ada = await chat.add_administrator()
    return ada, ada.use("retrain names")


async def of_version(chat: Chat) -> tuple[Actor, Awaitable[Answer]]:
    await train(chat, chat.world.settings.state_dir, 1, 2)
    ada = await chat.add_administrator()
    return ada, ada.use("models activate", version="1")


async def of_block(chat: Chat) -> tuple[Actor, Awaitable[Answer]]:
    mo = await chat.add_moderator()
    return mo, mo.use("moderate block", member=chat.alice)


@pytest.mark.parametrize(
    "prepare", [of_vote, of_poem, of_collection, of_list, of_training, of_version, of_block]
)
async def test_refused(
    chat: Chat,
    prepare: Callable[[Chat], Awaitable[tuple[Actor, Awaitable[Answer]]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Writing was what the member wanted, so they are told."""
    member, request = await prepare(chat)
    ids = delete_before_writes(chat, member, monkeypatch)
    assert REFUSED in (await request).text
    assert await traces(chat.app.store, *ids) == []


@pytest.mark.both
async def test_names_come_without_a_poll(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = delete_before_writes(chat, chat.alice, monkeypatch)
    answer = await chat.alice.use("dinoname")
    assert "Bravosaurus" in answer.text + "".join(answer.lines)
    assert "Bravosaurus" not in answer.buttons
    assert await traces(chat.app.store, *ids) == []


@pytest.mark.both
async def test_poem_comes_without_buttons(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = delete_before_writes(chat, chat.alice, monkeypatch)
    poem = await chat.alice.use("sonnet", opening=OPENING)
    assert "line 14 of the poem" in poem.lines[-1]
    assert "Keep" not in poem.buttons
    assert await traces(chat.app.store, "Quagga", *ids) == []


@pytest.mark.both
async def test_poem_that_is_being_written(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was stored before is deleted, what follows is not stored."""
    ids, writer = ids_of(chat.alice), chat.world.writer
    sonnet = writer.sonnet

    async def slow(*asked: object) -> AsyncIterator[object]:
        async for draft in sonnet(*asked):  # type: ignore[arg-type]
            if len(draft.lines) == 7:
                await chat.app.store[Privacy].forget_member(chat.alice.id)
            yield draft

    monkeypatch.setattr(writer, "sonnet", slow)
    poem = await chat.alice.use("sonnet", opening=OPENING)
    assert "line 14 of the poem" in poem.lines[-1]
    assert "Keep" not in poem.buttons
    assert await traces(chat.app.store, "Quagga", *ids) == []


@pytest.mark.both
async def test_request_that_has_only_arrived(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Slack, the member would be looked up and stored again."""
    ids, turn = ids_of(chat.alice), chat.app.pace.turn
    left = [chat.alice.id]

    async def late() -> None:
        while left:
            await chat.app.store[Privacy].forget_member(left.pop())
        await turn()

    monkeypatch.setattr(chat.app.pace, "turn", late)
    answer = await chat.alice.use("dinoname")
    assert REFUSED in answer.text or "Bravosaurus" not in answer.buttons
    assert await traces(chat.app.store, *ids) == []
    again = await chat.alice.use("dinoname")
    assert "Bravosaurus" in again.buttons
    bob = await chat.add_member("bob")
    left.append(bob.id)
    refused = await bob.press(again, "Bravosaurus")
    assert REFUSED in refused.text + "".join(other.text for other in refused.others)
    assert await traces(chat.app.store, *ids_of(bob)) == []


async def test_stray_writes_are_found(chat: Chat) -> None:
    """The check of all tests of commands finds a write that looks for no deletion."""
    database, stray = chat.app.store.database, chat.world.stray_writes
    row = insert(HiddenCollection).values(community_id=1, member_id=chat.alice.id)
    async with writing_for(database, chat.alice.id) as session:
        await session.execute(row)
    assert not any(stray)
    async with database.writing() as session:
        await session.execute(row.values(community_id=2))
    assert [len(each) for each in stray] == [1]
    stray.clear()


def test_columns_with_members() -> None:
    """A new column with an id is that of a member, which has to be watched, or listed here."""
    places = [
        "community",
        "channel",
        "log_channel",
        "daily_channel",
        "egg_channel",
        "message",
        "announcement",
        "poll",
    ]
    others = ["custom_model", "version", "application", "target", "subject", "discovery", "wanted"]
    columns = {each.name for table in Base.metadata.tables.values() for each in table.columns}
    ids = {name for name in columns if name.endswith("_id")}
    assert ids - {f"{each}_id" for each in places + others} == MEMBERS
