"""The commands as Discord's library has them, and their registration with Discord."""

import asyncio
import hashlib
import inspect
import json
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import discord
from discord import app_commands
from discord.http import Route

from bot.chat.commands import (
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
)
from bot.chat.turn import MessageRef
from bot.platforms.discord.turn import DiscordAttachment
from bot.store import Unavailable
from bot.store.fleet import Registrations
from data.files import write_atomically

log = logging.getLogger(__name__)

FILE = "commands.sha256"
"""In the state directory: the digest of the commands that were registered last."""

Interaction = discord.Interaction[Any]
Choices = list[app_commands.Choice[str]]
SlashCommand = app_commands.Command[Any, ..., None]
TreeCommand = SlashCommand | app_commands.Group | app_commands.ContextMenu
Placed = TypeVar("Placed", SlashCommand, app_commands.Group)

_in = partial(app_commands.AppCommandContext, guild=True)
PLACES = {
    Place.ANYWHERE: _in(dm_channel=True, private_channel=True),
    Place.COMMUNITY_OR_DIRECT: _in(dm_channel=True, private_channel=False),
    Place.COMMUNITY: _in(dm_channel=False, private_channel=False),
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


def tree_command(declared: Declared) -> TreeCommand:
    """A command for the tree of a `Mangosaurus`, which answers it."""
    made: TreeCommand
    match declared:
        case Command():
            made = _placed(_command(declared), declared.place)
        case Group():
            made = app_commands.Group(name=declared.name, description=declared.description)
            for each in declared.commands:
                made.add_command(_command(each))
            made = _placed(made, declared.place)
        case Menu():
            made = app_commands.ContextMenu(name=declared.label, callback=_menu(declared))
            made.guild_only = True
    made.default_permissions = SHOWN_TO.get(declared.shown_to)
    return made


def _command(declared: Command) -> SlashCommand:
    command = SlashCommand(
        name=declared.last_name, description=declared.description, callback=_callback(declared)
    )
    options = declared.options
    if options:
        app_commands.describe(**{each.name: each.description for each in options})(command)
    if chosen := {each.name: _choices(each.choices) for each in options if each.choices}:
        app_commands.choices(**chosen)(command)
    for option in options:
        if option.suggest is not None:
            command.autocomplete(option.name)(_suggestions(option))
    return command


def _callback(declared: Command) -> Callable[..., Any]:
    async def callback(interaction: Interaction, **typed: object) -> None:
        given = {name: _value(each) for name, each in typed.items() if each is not None}
        options = declared.build(**given)
        await interaction.client.run_command(interaction, declared.answer, options)

    # discord.py reads the options of a command from its signature.
    parameters = [inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_ONLY)]
    parameters += map(_parameter, declared.options)
    callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return callback


def _menu(menu: Menu) -> Callable[..., Any]:
    async def callback(interaction: Interaction, message: discord.Message) -> None:
        picked = Picked(
            MessageRef(message.channel.id, message.id, interaction.guild_id),
            is_own=message.author == interaction.client.user,
        )
        await interaction.client.run_command(interaction, menu.answer, menu.build(picked))

    return callback


def _suggestions(option: Option) -> Callable[[Interaction, str], Coroutine[Any, Any, Choices]]:
    async def suggestions(interaction: Interaction, typed: str) -> Choices:
        others = {name: each for name, each in interaction.namespace if isinstance(each, str)}
        found = option.suggestions(others)
        choices: Choices = await interaction.client.suggest(interaction, found, typed)
        return choices

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
        case discord.Member():
            rights = given.guild_permissions
            return Person(given.id, given.bot, rights.manage_guild or rights.administrator)
        case discord.User():
            return Person(given.id, given.bot)
        case discord.TextChannel() | discord.Thread() | discord.VoiceChannel():
            return given.id
        case _:
            return given


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


Registered = RegisteredInFile | Registrations
"""What is remembered of the commands that were registered last: a digest by application."""


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
    try:
        known = await registered.digest(application_id)
    except Unavailable:  # logged where it is raised
        known = None
    if known == digest and not always:
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


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None
