"""`/egg` on each platform: a nest, what hatches, and where both are shown."""

from datetime import timedelta
from unittest.mock import AsyncMock

import pytest

from bot.community.queries import Communities
from bot.discoveries import queries as discoveries
from bot.discoveries.queries import Discoveries
from bot.eggs import eggs
from bot.eggs.queries import Nests
from tests.bot.champions import crown, remove_winner
from tests.bot.chats.on_slack import SlackActor, SlackChat
from tests.bot.chats.protocol import Actor, Answer, Chat
from tests.bot.daily.test_votes import HOUR, chosen, dailies
from tests.bot.fakes import unavailable
from tests.bot.opened_polls import a_poll

EGGS = "Left egg", "Middle egg", "Right egg"
NAMES = "Mangosaurus", "Bravosaurus", "Kilosaurus"
HATCH = "Hatch an egg"


def said(answer: Answer) -> str:
    """What the member was told in private, besides a changed message."""
    return "\n".join(each.text for each in (answer, *answer.others) if each.is_private)


@pytest.mark.both
async def test_from_a_nest_to_the_museum(chat: Chat) -> None:
    nest = await chat.alice.use("egg")
    assert not nest.is_private
    assert nest.title == "🥚 A nest"
    assert nest.body.startswith("@alice can open one of these eggs; then the others will be gone.")
    assert nest.card.footer.startswith("About one egg in 40 hatches into something rare: ")
    assert nest.buttons == EGGS
    (picture,) = nest.files
    assert picture.name == "nest.png"
    assert picture.description.startswith("A nest. Eggshells, from left to right: ")
    assert not any(name in f"{nest.words}{picture.description}" for name in NAMES)
    hatched = await chat.alice.press(nest, "Middle egg")
    assert hatched.title == "🐣 Bravosaurus has hatched"
    assert hatched.body == "It's in @alice's collection now, and in the museum: /museum"
    assert hatched.card.fields["Family"] == "sauropod"
    assert hatched.card.fields["New in the album"]
    assert hatched.buttons == ("Show the dinosaur", HATCH)
    (picture,) = hatched.files
    assert picture.description.startswith("Drawing of Bravosaurus, just hatched, beside its shell")
    assert (await chat.alice.use("museum")).lines == [
        "1. Bravosaurus · sauropod · hatched by @alice"
    ]
    assert (await chat.alice.use("collection")).lines[2:] == ["1. Bravosaurus · sauropod"]
    assert (await chat.alice.use("leaderboard")).lines == ["1. @alice · 1 dinosaur"]
    plate = await chat.alice.press(hatched, "Show the dinosaur")
    assert not plate.is_private
    assert "Hatched by: @alice" in plate.words
    assert "Release" in plate.buttons
    assert not chat.notified()
    refused = await chat.alice.use("egg")
    assert refused.is_private
    assert refused.text.startswith("You've already hatched an egg here today. Next nest: [")
    polled = await a_poll(chat)
    assert "Bravosaurus" not in (await chat.alice.use("dinoname")).words
    assert polled.buttons


@pytest.mark.both
async def test_only_the_member_can_press(chat: Chat) -> None:
    bob, nest = await chat.add_member("bob"), await chat.alice.use("egg")
    refused = await bob.press(nest, "Left egg")
    assert refused.is_private
    assert refused.text == "This is somebody else's nest. Get your own with /egg."
    own = await bob.press(refused, HATCH)
    assert not own.is_private
    assert own.body.startswith("@bob can open")
    assert (await chat.alice.use("museum")).text.startswith("The museum is empty.")


@pytest.mark.both
async def test_same_nest_again(chat: Chat) -> None:
    """Also after a restart. The second message of it loses its eggs when one is pressed."""
    nest = await chat.alice.use("egg")
    chat.writer.names_found = ("zosaurus", "yosaurus", "xosaurus")
    await chat.restart()
    again = await chat.alice.use("egg")
    assert len(chat.writer.names_asked) == 1
    assert [each.buttons for each in (nest, again)] == [EGGS] * 2
    await chat.alice.press(nest, "Left egg")
    late = await chat.alice.press(again, "Right egg")
    assert "You've already hatched an egg here today." in said(late)
    shown = [each.title for each in chat.history() if each.cards]
    assert shown == ["🐣 Mangosaurus has hatched"] * 2
    assert len((await chat.alice.use("museum")).lines) == 1


