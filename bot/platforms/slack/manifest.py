"""The manifest of the app: its commands, shortcuts, rights and events, for an operator to paste.

`python -m bot slack-manifest` prints it; `slack/manifest.yaml` has it without a prefix.
"""

import sys
from collections.abc import Sequence
from typing import Any

from bot.chat.commands import Command, Declared, Group, Kind, Menu, Option, Registry
from bot.chat.translation import ENGLISH, _
from bot.platforms.slack.names import MENU, SHORTCUT, CommandNames
from bot.platforms.slack.views.rendering import said_in
from bot.text.formats import cut, shortened
from bot.text.technical import technical
from data.phrases import Phrase

SCOPES = (
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:read",
    "im:write",
    "users:read",
)
"""Scopes of the bot's token. The app-level token needs `connections:write`.

`channels:read` and `groups:read` are for the event `member_joined_channel` alone.
"""
WRITTEN_SCOPES = ("app_mentions:read", "im:history")
"""Scopes for what members write to the bot. An app that was installed without them works, and is
not told of it."""
EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_id_changed",
    "member_joined_channel",
    "message.im",
    "tokens_revoked",
)

COMMAND, DESCRIPTION, HINT = 32, 2_000, 1_000
SHORTCUT_NAME, SHORTCUT_DESCRIPTION, SUMMARY = 24, 150, 140
"""Slack's limits in characters: of commands, of shortcuts, and of what the app is."""


def manifest(names: CommandNames) -> dict[str, Any]:
    """The manifest of all commands, as Slack reads it: in English, as it has one language."""
    commands = names.registry.commands
    made = {
        "display_information": {
            "name": "Mangosaurus",
            "description": shortened(_("Names new dinosaurs and writes sonnets."), SUMMARY),
            "long_description": _(
                "Mangosaurus names new dinosaurs letter by letter, and writes sonnets word by "
                "word, with small recurrent networks that run wherever you host it. Members can "
                "vote for the best names, keep the poems they like, and train it on their own "
                "lists of names."
            ),
            "background_color": "#2f5d3a",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Mangosaurus", "always_online": True},
            "shortcuts": _shortcuts(commands),
            "slash_commands": [
                _slash_command(each, names) for each in commands if not isinstance(each, Menu)
            ],
        },
        "oauth_config": {"scopes": {"bot": sorted(SCOPES + WRITTEN_SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }
    english: dict[str, Any] = said_in(made, ENGLISH)
    return english


def as_yaml(names: CommandNames) -> str:
    """The manifest for the page "From a manifest", where an operator can read and change it."""
    import yaml  # only this needs it

    content: str = yaml.safe_dump(manifest(names), sort_keys=False, allow_unicode=True, width=1_000)
    return content


def print_manifest(registry: Registry, prefix: str) -> None:
    """Answer `python -m bot slack-manifest`. `prefix`: the setting SLACK_COMMAND_PREFIX."""
    sys.stdout.write(as_yaml(CommandNames(registry, prefix)))


def _slash_command(declared: Command | Group, names: CommandNames) -> dict[str, Any]:
    command: dict[str, Any] = {
        "command": names.slash(declared.name),
        "description": shortened(declared.description, DESCRIPTION),
    }
    if hint := _hint(declared):
        command["usage_hint"] = cut(hint, HINT)
    commands = declared.commands if isinstance(declared, Group) else (declared,)
    kinds = {option.kind for each in commands for option in each.options}
    # A typed @ada arrives with her id then.
    return command | {"should_escape": not kinds.isdisjoint((Kind.PERSON, Kind.CHANNEL))}


def _hint(declared: Command | Group) -> str:
    """Hint of the options that can be typed after a command; "" without any."""
    if isinstance(declared, Group):
        return " | ".join(each.last_name for each in declared.commands)
    if not declared.options:
        return ""
    options = sorted(declared.options, key=lambda option: not option.is_main)
    return _("{options} or ? for a form").format(options=technical(" ".join(map(_shown, options))))


def _shown(option: Option) -> str:
    words = option.name if option.is_main else f"{option.name}:…"
    return words if option.is_required else f"[{words}]"


def _shortcuts(commands: Sequence[Declared]) -> list[dict[str, str]]:
    sonnet = _shortcut(
        SHORTCUT, _("Write a sonnet from this"), _("Writes a sonnet that begins like the message.")
    )
    menus = [each for each in commands if isinstance(each, Menu)]
    others = (
        _shortcut(f"{MENU}{place}", each.label, each.label) for place, each in enumerate(menus)
    )
    return [sonnet, *others]


def _shortcut(callback_id: str, name: Phrase, description: Phrase) -> dict[str, str]:
    return {
        "name": shortened(name, SHORTCUT_NAME),
        "type": "message",
        "callback_id": callback_id,
        "description": shortened(description, SHORTCUT_DESCRIPTION),
    }
