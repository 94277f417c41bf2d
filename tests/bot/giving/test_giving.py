"""`/give`, the buttons of offers, and the record of gifts, on each platform."""

from datetime import timedelta

import pytest

from bot.creatures.animal import profile_of
from bot.discoveries import queries as discoveries
from bot.discoveries.queries import Discoveries
from bot.eggs.queries import Nests
from bot.giving import queries
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.protocol import Actor, Answer, Chat
from tests.texts import WORDS

GIFT, OTHER, NEW = "Mangosaurus", "Bravosaurus", "Charlosaurus"


async def owned(chat: Chat, name: str, by: Actor | None = None, *, days: int = 1) -> None:
    """A dinosaur that a member has hatched some days ago."""
    member, nests = (by or chat.alice).id, chat.app.store[Nests]
    at = chat.now() - timedelta(days=days)
    nest = await nests.lay(chat.community_id, member, [name], at)
    await nests.hatch(nest, profile_of(name), [name], at)


async def collection(chat: Chat, member: Actor) -> list[str]:
    store = chat.app.store[Discoveries]
    found = await store.exhibits(WORDS, chat.community_id, owner_id=member.id)
    return sorted(str(each.name) for each in found)


async def offers_of(member: Actor) -> Answer:
    """What the button of the member's collection shows, to them alone."""
    shown = await member.press(await member.use("collection"), "Offers")
    assert shown.is_private
    return shown


@pytest.mark.both
async def test_from_the_plate_to_the_other_collection(chat: Chat) -> None:
    bob = await chat.add_member("bob")
    await owned(chat, GIFT)
    plate = await chat.alice.use("dinosaur", name=GIFT)
    told = await chat.alice.press(plate, "Give")
    assert told.is_private
    assert told.text.startswith(f"Who should get it? Type /give dinosaur:{GIFT} member:….")
    made = await chat.alice.use("give", dinosaur=GIFT.lower(), member=bob)
    assert made.is_private
    assert made.text.startswith(
        f"You've offered {GIFT} to @bob. The offer will wait in their /coll"
    )
    empty = await bob.use("collection")
    assert "🎁 1 offer is waiting for an answer." in empty.text
    shown = await offers_of(bob)
    assert shown.lines[0].startswith(f"@alice is offering you {GIFT}. The offer ends [")
    assert shown.lines[1].startswith("small theropod, ")
    assert shown.lines[1].endswith(" · new in your album")
    own = await offers_of(chat.alice)
    assert own.lines[1] == shown.lines[1].removesuffix(" · new in your album")
    assert "waiting for an answer" not in (await chat.alice.use("collection")).text
    assert shown.buttons == (f"Accept {GIFT}", f"Decline {GIFT}")
    again = await offers_of(bob)
    done = await bob.press(shown, f"Accept {GIFT}")
    assert done.lines[0] == f"{GIFT} is yours now. See it with /collection."
    assert not done.buttons
    assert await collection(chat, chat.alice) == []
    assert (await bob.use("collection")).lines[-1] == (
        f"1. {GIFT} · small theropod · hatched by @alice"
    )
    assert (await chat.alice.use("leaderboard")).lines == ["1. @alice · 1 dinosaur"]
    assert not chat.notified()
    late = await bob.press(again, f"Accept {GIFT}")
    assert late.lines[0] == done.lines[0]  # the first answer may have been lost


@pytest.mark.both
async def test_swap_from_the_plate(chat: Chat) -> None:
    bob = await chat.add_member("bob")
    await owned(chat, GIFT)
    await owned(chat, OTHER, bob)
    plate = await chat.alice.use("dinosaur", name=OTHER)
    refused = await bob.press(plate, "Swap")
    assert refused.text == "This dinosaur is already yours."
    asked = await chat.alice.press(plate, "Swap")
    assert (asked.is_private, asked.text) == (True, f"Which dinosaur will you swap for {OTHER}?")
    gift = await chat.app.store[Discoveries].named(chat.community_id, GIFT)
    assert gift is not None
    made = await chat.alice.choose(asked, "Choose a dinosaur", str(gift.id))
    assert made.text.startswith(f"You've offered {GIFT} to @bob for {OTHER}.")
    shown = await offers_of(bob)
    assert shown.lines[0].startswith(
        f"@alice is offering you {GIFT} for your {OTHER}. The offer ends ["
    )
    await bob.press(shown, f"Accept {GIFT} for {OTHER}")
    assert await collection(chat, chat.alice) == [OTHER]
    assert await collection(chat, bob) == [GIFT]


