"""Block Kit: what Slack accepts in messages, modals and the home tab, and what blocks contain.

The rules are those of Slack's reference of blocks, block elements and composition objects, for the
parts that the bot uses. Other parts, mrkdwn and unknown fields are rejected.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from simulators.common.payloads import JSON
from simulators.slack.limits import SlackError, length

Rule = Callable[[object, str], Iterator[str]]
"""Yields what is wrong with a value at a place, which is a JSON pointer ("/blocks/0/text")."""

TEXT_IN_BLOCKS = 13_200
"""Characters of all blocks of a message together; undocumented, seen by others."""


def _problem(problem: str, at: str) -> str:
    return f"{problem} [json-pointer:{at}]"


def string(most: int, least: int = 1) -> Rule:
    """A string; its length is counted in UTF-16, as JavaScript does."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield _problem("must be a string", at)
            return
        size = length(value)
        if size < least:
            yield _problem(f"must be more than {least - 1} characters", at)
        elif size > most:
            yield _problem(f"must be less than {most + 1} characters", at)

    return check


def integer(least: int, most: int) -> Rule:
    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield _problem(f"must be between {least} and {most}", at)

    return check


def boolean(value: object, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield _problem("must be a boolean", at)


def choice(*accepted: str) -> Rule:
    def check(value: object, at: str) -> Iterator[str]:
        if value not in accepted:
            yield _problem(f"must be one of {', '.join(accepted)}", at)

    return check


def fields(*required: str, **rules: Rule) -> Rule:
    """An object with these fields and no others, apart from its type."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield _problem("must be an object", at)
            return
        for name in required:
            if name not in value:
                yield _problem("missing required field", f"{at}/{name}")
        for name, part in value.items():
            if name in rules:
                yield from rules[name](part, f"{at}/{name}")
            elif name != "type":
                yield _problem(f"additional property: {name}", at)

    return check


def typed(**kinds: Rule) -> Rule:
    """An object of one of some types."""

    def check(value: object, at: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in kinds:
            yield from kinds[kind](value, at)
        else:
            yield _problem(f"unsupported type: {kind}", f"{at}/type")

    return check


def each(rule: Rule, most: int, *, least: int = 1, unique: str = "") -> Rule:
    """A list whose items follow a rule. `unique`: a field that differs in all of them."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield _problem("must be a list", at)
            return
        if len(value) < least:
            yield _problem(f"no less than {least} items required", at)
        if len(value) > most:
            yield _problem(f"no more than {most} items allowed", at)
        for number, item in enumerate(value):
            yield from rule(item, f"{at}/{number}")
        named = [part.get(unique) for part in value if isinstance(part, dict)]
        given = [name for name in named if isinstance(name, str)]
        if len(set(given)) < len(given):
            yield _problem(f"{unique} must be unique", at)

    return check


def plain(most: int) -> Rule:
    return typed(plain_text=fields("text", text=string(most), emoji=boolean))


OPTION = fields("text", "value", text=plain(75), value=string(150), description=plain(75))
ACTION = {"action_id": string(255)}
INPUT = ACTION | {"placeholder": plain(150)}
PLACES = each(choice("im", "mpim", "private", "public"), 4)
FILTER = fields(include=PLACES, exclude_bot_users=boolean)
_SELECT = fields("options", options=each(OPTION, 100), initial_option=OPTION, **INPUT)


def _static_select(value: object, at: str) -> Iterator[str]:
    yield from _SELECT(value, at)
    options, initial = (_field(value, name) for name in ("options", "initial_option"))
    if initial is not None and isinstance(options, list) and initial not in options:
        yield _problem("must be one of the options", f"{at}/initial_option")


def _field(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


ACTIONS: dict[str, Rule] = {
    "button": fields(
        "text",
        text=plain(75),
        url=string(3000),
        value=string(2000),
        style=choice("primary", "danger"),
        **ACTION,
    ),
    "static_select": _static_select,
    "external_select": fields(initial_option=OPTION, min_query_length=integer(0, 999), **INPUT),
    "users_select": fields(initial_user=string(32), **INPUT),
    "conversations_select": fields(initial_conversation=string(32), filter=FILTER, **INPUT),
}
INPUTS: dict[str, Rule] = {
    **{kind: rule for kind, rule in ACTIONS.items() if kind != "button"},
    "plain_text_input": fields(
        initial_value=string(3000),
        multiline=boolean,
        min_length=integer(0, 3000),
        max_length=integer(1, 3000),
        **INPUT,
    ),
    "number_input": fields(
        "is_decimal_allowed",
        is_decimal_allowed=boolean,
        initial_value=string(100),
        min_value=string(100),
        max_value=string(100),
        **INPUT,
    ),
    "file_input": fields(filetypes=each(string(20), 50), max_files=integer(1, 10), **ACTION),
}
STYLE = fields(**dict.fromkeys(("bold", "italic", "strike", "code"), boolean))
_SHOWN = {"format": string(500), "fallback": string(500), "style": STYLE}
SPAN = typed(
    text=fields("text", text=string(40_000), style=STYLE),
    link=fields("url", url=string(3000), text=string(40_000), style=STYLE),
    user=fields("user_id", user_id=string(32), style=STYLE),
    channel=fields("channel_id", channel_id=string(32), style=STYLE),
    broadcast=fields("range", range=choice("channel", "here", "everyone"), style=STYLE),
    date=fields("timestamp", "format", "fallback", timestamp=integer(0, 10**11), **_SHOWN),
)
_SPANS = fields("elements", elements=each(SPAN, 10_000, least=0))
_ID = {"block_id": string(255)}


def _section(value: object, at: str) -> Iterator[str]:
    if _field(value, "text") is None and _field(value, "fields") is None:
        yield _problem("missing required field", f"{at}/text")
    yield from fields(text=plain(3000), fields=each(plain(2000), 10), **_ID)(value, at)


BLOCKS: dict[str, Rule] = {
    "header": fields("text", text=plain(150), **_ID),
    "divider": fields(**_ID),
    "image": fields(
        "alt_text",
        "slack_file",
        alt_text=string(2000),
        slack_file=fields("id", id=string(32)),
        **_ID,
    ),
    "section": _section,
    "context": fields("elements", elements=each(plain(3000), 10), **_ID),
    "actions": fields("elements", elements=each(typed(**ACTIONS), 25, unique="action_id"), **_ID),
    "rich_text": fields("elements", elements=each(typed(rich_text_section=_SPANS), 100), **_ID),
}


def _blocks(most: int, **inputs: Rule) -> Rule:
    """Blocks, and inputs of these kinds."""
    block = fields(
        "label",
        "element",
        label=plain(2000),
        hint=plain(2000),
        element=typed(**inputs),
        optional=boolean,
        dispatch_action=boolean,
        **_ID,
    )
    return each(typed(input=block, **BLOCKS), most, least=0, unique="block_id")


_WITHOUT_FILES = {kind: rule for kind, rule in INPUTS.items() if kind != "file_input"}
MESSAGE = _blocks(50, **_WITHOUT_FILES)
_VIEW = {"private_metadata": string(3000, 0), "callback_id": string(255, 0)}
HOME = typed(home=fields("blocks", blocks=_blocks(100, **_WITHOUT_FILES), **_VIEW))
MODAL = typed(
    modal=fields(
        "title",
        "blocks",
        title=plain(24),
        submit=plain(24),
        close=plain(24),
        blocks=_blocks(100, **INPUTS),
        **_VIEW,
    )
)


def check_message_blocks(blocks: object) -> list[JSON]:
    """The blocks of a message. Raises `invalid_blocks` or `msg_blocks_too_long`."""
    problems = list(MESSAGE(blocks, "/blocks"))
    if problems or not isinstance(blocks, list):
        raise SlackError("invalid_blocks", problems)
    if sum(map(length, texts(blocks))) > TEXT_IN_BLOCKS:
        raise SlackError("msg_blocks_too_long")
    return blocks


def odd_dates(blocks: Sequence[JSON], now: float) -> Iterator[str]:
    """Faults in the dates of blocks that people would misread."""
    for part in _parts(blocks):
        if part.get("type") == "date":
            if not part["format"].startswith("\u200b"):
                yield "a date, whose first letter becomes a capital"
            if "{ago}" in part["format"] and part["timestamp"] > now:
                yield "{ago} for a time in the future"


def check_view(view: object, surface: Literal["modal", "home"]) -> JSON:
    """A modal or a home tab. Raises `invalid_arguments`."""
    problems = list((MODAL if surface == "modal" else HOME)(view, "/view"))
    if not problems and isinstance(view, dict):
        has_inputs = any(block["type"] == "input" for block in view["blocks"])
        if surface == "home" or not has_inputs or "submit" in view:
            return view
        problems = [_problem("missing required field", "/view/submit")]
    raise SlackError("invalid_arguments", problems)


def check_suggestions(payload: JSON) -> list[JSON]:
    """The options of an answer to `block_suggestion`. Raises `invalid_arguments`."""
    options: list[JSON] = payload.get("options") or []
    if problems := list(each(OPTION, 100, least=0)(options, "/options")):
        raise SlackError("invalid_arguments", problems)
    return options


def with_ids(blocks: Sequence[JSON]) -> list[JSON]:
    """The blocks, with the `block_id` and `action_id` that Slack adds where they are missing.

    They tell the place, so that they stay when a message is edited: a press that comes at that
    moment still finds its button.
    """
    done = []
    for place, given in enumerate(blocks):
        block: JSON = {"block_id": f"local{place}"} | given
        if "element" in block:
            block["element"] = {"action_id": block["block_id"]} | block["element"]
        if block["type"] == "actions":
            block["elements"] = [
                {"action_id": f"{block['block_id']}.{number}"} | element
                for number, element in enumerate(block["elements"])
            ]
        done.append(block)
    return done


def elements(blocks: Sequence[JSON]) -> Iterator[tuple[JSON, JSON]]:
    """The interactive elements of blocks, each with its block."""
    for block in blocks:
        if block["type"] == "actions":
            yield from ((block, element) for element in block["elements"])
        if "element" in block:
            yield block, block["element"]


def find_element(blocks: Sequence[JSON], name: str) -> tuple[JSON, JSON]:
    """The block and the element with this action_id, label, value, block_id or block_id/action_id.

    Raises LookupError.
    """
    known = []
    for block, element in elements(blocks):
        label = (element.get("text") or block.get("label") or {}).get("text")
        names = [element.get("action_id"), label, element.get("value"), block.get("block_id")]
        names.append(f"{block.get('block_id')}/{element.get('action_id')}")
        names += [option.get("value") for option in element.get("options") or []]
        if name in names:
            return block, element
        known.append(repr(label or element.get("action_id")))
    raise LookupError(f"There is no element {name!r}. Known: {', '.join(known) or 'none'}.")


def texts(part: object) -> Iterator[str]:
    """All text that people read in blocks, in order."""
    if isinstance(part, dict):
        for field in ("title", "text", "label", "hint", "description", "fallback"):
            value = part.get(field)
            if isinstance(value, str):
                yield value
            else:
                yield from texts(value)
        for field in ("fields", "elements", "element", "options"):
            yield from texts(part.get(field))
    elif isinstance(part, list):
        for item in part:
            yield from texts(item)


def mentions(text: str, blocks: Sequence[JSON]) -> list[str]:
    """Whom a message would notify: ids of members, and "channel", "here" or "everyone"."""
    found = re.findall(r"<@([UW]\w+)(?:\|[^>]*)?>|<!(channel|here|everyone)(?:\|[^>]*)?>", text)
    named = [member or everyone for member, everyone in found]
    for part in _parts(blocks):
        if part.get("type") == "user":
            named.append(str(part.get("user_id")))
        elif part.get("type") == "broadcast":
            named.append(str(part.get("range")))
    return named


def _parts(part: object) -> Iterator[JSON]:
    """All objects in blocks, in order."""
    if isinstance(part, list):
        for item in part:
            yield from _parts(item)
    elif isinstance(part, dict):
        yield part
        for value in part.values():
            yield from _parts(value)
