"""Queries of trainings, of versions of the shared models, and of custom models."""

import asyncio
import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.members import writing_for
from bot.store.personal import (
    Rows,
    communities_in,
    delete_of_communities,
    number_of,
    rows_of_member,
)
from bot.store.queries import Queries, patient
from bot.store.schema import (
    EVERYWHERE,
    Activation,
    Community,
    CustomModel,
    RefusedModel,
    Training,
    Version,
)
from bot.text.stored import read_stored, to_json
from data.phrases import Showable

SILENCE = timedelta(seconds=40)
"""A running training without a heartbeat for this long is considered dead."""
DIED = "The bot was restarted meanwhile."
ROLLBACK = "rollback"
"""Reason for the activation of a version that was live before."""
KEPT = 10
"""Versions of a task that keep their weights; older ones keep only their metrics."""

SHARED, CUSTOM = "shared", "custom"
"""Queues of trainings: of the shared models, and of custom models. Each runs one at a time."""

T = TypeVar("T")


@dataclass(frozen=True)
class TrainingRequest:
    """A request for a training, from the command to the trainer."""

    policy: str
    """The queue: `SHARED` or `CUSTOM`."""
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
    notes: tuple[Showable, ...] = ()
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
    """Whether the weights are kept, so that the version can be activated."""


class VersionFiles(NamedTuple):
    """The result of a training."""

    weights: bytes
    curve: bytes | None = None
    """Plot of the losses, a PNG."""


@dataclass(frozen=True)
class Live:
    """The live version of a task."""

    activation_id: int
    """Increases with each activation; 0 if nothing was activated yet."""
    version_id: int | None
    """`None` for the shipped weights."""
    at: datetime | None = None
    """Time of the activation."""
    reason: str = ""
    """`automatic`, `forced`, `activated` or `rollback`."""


@dataclass(frozen=True)
class CustomModelRecord:
    """A custom model without its corpus and its weights."""

    id: int
    community_id: int
    name: Showable
    """Other communities check it with their own filters (`check_name`)."""
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
    removed: bool
    """Whether moderators of its own community have removed it from use there."""

    def shows_list_to(self, community_id: int | None) -> bool:
        """Whether members of a community may learn what is on the list. Others see its name."""
        return self.community_id in (community_id, EVERYWHERE)


@dataclass(frozen=True)
class StoredList:
    """A list of names to train on."""

    title: str
    names: tuple[str, ...]


def _columns(
    table: type[Training | Version | CustomModel],
    record: type[TrainingRecord | VersionRecord | CustomModelRecord],
    *others: str,
) -> tuple[Any, ...]:
    """The columns of a table that a record has under the same names, without `others`."""
    return tuple(getattr(table, one.name) for one in fields(record) if one.name not in others)


_BLOBS = ("corpus", "extra_names")
_TRAINING = (
    *_columns(Training, TrainingRecord, "has_corpus", *_BLOBS),
    Training.corpus.is_not(None).label("has_corpus"),
)
_VERSION = (
    *_columns(Version, VersionRecord, "number", "has_weights"),
    Version.id.label("number"),
    Version.weights.is_not(None).label("has_weights"),
)
_CUSTOM_MODEL = (
    *_columns(CustomModel, CustomModelRecord, "has_corpus", "removed"),
    CustomModel.corpus.is_not(None).label("has_corpus"),
    exists()
    .where(
        RefusedModel.custom_model_id == CustomModel.id,
        RefusedModel.community_id == CustomModel.community_id,
    )
    .label("removed"),
)
_ACTIVE = ("queued", "running")
_NO_BLOBS: dict[str, object] = dict.fromkeys(_BLOBS)
_QUEUED: dict[str, object] = {"state": "queued", "owner": None, "started_at": None, "beat_at": None}


class _Queries(Queries):
    """Base of this file's classes of queries."""

    async def _unpacked(self, statement: Select[bytes | None]) -> bytes | None:
        packed = await self._scalar(statement)
        return None if packed is None else await asyncio.to_thread(zlib.decompress, packed)

    async def _names(self, statement: Select[bytes | None]) -> tuple[str, ...]:
        names = await self._unpacked(statement)
        return () if names is None else tuple(names.decode().split("\n"))

    async def _change(
        self,
        table: type[Training | CustomModel],
        *conditions: ColumnElement[bool],
        **values: object,
    ) -> bool:
        """Change rows. Returns whether there were any."""
        statement = update(table).where(*conditions).values(**values).returning(table.id)
        async with self._database.writing() as session:
            return (await session.execute(statement)).first() is not None

    async def _lock(self, session: AsyncSession, table: str, mode: str = "EXCLUSIVE") -> None:
        """Let one process at a time change a table."""
        if not self._database.is_sqlite:  # which has one writer at a time anyway
            await session.execute(text(f"LOCK TABLE {table} IN {mode} MODE"))


