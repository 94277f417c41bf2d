"""Limits and error messages of the simulator, without sockets."""

from collections.abc import Callable

import pytest

from simulators.common.payloads import content_type
from simulators.discord.limits import ApiError, check_choices, check_commands
from tests.end_to_end.toy_bot import png


def problems(check: Callable[..., object], *given: object) -> list[str]:
    """What is wrong, each with its path in what is given."""
    with pytest.raises(ApiError) as refusal:
        check(*given)
    assert refusal.value.code == 50035
    return refusal.value.details


def option(**changes: object) -> dict[str, object]:
    return {"type": 3, "name": "opening", "description": "How it begins"} | changes


def command(**changes: object) -> dict[str, object]:
    return {"type": 1, "name": "sonnet", "description": "Writes"} | changes


def choice(**changes: object) -> dict[str, object]:
    return {"name": "x" * 100, "value": "y" * 100} | changes


LOCALIZED = [choice(name="x", value="y", name_localizations={"de": "x" * 100, "fr": "x"})] * 25


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
        ([command(name_localizations={"de": "x" * 33})], "0.name_localizations.de"),
        ([command(description_localizations={"de": "x" * 101})], "0.description_localizations.de"),
        ([command(options=[option(name=f"o{n}", choices=LOCALIZED) for n in range(4)])], "0"),
    ],
)
def test_invalid_command(commands: list[dict[str, object]], path: str) -> None:
    assert any(each.startswith(f"{path}: ") for each in problems(check_commands, commands))


def test_longest_localization_counts() -> None:
    options = [option(name=f"o{n}", choices=LOCALIZED) for n in range(3)]
    check_commands([command(options=options)])


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
