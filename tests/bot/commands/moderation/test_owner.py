"""What the owners of the bot can do everywhere."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest
import simcord

from bot.discord.platform import OWNERS_S, DiscordPlatform, _owners_of
from bot.store.moderation import blocks as module
from bot.store.moderation.tables import EVERYWHERE, Action, Entry
from tests.bot.conftest import Home
from tests.bot.replies import buttons, embed, lines, sentence


@pytest.fixture
def owner(home: Home) -> simcord.UserHandle:
    """A user who owns the application, in a direct message."""
    user = home.env.create_user("olivia")
    home.bot.owner_id = user.id
    return user


async def test_user_is_blocked_everywhere(home: Home, owner: simcord.UserHandle) -> None:
    blocked = await owner.slash("owner block", user=home.alice.user)
    assert sentence(blocked) == f"The bot doesn't answer <@{home.alice.id}> anymore."
    for refused in (
        await home.alice.slash(home.channel, "about"),
        await home.alice.user.slash("about"),
    ):
        assert sentence(refused).startswith("The bot's operator has blocked you.")
    await owner.slash("owner unblock", user=home.alice.user)
    assert (await home.alice.slash(home.channel, "about")).response is not None
    record = await owner.slash("owner record")
    assert [line.rpartition(" · ")[2] for line in lines(record)] == [
        f"<@{owner.id}> unblocked <@{home.alice.id}>.",
        f"<@{owner.id}> blocked <@{home.alice.id}>.",
    ]


async def test_server_is_blocked(home: Home, owner: simcord.UserHandle) -> None:
    blocked = await owner.slash("owner block", server=str(home.guild.id))
    assert sentence(blocked) == (
        f"The bot doesn't answer **The Museum** (`{home.guild.id}`) anymore."
    )
    boss = home.administrator()
    for member in (home.alice, boss):
        refused = await member.slash(home.channel, "about")
        assert sentence(refused) == "The bot's operator has blocked this server."
    assert (await home.alice.user.slash("about")).response is not None
    listed = await owner.slash("owner blocks")
    assert lines(listed)[0].endswith(f"server `{home.guild.id}`")


@pytest.mark.parametrize("noun", ["users", "servers"])
async def test_too_many_blocks(
    home: Home, owner: simcord.UserHandle, monkeypatch: pytest.MonkeyPatch, noun: str
) -> None:
    monkeypatch.setattr(module, "MOST_BLOCKS", 0)
    targets: dict[str, dict[str, Any]] = {
        "users": {"user": home.alice.user},
        "servers": {"server": str(home.guild.id)},
    }
    refused = await owner.slash("owner block", **targets[noun])
    assert sentence(refused) == f"You can block at most 1,000 {noun}. Unblock some first."


async def test_no_bot_is_blocked(home: Home, owner: simcord.UserHandle) -> None:
    refused = await owner.slash("owner block", user=home.env.create_user("helper", bot=True))
    assert sentence(refused).startswith("Bots can't use commands")


async def test_blocked_server_is_left_when_it_returns(
    home: Home, owner: simcord.UserHandle
) -> None:
    await owner.slash("owner block", server=str(home.guild.id))
    guild = home.bot.get_guild(home.guild.id)
    assert guild is not None
    await home.bot.on_guild_join(guild)
    await home.env.settle()
    assert home.bot.get_guild(home.guild.id) is None


async def test_owner_leaves_a_server(home: Home, owner: simcord.UserHandle) -> None:
    other = home.env.create_guild("Elsewhere")
    choices = await owner.autocomplete("owner leave", "server", "else")
    assert [choice["value"] for choice in choices] == [str(other.id)]
    left = await owner.slash("owner leave", server=str(other.id))
    assert sentence(left).startswith(f"The bot has left **Elsewhere** (`{other.id}`).")
    assert home.bot.get_guild(other.id) is None
    assert home.bot.get_guild(home.guild.id) is not None


async def test_wrong_server(
    home: Home, owner: simcord.UserHandle, subtests: pytest.Subtests
) -> None:
    for typed in ["museum", "0", "9" * 19, "-1", "１２"]:
        with subtests.test(typed):
            for command in ("owner leave", "owner block"):
                refused = await owner.slash(command, server=typed)
                assert "isn't the id of a server" in sentence(refused)


async def test_one_target(home: Home, owner: simcord.UserHandle) -> None:
    for options in ({}, {"user": home.alice.user, "server": "1"}):
        refused = await owner.slash("owner block", **options)
        assert "Choose either a user or a server" in sentence(refused)


async def test_servers_are_listed_by_page(home: Home, owner: simcord.UserHandle) -> None:
    for number in range(11):
        home.env.create_guild(f"*Server* {number}")
    listed = await owner.slash("owner servers")
    assert embed(listed).title == "🏘️ 12 servers"
    assert "**The Museum** · " in lines(listed)[0]  # the largest
    assert len(lines(listed)) == 10
    assert listed.response is not None
    await owner.click(listed.response, label="Older")
    assert len(lines(listed)) == 2
    assert r"\*Server\*" in lines(listed)[1]
    assert buttons(listed) == ["Newer"]


async def test_owner_cannot_be_locked_out(home: Home, owner: simcord.UserHandle) -> None:
    entry = Entry(Action.BLOCK, 1, home.env.now(), None, owner.id)
    await home.app.blocks.block(EVERYWHERE, owner.id, entry)
    assert (await owner.slash("owner blocks")).response is not None
    assert lines(await owner.slash("owner blocks")) != ["Nobody is blocked."]


async def test_owners_are_asked_of_the_platform(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once in ten minutes, so that somebody who leaves the team is an owner no longer."""
    clock, asked = [0.0], 0
    owners = {1}
    platform = DiscordPlatform(home.bot, home.app.monitor.invalid_requests, clock=lambda: clock[0])

    async def application_info() -> Any:  # noqa: ANN401
        nonlocal asked
        asked += 1
        return SimpleNamespace(team=None, owner=SimpleNamespace(id=min(owners)))

    monkeypatch.setattr(home.bot, "application_info", application_info)
    for _ in range(20):
        assert await platform.is_operator(1)
        assert not await platform.is_operator(2)
    assert asked == 1
    owners = {2}
    clock[0] = OWNERS_S
    assert await platform.is_operator(2)
    assert not await platform.is_operator(1)


def test_owners_of_a_team() -> None:
    """Its owner and those who may change its applications; not invitations, not readers."""
    roles, states = discord.TeamMemberRole, discord.TeamMembershipState
    members = [
        SimpleNamespace(id=1, role=roles.admin, membership_state=states.accepted),
        SimpleNamespace(id=2, role=roles.developer, membership_state=states.accepted),
        SimpleNamespace(id=3, role=roles.read_only, membership_state=states.accepted),
        SimpleNamespace(id=4, role=roles.admin, membership_state=states.invited),
    ]
    team: Any = SimpleNamespace(team=SimpleNamespace(owner_id=9, members=members))
    assert _owners_of(team) == {1, 2, 9}
