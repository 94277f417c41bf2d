"""The commands as Discord's library has them, and their registration with Discord."""

import asyncio
import hashlib
import inspect
import json
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.http import Route

from bot.chat.commands import (
    Audience,
    Choice,
    ChosenMember,
    Command,
    Declared,
    Group,
    Kind,
    Menu,
    Option,
    Picked,
    Place,
)
from bot.chat.errors import invalid_value
from bot.chat.message import UserError
from bot.chat.translation import digest_of_catalogues, in_language, language_of
from bot.chat.turn import MessageRef
from bot.platforms.discord.turn import DiscordAttachment
from bot.startup import DISCORD_APPS
from bot.store import Unavailable
from bot.store.fleet import Registrations
from bot.text.formats import shortened
from bot.text.written import own_words
from data.files import write_atomically
from data.phrases import Phrase

log = logging.getLogger(__name__)

FILE = "commands.sha256"
"""File in the state directory with digests of the commands that were registered last."""
LONGEST_DESCRIPTION, LONGEST_LABEL = 100, 32
"""Characters of a description or the name of a choice, and of a command in a menu."""
HOME = "home "
"""Begins the digest of the commands of a home server."""

Interaction = discord.Interaction[Any]
Choices = list[app_commands.Choice[str]]
SlashCommand = app_commands.Command[Any, ..., None]
TreeCommand = SlashCommand | app_commands.Group | app_commands.ContextMenu

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
READ_AS: dict[Kind, type | tuple[type, ...]] = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.NUMBER: (int, float),
    Kind.SWITCH: bool,
    Kind.FILE: DiscordAttachment,
    Kind.PERSON: ChosenMember,
    Kind.CHANNEL: int,
}
"""Types of the values that commands take."""

Installs = app_commands.AppInstallationType
"""Kinds of installation of an application: for a server, for a user."""


def installs_of(application: discord.AppInfo | None) -> Installs:
    """The installs that an application allows, as set on its page Installation.

    Both if it does not say: so do new applications.
    """
    if application is None:
        return Installs(guild=True, user=True)
    guild = application.guild_integration_config is not None
    user = application.user_integration_config is not None
    return Installs(guild=guild or not user, user=user or not guild)


