"""Block Kit: what Slack accepts in messages, modals and the home tab, and what blocks contain.

The limits are those of Slack's reference of blocks, block elements and composition objects.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from bot.platforms.local.limits import JSON
from bot.platforms.local.slack.limits import SlackError

Surface = Literal["message", "modal", "home"]

TEXT_IN_BLOCKS = 13_200
"""Characters of all blocks of a message together; undocumented, seen by others."""
INPUTS = {
    "plain_text_input",
    "number_input",
    "checkboxes",
    "radio_buttons",
    "static_select",
    "external_select",
    "multi_static_select",
    "multi_external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "file_input",
    "email_text_input",
    "url_text_input",
    "datepicker",
    "timepicker",
}
ACTIONS = {"button", "overflow"} | INPUTS - {
    "number_input",
    "file_input",
    "email_text_input",
    "url_text_input",
}
ACCESSORIES = (ACTIONS | {"image"}) - {"plain_text_input"}
BLOCKS: Mapping[str, set[Surface]] = {
    "section": {"message", "modal", "home"},
    "header": {"message", "modal", "home"},
    "divider": {"message", "modal", "home"},
    "context": {"message", "modal", "home"},
    "actions": {"message", "modal", "home"},
    "image": {"message", "modal", "home"},
    "rich_text": {"message", "modal", "home"},
    "input": {"message", "modal", "home"},
    "markdown": {"message"},
}
RICH_PARTS = {
    "rich_text_section",
    "rich_text_list",
    "rich_text_quote",
    "rich_text_preformatted",
}
RICH_ELEMENTS: Mapping[str, str] = {
    "text": "text",
    "emoji": "name",
    "link": "url",
    "user": "user_id",
    "channel": "channel_id",
    "usergroup": "usergroup_id",
    "broadcast": "range",
    "date": "timestamp",
    "color": "value",
}
"""Elements of rich text, with the field that each needs."""
STYLES = ("bold", "italic", "strike", "code")


class Checker:
    """Collects what is wrong in a payload, with JSON pointers.

    >>> checker = Checker(set())
    >>> checker.text({"type": "plain_text", "text": ""}, "/title", 24, plain=True)
    >>> checker.problems
    ['must be more than 0 characters [json-pointer:/title/text]']
    """

    def __init__(self, shared_files: set[str]) -> None:
        """`shared_files`: ids of the files that an image block may show."""
        self.problems: list[str] = []
        self._files = shared_files

    def add(self, problem: str, at: str) -> None:
        self.problems.append(f"{problem} [json-pointer:{at}]")

    def string(self, value: object, at: str, longest: int, *, shortest: int = 1) -> None:
        if not isinstance(value, str):
            self.add("must be a string" if value is not None else "missing required field", at)
        elif len(value) < shortest:
            self.add(f"must be more than {shortest - 1} characters", at)
        elif len(value) > longest:
            self.add(f"must be less than {longest + 1} characters", at)

    def text(self, value: object, at: str, longest: int, *, plain: bool = False) -> None:
        """A text object."""
        if not isinstance(value, dict):
            self.add("missing required field", at)
            return
        allowed = ("plain_text",) if plain else ("plain_text", "mrkdwn")
        if value.get("type") not in allowed:
            self.add(f"must be one of {', '.join(allowed)}", f"{at}/type")
        self.string(value.get("text"), f"{at}/text", longest)

    def count(self, value: object, at: str, most: int, *, least: int = 1) -> list[JSON]:
        """A list of objects; the list, or [] if it is none."""
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.add("must be a list of objects", at)
            return []
        if len(value) < least:
            self.add(f"no less than {least} items required", at)
        if len(value) > most:
            self.add(f"no more than {most} items allowed", at)
        return value

    def _unique(self, parts: Sequence[JSON], field: str, at: str) -> None:
        given = [part[field] for part in parts if isinstance(part.get(field), str)]
        if len(set(given)) < len(given):
            self.add(f"{field} must be unique", at)

    def blocks(self, value: object, at: str, surface: Surface) -> list[JSON]:
        """The blocks of a message (up to 50), or of a modal or home tab (up to 100)."""
        blocks = self.count(value, at, 50 if surface == "message" else 100, least=0)
        self._unique(blocks, "block_id", at)
        for index, block in enumerate(blocks):
            here = f"{at}/{index}"
            if "block_id" in block:
                self.string(block["block_id"], f"{here}/block_id", 255)
            kind = block.get("type")
            if not isinstance(kind, str) or surface not in BLOCKS.get(kind, ()):
                self.add(f"unsupported type: {kind}", f"{here}/type")
                continue
            check = getattr(self, f"_{kind}")
            check(block, here)
        return blocks

    def _section(self, block: JSON, at: str) -> None:
        if "fields" in block:
            for index, field in enumerate(self.count(block["fields"], f"{at}/fields", 10)):
                self.text(field, f"{at}/fields/{index}", 2000)
        if "text" in block or "fields" not in block:
            self.text(block.get("text"), f"{at}/text", 3000)
        if "accessory" in block:
            self._element(block["accessory"], f"{at}/accessory", ACCESSORIES)

    def _header(self, block: JSON, at: str) -> None:
        self.text(block.get("text"), f"{at}/text", 150, plain=True)

    def _divider(self, block: JSON, at: str) -> None:
        for field in block.keys() - {"type", "block_id"}:
            self.add(f"additional property: {field}", at)

    def _markdown(self, block: JSON, at: str) -> None:
        self.string(block.get("text"), f"{at}/text", 12_000)

    def _context(self, block: JSON, at: str) -> None:
        for index, part in enumerate(self.count(block.get("elements"), f"{at}/elements", 10)):
            here = f"{at}/elements/{index}"
            if part.get("type") == "image":
                self._picture(part, here)
            else:
                self.text(part, here, 3000)

    def _actions(self, block: JSON, at: str) -> None:
        parts = self.count(block.get("elements"), f"{at}/elements", 25)
        self._unique(parts, "action_id", f"{at}/elements")
        for index, part in enumerate(parts):
            self._element(part, f"{at}/elements/{index}", ACTIONS)

    def _image(self, block: JSON, at: str) -> None:
        self._picture(block, at)
        if "title" in block:
            self.text(block["title"], f"{at}/title", 2000, plain=True)

    def _picture(self, picture: JSON, at: str) -> None:
        self.string(picture.get("alt_text"), f"{at}/alt_text", 2000, shortest=0)
        if "slack_file" in picture:
            file = picture["slack_file"]
            if not isinstance(file, dict) or str(file.get("id")) not in self._files:
                self.add("invalid slack file", f"{at}/slack_file")
        else:
            self.string(picture.get("image_url"), f"{at}/image_url", 3000)
            if not str(picture.get("image_url")).startswith("https://"):
                self.add("downloading image failed", f"{at}/image_url")

    def _input(self, block: JSON, at: str) -> None:
        self.text(block.get("label"), f"{at}/label", 2000, plain=True)
        if "hint" in block:
            self.text(block["hint"], f"{at}/hint", 2000, plain=True)
        self._element(block.get("element"), f"{at}/element", INPUTS)

    def _rich_text(self, block: JSON, at: str) -> None:
        for index, part in enumerate(self.count(block.get("elements"), f"{at}/elements", 100)):
            here = f"{at}/elements/{index}"
            if str(part.get("type")) not in RICH_PARTS:
                self.add(f"unsupported type: {part.get('type')}", f"{here}/type")
            elif part["type"] == "rich_text_list":
                if part.get("style") not in ("bullet", "ordered"):
                    self.add("must be one of bullet, ordered", f"{here}/style")
                items = self.count(part.get("elements"), f"{here}/elements", 1000)
                for number, item in enumerate(items):
                    self._rich_elements(item, f"{here}/elements/{number}")
            else:
                self._rich_elements(part, here)

    def _rich_elements(self, part: JSON, at: str) -> None:
        parts = self.count(part.get("elements"), f"{at}/elements", 10_000, least=0)
        for index, element in enumerate(parts):
            here, kind = f"{at}/elements/{index}", element.get("type")
            needed = RICH_ELEMENTS.get(str(kind))
            if needed is None:
                self.add(f"unsupported type: {kind}", f"{here}/type")
            elif kind != "date":
                self.string(element.get(needed), f"{here}/{needed}", 40_000)
            style = element.get("style", {})
            if not isinstance(style, dict) or not style.keys() <= set(STYLES):
                self.add(f"must be an object of {', '.join(STYLES)}", f"{here}/style")

    def _element(self, element: object, at: str, allowed: set[str]) -> None:
        """An interactive element (or an image beside a section)."""
        if not isinstance(element, dict):
            self.add("missing required field", at)
            return
        kind = str(element.get("type"))
        if kind not in allowed:
            self.add(f"unsupported type: {kind}", f"{at}/type")
            return
        if kind == "image":
            self._picture(element, at)
            return
        if "action_id" in element:
            self.string(element["action_id"], f"{at}/action_id", 255)
        if "placeholder" in element:
            self.text(element["placeholder"], f"{at}/placeholder", 150, plain=True)
        if kind == "button":
            self._button(element, at)
        elif kind in ("static_select", "multi_static_select"):
            self.options(element, at, most=100)
        elif kind in ("checkboxes", "radio_buttons", "overflow"):
            self.options(element, at, most=5 if kind == "overflow" else 10)
        self._bounds(element, at)

    def _button(self, button: JSON, at: str) -> None:
        self.text(button.get("text"), f"{at}/text", 75, plain=True)
        if "value" in button:
            self.string(button["value"], f"{at}/value", 2000)
        if "url" in button:
            self.string(button["url"], f"{at}/url", 3000)
        if "accessibility_label" in button:
            self.string(button["accessibility_label"], f"{at}/accessibility_label", 75)
        if button.get("style", "primary") not in ("primary", "danger"):
            self.add("must be one of primary, danger", f"{at}/style")
        if "confirm" in button and isinstance(confirm := button["confirm"], dict):
            sizes = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
            for field, longest in sizes.items():
                self.text(confirm.get(field), f"{at}/confirm/{field}", longest)

    def _bounds(self, element: JSON, at: str) -> None:
        if element["type"] == "plain_text_input":
            for field, most in (("min_length", 3000), ("max_length", 3000)):
                value = element.get(field, 1)
                if not isinstance(value, int) or not 0 <= value <= most:
                    self.add(f"must be between 0 and {most}", f"{at}/{field}")
            initial = element.get("initial_value", "")
            if not isinstance(initial, str) or len(initial) > 3000:
                self.add("must be less than 3001 characters", f"{at}/initial_value")
        if element["type"] == "number_input":
            if not isinstance(element.get("is_decimal_allowed"), bool):
                self.add("missing required field", f"{at}/is_decimal_allowed")
            for field in ("min_value", "max_value", "initial_value"):
                if field in element and not isinstance(element[field], str):
                    self.add("must be a string", f"{at}/{field}")
        files = element.get("max_files", 10)
        if element["type"] == "file_input" and files not in range(1, 11):
            self.add("must be between 1 and 10", f"{at}/max_files")

    def options(self, element: JSON, at: str, *, most: int) -> None:
        """The `options`, or up to 100 `option_groups`, of a select or of suggestions."""
        if "option_groups" in element:
            groups = self.count(element["option_groups"], f"{at}/option_groups", 100)
            for index, group in enumerate(groups):
                here = f"{at}/option_groups/{index}"
                self.text(group.get("label"), f"{here}/label", 75, plain=True)
                self.options({"options": group.get("options")}, here, most=most)
            return
        options = self.count(element.get("options"), f"{at}/options", most)
        for index, option in enumerate(options):
            here = f"{at}/options/{index}"
            self.text(option.get("text"), f"{here}/text", 75)
            self.string(option.get("value"), f"{here}/value", 150)
            if "description" in option:
                self.text(option["description"], f"{here}/description", 75)
        initial = element.get("initial_option")
        if initial is not None and initial not in options:
            self.add("must be one of the options", f"{at}/initial_option")


def check_message_blocks(blocks: object, shared_files: set[str]) -> list[JSON]:
    """The blocks of a message. Raises `invalid_blocks` or `msg_blocks_too_long`."""
    checker = Checker(shared_files)
    checked = checker.blocks(blocks, "/blocks", "message")
    if checker.problems:
        raise SlackError("invalid_blocks", checker.problems)
    if sum(map(len, texts(checked))) > TEXT_IN_BLOCKS:
        raise SlackError("msg_blocks_too_long")
    return checked


def check_view(view: object, surface: Surface, shared_files: set[str]) -> JSON:
    """A modal or a home tab. Raises `invalid_arguments`."""
    checker = Checker(shared_files)
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", ["must be an object [json-pointer:/view]"])
    if view.get("type") != surface:
        checker.add(f"must be {surface}", "/view/type")
    blocks = checker.blocks(view.get("blocks"), "/view/blocks", surface)
    checker.string(view.get("private_metadata", ""), "/view/private_metadata", 3000, shortest=0)
    checker.string(view.get("callback_id", ""), "/view/callback_id", 255, shortest=0)
    if surface == "modal":
        checker.text(view.get("title"), "/view/title", 24, plain=True)
        for field in ("submit", "close"):
            if field in view:
                checker.text(view[field], f"/view/{field}", 24, plain=True)
        if any(block.get("type") == "input" for block in blocks) and "submit" not in view:
            checker.add("missing required field", "/view/submit")
    if checker.problems:
        raise SlackError("invalid_arguments", checker.problems)
    return view


def check_suggestions(payload: JSON) -> list[JSON]:
    """The options of an answer to `block_suggestion`. Raises `invalid_arguments`."""
    checker = Checker(set())
    given = payload if "option_groups" in payload else {"options": payload.get("options")}
    if given.get("options") == []:
        return []
    checker.options(given, "", most=100)
    if checker.problems:
        raise SlackError("invalid_arguments", checker.problems)
    groups: list[JSON] = given.get("option_groups") or [given]
    return [option for group in groups for option in group["options"]]


def elements(blocks: Sequence[JSON]) -> Iterator[tuple[JSON, JSON]]:
    """The interactive elements of blocks, each with its block."""
    for block in blocks:
        if block["type"] == "actions":
            yield from ((block, element) for element in block["elements"])
        for field in ("accessory", "element"):
            if field in block and block[field]["type"] != "image":
                yield block, block[field]


def texts(part: object) -> Iterator[str]:
    """All text that people read in blocks, in order."""
    if isinstance(part, dict):
        for field in ("title", "text", "label", "hint", "description", "alt_text", "fallback"):
            value = part.get(field)
            if isinstance(value, str):
                yield value
            else:
                yield from texts(value)
        for field in ("fields", "elements", "element", "accessory", "options"):
            yield from texts(part.get(field))
    elif isinstance(part, list):
        for item in part:
            yield from texts(item)


def mentions(text: str, blocks: Sequence[JSON]) -> list[str]:
    """Whom a message would notify: ids of members, and "channel", "here" or "everyone"."""
    found = re.findall(r"<@([UW]\w+)(?:\|[^>]*)?>|<!(channel|here|everyone)(?:\|[^>]*)?>", text)
    named = [member or everyone for member, everyone in found]
    return named + [name for block in blocks for name in _mentions_in(block)]


def _mentions_in(part: object) -> Iterator[str]:
    if isinstance(part, list):
        for item in part:
            yield from _mentions_in(item)
    elif isinstance(part, dict):
        if part.get("type") == "user":
            yield str(part.get("user_id"))
        elif part.get("type") == "broadcast":
            yield str(part.get("range"))
        elif part.get("type") == "mrkdwn":
            yield from mentions(str(part.get("text")), [])
        else:
            for value in part.values():
                yield from _mentions_in(value)
