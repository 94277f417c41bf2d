"""Values in what Slack sends, each checked: payloads can be odd, or forged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LONGEST_ID = 255
"""Characters of an id, a name or an address that is read."""
LONGEST_WORDS = 2**22
"""Characters of what a member has written: longer ones don't arrive, in any envelope.

What reads it measures it, since a member is told of a text that is too long.
"""


@dataclass(frozen=True, slots=True)
class UserRef:
    """A member who was chosen as an option."""

    external: str
    """Slack's id of the user: U… or W…"""


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """A channel that was chosen as an option."""

    external: str
    """Slack's id of the channel: C… or G…"""


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file that was uploaded as an option."""

    id: str
    name: str
    size: int
    """Size in bytes."""
    url: str = field(repr=False)
    """`url_private_download`, which needs the bot's token."""


def part_of(payload: object, *keys: str) -> Mapping[str, object]:
    """A nested object; empty if it is missing, or something else.

    >>> part_of({"view": {"state": {"values": 1}}}, "view", "state")
    {'values': 1}
    """
    for key in keys:
        payload = payload.get(key) if isinstance(payload, Mapping) else None
    return payload if isinstance(payload, Mapping) else {}


def list_of(payload: object, *keys: str, most: int = 100) -> Sequence[Mapping[str, object]]:
    """The objects in a nested list, at most `most`; empty if it is missing, or something else."""
    *outer, last = keys
    found = part_of(payload, *outer).get(last)
    if not isinstance(found, list):
        return ()
    return [each for each in found[:most] if isinstance(each, Mapping)]


def text_of(payload: object, *keys: str, most: int = LONGEST_ID) -> str:
    """A nested text; "" if it is missing, something else, or longer than `most` characters.

    >>> text_of({"user": {"id": "U1"}}, "user", "id")
    'U1'
    """
    for key in keys:
        payload = payload.get(key) if isinstance(payload, Mapping) else None
    return payload if isinstance(payload, str) and len(payload) <= most else ""


def is_true(payload: object, *keys: str) -> bool:
    """Whether a nested value is `true`, and nothing else."""
    for key in keys:
        payload = payload.get(key) if isinstance(payload, Mapping) else None
    return payload is True


def file_of(payload: object) -> FileRef | None:
    """An uploaded file; `None` unless it has all that is needed to download it."""
    size, name = part_of(payload).get("size"), text_of(payload, "name", most=4_096)
    # `url_private` redirects on Enterprise Grid, and for some kinds of files everywhere.
    url = text_of(payload, "url_private_download", most=4_096)
    url = url or text_of(payload, "url_private", most=4_096)
    identifier = text_of(payload, "id")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0 or not (identifier and url):
        return None
    return FileRef(identifier, name[:LONGEST_ID], size, url)
