"""`docs/platforms.md` gives a reason for each of `EXCEPTIONS`, which a test needs or shows."""

import re
from pathlib import Path

from bot.features import REGISTRY
from tests.bot.chats.exceptions import EXCEPTIONS

CHECKOUT = Path(__file__).parents[3]


def test_commands_exist() -> None:
    commands = {f"/{each.name}" for each in REGISTRY.every_command()}
    named = {what for _platform, what in EXCEPTIONS if what.startswith("/")}
    assert named
    assert named <= commands


def test_every_exception_has_a_reason() -> None:
    cells = EXCEPTIONS.values()
    assert [cell for cell in cells if not re.match("(differs|cannot): [A-Z].*[.]$", cell)] == []


def test_no_exception_is_unused() -> None:
    """A test needs it, or shows it."""
    used = {
        found
        for path in (CHECKOUT / "tests" / "bot").rglob("test_*.py")
        for found in re.findall(r'mark\.(?:needs|shows)\("([^"]+)"\)', path.read_text())
    }
    assert used == {what for _platform, what in EXCEPTIONS}
