"""Posts the names of which communities choose their dinosaur of the day."""

import asyncio
import logging
import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from bot.chat.app import App
from bot.chat.message import Message
from bot.chat.translation import _
from bot.chat.turn import Forbidden, Gone, MessageRef, Platform
from bot.community.daily import stopped_sentence
from bot.community.moments import day_due, is_taken, next_day, zone_of
from bot.community.queries import Communities, DailySettings, Stopped
from bot.concurrency import ShuttingDown
from bot.daily.queries import Dailies
from bot.names.name_options import to_state
from bot.outbox.worker import Delivery, Ended
from bot.polls.plates import strip_of
from bot.polls.poll_message import message_of, poll_message, shown_poll
from bot.polls.queries import NoNameLeft, PollRecord, Polls, note_shown
from bot.store import Unavailable
from bot.text.spans import command, text
from bot.text.technical import NEWLINE
from bot.writing import Caller
from bot.writing.errors import InferenceError
from bot.writing.filtered import write_names
from models.names.generator import NamesRequest
from models.names.problems import NamesError

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Communities that are served at the same time."""
POSTING_S = 120.0
"""Time limit for one community, in seconds."""


class DailyPoster:
    """Opens polls on the names of the day in the communities on one platform that this process
    sees. The outbox posts them.

    A community's poll of a day can be stored once, so a second one is never posted.
    """

    def __init__(self, app: App, platform: Platform) -> None:
        self._app = app
        self._platform = platform
        self._posting = asyncio.Semaphore(AT_ONCE)

    async def post_due(self) -> float:
        """Run once. Returns the seconds until the next run, at the beginning of a minute."""
        if self._platform.is_reachable:  # else what is due waits, up to two hours
            with suppress(Unavailable):  # logged where it is raised
                dailies = await self._app.store[Dailies].chosen(self._platform.name)
                here, now = {*self._platform.communities}, self._app.now()
                due = await asyncio.to_thread(
                    lambda: [
                        community_id
                        for community_id, daily in dailies.items()
                        if community_id in here and _day_due(daily, now) is not None
                    ]
                )
                await asyncio.gather(*map(self._serve, due))
        return 60 - self._app.now().timestamp() % 60

    async def next_due(self) -> datetime | None:
        """When the next names of a day are due; `None` if no community gets any."""
        now, chosen = self._app.now(), await self._app.store[Dailies].chosen(self._platform.name)
        days = [next_day(now, d.hour, zone_of(d.zone), d.last_day) for d in chosen.values()]
        return min((moment for _day, moment in days), default=None)

    async def stop_if_quiet(self, community_id: int) -> None:
        """Stop those of a community after many days without a winner. Raises `Unavailable`."""
        daily = (await self._app.store[Communities].settings(community_id)).daily
        if await self._app.store[Dailies].is_quiet(community_id):
            await self._stop(community_id, daily, Stopped.QUIET)

    async def _serve(self, community_id: int) -> None:
        """Post the names of the day. Never raises, but lets the next round try again."""
        async with self._posting:
            try:
                with self._app.in_flight.track():
                    async with asyncio.timeout(POSTING_S):
                        # Others were served first: meanwhile a manager may have changed it.
                        daily = (await self._app.store[Communities].settings(community_id)).daily
                        if (day := _day_due(daily, self._app.now())) is not None:
                            await self._open(community_id, daily, day)
            except (ShuttingDown, Unavailable):
                return
            except (InferenceError, NamesError, NoNameLeft, TimeoutError) as error:
                self._count("failed")
                log.info("Community %d has no dinosaur of the day: %r", community_id, error)
            except Exception:
                self._count("failed")
                log.exception("Community %d has no dinosaur of the day", community_id)

    async def _open(self, community_id: int, daily: DailySettings, day: date) -> None:
        """Open the poll of a day, unless there is one. Raises errors of inference."""
        if not await self._app.blocks.has_community(community_id):
            prepared = await self._prepared(community_id, daily, day)
            await self._app.store[Polls].open_daily(prepared)

    async def show_poll(self, delivery: Delivery) -> Ended:
        """Post the poll of a day, as it is now."""
        app, platform = self._app, self._platform
        poll = await shown_poll(app, delivery.subject_id)
        if poll is None or await app.blocks.has_community(poll.community_id):
            return Ended()
        daily = (await app.store[Communities].settings(poll.community_id)).daily
        if daily.starts_on is None or daily.channel_id != poll.channel_id:
            return Ended()  # a manager has changed that meanwhile
        strip = await strip_of(app, poll.community_id, [*poll.standing.values()], is_urgent=True)
        message = poll_message(poll, platform.limits)
        try:
            sent = await delivery.send(
                message_of(poll), replace(message, files=(strip,) if strip else ())
            )
        except (Forbidden, Gone) as error:
            log.info("The dinosaur of the day cannot be posted: %s", error)
            await self._stop(poll.community_id, daily, Stopped.CLOSED)
            return Ended(is_lost=True)
        if sent is None:
            log.info("Nobody knows whether the dinosaur of the day was posted")
            return Ended(is_lost=True)
        self._count("posted")
        return Ended(partial(note_shown, poll_id=poll.id, message_id=sent, now=app.now()))

    async def _prepared(self, community_id: int, daily: DailySettings, day: date) -> PollRecord:
        """A poll on new names that nobody has asked for. Raises errors of inference."""
        app = self._app
        assert daily.channel_id is not None  # noqa: S101 (see `Dailies.chosen`)
        request = NamesRequest(seed=secrets.randbelow(2**32))
        words = await app.filters.of(community_id)
        removed = await app.removals.unwritten(community_id)
        caller = Caller(requester=("day of", community_id))
        written = await write_names(app.inference, request, words, caller, removed=removed)
        found = written.names
        if not found:
            raise InferenceError("the word filter has left no name")
        now = app.now()
        return PollRecord(
            id=secrets.randbits(62),
            community_id=community_id,
            channel_id=daily.channel_id,
            message_id=None,
            member_id=None,
            discoverer=None,
            names=found,
            opened_at=now,
            closes_at=now + timedelta(hours=daily.hours),
            state=to_state(NamesRequest()),
            votes=(0,) * len(found),
            day=day,
        )

    async def _stop(self, community_id: int, daily: DailySettings, reason: Stopped) -> None:
        """Stop a community's dinosaurs of the day, with a notice."""
        if await self._app.store[Dailies].stop(community_id, daily, reason, self._app.now()):
            self._count(reason.value)

    async def show_stopped(self, delivery: Delivery) -> Ended:
        """Send the notice to the log channel, or else to that of the dinosaurs."""
        app, community_id = self._app, delivery.subject_id
        settings = await app.store[Communities].settings(community_id)
        daily = settings.daily
        if daily.stopped is None or await app.blocks.has_community(community_id):
            return Ended()
        again = text(_("Managers can start it again with {command}"), command=command("/settings"))
        stopped = stopped_sentence(daily, daily.stopped, self._platform)
        message = Message((*stopped, *text(NEWLINE), *again))
        for channel_id in filter(None, (settings.log_channel_id, daily.channel_id)):
            try:
                sent = await delivery.send(MessageRef(channel_id, 0, community_id), message)
            except (Forbidden, Gone) as error:  # `/settings` says so, too
                log.info("Nobody is told that the dinosaur of the day has stopped: %s", error)
            else:
                return Ended(is_lost=sent is None)
        return Ended(is_lost=True)

    def _count(self, outcome: str) -> None:
        self._app.monitor.metrics.dailies.labels(outcome).inc()


def _day_due(daily: DailySettings, now: datetime) -> date | None:
    """The day that a community lacks, if its hour has come."""
    day = day_due(now, daily.hour, zone_of(daily.zone))
    if day is None or daily.starts_on is None or day < daily.starts_on:
        return None
    return None if is_taken(day, daily.last_day) else day
