"""Votes on a card of names, as members meet them."""

import asyncio
from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest
import simcord

from bot.commands.message import UserError
from bot.commands.votes import parse, signature
from bot.discord.cogs import votes as votes_cog
from bot.services.word_filter import WordFilter
from bot.store import Unavailable
from bot.store.polls import Ballot, PollRecord
from tests.bot.conftest import Home, labels

TEN_MINUTES = 600.0


async def a_card(home: Home) -> discord.Message:
    """Three names that a member has asked for."""
    await home.alice.slash(home.channel, "dinoname", count=3)
    return card(home)


def card(home: Home) -> discord.Message:
    """The first card of the channel, as it is now."""
    return home.channel.history()[0]


def names_on(message: discord.Message) -> Sequence[str]:
    (embed,) = message.embeds
    return (embed.description or "").split("\n")


def members(home: Home, count: int) -> list[simcord.MemberActor]:
    return [home.guild.add_member(home.env.create_user(f"member{i}")) for i in range(count)]


async def test_a_card_of_names_can_be_voted_on(home: Home) -> None:
    message = await a_card(home)
    assert labels(message) == ["Mangosaurus", "Bravosaurus", "Kilosaurus", "More", "Dissect"]
    assert message.content.startswith("Which is the coolest? The vote ends <t:")


async def test_the_tally_is_shown_on_the_card_and_its_buttons(home: Home) -> None:
    message = await a_card(home)
    first, second = members(home, 2)
    await first.click(message, label="Bravosaurus")
    assert labels(card(home))[:3] == ["Mangosaurus", "Bravosaurus · 1", "Kilosaurus"]
    await second.click(card(home), label="Bravosaurus · 1")
    assert names_on(card(home)) == ["**Mangosaurus**", "**Bravosaurus** · ▰▰ 2", "**Kilosaurus**"]


async def test_a_vote_can_be_changed_and_is_one_vote(home: Home) -> None:
    await a_card(home)
    await home.alice.click(card(home), label="Bravosaurus")
    await home.alice.click(card(home), label="Kilosaurus")
    await home.alice.click(card(home), label="Kilosaurus · 1")
    assert labels(card(home))[:3] == ["Mangosaurus", "Bravosaurus", "Kilosaurus · 1"]


async def test_a_vote_is_answered_with_nothing_but_the_tally(home: Home) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Mangosaurus")
    assert len(home.channel.history()) == 1


async def test_the_winner_is_crowned_when_the_card_closes(home: Home) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    await home.env.advance_time(TEN_MINUTES + 60)
    closed, crowning = home.channel.history()
    assert closed.content == "The vote is over: Bravosaurus has won."
    assert names_on(closed)[1] == "👑 **Bravosaurus** · ▰ 1"
    assert labels(closed) == ["More", "Dissect"]
    (embed,) = crowning.embeds
    assert embed.title == "👑 A name has been chosen"
    assert "**Bravosaurus** won with 1 vote." in (embed.description or "")
    assert "Discovered by alice." in (embed.description or "")
    (attachment,) = crowning.attachments
    assert attachment.filename == "plaque.png"


async def test_a_card_without_votes_closes_quietly(home: Home) -> None:
    await a_card(home)
    await home.env.advance_time(TEN_MINUTES + 60)
    (closed,) = home.channel.history()
    assert closed.content == "The vote is over, and nobody has voted."


async def test_a_vote_after_the_end_is_told_who_has_won(home: Home) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    stored = home.env.backend.get_message(home.channel.id, message.id)
    stale = deepcopy(stored.components)
    await home.env.advance_time(TEN_MINUTES + 60)
    stored.components = stale
    result = await home.alice.click(card(home), label="Kilosaurus")
    assert result.ephemeral
    assert result.response is not None
    assert result.response.content == "This vote is over: Bravosaurus has won."


