"""Names of slash commands: all with a workspace's prefix, and none that Slack has itself."""

import re
from dataclasses import dataclass
from functools import cached_property

from bot.chat.commands import Kind, Registry

OWN_PREFIX = "mango-"
"""The prefix of commands whose name Slack has itself."""
SHORTCUT = "sonnet_from_message"
"""`callback_id` of the message shortcut that writes a sonnet from a message."""
MENU = "menu_"
"""Beginning of the `callback_id` of a declared `Menu`; its place among the menus follows."""

# fmt: off
TAKEN = frozenset({
    "active", "apps", "archive", "away", "call", "close", "collapse", "deactivate", "dm",
    "dnd", "expand", "feed", "feedback", "help", "invite", "invite_people", "join", "kick",
    "leave", "list", "me", "mention", "msg", "mute", "open", "part", "people", "pref",
    "prefs", "remind", "remove", "rename", "search", "shortcuts", "shrug", "star", "status",
    "topic", "unarchive", "unmute", "who",
})
# fmt: on
"""Names of Slack's own commands, which an app cannot have."""
_YES_OR_NO = {"True": "yes", "False": "no"}


@dataclass(frozen=True)
class CommandNames:
    """The commands, and how a workspace's members type them.

    >>> from bot.features import REGISTRY
    >>> names = CommandNames(REGISTRY)
    >>> names.slash("models list"), names.slash("status")
    ('/models list', '/mango-status')
    >>> CommandNames(REGISTRY, "dino-").slash("status")
    '/dino-status'
    >>> names.word_of("/mango-status"), names.word_of("/shrug")
    ('status', None)
    >>> names.spelled("on:False stops that. Ask /status, or /about.")
    'on:no stops that. Ask /mango-status, or /about.'
    """

    registry: Registry
    prefix: str = ""
    """The setting SLACK_COMMAND_PREFIX."""

    def slash(self, name: str) -> str:
        """A command as members type it; `name` is that of its `Command`."""
        word, space, rest = name.partition(" ")
        prefix = OWN_PREFIX if self.prefix + word in TAKEN else self.prefix
        return f"/{prefix}{word}{space}{rest}"

    def word_of(self, command: str) -> str | None:
        """The first word of a command that Slack has sent, whatever form it has."""
        typed = command.strip().removeprefix("/").casefold()
        for prefix in (self.prefix, OWN_PREFIX, ""):
            word = typed.removeprefix(prefix)
            if typed.startswith(prefix) and word in self.registry.by_first_word:
                return word
        return None

    def spelled(self, sentence: str) -> str:
        """A sentence in which each command and switch is written as members type it."""
        sentence = self._switch.sub(lambda found: f"{found[1]}:{_YES_OR_NO[found[2]]}", sentence)
        return self._mentioned.sub(lambda found: self.slash(found[1]), sentence)

    @cached_property
    def _switch(self) -> re.Pattern[str]:
        """A switch as it is set on Discord."""
        options = (each for command in self.registry.every_command() for each in command.options)
        names = {each.name for each in options if each.kind is Kind.SWITCH}
        return re.compile(rf"(?<!\w)({'|'.join(names)}):(True|False)(?!\w)")

    @cached_property
    def _mentioned(self) -> re.Pattern[str]:
        """A command with its slash."""
        words = sorted(self.registry.by_first_word, key=len, reverse=True)
        return re.compile(rf"(?<![\w/.:-])/({'|'.join(words)})(?![\w-])")
