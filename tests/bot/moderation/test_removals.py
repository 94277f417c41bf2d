"""What moderators remove: names, winners, poems, namers."""

from unittest.mock import AsyncMock

import pytest

from bot.chat.turn import Unreachable
from bot.community.queries import Action, Record, RecordEntry
from bot.discoveries.queries import Discoveries
from bot.moderation.queries import Moderation
from bot.polls.hall_queries import HallOfFame, HallScope
from bot.polls.queries import Polls
from tests.bot.champions import crown, remove_winner
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.protocol import Actor, Chat, Shown
from tests.bot.fakes import unavailable
from tests.bot.names.test_name import TOWNS, learned
from tests.bot.opened_polls import TEN_MINUTES, a_poll, first_message, members

MENU = "Moderate this message"
UNTIL_ALLOWED = (
    "The bot won't use the name here again until a moderator allows it with /moderate winner "
)
REMOVED = f"Bravosaurus and its votes were removed.\n{UNTIL_ALLOWED}allow:"


async def crowned(chat: Chat) -> Shown:
    """A poll that Bravosaurus has won with two votes. Returns the announcement."""
    await a_poll(chat)
    for member in await members(chat, 2):
        await member.press(first_message(chat), [*first_message(chat).buttons][1])
    await chat.pass_time(TEN_MINUTES + 60)
    return chat.history()[1]


async def remove(chat: Chat, moderator: Actor, message: Shown, label: str) -> str:
    """Remove something through the menu of a message. Returns the reply."""
    asked = await moderator.open_menu(MENU, message)
    assert asked.is_private
    return (await moderator.press(asked, label)).text


@pytest.mark.both
async def test_name_is_removed_from_open_poll(chat: Chat) -> None:
    message, mo = await a_poll(chat), await chat.add_moderator()
    await chat.alice.press(message, "Bravosaurus")
    asked = await mo.open_menu(MENU, first_message(chat))
    assert [*asked.buttons] == ["Remove Mangosaurus", "Remove Bravosaurus", "Remove Kilosaurus"]
    reply = await remove(chat, mo, first_message(chat), "Remove Bravosaurus")
    assert reply.startswith(REMOVED)
    shown = first_message(chat)
    assert shown.lines[1] == "removed by a moderator"
    assert [*shown.buttons] == ["Mangosaurus", "Kilosaurus", "More", "Dissect", "Details"]
    await chat.pass_time(TEN_MINUTES + 60)
    (closed,) = chat.history()
    assert closed.text == "The poll is closed: no name won."
    (line,) = (await mo.use("moderate record")).lines
    assert line.endswith("@mo removed the name Bravosaurus.")


async def test_removed_twice(chat: Chat) -> None:
    message = await a_poll(chat)
    first, second = await chat.add_moderator(), (await chat.add_moderator())
    asked = await first.open_menu(MENU, message)
    again = await second.open_menu(MENU, message)
    await first.press(asked, "Remove Bravosaurus")
    late = await second.press(again, "Remove Bravosaurus")
    assert late.text == "This name has already been removed."
    assert len(await chat.app.store[Record].entries(chat.community_id)) == 1


@pytest.mark.both
async def test_winner_is_removed_with_its_plaque(chat: Chat) -> None:
    """From the menu of the plaque."""
    plaque = await crowned(chat)
    await remove(chat, (await chat.add_moderator()), plaque, "Remove Bravosaurus")
    card, plaque = chat.history()[:2]
    assert card.text == "The poll is closed: no name won."
    assert plaque.text == "A moderator removed this."
    assert not chat.files()
    assert not plaque.buttons
    for scope in ("here", "all"):
        hall = await chat.alice.use("halloffame", scope=scope)
        assert "There are no winning names" in hall.text
    assert "no champion at the moment" in (await chat.alice.use("champion")).text


