"""What one platform cannot do, or does in its own way: the only list, with the reasons.

A test with `@pytest.mark.needs(name)` runs on the platforms without such an entry.
`docs/platforms.md` has a row for each.
"""

from dataclasses import dataclass

PLATFORMS = ("discord", "slack")


@dataclass(frozen=True)
class Exceptional:
    """What a platform lacks, or does in its own way."""

    platform: str
    what: str
    """As in the marker of tests."""
    reason: str


EXCEPTIONS = (
    Exceptional("slack", "messages of 0.3.0", "The bot was not on Slack then."),
    Exceptional(
        "slack",
        "edits of an answer",
        "Slack takes about 50 edits a minute in a whole workspace, so a poem that is ready within "
        "a second is sent whole.",
    ),
)


def lacks(platform: str, what: str) -> bool:
    """Whether a test that needs something cannot run on a platform. Raises for an unknown name."""
    known = {each.what for each in EXCEPTIONS}
    if what not in known:
        raise LookupError(f"{what!r} is not in EXCEPTIONS, which has {sorted(known)}")
    return any(each.platform == platform and each.what == what for each in EXCEPTIONS)
