"""Polls on names: votes, tallies, results."""

import asyncio
from copy import deepcopy
from dataclasses import replace

import discord
import pytest
import simcord

from bot.commands.core.message import Message, UserError, plain
from bot.commands.core.turn import Platform
from bot.commands.polls import votes
from bot.commands.polls.votes import parse, poll_message, signature, tie_sentence
from bot.discord.platform import LIMITS, DiscordPlatform
from bot.services.word_filter import WordFilter
from bot.store.ballots import Ballot
from bot.store.moderation.tables import Action, Entry
from bot.store.polls import PollRecord
from tests.bot.conftest import Home
from tests.bot.fakes import unavailable
from tests.bot.polls import (
    TEN_MINUTES,
    TOMORROW,
    a_poll,
    close_elsewhere,
    first_message,
    members,
    names_on,
)
from tests.bot.replies import buttons, labels, lines, sentence


def receipt(result: simcord.InteractionResult) -> simcord.ResponseMessage:
    """The private note that follows a vote."""
    (note,) = result.followups
    assert note.ephemeral
    return note


async def test_poll_has_button_for_each_name(home: Home) -> None:
    message = await a_poll(home)
    assert labels(message) == ["Mangosaurus", "Bravosaurus", "Kilosaurus", "More", "Dissect"]
    assert message.content.startswith("Which is the coolest? The poll closes <t:")


async def test_tally(home: Home) -> None:
    message = await a_poll(home)
    first, second = members(home, 2)
    await first.click(message, label="Bravosaurus")
    assert labels(first_message(home))[:3] == ["Mangosaurus", "Bravosaurus · 1", "Kilosaurus"]
    await second.click(first_message(home), label="Bravosaurus · 1")
    assert names_on(first_message(home)) == [
        "**Mangosaurus**",
        "**Bravosaurus** · ▰▰ 2",
        "**Kilosaurus**",
    ]


async def test_vote_counts_once(home: Home) -> None:
    await a_poll(home)
    await home.alice.click(first_message(home), label="Bravosaurus")
    await home.alice.click(first_message(home), label="Kilosaurus")
    await home.alice.click(first_message(home), label="Kilosaurus · 1")
    assert labels(first_message(home))[:3] == ["Mangosaurus", "Bravosaurus", "Kilosaurus · 1"]


async def test_member_sees_own_vote(home: Home) -> None:
    """In private: nothing is added to the channel."""
    message = await a_poll(home)
    result = await home.alice.click(message, label="Mangosaurus")
    assert receipt(result).content == (
        "You voted for **Mangosaurus**. Press another name to change your vote."
    )
    assert len(home.channel.history()) == 1


async def test_vote_taken_back(home: Home) -> None:
    message = await a_poll(home)
    (bob,) = members(home, 1)
    await bob.click(message, label="Bravosaurus")
    result = await home.alice.click(first_message(home), label="Bravosaurus · 1")
    assert labels(first_message(home))[1] == "Bravosaurus · 2"
    await home.alice.click(receipt(result), label="Take it back")
    await home.env.settle()
    assert labels(first_message(home))[1] == "Bravosaurus · 1"
    await home.alice.click(first_message(home), label="Kilosaurus")
    assert labels(first_message(home))[1:3] == ["Bravosaurus · 1", "Kilosaurus · 1"]


async def test_optional_edits_are_left_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """While Discord refuses many requests, only the response to a vote shows the tally."""
    message = await a_poll(home)
    result = await home.alice.click(message, label="Bravosaurus")
    monkeypatch.setattr(DiscordPlatform, "spares_requests", True)
    await home.alice.click(receipt(result), label="Take it back")
    await home.env.settle()
    assert labels(first_message(home))[1] == "Bravosaurus · 1"
    await home.alice.click(first_message(home), label="Kilosaurus")
    assert labels(first_message(home))[1:3] == ["Bravosaurus", "Kilosaurus · 1"]


async def test_vote_cannot_be_taken_back_later(home: Home) -> None:
    message = await a_poll(home)
    result = await home.alice.click(message, label="Bravosaurus")
    await home.pass_time(TEN_MINUTES + 60)
    late = await home.alice.click(receipt(result), label="Take it back")
    assert sentence(late) == "This poll is closed: Bravosaurus has won."
    assert names_on(first_message(home))[1] == "👑 **Bravosaurus** · ▰ 1"


