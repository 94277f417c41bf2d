"""`/museum`, `/collection` and `/leaderboard`."""

import asyncio
from datetime import timedelta

import pytest

from bot.discoveries.queries import Discoveries
from bot.museum.dinosaur import DinosaurOptions, dinosaur
from bot.museum.museum import MuseumOptions, museum
from bot.polls import hall_of_fame
from tests.bot.champions import crown, remove_winner
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.on_slack import SlackChat
from tests.bot.chats.protocol import Actor, Chat
from tests.bot.opened_polls import TEN_MINUTES, voted
from tests.bot.turns import FakePlatform, FakeTurn

OTHER_GUILD = 12
LETTERS = "abcdefghijklmnop"


async def discovered(
    chat: Chat, *names: str, by: Actor | None = None, days_ago: float = 0, community: int = 0
) -> None:
    """Let names win, each a minute after the one before."""
    member = by or chat.alice
    for minute, name in enumerate(names):
        at = chat.now() - timedelta(days=days_ago, minutes=len(names) - minute)
        place = community or chat.community_id
        await crown(chat.app.store, name, at=at, member_id=member.id, community_id=place)


def favourite_on(chat: Chat) -> str:
    """The button of a plate. The simulated server's locale is en-US."""
    return "Favorite" if chat.name == "discord" else "Favourite"


@pytest.mark.both
async def test_from_a_vote_to_the_museum(chat: Chat) -> None:
    await voted(chat)
    empty = await chat.alice.use("museum")
    assert empty.text.startswith("The museum is empty. Get names with /dinoname")
    await chat.pass_time(TEN_MINUTES + 60)
    shown = await chat.alice.use("museum")
    assert not shown.is_private
    assert shown.title == "🦴 The museum, newest first"
    assert shown.lines == ["1. Bravosaurus · sauropod · found by @alice"]
    assert shown.card.footer.startswith(
        "page 1 of 1 · 1 dinosaur · A collection has room for 200 dinosaurs. Up "
    )
    assert not chat.notified()
    (picture,) = shown.files
    assert picture.name == "museum.png"
    assert picture.description == "Drawings, in the same order as the list: Bravosaurus (sauropod)"
    await chat.restart()
    plate = await chat.alice.press(shown, "Bravosaurus")
    assert plate.title == "🦕 Bravosaurus"
    assert "Discovered by: @alice" in plate.words
    assert plate.buttons == ("Dissect", favourite_on(chat), "Release", "Give")


async def test_pages(chat: Chat) -> None:
    bob = await chat.add_member("bob")
    names = [f"Kilo{letter}saurus" for letter in LETTERS[:11]]
    await discovered(chat, *names, by=bob)
    await discovered(chat, "Farsaurus", community=OTHER_GUILD)
    shown = await chat.alice.use("museum")
    assert len(shown.lines) == 9
    assert shown.buttons == (*reversed(names[2:]), "More", "Album")
    assert shown.card.footer.startswith("page 1 of 2 · 11 dinosaurs")
    more = await chat.alice.press(shown, "More")
    assert more.buttons == (*reversed(names[:2]), "Back", "Album")
    assert more.lines[0].startswith("10. Kilobsaurus · ")
    drawn = len(chat.world.renderer.drawn)
    back = await chat.alice.press(more, "Back")
    assert back.lines == shown.lines
    assert len(chat.world.renderer.drawn) == drawn == 2


async def test_orders(chat: Chat) -> None:
    bob = await chat.add_member("bob")
    await discovered(chat, "Stegosaurus", "Diplodocus")
    await discovered(chat, "Plateosaurus", by=bob)
    expected = {
        "newest": ["Plateosaurus", "Diplodocus", "Stegosaurus"],
        "family": ["Diplodocus", "Plateosaurus", "Stegosaurus"],
        "period": ["Plateosaurus", "Diplodocus", "Stegosaurus"],
        "discoverer": ["Diplodocus", "Stegosaurus", "Plateosaurus"],
    }
    for order, names in expected.items():
        shown = await chat.alice.use("museum", by=order)
        assert [line.split()[1] for line in shown.lines] == names
    by_period = await chat.alice.use("museum", by="period")
    assert by_period.lines[0].startswith("1. Plateosaurus · Late Triassic · found by")


@pytest.mark.both
async def test_own_collection(chat: Chat) -> None:
    bob = await chat.add_member("bob")
    empty = await chat.alice.use("collection")
    assert empty.text.startswith("Your collection is empty.")
    await discovered(chat, "Stegosaurus", "Minmi")
    shown = await chat.alice.use("collection")
    assert not shown.is_private
    assert shown.lines == [
        "@alice's collection: 2 of 200 places taken.",
        "",
        "1. Minmi · ankylosaur",
        "2. Stegosaurus · stegosaur",
    ]
    assert shown.buttons == ("Minmi", "Stegosaurus", "Hide from others", "Album")
    plate = await chat.alice.press(shown, "Stegosaurus")
    favourite = favourite_on(chat)
    chosen = await chat.alice.press(plate, favourite)
    assert chosen.is_private
    assert chosen.text == "Stegosaurus now comes first in your collection: /collection"
    first = await chat.alice.use("collection")
    assert first.lines[2:] == ["1. ⭐ Stegosaurus · stegosaur", "2. Minmi · ankylosaur"]
    for label in (favourite, "Release"):
        refused = await bob.press(plate, label)
        assert refused.is_private
        assert refused.text.startswith("This dinosaur isn't in your collection.")
    assert favourite not in (await bob.press(shown, "Stegosaurus")).buttons


