"""Personal data: what each feature provides for `/privacy`, and helpers to write that with.

The functions of a feature's queries run in a transaction of the caller, which calls those of all
features.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, LargeBinary, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

Rows = list[dict[str, object]]


class PersonalData(Protocol):
    """The data of a feature about members and communities: a module with these functions."""

    async def count(self, session: AsyncSession, member_id: int) -> Mapping[str, int]:
        """Number of rows about a member, by the kind that `/privacy` names."""

    async def export(self, session: AsyncSession, member_id: int) -> Mapping[str, Rows]:
        """Every row about a member, by table."""

    async def forget(self, session: AsyncSession, member_id: int) -> None:
        """Delete a member's rows, or the member's id where others need the row."""

    async def communities(self, session: AsyncSession) -> set[int]:
        """The communities that have rows."""

    async def forget_communities(self, session: AsyncSession, gone: Collection[int]) -> None:
        """Delete the rows of communities."""


async def number_of(session: AsyncSession, *conditions: ColumnElement[bool]) -> int:
    """Number of the rows that meet all conditions."""
    return await session.scalar(select(func.count()).where(*conditions)) or 0


async def rows_of(
    session: AsyncSession, table: type[DeclarativeBase], condition: ColumnElement[bool]
) -> Rows:
    """Rows of a table, without binary columns."""
    every = table.__table__.columns
    columns = [column for column in every if not isinstance(column.type, LargeBinary)]
    found = await session.execute(select(*columns).where(condition))
    return [dict(row._mapping) for row in found]


async def rows_of_member(
    session: AsyncSession, tables: Sequence[type[Any]], member_id: int
) -> dict[str, Rows]:
    """The rows of a member in tables with a column `member_id`."""
    return {
        table.__tablename__: await rows_of(session, table, table.member_id == member_id)
        for table in tables
    }


async def communities_in(session: AsyncSession, tables: Sequence[type[Any]]) -> set[int]:
    """The communities with rows in tables with a column `community_id`."""
    found: set[int] = set()
    for table in tables:
        column = table.community_id
        found |= {*await session.scalars(select(column).where(column.is_not(None)).distinct())}
    return found


async def delete_of_communities(
    session: AsyncSession, tables: Sequence[type[Any]], gone: Collection[int]
) -> None:
    """Delete the rows of communities in tables with a column `community_id`."""
    for table in tables:
        await session.execute(delete(table).where(table.community_id.in_(gone)))
