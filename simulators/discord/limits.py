"""Discord's limits: error codes, checks of commands. simcord checks messages in tests.

The limits are those of Discord's API documentation ("Application Commands").
"""

import enum
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sized

from simulators.common.payloads import JSON

ATTACHMENT_BYTES = 10 * 1024 * 1024
LONGEST_DESCRIPTION = 1024
"""Characters of the text that stands for a file."""
LONGEST_OPTION = 6000
"""Characters of a text option."""
LINK_BUTTON = 5
SUBCOMMAND, SUBCOMMAND_GROUP = 1, 2
USER, CHANNEL = 6, 7
SERVERS, USERS = 0, 1
"""Discord's integration types: to whom an application was added."""


class Context(enum.IntEnum):
    """Discord's interaction context types: where a command is used."""

    SERVER = 0
    BOT_DM = 1
    PRIVATE = 2
    """Direct messages between others."""


_ERRORS: Mapping[int, tuple[int, str]] = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    30046: (429, "Maximum number of edits to messages older than 1 hour reached. Try again later"),
    40005: (413, "Request entity too large"),
    40094: (400, "This interaction has hit the maximum number of follow up messages"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50013: (403, "Missing Permissions"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
}


class ApiError(Exception):
    """An error response of the API.

    code: Discord's error code (10062, 50035, …), which determines the HTTP status and the message.
    errors: for 50035, the errors by path in the payload.
    """

    def __init__(self, code: int, *, errors: JSON | None = None) -> None:
        self.code = code
        self.status, self.message = _ERRORS[code]
        self.errors = errors
        super().__init__(
            f"{self.status} {self.message} (code {code}){f': {errors}' * bool(errors)}"
        )

    def body(self) -> JSON:
        body: JSON = {"message": self.message, "code": self.code}
        return body | {"errors": self.errors} if self.errors else body

    @property
    def details(self) -> list[str]:
        """The errors, each with its path: "content: Must be 2000 or fewer in length."."""
        return list(_sentences(self.errors or {}))


def _sentences(errors: JSON, path: str = "") -> Iterator[str]:
    for key, value in errors.items():
        if key == "_errors":
            yield from (f"{path}: {error['message']}" for error in value)
        else:
            yield from _sentences(value, f"{path}.{key}".strip("."))


class PayloadErrors:
    """Collects the errors of a payload by path.

    >>> form = PayloadErrors()
    >>> form.length("0.options", "x" * 30, 0, 25)
    >>> form.errors["0"]["options"]["_errors"][0]["message"]
    'Must be 25 or fewer in length.'
    """

    def __init__(self, prefix: str = "") -> None:
        self.errors: JSON = {}
        self._prefix = prefix

    def add(self, path: str, message: str) -> None:
        """Add an error. Discord also gives it a code, which no client shows."""
        node = self.errors
        for key in filter(None, f"{self._prefix}.{path}".split(".")):
            node = node.setdefault(key, {})
        node.setdefault("_errors", []).append({"message": message})

    def length(self, path: str, value: Sized | None, low: int, high: int) -> None:
        """Add an error unless `value` is a text or list of `low` to `high` items; None has 0."""
        if not low <= len(value or ()) <= high:
            bounds = f"between {low} and {high}" if low else f"{high} or fewer"
            self.add(path, f"Must be {bounds} in length." if value else "This field is required")

    def one_of(self, path: str, value: object, accepted: Iterable[object]) -> None:
        if value not in (known := list(accepted)):
            self.add(path, f"Value must be one of {{{', '.join(map(str, known))}}}.")

    def check(self) -> None:
        """Raise a 50035 with all errors, if there are any."""
        if self.errors:
            raise ApiError(50035, errors=self.errors)


CHANNEL_SELECT = 8


# Commands that the bot registers


def check_commands(commands: list[JSON], installs: Collection[int] | None = None) -> None:
    """Raise a 50035 if application commands break a rule of naming, length or order.

    installs: to whom the application can be added; None for the commands of one server, which say
        nothing about that.
    """
    form = PayloadErrors()
    form.length("commands", commands, 0, 100)
    names: set[tuple[int, str]] = set()
    for index, command in enumerate(commands):
        kind, name = key = (command.get("type") or 1, str(command.get("name")))
        if key in names:
            form.add(f"{index}.name", f"Application command names must be unique: {name}")
        names.add(key)
        if kind == 1:
            _check_named(form, f"{index}", command)
        _check_installs(form, f"{index}", command, installs)
        if _command_size(command) > 8000:
            form.add(f"{index}", "Command exceeds maximum size (8000)")
    form.check()


def _check_installs(
    form: PayloadErrors, path: str, command: JSON, installs: Collection[int] | None
) -> None:
    """Check for whom a command is, and where it can be used."""
    types, contexts = command.get("integration_types"), command.get("contexts")
    if installs is None:
        for field, value in (("integration_types", types), ("contexts", contexts)):
            if value is not None:
                form.add(f"{path}.{field}", "Only global commands can have this field")
        return
    if unsupported := {*(types or ())} - {*installs}:
        form.add(f"{path}.integration_types", f"The application does not allow {unsupported}")
    # Discord says that it is only meaningful for them.
    if Context.PRIVATE in (contexts or ()) and USERS not in (types or installs):
        form.add(f"{path}.contexts", "Private channels need user installs")


def _check_named(form: PayloadErrors, path: str, item: JSON) -> None:
    """Check a command or an option, and the options in it."""
    name, options = item.get("name"), item.get("options") or []
    _check_texts(form, path, item, "name", 32)
    if name and (not re.fullmatch(r"[-_'\w]+", name) or name != name.lower()):
        form.add(f"{path}.name", "Command name is invalid: lower-case letters, digits, - and _")
    _check_texts(form, path, item, "description", 100)
    form.length(f"{path}.options", options, 0, 25)
    optional_seen, names = False, set[str]()
    for index, option in enumerate(options):
        here = f"{path}.options.{index}"
        _check_named(form, here, option)
        if option.get("name") in names:
            form.add(here, "Option name already exists")
        names.add(str(option.get("name")))
        if option.get("type") in (SUBCOMMAND, SUBCOMMAND_GROUP):
            continue
        form.one_of(f"{here}.type", option.get("type"), range(3, 12))
        for field, low in (("min_length", 0), ("max_length", 1)):
            if not low <= option.get(field, low) <= LONGEST_OPTION:
                form.add(f"{here}.{field}", f"Value should be from {low} to {LONGEST_OPTION}.")
        if option.get("required") and optional_seen:
            form.add(here, "Required options must be placed before non-required options")
        optional_seen |= not option.get("required")
        _check_choices(form, f"{here}.choices", option.get("choices") or [])


def _check_texts(form: PayloadErrors, path: str, item: JSON, field: str, longest: int) -> None:
    """Check the length of a text in all languages."""
    for key, text in _texts(item, field).items():
        form.length(f"{path}.{key}", text, 1, longest)


def _texts(item: JSON, field: str) -> dict[str, str]:
    """A text of a command and its localizations, by their places in `item`."""
    others = f"{field}_localizations"
    localized = {f"{others}.{key}": text for key, text in (item.get(others) or {}).items()}
    return {field: item.get(field) or "", **localized}


def _check_choices(form: PayloadErrors, path: str, choices: list[JSON]) -> None:
    form.length(path, choices, 0, 25)
    for index, choice in enumerate(choices):
        _check_texts(form, f"{path}.{index}", choice, "name", 100)
        form.length(f"{path}.{index}.value", str(choice.get("value", "")), 0, 100)


def check_choices(data: JSON) -> list[JSON]:
    """The choices of an autocomplete response; raises a 50035 if they are invalid."""
    form = PayloadErrors("data")
    choices: list[JSON] = data.get("choices") or []
    _check_choices(form, "choices", choices)
    form.check()
    return choices


def _command_size(item: JSON) -> int:
    """Characters of a command, with the longest localization of each text, as Discord counts."""
    size = len(str(item.get("value", "")))
    size += sum(max(map(len, _texts(item, key).values())) for key in ("name", "description"))
    nested = [*(item.get("options") or []), *(item.get("choices") or [])]
    return size + sum(map(_command_size, nested))
