"""Versions of the shared networks, and which of them is live."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.calls import limited, patient
from bot.store.database import Database
from bot.store.schema import Activation, Version

KEPT = 10
"""Versions of a task that keep their weights; older ones keep only their metrics."""


@dataclass(frozen=True, kw_only=True)
class VersionRecord:
    """A version without its files. Losses are in nats per character."""

    task: str
    number: int | None = None
    """`None` for the shipped weights, and until it is stored."""
    created_at: datetime | None = None
    """`None` as long as `number` is."""
    member_id: int | None = None
    """The member who requested the training."""
    digest: str = ""
    """SHA-256 of the weight file; empty for the shipped weights."""
    corpus: str
    """Title of the corpus."""
    corpus_sha256: str
    recipe: str
    seed: int | None
    validation: float | None
    """Validation loss on its own corpus."""
    reference_loss: float | None
    """Validation loss on the project's corpus, comparable between versions of a task."""
    baseline_loss: float | None = None
    """The reference loss that it was compared with after its training."""
    seconds: float | None = None
    """Duration of the training."""
    samples: tuple[str, ...] = ()
    """Texts sampled from a fixed seed."""
    has_weights: bool = True
    """Whether it can be activated."""


class VersionFiles(NamedTuple):
    """The result of a training."""

    weights: bytes
    curve: bytes | None = None
    """Plot of the history, a PNG."""
    history: str | None = None
    """Losses by update: JSON."""


_DERIVED = ("number", "created_at", "has_weights")
"""Fields that are not stored from a record."""
_COLUMNS = (
    Version.task,
    Version.id.label("number"),
    Version.created_at,
    Version.member_id,
    Version.digest,
    Version.corpus,
    Version.corpus_sha256,
    Version.recipe,
    Version.seed,
    Version.validation,
    Version.reference_loss,
    Version.baseline_loss,
    Version.seconds,
    Version.samples,
    Version.weights.is_not(None).label("has_weights"),
)


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


@limited
class Versions:
    """Versions and activations of all tasks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @patient
    async def add(self, version: VersionRecord, files: VersionFiles, now: datetime) -> int:
        """Store a version without activating it. Returns its number."""
        async with self._database.writing() as session:
            return await self._add(session, version, files, now)

    @patient
    async def add_live(
        self, version: VersionRecord, files: VersionFiles, reason: str, now: datetime
    ) -> tuple[int, Live]:
        """Store and activate a version in one transaction; its number and the activation."""
        async with self._database.writing() as session:
            await self._lock(session)
            number = await self._add(session, version, files, now)
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
        """A version by its number."""
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
        """The live version by task. `Live(0, None)`, the shipped weights, before any activation."""
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
        """The activation that `roll_back` would repeat; `None` without an earlier one."""
        async with self._database.reading() as session:
            return await self._before(session, task)

    async def earlier(self, task: str) -> list[int | None]:
        """The versions that repeated calls of `roll_back` would activate, each of them once."""
        async with self._database.reading() as session:
            return await self._earlier(session, task)

    async def _add(
        self, session: AsyncSession, version: VersionRecord, files: VersionFiles, now: datetime
    ) -> int:
        values = {name: value for name, value in vars(version).items() if name not in _DERIVED}
        values["samples"] = json.dumps(version.samples, ensure_ascii=False)
        row = Version(created_at=now, **values, **files._asdict())
        session.add(row)
        await session.flush()
        await self._drop_old_weights(session, version.task)
        return row.id

    async def _before(self, session: AsyncSession, task: str) -> Live | None:
        earlier = await self._earlier(session, task)
        return Live(0, earlier[0]) if earlier else None

    async def _earlier(self, session: AsyncSession, task: str) -> list[int | None]:
        *stack, present = await self._stack(session, task)
        usable = select(Version.id).where(Version.task == task, Version.weights.is_not(None))
        choice = {None, *await session.scalars(usable)} - {present}
        return list(dict.fromkeys(number for number in reversed(stack) if number in choice))

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
            select(*_COLUMNS)
            .where(*conditions)
            .order_by(Version.id.desc())
            .offset(skip)
            .limit(most)
        )
        async with self._database.reading() as session:
            rows = (await session.execute(statement)).all()
        return [
            VersionRecord(**{**row._mapping, "samples": tuple(json.loads(row.samples))})
            for row in rows
        ]
