"""What moderators remove: names, winners, poems, namers."""

import discord
import pytest
import simcord

from bot.store.hall_of_fame import Scope
from tests.bot.champions import crown
from tests.bot.commands.naming.test_name import TOWNS, learned
from tests.bot.conftest import Home
from tests.bot.fakes import unavailable
from tests.bot.polls_discord import TEN_MINUTES, a_poll, first_message, members, names_on
from tests.bot.replies import buttons, labels, lines, sentence

MENU = "Moderate this message"


async def crowned(home: Home) -> discord.Message:
    """A poll that Bravosaurus has won with two votes. Returns the announcement."""
    await a_poll(home)
    for member in members(home, 2):
        await member.click(first_message(home), label=labels(first_message(home))[1])
    await home.pass_time(TEN_MINUTES + 60)
    return home.channel.history()[-1]


async def remove(
    home: Home, moderator: simcord.MemberActor, message: discord.Message, label: str
) -> str:
    """Remove something through the menu of a message. Returns the reply."""
    asked = await moderator.context_menu(home.channel, MENU, message)
    assert asked.ephemeral
    assert asked.response is not None
    await moderator.click(asked.response, label=label)
    return sentence(asked)


async def test_name_is_removed_from_open_poll(home: Home) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    asked = await home.moderator().context_menu(home.channel, MENU, first_message(home))
    assert buttons(asked) == ["Remove Mangosaurus", "Remove Bravosaurus", "Remove Kilosaurus"]
    reply = await remove(home, home.moderator(), first_message(home), "Remove Bravosaurus")
    assert reply == "**Bravosaurus** was removed, with its votes."
    shown = first_message(home)
    assert names_on(shown)[1] == "*removed by a moderator*"
    assert labels(shown) == ["Mangosaurus", "Kilosaurus", "More", "Dissect"]
    await home.pass_time(TEN_MINUTES + 60)
    (closed,) = home.channel.history()
    assert closed.content == "The poll is closed: no name has won."


async def test_removed_twice(home: Home) -> None:
    message = await a_poll(home)
    first, second = home.moderator(), home.moderator()
    asked = await first.context_menu(home.channel, MENU, message)
    again = await second.context_menu(home.channel, MENU, message)
    assert asked.response is not None
    assert again.response is not None
    await first.click(asked.response, label="Remove Bravosaurus")
    late = await second.click(again.response, label="Remove Bravosaurus")
    assert sentence(late) == "This name was removed already."
    assert len(await home.app.store.moderation.recorded(home.guild.id)) == 1


async def test_winner_is_removed_with_its_plaque(home: Home) -> None:
    """From the menu of the plaque."""
    plaque = await crowned(home)
    await remove(home, home.moderator(), plaque, "Remove Bravosaurus")
    card, plaque = home.channel.history()
    assert card.content == "The poll is closed: no name has won."
    assert plaque.content == "*A moderator removed this.*"
    assert not plaque.attachments
    assert not plaque.components
    for scope in ("here", "all"):
        hall = await home.alice.slash(home.channel, "halloffame", scope=scope)
        assert "No name has won a poll yet" in sentence(hall)
    assert "No name has won" in sentence(await home.alice.slash(home.channel, "champion"))


async def test_tie_with_removed_name(home: Home) -> None:
    """The announcement of the winner forgets it as well, and keeps its plaque."""
    await a_poll(home)
    first, second = members(home, 2)
    await first.click(first_message(home), label="Kilosaurus")
    await home.pass_time(5)
    await second.click(first_message(home), label="Bravosaurus")
    await home.pass_time(TEN_MINUTES + 60)
    card, plaque = home.channel.history()
    assert "It tied with Bravosaurus" in str(plaque.embeds[0].description)
    await remove(home, home.moderator(), card, "Remove Bravosaurus")
    card, plaque = home.channel.history()
    assert card.content == "The poll is closed: Kilosaurus has won."
    assert "**Kilosaurus** won with 1 vote." in str(plaque.embeds[0].description)
    assert "Bravosaurus" not in str(plaque.embeds[0].description)
    assert len(plaque.attachments) == 1


