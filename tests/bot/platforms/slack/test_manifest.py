"""The manifest of the app."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.__main__ import main
from bot.platforms.slack.manifest import as_yaml, manifest
from bot.platforms.slack.names import TAKEN, CommandNames
from tests.bot.platforms.slack.commands import COMMANDS

CHECKOUT = Path(__file__).parents[4]
PLAIN = CommandNames(COMMANDS)
KEYS = {
    "": "display_information features oauth_config settings",
    "display_information": "name description long_description background_color",
    "features": "app_home bot_user shortcuts slash_commands",
    "app_home": "home_tab_enabled messages_tab_enabled messages_tab_read_only_enabled",
    "bot_user": "display_name always_online",
    "shortcuts": "name type callback_id description",
    "slash_commands": "command description usage_hint should_escape",
    "oauth_config": "scopes",
    "scopes": "bot",
    "settings": "event_subscriptions interactivity org_deploy_enabled socket_mode_enabled "
    "token_rotation_enabled",
    "event_subscriptions": "bot_events",
    "interactivity": "is_enabled",
}
"""What Slack knows of each part, as far as it is used."""


def keys_of(part: object, name: str = "") -> Iterator[tuple[str, str]]:
    """All keys, each after that of what it is in."""
    for each in part if isinstance(part, list) else [part]:
        for key, value in each.items() if isinstance(each, dict) else ():
            yield name, key
            yield from keys_of(value, key)


def test_file_is_up_to_date() -> None:
    """`python -m bot slack-manifest > slack/manifest.yaml` writes it."""
    written = (CHECKOUT / "slack" / "manifest.yaml").read_text(encoding="utf-8")
    assert written == as_yaml(PLAIN)
    assert yaml.safe_load(written) == manifest(PLAIN)


@pytest.mark.parametrize("prefix", ["", "dino-", "a" * 20])
def test_slack_accepts_it(prefix: str) -> None:
    """The limits are those of docs.slack.dev/reference/app-manifest."""
    made = manifest(CommandNames(COMMANDS, prefix))
    assert {*keys_of(made)} == {(name, key) for name in KEYS for key in KEYS[name].split()}
    about, features = made["display_information"], made["features"]
    assert len(about["name"]) <= 35
    assert re.fullmatch("#([0-9a-f]{3}){1,2}", about["background_color"])
    assert len(about["description"]) <= 140
    assert 175 <= len(about["long_description"]) <= 4_000
    assert 0 < len(features["shortcuts"]) <= 10
    for each in features["shortcuts"]:
        assert each["type"] == "message"
        assert 0 < len(each["name"]) <= 24
        assert 0 < len(each["description"]) <= 150
    commands = features["slash_commands"]
    assert 10 < len({each["command"] for each in commands}) == len(commands) <= 50
    for each in commands:
        assert re.fullmatch("/[a-z0-9_-]{1,31}", each["command"])
        assert each["command"].removeprefix("/") not in TAKEN
        assert 0 < len(each["description"]) <= 2_000
        assert 0 < len(each.get("usage_hint", "x")) <= 1_000


@pytest.mark.shows("hidden commands")
@pytest.mark.shows("/help")
@pytest.mark.shows("/status")
def test_every_command_is_in_it() -> None:
    listed = {each["command"] for each in manifest(PLAIN)["features"]["slash_commands"]}
    assert listed == {PLAIN.slash(each.name) for each in COMMANDS.by_first_word.values()}


@pytest.mark.usefixtures("restored_logging")
def test_operation_prints_it_with_the_prefix(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_COMMAND_PREFIX", "dino-")
    assert main(["slack-manifest"]) == 0
    assert capsys.readouterr().out == as_yaml(CommandNames(COMMANDS, "dino-"))
