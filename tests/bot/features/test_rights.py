"""Who may use what on Discord: every cell of its tables in `docs/rights.md`.

No command or button is without a row.

Each cell is a subtest, so that a wrong one is named and the others are tried; those of a column
share a server.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord
from discord import app_commands
from simcord.results import to_discord_message

from bot.chat import dispatch
from bot.chat.app import App
from bot.chat.message import Message
from bot.chat.turn import MessageRef, Source, Turn, User
from bot.community.queries import Action, RecordEntry
from bot.features import REGISTRY
from bot.names.name_options import to_state
from bot.privacy import privacy
from bot.privacy.queries import Privacy
from bot.store.schema import EVERYBODY, EVERYWHERE
from bot.text.spans import plain, text
from bot.trainer.queries import TrainingRequest, Trainings
from bot.verse.queries import Poems
from models.names.generator import NamesRequest
from tests.bot.conftest import Home
from tests.bot.names.test_name import learned
from tests.bot.turns import BOB, COMMUNITY, FakePlatform, FakeTurn, with_buttons
from tests.texts import written

PAGE = (Path(__file__).parents[3] / "docs" / "rights.md").read_text()
SERVER = ("member", "moderator", "manager", "home administrator", "foreign administrator", "owner")
COLUMNS = (*SERVER, "direct message", "user install", "forged")
ELSEWHERE = 777
"""A server without the bot, where members have installed it for themselves."""
MENU = "Moderate this message"

REFUSALS = re.compile(
    r"Only (?!you can see this)|All (servers|workspaces) share the models, so only|"
    r"You don't have permission to use this command|"
    r"You can only do that in channels where you can delete|"
    r"This command only works in a |These are someone else's names|"
    r"This is someone else's collection|"
    r"This button belongs to another poll|"
    r"This namer was deleted or removed, or isn't shared any more"
)
"""The beginnings of sentences that refuse for lack of a right."""
OF_OTHERS = "There's no namer "
"""What the button of a namer of another server says."""

VALUES = {
    "name": "elves",
    "namer": "elves",
    "file": ("elves.safetensors", b"elves"),
    "task": "names",
    "version": "shipped names",
    "message": "not a link",
    "server": "1",
}
OPTIONS: Mapping[str, Mapping[str, object]] = {
    command.name: {
        option.name: VALUES[option.name]
        for option in command.options
        if option.name in VALUES and (option.is_required or option.name == "server")
    }
    for command in REGISTRY.every_command()
}
"""Options of commands that need some."""

STATES = {
    "names": to_state(NamesRequest(count=2)),
    "name": f"1:{to_state(NamesRequest(count=2))}",
    "dissect": "Mangosaurus",
    "dinosaur": "Mangosaurus",
    "egg": "1:0",
    "museum": "newest:0",
    "collection": "favourite:1",
    "give": "accept:1",
    "details": "seed=1",
    "vote": "",
    "unvote": "",
    "sonnet": "{}",
    "about": "Mangosaurus",
    "fame": "ever:here:0:",
    "keep": "@1",
    "poems": "show:0",
    "privacy": "ask",
    "help": "owners",
    "run": "dinoname",
    "settings": "filter=mild",
    "training": "stop:1",
    "namer": "delete:1",
    "models": "use:1",
    "moderate": "record:0",
    "owner": "servers:0",
}
"""The most powerful state of each button; that of a vote is the poll's."""