async def test_winner_by_name(home: Home) -> None:
    await crowned(home)
    mo = home.moderator()
    choices = await mo.autocomplete(home.channel, "moderate winner", "name", "brav")
    assert [choice["name"] for choice in choices] == ["Bravosaurus"]
    result = await mo.slash(home.channel, "moderate winner", name="bravosaurus")
    assert sentence(result) == "**Bravosaurus** was removed from the hall of fame."
    assert home.channel.history()[-1].content == "*A moderator removed this.*"
    again = await mo.slash(home.channel, "moderate winner", name="bravosaurus")
    assert "isn't in the hall of fame of this server" in sentence(again)


async def test_winner_of_another_server_stays(home: Home) -> None:
    await crown(home.app.store, "Farsaurus", 2, at=home.env.now(), community_id=4242)
    result = await home.moderator().slash(home.channel, "moderate winner", name="Farsaurus")
    assert "isn't in the hall of fame" in sentence(result)
    assert await home.app.store.hall_of_fame.count(Scope()) == 1


async def test_message_by_link(home: Home) -> None:
    message = await a_poll(home)
    mo = home.moderator()
    (choice,) = await mo.autocomplete(home.channel, "moderate message", "message", "kilo")
    assert choice["name"] == "Mangosaurus, Bravosaurus, Kilosaurus"
    assert choice["value"] == message.jump_url
    asked = await mo.slash(home.channel, "moderate message", message=message.jump_url)
    assert buttons(asked)[2] == "Remove Kilosaurus"
    wrong = await mo.slash(home.channel, "moderate message", message="https://example.com/1/2/3")
    assert "isn't a link to a message" in sentence(wrong)


async def test_link_to_another_server(home: Home) -> None:
    """Also one that names this server, with a channel of the other."""
    other = home.env.create_guild("Elsewhere")
    channel = other.create_text_channel("bones")
    member = other.add_member(home.env.create_user("bob"))
    await member.slash(channel, "dinoname", count=2)
    (theirs,) = channel.history()
    mo = home.moderator()
    for guild in (other.id, home.guild.id):
        link = f"https://discord.com/channels/{guild}/{channel.id}/{theirs.id}"
        refused = await mo.slash(home.channel, "moderate message", message=link)
        assert "isn't in this server" in sentence(refused)
    message = await a_poll(home)
    asked = await mo.context_menu(home.channel, MENU, message)
    assert asked.response is not None
    stored = home.env.backend.get_message(home.channel.id, asked.response.id)
    forged = stored.components[0]["components"][0]
    forged["custom_id"] = f"moderate:message:{channel.id}:{theirs.id}"
    refused = await mo.click(asked.response, custom_id=forged["custom_id"])
    assert "isn't in this server" in sentence(refused)
    (poll,) = await home.app.store.moderation.recent_polls(other.id)
    number = channel.history()[0].components[0].children[0].custom_id.split(":")[1]  # type: ignore[union-attr]
    forged["custom_id"] = f"moderate:name:{number}:0"
    await mo.click(asked.response, custom_id=forged["custom_id"])
    assert poll.names == (await home.app.store.moderation.recent_polls(other.id))[0].names


async def test_poem_is_removed(home: Home) -> None:
    """With the copies that members keep."""
    poem = await home.alice.slash(home.channel, "sonnet")
    assert poem.response is not None
    await home.alice.click(poem.response, label="Keep")
    reply = await remove(home, home.moderator(), first_message(home), "Remove it")
    assert reply == "Removed, along with 1 kept copy."
    shown = first_message(home)
    assert shown.content == "*A moderator removed this.*"
    assert not shown.embeds
    assert not shown.components
    assert "haven't kept any" in sentence(await home.alice.slash(home.channel, "poems"))


