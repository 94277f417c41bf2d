"""Support for buttons of version 0.3.0, whose state is in the text of their message.

Newer buttons hold their state or a reference to it. Nothing else reads rendered text.
"""

import re
from collections.abc import Mapping

from bot.chat.translation import _
from bot.chat.turn import Source
from bot.formats import shortened

LONGEST_TITLE = 256

_POEM_FOOTER = re.compile(
    r"(?:From “(?P<opening>.*)” · )?"
    r"(?:(?P<form>[a-z-]+) · )?"  # messages of 0.1.0 have none
    r"temperature (?P<temperature>\d+(?:\.\d+)?) · seed \d+",
    re.DOTALL,
)
_NAME_IN_LIST = re.compile(r"^(?:👑 )?\*\*(?P<name>.+?)\*\*(?: · .*)?$", re.MULTILINE)


def poem_of(source: Source | None) -> Mapping[str, str]:
    """Title and text of the poem on a message."""
    if source is None:
        return {}
    return {
        "title": shortened(source.title, LONGEST_TITLE) or _("A poem"),
        "text": source.body.strip(),
    }


def poem_options_of(source: Source | None) -> Mapping[str, str] | None:
    """Opening, form and temperature of the poem on a message; `None` if they cannot be read."""
    match = _POEM_FOOTER.fullmatch(source.footer) if source is not None else None
    return {k: v for k, v in match.groupdict().items() if v} if match else None


def names_of(source: Source | None) -> list[str]:
    """The names on a message, as they are shown."""
    return _NAME_IN_LIST.findall(source.body) if source is not None else []
