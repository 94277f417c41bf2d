"""Writes of a member's id, refused if the member deleted their data after the request was received.

A request that runs while its member deletes their data must leave nothing behind. So each write
takes the member's lock, which writes share, and a deletion takes it exclusively: either the row is
committed first and deleted with the others, or its writer finds the deletion.

A counter in the database orders requests and deletions, as the clocks of hosts differ. Deletions
are committed one by one, in the order of their numbers. A request remembers the last number that
its process knew when it was received, which costs no statement. Its writes are refused if there is
a deletion of its member with a higher number. A process that has not learnt yet of a deletion by
another one would also refuse later requests of that member. It learns the numbers from each write,
and from `Deletions.catch_up`.
"""

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy import TextClause, delete, func, select, text, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.calls import Batches
from bot.store.database import Database
from bot.store.locks import Space
from bot.store.queries import Queries, patient
from bot.store.schema import Deletion, Instant

LONGEST_REQUEST = timedelta(hours=1)
"""How long records of deletions are kept, longer than any request lasts.

An answer can be edited for 15 minutes, and an upload waits 5.
"""

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
Member = int | str
"""A member's id, or the key of the identity that it stands for."""


class Forgotten(Exception):  # noqa: N818 (it is a state, not a fault)
    """The member has deleted their data since the request was received."""


class Author(NamedTuple):
    """A member on whose behalf a request writes."""

    member: Member
    received: int
    """Number of the last deletion that the process knew when the request was received."""


_received: ContextVar[int] = ContextVar("received")


def note_received(database: Database) -> None:
    """Note that the current task, with the tasks that it starts, has just received a request."""
    _received.set(database.last_deletion)


def author_of(database: Database, member: Member) -> Author:
    """The author of a write in the current request. Outside of a request, it counts from now."""
    return Author(member, _received.get(database.last_deletion))


@asynccontextmanager
async def writing_for(database: Database, member: Member | None) -> AsyncIterator[AsyncSession]:
    """Open a transaction in which the current request may write a member's id.

    Raises `Forgotten` if the member deleted their data since the request was received. With `None`,
    the rows belong to nobody, and the write is never refused.
    """
    authors = [author_of(database, member)] if member is not None else []
    async with writing_for_all(database, authors) as (session, forgotten):
        if forgotten:
            raise Forgotten
        yield session


@asynccontextmanager
async def writing_for_all(
    database: Database, authors: Sequence[Author]
) -> AsyncIterator[tuple[AsyncSession, Collection[Author]]]:
    """Open a transaction for the writes of several authors.

    Yields the session, and the authors whose ids must not be written, as they were forgotten since.
    """
    async with database.writing() as session:
        await _lock(database, session, {author.member for author in authors}, _SHARED)
        yield session, await _forgotten(database, session, authors)


@asynccontextmanager
async def forgetting(
    database: Database, members: Collection[Member]
) -> AsyncIterator[AsyncSession]:
    """Open a transaction that deletes what is stored about a member, and record the deletion.

    Requests that the member made earlier have committed their writes before it, or are refused.
    """
    async with database.writing() as session:
        await _lock(database, session, members, _EXCLUSIVE)
        yield session
        if not database.is_sqlite:  # so that numbers are committed in their order
            await session.execute(text("LOCK TABLE deletions IN EXCLUSIVE MODE"))
        keys = {member: secrets.token_bytes(16) for member in members}
        rows = [Deletion(key=key, digest=_digest(key, member)) for member, key in keys.items()]
        session.add_all(rows)
        await session.flush()
        last = max(row.number for row in rows)
    database.last_deletion = max(database.last_deletion, last)


class MemberBatches(Generic[Item, Outcome]):
    """Writes on behalf of members in batches. The writes of forgotten members raise `Forgotten`."""

    def __init__(
        self,
        database: Database,
        write: Callable[[AsyncSession, Sequence[Item]], Awaitable[Sequence[Outcome | Exception]]],
        largest: int,
        member_of: Callable[[Item], Member | None],
    ) -> None:
        """`write` writes a batch, as for `Batches`, in a transaction. `member_of` gives an item's
        member.
        """
        self._database = database
        self._write = write
        self._member_of = member_of
        self._batches = Batches(self._write_all, largest)

    async def put(self, item: Item) -> Outcome:
        """Write an item. When this returns, the item is on disk."""
        member = self._member_of(item)
        author = author_of(self._database, member) if member is not None else None
        return await self._batches.put((author, item))

    async def _write_all(
        self, items: Sequence[tuple[Author | None, Item]]
    ) -> Sequence[Outcome | Exception]:
        authors = [author for author, _item in items if author is not None]
        async with writing_for_all(self._database, authors) as (session, forgotten):
            written = [item for author, item in items if author not in forgotten]
            outcomes = iter(await self._write(session, written) if written else ())
            return [
                Forgotten() if author in forgotten else next(outcomes) for author, _item in items
            ]


class Deletions(Queries):
    """Records of deletions, which are kept for `LONGEST_REQUEST`."""

    async def catch_up(self) -> None:
        """Learn the number of the last deletion, which another process may have made."""
        last = await self._scalar(select(func.max(Deletion.number)))
        self._database.last_deletion = max(self._database.last_deletion, last or 0)

    async def has(self, author: Author) -> bool:
        """Whether a member deleted their data since their request was received."""
        async with self._database.reading() as session:
            return bool(await _forgotten(self._database, session, [author]))

    @patient
    async def prune(self) -> None:
        """Delete the records that are older than any request can be."""
        async with self._database.writing() as session:
            now = await session.scalar(select(type_coerce(func.now(), Instant)))
            assert now is not None  # noqa: S101 (a database has a clock)
            await session.execute(delete(Deletion).where(Deletion.at < now - LONGEST_REQUEST))


_OF_ALL = "FROM unnest(CAST(:numbers AS int[])) AS number"
_SHARED = text(f"SELECT pg_advisory_xact_lock_shared(:space, number) {_OF_ALL}")
_EXCLUSIVE = text(f"SELECT pg_advisory_xact_lock(:space, number) {_OF_ALL}")


async def _lock(
    database: Database, session: AsyncSession, members: Collection[Member], lock: TextClause
) -> None:
    """Take the locks of members, before any other lock, in an order that avoids deadlocks."""
    if members and not database.is_sqlite:  # which has one writer at a time anyway
        numbers = sorted({*map(_number, members)})
        await session.execute(lock, {"space": Space.MEMBER, "numbers": numbers})


async def _forgotten(
    database: Database, session: AsyncSession, authors: Sequence[Author]
) -> Collection[Author]:
    """The authors who were forgotten since their request was received."""
    if not authors:
        return ()
    received = min(author.received for author in authors)
    columns = Deletion.number, Deletion.key, Deletion.digest
    later = (await session.execute(select(*columns).where(Deletion.number > received))).all()
    database.last_deletion = max([database.last_deletion, *(row.number for row in later)])
    return {
        author
        for number, key, digest in later
        for author in authors
        if author.received < number and digest == _digest(key, author.member)
    }


def _number(member: Member) -> int:
    """The number of a member's lock."""
    digest = hashlib.blake2b(str(member).encode(), digest_size=4).digest()
    return int.from_bytes(digest, signed=True)


def _digest(key: bytes, member: Member) -> bytes:
    return hmac.digest(key, str(member).encode(), "sha256")
