"""Versions of the shipped networks, which of them is live, and the trainings that made them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.database import Database
from bot.store.schema import Activation, Run, Version
from models.weights import KINDS, Kind

DIED = "The bot was restarted meanwhile."
KEPT = 10
"""Weight files of a kind that are kept; of older versions only the figures are."""
SILENCE = timedelta(seconds=60)
"""Without a sign of life for so long, a training is thought to be dead."""


@dataclass(frozen=True)
class NewVersion:
    """What a training has made."""

    kind: Kind
    digest: str
    weights: bytes
    corpus: str
    corpus_sha256: str
    recipe: str
    seed: int | None
    validation: float | None
    yardstick: float | None
    live_yardstick: float | None
    member_id: int | None = None
    seconds: float | None = None
    history: str | None = None
    curve: bytes | None = None
    samples: str = "[]"


@dataclass(frozen=True)
class VersionRecord:
    """A version, without its weights, its history and its curve."""

    id: int
    kind: str
    digest: str
    created_at: datetime
    member_id: int | None
    corpus: str
    corpus_sha256: str
    recipe: str
    seed: int | None
    validation: float | None
    yardstick: float | None
    live_yardstick: float | None
    seconds: float | None
    samples: str
    has_weights: bool
    """Whether it can be served."""


@dataclass(frozen=True)
class Live:
    """What is served of a kind, since when and why."""

    activation_id: int
    """Grows with each activation; 0 if there was none."""
    version_id: int | None
    """`None` for the weights that come with the bot."""
    at: datetime | None = None
    why: str = ""


class Versions:
    """The versions of both kinds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, version: NewVersion, now: datetime) -> int:
        """Keep a version, all of it or nothing; its number. It is not live by that."""
        async with self._database.writing() as session:
            return await self._add(session, version, now)

    async def add_live(self, version: NewVersion, why: str, now: datetime) -> tuple[int, Live]:
        """Keep a version and make it live, both or neither; its number, and what is live now."""
        async with self._database.writing() as session:
            await self._take_turn(session)
            number = await self._add(session, version, now)
            live = await self._activate(session, version.kind, number, version.member_id, why, now)
            return number, live

    async def of(
        self, kind: Kind | None = None, *, skip: int = 0, most: int = 25
    ) -> list[VersionRecord]:
        """The newest versions of a kind, or of both, the newest first."""
        conditions = () if kind is None else (Version.kind == kind,)
        return await self._find(*conditions, skip=skip, most=most)

    async def count(self, kind: Kind) -> int:
        """How many versions of a kind there are."""
        statement = select(func.count()).where(Version.kind == kind)
        async with self._database.reading() as session:
            return await session.scalar(statement) or 0

    async def previous(self, kind: Kind, version_id: int) -> VersionRecord | None:
        """The version of a kind that was made before one."""
        found = await self._find(Version.kind == kind, Version.id < version_id, most=1)
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

    async def live(self) -> dict[Kind, Live]:
        """What is live of each kind."""
        newest = select(func.max(Activation.id)).group_by(Activation.kind)
        statement = select(
            Activation.kind, Activation.id, Activation.version_id, Activation.at, Activation.why
        ).where(Activation.id.in_(newest))
        async with self._database.reading() as session:
            rows = await session.execute(statement)
            found = {
                kind: Live(number, version, at, why) for kind, number, version, at, why in rows
            }
        return {kind: found.get(kind, Live(0, None)) for kind in KINDS}

    async def activate(
        self, kind: Kind, version_id: int | None, *, member_id: int | None, why: str, now: datetime
    ) -> Live:
        """Make a version live in every process that shares the database."""
        async with self._database.writing() as session:
            await self._take_turn(session)
            return await self._activate(session, kind, version_id, member_id, why, now)

    async def roll_back(self, kind: Kind, *, member_id: int | None, now: datetime) -> Live | None:
        """Make live what was live before the present version; `None` if nothing was.

        Going back again goes further back, to the shipped weights in the end. Versions whose
        weights are not kept any more are passed over.
        """
        async with self._database.writing() as session:
            await self._take_turn(session)
            found = await self._before(session, kind)
            if found is None:
                return None
            number = found.version_id
            return await self._activate(session, kind, number, member_id, "rollback", now)

    async def before(self, kind: Kind) -> Live | None:
        """What a step back would make live; `None` if there is none."""
        async with self._database.reading() as session:
            return await self._before(session, kind)

    async def begin_run(
        self,
        what: str,
        *,
        seed: int,
        now: datetime,
        custom_model_id: int | None = None,
        community_id: int | None = None,
        member_id: int | None = None,
        channel_id: int | None = None,
        message_id: int | None = None,
    ) -> int:
        """Note that a training begins; its number."""
        run = Run(
            what=what,
            seed=seed,
            started_at=now,
            beat_at=now,
            custom_model_id=custom_model_id,
            community_id=community_id,
            member_id=member_id,
            channel_id=channel_id,
            message_id=message_id,
        )
        async with self._database.writing() as session:
            session.add(run)
        return run.id

    async def beat(self, run_id: int, now: datetime) -> None:
        """Note that a training is alive."""
        async with self._database.writing() as session:
            await session.execute(update(Run).where(Run.id == run_id).values(beat_at=now))

    async def end_run(
        self,
        run_id: int,
        state: str,
        now: datetime,
        *,
        message: str = "",
        version_id: int | None = None,
    ) -> None:
        """Note how a training has ended: `done`, `failed` or `stopped`."""
        async with self._database.writing() as session:
            await session.execute(
                update(Run)
                .where(Run.id == run_id, Run.state == "running")
                .values(state=state, ended_at=now, message=message, version_id=version_id)
            )

    async def member_of_run(self, run_id: int) -> int | None:
        """Who began a training; `None` if nobody, or somebody who was forgotten meanwhile."""
        async with self._database.reading() as session:
            return await session.scalar(select(Run.member_id).where(Run.id == run_id))

    async def fail_stale_runs(
        self, now: datetime, what: Collection[str] = KINDS
    ) -> list[tuple[int | None, int | None]]:
        """Mark trainings of such kinds as failed whose process is gone; where they were told of."""
        async with self._database.writing() as session:
            dead = await session.execute(
                update(Run)
                .where(
                    Run.state == "running", Run.beat_at < now - SILENCE, Run.what.in_(list(what))
                )
                .values(state="failed", ended_at=now, message=DIED)
                .returning(Run.channel_id, Run.message_id)
            )
            return [(channel, message) for channel, message in dead]

    async def _add(self, session: AsyncSession, version: NewVersion, now: datetime) -> int:
        row = Version(created_at=now, **vars(version))
        session.add(row)
        await session.flush()
        await self._drop_old_weights(session, version.kind)
        return row.id

    async def _before(self, session: AsyncSession, kind: Kind) -> Live | None:
        *pile, present = await self._pile(session, kind)
        usable = select(Version.id).where(Version.kind == kind, Version.weights.is_not(None))
        choice = {None, *await session.scalars(usable)} - {present}
        return next((Live(0, number) for number in reversed(pile) if number in choice), None)

    async def _pile(self, session: AsyncSession, kind: Kind) -> list[int | None]:
        """What was made live, as a pile of which each step back takes one off."""
        history = await session.execute(
            select(Activation.version_id, Activation.why)
            .where(Activation.kind == kind)
            .order_by(Activation.id)
        )
        pile: list[int | None] = [None]
        for version_id, why in history:
            if why == "rollback":
                pile.pop()
                while len(pile) > 1 and pile[-1] != version_id:  # what was passed over
                    pile.pop()
            elif version_id != pile[-1]:
                pile.append(version_id)
        return pile

    async def _activate(
        self,
        session: AsyncSession,
        kind: Kind,
        version_id: int | None,
        member_id: int | None,
        why: str,
        now: datetime,
    ) -> Live:
        row = Activation(kind=kind, version_id=version_id, at=now, member_id=member_id, why=why)
        session.add(row)
        await session.flush()
        return Live(row.id, version_id, now, why)

    async def _take_turn(self, session: AsyncSession) -> None:
        """Let one process at a time decide what is live, so that numbers grow with time."""
        if not self._database.is_sqlite:  # there, whoever writes is alone
            await session.execute(text("LOCK TABLE activations IN EXCLUSIVE MODE"))

    async def _drop_old_weights(self, session: AsyncSession, kind: Kind) -> None:
        """Keep the weights of the newest versions, and of those that were lately live."""
        newest = select(Version.id).where(Version.kind == kind).order_by(Version.id.desc())
        live = (
            select(Activation.version_id)
            .where(Activation.kind == kind, Activation.version_id.is_not(None))
            .order_by(Activation.id.desc())
        )
        kept = {
            *await session.scalars(newest.limit(KEPT)),
            *await session.scalars(live.limit(KEPT)),
        }
        await session.execute(
            update(Version)
            .where(Version.kind == kind, Version.id.not_in(kept))
            .values(weights=None)
        )

    async def _find(
        self, *conditions: ColumnElement[bool], most: int, skip: int = 0
    ) -> list[VersionRecord]:
        statement = (
            select(
                Version.id,
                Version.kind,
                Version.digest,
                Version.created_at,
                Version.member_id,
                Version.corpus,
                Version.corpus_sha256,
                Version.recipe,
                Version.seed,
                Version.validation,
                Version.yardstick,
                Version.live_yardstick,
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