async def test_votes_and_cards_outlive_a_restart(home: Home) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    await home.restart()
    (member,) = members(home, 1)
    await member.click(card(home), label="Bravosaurus · 1")
    assert labels(card(home))[1] == "Bravosaurus · 2"
    await home.env.advance_time(TEN_MINUTES + 60)
    assert card(home).content == "The vote is over: Bravosaurus has won."


async def test_a_server_may_vote_for_longer(home: Home) -> None:
    boss = home.administrator()
    result = await boss.slash(home.channel, "settings", vote_minutes=60)
    assert result.ephemeral
    assert result.response is not None
    assert result.response.content.startswith("A vote on names lasts 60 minutes here")
    await home.alice.slash(home.channel, "dinoname")
    await home.env.advance_time(TEN_MINUTES + 60)
    assert card(home).content.startswith("Which is the coolest?")
    await home.env.advance_time(6 * TEN_MINUTES)
    assert card(home).content == "The vote is over, and nobody has voted."


async def test_settings_are_for_who_manages_the_server(home: Home) -> None:
    commands = await home.bot.tree.fetch_commands()
    (command,) = [command for command in commands if command.name == "settings"]
    home.guild.set_command_permissions(command.id, {home.alice: True})
    result = await home.alice.slash(home.channel, "settings", vote_minutes=60)
    assert result.response is not None
    assert result.response.content == "You may not use this command here."
    assert await home.app.store.polls.minutes(home.guild.id) == 10
    assert home.env.errors


