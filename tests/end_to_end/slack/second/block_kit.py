"""Which blocks Slack refuses, after docs.slack.dev/reference/block-kit."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]
Rule = Callable[[object], Iterator[str]]
"""Yields what is wrong with a value."""
Shape = tuple[set[str], dict[str, Rule]]
"""The fields that an object must have, and rules for those that it may have."""

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}


def problems_of(blocks: object, surface: str) -> list[str]:
    """What is wrong with the blocks of a `message`, a `modal` or a `home` tab."""
    if not isinstance(blocks, list):
        return ["blocks: not an array"]
    found = [] if len(blocks) <= MOST_BLOCKS[surface] else [f"more than {MOST_BLOCKS[surface]}"]
    for place, block in enumerate(blocks):
        found += [f"[{place}] {each}" for each in _typed(block, BLOCKS)]
        if surface != "modal" and _has_file_input(block):
            found.append(f"[{place}] file_input outside of a modal")
        found += _repeated(block, "action_id")  # unique "in the containing block"
    return found + _repeated(blocks, "block_id")


def view_problems(view: object) -> list[str]:
    """What is wrong with a view, a modal or a home tab."""
    if not isinstance(view, dict):
        return ["view: not an object"]
    surface = view.get("type")
    if surface not in ("modal", "home"):
        return ["type: neither modal nor home"]
    blocks = view.get("blocks")
    found = [*_fields(view, *VIEWS[surface]), *problems_of(blocks, surface)]
    has_inputs = any(each.get("type") == "input" for each in nested(blocks))
    if surface == "modal" and has_inputs and "submit" not in view:
        found.append("submit is required where there are inputs")
    return found


def _repeated(value: object, key: str) -> list[str]:
    names = [each[key] for each in nested(value) if key in each]
    return [f"{key} occurs twice: {name}" for name in names if names.count(name) > 1]


def nested(value: object) -> Iterator[Json]:
    """All objects in a value, from the outside in."""
    if isinstance(value, dict):
        yield value
        value = [*value.values()]
    if isinstance(value, list):
        for each in value:
            yield from nested(each)


def words_of(value: object) -> str:
    """Everything that blocks show, one text a line."""
    texts = [each["text"] for each in nested(value) if isinstance(each.get("text"), str)]
    return "\n".join(texts)


def _has_file_input(block: object) -> bool:
    return any(each.get("type") == "file_input" for each in nested(block))


def _typed(value: object, kinds: Mapping[str, Shape]) -> Iterator[str]:
    """What is wrong with an object that has a `type`."""
    if not isinstance(value, dict):
        yield "not an object"
        return
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        yield f"unknown type: {kind}"
        return
    for problem in _fields(value, *kinds[kind]):
        yield f"{kind}: {problem}"


def _fields(value: Json, required: set[str], rules: Mapping[str, Rule]) -> Iterator[str]:
    for name in sorted(required - value.keys()):
        yield f"{name} is missing"
    for name, each in value.items():
        if name == "type":
            continue
        if name not in rules:
            yield f"{name} is not known"
            continue
        for problem in rules[name](each):
            yield f"{name}: {problem}"


def string(most: int, least: int = 1) -> Rule:
    def check(value: object) -> Iterator[str]:
        if not isinstance(value, str):
            yield "not a string"
        elif not least <= len(value.encode("utf-16-le")) // 2 <= most:
            yield f"not {least} to {most} characters"

    return check


def integer(least: int, most: int) -> Rule:
    def check(value: object) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield f"not {least} to {most}"

    return check


def boolean(value: object) -> Iterator[str]:
    if not isinstance(value, bool):
        yield "not a boolean"


def one_of(*choices: str) -> Rule:
    def check(value: object) -> Iterator[str]:
        if value not in choices:
            yield f"not one of {choices}"

    return check


def plain(most: int) -> Rule:
    return text(most, "plain_text")


def text(most: int, *kinds: str) -> Rule:
    """A text object of one of these types."""
    kinds = kinds or ("plain_text", "mrkdwn")
    fields: dict[str, dict[str, Rule]] = {
        "plain_text": {"text": string(most), "emoji": boolean},
        "mrkdwn": {"text": string(most), "verbatim": boolean},
    }
    return typed({kind: ({"text"}, fields[kind]) for kind in kinds})


def typed(kinds: Mapping[str, Shape]) -> Rule:
    return lambda value: _typed(value, kinds)


def one(required: set[str], rules: Mapping[str, Rule]) -> Rule:
    """An object without a type."""

    def check(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            yield from _fields(value, required, rules)
        else:
            yield "not an object"

    return check


def each(rule: Rule, most: int, least: int = 1) -> Rule:
    """An array."""

    def check(value: object) -> Iterator[str]:
        if not isinstance(value, list):
            yield "not an array"
            return
        if not least <= len(value) <= most:
            yield f"not {least} to {most} items"
        for item in value:
            yield from rule(item)

    return check


OPTION = one(
    {"text", "value"},
    {"text": plain(75), "value": string(150), "description": plain(75)},
)
"""`value` has 150 characters at most, and texts 75."""
ACTION, PLACEHOLDER = {"action_id": string(255)}, {"placeholder": plain(150)}
SELECT = ACTION | PLACEHOLDER | {"focus_on_load": boolean}
CONFIRM = one(
    {"title", "text", "confirm", "deny"},
    {
        "title": plain(100),
        "text": plain(300),
        "confirm": plain(30),
        "deny": plain(30),
        "style": one_of("primary", "danger"),
    },
)
BUTTON: Shape = (
    {"text"},
    ACTION
    | {
        "text": plain(75),
        "url": string(3000),
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
INPUTS: dict[str, Shape] = {
    "plain_text_input": (
        set(),
        SELECT
        | {
            "initial_value": string(3000),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
    ),
    "number_input": (
        {"is_decimal_allowed"},
        SELECT
        | {
            "is_decimal_allowed": boolean,
            "initial_value": string(100),
            "min_value": string(100),
            "max_value": string(100),
        },
    ),
    "static_select": (
        {"options"},
        SELECT | {"options": each(OPTION, 100), "initial_option": OPTION},
    ),
    "external_select": (
        set(),
        SELECT | {"initial_option": OPTION, "min_query_length": integer(0, 999)},
    ),
    "users_select": (set(), SELECT | {"initial_user": string(32)}),
    "conversations_select": (
        set(),
        SELECT
        | {
            "initial_conversation": string(32),
            "default_to_current_conversation": boolean,
            "filter": one(
                set(),
                {
                    "include": each(one_of("im", "mpim", "private", "public"), 4),
                    "exclude_bot_users": boolean,
                    "exclude_external_shared_channels": boolean,
                },
            ),
        },
    ),
    "checkboxes": (
        {"options"},
        ACTION | {"options": each(OPTION, 10), "initial_options": each(OPTION, 10)},
    ),
    "radio_buttons": (
        {"options"},
        ACTION | {"options": each(OPTION, 10), "initial_option": OPTION},
    ),
    "file_input": (
        set(),
        ACTION | {"filetypes": each(string(20), 50), "max_files": integer(1, 10)},
    ),
}
STYLE = one(
    set(), dict.fromkeys(("bold", "italic", "strike", "code", "underline", "unlink"), boolean)
)
SPANS: dict[str, Shape] = {
    "text": ({"text"}, {"text": string(10**6), "style": STYLE}),
    "link": (
        {"url"},
        {"url": string(3000), "text": string(10**6), "unsafe": boolean, "style": STYLE},
    ),
    "user": ({"user_id"}, {"user_id": string(32), "style": STYLE}),
    "channel": ({"channel_id"}, {"channel_id": string(32), "style": STYLE}),
    "emoji": ({"name"}, {"name": string(100), "unicode": string(100), "style": STYLE}),
    "date": (
        {"timestamp", "format"},
        {
            "timestamp": integer(0, 10**11),
            "format": string(500),
            "url": string(3000),
            "fallback": string(500),
            "style": STYLE,
        },
    ),
}
SECTION = ({"elements"}, {"elements": each(typed(SPANS), 10**4, 0)})
PREFORMATTED = ({"elements"}, SECTION[1] | {"border": integer(0, 1), "language": string(50)})
LIST: Shape = (
    {"style", "elements"},
    {
        "style": one_of("bullet", "ordered"),
        "elements": each(typed({"rich_text_section": SECTION}), 10**4),
        "indent": integer(0, 8),
        "offset": integer(0, 10**6),
        "border": integer(0, 1),
    },
)
RICH_TEXT = {
    "rich_text_section": SECTION,
    "rich_text_preformatted": PREFORMATTED,
    "rich_text_quote": PREFORMATTED,
    "rich_text_list": LIST,
}
PICTURE = {
    "alt_text": string(2000),
    "image_url": string(3000),
    "slack_file": one(set(), {"id": string(32), "url": string(3000)}),
}
INTERACTIVE = {"button": BUTTON, **INPUTS}
BLOCK_ID = {"block_id": string(255)}
BLOCKS: dict[str, Shape] = {
    "header": ({"text"}, BLOCK_ID | {"text": plain(150)}),
    "divider": (set(), {**BLOCK_ID}),
    "section": (
        set(),
        BLOCK_ID
        | {
            "text": text(3000),
            "fields": each(text(2000), 10),
            "accessory": typed(INTERACTIVE | {"image": ({"alt_text"}, PICTURE)}),
            "expand": boolean,
        },
    ),
    "context": ({"elements"}, BLOCK_ID | {"elements": each(text(3000), 10)}),
    "actions": ({"elements"}, BLOCK_ID | {"elements": each(typed(INTERACTIVE), 25)}),
    "image": ({"alt_text"}, BLOCK_ID | PICTURE | {"title": plain(2000)}),
    "rich_text": ({"elements"}, BLOCK_ID | {"elements": each(typed(RICH_TEXT), 10**4, 0)}),
    "input": (
        {"label", "element"},
        BLOCK_ID
        | {
            "label": plain(2000),
            "hint": plain(2000),
            "element": typed(INPUTS),
            "optional": boolean,
            "dispatch_action": boolean,
        },
    ),
}
_VIEW = {
    "blocks": each(lambda _block: iter(()), 100, 0),
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255),
}
VIEWS: dict[str, Shape] = {
    "modal": (
        {"title", "blocks"},
        _VIEW
        | {
            "title": plain(24),
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
    "home": ({"blocks"}, _VIEW),
}
