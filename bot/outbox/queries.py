"""Queries of the outbox: the messages that the bot sends or edits unasked, and claims on them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.store.database import Database, insert_into
from bot.store.identities import on_platform
from bot.store.queries import Queries
from bot.store.schema import Instant, OutboxRow

LEASE = timedelta(minutes=2)
"""How long a claim lasts. Afterwards, another process delivers the row: its owner has ended."""
LONGEST_PAUSE = timedelta(minutes=1)
"""Longest pause before an attempt. If a row is due later, the clock has stepped back since."""

Note = Callable[[AsyncSession], Awaitable[None]]
"""Writes the result of a delivery, in the transaction that deletes its row."""


class Kind(StrEnum):
    """Kind of a row. The features say how each kind is delivered."""

    RESULT = "result"
    """The message of a poll, and its winner."""
    DAILY = "daily"
    """The poll of a day."""
    STOPPED = "stopped"
    """The notice that a community gets no dinosaurs of the day anymore."""
    WELCOME = "welcome"
    REPORT = "report"
    """An entry of the record of moderation, for the community's channel of reports."""
    ANSWER = "answer"
    """An earlier answer that shows a removed name."""


@dataclass(frozen=True)
class ClaimedRow:
    """A row that this process has claimed, to deliver it now."""

    id: int
    kind: Kind
    subject_id: int
    channel_id: int
    step: int
    revision: int
    until: datetime
    attempts: int
    doubt_since: datetime | None


class Superseded(Exception):  # noqa: N818 (a state)
    """The claim has ended, or the row was put again, as something that it shows may be removed."""


async def put(
    session: AsyncSession,
    kind: Kind,
    subjects: Select[int, int] | Select[int, int | None],
    due_at: datetime,
    until: datetime,
) -> None:
    """Put rows into the outbox, in the transaction that causes them.

    `subjects` selects subject and channel of each, with a condition. Rows that are there already
    begin anew: a row that is being delivered is rendered and delivered again afterwards.
    """
    columns = "subject_id", "channel_id", "kind", "due_at", "until", "step", "revision", "attempts"
    times = literal(due_at, Instant), literal(until, Instant)
    # In the order in which others lock rows, so that two transactions cannot wait for each other.
    ordered = subjects.order_by(*subjects.selected_columns)
    rows = ordered.add_columns(literal(kind.value), *times, *map(literal, (0, 0, 0)))
    row = insert_into(OutboxRow, session.get_bind().dialect.name).from_select(columns, rows)
    later = (row.excluded.until > OutboxRow.until, row.excluded.until)
    anew = {
        "due_at": row.excluded.due_at,
        "until": case(later, else_=OutboxRow.until),
        "step": 0,
        "revision": OutboxRow.revision + 1,
    }
    key = "kind", "subject_id", "channel_id"
    written = row.on_conflict_do_update(index_elements=key, set_=anew).returning(OutboxRow.id)
    if [*await session.scalars(written)]:
        session.info[Database.WAKES] = True


class Outbox(Queries):
    """The rows of the outbox, which all processes share."""

    async def next_due(self, platform: str, now: datetime) -> datetime | None:
        """Time at which the next row of a platform can be claimed; `None` if there is none."""
        row = OutboxRow
        free_at = case((_is_claimed(row, now), row.claimed_until), else_=row.due_at)
        is_due = and_(_is_due(row, now), not_(_is_claimed(row, now)))
        return await self._scalar(
            select(
                func.min(case((is_due, literal(now, Instant)), else_=free_at), type_=Instant)
            ).where(on_platform(platform, row.channel_id), row.kind.in_(Kind))
        )

    async def claim(self, platform: str, now: datetime, most: int) -> list[ClaimedRow]:
        """Claim rows that are due, the least tried first, and at most one of each channel."""
        row, other = OutboxRow, aliased(OutboxRow)
        is_earlier = and_(_is_due(other, now), other.id < row.id)
        waits = exists().where(
            other.channel_id == row.channel_id,
            other.id != row.id,
            or_(_is_claimed(other, now), is_earlier),
        )
        free = (
            select(row.id)
            .where(
                on_platform(platform, row.channel_id),
                _is_due(row, now),
                not_(_is_claimed(row, now)),
                not_(waits),
            )
            .order_by(row.attempts, row.due_at, row.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        columns = [getattr(row, each.name) for each in fields(ClaimedRow)]
        async with self._database.writing() as session:
            ids = [*await session.scalars(free)]
            claimed = await session.execute(
                update(row)
                .where(row.id.in_(ids))
                .values(claimed_until=now + LEASE, attempts=row.attempts + 1)
                .returning(*columns)
                .execution_options(synchronize_session=False)
            )
            return [ClaimedRow(number, Kind(kind), *rest) for number, kind, *rest in claimed]

    async def begin(self, row: ClaimedRow, step: int, doubt_since: datetime) -> None:
        """Note, just before a message is sent, that it may have been sent. Raises `Superseded`."""
        mine = and_(_is_mine(row), OutboxRow.revision == row.revision)
        values = {"step": step, "doubt_since": doubt_since}
        async with self._database.writing() as session:
            noted = update(OutboxRow).where(mine).values(values).returning(OutboxRow.id)
            if await session.scalar(noted) is None:
                raise Superseded

    async def postpone(
        self, row: ClaimedRow, due_at: datetime, doubt_since: datetime | None
    ) -> None:
        """Give a claim back; the row is due again at `due_at`."""
        values = {"claimed_until": None, "due_at": due_at, "doubt_since": doubt_since}
        async with self._database.writing() as session:
            await session.execute(update(OutboxRow).where(_is_mine(row)).values(values))

    async def postpone_channel(self, row: ClaimedRow, due_at: datetime) -> None:
        """Postpone all rows of the same kind and channel."""
        like = and_(OutboxRow.kind == row.kind, OutboxRow.channel_id == row.channel_id)
        rows = select(OutboxRow.id).where(like).order_by(OutboxRow.subject_id).with_for_update()
        async with self._database.writing() as session:
            ids = [*await session.scalars(rows)]  # in the order of `put`
            await session.execute(
                update(OutboxRow).where(OutboxRow.id.in_(ids)).values(due_at=due_at)
            )

    async def finish(self, row: ClaimedRow, note: Note | None = None) -> None:
        """Write `note`, and delete a delivered row unless it was put again meanwhile."""
        async with self._database.writing() as session:
            if note is not None:
                await note(session)
            same = and_(_is_mine(row), OutboxRow.revision == row.revision)
            gone = await session.scalar(delete(OutboxRow).where(same).returning(OutboxRow.id))
            if gone is None:
                await session.execute(
                    update(OutboxRow).where(_is_mine(row)).values(claimed_until=None)
                )


def _is_due(row: type[OutboxRow], now: datetime) -> ColumnElement[bool]:
    """Condition: a row is due, and its kind known. Other kinds wait for a newer version."""
    return and_(row.kind.in_(Kind), or_(row.due_at <= now, row.due_at > now + LONGEST_PAUSE))


def _is_claimed(row: type[OutboxRow], now: datetime) -> ColumnElement[bool]:
    """Condition: a row's claim has not ended. If it ends too late, the clock has stepped back."""
    until = row.claimed_until
    return and_(until.is_not(None), until > now, until <= now + LEASE)


def _is_mine(row: ClaimedRow) -> ColumnElement[bool]:
    """Condition: nobody else has claimed a row since."""
    return and_(OutboxRow.id == row.id, OutboxRow.attempts == row.attempts)
