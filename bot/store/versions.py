"""Versions of the shipped networks, which of them is live, and the trainings that made them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.database import Database
from bot.store.legacy_runs import LegacyRuns
from bot.store.schema import Activation, Version

KEPT = 10
"""Weight files of a task that are kept; of older versions only the figures are."""


@dataclass(frozen=True)
class NewVersion:
    """What a training has made."""

    task: str
    digest: str
    weights: bytes
    corpus: str
    corpus_sha256: str
    recipe: str
    seed: int | None
    validation: float | None
    reference_loss: float | None
    baseline_loss: float | None
    member_id: int | None = None
    seconds: float | None = None
    history: str | None = None
    curve: bytes | None = None
    samples: str = "[]"


@dataclass(frozen=True)
class VersionRecord:
    """A version, without its weights, its history and its curve."""

    id: int
    task: str
    digest: str
    created_at: datetime
    member_id: int | None
    corpus: str
    corpus_sha256: str
    recipe: str
    seed: int | None
    validation: float | None
    reference_loss: float | None
    baseline_loss: float | None
    seconds: float | None
    samples: str
    has_weights: bool
    """Whether it can be served."""


@dataclass(frozen=True)
class Live:
    """What is served of a task, since when and why."""

    activation_id: int
    """Grows with each activation; 0 if there was none."""
    version_id: int | None
    """`None` for the weights that come with the bot."""
    at: datetime | None = None
    reason: str = ""


class Versions(LegacyRuns):
    """The versions of all tasks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, version: NewVersion, now: datetime) -> int:
        """Keep a version, all of it or nothing; its number. It is not live by that."""
        async with self._database.writing() as session:
            return await self._add(session, version, now)

    async def add_live(self, version: NewVersion, reason: str, now: datetime) -> tuple[int, Live]:
        """Keep a version and make it live, both or neither; its number, and what is live now."""
        async with self._database.writing() as session:
            await self._take_turn(session)
            number = await self._add(session, version, now)
            live = await self._activate(
                session, version.task, number, version.member_id, reason, now
            )
            return number, live

    async def of(
        self, task: str | None = None, *, skip: int = 0, most: int = 25
    ) -> list[VersionRecord]:
        """The newest versions of a task, or of all, the newest first."""
        conditions = () if task is None else (Version.task == task,)
        return await self._find(*conditions, skip=skip, most=most)

    async def count(self, task: str) -> int:
        """How many versions of a task there are."""
        statement = select(func.count()).where(Version.task == task)
        async with self._database.reading() as session:
            return await session.scalar(statement) or 0

    async def previous(self, task: str, version_id: int) -> VersionRecord | None:
        """The version of a task that was made before one."""
        found = await self._find(Version.task == task, Version.id < version_id, most=1)
        return found[0] if found else None

    async def get(self, version_id: int) -> VersionRecord | None:
        """A version by its number."""
        found = await self._find(Version.id == version_id, most=1)
        return found[0] if found else None

    async def weights(self, version_id: int) -> bytes | None:
        """The weight file of a version, if it is still kept."""
        async with self._database.reading() as session:
            return await session.scalar(select(Version.weights).where(Version.id == version_id))

    async def curve(self, version_id: int) -> bytes | None:
        """The picture of a version's losses."""
        async with self._database.reading() as session:
            return await session.scalar(select(Version.curve).where(Version.id == version_id))

    async def live(self) -> defaultdict[str, Live]:
        """What is live by task: `Live(0, None)`, the shipped weights, if nothing was activated."""
        newest = select(func.max(Activation.id)).group_by(Activation.task)
        statement = select(
            Activation.task, Activation.id, Activation.version_id, Activation.at, Activation.reason
        ).where(Activation.id.in_(newest))
        async with self._database.reading() as session:
            rows = await session.execute(statement)
            live: defaultdict[str, Live] = defaultdict(lambda: Live(0, None))
            live |= {
                task: Live(number, version, at, reason)
                for task, number, version, at, reason in rows
            }
        return live

    async def activate(
        self,
        task: str,
        version_id: int | None,
        *,
        member_id: int | None,
        reason: str,
        now: datetime,
    ) -> Live:
        """Make a version live in every process that shares the database."""
        async with self._database.writing() as session:
            await self._take_turn(session)
            return await self._activate(session, task, version_id, member_id, reason, now)

    async def roll_back(self, task: str, *, member_id: int | None, now: datetime) -> Live | None:
        """Make live what was live before the present version; `None` if nothing was.

        Going back again goes further back, to the shipped weights in the end. Versions whose
        weights are not kept any more are passed over.
        """
        async with self._database.writing() as session:
            await self._take_turn(session)
            found = await self._before(session, task)
            if found is None:
                return None
            number = found.version_id
            return await self._activate(session, task, number, member_id, "rollback", now)

    async def before(self, task: str) -> Live | None:
        """What a step back would make live; `None` if there is none."""
        async with self._database.reading() as session:
            return await self._before(session, task)

    async def _add(self, session: AsyncSession, version: NewVersion, now: datetime) -> int:
        row = Version(created_at=now, **vars(version))
        session.add(row)
        await session.flush()
        await self._drop_old_weights(session, version.task)
        return row.id

    async def _before(self, session: AsyncSession, task: str) -> Live | None:
        *pile, present = await self._pile(session, task)
        usable = select(Version.id).where(Version.task == task, Version.weights.is_not(None))
        choice = {None, *await session.scalars(usable)} - {present}
        return next((Live(0, number) for number in reversed(pile) if number in choice), None)

    async def _pile(self, session: AsyncSession, task: str) -> list[int | None]:
        """What was made live, as a pile of which each step back takes one off."""
        history = await session.execute(
            select(Activation.version_id, Activation.reason)
            .where(Activation.task == task)
            .order_by(Activation.id)
        )
        pile: list[int | None] = [None]
        for version_id, reason in history:
            if reason == "rollback":
                pile.pop()
                while len(pile) > 1 and pile[-1] != version_id:  # what was passed over
                    pile.pop()
            elif version_id != pile[-1]:
                pile.append(version_id)
        return pile

    async def _activate(
        self,
        session: AsyncSession,
        task: str,
        version_id: int | None,
        member_id: int | None,
        reason: str,
        now: datetime,
    ) -> Live:
        row = Activation(
            task=task, version_id=version_id, at=now, member_id=member_id, reason=reason
        )
        session.add(row)
        await session.flush()
        return Live(row.id, version_id, now, reason)

    async def _take_turn(self, session: AsyncSession) -> None:
        """Let one process at a time decide what is live, so that numbers grow with time."""
        if not self._database.is_sqlite:  # there, whoever writes is alone
            await session.execute(text("LOCK TABLE activations IN EXCLUSIVE MODE"))

    async def _drop_old_weights(self, session: AsyncSession, task: str) -> None:
        """Keep the weights of the newest versions, and of those that were lately live."""
        newest = select(Version.id).where(Version.task == task).order_by(Version.id.desc())
        live = (
            select(Activation.version_id)
            .where(Activation.task == task, Activation.version_id.is_not(None))
            .order_by(Activation.id.desc())
        )
        kept = {
            *await session.scalars(newest.limit(KEPT)),
            *await session.scalars(live.limit(KEPT)),
        }
        await session.execute(
            update(Version)
            .where(Version.task == task, Version.id.not_in(kept))
            .values(weights=None)
        )

    async def _find(
        self, *conditions: ColumnElement[bool], most: int, skip: int = 0
    ) -> list[VersionRecord]:
        statement = (
            select(
                Version.id,
                Version.task,
                Version.digest,
                Version.created_at,
                Version.member_id,
                Version.corpus,
                Version.corpus_sha256,
                Version.recipe,
                Version.seed,
                Version.validation,
                Version.reference_loss,
                Version.baseline_loss,
                Version.seconds,
                Version.samples,
                Version.weights.is_not(None),
            )
            .where(*conditions)
            .order_by(Version.id.desc())
            .offset(skip)
            .limit(most)
        )
        async with self._database.reading() as session:
            rows = (await session.execute(statement)).all()
        return [VersionRecord(*tuple(row)) for row in rows]
