"""What one platform cannot do, or does in its own way: the only list, with the reasons.

A test with `@pytest.mark.needs(what)` runs on the platforms without such an entry; one with
`@pytest.mark.shows(what)` is about the entry itself. Each has one or the other, and a cell in
`docs/platforms.md`.
"""

from dataclasses import dataclass
from typing import Literal

PLATFORMS = ("discord", "slack")
Kind = Literal["cannot", "differs"]


@dataclass(frozen=True)
class Exceptional:
    """What a platform lacks, or does in its own way."""

    platform: str
    what: str
    """As in the first column of the table, and in the markers of tests."""
    kind: Kind
    reason: str


EXCEPTIONS = (
    Exceptional(
        "slack",
        "answers that grow",
        "differs",
        "Slack takes about 50 edits a minute in a whole workspace. A poem that is ready within a "
        "second is sent whole; otherwise its lines come a few at a time.",
    ),
    Exceptional(
        "slack",
        "options while typing",
        "differs",
        "Slack passes on one line of text: `/dinoname starts_with:draco count:3`. A `?` opens a "
        "form with all options, suggestions, and fields for files, people and channels.",
    ),
    Exceptional(
        "discord",
        "forms with all options",
        "differs",
        "Discord shows the options while one types, so there is no other form.",
    ),
    Exceptional(
        "slack",
        "bounds that the platform checks",
        "differs",
        "In a form Slack checks them. What is typed in a line is checked by the bot, which says "
        "what it accepts.",
    ),
    Exceptional(
        "discord",
        "App Home",
        "cannot",
        "Apps have no page of their own there; `/help`, `/champion`, `/poems` and `/privacy` show "
        "the same.",
    ),
    Exceptional(
        "discord",
        "Write a sonnet from this",
        "differs",
        "Only Slack has this menu; copy the words into `/sonnet opening:`.",
    ),
    Exceptional(
        "slack",
        "pictures in a card",
        "differs",
        "Slack shows an uploaded picture as a message of its own: plaques, dissections and loss "
        "curves follow their message, or are in its thread. When a moderator removes a name, its "
        "plaque is deleted, unless the bot was restarted since; admins can delete that one.",
    ),
    Exceptional(
        "slack",
        "private files",
        "differs",
        "A file for one member is sent to their direct messages with the bot.",
    ),
    Exceptional(
        "slack",
        "private answers that take long",
        "differs",
        "A private answer cannot replace anything there: a member who has waited for three seconds "
        "is told so once, with their place in the queue.",
    ),
    Exceptional(
        "slack",
        "mentions in public",
        "differs",
        "A mention would notify the member, so a report names them as @Name, in plain text.",
    ),
    Exceptional(
        "slack",
        "channels without the bot",
        "differs",
        "The bot answers there, but sends no vote and no picture: it says how to invite it.",
    ),
    Exceptional(
        "slack",
        "several communities",
        "cannot",
        "A token is for one workspace. Another workspace needs another process.",
    ),
    Exceptional(
        "slack",
        "use without the bot in the community",
        "cannot",
        "An app is installed in a workspace, not by a member.",
    ),
    Exceptional(
        "slack",
        "moderators",
        "differs",
        "Slack has no right to delete messages of others: admins and owners of the workspace "
        "moderate.",
    ),
    Exceptional(
        "slack",
        "rights in a channel",
        "cannot",
        "Slack grants an app's commands nothing by channel.",
    ),
    Exceptional(
        "slack",
        "hidden commands",
        "cannot",
        "Everybody sees all of an app's commands. The bot checks the rights, on both platforms.",
    ),
    Exceptional(
        "discord",
        "guests",
        "cannot",
        "Discord has no guests of a server; a block (`/moderate block`) keeps a member out.",
    ),
    Exceptional(
        "slack",
        "the bot's owner anywhere",
        "differs",
        "Slack tells nobody who owns an app: the primary owner of a home workspace counts as the "
        "bot's owner.",
    ),
    Exceptional(
        "slack",
        "/help",
        "differs",
        "Slack has this command itself: it is `/mango-help`.",
    ),
    Exceptional(
        "slack",
        "/status",
        "differs",
        "Slack has this command itself: it is `/mango-status`.",
    ),
    Exceptional(
        "slack",
        "/owner leave",
        "differs",
        "The bot gives up its token for the workspace.",
    ),
)


def lacks(platform: str, what: str) -> bool:
    """Whether a test that needs something cannot run on a platform. Raises for an unknown name."""
    known = {each.what for each in EXCEPTIONS}
    if what not in known:
        raise LookupError(f"{what!r} is not in EXCEPTIONS, which has {sorted(known)}")
    return any(each.platform == platform and each.what == what for each in EXCEPTIONS)
