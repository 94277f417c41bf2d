"""The cog with all commands as Discord's library has them, and their registration with Discord."""

import asyncio
import hashlib
import inspect
import json
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol, TypeVar

import discord
from discord import app_commands
from discord.ext import commands
from discord.http import Route

from bot.chat.commands import (
    Answer,
    Audience,
    Choice,
    Command,
    Declared,
    Group,
    Kind,
    Menu,
    Option,
    Person,
    Picked,
    Place,
    Suggestions,
)
from bot.chat.turn import MessageRef
from bot.platforms.discord.turn import DiscordAttachment
from bot.store import Unavailable
from data.files import write_atomically

log = logging.getLogger(__name__)

FILE = "commands.sha256"
"""In the state directory: the digest of the commands that were registered last."""

Interaction = discord.Interaction[Any]
Choices = list[app_commands.Choice[str]]
SlashCommand = app_commands.Command[Any, ..., None]
TreeCommand = SlashCommand | app_commands.Group | app_commands.ContextMenu
Placed = TypeVar("Placed", SlashCommand, app_commands.Group)

PLACES = {
    Place.ANYWHERE: app_commands.AppCommandContext(
        guild=True, dm_channel=True, private_channel=True
    ),
    Place.COMMUNITY_OR_DIRECT: app_commands.AppCommandContext(
        guild=True, dm_channel=True, private_channel=False
    ),
    Place.COMMUNITY: app_commands.AppCommandContext(
        guild=True, dm_channel=False, private_channel=False
    ),
}
SHOWN_TO = {
    Audience.MODERATORS: discord.Permissions(manage_messages=True),
    Audience.MANAGERS: discord.Permissions(manage_guild=True),
    Audience.ADMINISTRATORS: discord.Permissions(administrator=True),
}
TYPES: dict[Kind, object] = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.SWITCH: bool,
    Kind.FILE: discord.Attachment,
    Kind.PERSON: discord.User,
    Kind.CHANNEL: discord.TextChannel | discord.Thread | discord.VoiceChannel,
}


class Runner(Protocol):
    """Answers what the commands are asked: the client."""

    async def run_command(
        self, interaction: Interaction, command: Answer[Any], options: object
    ) -> None: ...

    async def suggest(
        self, interaction: Interaction, suggestions: Suggestions, typed: str
    ) -> Choices: ...


class Commands(commands.Cog):
    """All commands."""

    def __init__(
        self,
        tree: app_commands.CommandTree[Any],
        runner: Runner,
        declared: tuple[Declared, ...],
    ) -> None:
        self._tree = tree
        self._runner = runner
        self._commands = [self._registered(each) for each in declared]

    async def cog_load(self) -> None:
        """Add them to the tree: a cog adds only those that are methods."""
        for each in self._commands:
            self._tree.add_command(each)

    async def cog_unload(self) -> None:
        """Remove them from the tree."""
        for each in self._commands:
            kind = each.type if isinstance(each, app_commands.ContextMenu) else None
            self._tree.remove_command(each.name, type=kind or discord.AppCommandType.chat_input)

    def _registered(self, declared: Declared) -> TreeCommand:
        registered: TreeCommand
        match declared:
            case Command():
                registered = _placed(self._command(declared), declared.place)
            case Group():
                registered = self._group(declared)
            case Menu():
                registered = app_commands.ContextMenu(
                    name=declared.label, callback=self._menu(declared)
                )
                registered.guild_only = True
        registered.default_permissions = SHOWN_TO.get(declared.shown_to)
        return registered

    def _group(self, group: Group) -> app_commands.Group:
        made = app_commands.Group(name=group.name, description=group.description)
        for each in group.commands:
            made.add_command(self._command(each))
        return _placed(made, group.place)

    def _command(self, declared: Command) -> SlashCommand:
        command = SlashCommand(
            name=declared.last_name,
            description=declared.description,
            callback=self._callback(declared),
        )
        options = declared.options
        if options:
            app_commands.describe(**{each.name: each.description for each in options})(command)
        choices = {each.name: _choices(each.choices) for each in options}
        if chosen := {name: some for name, some in choices.items() if some}:
            app_commands.choices(**chosen)(command)
        for option in options:
            if option.suggest is not None:
                command.autocomplete(option.name)(self._suggestions(option))
        return command

    def _callback(self, declared: Command) -> Callable[..., Any]:
        async def callback(interaction: Interaction, **typed: object) -> None:
            given = {name: _value(each) for name, each in typed.items() if each is not None}
            await self._runner.run_command(interaction, declared.answer, declared.build(**given))

        # discord.py reads the options of a command from its signature.
        parameters = [inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_ONLY)]
        parameters += map(_parameter, declared.options)
        callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return callback

    def _menu(self, menu: Menu) -> Callable[..., Any]:
        async def callback(interaction: Interaction, message: discord.Message) -> None:
            picked = Picked(
                MessageRef(message.channel.id, message.id, interaction.guild_id),
                is_own=message.author == interaction.client.user,
            )
            await self._runner.run_command(interaction, menu.answer, menu.build(picked))

        return callback

    def _suggestions(
        self, option: Option
    ) -> Callable[[Interaction, str], Coroutine[Any, Any, Choices]]:
        async def suggestions(interaction: Interaction, typed: str) -> Choices:
            others = {name: each for name, each in interaction.namespace if isinstance(each, str)}
            return await self._runner.suggest(interaction, option.suggestions(others), typed)

        return suggestions


