"""The client: start-up, command sync, intents, shutdown."""

import asyncio
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock

import discord
import pytest
import simcord
from discord import app_commands
from discord.http import Route
from simcord.actors import _dispatch_actor_interaction, _resolve_visible_command
from simcord.enums import InteractionType

from bot.chat import translation
from bot.chat.message import Button, Message
from bot.features import REGISTRY
from bot.fleet.identifying import IdentifyGate
from bot.platforms.discord.client import IDENTIFY_AGAIN_S, IDENTIFY_S, LAUNCH_S, Mangosaurus
from bot.platforms.discord.commands import (
    CatalogueTranslator,
    Installs,
    RegisteredInFile,
    add_commands,
    sync_if_changed,
)
from bot.platforms.discord.platform import TERMS
from bot.platforms.discord.rendering import view_of
from tests.bot.conftest import Home, World
from tests.bot.platforms.discord.test_platform import refused
from tests.bot.replies import sentence
from tests.metrics import value
from tests.texts import written


def syncs(env: simcord.Env) -> int:
    """How often the commands were sent to Discord."""
    return sum(
        entry.method == "PUT" and entry.path.endswith("/commands") for entry in env.http_requests
    )


async def test_sync_at_first_start_only(home: Home) -> None:
    assert syncs(home.env) == 1
    await home.restart(home_guilds=frozenset())
    await home.bot.on_ready()
    await home.bot.on_ready()  # Discord may say so twice
    assert syncs(home.env) == 1
    assert (await home.alice.slash(home.channel, "help")).response is not None


@pytest.mark.parametrize("content", [b"of an older version", b"\xff\xfe\0"])
async def test_sync_after_change(home: Home, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "commands.sha256").write_bytes(content)
    await home.restart(home_guilds=frozenset())
    assert syncs(home.env) == 2


