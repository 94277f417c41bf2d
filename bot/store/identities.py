"""Surrogate ids for users, communities, channels and messages of platforms other than Discord."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from bot.store.calls import limited
from bot.store.database import Database
from bot.store.schema import FIRST_SURROGATE, IdentityRow

WITH_SURROGATES = frozenset({"slack"})
"""Platforms whose ids are surrogates. Those of all others, Discord's, are below these."""


def is_id_of(platform: str, number: int) -> bool:
    """Whether an id of a channel, user or community belongs to a platform."""
    return (number >= FIRST_SURROGATE) == (platform in WITH_SURROGATES)


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


@limited
class Identities:
    """Surrogate ids, counted up from `FIRST_SURROGATE` and never assigned twice."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def resolve(self, platform: str, kind: str, workspace: str, external: str) -> int:
        """The surrogate of an external id. It is assigned at the first call."""
        values = {
            "platform": platform,
            "kind": kind,
            "workspace": workspace,
            "external": external,
        }
        find = select(IdentityRow.id).filter_by(**values)
        async with self._database.reading() as session:
            found = await session.scalar(find)
        if found is not None:
            return found
        insert = (
            self._database.insert(IdentityRow)
            .values(values)
            .on_conflict_do_nothing(index_elements=list(values))  # another process was faster
            .returning(IdentityRow.id)
        )
        async with self._database.writing() as session:
            assigned = await session.scalar(insert)
            return assigned if assigned is not None else (await session.scalars(find)).one()

    async def look_up(self, platform: str, kind: str, workspace: str, external: str) -> int | None:
        """The surrogate of an external id; `None` if it has none."""
        find = select(IdentityRow.id).filter_by(
            platform=platform, kind=kind, workspace=workspace, external=external
        )
        async with self._database.reading() as session:
            return await session.scalar(find)

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
