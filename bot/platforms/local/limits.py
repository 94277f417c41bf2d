"""Discord's limits: error codes, checks of payloads, rate limits.

The limits are those of Discord's API documentation ("Message Object", "Embed Limits",
"Component Reference", "Application Commands", "Rate Limits").
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

JSON = dict[str, Any]

ATTACHMENT_BYTES = 10 * 1024 * 1024
LONGEST_OPTION = 6000
"""Characters of a text option."""
ACTION_ROW, BUTTON = 1, 2
LINK_BUTTON = 5
SUBCOMMAND, SUBCOMMAND_GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, NUMBER, ATTACHMENT = 3, 4, 5, 6, 7, 10, 11

_ERRORS: Mapping[int, tuple[int, str]] = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50013: (403, "Missing Permissions"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50109: (400, "The request body contains invalid JSON."),
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be sent."""

    filename: str
    data: bytes
    description: str | None = None


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


class Form:
    """Collects the errors of a payload by path.

    >>> form = Form()
    >>> form.length("embeds.0.title", "x" * 300, 0, 256)
    >>> form.errors["embeds"]["0"]["title"]["_errors"][0]["message"]
    'Must be 256 or fewer in length.'
    """

    def __init__(self, prefix: str = "") -> None:
        self.errors: JSON = {}
        self._prefix = prefix

    def add_error(self, path: str, code: str, message: str) -> None:
        node = self.errors
        for key in filter(None, f"{self._prefix}.{path}".split(".")):
            node = node.setdefault(key, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def length(self, path: str, value: object, low: int, high: int) -> None:
        """Add an error unless `value` is a text or list of `low` to `high` items; None has 0."""
        if value is not None and not isinstance(value, (str, list)):
            self.add_error(path, "BASE_TYPE_INVALID", "Not a well formed value.")
            return
        size = len(value) if value is not None else 0
        if low <= size <= high:
            return
        if size == 0:
            self.add_error(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif low == 0:
            self.add_error(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
        else:
            message = f"Must be between {low} and {high} in length."
            self.add_error(path, "BASE_TYPE_BAD_LENGTH", message)

    def one_of(self, path: str, value: object, accepted: Sequence[object]) -> bool:
        if value in accepted:
            return True
        listed = ", ".join(map(str, accepted))
        self.add_error(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")
        return False

    def check(self) -> None:
        """Raise a 50035 with all errors, if there are any."""
        if self.errors:
            raise ApiError(50035, errors=self.errors)


# Messages

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
}
"""How long parts of a message may be, by their path."""


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
    form = Form(prefix)
    for path, (low, high) in _LENGTHS.items():
        for here, value in parts(payload, path):
            form.length(here, value, low, high)
    for part in ("url", "image.url", "thumbnail.url"):
        for here, url in parts(payload, f"embeds.*.{part}"):
            _check_url(form, here, url, attachment=part != "url")
    if sum(map(embed_size, payload.get("embeds") or [])) > 6000:
        message = "Embed size exceeds maximum size of 6000"
        form.add_error("embeds", "MAX_EMBED_SIZE_EXCEEDED", message)
    _check_components(form, payload.get("components") or [])
    form.check()


def embed_size(embed: JSON) -> int:
    """The number of an embed's characters that count towards a message's 6,000."""
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for field in embed.get("fields") or []:
        texts += [field.get("name"), field.get("value")]
    return sum(len(text) for text in texts if text)


def _check_url(form: Form, path: str, url: object, *, attachment: bool = False) -> None:
    schemes = ("http", "https", "attachment") if attachment else ("http", "https")
    if url is not None and not re.match(rf"({'|'.join(schemes)})://\S", str(url)):
        message = f"Not a well formed URL: the scheme must be one of {schemes}."
        form.add_error(path, "URL_TYPE_INVALID_URL", message)


def _check_components(form: Form, rows: list[JSON]) -> None:
    seen: set[str] = set()
    for r, row in enumerate(rows):
        if not _is_supported(form, f"components.{r}.type", row, ACTION_ROW):
            continue
        buttons = row.get("components") or []
        form.length(f"components.{r}.components", buttons, 1, 5)
        for b, button in enumerate(buttons):
            path = f"components.{r}.components.{b}"
            if _is_supported(form, f"{path}.type", button, BUTTON):
                _check_button(form, path, button, seen)


def _is_supported(form: Form, path: str, component: JSON, kind: int) -> bool:
    """Whether the page can show a component: rows and buttons only; others are an error."""
    if component.get("type") == kind:
        return True
    message = f"Value must be {kind}: the simulator supports rows (1) of buttons (2) only."
    form.add_error(path, "BASE_TYPE_CHOICES", message)
    return False


def _check_button(form: Form, path: str, button: JSON, seen: set[str]) -> None:
    form.one_of(f"{path}.style", button.get("style"), (1, 2, 3, 4, 5))
    form.length(f"{path}.label", button.get("label"), 0, 80)
    if not button.get("label") and not button.get("emoji"):
        message = "A label or an emoji is required"
        form.add_error(f"{path}.label", "BASE_TYPE_REQUIRED", message)
    if button.get("style") == LINK_BUTTON:
        form.length(f"{path}.url", button.get("url"), 1, 512)
        _check_url(form, f"{path}.url", button.get("url"))
        return
    custom_id = button.get("custom_id")
    form.length(f"{path}.custom_id", custom_id, 1, 100)
    if custom_id in seen:
        message = "Component custom id cannot be duplicated"
        form.add_error(f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", message)
    seen.add(str(custom_id))


# Commands that the bot registers


def check_commands(commands: list[JSON], *, limit: int = 100) -> None:
    """Raise a 50035 if application commands break a rule of naming, length or order."""
    form = Form()
    form.length("commands", commands, 0, limit)
    names: set[tuple[int, str]] = set()
    for index, command in enumerate(commands):
        key = (command.get("type") or 1, str(command.get("name")))
        if key in names:
            message = "Application command names must be unique"
            form.add_error(
                f"{index}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", f"{message}: {key[1]}"
            )
        names.add(key)
        if key[0] == 1:
            _check_named(form, f"{index}", command)
            _check_options(form, f"{index}", command.get("options") or [])
        else:
            form.length(f"{index}.name", command.get("name"), 1, 32)
        if _command_size(command) > 8000:
            message = "Command exceeds maximum size (8000)"
            form.add_error(f"{index}", "APPLICATION_COMMAND_TOO_LARGE", message)
    form.check()


def _check_named(form: Form, path: str, item: JSON) -> None:
    name = item.get("name")
    form.length(f"{path}.name", name, 1, 32)
    if name and (not re.fullmatch(r"[-_'\w]+", name) or name != name.lower()):
        message = "Command name is invalid: lower-case letters, digits, - and _"
        form.add_error(f"{path}.name", "APPLICATION_COMMAND_INVALID_NAME", message)
    form.length(f"{path}.description", item.get("description"), 1, 100)


def _check_options(form: Form, path: str, options: list[JSON]) -> None:
    form.length(f"{path}.options", options, 0, 25)
    optional_seen = False
    names: set[str] = set()
    for index, option in enumerate(options):
        here = f"{path}.options.{index}"
        _check_named(form, here, option)
        if option.get("name") in names:
            message = "Option name already exists"
            form.add_error(here, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", message)
        names.add(str(option.get("name")))
        if option.get("type") in (SUBCOMMAND, SUBCOMMAND_GROUP):
            _check_options(form, here, option.get("options") or [])
            continue
        form.one_of(f"{here}.type", option.get("type"), range(3, 12))
        _check_lengths(form, here, option)
        if option.get("required") and optional_seen:
            message = "Required options must be placed before non-required options"
            form.add_error(here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen |= not option.get("required")
        if option.get("choices"):
            _check_choices(form, f"{here}.choices", option["choices"])


def _check_lengths(form: Form, path: str, option: JSON) -> None:
    """Check `min_length` (0 to 6,000) and `max_length` (1 to 6,000)."""
    for name, lowest in (("min_length", 0), ("max_length", 1)):
        asked = option.get(name)
        if asked is not None and not lowest <= asked <= LONGEST_OPTION:
            message = f"Value should be from {lowest} to {LONGEST_OPTION}."
            form.add_error(f"{path}.{name}", "NUMBER_TYPE_RANGE", message)


def _check_choices(form: Form, path: str, choices: list[JSON]) -> None:
    form.length(path, choices, 0, 25)
    for index, choice in enumerate(choices):
        form.length(f"{path}.{index}.name", choice.get("name"), 1, 100)
        if isinstance(choice.get("value"), str):
            form.length(f"{path}.{index}.value", choice["value"], 0, 100)


def check_choices(data: JSON) -> list[JSON]:
    """The choices of an autocomplete response; raises a 50035 if they are invalid."""
    form = Form("data")
    choices: list[JSON] = data.get("choices") or []
    _check_choices(form, "choices", choices)
    form.check()
    return choices


def _command_size(item: JSON) -> int:
    size = len(item.get("name") or "") + len(item.get("description") or "")
    size += sum(len(str(choice.get("value", ""))) for choice in item.get("choices") or [])
    size += sum(len(choice.get("name") or "") for choice in item.get("choices") or [])
    return size + sum(map(_command_size, item.get("options") or []))


# Options that a member fills in

_TYPES: Mapping[int, tuple[tuple[type, ...], str]] = {
    STRING: ((str,), "a text"),
    INTEGER: ((int,), "a whole number"),
    BOOLEAN: ((bool,), "true or false"),
    USER: ((str,), "the id of a member"),
    CHANNEL: ((str,), "the id of a channel"),
    NUMBER: ((int, float), "a number"),
    ATTACHMENT: ((Upload,), "a file"),
}


def check_values(options: list[JSON], values: Mapping[str, object]) -> None:
    """Raise a 50035 if a member's values do not fit a command's options.

    values: by option name; the value of an attachment option is an `Upload`.
    """
    form = Form()
    known = {option["name"]: option for option in options}
    for name in values.keys() - known.keys():
        accepted = ", ".join(known) or "none"
        form.add_error(name, "BASE_TYPE_CHOICES", f"No such option. Options: {accepted}.")
    for name, option in known.items():
        if name in values:
            _check_value(form, option, values[name])
        elif option.get("required"):
            form.add_error(name, "BASE_TYPE_REQUIRED", "This option is required.")
    form.check()


def _check_value(form: Form, option: JSON, value: object) -> None:
    name, kind = option["name"], option["type"]
    if kind not in _TYPES:
        form.add_error(name, "BASE_TYPE_INVALID", f"The simulator has no options of type {kind}.")
        return
    accepted, words = _TYPES[kind]
    if not isinstance(value, accepted) or (kind != BOOLEAN and isinstance(value, bool)):
        form.add_error(name, "BASE_TYPE_INVALID", f"Must be {words}.")
    elif isinstance(value, str):
        low, high = option.get("min_length", 0), option.get("max_length", LONGEST_OPTION)
        form.length(name, value, low, high)
    elif isinstance(value, (int, float)):
        low, high = option.get("min_value"), option.get("max_value")
        if low is not None and value < low:
            form.add_error(name, "NUMBER_TYPE_MIN", f"Must be at least {low}.")
        if high is not None and value > high:
            form.add_error(name, "NUMBER_TYPE_MAX", f"Must be at most {high}.")
    if option.get("choices"):
        form.one_of(name, value, [choice["value"] for choice in option["choices"]])


# Rate limits


@dataclass(frozen=True, slots=True)
class Allowance:
    """The rate limit of a bucket after a request; `granted` if the request is allowed."""

    granted: bool
    limit: int
    remaining: int
    reset_after: float  # seconds until the bucket is full again


class RateLimiter:
    """Allows `allowed` requests in each bucket, within `window_s` seconds of its first request."""

    def __init__(self, allowed: int, window_s: float, clock: Callable[[], float]) -> None:
        self._allowed, self._window, self._clock = allowed, window_s, clock
        self._buckets: dict[str, tuple[float, int]] = {}  # start of the window, requests in it

    def take(self, key: str) -> Allowance:
        now = self._clock()
        if len(self._buckets) > 1000:  # tokens come and go: drop old windows
            fresh = {k: v for k, v in self._buckets.items() if now - v[0] < self._window}
            self._buckets = fresh
        began, taken = self._buckets.get(key, (now, 0))
        if now - began >= self._window:
            began, taken = now, 0
        granted = taken < self._allowed
        if granted:
            taken += 1
            self._buckets[key] = (began, taken)
        return Allowance(
            granted, self._allowed, self._allowed - taken, max(0.0, began + self._window - now)
        )
