"""Forms."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.commands import Choice, Command, Kind, Option
from bot.chat.message import UserError
from bot.platforms.slack.options import Value
from bot.platforms.slack.payloads import ChannelRef, FileRef, UserRef
from bot.platforms.slack.views.modals import (
    CHOICE,
    MOST_CHOICES,
    form_of,
    options,
    submitted,
    suggestion_of,
)
from data.phrases import Phrase
from simulators.slack.blocks import check_suggestions, check_view
from simulators.slack.forms import filled_state
from tests.bot.platforms.slack.commands import COMMANDS, NAMES, calls
from tests.texts import written

FILE = {"id": "F1", "name": "elves.txt", "size": 3, "url_private": "https://files.slack.com/a"}


def fields(view: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Elements of a form, by option."""
    return {
        block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"
    }


def filled(view: Mapping[str, Any]) -> dict[str, Any]:
    """The view that Slack sends if the form is submitted as it was opened."""
    state = filled_state(view["blocks"], {}, is_checked=False)
    return {"callback_id": view["callback_id"], "state": {"values": state}}


def sent(callback_id: str, **entries: object) -> dict[str, Any]:
    values = {name: {name: entry} for name, entry in entries.items()}
    return {"callback_id": callback_id, "state": {"values": values}}


def check(view: dict[str, Any]) -> None:
    """The simulated Slack accepts it."""
    check_view(view, "modal")
    assert "mrkdwn" not in str(view)


KINDS = {
    Kind.INTEGER: "number_input",
    Kind.NUMBER: "number_input",
    Kind.SWITCH: "static_select",
    Kind.FILE: "file_input",
    Kind.PERSON: "users_select",
    Kind.CHANNEL: "conversations_select",
}


@pytest.mark.shows("forms with all options")
@pytest.mark.parametrize("each", [*COMMANDS.every_command()], ids=lambda each: each.name)
def test_every_command_has_a_form(each: Command) -> None:
    view = form_of(each, {}, NAMES, "metadata")
    check(view)
    assert view["callback_id"] == f"command:{each.name}"
    assert view["private_metadata"] == "metadata"
    elements = fields(view)
    assert set(elements) == {option.name for option in each.options}
    for option in each.options:
        text = "static_select" if option.choices else "external_select"
        if option.suggest is None and not option.choices:
            text = "plain_text_input"
        assert elements[option.name]["type"] == KINDS.get(option.kind, text)


@pytest.mark.shows("bounds that the platform checks")
def test_numbers_have_bounds() -> None:
    elements = fields(form_of(COMMANDS.by_name["dinoname"], {}, NAMES))
    number, temperature = elements["count"], elements["temperature"]
    assert (number["min_value"], number["max_value"]) == ("1", "10")
    assert not number["is_decimal_allowed"]
    assert (temperature["min_value"], temperature["max_value"]) == ("0.1", "2")


@settings(max_examples=100, deadline=None)
@given(call=calls())
def test_form_gives_back_what_it_was_opened_with(call: tuple[Command, dict[str, Value]]) -> None:
    """Except values that fit no field: empty ones, and very long names."""
    each, values = call
    view = form_of(each, values, NAMES)
    check(view)
    read = submitted(COMMANDS, filled(view))
    assert read.command == each
    assert set(read.errors) <= {option.name for option in each.options if option.is_required}
    for name, value in read.values.items():
        expected = values[name]
        assert value == (pytest.approx(expected) if isinstance(expected, float) else expected)
    for name in values.keys() - read.values.keys():
        assert values[name] == "" or len(str(values[name])) > 50


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("moderate block", {"member": UserRef("U12")}),
        ("moderate log", {"channel": ChannelRef("C12")}),
    ],
)
def test_references(name: str, values: dict[str, Value]) -> None:
    view = form_of(COMMANDS.by_name[name], values, NAMES)
    assert submitted(COMMANDS, filled(view)).values == values


def test_file() -> None:
    name = {"value": "elves"}
    read = submitted(COMMANDS, sent("command:namer create", name=name, file={"files": [FILE]}))
    file = FileRef("F1", "elves.txt", 3, "https://files.slack.com/a")
    assert read.values == {"name": "elves", "file": file}
    assert not read.errors


