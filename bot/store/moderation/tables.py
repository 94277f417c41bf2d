"""Tables of moderation: blocks, custom models that communities refuse, and the record."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.schema import Base, Counted, Instant, Number

EVERYWHERE = 0
"""In place of a community: the member is blocked everywhere."""
EVERYBODY = 0
"""In place of a member: the community is blocked."""


class Block(Base):
    """A member or a community that the bot does not answer."""

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("community_id", "member_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    """Never given out again: with their number, the highest id tells whether blocks changed."""
    community_id: Mapped[int] = mapped_column(Number)
    """`EVERYWHERE` for a block by an owner."""
    member_id: Mapped[int] = mapped_column(Number, index=True)
    """`EVERYBODY` for a community that an owner blocked."""
    moderator_id: Mapped[int | None] = mapped_column(Number, index=True)
    blocked_at: Mapped[datetime] = mapped_column(Instant)


class ModerationEntry(Base):
    """Record of what moderators and owners did."""

    __tablename__ = "moderation"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Counted, primary_key=True)
    community_id: Mapped[int | None] = mapped_column(Number, index=True)
    """`None` for what an owner did in all communities."""
    moderator_id: Mapped[int] = mapped_column(Number, index=True)
    action: Mapped[str] = mapped_column(String(20))
    target_id: Mapped[int | None] = mapped_column(Number, index=True)
    """The member, community or channel that it concerns."""
    subject: Mapped[str] = mapped_column(String(200))
    """The name that it concerns, or the address of the message; empty if there is a target."""
    at: Mapped[datetime] = mapped_column(Instant, index=True)


class RefusedModel(Base):
    """A custom model that moderators of a community have removed from use there."""

    __tablename__ = "refused_models"

    community_id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    custom_model_id: Mapped[int] = mapped_column(
        ForeignKey("custom_models.id", ondelete="CASCADE"), primary_key=True, index=True
    )


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
