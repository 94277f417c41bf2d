"""JSON and files that members send, as both simulators know them."""

import mimetypes
from dataclasses import dataclass
from typing import Any

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be sent."""

    filename: str
    data: bytes
    description: str | None = None


def content_type(filename: str, data: bytes) -> str:
    """The MIME type of a file. A PNG is recognized by its first bytes; other images are none."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    return "application/octet-stream" if kind.startswith("image/") else kind