class Trainings(_Queries):
    """Queue and history of the trainings from the chat. All processes share it.

    Each queue (`TrainingRequest.policy`) runs one training at a time in the whole fleet.
    """

    async def enqueue(self, request: TrainingRequest) -> int:
        """Add a training to the end of its queue. Returns its id. Raises `Forgotten`."""
        values = vars(request) | {
            "corpus": await _packed(request.corpus),
            "extra_names": await _packed(_lines(request.extra_names) or None),
            "notes": json.dumps([*map(to_json, request.notes)], ensure_ascii=False),
        }
        row = Training(**values)
        async with writing_for(self._database, request.member_id) as session:
            session.add(row)
        return row.id

    async def next_queued(self, policy: str, owner: str, now: datetime) -> TrainingRecord | None:
        """Claim the oldest training of a queue for a process, and mark it as running.

        Returns `None` if none is queued, or if any process runs one of this queue. A running
        training counts until it has been silent for `SILENCE`.
        """
        queued = (Training.policy == policy, Training.state == "queued")
        if await self._scalar(select(Training.id).where(*queued).limit(1)) is None:
            return None  # found without a lock: usually none waits
        async with self._database.writing() as session:
            await self._lock(session, "trainings", "SHARE ROW EXCLUSIVE")
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
                .returning(*_TRAINING)
            )
            row = claimed.first()
        return None if row is None else _training(row)

    async def beat(self, training_id: int, owner: str, now: datetime) -> None:
        """Record a heartbeat, if the training runs and belongs to `owner`."""
        await self._change(Training, *_owned(training_id, owner), beat_at=now)

    async def request_stop(self, training_id: int, reason: str, now: datetime) -> bool:
        """Stop a queued training at once, and ask the owner of a running one to stop it.

        The first reason given is kept. Returns whether the training was queued or running.
        """
        this = Training.id == training_id
        first = func.coalesce(Training.stop_reason, reason)
        ended = {"state": "stopped", "message": reason, "ended_at": now} | _NO_BLOBS
        for state in ("queued", "running", "queued"):  # its owner may put it back meanwhile
            values = ended if state == "queued" else {}
            if await self._change(
                Training, this, Training.state == state, stop_reason=first, **values
            ):
                return True
        return False

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

        Returns whether it was still running and belonged to `owner`; else nothing changes.
        """
        values = {"state": state, "ended_at": now, "message": message, "version_id": version_id}
        return await self._change(Training, *_owned(training_id, owner), **values, **_NO_BLOBS)

    async def requeue(self, training_id: int, owner: str) -> bool:
        """Put a training that was interrupted in good order back in its old place in the queue.

        A restart of the bot is no failure of the training, so it does not count as an attempt.
        Returns whether it was still running, belonged to `owner` and nobody has asked to stop it.
        """
        return await self._change(
            Training,
            *_owned(training_id, owner),
            Training.stop_reason.is_(None),
            attempts=Training.attempts - 1,
            **_QUEUED,
        )

    async def fail_stale_runs(self, now: datetime, max_attempts: int) -> list[TrainingRecord]:
        """Take running trainings from processes that have been silent for `SILENCE`.

        One that was asked to stop is `stopped`. One that was started fewer than `max_attempts`
        times is queued again, and others become `failed`. Returns them in their new state. A
        heartbeat in the future, of a clock that was or is wrong, counts as one of `now`.
        """
        running = Training.state == "running"
        stale = running, Training.beat_at < now - SILENCE
        stopped = Training.stop_reason.is_not(None)
        ended = {
            "state": case((stopped, "stopped"), else_="failed"),
            "message": case((stopped, Training.stop_reason), else_=DIED),
            "ended_at": now,
        }
        early = update(Training).where(running, Training.beat_at > now)
        end = update(Training).where(*stale, or_(stopped, Training.attempts >= max_attempts))
        again = update(Training).where(*stale)
        async with self._database.writing() as session:
            await session.execute(early.values(beat_at=now))
            rows = [
                row
                for change in (end.values(ended | _NO_BLOBS), again.values(_QUEUED))
                for row in await session.execute(change.returning(*_TRAINING))
            ]
        return sorted((_training(row) for row in rows), key=lambda record: record.id)

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
        return await self._unpacked(select(Training.corpus).where(Training.id == training_id))

    async def extra_names(self, training_id: int) -> tuple[str, ...]:
        """Names to add to the corpus; empty without any or after the training has ended."""
        this = Training.id == training_id
        return await self._names(select(Training.extra_names).where(this))

    async def queued_before(self, training_id: int) -> int:
        """Number of trainings of the same queue that end before this one starts.

        These are the running one and the queued ones in front of it. 0 for an unknown id.
        """
        policy = select(Training.policy).where(Training.id == training_id).scalar_subquery()
        in_front = (Training.state == "queued") & (Training.id < training_id)
        statement = select(func.count()).where(
            Training.policy == policy,
            Training.id != training_id,
            or_(Training.state == "running", in_front),
        )
        return await self._scalar(statement) or 0

    async def waiting(self, policy: str) -> list[TrainingRecord]:
        """Queued and running trainings of a queue, the oldest first."""
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
        return dict.fromkeys(_ACTIVE, 0) | dict(await self._rows(statement))

    async def last_ended_at(self, policy: str, before: datetime) -> datetime | None:
        """Time at which the last training of a queue ended before a time, in any process.

        Trainings that were stopped in the queue do not count.
        """
        ended = Training.policy == policy, Training.started_at.is_not(None)
        early = Training.ended_at < before
        return await self._scalar(select(func.max(Training.ended_at)).where(*ended, early))

    async def set_message(self, training_id: int, channel_id: int, message_id: int) -> None:
        """Set the message that shows the progress."""
        this = Training.id == training_id
        await self._change(Training, this, channel_id=channel_id, message_id=message_id)

    async def _first(self, *conditions: ColumnElement[bool]) -> TrainingRecord | None:
        return next(iter(await self._find(*conditions)), None)

    async def _find(self, *conditions: ColumnElement[bool]) -> list[TrainingRecord]:
        statement = select(*_TRAINING).where(*conditions).order_by(Training.id)
        return [_training(row) for row in await self._rows(statement)]


class Versions(_Queries):
    """Versions of the shared models, and which of them is live."""

    @patient
    async def add(
        self,
        version: VersionRecord,
        files: VersionFiles,
        now: datetime,
        reason: str = "",
        training_id: int | None = None,
    ) -> tuple[int, Live | None]:
        """Store a version, and activate it if there is a reason to.

        Its member is that of the training, if they were not forgotten. Returns its number and the
        activation.
        """
        values = vars(version) | files._asdict() | {"created_at": now}
        values["samples"] = json.dumps(version.samples, ensure_ascii=False)
        del values["number"], values["has_weights"]
        live, task = None, version.task
        own = select(Training.member_id).where(Training.id == training_id)
        async with self._database.writing() as session:
            # Whoever forgets the member waits for this row, and then finds the version.
            values["member_id"] = await session.scalar(own.with_for_update(read=True))
            row = Version(**values)
            if reason:
                await self._lock(session, "activations")  # so that ids follow the clock
            session.add(row)
            await session.flush()
            await self._drop_old_weights(session, task)
            if reason:
                live = await self._activate(session, task, row.id, row.member_id, reason, now)
        return row.id, live

    async def of(
        self, task: str | None = None, *, skip: int = 0, most: int = 25
    ) -> list[VersionRecord]:
        """Versions of a task, or of all tasks, newest first."""
        conditions = () if task is None else (Version.task == task,)
        return await self._find(*conditions, skip=skip, most=most)

    async def count(self, task: str) -> int:
        """Number of versions of a task."""
        return await self._scalar(select(func.count()).where(Version.task == task)) or 0

    async def up_to(self, task: str, version_id: int) -> list[VersionRecord]:
        """A version, and the one of its task that was created before it."""
        return await self._find(Version.task == task, Version.id <= version_id, most=2)

    async def get(self, version_id: int) -> VersionRecord | None:
        """A version by its number."""
        return next(iter(await self._find(Version.id == version_id, most=1)), None)

    async def weights(self, version_id: int) -> bytes | None:
        """The weight file of a version; `None` once deleted."""
        return await self._scalar(select(Version.weights).where(Version.id == version_id))

    async def curve(self, version_id: int) -> bytes | None:
        """The plot of a version's losses, a PNG."""
        return await self._scalar(select(Version.curve).where(Version.id == version_id))

    async def live(self) -> defaultdict[str, Live]:
        """The live version by task. `Live(0, None)`, the shipped weights, before any activation."""
        newest = select(func.max(Activation.id)).group_by(Activation.task)
        statement = select(
            Activation.task, Activation.id, Activation.version_id, Activation.at, Activation.reason
        ).where(Activation.id.in_(newest))
        live: defaultdict[str, Live] = defaultdict(lambda: Live(0, None))
        for task, number, version_id, at, reason in await self._rows(statement):
            live[task] = Live(number, version_id, at, reason)
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
        """Make a version live, in every process that shares the database. Raises `Forgotten`."""
        async with writing_for(self._database, member_id) as session:
            await self._lock(session, "activations")
            return await self._activate(session, task, version_id, member_id, reason, now)

    async def earlier(self, task: str) -> list[int | None]:
        """The versions that were live before, without repetitions: what rollbacks activate in turn.

        The shipped weights are the last. Versions whose weights have been deleted are left out.
        """
        history = select(Activation.version_id, Activation.reason).where(Activation.task == task)
        stack: list[int | None] = [None]
        for version_id, reason in await self._rows(history.order_by(Activation.id)):
            if reason == ROLLBACK:  # goes back to this version, and perhaps skips some
                while len(stack) > 1 and stack[-1] != version_id:
                    stack.pop()
            elif version_id != stack[-1]:
                stack.append(version_id)
        *stack, present = stack
        usable = select(Version.id).where(Version.task == task, Version.weights.is_not(None))
        choice = {None, *(row.id for row in await self._rows(usable))} - {present}
        return list(dict.fromkeys(number for number in reversed(stack) if number in choice))

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
        newest = select(*_VERSION).where(*conditions).order_by(Version.id.desc())
        return [
            VersionRecord(**{**row._mapping, "samples": tuple(json.loads(row.samples))})
            for row in await self._rows(newest.offset(skip).limit(most))
        ]


