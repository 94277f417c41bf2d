"""Tables that processes share: cooldowns that run, and the commands that were registered."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.schema import Base, Instant, Number


class RunningCooldown(Base):
    """The cooldowns of a member for one action, until the last of them is over."""

    __tablename__ = "running_cooldowns"

    key: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    """A digest of the member's id and the action."""
    until: Mapped[datetime] = mapped_column(Instant)


class RegisteredCommands(Base):
    """The commands that were last registered with a platform."""

    __tablename__ = "registered_commands"

    application_id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