def _placed(command: Placed, place: Place) -> Placed:
    command.guild_only = place is Place.COMMUNITY
    command.allowed_contexts = PLACES[place]
    if place is Place.ANYWHERE:
        command.allowed_installs = app_commands.AppInstallationType(guild=True, user=True)
    return command


def _parameter(option: Option) -> inspect.Parameter:
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=_annotation(option),
        default=inspect.Parameter.empty if option.is_required else None,
    )


def _annotation(option: Option) -> Any:  # noqa: ANN401 (a type, or what discord.py takes for one)
    kind = TYPES[option.kind]
    if option.least is None and option.most is None:
        return kind
    if option.kind is Kind.TEXT:
        return app_commands.Range[str, int(option.least or 0), option.most]
    return app_commands.Range[kind, option.least, option.most]


def _choices(choices: tuple[Choice, ...]) -> Choices:
    return [app_commands.Choice(name=each.label, value=each.value) for each in choices]


def _value(given: object) -> object:
    """An option's value, as commands take it."""
    match given:
        case discord.Attachment():
            return DiscordAttachment(given)
        case discord.User() | discord.Member():
            return Person(given.id, given.bot)
        case discord.TextChannel() | discord.Thread() | discord.VoiceChannel():
            return given.id
        case _:
            return given


class Registered(Protocol):
    """What is remembered of the commands that were registered last, by application."""

    async def digest(self, application_id: int) -> str | None:
        """Their digest, if it is known. Raises `Unavailable`."""

    async def note(self, application_id: int, digest: str) -> None:
        """Remember a digest. Raises `Unavailable` or `OSError`."""


class RegisteredInFile:
    """Remembers one digest, in the state directory of a process that shares nothing."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE

    async def digest(self, _application_id: int) -> str | None:
        """That of the file: it has the application's id in it."""
        return await asyncio.to_thread(_read, self._path)

    async def note(self, _application_id: int, digest: str) -> None:
        """Write it to the file. Raises `OSError`."""
        await asyncio.to_thread(write_atomically, self._path, digest.encode())


async def sync_if_changed(
    tree: app_commands.CommandTree[discord.Client], registered: Registered, *, always: bool = False
) -> None:
    """Register the commands if they differ from those that were registered last.

    The address of Discord is part of the digest: what a simulator knows, another one does not.
    """
    application_id = tree.client.application_id or 0
    payloads = [command.to_dict(tree) for command in tree.get_commands()]
    digest = hashlib.sha256(
        json.dumps([Route.BASE, application_id, payloads], sort_keys=True).encode()
    ).hexdigest()
    if not always and await _known(registered, application_id) == digest:
        return
    await tree.sync()
    log.info("Registered the commands with Discord")
    try:
        await registered.note(application_id, digest)
    except (OSError, Unavailable) as error:
        log.warning(
            "The digest of the commands was not saved; the next start registers them again: %s",
            error,
        )


async def _known(registered: Registered, application_id: int) -> str | None:
    try:
        return await registered.digest(application_id)
    except Unavailable:  # logged where it is raised
        return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None