class NameTaken(Exception):  # noqa: N818 (it is a state, not a fault)
    """The community already has a custom model of that name."""


class TooManyModels(Exception):  # noqa: N818
    """The community has reached its limit of custom models."""


class CustomModels(_Queries):
    """Custom models: a community's own list of names, and the weights trained on it."""

    async def create(
        self,
        *,
        community_id: int,
        name: str,
        member_id: int,
        corpus: StoredList,
        now: datetime,
        most: int,
        weights: tuple[bytes, str] | None = None,
    ) -> CustomModelRecord:
        """Store a new custom model.

        `weights` are a weight file and its digest, for an imported model: then the corpus is not
        stored. Raises `TooManyModels` if the community has `most` models, `NameTaken` and
        `Forgotten`.
        """
        content, digest = weights or (None, None)
        model = CustomModel(
            community_id=community_id,
            name=name,
            key=name.casefold(),
            member_id=member_id,
            created_at=now,
            weights=content,
            digest=digest,
            **await asyncio.to_thread(_columns_of, corpus, is_kept=weights is None),
        )
        async with writing_for(self._database, member_id) as session:
            await self._lock(session, "custom_models")
            number = select(func.count()).where(CustomModel.community_id == community_id)
            if (await session.scalar(number) or 0) >= most:
                raise TooManyModels
            session.add(model)
            try:
                await session.flush()
            except IntegrityError as error:
                raise NameTaken from error
        return (await self._find(CustomModel.id == model.id))[0]

    async def ship(self, corpus: StoredList, weights: bytes, digest: str, now: datetime) -> None:
        """Store a model of every community under the title of its list, or its new weights."""
        of_list = await asyncio.to_thread(_columns_of, corpus)
        new = {**of_list, "weights": weights, "digest": digest}
        added = self._database.insert(CustomModel).values(
            community_id=EVERYWHERE,
            name=corpus.title,
            key=corpus.title.casefold(),
            shared=True,
            created_at=now,
            **new,
        )
        async with self._database.writing() as session:
            await session.execute(
                added.on_conflict_do_update(
                    index_elements=[CustomModel.community_id, CustomModel.key],
                    set_=new,
                    where=CustomModel.digest != digest,
                )
            )

    async def check_new(self, community_id: int, name: str, *, most: int) -> None:
        """Raise what `create` would raise now."""
        known = await self.of(community_id)
        if len(known) >= most:
            raise TooManyModels
        if name.casefold() in {each.name.casefold() for each in known}:
            raise NameTaken

    async def of(self, community_id: int) -> list[CustomModelRecord]:
        """The custom models of a community, by name."""
        return await self._find(CustomModel.community_id == community_id)

    async def usable(
        self,
        community_id: int | None,
        *,
        typed: str = "",
        most: int = 25,
        only_shared: bool = False,
    ) -> list[CustomModelRecord]:
        """Trained models that a community may use and whose name contains `typed`.

        Its own come first, unless they are left out, then the bot's, then those that other
        communities share.
        """
        own = CustomModel.community_id == community_id if community_id is not None else false()
        return await self._find(
            _may_use(community_id),
            CustomModel.digest.is_not(None),
            *([~own] if only_shared else []),
            CustomModel.key.contains(typed.casefold(), autoescape=True),
            first=case((own, 0), (CustomModel.community_id == EVERYWHERE, 1), else_=2),
            most=most,
        )

    async def refused(self, community_id: int) -> list[CustomModelRecord]:
        """The models that moderators of a community have removed from use there."""
        return await self._find(CustomModel.id.in_(_refused_by(community_id)), most=25)

    async def get(self, custom_model_id: int) -> CustomModelRecord | None:
        """A custom model by its id."""
        return await self._first(CustomModel.id == custom_model_id)

    async def usable_one(
        self, custom_model_id: int, community_id: int | None
    ) -> CustomModelRecord | None:
        """A custom model by its id, if a community may use it."""
        return await self._first(CustomModel.id == custom_model_id, _may_use(community_id))

    async def named(self, community_id: int, name: str) -> CustomModelRecord | None:
        """A community's custom model by its name, ignoring case."""
        return await self._first(
            CustomModel.community_id == community_id, CustomModel.key == name.casefold()
        )

    async def corpus(self, custom_model_id: int) -> tuple[str, ...]:
        """The names of the corpus; empty if it is not stored."""
        this = CustomModel.id == custom_model_id
        return await self._names(select(CustomModel.corpus).where(this))

    async def weights(self, custom_model_id: int) -> bytes | None:
        """The weight file; `None` until the first training is done."""
        this = CustomModel.id == custom_model_id
        return await self._scalar(select(CustomModel.weights).where(this))

    @patient
    async def trained(
        self,
        custom_model_id: int,
        weights: bytes,
        digest: str,
        seconds: float,
        corpus: StoredList | None = None,
    ) -> bool:
        """Store new weights, and their corpus if it is a new one.

        Returns whether the model still exists.
        """
        values: dict[str, object] = {"weights": weights, "digest": digest, "seconds": seconds}
        if corpus is not None:
            values |= await asyncio.to_thread(_columns_of, corpus)
        return await self._change(CustomModel, CustomModel.id == custom_model_id, **values)

    async def share(self, custom_model_id: int, shared: bool) -> bool:
        """Set whether other communities may use a model. Returns whether it exists."""
        return await self._change(CustomModel, CustomModel.id == custom_model_id, shared=shared)

    async def delete(self, custom_model_id: int) -> bool:
        """Delete a model with its corpus, weights and trainings. Returns whether it existed."""
        this = CustomModel.id == custom_model_id
        async with self._database.writing() as session:
            gone = await session.execute(delete(CustomModel).where(this).returning(CustomModel.id))
            return gone.first() is not None

    async def _first(self, *conditions: ColumnElement[bool]) -> CustomModelRecord | None:
        return next(iter(await self._find(*conditions)), None)

    async def _find(
        self,
        *conditions: ColumnElement[bool],
        first: ColumnElement[int] | None = None,
        most: int | None = None,
    ) -> list[CustomModelRecord]:
        order = (() if first is None else (first,)) + (CustomModel.key, CustomModel.id)
        statement = select(*_CUSTOM_MODEL).where(*conditions).order_by(*order).limit(most)
        return [CustomModelRecord(**row._mapping) for row in await self._rows(statement)]


