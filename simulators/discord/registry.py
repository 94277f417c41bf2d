"""Registered commands, and how members find and run them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from simulators.common.payloads import JSON
from simulators.discord.guild import User
from simulators.discord.limits import (
    SERVERS,
    SUBCOMMAND,
    SUBCOMMAND_GROUP,
    USERS,
    ApiError,
    Context,
    check_commands,
)
from simulators.discord.records import Surface


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry in the list of commands: a command, or one of its subcommands."""

    command: JSON
    path: tuple[JSON, ...]  # groups and subcommand of the command
    options: list[JSON]

    @property
    def name(self) -> str:
        """The full name: "retrain names"."""
        return " ".join([self.command["name"], *(step["name"] for step in self.path)])

    def view(self) -> JSON:
        """The entry as the page shows it."""
        description = (self.path[-1] if self.path else self.command)["description"]
        options = [dict(option) for option in self.options]
        return {"name": self.name, "description": description, "options": options}

    def data(self, values: Mapping[str, object], focused: str | None = None) -> JSON:
        """The `data` of an interaction that runs it, or that requests choices for `focused`."""
        filled: list[JSON] = [
            {"name": name, "type": option["type"], "value": values.get(name, "")}
            | ({"focused": True} if name == focused else {})
            for option in self.options
            if (name := option["name"]) in values or name == focused
        ]
        for step in reversed(self.path):
            filled = [{"name": step["name"], "type": step["type"], "options": filled}]
        command = self.command
        data = {"id": command["id"], "name": command["name"], "type": 1, "options": filled}
        return data | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})


class RegisteredCommands:
    """The commands that the bot has registered, for all servers or for some."""

    def __init__(self, application_id: str, new_id: Callable[[], str]) -> None:
        self._application_id, self._new_id = application_id, new_id
        self._commands: dict[str, list[JSON]] = {"": []}
        """Commands by server; those for all servers have the key ""."""
        self.installs = {SERVERS, USERS}
        """Places to which the application can be added, as its page Installation allows."""

    def overwrite(self, payloads: list[JSON], guild_id: str = "") -> list[JSON]:
        """Replace all commands, or those of a server. One with the same name keeps its ID."""
        former = self._commands.get(guild_id, [])
        known = {(old["type"], old["name"]): old["id"] for old in former}
        check_commands(payloads, None if guild_id else self.installs)
        commands = self._commands[guild_id] = []
        for payload in payloads:
            kind = payload.get("type") or 1
            fixed = {
                "id": known.get((kind, payload["name"])) or self._new_id(),
                "application_id": self._application_id,
                "version": self._new_id(),
                "type": kind,
                "description": payload.get("description") or "",
            }
            if guild_id:
                fixed["guild_id"] = guild_id
            else:  # what is not said is what the application has
                fixed["integration_types"] = payload.get("integration_types") or [*self.installs]
                fixed["contexts"] = payload.get("contexts") or [*Context]
            commands.append(payload | fixed)
        return commands

    def find(self, name: str, guild_id: str, surface: Surface = Surface.SERVER) -> Choice:
        """Look up "dinoname" or "retrain names"; raises `ApiError` 10063."""
        for choice in self._choices(guild_id, surface):
            if choice.name == name:
                return choice
        raise ApiError(10063)

    def picker(self, user: User, guild_id: str) -> list[JSON]:
        """The commands that this member sees in a server, by name."""
        every = self._choices(guild_id, Surface.SERVER)
        shown = [choice for choice in every if user.may_use(choice.command)]
        return [choice.view() for choice in sorted(shown, key=lambda choice: choice.name)]

    def _choices(self, guild_id: str, surface: Surface) -> Iterable[Choice]:
        """The commands that Discord offers in a server, or on another surface."""
        commands = [
            each
            for each in self._commands[""]
            if surface.install in each["integration_types"] and surface.context in each["contexts"]
        ]
        if surface is Surface.SERVER:
            commands = [*self._commands.get(guild_id, []), *commands]
        for command in commands:
            if command["type"] == 1:
                yield from _leaves(command, command, ())


def _leaves(command: JSON, node: JSON, path: tuple[JSON, ...]) -> Iterable[Choice]:
    options: list[JSON] = node.get("options") or []
    nested = [o for o in options if o["type"] in (SUBCOMMAND, SUBCOMMAND_GROUP)]
    if not nested:
        yield Choice(command, path, options)
    for child in nested:
        yield from _leaves(command, child, (*path, child))