async def test_killed_before_the_nest_was_shown(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And between the press and what it shows: nothing is lost, and nothing is double."""
    with monkeypatch.context() as patch:
        patch.setattr(eggs, "_nest_message", unavailable)
        assert "isn't answering" in (await chat.alice.use("egg")).text
    nest = await chat.alice.use("egg")
    assert len(chat.writer.names_asked) == 1
    with monkeypatch.context() as patch:
        patch.setattr(eggs, "_hatchling", unavailable)
        await chat.alice.press(nest, "Left egg")
    assert chat.history()[0].buttons == EGGS
    hatched = await chat.alice.press(nest, "Right egg")
    assert hatched.title == "🐣 Mangosaurus has hatched"
    assert "You've already hatched an egg here today." in said(hatched)
    assert len((await chat.alice.use("museum")).lines) == 1


@pytest.mark.both
async def test_old_day(chat: Chat) -> None:
    """Its nest is gone, or swept already. That of today is there."""
    nests, yesterday = chat.app.store[Nests], chat.now() - timedelta(days=1)
    old = await nests.lay(chat.community_id, chat.alice.id, ["Oldosaurus"], yesterday)
    shown = await chat.alice.use("egg")
    label, sentence = EGGS[0], "This nest is from another day."
    for number in (old.id, 1):
        chat.rewrite_button(shown, label, f"egg:{number}:0")
        refused = await chat.alice.press(shown, label)
        assert f"{sentence} See today's with /egg." in said(refused)
        # One that is not stored may have been somebody else's, and is left alone.
        assert [each.text for each in chat.history()].count(sentence) == 1
        with_button = (refused, *refused.others)[-1]
        shown, label = await chat.alice.press(with_button, HATCH), EGGS[1]
    assert (await chat.alice.press(shown, "Left egg")).title == "🐣 Mangosaurus has hatched"


async def test_eggs_that_cannot_hatch_any_more(chat: Chat) -> None:
    bob, nest = await chat.add_member("bob"), await chat.alice.use("egg")
    theirs = await bob.use("egg")
    assert (await chat.alice.press(nest, "Left egg")).title == "🐣 Mangosaurus has hatched"
    refused = await bob.press(theirs, "Left egg")
    assert "This egg can't hatch any more, because its name has since been found" in said(refused)
    assert chat.history()[1].buttons == ("Left egg", "Right egg")
    at = {"at": chat.now(), "community_id": chat.community_id}
    for name in ("Bravosaurus", "Kilosaurus"):
        await crown(chat.app.store, name, **at)  # type: ignore[arg-type]
    emptied = await bob.press(theirs, "Right egg")
    assert emptied.text.startswith("These eggs can't hatch any more")
    chat.writer.names_found = ("zosaurus", "yosaurus", "xosaurus")
    another = await bob.press(emptied, HATCH)
    assert (await bob.press(another, "Middle egg")).title == "🐣 Yosaurus has hatched"


async def test_names_are_new(chat: Chat) -> None:
    """Those that the community knows are asked for again, a few times."""
    chat.writer.names_found = ("mangosaurus", "bravosaurus", "kilosaurus", "Nest 9")
    await crown(
        chat.app.store, "Kilosaurus", at=chat.now(), community_id=chat.community_id, is_open=True
    )
    refused = await chat.alice.use("egg")
    assert refused.is_private
    assert refused.text.startswith("The bot couldn't find any new names this time")
    assert len(chat.writer.names_asked) == eggs.TRIES
    chat.writer.names_found = ("kilosaurus", "aosaurus", "bosaurus", "cosaurus")
    nest = await chat.alice.use("egg")
    assert (await chat.alice.press(nest, "Right egg")).title == "🐣 Cosaurus has hatched"


async def test_word_filter(chat: Chat) -> None:
    nest = await chat.alice.use("egg")
    boss = await chat.add_manager()
    await boss.use("settings", blocked_words="mangosaurus")
    refused = await chat.alice.press(nest, "Left egg")
    assert "This egg can't hatch any more" in said(refused)
    assert chat.history()[0].buttons == ("Left egg", "Right egg")


async def test_full_collection(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members are told before the nest, and one that waits is not lost."""
    monkeypatch.setattr(discoveries, "MOST_OWNED", 1)
    nest = await chat.alice.use("egg")
    await crown(
        chat.app.store,
        "Minmi",
        at=chat.now(),
        community_id=chat.community_id,
        member_id=chat.alice.id,
    )
    for refused in (await chat.alice.use("egg"), await chat.alice.press(nest, "Left egg")):
        assert refused.is_private
        assert refused.text.startswith("Your collection has no room for a hatchling")
    plate = await chat.alice.use("dinosaur", name="Minmi")
    await chat.alice.press(await chat.alice.press(plate, "Release"), "Yes, release it")
    assert (await chat.alice.press(nest, "Left egg")).title == "🐣 Mangosaurus has hatched"


@pytest.mark.both
async def test_hidden_collection(chat: Chat) -> None:
    """Whoever hides it has a nest that nobody else sees."""
    store = chat.app.store[Discoveries]
    await store.hide(chat.community_id, chat.alice.id, hidden=True)
    nest = await chat.alice.use("egg")
    assert nest.is_private
    assert nest.body.startswith("Open one of these eggs; then the others will be gone.")
    hatched = await chat.alice.press(nest, "Left egg")
    assert hatched.is_private
    assert hatched.body.startswith("It's in your collection now")
    assert not chat.history()
    assert (await chat.alice.use("museum")).lines == ["1. Mangosaurus · small theropod"]


async def test_hidden_since_the_nest(chat: Chat) -> None:
    """The message stays for all, names nobody, and is still found by a removal."""
    nest = await chat.alice.use("egg")
    await chat.app.store[Discoveries].hide(chat.community_id, chat.alice.id, hidden=True)
    shown = await chat.alice.press(nest, "Left egg")
    assert shown.body == "It's in the museum now: /museum"
    assert [*shown.card.fields] == ["Family"]  # not whether it is new to whom
    mo = await chat.add_moderator()
    await remove_winner(mo, "Mangosaurus")
    await chat.settle()
    assert "Mangosaurus" not in chat.history()[0].words


@pytest.mark.both
async def test_settings(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    boss, den = await chat.add_manager(), await chat.add_channel("den")
    nest = await chat.alice.use("egg")
    told = await boss.use("settings", eggs=False)
    assert told.text == "Members can't hatch eggs here."
    refusal = f"Managers of this {chat.terms.community} have switched eggs off."
    for refused in (await chat.alice.use("egg"), await chat.alice.press(nest, "Left egg")):
        assert refused.is_private
        assert refused.text == refusal
    assert (await chat.alice.use("collection")).buttons == ("Album",)
    told = await boss.use("settings", egg_channel=den)
    assert told.text == "Members can hatch an egg a day, but only in #den."
    assert told.text in (await boss.use("settings")).text
    assert (await chat.alice.press(nest, "Left egg")).text == (
        "Here, members can hatch eggs in #den."
    )
    with monkeypatch.context() as patch:
        patch.setattr(type(chat.platform), "is_in_community", AsyncMock(return_value=False))
        lost = await chat.alice.use("egg")
        assert lost.text.startswith("The channel where eggs hatch was deleted.")
    there = await chat.alice.use_in(den, "egg")
    assert there.buttons == EGGS
    told = await boss.use("settings", eggs=True)
    assert told.text == "Members can hatch an egg a day, in any channel."
    empty = await chat.alice.use("collection")
    assert (await chat.alice.press(empty, HATCH)).buttons == EGGS


async def test_button_of_the_day(chat: Chat) -> None:
    """It stays when votes come in and when the vote ends, but not where no eggs hatch."""
    boss, den = await chosen(chat), await chat.add_channel("den")
    await chat.pass_time(HOUR + 1)
    for options, is_offered in (
        ({"eggs": True}, True),
        ({"eggs": False}, False),
        ({"egg_channel": den}, False),
        ({"egg_channel": chat.channel}, True),
    ):
        await boss.use("settings", **options)
        (shown,) = dailies(chat)
        await chat.alice.press(shown, shown.buttons[0])
        assert (dailies(chat)[0].buttons[-1] == HATCH) == is_offered
    await chat.pass_time(HOUR)
    (closed,) = dailies(chat)
    assert closed.text.startswith("The poll is closed: ")
    assert closed.buttons[-1] == HATCH
    assert HATCH not in (await chat.alice.use("dinoname", count=1)).buttons
    chat.writer.names_found = ("zosaurus", "yosaurus", "xosaurus")
    assert (await chat.alice.press(closed, HATCH)).buttons == EGGS


async def hatched(chat: Chat, name: str = "Mangosaurus", by: Actor | None = None) -> Answer:
    """A hatchling."""
    chat.writer.names_found = (name.lower(), "zosaurus", "yosaurus")
    member = by or chat.alice
    return await member.press(await member.use("egg"), "Left egg")


async def test_rare_egg(chat: Chat) -> None:
    shown = await hatched(chat, "Spenochen")
    assert shown.card.fields["Rare"] == "a white animal (about one dinosaur in 40 is rare)"
    assert "turns out" not in (await chat.alice.use("collection")).words


async def test_old_dinosaur_turns_out_to_be_rare(chat: Chat) -> None:
    """Its owner is told once; nobody else is."""
    member = {"community_id": chat.community_id, "member_id": chat.alice.id}
    await crown(chat.app.store, "Spenochen", at=chat.now(), **member)  # type: ignore[arg-type]
    bob = await chat.add_member("bob")
    assert "rare" not in (await bob.use("collection", member=chat.alice)).words
    told = await chat.alice.use("collection")
    assert told.lines[1].startswith("✨ Spenochen turns out to be rare: a white animal (")
    assert "rare" not in (await chat.alice.use("collection")).words


@pytest.mark.both
async def test_name_is_removed(chat: Chat) -> None:
    """By the menu of the message, from everywhere that shows it, with an entry in the record."""
    shown, mo = await hatched(chat), await chat.add_moderator()
    await chat.alice.use("museum")
    await chat.alice.press(await chat.alice.press(shown, "Show the dinosaur"), "Dissect")
    asked = await mo.open_menu("Moderate this message", chat.history()[0])
    assert asked.text.startswith("Remove this dinosaur's name? It will disappear from the museum")
    again = await mo.open_menu("Moderate this message", chat.history()[0])
    assert asked.buttons == ("Remove Mangosaurus",)
    done = await mo.press(asked, "Remove Mangosaurus")
    assert done.text.startswith(
        "Mangosaurus was removed from the museum.\nThe bot won't use the name"
    )
    await chat.settle()
    removed = (
        "A moderator removed a name that was here. See the others with /halloffame and /museum."
    )
    assert [each.words for each in chat.history() if each.words] == [removed] * 4
    assert not chat.files()
    (line,) = (await mo.use("moderate record")).lines
    assert line.endswith("@mo removed the name Mangosaurus.")
    assert (await mo.press(again, "Remove Mangosaurus")).text == (
        "This name has already been removed."
    )
    assert (await chat.alice.use("museum")).text.startswith("The museum is empty.")
    assert (await chat.alice.use("egg")).text.startswith(
        "You've already hatched an egg here today."
    )


async def test_name_is_removed_by_command(chat: Chat) -> None:
    shown, mo = await hatched(chat), await chat.add_moderator()
    suggested = await mo.suggestions("moderate winner", "name", "mango")
    assert [choice.value for choice in suggested] == ["Mangosaurus"]
    asked = await mo.use("moderate winner", name="mangosaurus")
    assert asked.text.startswith(
        "Remove Mangosaurus, which hatched here? It will disappear from the museum"
    )
    done = await mo.press(asked, "Remove Mangosaurus")
    assert done.text.startswith("Mangosaurus was removed from the museum.")
    await chat.settle()
    assert "Mangosaurus" not in chat.history()[0].words
    again = await mo.use("moderate winner", name="Mangosaurus")
    place = chat.terms.community
    assert again.text.startswith(f"Mangosaurus isn't in this {place}'s hall of fame or museum.")
    assert shown.title


async def test_removed_between_press_and_answer(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    nest, mo = await chat.alice.use("egg"), await chat.add_moderator()
    with monkeypatch.context() as patch:
        patch.setattr(eggs, "_hatchling", unavailable)
        await chat.alice.press(nest, "Left egg")
    await remove_winner(mo, "Mangosaurus")
    shown = await chat.alice.press(nest, "Left egg")
    assert "You've already hatched an egg here today." in said(shown)
    assert chat.history()[0].text == "A moderator removed this."


async def test_blocked_meanwhile(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """By another process, of which this one does not know yet."""
    nest, mo = await chat.alice.use("egg"), await chat.add_moderator()
    await mo.use("moderate block", member=chat.alice)

    async def knows_nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(chat.app.blocks, "check", knows_nothing)
    refused = await chat.alice.press(nest, "Left egg")
    assert refused.text.startswith("The moderators of this ")
    assert "have blocked you" in refused.text


async def test_without_pictures(chat: Chat) -> None:
    chat.world.renderer.fails = True
    nest = await chat.alice.use("egg")
    assert not nest.files
    shown = await chat.alice.press(nest, "Left egg")
    assert not shown.files
    assert shown.title == "🐣 Mangosaurus has hatched"


async def test_forged_buttons(chat: Chat) -> None:
    nest = await chat.alice.use("egg")
    for state in ("", "1", "x:0", "1:-1"):
        chat.rewrite_button(nest, "Left egg", f"egg:{state}")
        refused = await chat.alice.press(nest, "Left egg")
        assert "another version of the bot" in refused.text, state
    found = await chat.app.store[Nests].of_today(chat.community_id, chat.alice.id, chat.now())
    assert found is not None
    chat.rewrite_button(nest, "Left egg", f"egg:{found.id}:9")
    assert "This egg can't hatch any more" in said(await chat.alice.press(nest, "Left egg"))


async def test_no_nest_in_direct_messages_or_for_guests(slack_chat: SlackChat) -> None:
    refused = await slack_chat.alice.use_directly("egg")
    assert refused.text.startswith("This command only works in a ")
    guest = SlackActor(slack_chat, slack_chat.slack.guest, 0)
    assert (await guest.use("egg")).text.startswith("Guests ")
    assert not slack_chat.writer.names_asked


async def test_zone_of_the_daily(chat: Chat) -> None:
    """Its midnight is that of nests, whether there is a dinosaur of the day or not."""
    await chat.app.store[Communities].change(chat.community_id, daily_zone="Asia/Tokyo")
    nest = await chat.alice.use("egg")
    assert "Next nest: [2026-01-01 15:00]" in nest.body
