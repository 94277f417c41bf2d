"""Polls on names: votes, tallies, results."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import AsyncMock

import discord
import pytest
from sqlalchemy import update

from bot.chat.message import UserError
from bot.community.queries import Action, RecordEntry
from bot.moderation.queries import Moderation
from bot.platforms.discord.platform import LIMITS, DiscordPlatform
from bot.polls.poll_message import poll_message, tie_sentence
from bot.polls.queries import PollRecord, Polls
from bot.polls.votes import parse, signature
from bot.store import OutcomeUnknown
from bot.store.answers import ButtonStates
from bot.store.schema import Poll
from bot.text.spans import plain
from bot.words import WordFilter
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.on_slack import SlackChat
from tests.bot.chats.protocol import Chat
from tests.bot.fakes import unavailable
from tests.bot.opened_polls import (
    TEN_MINUTES,
    a_poll,
    close_elsewhere,
    first_message,
    members,
    open_polls,
    receipt,
    voted,
)
from tests.texts import named


async def test_poll_has_button_for_each_name(chat: Chat) -> None:
    message = await a_poll(chat)
    names = ["Mangosaurus", "Bravosaurus", "Kilosaurus"]
    assert [*message.buttons] == [*names, "More", "Dissect", "Details"]
    assert message.text.startswith("Which is the coolest? Voting ends [2026-01-01 00:10]")


@pytest.mark.both
async def test_tally(chat: Chat) -> None:
    """A member has one vote, and sees it in private: nothing is added to the channel."""
    message = await a_poll(chat)
    first, second = await members(chat, 2)
    result = await first.press(message, "Bravosaurus")
    assert receipt(result).text.startswith("You voted for Bravosaurus. Press another name")
    assert [*first_message(chat).buttons][:3] == ["Mangosaurus", "Bravosaurus · 1", "Kilosaurus"]
    for name in ("Kilosaurus", "Kilosaurus · 1", "Bravosaurus · 1"):
        await second.press(first_message(chat), name)
    assert first_message(chat).lines == ["Mangosaurus", "Bravosaurus · ▰▰ 2", "Kilosaurus"]
    assert len(chat.history()) == 1


async def test_vote_taken_back(chat: Chat) -> None:
    message = await a_poll(chat)
    (bob,) = await members(chat, 1)
    await bob.press(message, "Bravosaurus")
    result = await chat.alice.press(first_message(chat), "Bravosaurus · 1")
    assert [*first_message(chat).buttons][1] == "Bravosaurus · 2"
    await chat.alice.press(receipt(result), "Take it back")
    await chat.settle()
    assert [*first_message(chat).buttons][1] == "Bravosaurus · 1"
    await chat.alice.press(first_message(chat), "Kilosaurus")
    assert [*first_message(chat).buttons][1:3] == ["Bravosaurus · 1", "Kilosaurus · 1"]


@pytest.mark.both
async def test_same_name_again_takes_the_vote_back(chat: Chat) -> None:
    """And may be chosen once more. A second press at once is a double click."""
    message = await a_poll(chat)
    await chat.alice.press(message, "Bravosaurus")
    for _again in range(2):
        again = await chat.alice.press(first_message(chat), "Bravosaurus · 1")
        assert not again.others
        await chat.pass_time(5)
        await chat.alice.press(first_message(chat), "Bravosaurus · 1")
        assert [*first_message(chat).buttons][1] == "Bravosaurus"
        await chat.alice.press(first_message(chat), "Bravosaurus")
        assert [*first_message(chat).buttons][1] == "Bravosaurus · 1"


async def test_one_note_is_edited(discord_chat: DiscordChat) -> None:
    """It names the vote that counts; one that cannot be edited anymore is followed by another."""
    chat = discord_chat
    await (await chat.add_administrator()).use("settings", vote_minutes=60)
    message = await a_poll(chat)
    note = receipt(await chat.alice.press(message, "Bravosaurus"))
    for label, said in [
        ("Kilosaurus", "You voted for Kilosaurus."),
        ("Kilosaurus · 1", "You took your vote back."),
        ("Mangosaurus", "You voted for Mangosaurus."),
    ]:
        await chat.pass_time(5)
        pressed = await chat.alice.press(first_message(chat), label)
        assert not pressed.others
        assert chat.stored(note).content.replace("*", "").startswith(said)
    await chat.pass_time(15 * 60)
    later = receipt(await chat.alice.press(first_message(chat), "Kilosaurus"))
    assert later.text.startswith("You voted for Kilosaurus.")
    chat.delete(later)
    assert receipt(await chat.alice.press(first_message(chat), "Bravosaurus")).is_private
    await chat.restart()
    assert receipt(await chat.alice.press(first_message(chat), "Kilosaurus")).is_private


async def test_each_vote_has_a_note(slack_chat: SlackChat) -> None:
    """Slack lets nobody edit them. What the last one says is not repeated."""
    chat = slack_chat
    message = await a_poll(chat)
    await chat.alice.press(message, "Bravosaurus")
    note = receipt(await chat.alice.press(first_message(chat), "Kilosaurus"))
    assert note.text.startswith("You voted for Kilosaurus.")
    assert not (await chat.alice.press(first_message(chat), "Kilosaurus · 1")).others
    await chat.alice.press(note, "Take it back")
    again = receipt(await chat.alice.press(first_message(chat), "Bravosaurus"))
    assert again.text.startswith("You voted for Bravosaurus.")
    await chat.pass_time(5)
    back = await chat.alice.press(first_message(chat), "Bravosaurus · 1")
    assert receipt(back).text == "You took your vote back. Press a name to vote again."


async def test_too_many_polls(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names come all the same, and the members say why there is no vote."""
    monkeypatch.setattr("bot.polls.queries.MOST_OF_MEMBER", 2)
    monkeypatch.setattr("bot.polls.queries.MOST_IN_CHANNEL", 3)
    bob, cat = await members(chat, 2)
    for who in (chat.alice, chat.alice, chat.alice, bob, cat):
        await who.use("dinoname", count=3)
    *_polls, third, _of_bob, of_cat = chat.history()
    own = "No poll this time: 2 of your polls are still open here."
    assert third.lines == ["Mangosaurus", "Bravosaurus", "Kilosaurus", "", own]
    assert [*third.buttons] == ["More", "Dissect", "Details"]
    assert of_cat.lines[-1] == "No poll this time: 3 polls are still open in this channel."
    await chat.pass_time(TEN_MINUTES + 60)
    await chat.alice.use("dinoname", count=3)
    assert chat.history()[-1].text.startswith("Which is the coolest?")


