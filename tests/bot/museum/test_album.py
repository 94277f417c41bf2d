"""The album of `/collection` and `/museum` on each platform."""

import pytest

from bot.chat.message import UserError
from bot.discoveries.queries import Discoveries
from bot.museum import collection, museum
from tests.bot.chats.protocol import Chat
from tests.bot.daily.test_votes import HOUR, chosen, dailies
from tests.bot.museum.test_museum import discovered
from tests.bot.turns import FakePlatform, FakeTurn

ORIGINS = "🔎 How your album filled up"


@pytest.mark.both
async def test_album_of_a_collection(chat: Chat) -> None:
    bob, gus = await chat.add_member("bob"), await chat.add_member("gus")
    await discovered(chat, "Stegosaurus", "Spenochen")
    await discovered(chat, "Minmi", "Ankylosaurus", "Euoplocephalus", by=gus)
    shown = await chat.alice.press(await chat.alice.use("collection"), "Album")
    assert not shown.is_private
    assert shown.title == "📖 Album"
    assert shown.lines == [
        "@alice's album.",
        "2 of 12 families, 2 of 35 spaces filled, 1 rarity",
        "Missing: ankylosaur. @gus has 3.",
    ]
    assert "dinosaur of the day" not in shown.card.footer  # there is none here
    assert shown.buttons == ("Collection", "Where from?")
    (picture,) = shown.files
    assert picture.name == "album.png"
    assert picture.description == (
        "An album: sauropod (Early Cretaceous), stegosaur (Late Jurassic)"
    )
    assert not chat.notified()
    await chat.restart()
    told = await chat.alice.press(shown, "Where from?")
    assert told.is_private
    assert told.title == ORIGINS
    assert told.lines == [
        "Only you can see this.",
        "",
        "Spenochen · sauropod, Early Cretaceous · you discovered it",
        "Stegosaurus · stegosaur, Late Jurassic · you discovered it",
    ]
    refused = await bob.press(shown, "Where from?")
    assert refused.is_private
    assert refused.text.startswith("This is someone else's collection.")
    back = await bob.press(shown, "Collection")
    assert back.title == "🦕 Collection"
    assert back.buttons == ("Spenochen", "Stegosaurus", "Hide from others", "Album")
    assert [file.name for file in back.files] == ["museum.png"]


@pytest.mark.both
async def test_album_of_the_museum(chat: Chat) -> None:
    bob = await chat.add_member("bob")
    await discovered(chat, "Stegosaurus")
    await discovered(chat, "Minmi", by=bob)
    shown = await bob.press(await chat.alice.use("museum", by="family"), "Album")
    assert shown.title == "📖 The museum's album"
    assert shown.lines == ["2 of 12 families, 2 of 35 spaces filled, 0 rarities"]
    assert [file.name for file in shown.files] == ["album.png"]
    back = await chat.alice.press(shown, "Museum")
    assert back.title == "🦴 The museum, newest first"


@pytest.mark.both
async def test_vote_for_the_dinosaur_of_the_day(chat: Chat) -> None:
    """Its winner enters the album of who voted for another name, and nobody else learns why."""
    bob, gus = await chat.add_member("bob"), await chat.add_member("gus")
    await chosen(chat)
    await chat.pass_time(HOUR + 1)
    (poll,) = dailies(chat)
    await chat.alice.press(poll, "Kilosaurus")
    await bob.press(poll, "Bravosaurus")
    await gus.press(dailies(chat)[0], "Bravosaurus · 1")
    await chat.pass_time(HOUR)
    announced = next(each for each in chat.history() if "won with" in each.words)
    assert "Everybody who voted has it in their album, too: /collection" in announced.body
    empty = await chat.alice.use("collection")
    assert empty.text.startswith("Your collection is empty.")
    shown = await chat.alice.press(empty, "Album")
    assert shown.lines == ["@alice's album.", "1 of 12 families, 1 of 35 spaces filled, 0 rarities"]
    assert shown.card.footer.startswith("Vote for a dinosaur of the day, and ")
    told = await chat.alice.press(shown, "Where from?")
    assert told.is_private
    assert told.lines[2:] == ["Bravosaurus · sauropod, Early Cretaceous · you voted that day"]
    assert "vote" not in shown.body
    of_bob = await chat.alice.press(await chat.alice.use("collection", member=bob), "Album")
    assert of_bob.lines[1] == shown.lines[1]
    assert (await bob.press(await bob.press(of_bob, "Collection"), "Album")).body == of_bob.body