@pytest.mark.both
async def test_name_leaves_all_polls_that_it_has_won(chat: Chat) -> None:
    """And answers with its dinosaur or letters, whichever poll a moderator looks at."""
    message = await a_poll(chat)
    await crown(chat.app.store, "Bravosaurus", at=chat.now(), community_id=chat.community_id)
    await chat.alice.use("dinosaur", name="Bravosaurus")
    await chat.alice.use("dissect", name="Bravosaurus")
    loser = await chat.alice.use("dinosaur", name="Kilosaurus")
    mo = await chat.add_moderator()
    await remove(chat, mo, message, "Remove Bravosaurus")
    assert not await chat.app.store[HallOfFame].winners(chat.community_id, "")
    assert not await chat.app.store[Discoveries].count(chat.community_id)
    texts = [shown.text for shown in chat.history() if shown.text or shown.cards]
    assert texts.count(EMPTIED) == 2
    assert loser.text in texts
    await remove(chat, mo, message, "Remove Kilosaurus")
    texts = [shown.text for shown in chat.history() if shown.text or shown.cards]
    assert texts.count(EMPTIED) == 3
    assert not any(file.name == "kilosaurus.png" for file in chat.files())


async def test_database_is_away_after_the_removal(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moderator is not told that nothing happened."""
    message, mo = await a_poll(chat), await chat.add_moderator()
    monkeypatch.setattr("bot.moderation.removals.redraw", unavailable)
    reply = await remove(chat, mo, message, "Remove Bravosaurus")
    assert reply.startswith("Bravosaurus and its votes were removed, but the bot can't edit")


@pytest.mark.both
async def test_winner_that_stays_in_messages(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    await crowned(chat)
    monkeypatch.setattr("bot.moderation.removals.redraw", unavailable)
    reply = await remove_winner(await chat.add_moderator(), "Bravosaurus")
    assert reply.text.startswith("Bravosaurus and its votes were removed, but the bot can't edit")


EMPTIED = "A moderator removed a name that was here. See the others with /halloffame and /museum."


@pytest.mark.both
async def test_winner_is_removed_from_earlier_answers(chat: Chat) -> None:
    """One that does not show it any more stays."""
    await crowned(chat)
    await chat.alice.use("champion")
    await chat.alice.use("halloffame")
    for number in range(10):
        name, place = f"Best{number}", chat.community_id
        await crown(chat.app.store, name, 3, at=chat.now(), community_id=place)
    second = await chat.alice.press(await chat.alice.use("halloffame"), "More")
    assert "Bravosaurus" in second.body
    another = await chat.alice.press(await chat.alice.use("halloffame"), "More")
    first = await chat.alice.press(another, "Back")
    await remove_winner(await chat.add_moderator(), "Bravosaurus")
    _poll, _plaque, *answers = (each for each in chat.history() if each.text or each.cards)
    assert [each.text for each in answers] == [EMPTIED] * 3 + [first.text]
    assert answers[-1].lines == first.lines
    assert not any(each.buttons for each in answers[:-1])
    assert not chat.files()


async def test_winner_is_removed_elsewhere(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process removes it: each platform empties its answers, as soon as it can be reached.

    What cannot be edited keeps its button, which says so.
    """
    await crowned(chat)
    diana = await chat.add_member("diana")
    direct = await diana.use_directly("champion")
    await chat.alice.use("champion")
    await chat.restart()
    entry = RecordEntry(Action.REMOVE_NAME, 1, chat.now(), chat.community_id)
    with monkeypatch.context() as outage:
        outage.setattr(chat.platform, "edit", AsyncMock(side_effect=Unreachable))
        assert await chat.app.store[Moderation].remove_winner("Bravosaurus", entry)
        await chat.pass_time(60)
        assert EMPTIED not in [message.text for message in chat.history()]
    await chat.pass_time(120)
    assert EMPTIED in [message.text for message in chat.history()]
    pressed = await diana.press(direct, "A poem about it")
    assert pressed.text == (
        "This name was removed from the hall of fame. See the others with /halloffame."
    )
    assert not chat.writer.sonnets_asked


async def test_tie_with_removed_name(chat: Chat) -> None:
    """The announcement of the winner forgets it as well, and keeps its pictures."""
    await a_poll(chat)
    first, second = await members(chat, 2)
    await first.press(first_message(chat), "Kilosaurus")
    await chat.pass_time(5)
    await second.press(first_message(chat), "Bravosaurus")
    await chat.pass_time(TEN_MINUTES + 60)
    card, plaque = chat.history()[:2]
    assert "It tied with Bravosaurus" in plaque.body
    await remove(chat, (await chat.add_moderator()), card, "Remove Bravosaurus")
    card, plaque = chat.history()[:2]
    assert card.text == "The poll is closed: Kilosaurus won."
    assert "Kilosaurus won with 1 vote." in plaque.body
    assert "Bravosaurus" not in plaque.body
    assert len(chat.files()) == 2


@pytest.mark.both
async def test_winner_by_name(chat: Chat) -> None:
    """One of another server stays."""
    await crowned(chat)
    await crown(chat.app.store, "Farsaurus", 2, at=chat.now(), community_id=4242)
    mo = await chat.add_moderator()
    choices = await mo.suggestions("moderate winner", "name", "brav")
    assert [choice.label for choice in choices] == ["Bravosaurus"]
    asked = await mo.use("moderate winner", name="bravosaurus")
    assert asked.is_private
    assert asked.text.startswith(
        "Remove Bravosaurus, which has won 1 poll here?\n"
        "It will disappear, along with its votes, from 1 poll, "
    )
    assert chat.history()[1].text != "A moderator removed this."
    result = await mo.press(asked, "Remove Bravosaurus")
    assert result.text.startswith(REMOVED)
    assert chat.history()[1].text == "A moderator removed this."
    for name in ("bravosaurus", "Farsaurus"):
        again = await mo.use("moderate winner", name=name)
        assert f"isn't in this {chat.terms.community}'s hall of fame or museum" in again.text
    assert await chat.app.store[HallOfFame].count(HallScope()) == 1


@pytest.mark.both
async def test_removed_name_comes_again_when_allowed(chat: Chat) -> None:
    """It stands in another open poll, which loses it as well."""
    first, mo = await a_poll(chat), await chat.add_moderator()
    await chat.alice.use("dinoname", count=3)
    second = chat.history()[-1]
    await chat.alice.press(second, "Bravosaurus")
    await remove(chat, mo, first, "Remove Bravosaurus")
    for message in chat.history():
        if "Kilosaurus" in message.buttons:
            assert message.lines[1] == "removed by a moderator"
    again = await chat.alice.use("dinoname", count=3)
    assert again.lines == ["Mangosaurus", "Kilosaurus"]
    seen = await chat.alice.use("dinosaur", name="Bravosaurus")
    assert seen.is_private
    (choice,) = await mo.suggestions("moderate winner", "name", "BRAV")
    assert (choice.label, choice.value) == ("Bravosaurus · removed", "Bravosaurus")
    for reply in (
        "The bot can use Bravosaurus again, but the name's votes and victories won't come back.",
        f"Bravosaurus hasn't been removed in this {chat.terms.community}.",
    ):
        allowed = await mo.use("moderate winner", name="bravosaurus", allow=True)
        assert allowed.text == reply.replace("Bravosaurus hasn't", "bravosaurus hasn't")
    await chat.alice.use("dissect", name="Bravosaurus")
    await chat.pass_time(5)
    assert EMPTIED not in [message.text for message in chat.history()]
    assert len((await chat.alice.use("dinoname", count=3)).lines) == 3
    (line, _removed) = (await mo.use("moderate record")).lines
    assert line.endswith("@mo allowed the name Bravosaurus again.")


@pytest.mark.both
async def test_removed_name_is_not_written_about(chat: Chat) -> None:
    """Neither when it is typed, nor from the button of an earlier answer."""
    await crowned(chat)
    poem = await chat.alice.use("sonnet", about="Bravosaurus")
    mo, bob = await chat.add_moderator(), await chat.add_member("bob")
    await remove_winner(mo, "Bravosaurus")
    chat.writer.sonnets_asked.clear()
    for answer in (
        await bob.press(poem, "Another"),
        await mo.use("sonnet", about="the bravosaurus"),
        await (await chat.add_member("carla")).use("sonnet", opening="Bravosaurus, my love"),
        await bob.use("dissect", name="Bravosaurus"),
    ):
        assert answer.is_private
        assert answer.text.startswith("The bot won't ")
    assert not chat.writer.sonnets_asked


async def test_name_is_removed_while_it_is_sent(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a poll whose message nobody knows yet: the outbox edits it when that is stored."""
    polls = chat.app.store[Polls]
    sent = polls.sent

    async def removed_first(poll_id: int, message_id: int) -> None:
        entry = RecordEntry(Action.REMOVE_NAME, 1, chat.now(), chat.community_id)
        assert await chat.app.store[Moderation].remove_name(poll_id, 1, entry)
        await sent(poll_id, message_id)

    monkeypatch.setattr(polls, "sent", removed_first)
    await a_poll(chat)
    await chat.pass_time(5)
    assert first_message(chat).lines == ["Mangosaurus", "removed by a moderator", "Kilosaurus"]
    assert not chat.files()


@pytest.mark.both
async def test_message_by_link(chat: Chat) -> None:
    message = await a_poll(chat)
    mo = await chat.add_moderator()
    (choice,) = await mo.suggestions("moderate message", "message", "kilo")
    assert choice.label == "Mangosaurus, Bravosaurus, Kilosaurus"
    assert choice.value == await chat.link(message)
    asked = await mo.use("moderate message", message=await chat.link(message))
    assert [*asked.buttons][2] == "Remove Kilosaurus"
    for link in ("https://example.com/1/2/3", f"{choice.value}99"):
        wrong = await mo.use("moderate message", message=link)
        assert "isn't a link to a message" in wrong.text


@pytest.mark.both
async def test_message_that_is_gone(chat: Chat) -> None:
    """Nothing is recorded, unless copies of its poem are left."""
    poem = await chat.alice.use("sonnet")
    await chat.alice.press(poem, "Keep")
    link, mo = await chat.link(first_message(chat)), await chat.add_moderator()
    chat.delete(first_message(chat))
    replies = []
    for _twice in range(2):
        asked = await mo.use("moderate message", message=link)
        replies.append((await mo.press(asked, "Remove it")).text)
    assert replies == [
        "Removed, along with 1 copy that a member kept.",
        "That message doesn't exist any more; check the link.",
    ]
    assert len(await chat.app.store[Record].entries(chat.community_id)) == 1


async def test_link_to_another_server(discord_chat: DiscordChat) -> None:
    """Also one that names this server, with a channel of the other."""
    other = discord_chat.home.env.create_guild("Elsewhere")
    channel = other.create_text_channel("bones")
    member = other.add_member(discord_chat.home.env.create_user("bob"))
    await member.slash(channel, "dinoname", count=2)
    (theirs,) = channel.history()
    mo = await discord_chat.add_moderator()
    for guild in (other.id, discord_chat.community_id):
        link = f"https://discord.com/channels/{guild}/{channel.id}/{theirs.id}"
        refused = await mo.use("moderate message", message=link)
        assert "isn't in this server" in refused.text
    message = await a_poll(discord_chat)
    asked = await mo.open_menu(MENU, message)
    stored = discord_chat.stored(asked)
    forged = stored.components[0]["components"][0]
    forged["custom_id"] = f"moderate:message:{channel.id}:{theirs.id}"
    label = forged["label"]
    refused = await mo.press(asked, label)
    assert "isn't in this server" in refused.text
    (poll,) = await discord_chat.app.store[Polls].recent(other.id)
    number = channel.history()[0].components[0].children[0].custom_id.split(":")[1]  # type: ignore[union-attr]
    forged["custom_id"] = f"moderate:name:{number}:0"
    await mo.press(asked, label)
    assert poll.names == (await discord_chat.app.store[Polls].recent(other.id))[0].names


@pytest.mark.both
async def test_poem_is_removed(chat: Chat) -> None:
    """With the copies that members keep."""
    poem = await chat.alice.use("sonnet")
    await chat.alice.press(poem, "Keep")
    reply = await remove(chat, (await chat.add_moderator()), first_message(chat), "Remove it")
    assert reply == "Removed, along with 1 copy that a member kept."
    shown = first_message(chat)
    assert shown.text == "A moderator removed this."
    assert not shown.cards
    assert not shown.buttons
    assert "haven't kept any" in (await chat.alice.use("poems")).text


@pytest.mark.both
async def test_message_of_a_member(chat: Chat) -> None:
    message = await chat.say(chat.alice, "hello")
    refused = await (await chat.add_moderator()).open_menu(MENU, message)
    assert "didn't write this message" in refused.text
    mo = await chat.add_moderator()
    asked = await mo.use("moderate message", message=await chat.link(message))
    refused = await mo.press(asked, "Remove it")
    assert "You can delete the message" in refused.text
    assert await chat.app.store[Record].entries(chat.community_id) == []


async def test_message_that_cannot_be_edited(discord_chat: DiscordChat) -> None:
    message = await a_poll(discord_chat)
    discord_chat.home.env.inject_error(
        "PATCH", "/channels/*", status=403, code=50001, message="Missing Access", times=None
    )
    mo = await discord_chat.add_moderator()
    reply = await remove(discord_chat, mo, message, "Remove Bravosaurus")
    assert "the bot can't edit the message. You can delete the message yourself." in reply
    poll = await discord_chat.app.store[Polls].on_message(
        discord_chat.community_id, discord_chat.stored(message).id
    )
    assert poll is not None
    assert poll.removed == {1}


async def test_all_names_removed(chat: Chat) -> None:
    await a_poll(chat)
    mo = await chat.add_moderator()
    for name in ("Mangosaurus", "Bravosaurus", "Kilosaurus"):
        await remove(chat, mo, first_message(chat), f"Remove {name}")
    assert [*first_message(chat).buttons] == ["More", "Details"]
    again = await mo.open_menu(MENU, first_message(chat))
    assert again.text == "All names in this poll have already been removed."


@pytest.mark.both
async def test_namer_is_removed(chat: Chat) -> None:
    """One of another server, which shares it."""
    mo = await chat.add_moderator()
    made = await learned(chat, TOWNS, name="towns", community_id=4242, shared=True)
    for name in ("elves", "elves #77", "#999999999999999999"):
        refused = await mo.use("moderate namer", name=name)
        assert refused.text.startswith(f"There's no namer called “{name}” here. See them all")
    refused = await mo.use("moderate namer", name="Town off")
    assert refused.text == "There's no namer called “Town off” here. Did you mean towns?"
    (choice,) = await mo.suggestions("moderate namer", "name", "tow")
    removed = await mo.use("moderate namer", name=choice.value)
    assert "towns can't be used here any more." in removed.text
    for name in ("towns", f"towns #{made.id}"):
        refused = await chat.alice.use("name", namer=name)
        assert "There's no namer called “" in refused.text
    assert await chat.alice.suggestions("name", "namer", "") == []
    (choice,) = await mo.suggestions("moderate namer", "name", "")
    assert choice.label == "towns · removed"
    allowed = await mo.use("moderate namer", name=choice.value, allow=True)
    assert allowed.text == "towns can be used here again."
    assert len(await chat.alice.suggestions("name", "namer", "")) == 1
    await (await chat.add_administrator()).use("settings", shared_namers=False)
    assert await chat.alice.suggestions("name", "namer", "") == []


async def test_removed_namer_is_offered_to_nobody(chat: Chat) -> None:
    """Moderators see that it is removed; members don't see it."""
    mo = await chat.add_moderator()
    await learned(chat, TOWNS, name="towns")
    refused = await mo.use("moderate namer", name="towns", allow=True)
    assert refused.text.startswith("towns hasn't been removed in this ")
    await mo.use("moderate namer", name="towns")
    for shown in (await mo.use("namer list"), await mo.use("namer info", name="towns")):
        assert "removed by a moderator" in shown.body
        assert "/name namer" not in shown.body
    assert "There are no namers here yet." in (await chat.alice.use("namer list")).text
    assert await chat.alice.suggestions("namer info", "name", "") == []
    unknown = await chat.alice.use("namer info", name="towns")
    assert "There's no namer called “towns” here." in unknown.text
