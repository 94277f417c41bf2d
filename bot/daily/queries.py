"""The dinosaurs of the day: which communities get one now, and which get none anymore."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, func, select, tuple_, update

from bot.community.queries import QUIET_DAYS, DailySettings, Stopped
from bot.daily.moments import Slot
from bot.polls.queries import on_platform
from bot.store.queries import Queries
from bot.store.schema import Community, Poll


@dataclass(frozen=True)
class DueDaily:
    """A community without a dinosaur of the day that is due."""

    community_id: int
    channel_id: int
    day: date
    hours: int
    """How long the vote lasts."""
    starts_on: date
    """The first day since a manager has set it."""


_HOUR = func.coalesce(Community.daily_hour, DailySettings.hour)
_ZONE = func.coalesce(Community.daily_zone, DailySettings.zone)
_HOURS = func.coalesce(Community.daily_hours, DailySettings.hours)


class Dailies(Queries):
    """The dinosaurs of the day of all communities."""

    async def slots(self, platform: str) -> list[Slot]:
        """All slots in which communities of a platform get one."""
        slots = select(_HOUR, _ZONE).where(
            Community.daily_from.is_not(None), on_platform(platform, Community.daily_channel_id)
        )
        return [Slot(hour, zone) for hour, zone in await self._rows(slots.distinct())]

    async def due(
        self, day: date, slots: Collection[Slot], platform: str, *, most: int
    ) -> list[DueDaily]:
        """Some communities that lack the one of a day, which has come in these slots.

        Any of them, so that none keeps others waiting for ever.
        """
        has_one = exists().where(Poll.community_id == Community.id, Poll.day == day)
        statement = (
            select(Community.id, Community.daily_channel_id, _HOURS, Community.daily_from)
            .where(
                Community.daily_from <= day,
                Community.left_at.is_(None),
                on_platform(platform, Community.daily_channel_id),
                tuple_(_HOUR, _ZONE).in_(sorted(slots)),
                ~has_one,
            )
            .order_by(func.random())
            .limit(most)
        )
        return [
            DueDaily(community_id, channel_id, day, hours, starts_on)
            for community_id, channel_id, hours, starts_on in await self._rows(statement)
            if channel_id is not None and starts_on is not None
        ]

    async def is_quiet(self, due: DueDaily) -> bool:
        """Whether no name has won on the last `QUIET_DAYS` days that had a vote."""
        latest = (
            select(Poll.winner)
            .where(
                Poll.community_id == due.community_id,
                Poll.day >= due.starts_on,
                Poll.closed_at.is_not(None),
                Poll.message_id.is_not(None),
            )
            .order_by(Poll.day.desc())
            .limit(QUIET_DAYS)
        )
        winners = [winner for (winner,) in await self._rows(latest)]
        return winners == [None] * QUIET_DAYS

    async def stop(self, due: DueDaily, reason: Stopped) -> bool:
        """Stop those of a community.

        Returns whether they were not stopped, nor set again since this one was found to be due.
        """
        async with self._database.writing() as session:
            stopped = await session.scalar(
                update(Community)
                .where(
                    Community.id == due.community_id,
                    Community.daily_channel_id == due.channel_id,
                    Community.daily_from == due.starts_on,
                )
                .values(daily_from=None, daily_stopped=reason)
                .returning(Community.id)
            )
            return stopped is not None
