"""Forms: a command as a modal with all its options, and what is submitted as values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.chat.commands import Choice, Command, Group, Kind, Option, Registry, Typed
from bot.chat.message import Form, UserError
from bot.chat.received import LONGEST_TEXT, LONGEST_TYPED, clean
from bot.chat.translation import ENGLISH, Language, _, in_language
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.options import OFF, ON, Value, converted
from bot.platforms.slack.payloads import (
    LONGEST_WORDS,
    ChannelRef,
    UserRef,
    file_of,
    list_of,
    part_of,
    text_of,
)
from bot.platforms.slack.views.rendering import (
    Block,
    conversations_select,
    decoded,
    encoded,
    plain_text,
    said_in,
)
from bot.text.formats import cut, shortened
from bot.text.spans import plain
from bot.text.technical import technical
from bot.text.written import own_words
from data.phrases import NOTHING, Showable

COMMAND, GROUP = "command:", "group:"
"""Beginnings of a form's `callback_id`; the name of the command or group follows."""
TITLE, HINT, INPUT, MOST_CHOICES, CHOICE, CHOICE_VALUE = 24, 2_000, 3_000, 100, 75, 150
"""Slack's limits: characters, and options of a select."""
LINE = 150
"""Characters from which on a field for text has several lines."""
SUBCOMMAND = "subcommand"
TEXT = "text "
"""Begins the `callback_id` of a form with one field for text; its action and state follow."""

