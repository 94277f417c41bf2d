"""Registered commands, and how members find and run them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.platforms.local.guild import User
from bot.platforms.local.limits import JSON, SUBCOMMAND, SUBCOMMAND_GROUP, ApiError, check_commands


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
        return {"id": command["id"], "name": command["name"], "type": 1, "options": filled}


class Registry:
    """The commands that the bot has registered, for all servers."""

    def __init__(self, application_id: str, new_id: Callable[[], str]) -> None:
        self._application_id, self._new_id = application_id, new_id
        self._commands: list[JSON] = []

    def overwrite(self, payloads: list[JSON]) -> list[JSON]:
        """Replace all commands. A command with the same name keeps its ID."""
        known = {(old["type"], old["name"]): old["id"] for old in self._commands}
        check_commands(payloads)
        self._commands = []
        for payload in payloads:
            kind = payload.get("type") or 1
            fixed = {
                "id": known.get((kind, payload["name"])) or self._new_id(),
                "application_id": self._application_id,
                "version": self._new_id(),
                "type": kind,
                "description": payload.get("description") or "",
            }
            self._commands.append(payload | fixed)
        return self._commands

    def find(self, name: str) -> Choice:
        """Look up "dinoname" or "retrain names"; raises `ApiError` 10063."""
        for choice in self._choices():
            if choice.name == name:
                return choice
        raise ApiError(10063)

    def picker(self, user: User) -> list[JSON]:
        """The commands that this member sees, by name."""
        shown = [choice for choice in self._choices() if user.may_use(choice.command)]
        return [choice.view() for choice in sorted(shown, key=lambda choice: choice.name)]

    def _choices(self) -> Iterable[Choice]:
        for command in self._commands:
            if command["type"] == 1:
                yield from _leaves(command, command, ())


def _leaves(command: JSON, node: JSON, path: tuple[JSON, ...]) -> Iterable[Choice]:
    options: list[JSON] = node.get("options") or []
    nested = [o for o in options if o["type"] in (SUBCOMMAND, SUBCOMMAND_GROUP)]
    if not nested:
        yield Choice(command, path, options)
    for child in nested:
        yield from _leaves(command, child, (*path, child))