def table(title: str, titles: tuple[str, ...] = COLUMNS) -> dict[str, dict[str, str]]:
    """The cells of a table by row and column."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.split("\n") if line[:2] == "| "]
    columns, _dashes, *rows = [[cell.strip(" `/") for cell in line] for line in lines]
    assert tuple(columns[1:]) == titles
    return {row[0]: dict(zip(titles, row[1:], strict=True)) for row in rows}


COMMANDS, BUTTONS = table("Commands on Discord"), table("Buttons on Discord")


@dataclass
class Cast:
    """Everybody who presses, and where."""

    home: Home
    other: simcord.GuildHandle
    other_channel: simcord.ChannelHandle
    actors: Mapping[str, simcord.MemberActor]

    def place(self, column: str) -> simcord.ChannelHandle:
        """The channel in which somebody asks."""
        return self.other_channel if column == "foreign administrator" else self.home.channel


@pytest.fixture
async def cast(home: Home) -> Cast:
    # The bot has started without HOME_GUILDS, so that the commands for its owners are everywhere.
    other = home.env.create_guild("Elsewhere")
    channel = other.create_text_channel("bones")
    owner = home.guild.add_member(home.env.create_user("olivia"))
    home.make_owner(owner)
    for command in await home.bot.tree.fetch_commands():  # as servers can on their page
        for guild in (home.guild, other):
            guild.set_command_permissions(command.id, {guild.default_role: True})
    assert (await learned(home, name="elves")).id == 1
    training = TrainingRequest("shared", "names", "default", 1, home.env.now())
    training = replace(training, community_id=home.guild.id)
    assert await home.app.store[Trainings].enqueue(training) == 1
    actors = {
        "member": home.alice,
        "moderator": home.moderator(),
        "manager": home.member_with("max", manage_guild=True),
        "home administrator": home.administrator(),
        "foreign administrator": home.administrator(other),
        "owner": owner,
    }
    return Cast(home, other, channel, actors)


def said(result: simcord.InteractionResult) -> str:
    """Everything that a reply says."""
    replies = [*([result.response] if result.response else []), *result.followups]
    embeds = [e for reply in replies for e in reply.embeds]
    return "\n".join([r.content for r in replies] + [f"{e.title} {e.description}" for e in embeds])


def outcome(words: str) -> str:
    """Whether a reply is an answer or a refusal."""
    assert "something went wrong" not in words
    return "no" if REFUSALS.match(words) else "yes"


def pressed(words: str) -> str:
    """The same for the button of something that may belong to another server."""
    return "no" if words.startswith(OF_OTHERS) else outcome(words)


async def of_turn(turn: FakeTurn, answer: Callable[[FakeTurn], Awaitable[None]]) -> str:
    """What a request on the fake platform says."""
    await answer(turn)
    shown = [*turn.answers, *turn.platform.history]
    words = [plain(m.content) for m in shown] + [e.title for m in shown for e in m.embeds]
    return pressed("\n".join(words)) if turn.source is not None else outcome("\n".join(words))


def stranger(home: Home, community_id: int | None) -> FakeTurn:
    """An ordinary user somewhere."""
    platform = FakePlatform({1: Message()}, communities=(home.guild.id,))
    source = Source(MessageRef(5, 1, community_id))
    return FakeTurn(platform, User(99, "mallory"), community_id, source=source)


def registered(home: Home) -> dict[str, app_commands.Command | app_commands.ContextMenu]:  # type: ignore[type-arg]
    found = {
        command.qualified_name: command
        for command in home.bot.tree.walk_commands()
        if isinstance(command, app_commands.Command)
    }
    menus = home.bot.tree.get_commands(type=discord.AppCommandType.message)
    return found | {menu.name: menu for menu in menus}


def test_every_command_has_a_row(home: Home) -> None:
    assert sorted(registered(home)) == sorted(COMMANDS)


def test_every_button_has_a_row() -> None:
    assert sorted(REGISTRY.buttons) == sorted(BUTTONS) == sorted(STATES)


async def run(cast: Cast, actor: simcord.MemberActor, column: str, name: str) -> str:
    """Use a command in a server. Returns what it says."""
    place = cast.place(column)
    if name == MENU:
        message = await actor.send(place, "hello")
        return said(await actor.context_menu(place, MENU, message))
    options = dict(OPTIONS.get(name, {}))
    if name in ("moderate block", "moderate unblock"):
        options = {"member": cast.home.env.create_user("troll")}
    if name == "give":
        options = {"dinosaur": "Mangosaurus", "member": actor}
    return said(await actor.slash(place, name, **options))


@pytest.mark.parametrize("column", SERVER)
async def test_commands_in_a_server(cast: Cast, column: str, subtests: pytest.Subtests) -> None:
    actor = cast.actors[column]
    for name, cells in COMMANDS.items():
        with subtests.test(f"{name}, {column}"):
            assert outcome(await run(cast, actor, column, name)) == cells[column]


async def test_commands_in_a_direct_message(cast: Cast, subtests: pytest.Subtests) -> None:
    """Those that Discord offers there."""
    user = cast.home.env.create_user("diana")
    offered = user.available_commands()
    for name, cells in COMMANDS.items():
        with subtests.test(f"{name}, direct message"):
            found = "–"
            if name in offered:
                found = outcome(said(await user.slash(name, **OPTIONS.get(name, {}))))
            assert found == cells["direct message"]


def is_for_users(command: app_commands.Command | app_commands.ContextMenu) -> bool:  # type: ignore[type-arg]
    """Whether Discord offers a command to those who have installed the bot for themselves."""
    root = getattr(command, "root_parent", None) or command
    installs = root.allowed_installs
    return installs is not None and bool(installs.user)


async def captured(cast: Cast, name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, object]:
    """The function and the options of a command."""
    calls: list[tuple[Any, object]] = []

    async def capture(_interaction: object, command: object, options: object) -> None:
        calls.append((command, options))

    with monkeypatch.context() as patch:
        patch.setattr(cast.home.bot, "run_command", capture)
        await run(cast, cast.home.alice, "member", name)
    ((command, options),) = calls
    return command, options


@pytest.mark.parametrize("column", ["user install", "forged"])
async def test_commands_elsewhere(
    cast: Cast, column: str, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    """Forged: an ordinary user in a direct message, also where Discord offers nothing."""
    commands = registered(cast.home)
    community = ELSEWHERE if column == "user install" else None
    for name, cells in COMMANDS.items():
        with subtests.test(f"{name}, {column}"):
            command, options = await captured(cast, name, monkeypatch)
            turn = replace(stranger(cast.home, community), source=None)
            ask = partial(dispatch.run, cast.home.app, command=command, options=options)
            found = await of_turn(turn, ask)
            if column == "user install" and not is_for_users(commands[name]):
                found = "–"
            assert found == cells[column]


async def press(
    cast: Cast,
    actor: simcord.MemberActor | simcord.UserHandle,
    channel: simcord.ChannelHandle,
    button: str,
) -> str:
    """Press a button with an id on a message of the bot."""
    backend = cast.home.env.backend
    component = {"type": 2, "style": 1, "label": "Press", "custom_id": button}
    stored = backend.create_message(
        channel.id, backend.bot_user.id, "…", components=[{"type": 1, "components": [component]}]
    )
    message = to_discord_message(cast.home.env, stored)
    return said(await actor.click(message, custom_id=button))


async def poll_in(cast: Cast, actor: simcord.MemberActor, channel: simcord.ChannelHandle) -> str:
    """Vote on a new poll. Returns its id."""
    shown = await actor.slash(channel, "dinoname", count=2)
    assert shown.response is not None
    (row, *_others) = shown.response.message.components
    assert isinstance(row, discord.ActionRow)
    assert isinstance(row.children[0], discord.Button)
    return str(row.children[0].custom_id).split(":")[1]


@pytest.mark.parametrize("column", SERVER)
async def test_buttons_in_a_server(cast: Cast, column: str, subtests: pytest.Subtests) -> None:
    actor, channel = cast.actors[column], cast.place(column)
    for action, cells in BUTTONS.items():
        with subtests.test(f"{action}, {column}"):
            button = f"{action}:{STATES[action]}"
            if action == "vote":
                shown = await actor.slash(channel, "dinoname", count=2)
                assert shown.response is not None
                words = said(await actor.click(shown.response, label="Mangosaurus"))
            else:
                if action == "unvote":
                    button = f"unvote:{await poll_in(cast, actor, channel)}"
                words = await press(cast, actor, channel, button)
            assert pressed(words) == cells[column]


async def test_buttons_in_a_direct_message(cast: Cast, subtests: pytest.Subtests) -> None:
    home = cast.home
    user = home.env.create_user("diana")
    number = await poll_in(cast, home.alice, home.channel)
    states = STATES | {"vote": f"{number}:0", "unvote": number}
    for action, cells in BUTTONS.items():
        with subtests.test(f"{action}, direct message"):
            words = await press(cast, user, user.dm_channel, f"{action}:{states[action]}")
            assert pressed(words) == cells["direct message"]


@pytest.mark.parametrize("column", ["user install", "forged"])
async def test_buttons_elsewhere(cast: Cast, column: str, subtests: pytest.Subtests) -> None:
    """Forged: an ordinary member presses what was shown to somebody else, who loses nothing."""
    home = cast.home
    alice = home.alice
    number = await poll_in(cast, alice, home.channel)
    await alice.click(home.channel.history()[0], label="Mangosaurus")
    await home.app.store[Poems].keep(
        alice.id, home.guild.id, 1, "Shall I", "Shall I", home.env.now()
    )
    (poem,) = await home.app.store[Poems].of(alice.id)
    before = await home.app.store[Privacy].all_of(alice.id)
    own = {
        "vote": f"{number}:1",
        "unvote": number,
        "poems": f"drop:0:{poem.id}",
        "privacy": "yes",
        "fame": f"ever:mine:0:{alice.id}",
        "collection": f"hide:{alice.id}",
    }
    if column == "user install":
        own = {"vote": f"{number}:1", "unvote": number}
    community = ELSEWHERE if column == "user install" else home.guild.id
    states = STATES | own
    for action, cells in BUTTONS.items():
        with subtests.test(f"{action}, {column}"):
            ask = partial(dispatch.press, home.app, action=action, state=states[action])
            assert await of_turn(stranger(home, community), ask) == cells[column]
    assert await home.app.store[Privacy].all_of(alice.id) == before


@pytest.mark.parametrize(
    ("community_id", "member_id"),
    [(COMMUNITY, BOB.id), (EVERYWHERE, BOB.id), (COMMUNITY, EVERYBODY)],
    ids=["here", "everywhere", "server"],
)
async def test_blocked_members_keep_their_data_only(
    home: Home, community_id: int, member_id: int, subtests: pytest.Subtests
) -> None:
    """Every command and button but `/privacy` and its buttons is refused."""
    app = home.app
    await app.blocks.block(
        community_id, member_id, RecordEntry(Action.BLOCK, 1, app.now(), COMMUNITY)
    )

    async def answer(_app: App, turn: Turn, _options: str) -> None:
        await turn.respond(Message(text(written("An answer."))))

    for name in registered(home):
        with subtests.test(f"/{name}"):
            turn = FakeTurn(FakePlatform(), BOB)
            await dispatch.run(app, turn, answer, "", name=name)
            assert (turn.sentence == "An answer.") == (name == privacy.PRIVACY.name)
    for action in REGISTRY.buttons:
        with subtests.test(f"button {action}"):
            turn = FakeTurn(FakePlatform(), BOB)
            await dispatch.press(with_buttons(app, **{action: answer}), turn, action, "")
            assert (turn.sentence == "An answer.") == (action == privacy.ACTION)