def _training(row: Any) -> TrainingRecord:  # noqa: ANN401 (a row of `_TRAINING`)
    notes = tuple(map(read_stored, json.loads(row.notes)))
    return TrainingRecord(**{**row._mapping, "notes": notes})


def _owned(training_id: int, owner: str) -> tuple[ColumnElement[bool], ...]:
    return Training.id == training_id, Training.owner == owner, Training.state == "running"


def _may_use(community_id: int | None) -> ColumnElement[bool]:
    """Whether a community may use a model: its own or a shared one, and not refused by it."""
    shared = CustomModel.shared.is_(True)
    if community_id is None:
        return shared
    accepts_none = select(Community.id).where(
        Community.id == community_id, Community.accepts_shared.is_(False)
    )
    own = CustomModel.community_id == community_id
    shipped = CustomModel.community_id == EVERYWHERE
    may = or_(own, shipped, and_(shared, ~accepts_none.exists()))
    return and_(may, CustomModel.id.not_in(_refused_by(community_id)))


def _refused_by(community_id: int) -> Select[int]:
    return select(RefusedModel.custom_model_id).where(RefusedModel.community_id == community_id)


async def _packed(content: bytes | None) -> bytes | None:
    return None if content is None else await asyncio.to_thread(zlib.compress, content)