@pytest.mark.both
async def test_release(chat: Chat) -> None:
    await discovered(chat, "Stegosaurus")
    plate = await chat.alice.use("dinosaur", name="Stegosaurus")
    asked = await chat.alice.press(plate, "Release")
    assert asked.is_private
    assert asked.text.startswith("Release Stegosaurus? It will leave your collection for good")
    done = await chat.alice.press(asked, "Yes, release it")
    assert done.text == "You've released Stegosaurus. It stays in the museum."
    assert not done.buttons
    again = await chat.alice.press(plate, "Release")
    assert again.text.startswith("This dinosaur isn't in your collection.")
    assert "empty" in (await chat.alice.use("collection")).text
    shown_museum = await chat.alice.use("museum")
    assert shown_museum.lines == ["1. Stegosaurus · stegosaur · found by @alice"]


async def test_collection_of_somebody(chat: Chat) -> None:
    bob = await chat.add_member("bob")
    names = [f"Kilo{letter}saurus" for letter in LETTERS[:12]]
    for day in range(4):
        await discovered(chat, *names[3 * day : 3 * day + 3], by=bob, days_ago=4 - day)
    shown = await chat.alice.use("collection", member=bob)
    assert shown.lines[0] == "@bob's collection: 12 of 200 places taken."
    more = await chat.alice.press(shown, "More")
    assert more.lines[2].startswith("10. ")
    hidden = await chat.alice.press(more, "Hide from others")
    assert hidden.text.startswith("This is someone else's collection.")
    assert "empty" in (await bob.use("collection", member=chat.alice)).text


@pytest.mark.both
async def test_hidden_collection(chat: Chat) -> None:
    """Nobody else sees it, the discoverer in the museum, or them on the leaderboard."""
    bob = await chat.add_member("bob")
    await discovered(chat, "Stegosaurus")
    await discovered(chat, "Minmi", by=bob)
    shown = await chat.alice.use("collection")
    hidden = await chat.alice.press(shown, "Hide from others")
    assert "Only its owner can see" in hidden.text
    assert not hidden.buttons
    refused = await bob.use("collection", member=chat.alice)
    assert refused.is_private
    assert refused.text == "This member keeps their collection to themselves."
    shown_museum = await bob.use("museum")
    assert shown_museum.lines == [
        "1. Minmi · ankylosaur · found by @bob",
        "2. Stegosaurus · stegosaur",
    ]
    leaders = await bob.use("leaderboard")
    assert leaders.lines == ["1. @bob · 1 dinosaur"]
    own = await chat.alice.use("collection")
    assert own.is_private
    assert own.lines[2] == "1. Stegosaurus · stegosaur"
    assert [file.name for file in own.files] == ["museum.png"]
    plate = await chat.alice.press(own, "Stegosaurus")
    assert plate.is_private
    assert plate.text.startswith("Only you can see this, because your collection is hidden.")
    assert "Release" in plate.buttons
    by_bob = await bob.press(shown_museum, "Stegosaurus")
    assert not by_bob.is_private
    assert "alice" not in by_bob.words
    await chat.alice.press(own, "Show to others")
    assert await chat.app.store[Discoveries].owner(chat.community_id, chat.alice.id) is not None
    assert (await bob.use("collection", member=chat.alice)).title == "🦕 Collection"


async def test_earlier_page_of_a_hidden_collection(chat: Chat) -> None:
    """Whoever turns it empties it. The owner turns the pages of a private answer."""
    names = [f"Kilo{letter}saurus" for letter in LETTERS[:12]]
    for day in range(4):
        await discovered(chat, *names[3 * day : 3 * day + 3], days_ago=4 - day)
    pages = [await chat.alice.use("collection") for _ in range(2)]
    await chat.app.store[Discoveries].hide(chat.community_id, chat.alice.id, hidden=True)
    bob = await chat.add_member("bob")
    for member, page in zip((bob, chat.alice), pages, strict=True):
        emptied = await member.press(page, "More")
        assert emptied.text.startswith("This collection is hidden now.")
        assert not emptied.buttons
    own = await chat.alice.use("collection")
    more = await chat.alice.press(own, "More")
    assert more.is_private
    assert more.lines[2].startswith("10. ")
    shown = [each for each in chat.history() if each.text or each.cards]
    assert [each.text for each in shown] == [emptied.text] * 2


