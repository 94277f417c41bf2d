"""Settings of communities, blocks of members and communities, and the record of moderation."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Row,
    SQLColumnExpression,
    and_,
    delete,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from bot.outbox.queries import Kind, put
from bot.store.database import Database
from bot.store.members import writing_for
from bot.store.personal import Rows, communities_in, delete_of_communities, number_of, rows_of
from bot.store.queries import Queries
from bot.store.schema import EVERYBODY, EVERYWHERE, Block, Community, ModerationEntry, Poll

T = TypeVar("T")
Value = bool | int | str | date | None
"""Value of a column of `Community`."""

REPORTED = timedelta(days=1)
"""How long a report of moderation may wait."""
MOST_BLOCKS = 1000
"""Members that a community can block, and members or communities that owners can."""
MOST_LOADED = 50_000
"""Blocks by moderators that a process keeps in memory, the newest ones. Owners' are all kept."""

_BY_OWNERS = or_(Block.community_id == EVERYWHERE, Block.member_id == EVERYBODY)


class Action(StrEnum):
    """Action of a moderator or owner, as it is stored."""

    REMOVE_NAME = "remove name"
    ALLOW_NAME = "allow name"
    REMOVE_MESSAGE = "remove message"
    REFUSE_MODEL = "refuse model"
    ACCEPT_MODEL = "accept model"
    BLOCK = "block"
    UNBLOCK = "unblock"
    LOG = "log"
    """The log channel was chosen, or with no target, switched off."""
    UNDO_GIFT = "undo gift"
    BLOCK_COMMUNITY = "block community"
    UNBLOCK_COMMUNITY = "unblock community"
    LEAVE = "leave"


@dataclass(frozen=True)
class RecordEntry:
    """An entry of the record."""

    action: Action
    moderator_id: int
    at: datetime
    community_id: int | None = None
    target_id: int | None = None
    subject: str = ""
    """The name that it concerns, or the address of the message."""


REPORTED = timedelta(days=1)
"""How long a report of moderation may wait."""


async def add_entry(session: AsyncSession, entry: RecordEntry) -> None:
    """Record what an open transaction does, and report it in the log channel."""
    row = ModerationEntry(**asdict(entry))
    session.add(row)
    await session.flush()
    place = select(literal(row.id, BigInteger), Community.log_channel_id).where(
        Community.id == entry.community_id, Community.log_channel_id.is_not(None)
    )
    await put(session, Kind.REPORT, place, entry.at, entry.at + REPORTED)


DEFAULT_MINUTES = 10
"""How long a poll stays open, unless its community has set something else."""
DEFAULT_VOTES = 1
"""Votes of others than the discoverer that a winner needs, unless its community has set more."""


QUIET_DAYS = 7
"""Days in a row without a winner after which the bot stops the dinosaurs of the day."""


class Stopped(StrEnum):
    """Why the bot has stopped the dinosaurs of the day of a community."""

    QUIET = "quiet"
    """No name has won for `QUIET_DAYS` in a row."""
    CLOSED = "closed"
    """The channel is gone, or closed to the bot."""


@dataclass(frozen=True)
class DailySettings:
    """The hours, time zone and channel of a community's dinosaurs of the day."""

    channel_id: int | None = None
    hour: int = 9
    """Local hour, 0 to 23."""
    zone: str = "UTC"
    """Name of a time zone."""
    hours: int = 10
    """How long the vote lasts."""
    starts_on: date | None = None
    """The first local date that has one; `None` while there are none."""
    stopped: Stopped | None = None
    last_day: date | None = None
    """The latest local date that has had one."""


DAILY_COLUMNS = (
    Community.daily_channel_id,
    Community.daily_hour,
    Community.daily_zone,
    Community.daily_hours,
    Community.daily_from,
    Community.daily_stopped,
    select(func.max(Poll.day))
    .where(Poll.community_id == Community.id)
    .scalar_subquery()
    .label("last_day"),
)


def daily_settings_of(row: Row[*tuple[Any, ...]]) -> DailySettings:
    """The settings in a row with `DAILY_COLUMNS`."""
    return DailySettings(
        row.daily_channel_id,
        _or_default(row.daily_hour, DailySettings.hour),
        _or_default(row.daily_zone, DailySettings.zone),
        _or_default(row.daily_hours, DailySettings.hours),
        row.daily_from,
        Stopped(row.daily_stopped) if row.daily_stopped else None,
        row.last_day,
    )


@dataclass(frozen=True)
class CommunitySettings:
    """Settings of a community, apart from how long its polls stay open and its word filter."""

    in_public_hall: bool = True
    """Whether the community's winners may appear in the public hall of fame."""
    accepts_shared: bool = True
    """Whether custom models that other communities share can be used here."""
    log_channel_id: int | None = None
    votes_needed: int = DEFAULT_VOTES
    """Votes of others than the discoverer that a winner needs."""
    shows_strips: bool = True
    """Whether new dinosaurs come with a picture of them."""
    daily: DailySettings = DailySettings()
    has_eggs: bool = True
    """Whether members hatch eggs there."""
    egg_channel_id: int | None = None
    """The only channel in which they do; `None` for every channel."""
    shows_typed: bool = True
    """Whether members may show everybody dinosaurs of names that are only typed."""

    def hatches_in(self, channel_id: int | None) -> bool:
        """Whether eggs hatch in a channel."""
        return self.has_eggs and self.egg_channel_id in (None, channel_id)


