"""`python -m bot.settings`: print the content of `.env.example`."""

import sys
import textwrap

from bot.settings import SETTINGS


def example() -> str:
    """The text of `.env.example`."""
    lines = [
        "# Settings of Mangosaurus. Copy this file to .env and change what you need. Settings that",
        "# are empty or commented out keep their defaults. Environment variables win over .env.",
    ]
    for name, about in SETTINGS.items():
        description = textwrap.wrap(about.description, 97, break_on_hyphens=False)
        lines += ["", *(f"# {line}" for line in description)]
        lines.append(f"# Default: {_default(about.default) or 'none'}. Example: {about.example}")
        # Others are comments: an empty line in a container's env file would hide the image's value.
        is_active = name.endswith("token")
        lines.append(f"{'' if is_active else '# '}{name.upper()}={_default(about.default)}")
    return "\n".join(lines) + "\n"


def _default(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, frozenset):
        return ",".join(sorted(map(str, value)))
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.stdout.write(example())