async def test_optional_edits_are_left_out(
    discord_chat: DiscordChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While Discord refuses many requests, only the response to a vote shows the tally."""
    message = await a_poll(discord_chat)
    result = await discord_chat.alice.press(message, "Bravosaurus")
    monkeypatch.setattr(DiscordPlatform, "spares_requests", True)
    await discord_chat.alice.press(receipt(result), "Take it back")
    await discord_chat.settle()
    assert [*first_message(discord_chat).buttons][1] == "Bravosaurus · 1"
    await discord_chat.alice.press(first_message(discord_chat), "Kilosaurus")
    assert [*first_message(discord_chat).buttons][1:3] == ["Bravosaurus", "Kilosaurus · 1"]


async def test_vote_cannot_be_taken_back_later(chat: Chat) -> None:
    message = await a_poll(chat)
    (bob,) = await members(chat, 1)
    result = await bob.press(message, "Bravosaurus")
    await chat.pass_time(TEN_MINUTES + 60)
    late = await bob.press(receipt(result), "Take it back")
    assert late.text == "This poll is closed: Bravosaurus won."
    assert not late.buttons
    assert first_message(chat).lines[1] == "👑 Bravosaurus · ▰ 1"


@pytest.fixture
def poll(chat: Chat) -> PollRecord:
    """A closed poll with a tie."""
    now = chat.now()
    return PollRecord(
        id=1,
        community_id=chat.community_id,
        channel_id=chat.channel.id,
        message_id=5,
        member_id=1,
        discoverer=None,
        names=named("Mangosaurus", "Bravosaurus", "Kilosaurus", "Minmi"),
        votes=(3, 3, 3, 1),
        last_votes=tuple(now + timedelta(seconds=second) for second in (2, 1, 3, 0)),
        opened_at=now,
        closes_at=now,
        closed_at=now,
        winner=1,
    )


def test_tie_of_several(poll: PollRecord) -> None:
    tied = "It tied with Mangosaurus and Kilosaurus at 3 votes each, but got there first."
    assert plain(tie_sentence(poll)) == tied


async def test_late_vote_is_told_the_winner(chat: Chat) -> None:
    message = await voted(chat)
    await close_elsewhere(chat)
    result = await chat.alice.press(message, "Kilosaurus")
    assert receipt(result).text == "This poll is closed: Bravosaurus won."


async def test_settings_change_vote_minutes(chat: Chat) -> None:
    boss = await chat.add_administrator()
    for minutes in (10, 20):
        look = await boss.use("settings")
        assert f"Polls here stay open for {minutes} minutes." in look.text
        result = await boss.use("settings", vote_minutes=20)
    assert result.is_private
    assert result.text == (
        "New polls here stay open for 20 minutes; polls that are already open don't change."
    )
    await chat.alice.use("dinoname")
    await chat.pass_time(TEN_MINUTES + 60)
    assert first_message(chat).text.startswith("Which is the coolest?")
    await chat.pass_time(TEN_MINUTES)
    assert first_message(chat).text == "The poll is closed: nobody voted."


async def test_dissect_needs_the_database(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no poll can be stored, the names are shown all the same.

    Several names are too long for a button: without a database it is left out.
    """
    monkeypatch.setattr(chat.app.store[Polls], "open", unavailable)
    await chat.alice.use("dinoname", count=3)
    monkeypatch.setattr(chat.app.store[ButtonStates], "put", unavailable)
    await chat.alice.use("dinoname", count=3)
    shown = chat.history()
    with_ids, without = [[*message.buttons] for message in shown]
    assert (with_ids, without) == (["More", "Dissect", "Details"], ["More", "Details"])
    assert shown[0].lines[:3] == ["Mangosaurus", "Bravosaurus", "Kilosaurus"]


async def test_lost_vote_is_not_shown(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    message = await a_poll(chat)
    monkeypatch.setattr(chat.app.store[Polls], "cast", unavailable)
    result = await chat.alice.press(message, "Bravosaurus")
    assert result.text.startswith("The database isn't answering")
    assert [*first_message(chat).buttons][1] == "Bravosaurus"


async def test_vote_is_counted_before_the_database_goes(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence would have the member press again, which takes the vote back."""
    message = await a_poll(chat)
    with monkeypatch.context() as gone:
        gone.setattr("bot.polls.votes.shown_poll", unavailable)
        for sentence in (
            "Your vote has been counted. Press the same name",
            "You took your vote back.",
        ):
            result = await chat.alice.press(message, "Bravosaurus")
            assert [each for each in (result, *result.others) if sentence in each.text]
            await chat.pass_time(5)  # else it would be a double press


async def test_vote_that_may_be_lost(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    message = await a_poll(chat)
    with monkeypatch.context() as slow:
        slow.setattr(chat.app.store[Polls], "cast", AsyncMock(side_effect=OutcomeUnknown))
        result = await chat.alice.press(message, "Bravosaurus")
    assert "Check there before you press again, because a second press takes" in result.text


async def test_poll_of_another_database(chat: Chat) -> None:
    message = await a_poll(chat)
    chat.rewrite_button(message, "Mangosaurus", "vote:123:0")
    result = await chat.alice.press(message, "Mangosaurus")
    assert result.text.startswith("This poll no longer exists")


@pytest.mark.parametrize(
    "state",
    [
        *("", "1", "1:", ":1", "a:1", "1:-1", "1:x", "-5:0", "9" * 20 + ":0"),
        *(f"{2**63}:0", f"1:{2**15}"),
    ],
)
def test_invalid_state(state: str) -> None:
    with pytest.raises(UserError, match="no longer exists"):
        parse(state)
    assert parse(f"{2**63 - 1}:9") == (2**63 - 1, 9)
    assert parse(f"1:{2**15 - 1}") == (1, 2**15 - 1)


@pytest.mark.parametrize(
    ("display_name", "signed"),
    [
        ("Ada", "Ada"),
        (" Ada \n Lovelace ", "Ada Lovelace"),
        ("\u202eevil\u2066", "evil"),
        ("👩‍🔬", "👩‍🔬"),
        ("f u c k", None),
        ("\u202e\u2066", None),
        ("\u200b", None),
    ],
)
def test_signature(display_name: str, signed: str | None) -> None:
    assert signature(display_name, WordFilter()) == signed


async def test_no_poll_in_direct_messages(chat: Chat) -> None:
    diana = await chat.add_member("diana")
    result = await diana.use_directly("dinoname")
    assert [*result.buttons] == ["More", "Dissect"]
    chosen = await diana.press(result, "Dissect")
    assert [*chosen.buttons] == ["Mangosaurus", "Bravosaurus", "Kilosaurus"]


def test_long_names_fit_on_buttons(poll: PollRecord) -> None:
    long = replace(poll, names=named("x" * 90, *poll.names[1:]), closed_at=None, winner=None)
    button = poll_message(long, LIMITS).buttons[0]
    assert button.label == "x" * 75 + "… · 3"
    assert len(button.label) == LIMITS.button_label


async def test_vote_for_removed_name(chat: Chat) -> None:
    """Its button is gone; one of an old rendering is refused."""
    message = await a_poll(chat)
    (poll,) = await open_polls(chat)
    entry = RecordEntry(Action.REMOVE_NAME, 1, chat.now(), chat.community_id)
    await chat.app.store[Moderation].remove_name(poll.id, 1, entry)
    refused = await chat.alice.press(message, "Bravosaurus")
    assert refused.text == "A moderator removed this name. Vote for another one."
    await chat.alice.press(message, "Kilosaurus")
    shown = first_message(chat)
    assert "Bravosaurus" not in [*shown.buttons]
    assert "Bravosaurus" not in shown.body
    asked = await chat.alice.press(shown, "Dissect")
    assert [*asked.buttons] == ["Mangosaurus", "Kilosaurus"]


@pytest.mark.parametrize("is_closed", [False, True])
async def test_forged_vote_from_another_server(discord_chat: DiscordChat, is_closed: bool) -> None:
    """A press names the poll of another server, and learns nothing of it."""
    poll = await a_poll(discord_chat)
    rows = discord_chat.stored(poll).components
    custom_id = rows[0]["components"][1]["custom_id"]
    if is_closed:
        voter = await discord_chat.add_member("voter")
        await voter.press(poll, "Bravosaurus")
        await discord_chat.pass_time(TEN_MINUTES)
    other = discord_chat.home.env.create_guild("Elsewhere")
    channel = other.create_text_channel("general")
    bob = other.add_member(discord_chat.home.env.create_user("bob"))
    await bob.slash(channel, "dinoname", count=3)
    (theirs,) = channel.history()
    stored = discord_chat.home.env.backend.get_message(channel.id, theirs.id)
    stored.components[0]["components"][0]["custom_id"] = custom_id
    result = discord_chat.answer(await bob.click(channel.history()[0], label="Mangosaurus"))
    assert result.text == (
        "This button belongs to another poll. Vote with the buttons below the names."
    )
    assert is_closed or [*first_message(discord_chat).buttons][1] == "Bravosaurus"


async def test_no_poll_in_a_channel_that_the_bot_cannot_see(discord_chat: DiscordChat) -> None:
    hidden = discord.PermissionOverwrite(view_channel=False)
    assert discord_chat.home.bot.user is not None
    channel = discord_chat.home.guild.create_text_channel(
        "secret", overwrites={discord_chat.home.bot.user: hidden}
    )
    result = discord_chat.answer(
        await discord_chat.alice.member.slash(channel, "dinoname", count=3)
    )
    assert "There's no poll, because the bot can't see this channel." in str(result.lines)
    assert not {"Mangosaurus", "Bravosaurus"} & {*result.buttons}
    assert await open_polls(discord_chat) == []


async def test_press_closes_a_poll_whose_message_was_never_noted(chat: Chat) -> None:
    """The process that sent it was killed between sending it and noting which message it is."""
    message = await a_poll(chat)
    await chat.settle()
    async with chat.app.store.database.writing() as session:
        await session.execute(update(Poll).values(message_id=None))
    await chat.pass_time(TEN_MINUTES + 60)
    assert "Kilosaurus" in [*first_message(chat).buttons]
    result = await chat.alice.press(message, "Kilosaurus")
    assert receipt(result).text.startswith("This poll is closed.")
    assert "Kilosaurus" not in [*first_message(chat).buttons]


async def test_card_that_stayed_open_is_closed_by_a_press(discord_chat: DiscordChat) -> None:
    """The bot lost sight of the channel, so that it could not edit the card in time."""
    await voted(discord_chat)
    discord_chat.home.env.inject_error(
        "PATCH", "/channels/*", status=403, code=50001, message="Missing Access", times=None
    )
    await discord_chat.pass_time(TEN_MINUTES + 60)
    assert "Kilosaurus" in [*first_message(discord_chat).buttons]
    result = await discord_chat.alice.press(first_message(discord_chat), "Kilosaurus")
    assert receipt(result).text == "This poll is closed: Bravosaurus won."
    assert first_message(discord_chat).text == "The poll is closed: Bravosaurus won."
    assert "Kilosaurus" not in [*first_message(discord_chat).buttons]
