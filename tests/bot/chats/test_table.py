"""`docs/platforms.md` has what is declared, and the reasons of `EXCEPTIONS`."""

import re
from collections.abc import Mapping
from pathlib import Path

from bot.chat.commands import Menu
from bot.features import REGISTRY
from tests.bot.chats.exceptions import EXCEPTIONS, PLATFORMS

CHECKOUT = Path(__file__).parents[3]
PAGE = (CHECKOUT / "docs" / "platforms.md").read_text()


def rows(title: str) -> Mapping[str, tuple[str, str]]:
    """The cells of a table: what it is about, and Discord's and Slack's cell."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.split("\n") if line[:2] == "| "]
    return {what.strip("`"): (discord, slack) for what, discord, slack in lines[2:]}


COMMANDS, MENUS = rows("Commands"), rows("Menus of a message")
BUTTONS, FEATURES = rows("Buttons"), rows("Features")


def test_every_command_has_a_row() -> None:
    names = [f"/{each.name}" for each in REGISTRY.every_command()]
    assert sorted(COMMANDS) == sorted(names)


def test_every_menu_has_a_row() -> None:
    labels = {each.label for each in REGISTRY.commands if isinstance(each, Menu)}
    assert set(MENUS) == labels | {"Write a sonnet from this"}


def test_every_button_has_a_row() -> None:
    assert sorted(BUTTONS) == sorted(REGISTRY.buttons)


def test_reasons_are_those_of_the_list() -> None:
    shown = {
        (platform, what, cell)
        for table in (FEATURES, COMMANDS, MENUS, BUTTONS)
        for what, cells in table.items()
        for platform, cell in zip(PLATFORMS, cells, strict=True)
        if cell != "works"
    }
    assert shown == {(e.platform, e.what, f"{e.kind}: {e.reason}") for e in EXCEPTIONS}


def test_no_exception_is_unused() -> None:
    """A test needs it, or shows it."""
    used = {
        found
        for path in (CHECKOUT / "tests" / "bot").rglob("test_*.py")
        for found in re.findall(r'mark\.(?:needs|shows)\("([^"]+)"\)', path.read_text())
    }
    assert used == {each.what for each in EXCEPTIONS}
