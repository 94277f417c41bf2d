"""The manifest of the app."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.__main__ import main
from bot.chat.commands import Group
from bot.platforms.slack.manifest import as_yaml, manifest
from bot.platforms.slack.names import TAKEN, CommandNames
from tests.bot.platforms.slack.commands import COMMANDS

CHECKOUT = Path(__file__).parents[4]


PLAIN = CommandNames()


def words(longest: int, shortest: int = 1) -> dict[str, object]:
    return {"type": "string", "minLength": shortest, "maxLength": longest}


def record(required: dict[str, object], **optional: object) -> dict[str, object]:
    """An object with these fields and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": required | optional,
        "additionalProperties": False,
    }


def several(items: dict[str, object], most: int) -> dict[str, object]:
    return {"type": "array", "minItems": 1, "maxItems": most, "uniqueItems": True, "items": items}


SWITCH, NAMES = {"type": "boolean"}, several(words(50), 255)
SCHEMA = record(
    {
        "display_information": record(
            {"name": words(35)},
            description=words(140),
            long_description=words(4_000, 175),
            background_color={"type": "string", "pattern": "^#([0-9a-fA-F]{3}){1,2}$"},
        ),
        "features": record(
            {},
            app_home=record(
                {},
                home_tab_enabled=SWITCH,
                messages_tab_enabled=SWITCH,
                messages_tab_read_only_enabled=SWITCH,
            ),
            bot_user=record({"display_name": words(80)}, always_online=SWITCH),
            shortcuts=several(
                record(
                    {
                        "name": words(24),
                        "type": {"enum": ["message", "global"]},
                        "callback_id": words(255),
                        "description": words(150),
                    }
                ),
                10,
            ),
            slash_commands=several(
                record(
                    {
                        "command": words(32, 2) | {"pattern": "^/[a-z0-9_-]+$"},
                        "description": words(2_000),
                    },
                    usage_hint=words(1_000),
                    should_escape=SWITCH,
                ),
                50,
            ),
        ),
        "oauth_config": record({"scopes": record({"bot": NAMES})}),
        "settings": record(
            {},
            event_subscriptions=record({"bot_events": several(words(100), 100)}),
            interactivity=record({"is_enabled": SWITCH}),
            org_deploy_enabled=SWITCH,
            socket_mode_enabled=SWITCH,
            token_rotation_enabled=SWITCH,
        ),
    }
)
"""The parts of a manifest that this one uses, after docs.slack.dev/reference/app-manifest."""


def test_file_is_up_to_date() -> None:
    """`python -m bot slack-manifest > slack/manifest.yaml` writes it."""
    written = (CHECKOUT / "slack" / "manifest.yaml").read_text(encoding="utf-8")
    assert written == as_yaml(PLAIN)
    assert yaml.safe_load(written) == manifest(PLAIN)


@pytest.mark.parametrize("prefix", ["", "dino-", "a" * 20])
def test_slack_accepts_it(prefix: str) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    errors = Draft202012Validator(SCHEMA).iter_errors(manifest(CommandNames(prefix)))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("prefix", ["", "dino-", "a" * 20])
def test_names_are_free(prefix: str) -> None:
    names = [
        each["command"] for each in manifest(CommandNames(prefix))["features"]["slash_commands"]
    ]
    assert len(set(names)) == len(names) > 10
    assert not {name.removeprefix("/") for name in names} & TAKEN


def test_every_command_is_in_it() -> None:
    listed = {each["command"] for each in manifest(PLAIN)["features"]["slash_commands"]}
    names = PLAIN
    for declaration in COMMANDS.every_command():
        assert names.slash(declaration.name).partition(" ")[0] in listed
    for group in (each for each in COMMANDS.commands if isinstance(each, Group)):
        assert names.slash(group.name) in listed


def test_operation_prints_it_with_the_prefix(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_COMMAND_PREFIX", "dino-")
    assert main(["slack-manifest"]) == 0
    assert capsys.readouterr().out == as_yaml(CommandNames("dino-"))