@pytest.mark.both
async def test_declined_and_taken_back(chat: Chat) -> None:
    bob = await chat.add_member("bob")
    await owned(chat, GIFT)
    for member, label, told in (
        (bob, f"Decline {GIFT}", "You've declined the offer."),
        (chat.alice, f"Take back {GIFT}", "You've taken the offer back."),
    ):
        await chat.alice.use("give", dinosaur=GIFT, member=bob)
        left = await member.press(await offers_of(member), label)
        assert left.lines == [told, "", "No offers are waiting. Make one with /give."]
    assert "Offers" not in (await chat.alice.use("collection")).buttons
    assert await collection(chat, chat.alice) == [GIFT]


async def test_refusals(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    bob, robot = await chat.add_member("bob"), await chat.add_bot("robot")
    mo = await chat.add_moderator()
    await owned(chat, OTHER, bob)
    await owned(chat, GIFT)
    await owned(chat, NEW, days=0)

    async def refusal(member: Actor = bob, dinosaur: str = GIFT, swap: str = "") -> str:
        options = {"dinosaur": dinosaur, "member": member} | ({"swap": swap} if swap else {})
        answer = await chat.alice.use("give", **options)
        assert answer.is_private
        return answer.text.partition("\n")[0]

    today = f"{NEW} only arrived today. You can give it away from tomorrow."
    assert await refusal(dinosaur=NEW) == today
    plate = await chat.alice.use("dinosaur", name=NEW)
    assert (await chat.alice.press(plate, "Give")).text.startswith(today)
    assert (await refusal(chat.alice)).startswith("You can't give anything to yourself.")
    assert await refusal(robot) == "Bots don't collect dinosaurs. Choose a member."
    assert await refusal(dinosaur=OTHER) == (
        f"{OTHER} isn't in your collection. See what's in it with /collection."
    )
    hidden = f"You can't see {OTHER} in @bob's collection."
    store = chat.app.store[Discoveries]
    await store.hide(chat.community_id, bob.id, hidden=True)
    assert await refusal(swap=OTHER) == hidden
    assert "Swap" not in (await chat.alice.use("dinosaur", name=OTHER)).buttons
    await store.hide(chat.community_id, bob.id, hidden=False)
    with monkeypatch.context() as patch:
        patch.setattr(discoveries, "MOST_OWNED", 1)
        assert (await refusal()).startswith("@bob's collection is full:")
    await mo.use("moderate block", member=bob)
    assert await refusal() == "You can't give @bob anything here right now."


async def test_suggestions(chat: Chat) -> None:
    """One's own to give, and what others show to ask for."""
    bob = await chat.add_member("bob")
    await owned(chat, OTHER, bob)
    await owned(chat, GIFT)
    for option, expected in (("dinosaur", [GIFT]), ("swap", [OTHER])):
        found = await chat.alice.suggestions("give", option, "osaur")
        assert [each.value for each in found] == expected
    await chat.app.store[Discoveries].hide(chat.community_id, bob.id, hidden=True)
    assert not await chat.alice.suggestions("give", "swap", "")


async def test_suggestions_of_the_chosen_member(discord_chat: DiscordChat) -> None:
    chat = discord_chat
    bob, gus = await chat.add_member("bob"), await chat.add_member("gus")
    await owned(chat, OTHER, bob)
    for member, expected in ((bob, [OTHER]), (gus, [])):
        found = await chat.alice.suggestions("give", "swap", "osaur", member=member)
        assert [each.value for each in found] == expected


async def test_what_was_given_stays_in_the_album(chat: Chat) -> None:
    bob, gus = await chat.add_member("bob"), await chat.add_member("gus")
    await owned(chat, GIFT)
    for giver, receiver in ((chat.alice, bob), (bob, gus)):
        await giver.use("give", dinosaur=GIFT, member=receiver)
        await receiver.press(await offers_of(receiver), f"Accept {GIFT}")
        await chat.pass_time(timedelta(days=1).total_seconds())
    album = await bob.press(await bob.use("collection"), "Album")
    assert "1 of 12 families, 1 of 35 spaces filled, 0 rarities" in album.lines
    told = await bob.press(album, "Where from?")
    assert told.lines[-1].endswith(" · from another member")


@pytest.mark.both
async def test_hidden_owner(chat: Chat) -> None:
    """Who was given something hides it as what they found: nobody else learns whose it is."""
    bob = await chat.add_member("bob")
    await owned(chat, GIFT)
    await chat.app.store[Discoveries].hide(chat.community_id, bob.id, hidden=True)
    await chat.alice.use("give", dinosaur=GIFT, member=bob)
    await bob.press(await offers_of(bob), f"Accept {GIFT}")
    plate = await bob.use("dinosaur", name=GIFT)
    assert plate.is_private
    assert "Give" in plate.buttons
    seen = await chat.alice.use("dinosaur", name=GIFT)
    assert not {"Give", "Swap"} & {*seen.buttons}


@pytest.mark.both
async def test_moderators_undo(chat: Chat) -> None:
    bob, mo = await chat.add_member("bob"), await chat.add_moderator()
    await owned(chat, GIFT)
    await chat.alice.use("give", dinosaur=GIFT, member=bob)
    await bob.press(await offers_of(bob), f"Accept {GIFT}")
    gifts = await mo.press(await mo.use("moderate record"), "Gifts")
    again = await mo.press(await mo.use("moderate record"), "Gifts")
    assert gifts.is_private
    assert gifts.body.endswith(f"@alice gave {GIFT} to @bob.")
    sure = await mo.press(gifts, f"Undo: {GIFT}")
    assert sure.is_private
    assert sure.text.endswith(f"@alice gave {GIFT} to @bob.\n{GIFT} goes back to @alice.")
    assert await collection(chat, bob) == [GIFT]
    after = await mo.press(sure, "Yes, undo it")
    assert after.body == "Nobody has given anything away yet."
    assert await collection(chat, chat.alice) == [GIFT]
    record = await mo.use("moderate record")
    assert record.body.endswith(f"undid a gift: {GIFT} went back to @alice.")
    late = await mo.press(again, f"Undo: {GIFT}")
    assert "can't be undone any more" in late.text + "".join(each.text for each in late.others)
    assert await collection(chat, bob) == []


async def test_offers_of_the_same_dinosaur_are_told_apart(chat: Chat) -> None:
    bob = await chat.add_member("bob")
    await owned(chat, GIFT)
    await owned(chat, OTHER, bob)
    await chat.alice.use("give", dinosaur=GIFT, member=bob, swap=OTHER)
    await chat.pass_time(1)
    await chat.alice.use("give", dinosaur=GIFT, member=bob)
    swap = f"Accept {GIFT} for {OTHER}", f"Decline {GIFT} for {OTHER}"
    assert (await offers_of(bob)).buttons == (*swap, f"Accept {GIFT}", f"Decline {GIFT}")
    own = await offers_of(chat.alice)
    assert own.buttons == (f"Take back {GIFT} for {OTHER}", f"Take back {GIFT}")


async def test_more_offers_than_a_page_has(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_LISTED", 1)
    bob = await chat.add_member("bob")
    for name in (GIFT, OTHER):
        await owned(chat, name, days=2 if name == GIFT else 1)
        await chat.alice.use("give", dinosaur=name, member=bob)
        await chat.pass_time(1)
    assert (await offers_of(bob)).lines[-1] == "And 1 more."