_USER, _CHANNEL = re.compile(r"[UW][A-Z0-9]{2,20}"), re.compile(r"[CGD][A-Z0-9]{2,20}")


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submitted form.

    values: those that were filled in, by option; people, channels and files by reference.
    errors: sentences by `block_id`, to be shown in the form; the command is not to run then.
    wants_form: whether only the subcommand is chosen, which needs a form.
    """

    command: Command
    values: Mapping[str, Value] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    wants_form: bool = False


def form_of(
    command: Command | Group,
    values: Mapping[str, Value],
    names: CommandNames,
    metadata: str = "",
    language: Language = ENGLISH,
) -> dict[str, Any]:
    """A modal with a field for each option, filled in with `values`; for a group its subcommand.

    metadata: passed through as `private_metadata`, at most 3,000 characters.
    """
    if isinstance(command, Group):
        callback_id, fields = GROUP + command.name, [_subcommands(command)]
    else:
        callback_id = COMMAND + command.name
        fields = [_input(option, values.get(option.name)) for option in command.options]
        if sum(option.suggest is not None for option in command.options) > 1:
            # Suggestions for the other fields may depend on what is chosen in the main one.
            for option, block in zip(command.options, fields, strict=True):
                if option.is_main and option.suggest is not None:
                    block["dispatch_action"] = True
    view = {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": metadata,
        "title": plain_text(cut(names.slash(command.name), TITLE)),
        "submit": plain_text(_("Go")),
        "close": plain_text(_("Cancel")),
        "blocks": [{"type": "section", "text": plain_text(command.description)}, *fields],
    }
    said: dict[str, Any] = said_in(view, language)
    return said


def text_form(form: Form, metadata: str, language: Language = ENGLISH) -> dict[str, Any]:
    """A modal with one field for text. `metadata` is as in `form_of`."""
    option = Option(TEXT, NOTHING, least=1, most=form.longest, is_required=True)
    view = {
        "type": "modal",
        "callback_id": f"{TEXT}{form.action}:{form.state}",
        "private_metadata": metadata,
        "title": plain_text(shortened(form.title, TITLE)),
        "submit": plain_text(_("Go")),
        "close": plain_text(_("Cancel")),
        "blocks": [_input(option, form.value) | {"label": plain_text(form.label)}],
    }
    said: dict[str, Any] = said_in(view, language)
    return said


def text_in(view: Mapping[str, object]) -> tuple[str, str] | None:
    """Action and state of a submitted `text_form`, with the text after it."""
    name = text_of(view, "callback_id")
    if not name.startswith(TEXT):
        return None
    action, _colon, state = name.removeprefix(TEXT).partition(":")
    typed = text_of(view, "state", "values", TEXT, TEXT, "value", most=LONGEST_WORDS)
    return action, f"{state}{typed}"


def submitted(
    registry: Registry, view: Mapping[str, object], language: Language = ENGLISH
) -> Submitted:
    """Read a submitted form. Raises `UserError` for one that the bot does not have."""
    name = text_of(view, "callback_id")
    state = part_of(view, "state", "values")
    if name.startswith(GROUP):
        chosen = _chosen(part_of(state, SUBCOMMAND, SUBCOMMAND))
        found = _find(registry, f"{name.removeprefix(GROUP)} {chosen}")
        return Submitted(found, wants_form=bool(found.options))
    command = _find(registry, name.removeprefix(COMMAND))
    values: dict[str, Value] = {}
    errors: dict[str, str] = {}
    for option in command.options:
        try:
            value = _value(option, part_of(state, option.name, option.name))
        except UserError as error:
            errors[option.name] = plain(error.text, language)
            continue
        if value is not None:
            values[option.name] = value
        elif option.is_required:
            errors[option.name] = in_language(_("This is required."), language)
    return Submitted(command, values, errors)


def suggestion_of(
    registry: Registry, payload: Mapping[str, object]
) -> tuple[Option, Typed, str] | None:
    """The request of suggestions: the option, the values of the other fields, the typed text.

    Slack sends no state with it, so the values are those with which the fields were shown.

    `None` for a payload that no form of the bot sends.
    """
    name = text_of(payload, "view", "callback_id")
    try:
        command = _find(registry, name.removeprefix(COMMAND))
    except UserError:
        return None
    options = {option.name: option for option in command.options}
    option = options.get(text_of(payload, "action_id"))
    if option is None or option.suggest is None:
        return None
    fields = {
        text_of(block, "block_id"): part_of(block, "element")
        for block in list_of(payload, "view", "blocks")
    }
    others = {each: _shown(fields.get(each, {})) for each in options if each != option.name}
    typed = {each: words for each, words in others.items() if words}
    return option, typed, text_of(payload, "value", most=LONGEST_TYPED)


def options(
    choices: Sequence[Choice], typed: str = "", language: Language = ENGLISH
) -> dict[str, Any]:
    """Suggestions, for the acknowledgement of their request.

    typed: becomes the last suggestion, if none looks like it: a select of Slack takes nothing else.
    """
    known = {words.casefold() for choice in choices for words in (choice.value, choice.label)}
    typed = clean(typed)
    if typed.strip() and typed.casefold() not in known:
        choices = [*choices[: MOST_CHOICES - 1], Choice(own_words(typed), typed)]
    usable = (choice for choice in choices if 0 < len(encoded(choice.value)) <= CHOICE_VALUE)
    found = [_option(each.label, each.value) for each in usable][:MOST_CHOICES]
    return {"options": said_in(found, language)}


def _subcommands(group: Group) -> Block:
    options = [
        _option(technical(each.last_name), each.last_name)
        | {"description": plain_text(shortened(each.description, CHOICE))}
        for each in group.commands[:MOST_CHOICES]
    ]
    return {
        "type": "input",
        "block_id": SUBCOMMAND,
        "label": plain_text(_("What to do")),
        "element": {"type": "static_select", "action_id": SUBCOMMAND, "options": options},
    }


def _input(option: Option, value: Value | None) -> Block:
    block: Block = {
        "type": "input",
        "block_id": option.name,
        "label": plain_text(option.name.replace("_", " ").capitalize()),
        "optional": not option.is_required,
        "element": _element(option, value) | {"action_id": option.name},
    }
    if option.description:
        block["hint"] = plain_text(shortened(option.description, HINT))
    return block


def _element(option: Option, value: Value | None) -> Block:
    """The field of an option, filled in with its value if that fits."""
    match option.kind:
        case Kind.INTEGER | Kind.NUMBER:
            return _number_input(option, value)
        case Kind.SWITCH:
            choices = (Choice(_("Yes"), ON[0]), Choice(_("No"), OFF[0]))
            chosen = {True: ON[0], False: OFF[0]}.get(value) if isinstance(value, bool) else None
            return _select(choices, chosen)
        case Kind.FILE:
            return {"type": "file_input", "max_files": 1}
        case Kind.PERSON:
            initial = {"initial_user": value.external} if isinstance(value, UserRef) else {}
            return {"type": "users_select"} | initial
        case Kind.CHANNEL:
            return conversations_select(value.external if isinstance(value, ChannelRef) else "")
        case Kind.TEXT if option.choices:
            return _select(option.choices, value)
        case Kind.TEXT if option.suggest is not None:
            return _suggesting_select(value)
        case Kind.TEXT:
            return _text_input(option, value)


def _number_input(option: Option, value: Value | None) -> Block:
    element: Block = {"type": "number_input", "is_decimal_allowed": option.kind is Kind.NUMBER}
    for name, bound in (("min_value", option.least), ("max_value", option.most)):
        if bound is not None:
            element[name] = _figure(bound)
    if isinstance(value, int | float):
        element["initial_value"] = _figure(value)
    return element


def _select(choices: Sequence[Choice], value: Value | None) -> Block:
    shown = {choice.value: _option(choice.label, choice.value) for choice in choices}
    element: Block = {"type": "static_select", "options": [*shown.values()][:MOST_CHOICES]}
    if isinstance(value, str) and value in shown:
        element["initial_option"] = shown[value]
    return element


def _suggesting_select(value: Value | None) -> Block:
    element: Block = {"type": "external_select", "min_query_length": 0}
    if isinstance(value, str) and 0 < len(encoded(value)) <= CHOICE_VALUE:
        element["initial_option"] = _option(own_words(value), value)
    return element


def _text_input(option: Option, value: Value | None) -> Block:
    longest = int(min(INPUT, option.most or INPUT))
    element: Block = {
        "type": "plain_text_input",
        "multiline": longest > LINE,
        "max_length": longest,
    }
    if option.least:
        element["min_length"] = int(option.least)
    if isinstance(value, str) and 0 < len(value) <= longest:
        element["initial_value"] = value
    return element


def _option(label: Showable, value: str) -> Block:
    # Slack counts UTF-16 code units: an emoji, or a letter of such a plane, is two.
    most = CHOICE if max(label, default="") <= "\uffff" else CHOICE // 2
    return {"text": plain_text(shortened(label, most) or "…"), "value": encoded(value)}


def _find(registry: Registry, name: str) -> Command:
    command = registry.by_name.get(name)
    if command is None:
        raise UserError(_("This form is from another version of the bot; use the command again."))
    return command


def _value(option: Option, entry: Mapping[str, object]) -> Value | None:
    """The value of a field; `None` if it is empty. Raises `UserError`."""
    match option.kind:
        case Kind.FILE:
            return next(map(file_of, list_of(entry, "files", most=1)), None)
        case Kind.PERSON:
            external = text_of(entry, "selected_user")
            return UserRef(external) if _USER.fullmatch(external) else None
        case Kind.CHANNEL:
            external = text_of(entry, "selected_conversation")
            return ChannelRef(external) if _CHANNEL.fullmatch(external) else None
        case _:
            words = text_of(entry, "value", most=LONGEST_WORDS) or _chosen(entry)
            return converted(option, words) if words else None


def _shown(element: Mapping[str, object]) -> str:
    """The text with which a field was shown, or the value of its option; "" for none."""
    words = text_of(element, "initial_value", most=LONGEST_TEXT)
    return words or decoded(text_of(element, "initial_option", "value"))


def _chosen(entry: Mapping[str, object]) -> str:
    return decoded(text_of(entry, "selected_option", "value"))


def _figure(number: float) -> str:
    """A number as Slack's field for numbers takes it, without an exponent."""
    return f"{number:.9f}".rstrip("0").rstrip(".")