class CatalogueTranslator(app_commands.Translator):
    """Gives Discord the descriptions of commands and options in each language, and choices."""

    async def translate(
        self,
        string: locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The translation of a phrase; `None` for anything else, such as names of commands."""
        if not isinstance(string.message, Phrase):
            return None
        said = in_language(string.message, language_of(locale.value))
        is_menu = isinstance(context.data, app_commands.ContextMenu)
        longest = LONGEST_LABEL if is_menu else LONGEST_DESCRIPTION
        return shortened(said, longest) if said != string.message else None


def add_commands(
    tree: app_commands.CommandTree[Any],
    every: Iterable[Declared],
    installs: Installs,
    homes: Collection[discord.abc.Snowflake] = (),
) -> None:
    """Fill the tree of a `Mangosaurus`, which answers the commands.

    Those for the bot's owners are for its home servers only, if there are any. A command that
    cannot be used by any of the installs is left out.
    """
    left_out = []
    for declared in every:
        command = _tree_command(declared, installs)
        if homes and _is_for_owners(declared):
            command.allowed_installs = command.allowed_contexts = None  # as the server says
            command.guild_only = False
            tree.add_command(command, guilds=[*homes])
        elif command.allowed_installs is not None and command.allowed_installs.to_array():
            tree.add_command(command)
        else:
            left_out.append(command.name)
    if left_out:
        log.warning(
            "The bot's application cannot be added to servers, so these commands are left out: %s. "
            "Allow Guild Install on its page Installation: %s",
            ", ".join(left_out),
            DISCORD_APPS,
        )


def _is_for_owners(declared: Declared) -> bool:
    match declared:
        case Command():
            return declared.audience is Audience.OWNERS
        case Group():
            return all(map(_is_for_owners, declared.commands))
        case Menu():
            return False


def _tree_command(declared: Declared, installs: Installs) -> TreeCommand:
    made: TreeCommand
    place = Place.COMMUNITY
    match declared:
        case Command():
            made, place = _command(declared), declared.place
        case Group():
            made = app_commands.Group(name=declared.name, description=declared.description)
            for each in declared.commands:
                made.add_command(_command(each))
            place = declared.place
        case Menu():
            made = app_commands.ContextMenu(name=declared.label, callback=_menu(declared))
    made.guild_only = place is Place.COMMUNITY
    made.default_permissions = SHOWN_TO.get(declared.shown_to)
    # Where they are left out, Discord offers a command to all installs and in all contexts.
    is_for_users = place is Place.ANYWHERE and installs.user
    made.allowed_installs = Installs(guild=installs.guild, user=is_for_users)
    made.allowed_contexts = app_commands.AppCommandContext(
        guild=True, dm_channel=place is not Place.COMMUNITY, private_channel=is_for_users
    )
    return made


def _command(declared: Command) -> SlashCommand:
    command = SlashCommand(
        name=declared.last_name, description=declared.description, callback=_callback(declared)
    )
    options = declared.options
    if options:
        described = {each.name: locale_str(each.description) for each in options}
        app_commands.describe(**described)(command)
    if chosen := {
        each.name: _choices(each.choices)
        for each in options
        if each.choices and each.suggest is None
    }:
        app_commands.choices(**chosen)(command)
    for option in options:
        if option.suggest is not None:
            command.autocomplete(option.name)(_suggestions(option))
    return command


def _callback(declared: Command) -> Callable[..., Any]:
    async def callback(interaction: Interaction, **typed: object) -> None:
        given = {name: _value(each) for name, each in typed.items() if each is not None}
        _check_types(declared, given)
        options = declared.build(**given)
        await interaction.client.run_command(interaction, declared.answer, options)

    # discord.py reads the options of a command from its signature.
    parameters = [inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_ONLY)]
    parameters += map(_parameter, declared.options)
    callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return callback


def _check_types(declared: Command, given: Mapping[str, object]) -> None:
    """Raise `UserError` for a value of another type, which discord.py does not refuse."""
    for option in declared.options:
        value = given.get(option.name)
        if value is not None and (
            not isinstance(value, READ_AS[option.kind])
            or (isinstance(value, bool) and option.kind is not Kind.SWITCH)
        ):
            raise UserError(*invalid_value(own_words(str(value))))


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
        others = {
            name: str(getattr(each, "id", each))  # members by their ids
            for name, each in interaction.namespace
            if isinstance(each, str | discord.abc.Snowflake)
        }
        found = option.suggestions(others)
        choices: Choices = await interaction.client.suggest(interaction, found, str(typed))
        return choices

    return suggestions


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
    return [app_commands.Choice(name=locale_str(each.label), value=each.value) for each in choices]


def _value(given: object) -> object:
    """An option's value, as commands take it."""
    match given:
        case discord.Attachment():
            return DiscordAttachment(given)
        case discord.Member():
            rights = given.guild_permissions
            return ChosenMember(given.id, given.bot, rights.manage_guild or rights.administrator)
        case discord.User():
            return ChosenMember(given.id, given.bot)
        case discord.TextChannel() | discord.Thread() | discord.VoiceChannel():
            return given.id
        case _:
            return given


class RegisteredInFile:
    """Remembers digests in the state directory of a process that shares nothing."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE

    async def digests(self) -> Mapping[int, str]:
        """Digests of the commands registered last, by application or home server."""
        return await asyncio.to_thread(_read, self._path)

    async def note(self, number: int, digest: str) -> None:
        """Write one to the file. Raises `OSError`."""
        known = {**await self.digests(), number: digest}
        lines = [f"{key} {value}\n" for key, value in known.items()]
        await asyncio.to_thread(write_atomically, self._path, "".join(lines).encode())


Registered = RegisteredInFile | Registrations
"""Memory of the commands that were registered last."""


async def sync_if_changed(
    tree: app_commands.CommandTree[Any],
    registered: Registered,
    homes: Collection[int] = (),
    *,
    always: bool = False,
) -> None:
    """Register the commands if they differ from those that were registered last.

    Also those of home servers, and none in a server that was a home.
    """
    try:
        known = await registered.digests()
    except Unavailable:  # logged where it is raised
        known = {}
    former = {number for number, digest in known.items() if digest.startswith(HOME)}
    guilds = [discord.Object(number) for number in sorted(former | {*homes})]
    application_id = tree.client.application_id or 0
    catalogues = await asyncio.to_thread(digest_of_catalogues)
    for guild in (None, *guilds):
        number = application_id if guild is None else guild.id
        digest = _digest(tree, guild, catalogues)
        is_wanted = guild is None or guild.id in homes
        if known.get(number) == digest and not always:
            continue
        if not await _sync(tree, guild, is_wanted=is_wanted) and is_wanted:
            continue
        try:
            await registered.note(number, digest)
        except (OSError, Unavailable) as error:
            log.warning(
                "The digest of the commands was not saved; the next start registers them again: %s",
                error,
            )


async def _sync(
    tree: app_commands.CommandTree[Any], guild: discord.Object | None, *, is_wanted: bool
) -> bool:
    """Register commands, or remove those that are not wanted. Returns whether Discord took it."""
    try:
        await tree.sync(guild=guild)
    except discord.HTTPException as error:
        is_passing = not error.code or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if is_passing or error.status in _NOT_ABOUT_COMMANDS:  # no code: a page of a proxy
            raise
        if guild is None:
            log.error(
                "Discord refuses the commands, so members have those that were registered before. "
                "If this goes on after an update, report it: %s",
                " ".join(str(error).split()),
            )
        elif not is_wanted:
            log.info(
                "The commands for the bot's owners may still be in the server %d, which is no home "
                "anymore, because the bot can't remove them there: %s",
                guild.id,
                error,
            )
        else:
            log.warning(
                "Discord refuses the commands for the bot's owners in the server %d. Invite the "
                "bot there with the link from its log, or correct HOME_GUILDS: %s",
                guild.id,
                error,
            )
        return False
    log.info("Registered the commands with Discord")
    return True


_NOT_ABOUT_COMMANDS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}
"""Statuses that say nothing about the commands."""


def _digest(
    tree: app_commands.CommandTree[Any], guild: discord.Object | None, catalogues: str
) -> str:
    """The digest of the commands for a server, or of the others.

    It is of all that decides what Discord is sent: translating that takes a tenth of a second. The
    address of Discord is part of it: what a simulator knows, another one does not.
    """
    payloads = [command.to_dict(tree) for command in tree.get_commands(guild=guild)]
    made_by = [discord.__version__, catalogues, LONGEST_DESCRIPTION, LONGEST_LABEL]
    about = [Route.BASE, tree.client.application_id or 0, made_by, payloads]
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    return digest if guild is None else (HOME + digest)[: len(digest)]


def _read(path: Path) -> dict[int, str]:
    try:
        lines = [line.split(" ", 1) for line in path.read_text().splitlines()]
        return {int(number): digest for number, digest in lines}
    except (OSError, ValueError):  # missing, or of an older version
        return {}
