"""Queue and history of the trainings started from the chat, shared by all processes."""

import asyncio
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot.store.calls import limited, patient
from bot.store.database import Database
from bot.store.schema import Activation, Training, Version

SILENCE = timedelta(seconds=40)
"""A running training without a heartbeat for this long is considered dead."""
DIED = "The bot was restarted meanwhile."
LOST = "Another process has taken over this training."
"""Stop reason for a process that no longer owns its training."""


@dataclass(frozen=True)
class TrainingRequest:
    """A request for a training, from the command to the trainer."""

    policy: str
    """`shared` or `custom`: see `bot.training.policies`."""
    task: str
    recipe: str
    seed: int
    queued_at: datetime
    minutes: int | None = None
    """Time limit; `None` for that of the recipe."""
    force: bool = False
    """Whether to activate the result even if it is worse."""
    custom_model_id: int | None = None
    community_id: int | None = None
    member_id: int | None = None
    channel_id: int | None = None
    message_id: int | None = None
    """The message that shows its progress."""
    title: str = ""
    """Title of the corpus."""
    corpus: bytes | None = field(default=None, repr=False)
    """A corpus file; `None` for the corpus of the task."""
    corpus_is_new: bool = False
    """Whether the corpus replaces the one of the custom model."""
    extra_names: Sequence[str] = field(default=(), repr=False)
    """Names to train on in addition to the corpus."""
    notes: tuple[str, ...] = ()
    """Sentences about the corpus."""


@dataclass(frozen=True, kw_only=True)
class TrainingRecord(TrainingRequest):
    """A request in the database. Its corpus and extra names are loaded separately."""

    id: int
    state: str
    """`queued`, `running`, `done`, `failed` or `stopped`."""
    version_id: int | None = None
    attempts: int = 0
    owner: str | None = None
    stop_reason: str | None = None
    started_at: datetime | None = None
    beat_at: datetime | None = None
    ended_at: datetime | None = None
    message: str = ""
    has_corpus: bool = False
    """Whether a corpus file is stored: see `Trainings.corpus`."""


_COLUMNS = (
    Training.id,
    Training.policy,
    Training.task,
    Training.recipe,
    Training.seed,
    Training.minutes,
    Training.force,
    Training.custom_model_id,
    Training.version_id,
    Training.community_id,
    Training.member_id,
    Training.channel_id,
    Training.message_id,
    Training.title,
    Training.corpus_is_new,
    Training.notes,
    Training.state,
    Training.attempts,
    Training.owner,
    Training.stop_reason,
    Training.queued_at,
    Training.started_at,
    Training.beat_at,
    Training.ended_at,
    Training.message,
    Training.corpus.is_not(None).label("has_corpus"),
)
_ACTIVE = ("queued", "running")
_NO_BLOBS = {"corpus": None, "extra_names": None}


