"""Custom models: a community's own list of names, and the weights trained on it."""

import asyncio
import zlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, delete, false, func, or_, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.store.calls import limited, patient
from bot.store.database import Database
from bot.store.moderation.tables import RefusedModel
from bot.store.schema import Community, CustomModel


@dataclass(frozen=True)
class CustomModelRecord:
    """A custom model without its corpus and its weights."""

    id: int
    community_id: int
    name: str
    member_id: int | None
    shared: bool
    """Whether other communities may use it."""
    created_at: datetime
    title: str
    """Title of the corpus."""
    entries: int
    has_corpus: bool
    """Whether the corpus is stored, so that the model can be trained again."""
    digest: str | None
    """SHA-256 of the weights; `None` until the first training is done."""
    seconds: float | None
    """Duration of the training."""


@dataclass(frozen=True)
class Corpus:
    """A list of names to train on."""

    title: str
    names: tuple[str, ...]
    sha256: str


class NameTaken(Exception):  # noqa: N818 (it is a state, not a fault)
    """The community already has a custom model of that name."""


class TooMany(Exception):  # noqa: N818
    """The community has reached its limit of custom models."""


@limited
class CustomModels:
    """The custom models of all communities."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        *,
        community_id: int,
        name: str,
        member_id: int,
        corpus: Corpus,
        now: datetime,
        most: int,
        weights: tuple[bytes, str] | None = None,
    ) -> CustomModelRecord:
        """Store a new custom model.

        `weights` are a weight file and its digest, for an imported model: then the corpus is not
        stored. Raises `TooMany` if the community has `most` models, and `NameTaken`.
        """
        model = CustomModel(
            community_id=community_id,
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
            model.weights, model.digest = weights
        async with self._database.writing() as session:
            if not self._database.is_sqlite:  # which has one writer at a time anyway
                await session.execute(text("LOCK TABLE custom_models IN EXCLUSIVE MODE"))
            number = select(func.count()).where(CustomModel.community_id == community_id)
            if (await session.scalar(number) or 0) >= most:
                raise TooMany
            session.add(model)
            try:
                await session.flush()
            except IntegrityError as error:
                raise NameTaken from error
        found = await self._find(CustomModel.id == model.id)
        return found[0]

    async def of(self, community_id: int) -> list[CustomModelRecord]:
        """The custom models of a community, by name."""
        return await self._find(CustomModel.community_id == community_id)

    async def usable(
        self, community_id: int | None, *, typed: str = "", most: int = 25
    ) -> list[CustomModelRecord]:
        """Trained models that a community may use and whose name contains `typed`.

        Its own come first, then those that other communities share.
        """
        own = CustomModel.community_id == community_id if community_id is not None else false()
        return await self._find(
            _may_use(community_id),
            CustomModel.digest.is_not(None),
            CustomModel.key.contains(typed.casefold(), autoescape=True),
            first=case((own, 0), else_=1),
            most=most,
        )

    async def refused(self, community_id: int) -> list[CustomModelRecord]:
        """The models that moderators of a community have removed from use there."""
        refused = select(RefusedModel.custom_model_id).where(
            RefusedModel.community_id == community_id
        )
        return await self._find(CustomModel.id.in_(refused), most=25)

    async def get(self, custom_model_id: int) -> CustomModelRecord | None:
        """A custom model by its id."""
        found = await self._find(CustomModel.id == custom_model_id)
        return found[0] if found else None

    async def usable_one(
        self, custom_model_id: int, community_id: int | None
    ) -> CustomModelRecord | None:
        """A custom model by its id, if a community may use it."""
        found = await self._find(CustomModel.id == custom_model_id, _may_use(community_id))
        return found[0] if found else None

    async def named(self, community_id: int, name: str) -> CustomModelRecord | None:
        """A community's custom model by its name, ignoring case."""
        found = await self._find(
            CustomModel.community_id == community_id, CustomModel.key == name.casefold()
        )
        return found[0] if found else None

    async def corpus(self, custom_model_id: int) -> tuple[str, ...]:
        """The names of the corpus; empty if it is not stored."""
        async with self._database.reading() as session:
            packed = await session.scalar(
                select(CustomModel.corpus).where(CustomModel.id == custom_model_id)
            )
        return await asyncio.to_thread(_unpacked, packed) if packed else ()

    async def weights(self, custom_model_id: int) -> bytes | None:
        """The weight file; `None` until the first training is done."""
        async with self._database.reading() as session:
            return await session.scalar(
                select(CustomModel.weights).where(CustomModel.id == custom_model_id)
            )

    @patient
    async def trained(
        self,
        custom_model_id: int,
        weights: bytes,
        digest: str,
        seconds: float,
        corpus: Corpus | None = None,
    ) -> bool:
        """Store new weights, and their corpus if it is a new one.

        Returns whether the model still exists.
        """
        values: dict[str, object] = {"weights": weights, "digest": digest, "seconds": seconds}
        if corpus is not None:
            values |= {
                "title": corpus.title,
                "entries": len(corpus.names),
                "corpus": await _packed(corpus.names),
                "corpus_sha256": corpus.sha256,
            }
        return await self._change(custom_model_id, **values)

    async def share(self, custom_model_id: int, shared: bool) -> bool:
        """Set whether other communities may use it. Returns whether the model exists."""
        return await self._change(custom_model_id, shared=shared)

    async def delete(self, custom_model_id: int) -> bool:
        """Delete a model with its corpus, weights and trainings. Returns whether it existed."""
        async with self._database.writing() as session:
            gone = await session.execute(
                delete(CustomModel)
                .where(CustomModel.id == custom_model_id)
                .returning(CustomModel.id)
            )
            return gone.first() is not None

    async def _change(self, custom_model_id: int, **values: object) -> bool:
        async with self._database.writing() as session:
            changed = await session.execute(
                update(CustomModel)
                .where(CustomModel.id == custom_model_id)
                .values(**values)
                .returning(CustomModel.id)
            )
            return changed.first() is not None

    async def _find(
        self,
        *conditions: ColumnElement[bool],
        first: ColumnElement[int] | None = None,
        most: int | None = None,
    ) -> list[CustomModelRecord]:
        statement = (
            select(
                CustomModel.id,
                CustomModel.community_id,
                CustomModel.name,
                CustomModel.member_id,
                CustomModel.shared,
                CustomModel.created_at,
                CustomModel.title,
                CustomModel.entries,
                CustomModel.corpus.is_not(None),
                CustomModel.digest,
                CustomModel.seconds,
            )
            .where(*conditions)
            .order_by(*(() if first is None else (first,)), CustomModel.key, CustomModel.id)
            .limit(most)
        )
        async with self._database.reading() as session:
            return [CustomModelRecord(*row) for row in await session.execute(statement)]


def _may_use(community_id: int | None) -> ColumnElement[bool]:
    """Whether a community may use a model: its own or a shared one, and not refused by it."""
    shared = CustomModel.shared.is_(True)
    if community_id is None:
        return shared
    accepts_none = select(Community.id).where(
        Community.id == community_id, Community.accepts_shared.is_(False)
    )
    refused = select(RefusedModel.custom_model_id).where(RefusedModel.community_id == community_id)
    own = CustomModel.community_id == community_id
    return and_(or_(own, and_(shared, ~accepts_none.exists())), CustomModel.id.not_in(refused))


async def _packed(names: tuple[str, ...]) -> bytes:
    return await asyncio.to_thread(lambda: zlib.compress("\n".join(names).encode()))


def _unpacked(packed: bytes) -> tuple[str, ...]:
    return tuple(zlib.decompress(packed).decode().split("\n"))