def hatches_in(channel_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Condition: eggs hatch in a channel of a community that has a row."""
    return and_(
        Community.has_eggs.is_not(False),
        or_(Community.egg_channel_id.is_(None), Community.egg_channel_id == channel_id),
    )


class Communities(Queries):
    """The settings of all communities."""

    async def settings(self, community_id: int) -> CommunitySettings:
        """The settings of a community."""
        columns = (
            Community.in_public_hall,
            Community.accepts_shared,
            Community.log_channel_id,
            Community.votes_needed,
            Community.shows_strips,
            Community.has_eggs,
            Community.egg_channel_id,
            Community.shows_typed,
            *DAILY_COLUMNS,
        )
        async with self._database.reading() as session:
            row = (
                await session.execute(select(*columns).where(Community.id == community_id))
            ).first()
        if row is None:
            return CommunitySettings()
        return CommunitySettings(
            row[0] is not False,
            row[1] is not False,
            row[2],
            row[3] or DEFAULT_VOTES,
            row[4] is not False,
            daily_settings_of(row),
            row.has_eggs is not False,
            row.egg_channel_id,
            row.shows_typed is not False,
        )

    async def poll_minutes(self, community_id: int) -> int:
        """How long the polls of a community stay open."""
        minutes = select(Community.vote_minutes).where(Community.id == community_id)
        return await self._scalar(minutes) or DEFAULT_MINUTES

    async def change(self, community_id: int, **values: Value) -> None:
        """Set columns of `Community`, such as `vote_minutes`."""
        async with self._database.writing() as session:
            await session.execute(_changed(self._database, community_id, **values))

    async def set_log_channel(self, entry: RecordEntry) -> None:
        """Choose the target of an entry as the log channel, and record that if it is another one.

        The former one is told, whose readers would wonder.
        """
        assert entry.community_id is not None  # noqa: S101 (owners have no log channel)
        async with self._database.writing() as session:
            before: int | None = await session.scalar(
                select(Community.log_channel_id)
                .where(Community.id == entry.community_id)
                .with_for_update()
            )
            if before != entry.target_id:
                await add_entry(session, entry)
            await session.execute(
                _changed(self._database, entry.community_id, log_channel_id=entry.target_id)
            )


def _or_default(value: T | None, default: T) -> T:
    return default if value is None else value


def _changed(database: Database, community_id: int, **values: Value) -> Executable:
    """A statement that sets columns of a community, which may not have a row yet."""
    row = database.insert(Community).values(id=community_id, **values)
    return row.on_conflict_do_update(index_elements=[Community.id], set_=values)


class Record(Queries):
    """The record of moderation of all communities."""

    async def add(self, entry: RecordEntry) -> None:
        """Add an entry to the record."""
        async with self._database.writing() as session:
            await add_entry(session, entry)

    async def entry(self, entry_id: int) -> RecordEntry | None:
        """An entry by its id; `None` once pruned."""
        found = await self._entries(ModerationEntry.id == entry_id)
        return found[0] if found else None

    async def entries(
        self, community_id: int | None, *, skip: int = 0, most: int = 10
    ) -> Sequence[RecordEntry]:
        """Entries of a community, or with `None` of owners, newest first."""
        return await self._entries(
            ModerationEntry.community_id == community_id, skip=skip, most=most
        )

    async def _entries(
        self, which: ColumnElement[bool], *, skip: int = 0, most: int = 1
    ) -> Sequence[RecordEntry]:
        statement = (
            select(
                ModerationEntry.action,
                ModerationEntry.moderator_id,
                ModerationEntry.at,
                ModerationEntry.community_id,
                ModerationEntry.target_id,
                ModerationEntry.subject,
            )
            .where(which)
            .order_by(ModerationEntry.id.desc())
            .offset(skip)
            .limit(most)
        )
        rows = await self._rows(statement)
        return [
            RecordEntry(Action(action), moderator_id, at, community, target_id, subject)
            for action, moderator_id, at, community, target_id, subject in rows
        ]

    async def prune(self, before: datetime) -> int:
        """Delete entries of the record that are older. Returns their number."""
        async with self._database.writing() as session:
            gone = await session.scalars(
                delete(ModerationEntry)
                .where(ModerationEntry.at < before)
                .returning(ModerationEntry.id)
            )
            return len(gone.all())


@dataclass(frozen=True)
class BlockRecord:
    """A block of a member or a community."""

    community_id: int
    member_id: int
    blocked_at: datetime


class TooManyBlocks(Exception):  # noqa: N818 (it is a state, not a fault)
    """`MOST_BLOCKS` are blocked already."""


class Blocks(Queries):
    """The blocks of all communities, and those of the bot's owners."""

    async def block(self, community_id: int, member_id: int, entry: RecordEntry) -> bool:
        """Block a member or a community. Returns false if they were blocked already.

        Raises `TooManyBlocks`, and `Forgotten` for a moderator.
        """
        insert = (
            self._database.insert(Block)
            .values(
                community_id=community_id,
                member_id=member_id,
                moderator_id=entry.moderator_id,
                blocked_at=entry.at,
            )
            .on_conflict_do_nothing(index_elements=["community_id", "member_id"])
            .returning(Block.id)
        )
        of_same = Block.community_id == community_id
        if member_id == EVERYBODY:
            of_same = Block.member_id == EVERYBODY
        async with writing_for(self._database, entry.moderator_id) as session:
            number = await session.scalar(select(func.count()).select_from(Block).where(of_same))
            if (number or 0) >= MOST_BLOCKS:
                raise TooManyBlocks
            is_new = (await session.execute(insert)).first() is not None
            if is_new:
                await add_entry(session, entry)
            return is_new

    async def unblock(self, community_id: int, member_id: int, entry: RecordEntry) -> bool:
        """The inverse of `block`. Returns whether it was blocked."""
        gone = (
            delete(Block)
            .where(Block.community_id == community_id, Block.member_id == member_id)
            .returning(Block.id)
        )
        async with self._database.writing() as session:
            was_blocked = (await session.execute(gone)).first() is not None
            if was_blocked:
                await add_entry(session, entry)
            return was_blocked

    async def listed(
        self, community_id: int | None, *, skip: int = 0, most: int = 10
    ) -> list[BlockRecord]:
        """Members that a community blocks, or with `None` what owners block, newest first."""
        condition = (
            _BY_OWNERS
            if community_id is None
            else (Block.community_id == community_id) & (Block.member_id != EVERYBODY)
        )
        statement = (
            select(Block.community_id, Block.member_id, Block.blocked_at)
            .where(condition)
            .order_by(Block.id.desc())
            .offset(skip)
            .limit(most)
        )
        return [BlockRecord(*row) for row in await self._rows(statement)]

    async def version(self) -> tuple[int, int]:
        """Changes whenever the blocks do."""
        ((number, newest),) = await self._rows(select(func.count(), func.max(Block.id)))
        return number, newest or 0

    async def all(self) -> frozenset[tuple[int, int]]:
        """Community and member of each block: all by owners, the newest `MOST_LOADED` of others."""
        blocks = select(Block.community_id, Block.member_id)
        by_owners = blocks.where(_BY_OWNERS)  # at most 2 · MOST_BLOCKS
        by_others = blocks.where(not_(_BY_OWNERS)).order_by(Block.id.desc()).limit(MOST_LOADED)
        async with self._database.reading() as session:
            found = [*(await session.execute(by_owners)), *(await session.execute(by_others))]
            return frozenset((community_id, member_id) for community_id, member_id in found)


async def count(session: AsyncSession, member_id: int) -> dict[str, int]:
    """Number of blocks of a member, and of entries by and about them. All outlast `forget`."""
    return {
        "blocks": await number_of(session, Block.member_id == member_id),
        "moderation": await number_of(session, _is_about(member_id)),
    }


async def export(session: AsyncSession, member_id: int) -> dict[str, Rows]:
    """Blocks of a member and entries by and about them, without other moderators."""
    rows = {
        Block.__tablename__: await rows_of(session, Block, Block.member_id == member_id),
        ModerationEntry.__tablename__: await rows_of(
            session, ModerationEntry, _is_about(member_id)
        ),
    }
    for row in (row for table in rows.values() for row in table):
        if row["moderator_id"] != member_id:  # who it was is not the member's data
            del row["moderator_id"]
    return rows


async def forget(session: AsyncSession, member_id: int) -> None:
    """Delete the member's name from their blocks of others.

    Blocks of the member stay, or forgetting would undo them. So does the record until it is pruned.
    """
    await session.execute(
        update(Block).where(Block.moderator_id == member_id).values(moderator_id=None)
    )


async def communities(session: AsyncSession) -> set[int]:
    """The communities with settings, a record, or blocks of members."""
    blocking = select(Block.community_id).where(Block.member_id != EVERYBODY)
    known = {
        *await session.scalars(select(Community.id)),
        *await session.scalars(blocking.distinct()),
        *await communities_in(session, (ModerationEntry,)),
    }
    return known - {EVERYWHERE}


async def forget_communities(session: AsyncSession, gone: Collection[int]) -> None:
    """Delete the settings, the record and the blocks of members. A blocked community stays so."""
    await delete_of_communities(session, (ModerationEntry,), gone)
    await session.execute(
        delete(Block).where(Block.community_id.in_(gone), Block.member_id != EVERYBODY)
    )
    await session.execute(delete(Community).where(Community.id.in_(gone)))


def _is_about(member_id: int) -> ColumnElement[bool]:
    """Whether a member did what an entry says, or it was done to them."""
    return or_(ModerationEntry.moderator_id == member_id, ModerationEntry.target_id == member_id)
