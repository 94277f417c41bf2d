"""Record of moderation: what moderators and owners did, as an entry that a transaction adds."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.schema import ModerationEntry


class Action(StrEnum):
    """What moderators and owners do, as it is stored."""

    REMOVE_NAME = "remove name"
    REMOVE_MESSAGE = "remove message"
    REFUSE_MODEL = "refuse model"
    ACCEPT_MODEL = "accept model"
    BLOCK = "block"
    UNBLOCK = "unblock"
    LOG = "log"
    """The log channel was chosen, or with no target, switched off."""
    BLOCK_COMMUNITY = "block community"
    UNBLOCK_COMMUNITY = "unblock community"
    LEAVE = "leave"


@dataclass(frozen=True)
class Entry:
    """An entry of the record."""

    action: Action
    moderator_id: int
    at: datetime
    community_id: int | None = None
    target_id: int | None = None
    subject: str = ""
    """The name that it concerns, or the address of the message."""


def add_entry(session: AsyncSession, entry: Entry) -> None:
    """Record what an open transaction does."""
    session.add(ModerationEntry(**asdict(entry)))
