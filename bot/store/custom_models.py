"""Lists of the servers' own, and the weights that have learned from them."""

import asyncio
import zlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, delete, false, func, or_, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.store.database import Database
from bot.store.schema import Namer


@dataclass(frozen=True)
class NamerRecord:
    """A namer, without its list and its weights."""

    id: int
    guild_id: int
    name: str
    member_id: int | None
    shared: bool
    """Whether other guilds may use it."""
    created_at: datetime
    title: str
    """What the list was called."""
    entries: int
    has_corpus: bool
    """Whether the list is kept, so that it can be trained again."""
    digest: str | None
    """Of the weights; `None` until the first training is done."""
    seconds: float | None
    """How long its training took."""


@dataclass(frozen=True)
class Corpus:
    """A list to learn from."""

    title: str
    names: tuple[str, ...]
    sha256: str


class NameTaken(Exception):  # noqa: N818 (it is a state, not a fault)
    """The guild has a namer of that name."""


class TooMany(Exception):  # noqa: N818
    """The guild has as many namers as it may have."""


class Namers:
    """The namers of all guilds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        *,
        guild_id: int,
        name: str,
        member_id: int,
        corpus: Corpus,
        now: datetime,
        most: int,
        weights: tuple[bytes, str] | None = None,
    ) -> NamerRecord:
        """Keep a new list, or the `weights` of one (the file and its digest), if it comes as such.

        A guild has at most `most`. Raises `NameTaken` and `TooMany`.
        """
        namer = Namer(
            guild_id=guild_id,
            name=name,
            key=name.casefold(),
            member_id=member_id,
            created_at=now,
            title=corpus.title,
            entries=len(corpus.names),
            corpus=None if weights else await _packed(corpus.names),
            corpus_sha256=corpus.sha256,
        )
        if weights is not None:
            namer.weights, namer.digest = weights
        async with self._database.writing() as session:
            if not self._database.is_sqlite:  # there, whoever writes is alone
                await session.execute(text("LOCK TABLE namers IN EXCLUSIVE MODE"))
            have = select(func.count()).where(Namer.guild_id == guild_id)
            if (await session.scalar(have) or 0) >= most:
                raise TooMany
            session.add(namer)
            try:
                await session.flush()
            except IntegrityError as error:
                raise NameTaken from error
        found = await self._find(Namer.id == namer.id)
        return found[0]

    async def of(self, guild_id: int) -> list[NamerRecord]:
        """The namers of a guild, by name."""
        return await self._find(Namer.guild_id == guild_id)

    async def usable(
        self, guild_id: int | None, *, typed: str = "", most: int = 25
    ) -> list[NamerRecord]:
        """Trained namers that may be used in a guild and have so much in their name.

        The guild's own come first, then those that others share; at most so many.
        """
        own = Namer.guild_id == guild_id if guild_id is not None else false()
        return await self._find(
            or_(own, Namer.shared.is_(True)),
            Namer.digest.is_not(None),
            Namer.key.contains(typed.casefold(), autoescape=True),
            first=case((own, 0), else_=1),
            most=most,
        )

    async def get(self, namer_id: int) -> NamerRecord | None:
        """A namer by its number."""
        found = await self._find(Namer.id == namer_id)
        return found[0] if found else None

    async def named(self, guild_id: int, name: str) -> NamerRecord | None:
        """A namer of a guild by its name, in whatever capitals."""
        found = await self._find(Namer.guild_id == guild_id, Namer.key == name.casefold())
        return found[0] if found else None

    async def corpus(self, namer_id: int) -> tuple[str, ...]:
        """The list, as it was written. Empty if it is not kept."""
        async with self._database.reading() as session:
            packed = await session.scalar(select(Namer.corpus).where(Namer.id == namer_id))
        return await asyncio.to_thread(_unpacked, packed) if packed else ()

    async def weights(self, namer_id: int) -> bytes | None:
        """The weight file, if there is one."""
        async with self._database.reading() as session:
            return await session.scalar(select(Namer.weights).where(Namer.id == namer_id))

    async def trained(
        self,
        namer_id: int,
        weights: bytes,
        digest: str,
        seconds: float,
        corpus: Corpus | None = None,
    ) -> bool:
        """Keep new weights, with the list that they have read if it is a new one.

        Whether the namer is still there.
        """
        values: dict[str, object] = {"weights": weights, "digest": digest, "seconds": seconds}
        if corpus is not None:
            values |= {
                "title": corpus.title,
                "entries": len(corpus.names),
                "corpus": await _packed(corpus.names),
                "corpus_sha256": corpus.sha256,
            }
        return await self._change(namer_id, **values)

    async def share(self, namer_id: int, shared: bool) -> bool:
        """Let other guilds use it, or not any more; whether it is still there."""
        return await self._change(namer_id, shared=shared)

    async def delete(self, namer_id: int) -> bool:
        """Throw it away, list and weights; whether it was there."""
        async with self._database.writing() as session:
            gone = await session.execute(
                delete(Namer).where(Namer.id == namer_id).returning(Namer.id)
            )
            return gone.first() is not None

    async def _change(self, namer_id: int, **values: object) -> bool:
        async with self._database.writing() as session:
            changed = await session.execute(
                update(Namer).where(Namer.id == namer_id).values(**values).returning(Namer.id)
            )
            return changed.first() is not None

    async def _find(
        self,
        *conditions: ColumnElement[bool],
        first: ColumnElement[int] | None = None,
        most: int | None = None,
    ) -> list[NamerRecord]:
        statement = (
            select(
                Namer.id,
                Namer.guild_id,
                Namer.name,
                Namer.member_id,
                Namer.shared,
                Namer.created_at,
                Namer.title,
                Namer.entries,
                Namer.corpus.is_not(None),
                Namer.digest,
                Namer.seconds,
            )
            .where(*conditions)
            .order_by(*(() if first is None else (first,)), Namer.key, Namer.id)
            .limit(most)
        )
        async with self._database.reading() as session:
            return [NamerRecord(*row) for row in await session.execute(statement)]


async def _packed(names: tuple[str, ...]) -> bytes:
    return await asyncio.to_thread(lambda: zlib.compress("\n".join(names).encode()))


def _unpacked(packed: bytes) -> tuple[str, ...]:
    return tuple(zlib.decompress(packed).decode().split("\n"))
