"""What a right in one channel is worth, and that reports of moderation can't be silenced."""

import re
from types import SimpleNamespace

import discord
import pytest
import simcord

from bot.chat.turn import User
from bot.platforms.discord.turn import DiscordTurn
from tests.bot.conftest import Home
from tests.bot.replies import buttons, labels, sentence

MENU = "Moderate this message"
MAY = discord.PermissionOverwrite(manage_messages=True, manage_guild=True)
MAY_NOT = discord.PermissionOverwrite(manage_messages=False)
HIDDEN = discord.PermissionOverwrite(view_channel=False)
ELSEWHERE = "You can only do that in channels where you can delete other people's messages."
"""The beginning of a refusal."""
REFUSED = re.compile("Only (moderators|server managers|managers)|You don't have permission")


def own_channel(home: Home, actor: simcord.MemberActor) -> simcord.ChannelHandle:
    """A channel in which a member has rights that they lack in the server."""
    return home.guild.create_text_channel("den", overwrites={actor: MAY})


async def poll_in(home: Home, channel: simcord.ChannelHandle) -> discord.Message:
    await home.administrator().slash(channel, "dinoname", count=3)
    return channel.history()[-1]


async def forge(home: Home, actor: simcord.MemberActor, asked: discord.Message, button: str) -> str:
    """Press a button whose id was replaced. Returns the reply."""
    stored = home.env.backend.get_message(asked.channel.id, asked.id)
    stored.components[0]["components"][0]["custom_id"] = button
    return sentence(await actor.click(asked, custom_id=button))


async def test_channel_opens_no_server(home: Home, subtests: pytest.Subtests) -> None:
    """Rights that a channel grants, also those that Discord grants in servers only."""
    bob = home.guild.add_member(home.env.create_user("bob"))
    den = own_channel(home, bob)
    for offered in await home.bot.tree.fetch_commands():
        home.guild.set_command_permissions(offered.id, {home.guild.default_role: True})
    sent: list[tuple[str, dict[str, object]]] = [
        ("moderate winner", {"name": "Bravosaurus"}),
        ("moderate namer", {"name": "elves"}),
        ("moderate block", {"member": home.alice}),
        ("moderate unblock", {"member": home.alice}),
        ("moderate blocks", {}),
        ("moderate record", {}),
        ("moderate log", {}),
        ("namer delete", {"name": "elves"}),
        ("settings", {"vote_minutes": 5}),
    ]
    for command, options in sent:
        with subtests.test(command):
            refused = await bob.slash(den, command, **options)
            assert REFUSED.match(sentence(refused))


async def test_moderator_of_a_channel(home: Home) -> None:
    """May moderate the messages there, and no others, which are not even suggested.

    A name that is removed there leaves all polls of the server.
    """
    bob = home.guild.add_member(home.env.create_user("bob"))
    den = own_channel(home, bob)
    theirs, own = await poll_in(home, home.channel), await poll_in(home, den)
    (choice,) = await bob.autocomplete(den, "moderate message", "message", "")
    assert choice["value"] == own.jump_url
    asked = await bob.context_menu(den, MENU, own)
    assert asked.response is not None
    refused = await bob.slash(den, "moderate message", message=theirs.jump_url)
    assert sentence(refused).startswith(ELSEWHERE)
    number = theirs.components[0].children[0].custom_id.split(":")[1]  # type: ignore[union-attr]
    (label, *_others) = buttons(asked)
    message = den.history()[0]
    await bob.click(asked.response, label=label)
    assert len(labels(den.history()[0])) == len(labels(message)) - 1
    asked = await bob.context_menu(den, MENU, own)
    assert asked.response is not None
    for button in (f"moderate:name:{number}:0", f"moderate:message:{home.channel.id}:{theirs.id}"):
        assert (await forge(home, bob, asked.response.message, button)).startswith(ELSEWHERE)
    assert home.channel.history()[0].content == theirs.content
    assert labels(home.channel.history()[0]) == labels(theirs)[1:]


async def test_moderator_outside_a_channel(home: Home) -> None:
    """Who moderates the server, but not this channel, or doesn't see it."""
    mo = home.moderator()
    shut = home.guild.create_text_channel("shut", overwrites={mo: MAY_NOT})
    hidden = home.guild.create_text_channel("hidden", overwrites={mo: HIDDEN})
    for channel in (shut, hidden):
        message = await poll_in(home, channel)
        refused = await mo.slash(home.channel, "moderate message", message=message.jump_url)
        assert sentence(refused).startswith(ELSEWHERE)
    assert await mo.autocomplete(home.channel, "moderate message", "message", "") == []
    shown = await home.administrator().autocomplete(home.channel, "moderate message", "message", "")
    assert len(shown) == 2


async def test_owner_of_the_server(home: Home) -> None:
    """Has every right, without a role."""
    owner = home.guild.add_member(home.env.create_user("olga"))
    home.guild._guild.owner_id = owner.id
    home.bot.get_guild(home.guild.id).owner_id = owner.id  # type: ignore[union-attr]
    changed = await owner.slash(home.channel, "settings", vote_minutes=5)
    assert "Only " not in sentence(changed)


def test_unknown_server_grants_nothing() -> None:
    """Its roles are unknown, so that rights of the channel are all there is."""
    everything = discord.Permissions.all()
    user = SimpleNamespace(id=1, display_name="bob")
    asked = SimpleNamespace(
        permissions=everything,
        user=user,
        guild=None,
        guild_locale=None,
        guild_id=7,
        channel_id=5,
        created_at=None,
        locale="",
    )
    turn = DiscordTurn(asked, None)  # type: ignore[arg-type]
    assert turn.user == User(1, "bob")
    assert not turn.moderates(6)


async def test_former_log_learns_of_the_change(home: Home) -> None:
    max_ = home.member_with("max", manage_guild=True, manage_messages=True)
    first, second = (home.guild.create_text_channel(name) for name in ("one", "two"))
    for channel in (first, second):
        await max_.slash(home.channel, "moderate log", channel=channel)
    assert [message.content for message in first.history()] == [
        f"<@{max_.id}> chose <#{channel.id}> for moderation reports." for channel in (first, second)
    ]
    shown = await max_.slash(home.channel, "moderate log")
    assert shown.response is not None
    await max_.click(shown.response, label="Stop the reports")
    assert second.history()[-1].content == (f"<@{max_.id}> switched moderation reports off.")


async def test_reports_stay(home: Home) -> None:
    """A poem in the same channel can be removed if it was kept: so it is no report."""
    mo, max_ = home.moderator(), home.member_with("max", manage_guild=True, manage_messages=True)
    await max_.slash(home.channel, "moderate log", channel=home.channel)
    (report,) = home.channel.history()
    asked = await mo.context_menu(home.channel, MENU, report)
    assert asked.response is not None
    refused = await mo.click(asked.response, label="Remove it")
    assert "so the bot won't delete its messages here" in sentence(refused)
    assert home.channel.history()[0].content == report.content
    poem = await home.alice.slash(home.channel, "sonnet")
    assert poem.response is not None
    await home.alice.click(poem.response, label="Keep")
    asked = await mo.context_menu(home.channel, MENU, home.channel.history()[1])
    assert asked.response is not None
    await mo.click(asked.response, label="Remove it")
    assert home.channel.history()[1].content == "*A moderator removed this.*"