@limited
class Trainings:
    """Every training, by its id. Each policy runs one at a time in the whole fleet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enqueue(self, request: TrainingRequest) -> int:
        """Add a training to the end of its policy's queue. Returns its id."""
        values = dict(vars(request))
        values["corpus"] = await _compressed(request.corpus)
        names = "\n".join(request.extra_names).encode() if request.extra_names else None
        values["extra_names"] = await _compressed(names)
        values["notes"] = json.dumps(request.notes, ensure_ascii=False)
        row = Training(**values)
        async with self._database.writing() as session:
            session.add(row)
        return row.id

    async def next_queued(self, policy: str, owner: str, now: datetime) -> TrainingRecord | None:
        """Claim the oldest queued training of a policy for a process, and mark it as running.

        Returns `None` if none is queued, or if any process runs one of this policy. A running
        training counts until it has been silent for `SILENCE`.
        """
        queued = (Training.policy == policy, Training.state == "queued")
        async with self._database.reading() as session:  # without a lock: usually none waits
            if await session.scalar(select(Training.id).where(*queued).limit(1)) is None:
                return None
        async with self._database.writing() as session:
            await self._lock(session)
            running = select(Training.id).where(
                Training.policy == policy,
                Training.state == "running",
                Training.beat_at >= now - SILENCE,
            )
            if await session.scalar(running.limit(1)) is not None:
                return None
            oldest = select(func.min(Training.id)).where(*queued).scalar_subquery()
            claimed = await session.execute(
                update(Training)
                .where(Training.id == oldest)
                .values(
                    state="running",
                    owner=owner,
                    started_at=now,
                    beat_at=now,
                    attempts=Training.attempts + 1,
                )
                .returning(*_COLUMNS)
            )
            row = claimed.first()
        return None if row is None else _record(row)

    async def beat(self, training_id: int, owner: str, now: datetime) -> str | None:
        """Record a heartbeat. Returns the reason to stop, if the training should stop.

        That is `LOST` if the training no longer belongs to `owner` or no longer exists.
        """
        async with self._database.writing() as session:
            alive = await session.execute(
                update(Training)
                .where(*_owned(training_id, owner))
                .values(beat_at=now)
                .returning(Training.stop_reason)
            )
            row = alive.first()
        return LOST if row is None else row[0]

    async def request_stop(
        self, training_id: int, reason: str, now: datetime | None = None
    ) -> bool:
        """Stop a queued training at once, and ask the owner of a running one to stop it.

        The first reason given is kept. Returns whether the training was queued or running.
        """
        queued = Training.state == "queued"
        async with self._database.writing() as session:
            changed = await session.execute(
                update(Training)
                .where(Training.id == training_id, Training.state.in_(_ACTIVE))
                .values(
                    stop_reason=func.coalesce(Training.stop_reason, reason),
                    message=case((queued, reason), else_=Training.message),
                    ended_at=case((queued, now or datetime.now(UTC)), else_=Training.ended_at),
                    corpus=case((queued, None), else_=Training.corpus),
                    extra_names=case((queued, None), else_=Training.extra_names),
                    state=case((queued, "stopped"), else_=Training.state),
                )
                .returning(Training.id)
            )
            return changed.first() is not None

    @patient
    async def finish(
        self,
        training_id: int,
        owner: str,
        state: str,
        now: datetime,
        message: str = "",
        version_id: int | None = None,
    ) -> bool:
        """Record how a running training ended: `done`, `failed` or `stopped`.

        Returns whether it was still running and belonged to `owner`; else nothing changes. Its
        version loses the member if they were forgotten while it was being stored.
        """
        ended = update(Training).where(*_owned(training_id, owner)).returning(Training.member_id)
        values = {"state": state, "ended_at": now, "message": message, "version_id": version_id}
        async with self._database.writing() as session:
            row = (await session.execute(ended.values(values | _NO_BLOBS))).first()
            if row is not None and row.member_id is None and version_id is not None:
                for column in (Version.id, Activation.version_id):
                    forget = update(column.class_).where(column == version_id)
                    await session.execute(forget.values(member_id=None))
        return row is not None

    async def requeue(self, training_id: int, owner: str) -> bool:
        """Put a training that was interrupted in good order back in its old place in the queue.

        A restart of the bot is no failure of the training, so it does not count as an attempt.
        Returns whether it was still running, belonged to `owner` and nobody has asked to stop it.
        """
        return await self._change(
            *_owned(training_id, owner),
            Training.stop_reason.is_(None),
            state="queued",
            attempts=Training.attempts - 1,
            owner=None,
            started_at=None,
            beat_at=None,
        )

    async def fail_stale_runs(self, now: datetime, max_attempts: int) -> list[TrainingRecord]:
        """Take running trainings from processes that have been silent for `SILENCE`.

        One that was asked to stop is `stopped`. One started fewer than `max_attempts` times is
        queued again, others become `failed`; so do those of 0.3.0, whose recipe is not known.
        Returns them in their new state. A heartbeat in the future, of a clock that was or is wrong,
        counts as one of `now`.
        """
        stopped = Training.stop_reason.is_not(None)
        again = (Training.attempts < max_attempts) & (Training.recipe != "")
        ended = or_(stopped, ~again)
        async with self._database.writing() as session:
            await session.execute(
                update(Training)
                .where(Training.state == "running", Training.beat_at > now)
                .values(beat_at=now)
            )
            stale = await session.execute(
                update(Training)
                .where(Training.state == "running", Training.beat_at < now - SILENCE)
                .values(
                    state=case((stopped, "stopped"), (again, "queued"), else_="failed"),
                    message=case((stopped, Training.stop_reason), (again, ""), else_=DIED),
                    ended_at=case((ended, now), else_=None),
                    started_at=case((ended, Training.started_at), else_=None),
                    beat_at=case((ended, Training.beat_at), else_=None),
                    owner=case((ended, Training.owner), else_=None),
                    corpus=case((ended, None), else_=Training.corpus),
                    extra_names=case((ended, None), else_=Training.extra_names),
                )
                .returning(*_COLUMNS)
            )
            rows = stale.all()
        return sorted((_record(row) for row in rows), key=lambda record: record.id)

    async def get(self, training_id: int) -> TrainingRecord | None:
        """A training by its id."""
        return await self._first(Training.id == training_id)

    async def active_of(self, custom_model_id: int) -> TrainingRecord | None:
        """The queued or running training of a custom model."""
        return await self._first(
            Training.custom_model_id == custom_model_id, Training.state.in_(_ACTIVE)
        )

    async def corpus(self, training_id: int) -> bytes | None:
        """The uploaded corpus, uncompressed; `None` without one or after the training has ended."""
        return await self._blob(Training.corpus, training_id)

    async def extra_names(self, training_id: int) -> tuple[str, ...]:
        """Names to add to the corpus; empty without any or after the training has ended."""
        names = await self._blob(Training.extra_names, training_id)
        return () if names is None else tuple(names.decode().split("\n"))

    async def queued_before(self, training_id: int) -> int:
        """Number of trainings of the same policy that end before this one starts.

        These are the running one and the queued ones in front of it. 0 for an unknown id.
        """
        this = select(Training.policy).where(Training.id == training_id).scalar_subquery()
        statement = select(func.count()).where(
            Training.policy == this,
            Training.id != training_id,
            or_(
                Training.state == "running",
                (Training.state == "queued") & (Training.id < training_id),
            ),
        )
        async with self._database.reading() as session:
            return await session.scalar(statement) or 0

    async def waiting(self, policy: str) -> list[TrainingRecord]:
        """Queued and running trainings of a policy, the oldest first."""
        return await self._find(Training.policy == policy, Training.state.in_(_ACTIVE))

    async def ended_since(self, moment: datetime) -> list[TrainingRecord]:
        """Trainings that have ended at a moment or later, the oldest first."""
        return await self._find(Training.state.not_in(_ACTIVE), Training.ended_at >= moment)

    async def with_corpus_of(self, member_id: int) -> list[TrainingRecord]:
        """Queued and running trainings on a corpus that a member has uploaded."""
        own = Training.member_id == member_id, Training.corpus.is_not(None)
        return await self._find(*own, Training.state.in_(_ACTIVE))

    async def active(self) -> dict[str, int]:
        """Number of trainings that are queued and running, in all processes, by state."""
        state = Training.state
        statement = select(state, func.count()).where(state.in_(_ACTIVE)).group_by(state)
        found = dict.fromkeys(_ACTIVE, 0)
        async with self._database.reading() as session:
            for name, number in await session.execute(statement):
                found[name] = number
        return found

    async def last_ended_at(self, policy: str, before: datetime) -> datetime | None:
        """When the last training of a policy ended, in any process, before a time.

        Trainings that were stopped in the queue do not count.
        """
        statement = select(func.max(Training.ended_at)).where(
            Training.policy == policy,
            Training.started_at.is_not(None),
            Training.ended_at < before,
        )
        async with self._database.reading() as session:
            return await session.scalar(statement)

    async def member_of(self, training_id: int) -> int | None:
        """The member who requested a training; `None` if unknown or forgotten."""
        async with self._database.reading() as session:
            return await session.scalar(
                select(Training.member_id).where(Training.id == training_id)
            )

    async def set_message(self, training_id: int, channel_id: int, message_id: int) -> None:
        """Set the message that shows the progress."""
        await self._change(Training.id == training_id, channel_id=channel_id, message_id=message_id)

    async def _lock(self, session: AsyncSession) -> None:
        """Let one process at a time claim a training."""
        if not self._database.is_sqlite:  # which has one writer at a time anyway
            await session.execute(text("LOCK TABLE trainings IN SHARE ROW EXCLUSIVE MODE"))

    async def _first(self, *conditions: ColumnElement[bool]) -> TrainingRecord | None:
        found = await self._find(*conditions)
        return found[0] if found else None

    async def _find(self, *conditions: ColumnElement[bool]) -> list[TrainingRecord]:
        statement = select(*_COLUMNS).where(*conditions).order_by(Training.id)
        async with self._database.reading() as session:
            return [_record(row) for row in await session.execute(statement)]

    async def _blob(
        self, column: InstrumentedAttribute[bytes | None], training_id: int
    ) -> bytes | None:
        async with self._database.reading() as session:
            packed = await session.scalar(select(column).where(Training.id == training_id))
        return None if packed is None else await asyncio.to_thread(zlib.decompress, packed)

    async def _change(self, *conditions: ColumnElement[bool], **values: object) -> bool:
        async with self._database.writing() as session:
            changed = await session.execute(
                update(Training).where(*conditions).values(**values).returning(Training.id)
            )
            return changed.first() is not None


def _record(row: Any) -> TrainingRecord:  # noqa: ANN401 (a row of `_COLUMNS`)
    values = dict(row._mapping)
    return TrainingRecord(**values | {"notes": tuple(json.loads(values["notes"]))})


def _owned(training_id: int, owner: str) -> tuple[ColumnElement[bool], ...]:
    return Training.id == training_id, Training.owner == owner, Training.state == "running"


async def _compressed(content: bytes | None) -> bytes | None:
    return None if content is None else await asyncio.to_thread(zlib.compress, content)
