"""Records of trainings for the services of 0.3.0. To be deleted: use `bot.store.trainings`."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, literal, or_, select, update

from bot.store.database import Database
from bot.store.schema import Training
from bot.store.trainings import DIED, SILENCE


class LegacyRuns:
    """Trainings that run as soon as they are recorded, without a queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        """Record that a training has started. Returns its id."""
        run = Training(
            policy="custom" if what == "namer" else "shared",
            task="names" if what == "namer" else what,
            recipe="",
            seed=seed,
            state="running",
            attempts=1,
            queued_at=now,
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
        """Record a heartbeat."""
        async with self._database.writing() as session:
            await session.execute(update(Training).where(Training.id == run_id).values(beat_at=now))

    async def end_run(
        self,
        run_id: int,
        state: str,
        now: datetime,
        *,
        message: str = "",
        version_id: int | None = None,
    ) -> None:
        """Record how a training ended: `done`, `failed` or `stopped`."""
        async with self._database.writing() as session:
            await session.execute(
                update(Training)
                .where(Training.id == run_id, Training.state == "running")
                .values(state=state, ended_at=now, message=message, version_id=version_id)
            )

    async def member_of_run(self, run_id: int) -> int | None:
        """Who started a training; `None` if nobody did or that member was forgotten."""
        async with self._database.reading() as session:
            return await session.scalar(select(Training.member_id).where(Training.id == run_id))

    async def fail_stale_runs(
        self, now: datetime, what: Collection[str] = ("names", "sonnets")
    ) -> list[tuple[int | None, int | None]]:
        """Mark silent trainings as failed. Returns channel and message of each."""
        wanted = or_(
            and_(Training.policy == "shared", Training.task.in_(list(what))),
            and_(Training.policy == "custom", literal("namer" in what)),
        )
        async with self._database.writing() as session:
            dead = await session.execute(
                update(Training)
                .where(Training.state == "running", Training.beat_at < now - SILENCE, wanted)
                .values(state="failed", ended_at=now, message=DIED)
                .returning(Training.channel_id, Training.message_id)
            )
            return [(channel, message) for channel, message in dead]
