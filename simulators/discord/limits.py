"""Discord's limits: error codes, checks of payloads, rate limits.

The limits are those of Discord's API documentation ("Message Object", "Embed Limits",
"Component Reference", "Application Commands", "Rate Limits").
"""

import enum
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from simulators.common.payloads import JSON

ATTACHMENT_BYTES = 10 * 1024 * 1024
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
    >>> form.length("embeds.0.title", "x" * 300, 0, 256)
    >>> form.errors["embeds"]["0"]["title"]["_errors"][0]["message"]
    'Must be 256 or fewer in length.'
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

    def length(self, path: str, value: object, low: int, high: int) -> None:
        """Add an error unless `value` is a text or list of `low` to `high` items; None has 0."""
        if value is not None and not isinstance(value, (str, list)):
            self.add(path, "Not a well formed value.")
        elif not low <= len(value or ()) <= high:
            bounds = f"between {low} and {high}" if low else f"{high} or fewer"
            self.add(path, f"Must be {bounds} in length." if value else "This field is required")

    def one_of(self, path: str, value: object, accepted: Iterable[object]) -> None:
        if value not in (known := list(accepted)):
            self.add(path, f"Value must be one of {{{', '.join(map(str, known))}}}.")

    def check(self) -> None:
        """Raise a 50035 with all errors, if there are any."""
        if self.errors:
            raise ApiError(50035, errors=self.errors)


# Messages

_ROWS = "components.*"
_BUTTONS = "components.*.components.*"
_LENGTHS: Mapping[str, tuple[int, int]] = {
    "content": (0, 2000),
    "attachments": (0, 10),
    "embeds": (0, 10),
    "embeds.*.title": (0, 256),
    "embeds.*.description": (0, 4096),
    "embeds.*.footer.text": (0, 2048),
    "embeds.*.author.name": (0, 256),
    "embeds.*.fields": (0, 25),
    "embeds.*.fields.*.name": (1, 256),
    "embeds.*.fields.*.value": (1, 1024),
    "components": (0, 5),
    f"{_ROWS}.components": (1, 5),
    f"{_BUTTONS}.label": (0, 80),
}
"""How long parts of a message may be, by their path."""
_COUNTED = ("title", "description", "footer.text", "author.name", "fields.*.name", "fields.*.value")
"""The parts of embeds that count towards a message's 6,000 characters."""
STRING_SELECT, CHANNEL_SELECT = 3, 8
_KINDS = {f"{_ROWS}.type": (1,), f"{_BUTTONS}.type": (2, STRING_SELECT, CHANNEL_SELECT)}


def parts(payload: object, path: str, at: str = "") -> Iterator[tuple[str, Any]]:
    """The parts of a payload with a path ("embeds.*.title"), each with its own ("embeds.0.title").

    A part that is missing is None if all around it is there.
    """
    name, _, rest = path.partition(".")
    if not name:
        yield at, payload
    elif name == "*":
        for index, item in enumerate(payload if isinstance(payload, list) else []):
            yield from parts(item, rest, f"{at}.{index}")
    elif isinstance(payload, dict):
        yield from parts(payload.get(name), rest, f"{at}.{name}".strip("."))


def check_message(payload: JSON, *, prefix: str = "") -> None:
    """Raise a 50035 if a message's content, embeds or components exceed a limit."""
    form = PayloadErrors(prefix)
    for path, (low, high) in _LENGTHS.items():
        for here, value in parts(payload, path):
            form.length(here, value, low, high)
    for part in ("url", "image.url", "thumbnail.url"):
        for here, url in parts(payload, f"embeds.*.{part}"):
            _check_url(form, here, url, attachment=part != "url")
    counted = (parts(payload, f"embeds.*.{part}") for part in _COUNTED)
    if sum(len(str(text or "")) for found in counted for _, text in found) > 6000:
        form.add("embeds", "Embed size exceeds maximum size of 6000")
    for path, kinds in _KINDS.items():
        for here, value in parts(payload, path):
            if value not in kinds:
                supported = "the simulator supports rows (1) of buttons (2) or a menu (3, 8) only."
                form.add(here, f"Value must be one of {kinds}: {supported}")
    seen: set[str] = set()
    for here, item in parts(payload, _BUTTONS):
        check = _check_button if item.get("type") == 2 else _check_select
        check(form, here, item, seen)
    for here, row in parts(payload, f"{_ROWS}.components"):
        if len(row or ()) > 1 and any(item.get("type") != 2 for item in row):
            form.add(here, "A menu is alone in its row")
    form.check()


