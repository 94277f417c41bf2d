"""Votes on a card of names, as members meet them."""

from collections.abc import Sequence
from copy import deepcopy

import discord
import pytest
import simcord

from bot.commands.reply import Refusal
from bot.commands.votes import parse
from bot.store import Unavailable
from tests.bot.conftest import Home

TEN_MINUTES = 600.0


async def a_card(home: Home) -> discord.Message:
    """Three names that a member has asked for."""
    await home.alice.slash(home.channel, "dinoname", count=3)
    return card(home)


def card(home: Home) -> discord.Message:
    """The first card of the channel, as it is now."""
    return home.channel.history()[0]


def labels(message: discord.Message) -> list[str]:
    """What its buttons say."""
    buttons = [item for row in message.components for item in getattr(row, "children", ())]
    return [
        button.label for button in buttons if isinstance(button, discord.Button) and button.label
    ]


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
    assert await home.bot.store.cards.minutes(home.guild.id) == 10
    assert home.env.errors


async def test_names_come_without_a_vote_when_memory_fails(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(home.bot.store.cards, "open", fails)
    message = await a_card(home)
    assert labels(message) == ["More", "Dissect"]
    assert names_on(message) == ["**Mangosaurus**", "**Bravosaurus**", "**Kilosaurus**"]


async def test_a_vote_that_cannot_be_kept_is_not_shown(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise Unavailable("The database does not answer.")

    message = await a_card(home)
    monkeypatch.setattr(home.bot.store.cards, "cast", fails)
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
    with pytest.raises(Refusal):
        parse(state)
