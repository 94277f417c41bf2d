"""The dinosaurs of the day: which communities get them, and which get none anymore."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, literal, select, update

from bot.community.queries import (
    DAILY_COLUMNS,
    QUIET_DAYS,
    DailySettings,
    Stopped,
    daily_settings_of,
)
from bot.outbox.queries import Kind, put
from bot.store.identities import on_platform
from bot.store.queries import Queries
from bot.store.schema import Community, Poll

NOTICED = timedelta(days=1)
"""How long the notice that a community's dinosaurs have stopped may wait."""


class Dailies(Queries):
    """The dinosaurs of the day of all communities."""

    async def chosen(self, platform: str) -> dict[int, DailySettings]:
        """The settings of all communities that get one on a platform."""
        statement = select(Community.id, *DAILY_COLUMNS).where(
            Community.daily_from.is_not(None),
            Community.left_at.is_(None),
            on_platform(platform, Community.daily_channel_id),
        )
        rows = await self._rows(statement)
        return await asyncio.to_thread(lambda: {row.id: daily_settings_of(row) for row in rows})

    async def is_quiet(self, community_id: int) -> bool:
        """Whether no name has won on the last `QUIET_DAYS` days that had a vote, while it is on."""
        latest = (
            select(Poll.winner)
            .join(Community, Community.id == Poll.community_id)
            .where(
                Poll.community_id == community_id,
                Poll.day >= Community.daily_from,
                Poll.closed_at.is_not(None),
                Poll.message_id.is_not(None),
            )
            .order_by(Poll.day.desc())
            .limit(QUIET_DAYS)
        )
        winners = [winner for (winner,) in await self._rows(latest)]
        return winners == [None] * QUIET_DAYS

    async def stop(
        self, community_id: int, daily: DailySettings, reason: Stopped, now: datetime
    ) -> bool:
        """Stop a community's dinosaurs of the day, and put a notice into the outbox.

        Returns false if they were stopped already, or set again since these settings were read.
        """
        async with self._database.writing() as session:
            stopped = await session.scalar(
                update(Community)
                .where(
                    Community.id == community_id,
                    Community.daily_channel_id == daily.channel_id,
                    Community.daily_from == daily.starts_on,
                )
                .values(daily_from=None, daily_stopped=reason)
                .returning(Community.id)
            )
            place = select(Community.id, literal(daily.channel_id, BigInteger))
            is_stopped = Community.id == stopped
            await put(session, Kind.STOPPED, place.where(is_stopped), now, now + NOTICED)
            return stopped is not None