def _check_url(form: PayloadErrors, path: str, url: object, *, attachment: bool = False) -> None:
    schemes = ("http", "https", "attachment") if attachment else ("http", "https")
    if url is not None and not re.match(rf"({'|'.join(schemes)})://\S", str(url)):
        form.add(path, f"Not a well formed URL: the scheme must be one of {schemes}.")


def _check_button(form: PayloadErrors, path: str, button: JSON, seen: set[str]) -> None:
    form.one_of(f"{path}.style", button.get("style"), range(1, 6))
    if not button.get("label") and not button.get("emoji"):
        form.add(f"{path}.label", "A label or an emoji is required")
    if button.get("style") == LINK_BUTTON:
        form.length(f"{path}.url", button.get("url"), 1, 512)
        _check_url(form, f"{path}.url", button.get("url"))
        return
    _check_id(form, path, button, seen)


def _check_select(form: PayloadErrors, path: str, select: JSON, seen: set[str]) -> None:
    form.length(f"{path}.placeholder", select.get("placeholder"), 0, 150)
    _check_id(form, path, select, seen)
    if select.get("type") == STRING_SELECT:
        options = select.get("options") or []
        form.length(f"{path}.options", options, 1, 25)
        for index, option in enumerate(options):
            for field in ("label", "value"):
                form.length(f"{path}.options.{index}.{field}", option.get(field), 1, 100)
        if len({option.get("value") for option in options}) < len(options):
            form.add(f"{path}.options", "Option values must be unique")


def _check_id(form: PayloadErrors, path: str, item: JSON, seen: set[str]) -> None:
    custom_id = item.get("custom_id")
    form.length(f"{path}.custom_id", custom_id, 1, 100)
    if custom_id in seen:
        form.add(f"{path}.custom_id", "Component custom id cannot be duplicated")
    seen.add(str(custom_id))


def check_modal(data: JSON) -> JSON:
    """A modal of fields for text; raises a 50035 if it exceeds a limit."""
    form = PayloadErrors("data")
    form.length("title", data.get("title"), 1, 45)
    form.length("custom_id", data.get("custom_id"), 1, 100)
    form.length("components", data.get("components"), 1, 5)
    for here, field in parts(data, _BUTTONS):
        form.one_of(f"{here}.type", field.get("type"), (4,))
        form.length(f"{here}.label", field.get("label"), 1, 45)
        form.length(f"{here}.value", field.get("value"), 0, field.get("max_length") or 4000)
    form.check()
    return data


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
    form.length(f"{path}.name", name, 1, 32)
    if name and (not re.fullmatch(r"[-_'\w]+", name) or name != name.lower()):
        form.add(f"{path}.name", "Command name is invalid: lower-case letters, digits, - and _")
    form.length(f"{path}.description", item.get("description"), 1, 100)
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


def _check_choices(form: PayloadErrors, path: str, choices: list[JSON]) -> None:
    form.length(path, choices, 0, 25)
    for index, choice in enumerate(choices):
        form.length(f"{path}.{index}.name", choice.get("name"), 1, 100)
        form.length(f"{path}.{index}.value", str(choice.get("value", "")), 0, 100)


def check_choices(data: JSON) -> list[JSON]:
    """The choices of an autocomplete response; raises a 50035 if they are invalid."""
    form = PayloadErrors("data")
    choices: list[JSON] = data.get("choices") or []
    _check_choices(form, "choices", choices)
    form.check()
    return choices


def _command_size(item: JSON) -> int:
    choices = item.get("choices") or []
    texts = [item.get("name"), item.get("description")]
    texts += [part for choice in choices for part in (choice.get("name"), choice.get("value"))]
    return len("".join(map(str, filter(None, texts)))) + sum(
        map(_command_size, item.get("options") or [])
    )


# Rate limits
