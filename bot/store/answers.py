"""Rows of answers: states of their buttons, and a record while they are in progress."""

import secrets
from collections.abc import Collection, Container, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.database import Database
from bot.store.members import MemberBatches
from bot.store.personal import (
    Rows,
    communities_in,
    delete_of_communities,
    number_of,
    rows_of_member,
)
from bot.store.queries import Queries, patient
from bot.store.schema import ButtonState, UnfinishedAnswer

LARGEST_BATCH = 100
"""Payloads written in one transaction."""
MOST_STATES = 3_000
"""States kept for each member in each community, the latest ones: eight answers with buttons that
need one on each day of the year for which they are kept. They take 3 MB."""
Row = dict[str, Any]
"""Values of a table's row, by column."""


class ButtonStates(Queries):
    """JSON payloads by random id."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._states = MemberBatches(
            database, self._write, LARGEST_BATCH, lambda row: int(row["member_id"])
        )

    async def put(
        self, payload: str, member_id: int, community_id: int | None, now: datetime
    ) -> int:
        """Store a payload for the buttons of a message. Returns its id, at most 18 digits.

        Raises `Forgotten`.
        """
        return await self._states.put(
            {
                "id": 1 + secrets.randbelow(10**18 - 1),
                "member_id": member_id,
                "community_id": community_id,
                "payload": payload,
                "created_at": now,
            }
        )

    async def get(self, state_id: int, community_id: int | None) -> str | None:
        """The payload of an id, unless it belongs to another community.

        `None` once pruned or forgotten.
        """
        is_here = or_(ButtonState.community_id.is_(None), ButtonState.community_id == community_id)
        return await self._scalar(
            select(ButtonState.payload).where(ButtonState.id == state_id, is_here)
        )

    @patient
    async def prune(self, before: datetime) -> int:
        """Delete the payloads stored before a time. Returns their number."""
        async with self._database.writing() as session:
            gone = await session.scalars(
                delete(ButtonState).where(ButtonState.created_at < before).returning(ButtonState.id)
            )
            return len(gone.all())

    async def _write(self, session: AsyncSession, rows: Sequence[Row]) -> list[int]:
        """Store payloads, in place of the oldest beyond `MOST_STATES`. Returns their ids."""
        await session.execute(insert(ButtonState), rows)
        of_place = (ButtonState.member_id, ButtonState.community_id)
        # Those of a clock that was ahead are the oldest: else they would outlive all new ones.
        is_later = ButtonState.created_at > max(row["created_at"] for row in rows)
        latest = (is_later, ButtonState.created_at.desc(), ButtonState.id)
        number = func.row_number().over(partition_by=of_place, order_by=latest).label("number")
        of_members = ButtonState.member_id.in_({row["member_id"] for row in rows})
        numbered = select(ButtonState.id, number).where(of_members).subquery()
        oldest = select(numbered.c.id).where(numbered.c.number > MOST_STATES)
        await session.execute(delete(ButtonState).where(ButtonState.id.in_(oldest)))
        return [row["id"] for row in rows]


async def count(session: AsyncSession, member_id: int) -> dict[str, int]:
    """Number of the states of buttons below replies to a member."""
    return {"button_states": await number_of(session, ButtonState.member_id == member_id)}


async def export(session: AsyncSession, member_id: int) -> dict[str, Rows]:
    """The states of buttons below replies to a member."""
    return await rows_of_member(session, (ButtonState,), member_id)


async def forget(session: AsyncSession, member_id: int) -> None:
    """Delete the states of buttons below replies to a member."""
    await session.execute(delete(ButtonState).where(ButtonState.member_id == member_id))


async def communities(session: AsyncSession) -> set[int]:
    """The communities with button states."""
    return await communities_in(session, (ButtonState,))


async def forget_communities(session: AsyncSession, gone: Collection[int]) -> None:
    """Delete the button states of communities."""
    await delete_of_communities(session, (ButtonState,), gone)


SILENCE = timedelta(seconds=30)
"""Time after which the process that wrote an answer is dead, if it gave no sign of life."""
TOKEN_LIFETIME = timedelta(minutes=15)
"""How long the token of an interaction is kept at most. Discord takes it no longer."""
LIFETIME = timedelta(days=1)
"""How long answers are kept at most that can be edited without a token."""


@dataclass(frozen=True)
class UnfinishedRecord:
    """An answer in progress: a message of the bot, or what the token of an interaction edits."""

    id: int
    platform: str
    channel_id: int | None
    message_id: int | None
    token: str | None = field(default=None, repr=False)
    """Token that edits the answer for a while, even where the bot could not edit it otherwise."""
    action: str = ""
    """Action and state of the button that repeats the request; empty without one."""
    state: str = ""
    locale: str = ""
    """The language of its readers."""
    begun_at: datetime | None = field(default=None, compare=False)
    """Time at which the answer was begun; by default, when it is stored."""

    def is_old(self, now: datetime) -> bool:
        """Whether the record must not be kept any longer."""
        is_message = self.message_id is not None or self.token is None
        lifetime = LIFETIME if is_message else TOKEN_LIFETIME
        return self._is_before(now - lifetime)

    def token_at(self, now: datetime) -> str | None:
        """The token, unless it is too old."""
        return None if self._is_before(now - TOKEN_LIFETIME) else self.token

    def _is_before(self, time: datetime) -> bool:
        return self.begun_at is not None and self.begun_at < time


class Unfinished(Queries):
    """The answers in progress of all processes."""

    async def write(
        self,
        begun: Collection[UnfinishedRecord],
        ended: Collection[int],
        owner: str,
        now: datetime,
    ) -> None:
        """Store answers that an owner has begun, and delete those that have ended.

        Those that are stored already stay as they are.
        """
        rows = [
            asdict(each) | {"owner": owner, "begun_at": each.begun_at or now, "beat_at": now}
            for each in begun
        ]
        async with self._database.writing() as session:
            if rows:
                insert = self._database.insert(UnfinishedAnswer)
                await session.execute(insert.on_conflict_do_nothing(), rows)
            if ended:
                await session.execute(
                    delete(UnfinishedAnswer).where(UnfinishedAnswer.id.in_(ended))
                )

    async def beat(self, owner: str, now: datetime) -> None:
        """Record a sign of life of an owner."""
        async with self._database.writing() as session:
            await session.execute(
                update(UnfinishedAnswer).where(UnfinishedAnswer.owner == owner).values(beat_at=now)
            )

    async def delete_old(self, now: datetime) -> None:
        """Delete the answers of all processes that are too old, and all old tokens."""
        async with self._database.writing() as session:
            await _delete_old(session, now)

    async def claim(
        self, platform: str, owner: str, now: datetime, known: Container[int] = ()
    ) -> Sequence[UnfinishedRecord]:
        """Take over the answers of dead processes on a platform, and delete those too old.

        Also those that the owner has without knowing: an earlier claim was committed, but nobody
        could tell it. `known` has what it knows, and may change meanwhile.
        """
        row = UnfinishedAnswer
        is_own = and_(row.platform == platform, row.owner == owner)
        is_alive = row.beat_at.between(now - SILENCE, now + SILENCE)  # a clock may be set back
        is_left = and_(row.platform == platform, row.owner != owner, not_(is_alive))
        async with self._database.reading() as session:
            own = await session.scalars(select(row.id).where(is_own))
            if lost := [number for number in own if number not in known]:
                is_left = or_(is_left, and_(is_own, row.id.in_(lost)))
            elif (
                await session.scalar(select(row.id).where(or_(_is_old(now), is_left)).limit(1))
                is None
            ):
                return []
        columns = [getattr(row, each.name) for each in fields(UnfinishedRecord)]
        async with self._database.writing() as session:
            await _delete_old(session, now)
            found = await session.execute(
                update(row)
                .where(is_left)
                .values(owner=owner, beat_at=now)
                .returning(*columns)
                .execution_options(synchronize_session=False)
            )
            return [UnfinishedRecord(*values) for values in found]


def _is_old(now: datetime) -> ColumnElement[bool]:
    """Whether a row, or its token, must not be kept any longer."""
    row = UnfinishedAnswer
    old_token = and_(row.token.is_not(None), row.begun_at < now - TOKEN_LIFETIME)
    return or_(old_token, row.begun_at < now - LIFETIME)


async def _delete_old(session: AsyncSession, now: datetime) -> None:
    row = UnfinishedAnswer
    is_message = and_(row.message_id.is_not(None), row.begun_at >= now - LIFETIME)
    await session.execute(delete(row).where(_is_old(now), not_(is_message)))
    await session.execute(update(row).where(_is_old(now)).values(token=None))
