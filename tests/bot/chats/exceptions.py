"""What one platform cannot do, or does in its own way: the cells of `docs/platforms.md`.

A test with `@pytest.mark.needs(what)` runs on the platforms where that works; one with
`@pytest.mark.shows(what)` is about the difference itself. Each has one or the other.
"""

from collections.abc import Mapping
from pathlib import Path

PLATFORMS = ("discord", "slack")
_PAGE = (Path(__file__).parents[3] / "docs" / "platforms.md").read_text()


def rows(title: str) -> Mapping[str, tuple[str, ...]]:
    """The cells of a table: what it is about, and the cell of each platform."""
    section = _PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.split("\n") if line[:2] == "| "]
    return {what.strip("`"): tuple(cells) for what, *cells in lines[2:]}


TABLES = {title: rows(title) for title in ("Features", "Commands", "Menus of a message", "Buttons")}
EXCEPTIONS = {
    (platform, what): cell
    for table in TABLES.values()
    for what, cells in table.items()
    for platform, cell in zip(PLATFORMS, cells, strict=True)
    if cell != "works"
}
"""The reasons, by platform and what it lacks or does in its own way."""


def lacks(platform: str, what: str) -> bool:
    """Whether a test that needs something cannot run on a platform. Raises for an unknown name."""
    known = {each for _platform, each in EXCEPTIONS}
    if what not in known:
        raise LookupError(f"{what!r} is no exception in docs/platforms.md: {sorted(known)}")
    return (platform, what) in EXCEPTIONS