def _columns_of(corpus: StoredList, *, is_kept: bool = True) -> dict[str, object]:
    lines = _lines(corpus.names)
    return {
        "title": corpus.title,
        "entries": len(corpus.names),
        "corpus": zlib.compress(lines) if is_kept else None,
        "corpus_sha256": hashlib.sha256(lines).hexdigest(),
    }


def _lines(names: Sequence[str]) -> bytes:
    return "\n".join(names).encode()


_OF_MEMBERS = (Training, CustomModel, Version, Activation)
"""A training first: `Versions.add` locks it, and then writes the other rows."""
_OF_COMMUNITIES = (CustomModel, Training, RefusedModel)


async def refuse(session: AsyncSession, community_id: int | None, custom_model_id: int) -> bool:
    """Stop a community from using a custom model. Returns whether it could use it before."""
    key = {"community_id": community_id, "custom_model_id": custom_model_id}
    # Locked, so that a second moderator waits. The model may be deleted meanwhile.
    model = select(CustomModel.id).where(CustomModel.id == custom_model_id).with_for_update()
    if await session.scalar(model) is None or await session.get(RefusedModel, key) is not None:
        return False
    session.add(RefusedModel(**key))
    return True


async def accept(session: AsyncSession, community_id: int | None, custom_model_id: int) -> bool:
    """The inverse of `refuse`. Returns whether it was refused."""
    gone = (
        delete(RefusedModel)
        .where(
            RefusedModel.community_id == community_id,
            RefusedModel.custom_model_id == custom_model_id,
        )
        .returning(RefusedModel.community_id)
    )
    return (await session.execute(gone)).first() is not None


