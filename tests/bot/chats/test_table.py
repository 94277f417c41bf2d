"""`docs/platforms.md` has what is declared, and the reasons of `EXCEPTIONS`."""

import re
from pathlib import Path

from bot.chat.commands import Menu
from bot.features import REGISTRY
from tests.bot.chats.exceptions import EXCEPTIONS, TABLES

CHECKOUT = Path(__file__).parents[3]


def test_everything_has_a_row() -> None:
    commands = [f"/{each.name}" for each in REGISTRY.every_command()]
    assert sorted(TABLES["Commands"]) == sorted(commands)
    menus = {each.label for each in REGISTRY.commands if isinstance(each, Menu)}
    assert set(TABLES["Menus of a message"]) == menus | {"Write a sonnet from this"}
    assert sorted(TABLES["Buttons"]) == sorted(REGISTRY.buttons)


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
