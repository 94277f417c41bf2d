"""Limits and error messages of the simulator, without sockets."""

from collections.abc import Callable

import pytest

from simulators.common.payloads import content_type
from simulators.discord.limits import (
    ApiError,
    check_choices,
    check_commands,
    check_message,
)
from tests.end_to_end.toy_bot import png

BUTTON = "components.0.components.0"
SUPPORTED = (
    "Value must be one of {}: the simulator supports rows (1) of buttons (2) or a menu (3, 8) only."
)


def problems(check: Callable[..., object], *given: object) -> list[str]:
    """What is wrong, each with its path in what is given."""
    with pytest.raises(ApiError) as refusal:
        check(*given)
    assert refusal.value.code == 50035
    return refusal.value.details


def button(**changes: object) -> dict[str, object]:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go"} | changes


def rows(*buttons: dict[str, object]) -> dict[str, object]:
    return {"components": [{"type": 1, "components": list(buttons)}]}


def option(**changes: object) -> dict[str, object]:
    return {"type": 3, "name": "opening", "description": "How it begins"} | changes


def command(**changes: object) -> dict[str, object]:
    return {"type": 1, "name": "sonnet", "description": "Writes"} | changes


def choice(**changes: object) -> dict[str, object]:
    return {"name": "x" * 100, "value": "y" * 100} | changes


def field(**changes: object) -> dict[str, object]:
    return {"embeds": [{"fields": [{"name": "n", "value": "v"} | changes]}]}


@pytest.mark.parametrize(
    ("payload", "path", "sentence"),
    [
        ({"content": "x" * 2001}, "content", "Must be 2000 or fewer"),
        ({"content": 3}, "content", "Not a well formed value."),
        ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title", "Must be 256 or fewer"),
        (
            {"embeds": [{}, {"description": "x" * 4097}]},
            "embeds.1.description",
            "Must be 4096 or fewer",
        ),
        (
            {"embeds": [{"footer": {"text": "x" * 2049}}]},
            "embeds.0.footer.text",
            "Must be 2048 or fewer",
        ),
        (
            {"embeds": [{"author": {"name": "x" * 257}}]},
            "embeds.0.author.name",
            "Must be 256 or fewer",
        ),
        ({"embeds": [{"fields": [{"name": "n"}] * 26}]}, "embeds.0.fields", "Must be 25 or fewer"),
        (field(name="x" * 257), "embeds.0.fields.0.name", "Must be between 1 and 256"),
        (field(value="x" * 1025), "embeds.0.fields.0.value", "Must be between 1 and 1024"),
        (field(value=""), "embeds.0.fields.0.value", "This field is required"),
        ({"embeds": [{"description": "x" * 3001}] * 2}, "embeds", "maximum size of 6000"),
        ({"embeds": [{}] * 11}, "embeds", "Must be 10 or fewer"),
        ({"embeds": [{"url": "attachment://x"}]}, "embeds.0.url", "Not a well formed URL"),
        ({"embeds": [{"image": {"url": "x"}}]}, "embeds.0.image.url", "Not a well formed URL"),
        ({"attachments": [{}] * 11}, "attachments", "Must be 10 or fewer"),
        ({"components": [{"type": 17}]}, "components.0.type", SUPPORTED.format((1,))),
        (rows(button(custom_id="x" * 101)), f"{BUTTON}.custom_id", "Must be between 1 and 100"),
        (rows(button(label="x" * 81)), f"{BUTTON}.label", "Must be 80 or fewer"),
        (rows(button(label="")), f"{BUTTON}.label", "A label or an emoji is required"),
        (rows(button(style=6)), f"{BUTTON}.style", "Value must be one of {1, 2, 3, 4, 5}."),
        (rows(button(style=5)), f"{BUTTON}.url", "This field is required"),
        (rows(button(), button()), "components.0.components.1.custom_id", "duplicated"),
        (
            rows(*(button(custom_id=f"{n}") for n in range(6))),
            BUTTON[:-2],
            "Must be between 1 and 5",
        ),
        (rows(button(type=5)), f"{BUTTON}.type", SUPPORTED.format((2, 3, 8))),
        (rows(button(type=3, options=[])), f"{BUTTON}.options", "This field is required"),
        (
            rows(button(), button(type=8, custom_id="b")),
            "components.0.components",
            "A menu is alone in its row",
        ),
    ],
)
def test_message_over_a_limit(payload: dict[str, object], path: str, sentence: str) -> None:
    found = problems(check_message, payload)
    assert any(each.startswith(f"{path}: ") and sentence in each for each in found)


def test_message_at_every_limit() -> None:
    fields = [{"name": "x" * 100, "value": "x"}] * 25
    embeds = [{"title": "x" * 256, "fields": fields}, {"description": "x" * 3219}]
    buttons = [button(custom_id=f"{n}".rjust(100), label="x" * 80) for n in range(25)]
    components = [{"type": 1, "components": buttons[n : n + 5]} for n in range(0, 25, 5)]
    check_message({"content": "x" * 2000, "embeds": embeds, "components": components})


@pytest.mark.parametrize(
    ("commands", "path"),
    [
        ([command(name="Sonnet")], "0.name"),
        ([command(name="two words")], "0.name"),
        ([command(name="x" * 33)], "0.name"),
        ([command(), command()], "1.name"),
        ([command(description="")], "0.description"),
        ([command(description="x" * 101)], "0.description"),
        ([command(options=[option()] * 26)], "0.options"),
        ([command(options=[option(max_length=6001)])], "0.options.0.max_length"),
        ([command(options=[option(max_length=0)])], "0.options.0.max_length"),
        ([command(options=[option(min_length=-1)])], "0.options.0.min_length"),
        ([command(options=[option(), option()])], "0.options.1"),
        ([command(options=[option(), option(name="b", required=True)])], "0.options.1"),
        ([command(options=[option(choices=[choice(name="")])])], "0.options.0.choices.0.name"),
        ([command(options=[option(choices=[choice()] * 26)])], "0.options.0.choices"),
        ([command(options=[option(name=f"o{n}", choices=[choice()] * 25) for n in range(4)])], "0"),
    ],
)
def test_invalid_command(commands: list[dict[str, object]], path: str) -> None:
    assert any(each.startswith(f"{path}: ") for each in problems(check_commands, commands))


def test_command_names_are_unique_by_type() -> None:
    check_commands([command(), {"type": 3, "name": "sonnet"}])


def test_too_many_choices() -> None:
    (problem,) = problems(check_choices, {"choices": [choice()] * 26})
    assert problem == "data.choices: Must be 25 or fewer in length."


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("curve.txt", png(1, 1), "image/png"),
        ("page.png", b"<script>", "application/octet-stream"),
        ("drawing.svg", b"<svg>", "application/octet-stream"),
        ("names.txt", b"rex", "text/plain"),
    ],
)
def test_content_type(name: str, data: bytes, kind: str) -> None:
    assert content_type(name, data) == kind
