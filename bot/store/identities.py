"""Surrogate ids for users, communities, channels and messages of platforms other than Discord."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.schema import ColumnCollectionConstraint

from bot.store.calls import Batches
from bot.store.database import Database
from bot.store.members import Author, Forgotten, author_of, writing_for_all
from bot.store.personal import Rows, rows_of
from bot.store.queries import Queries
from bot.store.schema import FIRST_SURROGATE, Base, IdentityRow, SlackUpload

WITH_SURROGATES = frozenset({"slack"})
"""Platforms whose ids are surrogates. Those of all others, Discord's, are below these."""
CHANNELS = [
    column
    for table in Base.metadata.sorted_tables
    for column in table.c
    if column.name.endswith("channel_id") or column.name == "target_id"
]
"""Columns with numbers of channels; that of the record of moderation has others, too."""
LARGEST_BATCH = 200
"""Ids resolved in one transaction. PostgreSQL takes 32,767 values per statement."""


class Key(NamedTuple):
    """Key of an external id."""

    platform: str
    kind: str
    workspace: str
    external: str

    @property
    def member(self) -> str | None:
        """The key as one text, for a member without a surrogate; `None` if it is no user's."""
        return " ".join(self) if self.kind == "user" else None


def is_id_of(platform: str, number: int) -> bool:
    """Whether an id of a channel, user or community belongs to a platform."""
    return (number >= FIRST_SURROGATE) == (platform in WITH_SURROGATES)


def on_platform(
    platform: str, ids: InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
) -> ColumnElement[bool]:
    """The condition for rows whose channel, for example, is on a platform."""
    return ids >= FIRST_SURROGATE if platform in WITH_SURROGATES else ids < FIRST_SURROGATE


@dataclass(frozen=True)
class Identity:
    """The external id that a surrogate stands for."""

    id: int
    platform: str
    kind: str
    """`user`, `community`, `channel` or `message`."""
    workspace: str
    external: str
    """The platform's own id, unique within the workspace."""