def test_tie_of_several(poll: PollRecord) -> None:
    assert plain(tie_sentence(poll)) == (
        "It tied with Mangosaurus and Kilosaurus at 3 votes each, and got there first."
    )


@pytest.fixture
def poll(home: Home) -> PollRecord:
    """A closed poll with a tie."""
    now = home.env.now()
    return PollRecord(
        id=1,
        community_id=home.guild.id,
        channel_id=home.channel.id,
        message_id=5,
        member_id=1,
        discoverer=None,
        names=("Mangosaurus", "Bravosaurus", "Kilosaurus", "Minmi"),
        votes=(3, 3, 3, 1),
        opened_at=now,
        closes_at=now,
        closed_at=now,
        winner=1,
    )


async def test_late_vote_is_told_the_winner(home: Home) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    stored = home.env.backend.get_message(home.channel.id, message.id)
    stale = deepcopy(stored.components)
    await home.pass_time(TEN_MINUTES + 60)
    stored.components = stale
    result = await home.alice.click(first_message(home), label="Kilosaurus")
    assert receipt(result).content == "This poll is closed: Bravosaurus has won."


async def test_polls_outlive_restart(home: Home) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    await home.restart()
    (member,) = members(home, 1)
    await member.click(first_message(home), label="Bravosaurus · 1")
    assert labels(first_message(home))[1] == "Bravosaurus · 2"
    await home.pass_time(TEN_MINUTES + 60)
    assert first_message(home).content == "The poll is closed: Bravosaurus has won."


async def test_settings_change_vote_minutes(home: Home) -> None:
    boss = home.administrator()
    look = await boss.slash(home.channel, "settings")
    assert sentence(look).startswith("Polls stay open for 10 minutes here. Change it with")
    result = await boss.slash(home.channel, "settings", vote_minutes=20)
    assert result.ephemeral
    assert sentence(result) == "New polls stay open for 20 minutes here; open ones keep their time."
    look = await boss.slash(home.channel, "settings")
    assert sentence(look).startswith("Polls stay open for 20 minutes here.")
    await home.alice.slash(home.channel, "dinoname")
    await home.pass_time(TEN_MINUTES + 60)
    assert first_message(home).content.startswith("Which is the coolest?")
    await home.pass_time(TEN_MINUTES)
    assert first_message(home).content == "The poll is closed: nobody voted."


async def test_settings_are_for_managers(home: Home) -> None:
    """Also where a server lets everyone use the command."""
    commands = await home.bot.tree.fetch_commands()
    (command,) = [command for command in commands if command.name == "settings"]
    home.guild.set_command_permissions(command.id, {home.alice: True})
    result = await home.alice.slash(home.channel, "settings", vote_minutes=60)
    assert sentence(result) == "You don't have permission to use this command here."
    assert await home.app.store.polls.minutes(home.guild.id) == 10


