"""What one platform cannot do, or does in its own way: the table of `docs/platforms.md`.

A test with `@pytest.mark.needs(what)` runs on the platforms where that works; one with
`@pytest.mark.shows(what)` is about the difference itself. Each has one or the other.
"""

from pathlib import Path

PLATFORMS = ("discord", "slack")
_PAGE = (Path(__file__).parents[3] / "docs" / "platforms.md").read_text()
_ROWS = [line.strip("| ").split(" | ") for line in _PAGE.split("\n") if line[:2] == "| "][2:]
EXCEPTIONS = {
    (platform, what.strip("`")): cell
    for what, *cells in _ROWS
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