class Identities(Queries):
    """Surrogate ids, counted up from `FIRST_SURROGATE` and never assigned twice."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._resolved = Batches(self._resolve, LARGEST_BATCH)

    async def resolve(self, platform: str, kind: str, workspace: str, external: str) -> int:
        """The surrogate of an external id. It is assigned at the first call.

        Those that are asked for at the same time share a transaction. Raises `Forgotten` for a
        member whose identity was deleted since the request was received.
        """
        key = Key(platform, kind, workspace, external)
        author = author_of(self._database, key.member) if key.member is not None else None
        return await self._resolved.put((key, author))

    async def look_up(self, platform: str, kind: str, workspace: str, external: str) -> int | None:
        """The surrogate of an external id; `None` if it has none."""
        find = select(IdentityRow.id).filter_by(
            platform=platform, kind=kind, workspace=workspace, external=external
        )
        return await self._scalar(find)

    async def find(self, identity_id: int) -> Identity | None:
        """The identity of a surrogate; `None` if unknown or forgotten."""
        async with self._database.reading() as session:
            row = await session.get(IdentityRow, identity_id)
        if row is None:
            return None
        return Identity(row.id, row.platform, row.kind, row.workspace, row.external)

    async def forget(self, identity_id: int) -> None:
        """Delete an identity. The same external id gets a new surrogate afterwards."""
        async with self._database.writing() as session:
            await session.execute(delete(IdentityRow).where(IdentityRow.id == identity_id))

    async def move_channel(self, platform: str, workspace: str, old: str, new: str) -> None:
        """Give a channel another external id, with all that is stored about either."""
        known = select(IdentityRow).filter_by(platform=platform, kind="channel")
        known = known.filter_by(workspace=workspace).where(IdentityRow.external.in_([old, new]))
        place = func.replace(SlackUpload.place, f"{old} ", f"{new} ")
        async with self._database.writing() as session:
            rows = [*await session.scalars(known.order_by(IdentityRow.id))]
            for other in rows[1:]:  # a request with the new id was faster
                await _merge_channels(session, other.id, into=rows[0].id)
                await session.delete(other)
            await session.flush()
            for row in rows[:1]:
                row.external = new
            uploads = update(SlackUpload).filter_by(workspace=workspace)
            uploads = uploads.where(SlackUpload.place.startswith(f"{old} "))
            await session.execute(uploads.values(place=place))

    async def _resolve(self, asked: Sequence[tuple[Key, Author | None]]) -> list[int | Exception]:
        """The surrogates of external ids; of new ones, too."""
        async with self._database.reading() as session:
            known = await _existing(session, {key for key, _author in asked})
        if missing := [each for each in asked if each[0] not in known]:
            authors = [author for _key, author in missing if author is not None]
            insert = self._database.insert(IdentityRow)
            insert = insert.on_conflict_do_nothing(index_elements=Key._fields)
            async with writing_for_all(self._database, authors) as (session, forgotten):
                # The order avoids deadlocks with other processes, one of which may be faster.
                new = sorted({key for key, author in missing if author not in forgotten})
                if new:
                    await session.execute(insert, [key._asdict() for key in new])
                    known |= await _existing(session, new)
        return [known.get(key) or Forgotten() for key, _author in asked]


async def _existing(session: AsyncSession, keys: Collection[Key]) -> dict[Key, int]:
    """The surrogates that exist."""
    columns = [getattr(IdentityRow, field) for field in Key._fields]
    rows = await session.execute(
        select(IdentityRow.id, *columns).where(tuple_(*columns).in_([*keys]))
    )
    return {Key(*external): number for number, *external in rows}


async def _merge_channels(session: AsyncSession, channel_id: int, *, into: int) -> None:
    """Store for a channel what is stored for another one, which replaces the same of it."""
    for column in CHANNELS:
        table = column.table
        for key in table.constraints:
            if isinstance(key, ColumnCollectionConstraint) and column in [*key]:
                rest = [each for each in key if each is not column]
                same = tuple_(*rest).in_(select(*rest).where(column == channel_id))
                await session.execute(delete(table).where(column == into, same))
        moved = update(table).where(column == channel_id).values({column: into})
        await session.execute(moved)


async def keys_of(database: Database, member_id: int) -> list[str]:
    """The key of a member's identity; none on a platform without surrogates."""
    async with database.reading() as session:
        row = await session.get(IdentityRow, member_id)
    key = Key(row.platform, row.kind, row.workspace, row.external) if row is not None else None
    return [key.member] if key is not None and key.member is not None else []


async def export(session: AsyncSession, member_id: int) -> dict[str, Rows]:
    """The identity of a member."""
    rows = await rows_of(session, IdentityRow, IdentityRow.id == member_id)
    return {IdentityRow.__tablename__: rows}


async def forget(session: AsyncSession, member_id: int) -> None:
    """Delete the identity of a member."""
    await session.execute(delete(IdentityRow).where(IdentityRow.id == member_id))


async def forget_communities(session: AsyncSession, gone: Collection[int]) -> None:
    """Delete all identities of the communities' workspaces, apart from those of users."""
    workspaces = select(IdentityRow.platform, IdentityRow.workspace).where(
        IdentityRow.id.in_(gone), IdentityRow.kind == "community"
    )
    for platform, workspace in (await session.execute(workspaces)).all():
        await session.execute(delete(SlackUpload).where(SlackUpload.workspace == workspace))
        await session.execute(
            delete(IdentityRow).where(
                IdentityRow.platform == platform,
                IdentityRow.workspace == workspace,
                IdentityRow.kind != "user",
            )
        )


async def communities_of(
    session: AsyncSession, community_ids: Collection[int], platform: str
) -> set[int]:
    """The communities, of those given, that belong to a platform."""
    if platform not in WITH_SURROGATES:
        return {number for number in community_ids if number < FIRST_SURROGATE}
    of_platform = select(IdentityRow.id).where(
        IdentityRow.platform == platform, IdentityRow.kind == "community"
    )
    return {*await session.scalars(of_platform)} & set(community_ids)