async def test_sync_for_another_application_or_discord(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state directory that was copied to another bot, or a simulator that has no commands."""
    (tmp_path / "copied").mkdir()
    tree, counts = home.bot.tree, []
    sync = AsyncMock(return_value=[])
    monkeypatch.setattr(tree, "sync", sync)
    for application, address in ((1, "a"), (1, "a"), (2, "a"), (2, "a"), (2, "b"), (2, "b")):
        monkeypatch.setattr(home.bot._connection, "application_id", application)
        monkeypatch.setattr(Route, "BASE", f"http://{address}")
        await sync_if_changed(tree, RegisteredInFile(tmp_path / "copied"))
        counts.append(sync.await_count)
    assert counts == [1, 1, 2, 2, 3, 3]


async def test_nothing_is_translated_without_a_change(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Translating 45 commands into five languages takes a tenth of the time of a start."""
    translate = AsyncMock(return_value=None)
    monkeypatch.setattr(CatalogueTranslator, "translate", translate)
    await home.restart(home_guilds=frozenset())
    assert translate.await_count == 0


async def test_refused_by_the_library(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    check = AsyncMock(side_effect=app_commands.CheckFailure())
    monkeypatch.setattr(home.bot.tree, "interaction_check", check)
    told = sentence(await home.alice.slash(home.channel, "help"))
    assert told == "You don't have permission to use this command here."
    assert home.env.errors  # simcord fails a test that does not expect them


def test_no_privileged_intents(world: World) -> None:
    """Mentions in servers would need one that brings all messages of every server."""
    assert world.make_bot().intents == discord.Intents(guilds=True, dm_messages=True)


async def test_invitation_permissions(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    await home.restart()
    assert home.bot.invitation in caplog.text
    assert "scope=bot+applications.commands" in home.bot.invitation
    permissions = int(home.bot.invitation.split("permissions=")[1].split("&")[0])
    assert {name for name, is_on in discord.Permissions(permissions) if is_on} == {
        *("read_messages", "send_messages", "send_messages_in_threads"),
        *("embed_links", "attach_files"),
    }


async def test_available_commands(home: Home) -> None:
    namer = ["create", "import", "export", "list", "info", "retrain", "share", "delete"]
    everyone = {"dinoname", "name", "dinosaur", "dissect", "halloffame", "champion"}
    everyone |= {"egg", "museum", "collection", "give", "leaderboard"}
    everyone |= {"sonnet", "poems", "export", "privacy", "about", "help"}
    everyone |= {f"namer {verb}" for verb in namer}
    everyone |= {f"models {name}" for name in ("list", "info", "activate", "rollback")}
    assert set(home.alice.available_commands(home.channel)) == everyone
    verbs = ["message", "winner", "namer", "block", "unblock", "blocks", "record", "log"]
    moderators = everyone | {f"moderate {verb}" for verb in verbs}
    assert set(home.moderator().available_commands(home.channel)) == moderators
    verbs = ["block", "unblock", "blocks", "servers", "leave", "record"]
    administrators = moderators | {f"owner {verb}" for verb in verbs}
    administrators |= {"retrain names", "retrain sonnets", "settings", "status"}
    assert set(home.administrator().available_commands(home.channel)) == administrators


async def test_unknown_button(home: Home) -> None:
    view = view_of(Message(buttons=(Button(written("Old"), "gone"),)))
    message = await home.bot.get_partial_messageable(home.channel.id).send("…", view=view)
    result = await home.alice.click(message, label="Old")
    assert result.response is not None
    assert "another version" in result.response.content
    counted = value(home.app.monitor, "requests_total", request="button unknown", outcome="refused")
    assert counted == 1


FORGED = [("count", 4, "abc"), ("count", 4, 2.5), ("count", 4, True), ("temperature", 10, 0.5)]
"""Options with values of another type than theirs."""


async def forge(home: Home, kind: InteractionType, **option: object) -> simcord.InteractionResult:
    """Send /dinoname as no app of Discord does."""
    root = _resolve_visible_command(home.alice, home.channel.id, "dinoname", 1)
    data = {"id": root["id"], "name": "dinoname", "type": 1, "options": [option]}
    return await _dispatch_actor_interaction(home.alice, kind, home.channel, data)


@pytest.mark.parametrize(("name", "number", "value"), FORGED)
async def test_option_of_another_type(home: Home, name: str, number: int, value: object) -> None:
    kind = InteractionType.APPLICATION_COMMAND
    said = sentence(await forge(home, kind, name=name, type=number, value=value))
    assert said.startswith(f"`{value}` isn't a valid choice here")
    assert home.env.errors  # simcord fails a test that does not expect them


async def test_forged_command_is_not_logged(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """A member who is no number: the error of `int` would quote it."""
    await forge(home, InteractionType.APPLICATION_COMMAND, name="x", type=6, value="Kwijibo")
    assert "is dropped" in caplog.text
    assert "Kwijibo" not in caplog.text


async def test_expired_interaction_is_no_error(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.env.inject_error(
        "POST", "/interactions/*/callback", status=404, code=10062, message="Unknown interaction"
    )
    await home.alice.slash(home.channel, "dinoname")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_shutdown_waits_for_answers(world: World) -> None:
    async with world.make_bot() as bot:
        with bot.app.in_flight.track():
            stopping = asyncio.create_task(bot.shut_down())
            await asyncio.sleep(0)
            assert not bot.is_closed()
        await stopping
        assert bot.is_closed()


async def test_nothing_mentions_anybody(home: Home) -> None:
    """The client says so in each message, also where a command forgets to."""
    await home.bot.get_partial_messageable(home.channel.id).send("@everyone <@1>")
    await home.alice.slash(home.channel, "sonnet", opening="@everyone <@1>")
    sent = [
        entry.json.get("data", entry.json)
        for entry in home.env.http_requests
        if entry.method in ("POST", "PATCH") and entry.json
    ]
    messages = [data for data in sent if data and ("content" in data or "embeds" in data)]
    assert len(messages) > 2
    assert [data.get("allowed_mentions") for data in messages] == [{"parse": []}] * len(messages)


def test_shards_of_the_settings(world: World) -> None:
    """Without them, Discord decides, and no other process has any."""

    def of(**settings: object) -> Mangosaurus:
        return Mangosaurus(world.make_app(**settings))

    assert of().shard_ids is None
    assert of().platform.serves_community(123 << 22)
    all_of_them = of(shard_count=4)
    assert (all_of_them.shard_ids, all_of_them.shard_count) == (None, 4)
    assert all_of_them.platform.sees_all_communities
    some = of(shard_count=4, shard_ids=frozenset({2, 1}))
    assert (some.shard_ids, some.shard_count) == ([1, 2], 4)
    assert not some.platform.sees_all_communities
    served = [number for number in range(8) if some.platform.serves_community(number << 22)]
    assert served == [1, 2, 5, 6]


async def test_identifies_pass_the_gate(world: World) -> None:
    """discord.py's own pause is that of one process."""
    bot, turns = world.make_bot(), []

    async def turn(shard_id: int, patience: float) -> None:
        turns.append((shard_id, patience))

    bot.app.fleet.gate = cast("IdentifyGate", SimpleNamespace(turn=turn))
    await bot.before_identify_hook(3, initial=True)
    await bot.before_identify_hook(4)
    assert turns == [(3, IDENTIFY_S), (4, IDENTIFY_S)]
    assert IDENTIFY_S < LAUNCH_S
    assert IDENTIFY_AGAIN_S < 60  # discord.py's limit for a shard that connects again


# Commands as they are registered


BOTH, SERVERS = Installs(guild=True, user=True), Installs(guild=True, user=False)
USERS = Installs(guild=False, user=True)
GUILD = discord.Object(77)


def tree_of(
    installs: Installs, *homes: discord.abc.Snowflake
) -> app_commands.CommandTree[discord.Client]:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    add_commands(tree, REGISTRY.worded(TERMS).commands, installs, homes)
    return tree


def payloads(tree: app_commands.CommandTree[discord.Client]) -> dict[str, dict[str, Any]]:
    return {each.name: each.to_dict(tree) for each in tree.get_commands()}


@pytest.mark.parametrize(
    ("installs", "name", "types", "contexts"),
    [
        (BOTH, "dinoname", [0, 1], [0, 1, 2]),
        (SERVERS, "dinoname", [0], [0, 1]),
        (USERS, "dinoname", [1], [0, 1, 2]),
        (BOTH, "owner", [0], [0, 1]),
        (BOTH, "settings", [0], [0]),
        (BOTH, "Moderate this message", [0], [0]),
    ],
)
def test_where_a_command_is_offered(
    installs: Installs, name: str, types: list[int], contexts: list[int]
) -> None:
    """Without the fields, commands for servers are offered to user installs as well."""
    every = payloads(tree_of(installs))
    assert (every[name]["integration_types"], every[name]["contexts"]) == (types, contexts)
    assert all(each["integration_types"] and each["contexts"] for each in every.values())


def test_application_that_no_server_can_add(caplog: pytest.LogCaptureFixture) -> None:
    every = payloads(tree_of(USERS))
    assert "dinoname" in every
    assert "settings" not in every
    assert "left out: " in caplog.text
    assert " namer, " in caplog.text


@pytest.mark.parametrize("change", ["description", "name", "translation", "library"])
async def test_sync_after_what_members_see_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    registered, sync = RegisteredInFile(tmp_path), AsyncMock(return_value=[])
    monkeypatch.setattr(app_commands.CommandTree, "sync", sync)
    locales = shutil.copytree(translation.LOCALES, tmp_path / "locales")
    monkeypatch.setattr(translation, "LOCALES", locales)
    await sync_if_changed(tree_of(BOTH), registered)
    tree = tree_of(BOTH)
    match change:
        case "translation":
            path = locales / "de" / "LC_MESSAGES" / "messages.po"
            path.write_text(path.read_text().replace('msgstr "', 'msgstr "Neu: '))
        case "library":
            monkeypatch.setattr(discord, "__version__", "99")
        case _:
            setattr(tree.get_command("dinoname"), change, "another")
    for _ in range(2):
        await sync_if_changed(tree, registered)
    assert sync.await_count == 2


async def test_refused_commands(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A sentence says so, the bot goes on, and the next start tries again."""
    tree, registered = tree_of(BOTH, GUILD), RegisteredInFile(tmp_path)
    tree.sync = AsyncMock(side_effect=refused(discord.Forbidden, 403, 50001))  # type: ignore[method-assign]
    await sync_if_changed(tree, registered, {GUILD.id})
    assert "members have those that were registered before" in caplog.text
    assert "in the server 77. Invite the bot there" in caplog.text
    assert await registered.digests() == {}
    tree.sync = AsyncMock(side_effect=refused(discord.DiscordServerError, 503, 0))  # type: ignore[method-assign]
    with pytest.raises(discord.HTTPException):
        await sync_if_changed(tree, registered, {GUILD.id})


async def test_rejected_token_while_commands_are_registered(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    rejected = refused(discord.HTTPException, 401, 0)
    monkeypatch.setattr(home.bot, "_register", AsyncMock(side_effect=rejected))
    with pytest.raises(discord.HTTPException):
        await home.bot._register_or_later()


async def test_former_home(tmp_path: Path) -> None:
    """Its commands are removed once, also if the bot is no longer there."""
    registered, sync = RegisteredInFile(tmp_path), AsyncMock(return_value=[])
    for tree, homes, places in (
        (tree_of(BOTH, GUILD), {GUILD.id}, [None, GUILD]),
        (tree_of(BOTH, GUILD), {GUILD.id}, []),
        (tree_of(BOTH), set[int](), [None, GUILD]),
        (tree_of(BOTH), set[int](), []),
    ):
        tree.sync = sync  # type: ignore[method-assign]
        sync.reset_mock()
        await sync_if_changed(tree, registered, homes)
        assert [call.kwargs["guild"] for call in sync.await_args_list] == places
