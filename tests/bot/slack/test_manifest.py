"""The manifest of the app."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.commands.core.declaration import Group
from bot.slack.manifest import EVENTS, SCOPES, as_json
from bot.slack.names import SHORTCUT, TAKEN, CommandNames
from tests.bot.slack.commands import DECLARED, every_declaration

CHECKOUT = Path(__file__).parents[3]


def manifest(prefix: str = "") -> dict[str, Any]:
    content = json.loads(as_json(CommandNames(prefix)))
    assert isinstance(content, dict)
    return content


def test_file_is_up_to_date() -> None:
    """`python -m bot slack-manifest > slack/manifest.json` writes it."""
    assert (CHECKOUT / "slack" / "manifest.json").read_text(encoding="utf-8") == as_json(
        CommandNames()
    )


@pytest.mark.parametrize("prefix", ["", "dino-", "a" * 20])
def test_commands_are_within_slacks_limits(prefix: str) -> None:
    commands = manifest(prefix)["features"]["slash_commands"]
    assert 0 < len(commands) <= 50
    assert len({each["command"] for each in commands}) == len(commands)
    for each in commands:
        name = each["command"].removeprefix("/")
        assert each["command"] == f"/{name}"
        assert name not in TAKEN
        assert len(each["command"]) <= 32
        assert name == name.lower()
        assert 0 < len(each["description"]) <= 2_000
        assert each["should_escape"] is False
        assert 0 < len(each.get("usage_hint", "?")) <= 1_000


def test_every_command_is_in_it() -> None:
    listed = {each["command"] for each in manifest()["features"]["slash_commands"]}
    names = CommandNames()
    for declaration in every_declaration():
        assert names.slash(declaration.info.name).partition(" ")[0] in listed
    for group in (each for each in DECLARED if isinstance(each, Group)):
        assert names.slash(group.info.name) in listed


def test_hints_show_what_can_be_typed() -> None:
    hints = {
        each["command"]: each.get("usage_hint") for each in manifest()["features"]["slash_commands"]
    }
    assert hints["/sonnet"].startswith("[opening] [form:…]")
    assert hints["/dissect"] == "name or ? for a form"
    assert hints["/namer"].startswith("create | import")
    assert hints["/poems"] is None


def test_shortcuts_are_within_slacks_limits() -> None:
    shortcuts = manifest()["features"]["shortcuts"]
    assert shortcuts[0]["name"] == "Write a sonnet from this"
    assert shortcuts[0]["callback_id"] == SHORTCUT
    assert len({each["callback_id"] for each in shortcuts}) == len(shortcuts) == 2
    assert all(len(each["name"]) <= 24 and len(each["description"]) <= 150 for each in shortcuts)


def test_app_is_within_slacks_limits() -> None:
    shown = manifest()["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4_000


def test_socket_mode_and_home() -> None:
    content = manifest()
    assert content["settings"]["socket_mode_enabled"] is True
    assert content["settings"]["interactivity"] == {"is_enabled": True}
    assert content["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)
    assert content["features"]["app_home"]["home_tab_enabled"] is True
    assert content["oauth_config"]["scopes"]["bot"] == list(SCOPES)


def test_operation_prints_it_with_the_prefix(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_COMMAND_PREFIX", "dino-")
    assert main(["slack-manifest"]) == 0
    assert capsys.readouterr().out == as_json(CommandNames("dino-"))