async def test_slow_page_of_a_hidden_collection(
    discord_chat: DiscordChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others would see of it, had it been deferred for all."""

    async def draw(_make: object, *_arguments: object) -> bytes:
        await asyncio.sleep(0.1)
        return b""

    monkeypatch.setattr(hall_of_fame, "PATIENCE_S", 0.0)
    monkeypatch.setattr(discord_chat.world.renderer, "draw", draw)
    await discovered(discord_chat, "Stegosaurus")
    await discord_chat.app.store[Discoveries].hide(
        discord_chat.community_id, discord_chat.alice.id, hidden=True
    )
    assert (await discord_chat.alice.use("collection")).is_private
    assert (await discord_chat.alice.use("dinosaur", name="Stegosaurus")).is_private
    assert not discord_chat.history()


@pytest.mark.both
async def test_leaderboard(chat: Chat) -> None:
    bob = await chat.add_member("bob")
    nobody = await chat.alice.use("leaderboard", period="week")
    assert nobody.text.startswith("Nobody discovered a dinosaur in that time.")
    await discovered(chat, *(f"Kilo{letter}saurus" for letter in LETTERS[:5]), days_ago=20)
    await discovered(chat, "Minmi", by=bob)
    for period, expected in {
        "week": ["1. @bob · 1 dinosaur"],
        "month": ["1. @alice · 5 dinosaurs", "2. @bob · 1 dinosaur"],
        "ever": ["1. @alice · 5 dinosaurs", "2. @bob · 1 dinosaur"],
    }.items():
        shown = await chat.alice.use("leaderboard", period=period)
        assert shown.lines == expected
    assert not chat.notified()


async def test_removed_name_leaves_answers(chat: Chat) -> None:
    """Also the plate and the pages that show it."""
    await discovered(chat, "Kilosaurus", "Minmi")
    shown_museum = await chat.alice.use("museum")
    collection = await chat.alice.use("collection")
    await chat.alice.press(shown_museum, "Kilosaurus")
    mo = await chat.add_moderator()
    await remove_winner(mo, "Kilosaurus")
    await chat.settle()
    assert [each.words for each in chat.history() if each.words] == [
        "A moderator removed a name that was here. See the others with /halloffame and /museum."
    ] * 3
    assert not chat.files()
    assert collection.lines[2:] != (await chat.alice.use("collection")).lines[2:]
    assert (await chat.alice.use("dinosaur", name="Kilosaurus")).is_private


async def test_name_is_removed_from_another_poll(chat: Chat) -> None:
    poll = await voted(chat)
    await discovered(chat, "Bravosaurus")
    await chat.alice.use("museum")
    mo = await chat.add_moderator()
    await mo.press(await mo.open_menu("Moderate this message", poll), "Remove Bravosaurus")
    await chat.settle()
    assert chat.history()[1].words.startswith("A moderator removed a name that was here.")
    assert (await chat.alice.use("museum")).text.startswith("The museum is empty.")


async def test_word_filter(chat: Chat) -> None:
    await discovered(chat, "Kilosaurus", "Minmi")
    manager = await chat.add_manager()
    await manager.use("settings", blocked_words="kilosaurus")
    shown = await chat.alice.use("museum")
    assert shown.lines[1].startswith("2. a name blocked by the word filter · ")
    assert shown.buttons == ("Minmi", "Album")
    assert "Kilosaurus" not in shown.files[0].description


async def test_without_picture(chat: Chat) -> None:
    await discovered(chat, "Minmi")
    chat.world.renderer.fails = True
    shown = await chat.alice.use("museum")
    assert len(shown.lines) == 1
    assert not shown.files


async def test_direct_message(slack_chat: SlackChat) -> None:
    """Discord does not offer the commands there."""
    for command in ("museum", "collection", "leaderboard"):
        refused = await slack_chat.alice.use_directly(command)
        assert refused.text.startswith("This command only works in a ")


async def test_buttons_of_another_version(chat: Chat) -> None:
    await discovered(chat, "Minmi", "Stegosaurus")
    shown = await chat.alice.use("collection")
    for action in ("museum:", "museum:size:0", "museum:newest:-1", "collection:", "collection:x:1"):
        chat.rewrite_button(shown, "Minmi", action)
        refused = await chat.alice.press(shown, "Minmi")
        assert refused.is_private
        assert "from another version of the bot" in refused.text, action


async def test_without_the_right_to_attach_files(chat: Chat) -> None:
    await discovered(chat, "Minmi")
    turn = FakeTurn(FakePlatform(), community_id=chat.community_id, attaches_files=False)
    await museum(chat.app, turn, MuseumOptions())
    await dinosaur(chat.app, turn, DinosaurOptions("Minmi"))
    assert [embed.title for message in turn.answers for embed in message.embeds] == [
        "🦴 The museum, newest first",
        "🦕 Minmi",
    ]
    assert not any(message.files for message in turn.answers)
    assert not chat.world.renderer.drawn