async def test_message_of_a_member(home: Home) -> None:
    message = await home.alice.send(home.channel, "hello")
    refused = await home.moderator().context_menu(home.channel, MENU, message)
    assert "didn't write this message" in sentence(refused)
    mo = home.moderator()
    asked = await mo.slash(home.channel, "moderate message", message=message.jump_url)
    assert asked.response is not None
    refused = await mo.click(asked.response, label="Remove it")
    assert "You can delete the message." in sentence(refused)
    assert await home.app.store.moderation.recorded(home.guild.id) == []


async def test_message_that_cannot_be_edited(home: Home) -> None:
    message = await a_poll(home)
    home.env.inject_error(
        "PATCH", "/channels/*", status=403, code=50001, message="Missing Access", times=None
    )
    reply = await remove(home, home.moderator(), message, "Remove Bravosaurus")
    assert reply.endswith("the bot can't edit the message. You can delete the message.")
    poll = await home.app.store.polls.on_message(home.guild.id, message.id)
    assert poll is not None
    assert poll.removed == {1}


async def test_outage_removes_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    message = await a_poll(home)
    mo = home.moderator()
    asked = await mo.context_menu(home.channel, MENU, message)
    assert asked.response is not None
    monkeypatch.setattr(home.app.store.moderation, "remove_name", unavailable)
    failed = await mo.click(asked.response, label="Remove Bravosaurus")
    assert "The database isn't answering" in sentence(failed)


async def test_all_names_removed(home: Home) -> None:
    await a_poll(home)
    mo = home.moderator()
    for name in ("Mangosaurus", "Bravosaurus", "Kilosaurus"):
        await remove(home, mo, first_message(home), f"Remove {name}")
    assert labels(first_message(home)) == ["More"]
    again = await mo.context_menu(home.channel, MENU, first_message(home))
    assert sentence(again) == "All names of this poll were removed already."


async def shared_namer(home: Home) -> int:
    """A namer of another server, which shares it."""
    made = await learned(home, TOWNS, name="towns", community_id=4242, shared=True)
    return made.id


async def test_namer_is_removed(home: Home) -> None:
    number = await shared_namer(home)
    mo = home.moderator()
    (choice,) = await mo.autocomplete(home.channel, "moderate namer", "name", "tow")
    removed = await mo.slash(home.channel, "moderate namer", name=choice["value"])
    assert "**towns** can't be used here anymore." in sentence(removed)
    for name in ("towns", f"towns #{number}"):
        refused = await home.alice.slash(home.channel, "name", namer=name)
        assert "There's no namer with that name here." in sentence(refused)
    assert await home.alice.autocomplete(home.channel, "name", "namer", "") == []
    (choice,) = await mo.autocomplete(home.channel, "moderate namer", "name", "")
    assert choice["name"] == "towns · removed"
    allowed = await mo.slash(home.channel, "moderate namer", name=choice["value"], allow=True)
    assert sentence(allowed) == "**towns** can be used here again."
    assert len(await home.alice.autocomplete(home.channel, "name", "namer", "")) == 1


async def test_server_refuses_shared_namers(home: Home) -> None:
    await shared_namer(home)
    await home.administrator().slash(home.channel, "settings", shared_namers=False)
    assert await home.alice.autocomplete(home.channel, "name", "namer", "") == []


async def test_unknown_namer(home: Home) -> None:
    for name in ("elves", "elves #77", "#999999999999999999"):
        refused = await home.moderator().slash(home.channel, "moderate namer", name=name)
        assert "There's no such namer here" in sentence(refused)


async def test_record_is_shown(home: Home) -> None:
    await a_poll(home)
    mo = home.moderator()
    await remove(home, mo, first_message(home), "Remove Bravosaurus")
    result = await mo.slash(home.channel, "moderate record")
    (line,) = lines(result)
    assert line.endswith(f"<@{mo.id}> removed the name **Bravosaurus**.")