async def count(session: AsyncSession, member_id: int) -> dict[str, int]:
    """Number of a member's custom models, trainings and changes of the live version."""
    from_own = select(Training.version_id).where(
        Training.member_id == member_id, Training.version_id.is_not(None)
    )
    trainings = await number_of(session, Training.member_id == member_id)
    # A version counts only if its training does not.
    trainings += await number_of(
        session, Version.member_id == member_id, Version.id.not_in(from_own)
    )
    return {
        "custom_models": await number_of(session, CustomModel.member_id == member_id),
        "trainings": trainings,
        "activations": await number_of(session, Activation.member_id == member_id),
    }


async def export(session: AsyncSession, member_id: int) -> dict[str, Rows]:
    """A member's custom models, trainings, versions and changes of the live version."""
    return await rows_of_member(session, _OF_MEMBERS, member_id)


async def forget(session: AsyncSession, member_id: int) -> None:
    """Delete the member's id. Others rely on custom models, versions and the rest."""
    for table in _OF_MEMBERS:
        await session.execute(
            update(table).where(table.member_id == member_id).values(member_id=None)
        )


async def communities(session: AsyncSession) -> set[int]:
    """The communities with custom models or trainings, or which refuse a custom model."""
    return await communities_in(session, _OF_COMMUNITIES) - {EVERYWHERE}


async def forget_communities(session: AsyncSession, gone: Collection[int]) -> None:
    """Delete the custom models and trainings of communities."""
    await delete_of_communities(session, _OF_COMMUNITIES, gone)
