"""Python and the installed packages, compared with what is pinned."""

import importlib.util
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from bot.operate.doctor.findings import Finding, fine, problem, warning
from bot.operate.doctor.subject import INSTALL, Subject

CHECKOUT = Path(__file__).parents[3]
OLDEST = (3, 11)
CHECK = "Packages"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)\s*(;.*)?\\?$", re.MULTILINE)


def examine_packages(_subject: Subject) -> list[Finding]:
    """Python's version, missing packages, and those of another version than the pinned one."""
    return [*_python(), *_packages(CHECKOUT / "requirements.txt"), *_training()]


def _python() -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST:
        yield problem("Python", f"This is {found}.", "Install Python 3.11 or newer.")
    else:
        yield fine("Python", f"{found}.")


def _packages(requirements: Path) -> Iterator[Finding]:
    try:
        text = requirements.read_text()
    except OSError as error:
        yield problem(
            CHECK, f"{requirements.name} can't be read ({error.strerror}).", "Get the code again."
        )
        return
    pinned: dict[str, set[str]] = defaultdict(set)
    everywhere = set()
    for name, version, marker in _PINNED.findall(text):
        pinned[name].add(version)  # several, if older versions of Python need an older one
        if not marker.strip("; \\"):
            everywhere.add(name)
    installed = {name: _version(name) for name in pinned}
    missing = [name for name in sorted(everywhere) if installed[name] is None]
    others = [
        f"{name} {version} instead of {' or '.join(sorted(pinned[name]))}"
        for name, version in installed.items()
        if version is not None and version not in pinned[name]
    ]
    if missing:
        yield problem(CHECK, f"Not installed: {', '.join(missing)}.", f"{INSTALL}.")
    if others:
        yield warning(CHECK, f"Other versions than tested: {', '.join(others)}.", f"{INSTALL}.")
    if not missing and not others:
        yield fine(CHECK, "All of requirements.txt are installed.")


def _version(name: str) -> str | None:
    try:
        return normalized(metadata.version(name))
    except metadata.PackageNotFoundError:
        return None


def normalized(version: str) -> str:
    """A version as requirements are pinned (PEP 440): `2.012` is `2.12`.

    >>> normalized("2.012"), normalized("1.0.0"), normalized("2026.10.19.post1")
    ('2.12', '1.0.0', '2026.10.19.post1')
    """
    return re.sub(r"\b0+(?=\d)", "", version)


def _training() -> Iterator[Finding]:
    has_keras = all(importlib.util.find_spec(name) for name in ("keras", "tensorflow"))
    yield fine(
        "Training",
        "Names and verse can be trained in the chat."
        if has_keras
        else "Names can be trained in the chat; verse can't, which needs requirements-train.txt.",
    )
