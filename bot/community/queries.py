"""Settings of communities, and blocks of members and communities."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Executable, delete, func, not_, or_, select

from bot.store.database import Database
from bot.store.queries import Queries
from bot.store.record import Entry, add_entry
from bot.store.schema import EVERYBODY, EVERYWHERE, Block, Community

MOST_BLOCKS = 1000
"""Members that a community can block, and members or communities that owners can."""
MOST_LOADED = 50_000
"""Blocks by moderators that a process keeps in memory, the newest ones. Owners' are all kept."""

_BY_OWNERS = or_(Block.community_id == EVERYWHERE, Block.member_id == EVERYBODY)


DEFAULT_MINUTES = 10
"""How long a poll stays open, unless its community has set something else."""


@dataclass(frozen=True)
class CommunitySettings:
    """Settings of a community, apart from those of its polls and of its word filter."""

    in_public_hall: bool = True
    """Whether its winners may appear in the public hall of fame."""
    accepts_shared: bool = True
    """Whether custom models that other communities share can be used in it."""
    log_channel_id: int | None = None


class Communities(Queries):
    """The settings of all communities."""

    async def settings(self, community_id: int) -> CommunitySettings:
        """The settings of a community."""
        columns = (Community.in_public_hall, Community.accepts_shared, Community.log_channel_id)
        async with self._database.reading() as session:
            row = (
                await session.execute(select(*columns).where(Community.id == community_id))
            ).first()
        if row is None:
            return CommunitySettings()
        return CommunitySettings(row[0] is not False, row[1] is not False, row[2])

    async def poll_minutes(self, community_id: int) -> int:
        """How long the polls of a community stay open."""
        minutes = select(Community.vote_minutes).where(Community.id == community_id)
        async with self._database.reading() as session:
            return await session.scalar(minutes) or DEFAULT_MINUTES

    async def change(self, community_id: int, **values: bool | int | None) -> None:
        """Set columns of `Community`, such as `vote_minutes`."""
        async with self._database.writing() as session:
            await session.execute(changed(self._database, community_id, **values))


def changed(database: Database, community_id: int, **values: bool | int | None) -> Executable:
    """A statement that sets columns of a community, which may not have a row yet."""
    row = database.insert(Community).values(id=community_id, **values)
    return row.on_conflict_do_update(index_elements=[Community.id], set_=values)


@dataclass(frozen=True)
class BlockRecord:
    """A block."""

    community_id: int
    member_id: int
    blocked_at: datetime


class TooManyBlocks(Exception):  # noqa: N818 (it is a state, not a fault)
    """`MOST_BLOCKS` are blocked already."""


class Blocks(Queries):
    """The blocks of all communities, and those of the bot's owners."""

    async def block(self, community_id: int, member_id: int, entry: Entry) -> bool:
        """Block a member or a community. Returns whether it was not. Raises `TooManyBlocks`."""
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
        async with self._database.writing() as session:
            number = await session.scalar(select(func.count()).select_from(Block).where(of_same))
            if (number or 0) >= MOST_BLOCKS:
                raise TooManyBlocks
            is_new = (await session.execute(insert)).first() is not None
            if is_new:
                add_entry(session, entry)
            return is_new

    async def unblock(self, community_id: int, member_id: int, entry: Entry) -> bool:
        """The inverse of `block`. Returns whether it was blocked."""
        gone = (
            delete(Block)
            .where(Block.community_id == community_id, Block.member_id == member_id)
            .returning(Block.id)
        )
        async with self._database.writing() as session:
            was_blocked = (await session.execute(gone)).first() is not None
            if was_blocked:
                add_entry(session, entry)
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
        async with self._database.reading() as session:
            return [BlockRecord(*row) for row in await session.execute(statement)]

    async def version(self) -> tuple[int, int]:
        """Changes whenever the blocks do."""
        async with self._database.reading() as session:
            row = (await session.execute(select(func.count(), func.max(Block.id)))).one()
        return row[0], row[1] or 0

    async def all(self) -> frozenset[tuple[int, int]]:
        """Community and member of each block: all by owners, the newest `MOST_LOADED` of others."""
        blocks = select(Block.community_id, Block.member_id)
        by_owners = blocks.where(_BY_OWNERS)  # at most 2 · MOST_BLOCKS
        by_others = blocks.where(not_(_BY_OWNERS)).order_by(Block.id.desc()).limit(MOST_LOADED)
        async with self._database.reading() as session:
            found = [*(await session.execute(by_owners)), *(await session.execute(by_others))]
            return frozenset((community_id, member_id) for community_id, member_id in found)
