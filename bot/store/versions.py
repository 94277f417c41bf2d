"""Versions of the shared networks, and which of them is live."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.database import Database
from bot.store.schema import Activation, Version

KEPT = 10
"""Versions of a task that keep their weights; older ones keep only their metrics."""


@dataclass(frozen=True)
class NewVersion:
    """The result of a training. See `bot.store.schema.Version` for the fields."""

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
    """A version without its weights, history and curve."""

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
    """Whether it can be activated."""


@dataclass(frozen=True)
class Live:
    """The live version of a task."""

    activation_id: int
    """Increases with each activation; 0 if nothing was activated yet."""
    version_id: int | None
    """`None` for the shipped weights."""
    at: datetime | None = None
    """When it was activated."""
    reason: str = ""
    """`better`, `forced`, `activated`, `rollback` or `imported`."""


class Versions:
    """Versions and activations of all tasks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, version: NewVersion, now: datetime) -> int:
        """Store a version without activating it. Returns its id."""
        async with self._database.writing() as session:
            return await self._add(session, version, now)

    async def add_live(self, version: NewVersion, reason: str, now: datetime) -> tuple[int, Live]:
        """Store and activate a version in one transaction. Returns its id and what is live."""
        async with self._database.writing() as session:
            await self._lock(session)
            number = await self._add(session, version, now)
            live = await self._activate(
                session, version.task, number, version.member_id, reason, now
            )
            return number, live

    async def of(
        self, task: str | None = None, *, skip: int = 0, most: int = 25
    ) -> list[VersionRecord]:
        """Versions of a task, or of all tasks, newest first."""
        conditions = () if task is None else (Version.task == task,)
        return await self._find(*conditions, skip=skip, most=most)

    async def count(self, task: str) -> int:
        """Number of versions of a task."""
        statement = select(func.count()).where(Version.task == task)
        async with self._database.reading() as session:
            return await session.scalar(statement) or 0

    async def previous(self, task: str, version_id: int) -> VersionRecord | None:
        """The version of a task that was created before another one."""
        found = await self._find(Version.task == task, Version.id < version_id, most=1)
        return found[0] if found else None

    async def get(self, version_id: int) -> VersionRecord | None:
        """A version by its id."""
        found = await self._find(Version.id == version_id, most=1)
        return found[0] if found else None

    async def weights(self, version_id: int) -> bytes | None:
        """The weight file of a version; `None` once deleted."""
        async with self._database.reading() as session:
            return await session.scalar(select(Version.weights).where(Version.id == version_id))

    async def curve(self, version_id: int) -> bytes | None:
        """The plot of a version's losses, a PNG."""
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
        """Make a version live, in every process that shares the database."""
        async with self._database.writing() as session:
            await self._lock(session)
            return await self._activate(session, task, version_id, member_id, reason, now)

    async def roll_back(self, task: str, *, member_id: int | None, now: datetime) -> Live | None:
        """Activate the version that was live before the present one; `None` if none was.

        Each further call goes one step further back, finally to the shipped weights. Versions whose
        weights have been deleted are skipped.
        """
        async with self._database.writing() as session:
            await self._lock(session)
            found = await self._before(session, task)
            if found is None:
                return None
            number = found.version_id
            return await self._activate(session, task, number, member_id, "rollback", now)

    async def before(self, task: str) -> Live | None:
        """What `roll_back` would activate; `None` if nothing."""
        async with self._database.reading() as session:
            return await self._before(session, task)

    async def _add(self, session: AsyncSession, version: NewVersion, now: datetime) -> int:
        row = Version(created_at=now, **vars(version))
        session.add(row)
        await session.flush()
        await self._drop_old_weights(session, version.task)
        return row.id

    async def _before(self, session: AsyncSession, task: str) -> Live | None:
        *stack, present = await self._stack(session, task)
        usable = select(Version.id).where(Version.task == task, Version.weights.is_not(None))
        choice = {None, *await session.scalars(usable)} - {present}
        return next((Live(0, number) for number in reversed(stack) if number in choice), None)

    async def _stack(self, session: AsyncSession, task: str) -> list[int | None]:
        """Stack of activated versions: an activation pushes one, a rollback pops one."""
        history = await session.execute(
            select(Activation.version_id, Activation.reason)
            .where(Activation.task == task)
            .order_by(Activation.id)
        )
        stack: list[int | None] = [None]
        for version_id, reason in history:
            if reason == "rollback":
                stack.pop()
                while len(stack) > 1 and stack[-1] != version_id:  # skipped by the rollback
                    stack.pop()
            elif version_id != stack[-1]:
                stack.append(version_id)
        return stack

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

    async def _lock(self, session: AsyncSession) -> None:
        """Let one process at a time activate, so that activation ids follow the clock."""
        if not self._database.is_sqlite:  # which has one writer at a time anyway
            await session.execute(text("LOCK TABLE activations IN EXCLUSIVE MODE"))

    async def _drop_old_weights(self, session: AsyncSession, task: str) -> None:
        """Keep the weights of the newest and of the most recently activated versions."""
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