async def test_names_come_without_a_vote_when_memory_fails(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(home.app.store.polls, "open", fails)
    message = await a_card(home)
    assert labels(message) == ["More", "Dissect"]
    assert names_on(message) == ["**Mangosaurus**", "**Bravosaurus**", "**Kilosaurus**"]


async def test_a_vote_that_cannot_be_kept_is_not_shown(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise Unavailable("The database does not answer.")

    message = await a_card(home)
    monkeypatch.setattr(home.app.store.polls, "cast", fails)
    result = await home.alice.click(message, label="Bravosaurus")
    assert result.response is not None
    assert result.response.content.startswith("My memory does not answer just now")
    assert labels(card(home))[1] == "Bravosaurus"


async def test_a_button_of_a_lost_database_votes_on_nothing(home: Home) -> None:
    message = await a_card(home)
    stored = home.env.backend.get_message(home.channel.id, message.id)
    stored.components[0]["components"][0]["custom_id"] = "vote:123:0"
    result = await home.alice.click(message, custom_id="vote:123:0")
    assert result.response is not None
    assert result.response.content.startswith("I do not know this card any more")


async def test_the_names_of_a_card_with_votes_can_be_dissected(home: Home) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    result = await home.alice.click(card(home), label="Dissect")
    assert result.response is not None
    assert result.response.content == "Which one shall I dissect?"
    assert len(result.response.components) == 1


@pytest.mark.parametrize("state", ["", "1", "1:", ":1", "a:1", "1:-1", "9" * 20 + ":0"])
def test_a_state_of_no_vote_is_refused(state: str) -> None:
    with pytest.raises(UserError):
        parse(state)


async def close_elsewhere(home: Home) -> None:
    """Another process closes the card, and has not shown it yet."""
    (record,) = await home.app.store.polls.due(home.env.now() + timedelta(days=1))
    assert await home.app.store.polls.close(record.id, home.env.now()) is not None


@pytest.fixture
def slow_edits(home: Home, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """While a tally is on its way, its card is closed; what the edits say is noted."""
    said: list[str] = []
    edit_message = discord.InteractionResponse.edit_message

    async def closes_meanwhile(response: object, **options: object) -> object:
        await close_elsewhere(home)
        said.append(str(options["content"]))
        return await edit_message(response, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(discord.InteractionResponse, "edit_message", closes_meanwhile)
    return said


async def test_a_tally_that_was_on_its_way_does_not_open_a_closed_card_again(
    home: Home, slow_edits: list[str]
) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    assert slow_edits[0].startswith("Which is the coolest?")
    assert card(home).content == "The vote is over: Bravosaurus has won."
    assert labels(card(home)) == ["More", "Dissect"]


async def test_a_vote_that_cannot_be_answered_any_more_is_shown_nevertheless(home: Home) -> None:
    message = await a_card(home)
    for method, path in (("POST", "/interactions/*"), ("PATCH", "/webhooks/*")):
        home.env.inject_error(
            method, path, status=404, code=10062, message="Unknown interaction", times=None
        )
    await home.alice.click(message, label="Bravosaurus")
    assert labels(card(home))[1] == "Bravosaurus · 1"


async def test_an_error_after_the_tally_leaves_the_card_as_it_is(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await a_card(home)
    find, found = home.app.store.polls.find, 0

    async def fails_later(poll_id: int) -> PollRecord | None:
        nonlocal found
        found += 1
        if found > 1:
            raise LookupError
        return await find(poll_id)

    monkeypatch.setattr(home.app.store.polls, "find", fails_later)
    result = await home.alice.click(message, label="Bravosaurus")
    assert labels(card(home))[1] == "Bravosaurus · 1"
    (apology,) = result.followups
    assert apology.ephemeral
    assert apology.content.startswith("Sorry, something broke on my side.")


async def test_a_card_whose_number_was_never_noted_is_closed_all_the_same(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> None:
        raise Unavailable("The process is gone.")

    with monkeypatch.context() as dying:
        dying.setattr(home.app.store.polls, "sent", dies)
        message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    await home.env.advance_time(TEN_MINUTES + 60)
    assert card(home).content == "The vote is over: Bravosaurus has won."


async def test_an_end_that_a_dead_process_did_not_tell_is_told_once(home: Home) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    await close_elsewhere(home)
    await home.restart()
    await home.env.advance_time(240)
    await home.env.advance_time(240)
    assert [message.content for message in home.channel.history()] == [
        "The vote is over: Bravosaurus has won.",
        "",
    ]


async def test_the_end_is_told_when_discord_is_back(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    with monkeypatch.context() as storm:
        down = RuntimeError("never reached")

        async def unreachable(*_: object, **__: object) -> None:
            raise aiohttp.ClientError(down)

        storm.setattr(discord.abc.Messageable, "send", unreachable)
        storm.setattr(discord.PartialMessage, "edit", unreachable)
        await home.env.advance_time(TEN_MINUTES + 300)
        assert len(home.channel.history()) == 1
    await home.env.advance_time(240)
    closed, crowning = home.channel.history()
    assert closed.content == "The vote is over: Bravosaurus has won."
    assert crowning.attachments[0].size > 10_000
    await home.env.advance_time(240)
    assert len(home.channel.history()) == 2


async def test_a_plaque_is_whole_when_it_is_sent_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    send, lost = discord.abc.Messageable.send, 0

    async def loses_one(channel: discord.abc.Messageable, **options: object) -> object:
        nonlocal lost
        lost += 1
        if lost == 1:
            (file,) = cast("list[discord.File]", options["files"])
            file.fp.read()  # it was on its way
            raise aiohttp.ClientError
        return await send(channel, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(discord.abc.Messageable, "send", loses_one)
    await home.env.advance_time(TEN_MINUTES + 120)
    _, crowning = home.channel.history()
    assert crowning.attachments[0].size > 10_000
    assert lost == 2


async def test_where_the_bot_may_not_speak_the_plaque_is_on_the_card(home: Home) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    home.env.inject_error(
        "POST", "/channels/*", status=403, code=50013, message="Missing Permissions", times=None
    )
    await home.env.advance_time(TEN_MINUTES + 60)
    (closed,) = home.channel.history()
    assert closed.content == "The vote is over: Bravosaurus has won."
    (plaque,) = closed.attachments
    assert (plaque.description or "").startswith("A plaque: Bravosaurus, ")
    assert closed.embeds[0].image.url is not None


async def crowned_by(home: Home, called: str) -> discord.Message:
    """The crowning of a name that a member of some name has asked for."""
    member = home.guild.add_member(home.env.create_user("mallory", global_name=called))
    await member.slash(home.channel, "dinoname", count=3)
    await member.click(card(home), label="Bravosaurus")
    await home.env.advance_time(TEN_MINUTES + 60)
    return home.channel.history()[-1]


async def test_a_discoverers_name_formats_nothing_and_calls_nobody(home: Home) -> None:
    crowning = await crowned_by(home, "**@everyone** <@1> \u202eoverturned")
    said = crowning.embeds[0].description or ""
    assert r"Discovered by \*\*\@everyone\*\* \<\@1> overturned." in said
    assert not crowning.mention_everyone


async def test_a_discoverer_whose_name_cannot_be_said_is_left_out(home: Home) -> None:
    crowning = await crowned_by(home, "Cunt McFace")
    assert "Discovered" not in (crowning.embeds[0].description or "")
    hall = await home.alice.slash(home.channel, "halloffame")
    assert hall.response is not None
    assert hall.response.embeds[0].description == "🥇 **Bravosaurus** · 1 vote"


@pytest.mark.parametrize(
    ("called", "signed"),
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
def test_a_name_is_signed_as_far_as_it_can_be_said(called: str, signed: str | None) -> None:
    assert signature(called, WordFilter()) == signed


async def test_names_in_direct_messages_are_not_put_to_the_vote(home: Home) -> None:
    result = await home.env.create_user("diana").slash("dinoname")
    assert result.response is not None
    assert labels(result.response.message) == ["More", "Dissect"]


async def test_an_older_tally_never_comes_after_a_newer_one(home: Home) -> None:
    await a_card(home)
    (record,) = await home.app.store.polls.due(home.env.now() + timedelta(days=1))
    cog: Any = home.bot.get_cog("Votes")
    pressed = SimpleNamespace(message=None)
    may_go_on, shown = asyncio.Event(), list[str]()

    async def quick(**card: list[discord.Embed]) -> None:
        shown.append(card["embeds"][0].description or "")

    async def slow(**card: list[discord.Embed]) -> None:
        await may_go_on.wait()
        await quick(**card)

    tasks = []
    for votes, edit in enumerate([slow, quick]):
        await home.app.store.polls.cast(Ballot(record.id, votes, 1), home.env.now())
        tasks.append(asyncio.create_task(cog._draw(record.id, pressed, edit)))
        await asyncio.sleep(0.1)
    may_go_on.set()
    await asyncio.gather(*tasks)
    assert ["▰▰ 2" in card for card in shown] == [False, True]


async def test_where_the_database_hangs_the_names_come_without_a_vote(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(votes_cog, "OPENING_S", 0.01)
    monkeypatch.setattr(home.app.store.polls, "open", hang)
    result = await home.alice.slash(home.channel, "dinoname", count=2)
    assert result.response is not None
    assert labels(result.response.message) == ["More", "Dissect"]


def test_a_button_of_a_number_that_no_card_has_is_refused() -> None:
    for state in (f"{2**63}:0", f"1:{2**15}", "-5:0", "1", "1:x"):
        with pytest.raises(UserError, match="I do not know this card"):
            parse(state)
    assert parse(f"{2**63 - 1}:9") == (2**63 - 1, 9)


async def test_a_channel_that_is_slow_holds_up_no_other(home: Home) -> None:
    slow = await a_card(home)
    other = home.guild.create_text_channel("bones")
    await home.alice.slash(other, "dinoname", count=2)
    cog: Any = home.bot.get_cog("Votes")
    tell, told = cog._tell, asyncio.Event()

    async def wait_in_the_first_channel(card: PollRecord) -> bool:
        if card.message_id == slow.id:
            await told.wait()
        heard: bool = await tell(card)
        if card.message_id != slow.id:
            told.set()
        return heard

    cog._tell = wait_in_the_first_channel
    async with asyncio.timeout(5):
        await cog.close_due(home.env.now() + timedelta(days=1))
    for channel in (home.channel, other):
        assert "The vote is over" in channel.history()[0].content