def test_mistakes_are_shown_at_their_fields() -> None:
    given = {"count": {"value": "99"}, "temperature": {"value": "hot"}}
    read = submitted(COMMANDS, sent("command:dinoname", **given))
    assert "goes from 1 to 10" in read.errors["count"]
    assert "is a number" in read.errors["temperature"]
    assert submitted(COMMANDS, sent("command:dissect")).errors == {"name": "This is needed."}


def test_long_text_is_not_lost() -> None:
    """A forged form: the field itself takes 3,000 characters."""
    read = submitted(COMMANDS, sent("command:sonnet", opening={"value": "a" * 10_000}))
    assert "at most" in read.errors["opening"]
    assert "10,000" in read.errors["opening"]


def test_group_form_asks_for_the_subcommand() -> None:
    group = COMMANDS.by_first_word["namer"]
    view = form_of(group, {}, NAMES)
    check(view)
    assert view["callback_id"] == "group:namer"
    about, asked = view["blocks"]
    assert about["text"]["text"] == group.description
    assert asked["label"]["text"] == "What to do"
    for name, wants_form in (("create", True), ("list", False)):
        chosen = {"selected_option": {"value": name}}
        read = submitted(COMMANDS, sent("group:namer", subcommand=chosen))
        assert (read.command.name, read.wants_form) == (f"namer {name}", wants_form)


@pytest.mark.parametrize(
    "view",
    [
        {},
        {"callback_id": 7},
        {"callback_id": "command:nothing"},
        {"callback_id": "group:namer"},
        sent("group:namer", subcommand={"selected_option": {"value": "nothing"}}),
    ],
)
def test_form_of_another_version_is_refused(view: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="another version"):
        submitted(COMMANDS, view)


OPTIONS = ["count", "name", "file", "member"]
KEYS = st.sampled_from(["value", "selected_option", "files", *OPTIONS])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(
    values=st.dictionaries(st.sampled_from(OPTIONS), JSON),
    name=st.sampled_from(["dinoname", "namer create", "moderate block"]),
)
def test_odd_payloads_are_read(values: dict[str, Any], name: str) -> None:
    payload = {"callback_id": f"command:{name}", "state": {"values": values}}
    read = submitted(COMMANDS, payload)
    assert set(read.values) <= {option.name for option in read.command.options}
    asked = {"view": payload, "action_id": "name", "value": values}
    assert suggestion_of(COMMANDS, asked) is None


def test_suggestions_know_the_other_fields() -> None:
    view = sent(
        "command:name",
        namer={"selected_option": {"value": "Tom %26 Jerry"}},
        count={"value": "3"},
        contains={"selected_option": None},
    )
    asked = {"view": view, "action_id": "starts_with", "block_id": "x", "value": "dra"}
    found = suggestion_of(COMMANDS, asked)
    assert found is not None
    option, others, typed = found
    assert (option.name, typed) == ("starts_with", "dra")
    assert others == {"namer": "Tom & Jerry", "count": "3"}


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"view": sent("command:name"), "action_id": "count", "value": ""},
        {"view": sent("command:nothing"), "action_id": "name", "value": ""},
        {"view": "command:name", "action_id": ["namer"]},
    ],
)
def test_other_requests_for_suggestions_get_none(payload: dict[str, Any]) -> None:
    assert suggestion_of(COMMANDS, payload) is None


def test_suggestions_are_within_limits() -> None:
    found = [Choice(written(f"label {number}" + "x" * 100), str(number)) for number in range(150)]
    shown = check_suggestions(options(found))
    assert len(shown) == MOST_CHOICES
    assert all(len(each["text"]["text"]) <= CHOICE for each in shown)
    assert options([Choice(written("long"), "x" * 151), Choice(written("empty"), "")]) == {
        "options": []
    }


def test_what_is_typed_can_be_chosen() -> None:
    """A select of Slack takes nothing but its options."""
    shown = options([Choice(written("Elves"), "elves")], "dra")["options"]
    assert [each["value"] for each in shown] == ["elves", "dra"]
    for typed in ("elves", "Elves", "ELVES"):  # looks like a suggestion that is there
        assert len(options([Choice(written("Elves"), "elves")], typed)["options"]) == 1
    assert len(options([Choice(written("Elves"), "elves")], " ")["options"]) == 1


def test_long_words_are_cut() -> None:
    async def command(*_arguments: object) -> None:
        raise AssertionError

    option = Option("a", Phrase("h" * 2_500), choices=(Choice(Phrase("c" * 100), "v"),))
    check(form_of(Command("x" * 40, Phrase("d" * 2_500), command, (option,)), {}, NAMES))