async def test_names_without_poll(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no poll can be stored, the names are shown all the same."""
    monkeypatch.setattr(home.app.store.polls, "open", unavailable)
    message = await a_poll(home)
    assert labels(message) == ["More", "Dissect"]
    assert names_on(message) == ["**Mangosaurus**", "**Bravosaurus**", "**Kilosaurus**"]


async def test_dissect_needs_the_database(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several names are too long for a button: without a database it is left out."""
    monkeypatch.setattr(home.app.store.polls, "open", unavailable)
    monkeypatch.setattr(home.app.store.button_states, "put", unavailable)
    assert labels(await a_poll(home)) == ["More"]


async def test_lost_vote_is_not_shown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    message = await a_poll(home)
    monkeypatch.setattr(home.app.store.polls, "cast", unavailable)
    result = await home.alice.click(message, label="Bravosaurus")
    assert sentence(result).startswith("The database isn't answering")
    assert labels(first_message(home))[1] == "Bravosaurus"


async def test_poll_of_another_database(home: Home) -> None:
    message = await a_poll(home)
    home.rewrite_button(message.id, "Mangosaurus", "vote:123:0")
    result = await home.alice.click(message, custom_id="vote:123:0")
    assert sentence(result).startswith("This poll no longer exists")


async def test_vote_of_0_3_0(home: Home) -> None:
    """Ids of its buttons were the same."""
    message = await a_poll(home)
    (record,) = await home.app.store.polls.due(home.env.now() + TOMORROW)
    home.rewrite_button(message.id, "Bravosaurus", f"vote:{record.id}:1")
    home.rewrite_button(message.id, "More", "names:3:1::::")
    home.rewrite_button(message.id, "Dissect", "dissect:")
    await home.alice.click(message, label="Bravosaurus")
    assert labels(first_message(home))[1] == "Bravosaurus · 1"


async def test_names_of_poll_can_be_dissected(home: Home) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    result = await home.alice.click(first_message(home), label="Dissect")
    assert sentence(result) == "Which one?"
    assert result.response is not None
    assert labels(result.response.message) == ["Mangosaurus", "Bravosaurus", "Kilosaurus"]


@pytest.mark.parametrize(
    "state",
    [
        "",
        "1",
        "1:",
        ":1",
        "a:1",
        "1:-1",
        "1:x",
        "-5:0",
        "9" * 20 + ":0",
        f"{2**63}:0",
        f"1:{2**15}",
    ],
)
def test_invalid_state(state: str) -> None:
    with pytest.raises(UserError, match="no longer exists"):
        parse(state)


def test_largest_state() -> None:
    assert parse(f"{2**63 - 1}:9") == (2**63 - 1, 9)


@pytest.fixture
def slow_edits(home: Home, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """While a tally is on its way, its poll is closed. What the edits said."""
    said: list[str] = []
    edit_message = discord.InteractionResponse.edit_message

    async def closes_meanwhile(response: object, **options: object) -> object:
        await close_elsewhere(home)
        said.append(str(options["content"]))
        return await edit_message(response, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(discord.InteractionResponse, "edit_message", closes_meanwhile)
    return said


async def test_late_tally_does_not_reopen_poll(home: Home, slow_edits: list[str]) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    assert slow_edits[0].startswith("Which is the coolest?")
    assert first_message(home).content == "The poll is closed: Bravosaurus has won."
    assert labels(first_message(home)) == ["More", "Dissect"]


async def test_unanswered_vote_is_shown(home: Home) -> None:
    """A vote counts also when its interaction has expired: the bot edits the message itself."""
    message = await a_poll(home)
    for method, path in (("POST", "/interactions/*"), ("PATCH", "/webhooks/*")):
        home.env.inject_error(
            method, path, status=404, code=10062, message="Unknown interaction", times=None
        )
    await home.alice.click(message, label="Bravosaurus")
    assert labels(first_message(home))[1] == "Bravosaurus · 1"


async def test_busy_channel_shows_votes_later(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The member is told at once; the tally waits for the throttle."""
    message = await a_poll(home)
    monkeypatch.setattr(home.app.edits, "acquire", lambda _channel: False)
    result = await home.alice.click(message, label="Bravosaurus")
    assert receipt(result).content.startswith("You voted for **Bravosaurus**.")
    await home.env.settle()
    assert labels(first_message(home))[1] == "Bravosaurus · 1"


async def test_error_after_tally(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The poll stays as it is; the member gets an apology."""
    message = await a_poll(home)
    find, found = home.app.store.polls.find, 0

    async def fails_later(poll_id: int) -> PollRecord | None:
        nonlocal found
        found += 1
        if found > 1:
            raise LookupError
        return await find(poll_id)

    monkeypatch.setattr(home.app.store.polls, "find", fails_later)
    result = await home.alice.click(message, label="Bravosaurus")
    assert labels(first_message(home))[1] == "Bravosaurus · 1"
    assert receipt(result).content.startswith("Sorry, something went wrong.")


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


async def test_no_poll_in_direct_messages(home: Home) -> None:
    diana = home.env.create_user("diana")
    result = await diana.slash("dinoname")
    assert result.response is not None
    assert labels(result.response.message) == ["More", "Dissect"]
    chosen = await diana.click(result.response, label="Dissect")
    assert chosen.response is not None
    assert labels(chosen.response.message) == ["Mangosaurus", "Bravosaurus", "Kilosaurus"]


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


async def test_tallies_arrive_in_order(home: Home) -> None:
    """An older tally never replaces a newer one."""
    await a_poll(home)
    (record,) = await home.app.store.polls.due(home.env.now() + TOMORROW)
    shown: list[Message] = []
    slow, quick = (SlowTurn(home.bot.platform, shown) for _ in range(2))
    quick.may_arrive.set()
    tasks = []
    for member_id, turn in enumerate([slow, quick]):
        await home.app.store.polls.cast(Ballot(record.id, member_id, 1), home.env.now())
        drawing = votes.draw(home.app, turn, record.id, turn.edit_source)  # type: ignore[arg-type]
        tasks.append(asyncio.create_task(drawing))
        await asyncio.sleep(0.1)
    slow.may_arrive.set()
    await asyncio.gather(*tasks)
    bars = ["".join(map(plain, message.embeds[0].lines)) for message in shown]
    assert ["▰▰ 2" in bar for bar in bars] == [False, True]


async def test_hanging_database(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names are shown without a poll."""

    async def hang(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(votes, "OPENING_S", 0.01)
    monkeypatch.setattr(home.app.store.polls, "open", hang)
    result = await home.alice.slash(home.channel, "dinoname", count=2)
    assert result.response is not None
    assert labels(result.response.message) == ["More", "Dissect"]


def test_long_names_fit_on_buttons(poll: PollRecord) -> None:
    long = replace(poll, names=("x" * 90, *poll.names[1:]), closed_at=None, winner=None)
    button = poll_message(long, LIMITS).buttons[0]
    assert button.label == "x" * 75 + "… · 3"
    assert len(button.label) == LIMITS.button_label


async def test_vote_for_removed_name(home: Home) -> None:
    """Its button is gone; one of an old rendering is refused."""
    message = await a_poll(home)
    (poll,) = await home.app.store.polls.due(home.env.now() + TOMORROW)
    entry = Entry(Action.REMOVE_NAME, 1, home.env.now(), home.guild.id)
    await home.app.store.moderation.remove_name(poll.id, 1, entry)
    refused = await home.alice.click(message, label="Bravosaurus")
    assert sentence(refused) == "A moderator removed this name. Vote for another one."
    await home.alice.click(message, label="Kilosaurus")
    shown = first_message(home)
    assert "Bravosaurus" not in labels(shown)
    assert "Bravosaurus" not in str(shown.embeds[0].description)
    asked = await home.alice.click(shown, label="Dissect")
    assert buttons(asked) == ["Mangosaurus", "Kilosaurus"]


async def test_forged_vote_from_another_server(home: Home) -> None:
    """A press names the poll of another server."""
    poll = await a_poll(home)
    rows = home.env.backend.get_message(home.channel.id, poll.id).components
    custom_id = rows[0]["components"][1]["custom_id"]
    other = home.env.create_guild("Elsewhere")
    channel = other.create_text_channel("general")
    bob = other.add_member(home.env.create_user("bob"))
    await bob.slash(channel, "dinoname", count=3)
    (theirs,) = channel.history()
    stored = home.env.backend.get_message(channel.id, theirs.id)
    stored.components[0]["components"][0]["custom_id"] = custom_id
    result = await bob.click(channel.history()[0], label="Mangosaurus")
    assert sentence(result) == (
        "This button belongs to another poll. Vote with the buttons below the names."
    )
    assert labels(first_message(home))[1] == "Bravosaurus"


async def test_no_poll_in_a_channel_that_the_bot_cannot_see(home: Home) -> None:
    hidden = discord.PermissionOverwrite(view_channel=False)
    assert home.bot.user is not None
    channel = home.guild.create_text_channel("secret", overwrites={home.bot.user: hidden})
    result = await home.alice.slash(channel, "dinoname", count=3)
    assert "There's no poll, because the bot can't see this channel." in str(lines(result))
    assert not {"Mangosaurus", "Bravosaurus"} & set(buttons(result))
    assert await home.app.store.polls.due(home.env.now() + TOMORROW) == []


async def test_card_that_stayed_open_is_closed_by_a_press(home: Home) -> None:
    """The bot lost sight of the channel, so that it could not edit the card in time."""
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    home.env.inject_error(
        "PATCH", "/channels/*", status=403, code=50001, message="Missing Access", times=None
    )
    await home.pass_time(TEN_MINUTES + 60)
    assert "Kilosaurus" in labels(first_message(home))
    result = await home.alice.click(first_message(home), label="Kilosaurus")
    assert receipt(result).content == "This poll is closed: Bravosaurus has won."
    assert first_message(home).content == "The poll is closed: Bravosaurus has won."
    assert "Kilosaurus" not in labels(first_message(home))
