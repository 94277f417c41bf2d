"""Versions of code and libraries, which tell whether two machines would write the same texts."""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

from bot.version import checkout_version

CHECKOUT = Path(__file__).parents[2]
SOURCES: Sequence[str] = (
    "bot/monitoring/requests.py",
    "bot/concurrency.py",
    "bot/trainer",
    "bot/train.py",
    "bot/words",
    "bot/writing",
    "data",
    "models",
)
"""Folders and files of the code that both the bot and the workers run."""
SUFFIXES = {".py", ".toml", ".txt"}
"""Code, and the lists of words that it reads."""
CACHE = "cache"
"""The folder of downloaded corpora in `data`: each machine has those that it has used."""
DIGITS = 8
"""Number of hexadecimal digits of the digest of the sources."""

EXPRESSION = f"__import__({__name__!r}, fromlist=['installation']).installation()"
"""Evaluates to the `installation` of a worker, if it has this code at all."""

Installation = Mapping[str, str]
"""Versions by name. No class, as the other side may have another version of it."""


@cache
def installation() -> Installation:
    """The versions of this process. Reads the sources: takes some 20 ms the first time."""
    return {
        "Mangosaurus": f"{checkout_version()} ({sources_digest(CHECKOUT)})",
        "Python": platform.python_version(),
        "NumPy": metadata.version("numpy"),
        "distributed": metadata.version("distributed"),
    }


def sources_digest(checkout: Path) -> str:
    """The beginning of a digest of the code. Line endings do not count."""
    digest = hashlib.sha256()
    for path in sorted(p for s in SOURCES for p in [checkout / s, *(checkout / s).rglob("*")]):
        name = path.relative_to(checkout)
        if path.suffix in SUFFIXES and CACHE not in name.parts:
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{name.as_posix()} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()[:DIGITS]


def incompatibility(here: Installation, there: Installation) -> str:
    """A phrase about why a worker cannot be used; empty if it can."""
    own, other = here["Mangosaurus"], there.get("Mangosaurus", "unknown")
    return "" if own == other else f"has version {other} of the bot instead of {own}"


def differences(here: Installation, there: Installation) -> list[str]:
    """Other versions that differ: `NumPy 2.3.0 instead of 2.4.1`. The texts may differ, too."""
    return [
        f"{name} {there.get(name, 'unknown')} instead of {own}"
        for name, own in here.items()
        if name != "Mangosaurus" and there.get(name) != own
    ]
