"""Inputs of modals: what a member can fill in, and the state that Slack makes of it."""

from collections.abc import Mapping, Sequence

from simulators.common.payloads import JSON
from simulators.slack.blocks import elements, find_element
from simulators.slack.records import File

SELECTED: Mapping[str, str] = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "file_input": "files",
}
"""The field of the state with the value, by type of element; "value" for all others."""


class FormError(ValueError):
    """A form that Slack does not let the member submit."""


def filled_state(
    blocks: Sequence[JSON], values: Mapping[str, object], *, is_checked: bool = True
) -> JSON:
    """The state of a view's inputs, by block_id and action_id.

    values: by block_id, action_id or label: a text, a number, an option or its value, a `File` or
        a list of them. Others keep their initial value.
    is_checked: whether to raise `FormError` where Slack asks the member to correct the form.
    """
    given: dict[str, object] = {}
    for name, value in values.items():
        block, element = find_element(blocks, name)
        given[f"{block['block_id']}\n{element['action_id']}"] = value
    state: JSON = {}
    for block, element in elements(blocks):
        if element["type"] == "button":
            continue
        key = f"{block['block_id']}\n{element['action_id']}"
        filled = _filled(element, given[key]) if key in given else _initial(element)
        if is_checked and block["type"] == "input":
            _check(block, element, filled)
        state.setdefault(block["block_id"], {})[element["action_id"]] = filled
    return state


def _filled(element: JSON, value: object) -> JSON:
    kind = element["type"]
    field = SELECTED.get(kind, "value")
    filled: object = None if value in (None, "") else str(value)
    if field == "selected_option":
        filled = None if value is None else _option(element, value)
    elif field == "files":
        several = value if isinstance(value, (list, tuple)) else [value]
        filled = [item.payload() for item in several if isinstance(item, File)]
    return {"type": kind, field: filled}


def _option(element: JSON, value: object) -> JSON:
    """An option of a select by its value; a whole option is taken as it is."""
    if isinstance(value, dict):
        return value
    for option in element.get("options") or []:
        if option["value"] == value:
            return dict(option)
    if element["type"] == "external_select":
        return {"text": {"type": "plain_text", "text": str(value)}, "value": str(value)}
    raise FormError(f"{element['action_id']} has no option {value!r}.")


def _initial(element: JSON) -> JSON:
    kind = element["type"]
    field = SELECTED.get(kind, "value")
    name = "initial_" + field.removeprefix("selected_")
    return {"type": kind, field: element.get(name, [] if field == "files" else None)}


def _check(block: JSON, element: JSON, filled: JSON) -> None:
    """Raise `FormError` with what Slack shows below the input."""
    label = block["label"]["text"]
    value = filled[SELECTED.get(element["type"], "value")]
    if value in (None, []):
        if not block.get("optional", False):
            raise FormError(f"{label}: Please complete this required field.")
        return
    if element["type"] == "plain_text_input":
        low, high = element.get("min_length", 0), element.get("max_length", 3000)
        if not low <= len(value) <= high:
            raise FormError(f"{label}: use {low} to {high} characters.")
    elif element["type"] == "number_input":
        _check_number(label, element, value)
    elif element["type"] == "file_input":
        if len(value) > element.get("max_files", 10):
            raise FormError(f"{label}: too many files.")
        allowed = element.get("filetypes")
        if allowed and any(file["filetype"] not in allowed for file in value):
            raise FormError(f"{label}: use files of the types {', '.join(allowed)}.")


def _check_number(label: str, element: JSON, value: str) -> None:
    try:
        number = float(value)
    except ValueError:
        raise FormError(f"{label}: enter a number.") from None
    if not element.get("is_decimal_allowed") and not number.is_integer():
        raise FormError(f"{label}: enter a whole number.")
    low, high = element.get("min_value"), element.get("max_value")
    if (low is not None and number < float(low)) or (high is not None and number > float(high)):
        raise FormError(f"{label}: enter a number from {low} to {high}.")
