"""Names of slash commands: all with a workspace's prefix, and none that Slack has itself."""

import re
from dataclasses import dataclass
from functools import cached_property

from bot.chat.commands import Kind, Menu
from bot.features import REGISTRY

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

WORDS = frozenset(each.name for each in REGISTRY.commands if not isinstance(each, Menu))
"""The first words of all commands."""

_YES_OR_NO = {
    f"{option.name}:{value}": f"{option.name}:{word}"
    for command in REGISTRY.every_command()
    for option in command.options
    if option.kind is Kind.SWITCH
    for value, word in (("True", "yes"), ("False", "no"))
}
"""How a switch is set on Discord, and here."""
_SWITCH = re.compile(rf"(?<!\w)(?:{'|'.join(_YES_OR_NO)})(?!\w)")
_MENTIONED = re.compile(
    rf"(?<![\w/.:-])/({'|'.join(sorted(WORDS, key=len, reverse=True))})(?![\w-])"
)


@dataclass(frozen=True)
class CommandNames:
    """How a workspace's members type the commands.

    >>> CommandNames().slash("models list"), CommandNames().slash("status")
    ('/models list', '/mango-status')
    >>> CommandNames("dino-").slash("status")
    '/dino-status'
    """

    prefix: str = ""
    """The setting SLACK_COMMAND_PREFIX."""

    def slash(self, name: str) -> str:
        """A command as members type it; `name` is that of its `Command`."""
        word, space, rest = name.partition(" ")
        return f"/{self._prefixed.get(word, self.prefix + word)}{space}{rest}"

    def word_of(self, command: str) -> str | None:
        """The first word of a command that Slack has sent, whatever form it has.

        >>> CommandNames().word_of("/mango-status"), CommandNames().word_of("/shrug")
        ('status', None)
        """
        typed = command.strip().removeprefix("/").casefold()
        for prefix in (self.prefix, OWN_PREFIX, ""):
            if typed.startswith(prefix) and (word := typed.removeprefix(prefix)) in WORDS:
                return word
        return None

    def spelled(self, sentence: str) -> str:
        """A sentence in which each command and switch is written as members type it.

        >>> CommandNames().spelled("on:False stops that.")
        'on:no stops that.'
        >>> CommandNames().spelled("Ask /status, or /about.")
        'Ask /mango-status, or /about.'
        """
        sentence = _SWITCH.sub(lambda found: _YES_OR_NO[found[0]], sentence)
        return _MENTIONED.sub(lambda found: f"/{self._prefixed[found[1]]}", sentence)

    @cached_property
    def _prefixed(self) -> dict[str, str]:
        return {
            word: f"{OWN_PREFIX}{word}" if self.prefix + word in TAKEN else self.prefix + word
            for word in WORDS
        }


UNPREFIXED = CommandNames()
