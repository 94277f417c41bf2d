"""The ledger: every interaction of a soak, and its fate."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from simulators.discord.records import Interaction, InteractionType, Message, Status

DEADLINE_S = 3.0
"""Discord's deadline for the first response to an interaction."""
ANSWERING_S = 20.0
"""Seconds that the answer to an acknowledged press may take."""
LATE_S = 1.0
"""An interaction that reaches the bot later than this is not held against it."""
UNFINISHED = re.compile(r"✒️ …")
"""Ends the message of a poem that is being written."""
NOT_SAVED = re.compile(r"nothing was saved|not counted|wasn't saved|was not saved")


class Fate(StrEnum):
    """What became of an interaction."""

    ANSWERED = "answered"
    REFUSED = "refused with a reason"
    EXCEPTED = "excepted"
    LOST = "lost"


@dataclass(frozen=True)
class Down:
    """A time in which the bot's process was not there, in seconds since 1970."""

    why: str
    began: float
    ended: float
    was_killed: bool


@dataclass(eq=False)
class Entry:
    """An interaction that a member sent.

    worked: what is found in the text of the answer if that is a success.
    stores: whether success needs the database.
    """

    what: str
    asked: Interaction
    worked: str
    stores: bool = False

    @property
    def text(self) -> str:
        """Everything that the member was answered, as text.

        A pressed button may change its message; that counts if the message is the member's own.
        """
        source = self.asked.source
        return "\n".join(text_of(m) for m in self.messages if m is not source or m.ephemeral)

    @property
    def messages(self) -> list[Message]:
        """Its answers, also those that the simulator has since dropped to save memory."""
        every = [self.asked.original, *self.asked.followups]
        return [message for message in every if message is not None]

    @property
    def request(self) -> str:
        """The command with its options, or the id of the button."""
        data = self.asked.data
        options = data.get("options") or []
        shown = [f"{option['name']}:{str(option.get('value'))[:20]!r}" for option in options]
        return " ".join(
            [self.asked.title, repr(data["custom_id"])[:40] if "custom_id" in data else "", *shown]
        )

    @property
    def seconds(self) -> float | None:
        """Until the first response; None without one."""
        at = self.asked.acknowledged_at
        return at - self.asked.created_at if at is not None else None

    @property
    def is_silent(self) -> bool:
        """Whether a press was acknowledged without words for the member alone."""
        return self.asked.acknowledged and self.asked.source is not None and not self.text

    @property
    def is_shown(self) -> bool:
        """Whether it changed the message of the button, and nothing else."""
        return self.is_silent and self.asked.status is Status.ANSWERED

    @property
    def succeeded(self) -> bool:
        if self.asked.kind is InteractionType.AUTOCOMPLETE:
            return self.asked.acknowledged
        if not self.asked.acknowledged or self.is_unfinished:
            return False
        is_said = self.text.strip() and re.search(self.worked, self.text)
        return self.is_shown or bool(is_said)

    @property
    def is_unfinished(self) -> bool:
        return any(map(is_unfinished, self.messages))


@dataclass
class Ledger:
    """All interactions, and what may excuse the bot."""

    entries: list[Entry] = field(default_factory=list)
    downs: list[Down] = field(default_factory=list)
    disturbed: set[str] = field(default_factory=set)
    """Tokens of interactions whose responses the platform did not accept or confirm."""
    deadline_s: float = DEADLINE_S

    def fate(self, entry: Entry) -> tuple[Fate, str]:
        """The fate of an interaction and the reason, if it was not answered."""
        asked = entry.asked
        if entry.succeeded:
            return Fate.ANSWERED, ""
        excuse = self._excuse(asked)
        if asked.acknowledged:
            text = entry.text.strip()
            if text and not entry.is_unfinished:
                return Fate.REFUSED, shortened(text)
            if asked.token in self.disturbed:
                return Fate.EXCEPTED, "the platform did not accept the answer"
            if entry.is_silent and self._was_killed_after(asked):
                return Fate.EXCEPTED, "the bot was killed"
            return Fate.LOST, "acknowledged, and never answered"
        if excuse:
            return Fate.EXCEPTED, excuse
        return Fate.LOST, "not acknowledged in 3 s"

    def _excuse(self, asked: Interaction) -> str:
        """Why an interaction that was not acknowledged is not the bot's fault; empty if it is."""
        if asked.delivered_at is None:
            return "never delivered"
        if asked.delivered_at - asked.created_at > LATE_S:
            return "delivered too late"
        if asked.token in self.disturbed:
            return "the platform did not accept the answer"
        for down in self.downs:
            grace = self.deadline_s if down.was_killed else LATE_S
            if asked.delivered_at <= down.ended and asked.delivered_at + grace >= down.began:
                return "the bot was killed" if down.was_killed else "the bot had stopped"
        return ""

    def _was_killed_after(self, asked: Interaction) -> bool:
        """Whether the bot was killed before it could answer a press that it acknowledged."""
        at = asked.acknowledged_at or 0.0
        most = max(ANSWERING_S, self.deadline_s)
        return any(d.was_killed and at <= d.began <= at + most for d in self.downs)

    def counts(self) -> dict[str, Counter[Fate]]:
        """The number of interactions by kind and fate."""
        found: dict[str, Counter[Fate]] = {}
        for entry in self.entries:
            found.setdefault(entry.what, Counter())[self.fate(entry)[0]] += 1
        return found

    def reasons(self, fate: Fate) -> list[str]:
        """Why interactions have a fate, one by one; with the request, if they are lost."""
        fates = [(entry, *self.fate(entry)) for entry in self.entries]
        return [
            f"{entry.what} {entry.request}: {why}" if fate is Fate.LOST else why
            for entry, found, why in fates
            if found is fate
        ]

    def has_success(self, since: float, *, stores: bool) -> bool:
        """Whether an interaction of `since` or later was answered with success."""
        return any(
            entry.asked.created_at >= since and (entry.stores or not stores) and entry.succeeded
            for entry in self.entries
        )


def text_of(message: Message) -> str:
    """The text of a message: content, embeds, names of files, labels of buttons with a state."""
    parts = [message.content]
    for embed in message.embeds:
        parts += [embed.get("title") or "", embed.get("description") or ""]
        parts += [f"{part['name']}\n{part['value']}" for part in embed.get("fields") or []]
    parts += [file.filename for file in message.files]
    return "\n".join(filter(None, parts))


def is_unfinished(message: Message) -> bool:
    """Whether a message promises more: "thinking…", or a poem without its end."""
    return message.loading or bool(UNFINISHED.search(text_of(message)))


def unfinished(messages: Iterable[Message]) -> list[Message]:
    """The messages that promise more."""
    return [message for message in messages if is_unfinished(message)]


def shortened(text: str) -> str:
    """The first line of an answer, with numbers and names left out, to count equal ones."""
    line = re.sub(r"\d[\d,.]*", "N", text.split("\n")[0])
    return re.sub(r"`[^`]*`", "`…`", line)[:90]
