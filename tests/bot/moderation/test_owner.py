"""What the owners of the bot can do everywhere."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.community import queries as module
from bot.community.queries import Action, RecordEntry
from bot.platforms.discord.platform import OWNERS_S, DiscordPlatform, _owners_of
from bot.store.schema import EVERYWHERE
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.on_slack import SlackChat
from tests.bot.chats.protocol import Actor, Chat


@pytest.fixture
async def owner(chat: Chat) -> Actor:
    """Who owns the bot, and asks in a direct message."""
    return await chat.add_operator()


@pytest.mark.both
async def test_user_is_blocked_everywhere(chat: Chat, owner: Actor) -> None:
    """Also a manager, whom moderators can't block."""
    boss = await chat.add_manager()
    await owner.use_directly("owner block", user=boss)
    blocked = await owner.use_directly("owner block", user=chat.alice)
    assert blocked.text == "The bot will no longer answer @alice."
    for refused in (
        await chat.alice.use("about"),
        await chat.alice.use_directly("about"),
        await boss.use("about"),
    ):
        assert refused.text.startswith("The bot's operator has blocked you.")
    await owner.use_directly("owner unblock", user=chat.alice)
    assert (await chat.alice.use("about")).cards
    record = await owner.use_directly("owner record")
    assert record.title.endswith("What the operators did")
    assert [line.rpartition(" · ")[2] for line in record.lines] == [
        "@olivia unblocked @alice.",
        "@olivia blocked @alice.",
        f"@olivia blocked @{boss.name}.",
    ]


@pytest.mark.both
async def test_server_is_blocked(chat: Chat, owner: Actor) -> None:
    blocked = await owner.use_directly("owner block", server=str(chat.community_id))
    number = str(chat.community_id)
    if isinstance(chat, SlackChat):
        number = chat.slack.workspace.id
    target = f"{chat.community} ({number})"
    assert blocked.text == f"The bot will no longer answer {target}."
    boss = await chat.add_administrator()
    for member in (chat.alice, boss):
        refused = await member.use("about")
        assert refused.text == f"The bot's operator has blocked this {chat.terms.community}."
    assert (await chat.alice.use_directly("about")).cards
    listed = await owner.use_directly("owner blocks")
    assert listed.lines[0].endswith(f"{chat.terms.community} {number}")


async def test_ids_of_slack(slack_chat: SlackChat) -> None:
    owner, alice = await slack_chat.add_operator(), slack_chat.alice
    workspace = slack_chat.slack.workspace
    example = (await owner.use("owner block")).text.rpartition("for example ")[2]
    assert example == "/owner block server:T0123456789."
    await owner.use("owner block", user=alice)
    blocked = await owner.use("owner block", server=workspace.id)
    assert blocked.text == f"The bot will no longer answer {workspace.name} ({workspace.id})."
    listed = await owner.use("owner blocks")
    assert [line.rpartition(" ")[2] for line in listed.lines] == [workspace.id, alice.member.id]
    assert workspace.id in (await owner.use("owner servers")).lines[0]
    assert "again" in (await owner.use("owner unblock", server=workspace.id.lower())).text


async def test_too_many_blocks(chat: Chat, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BLOCKS", 0)
    server = str(chat.community_id)
    for noun, refused in (
        ("users", await owner.use_directly("owner block", user=chat.alice)),
        (chat.terms.communities, await owner.use_directly("owner block", server=server)),
    ):
        assert refused.text == f"You can block at most 1,000 {noun}. Unblock some first."
    refused = await (await chat.add_moderator()).use("moderate block", member=chat.alice)
    assert refused.text == "You can block at most 1,000 members here. Unblock some first."


async def test_blocked_server_is_left_when_it_returns(discord_chat: DiscordChat) -> None:
    owner = await discord_chat.add_operator()
    await owner.use_directly("owner block", server=str(discord_chat.community_id))
    guild = discord_chat.home.bot.get_guild(discord_chat.community_id)
    assert guild is not None
    await discord_chat.home.bot.on_guild_join(guild)
    await discord_chat.settle()
    assert discord_chat.home.bot.get_guild(discord_chat.community_id) is None


async def test_owner_leaves_a_server(discord_chat: DiscordChat) -> None:
    owner = await discord_chat.add_operator()
    other = discord_chat.home.env.create_guild("Elsewhere")
    choices = await owner.member.user.autocomplete("owner leave", "server", "else")
    assert [choice["value"] for choice in choices] == [str(other.id)]
    left = await owner.use_directly("owner leave", server=str(other.id))
    assert left.text.startswith(f"The bot has left Elsewhere ({other.id}).")
    assert discord_chat.home.bot.get_guild(other.id) is None
    assert discord_chat.home.bot.get_guild(discord_chat.community_id) is not None


async def test_wrong_server(chat: Chat, owner: Actor) -> None:
    for typed in ("museum", "0", "9" * 19, "-1", "１２"):
        for command in ("owner leave", "owner block"):
            refused = await owner.use_directly(command, server=typed)
            assert f"isn't the id of a {chat.terms.community}" in refused.text, typed
    for options in ({}, {"user": chat.alice, "server": "1"}):
        refused = await owner.use_directly("owner block", **options)
        assert f"Choose either a user or a {chat.terms.community}" in refused.text


async def test_servers_are_listed_by_page(discord_chat: DiscordChat) -> None:
    owner = await discord_chat.add_operator()
    for number in range(11):
        discord_chat.home.env.create_guild(f"*Server* {number}")
    listed = await owner.use_directly("owner servers")
    assert listed.title == "🏘️ 12 servers"
    assert "The Museum · " in listed.lines[0]  # the largest
    assert len(listed.lines) == 10
    listed = await owner.press(listed, "Older")
    assert len(listed.lines) == 2
    assert "*Server*" in listed.lines[1]
    assert [*listed.buttons] == ["Newer"]


async def test_owner_cannot_be_locked_out(chat: Chat, owner: Actor) -> None:
    entry = RecordEntry(Action.BLOCK, 1, chat.now(), None, owner.id)
    await chat.app.blocks.block(EVERYWHERE, owner.id, entry)
    assert (await owner.use_directly("owner blocks")).lines != ["Nobody is blocked."]


async def test_owners_are_asked_of_the_platform(
    discord_chat: DiscordChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once in ten minutes, so that somebody who leaves the team is an owner no longer."""
    clock, asked = [0.0], 0
    owners = {1}
    platform = DiscordPlatform(
        discord_chat.home.bot, discord_chat.app.monitor.invalid_requests, clock=lambda: clock[0]
    )

    async def application_info() -> Any:  # noqa: ANN401
        nonlocal asked
        asked += 1
        return SimpleNamespace(team=None, owner=SimpleNamespace(id=min(owners)))

    monkeypatch.setattr(discord_chat.home.bot, "application_info", application_info)
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
