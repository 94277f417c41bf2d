"""Shipped namers: usable in every community from its first day, and removable there."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from bot.privacy.queries import Privacy
from bot.store.schema import EVERYWHERE
from bot.trainer.queries import CustomModels, StoredList
from bot.trainer.shipped import FOLDER, NAMES, ship
from models.weights import SHIPPED, load_shipped
from tests.bot.chats.protocol import Chat


@pytest.mark.both
async def test_namers_of_every_community(chat: Chat) -> None:
    """Also where namers of others are not accepted."""
    for _twice in range(2):
        await ship(chat.app.store, chat.now())
    boss = await chat.add_manager()
    await boss.use("settings", shared_namers=False)
    listed = (await chat.alice.use("namer list")).words
    assert [f"{name} · " in listed for name in NAMES] == [True] * 3
    assert listed.count("shared by the bot") == 3
    shown = await chat.alice.use("name", namer="Winds", starts_with="sci", count=3)
    assert shown.lines
    assert not shown.is_private
    info = await chat.alice.use("namer info", name="winds")
    assert "Shared by: the bot" in info.words


@pytest.mark.both
async def test_removed_in_a_community(chat: Chat) -> None:
    await ship(chat.app.store, chat.now())
    mo = await chat.add_moderator()
    told = await mo.use("moderate namer", name="winds")
    assert told.text.startswith("winds can't be used here any more.")
    refused = await chat.alice.use("name", namer="winds")
    assert "There's no namer called “winds” here." in refused.text
    assert "winds" not in (await chat.alice.use("namer list")).words
    allowed = await mo.use("moderate namer", name="winds", allow=True)
    assert allowed.text == "winds can be used here again."
    assert (await chat.alice.use("name", namer="winds")).lines


@pytest.mark.parametrize("name", NAMES)
def test_list_is_the_one_that_was_learned(name: str) -> None:
    lines = Path(f"data/namers/{name}.txt").read_text("utf-8").splitlines()
    assert len(lines) >= 60
    assert len({line.casefold() for line in lines}) == len(lines)
    assert len(load_shipped(f"{FOLDER}/{name}").words) == len(lines)


async def test_nobody_elses(chat: Chat) -> None:
    """No community can delete them, and no sweep takes them for those of one that has left."""
    await ship(chat.app.store, chat.now())
    boss = await chat.add_manager()
    assert "There's no namer called" in (await boss.use("namer delete", name="winds")).text
    privacy, later = chat.app.store[Privacy], chat.now() + timedelta(days=90)
    await privacy.seen([chat.community_id], chat.now(), chat.platform.name)
    assert await privacy.forget_communities(later) == []
    assert len(await chat.app.store[CustomModels].of(EVERYWHERE)) == len(NAMES)


async def test_found_among_many_that_others_share(chat: Chat) -> None:
    """Also if another community has shared one of the same name before."""
    store, content = (
        chat.app.store[CustomModels],
        (SHIPPED / FOLDER / "winds.safetensors").read_bytes(),
    )
    weights = content, sha256(content).hexdigest()
    for name in ("winds", *(f"a{number:02}" for number in range(25))):
        await store.create(
            community_id=9999,
            name=name,
            member_id=5,
            corpus=StoredList(name, ("a", "b")),
            now=chat.now(),
            most=1000,
            weights=weights,
        )
    for each in await store.of(9999):
        await store.share(each.id, True)
    await ship(chat.app.store, chat.now())
    assert "Shared by: the bot" in (await chat.alice.use("namer info", name="winds")).words
    mo = await chat.add_moderator()
    await mo.use("moderate namer", name="winds")
    assert "Shared by: the bot" not in (await chat.alice.use("namer info", name="winds")).words
    assert len(await store.refused(chat.community_id)) == 1


async def test_vote_leaves_the_button_to_dissect(chat: Chat) -> None:
    await ship(chat.app.store, chat.now())
    shown = await chat.alice.use("name", namer="winds", starts_with="sci", count=3)
    assert "Dissect" in shown.buttons
    await chat.alice.press(shown, shown.buttons[0])
    assert "Dissect" in chat.history()[0].buttons