@pytest.mark.both
async def test_hidden_collection(chat: Chat) -> None:
    """Its owner sees the album alone. One that was posted before is emptied by who presses it."""
    bob = await chat.add_member("bob")
    await discovered(chat, "Minmi", "Ankylosaurus")
    await discovered(chat, "Stegosaurus", by=bob)
    pages = [await chat.alice.use("collection") for _ in range(2)]
    album = await chat.alice.press(pages[0], "Album")
    await chat.app.store[Discoveries].hide(chat.community_id, chat.alice.id, hidden=True)
    for member, page, button in ((bob, album, "Collection"), (chat.alice, pages[1], "Album")):
        emptied = await member.press(page, button)
        assert emptied.text.startswith("This collection is hidden now.")
    of_bob = await bob.press(await bob.use("collection"), "Album")
    assert "Missing" not in of_bob.body
    own = await chat.alice.press(await chat.alice.use("collection"), "Album")
    assert own.is_private
    assert own.lines[1] == "1 of 12 families, 2 of 35 spaces filled, 0 rarities"
    assert (await chat.alice.press(own, "Where from?")).title == ORIGINS
    assert (await chat.alice.press(own, "Collection")).is_private


async def test_hidden_collection_that_is_empty(chat: Chat) -> None:
    await chat.app.store[Discoveries].hide(chat.community_id, chat.alice.id, hidden=True)
    empty = await chat.alice.use("collection")
    assert empty.is_private
    shown = await chat.alice.press(empty, "Album")
    assert shown.is_private
    assert shown.lines[1] == "0 of 12 families, 0 of 35 spaces filled, 0 rarities"
    told = await chat.alice.press(shown, "Where from?")
    assert told.lines[0] == "Only you can see this."


async def test_blocked_name(chat: Chat) -> None:
    """The album has no names; those who see where it came from read that it is blocked."""
    await discovered(chat, "Kilosaurus", "Minmi")
    await (await chat.add_manager()).use("settings", blocked_words="kilosaurus")
    shown = await chat.alice.press(await chat.alice.use("collection"), "Album")
    assert shown.lines[1] == "2 of 12 families, 2 of 35 spaces filled, 0 rarities"
    told = await chat.alice.press(shown, "Where from?")
    assert told.lines[2].startswith("a name blocked by the word filter · sauropod")


async def test_without_picture(chat: Chat) -> None:
    """It says the same in words."""
    await discovered(chat, "Minmi")
    chat.world.renderer.fails = True
    shown = await chat.alice.press(await chat.alice.use("museum"), "Album")
    assert shown.lines[1] == "An album: ankylosaur (Early Cretaceous)"
    assert not shown.files


@pytest.mark.parametrize("state", ["album", "album:", "album:x", "own_album:-1", "origins:"])
async def test_states_of_other_versions(chat: Chat, state: str) -> None:
    turn = FakeTurn(FakePlatform())
    with pytest.raises(UserError, match="another version"):
        await collection.press(chat.app, turn, state)
    with pytest.raises(UserError, match="another version"):
        await museum.turn_page(chat.app, turn, f"{state}:0")


@pytest.mark.parametrize("action", ["own_album", "origins"])
async def test_album_of_somebody_else(chat: Chat, action: str) -> None:
    """A forged button shows nothing that its owner alone may see."""
    turn = FakeTurn(FakePlatform())
    with pytest.raises(UserError, match="someone else's"):
        await collection.press(chat.app, turn, f"{action}:{turn.user.id + 1}")
    assert not turn.answers
