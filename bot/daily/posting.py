"""Posts the names of which communities choose their dinosaur of the day."""

import asyncio
import logging
import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from bot.chat.app import App
from bot.chat.details import details_state
from bot.chat.dispatch import deliver
from bot.chat.message import Message
from bot.chat.translation import _
from bot.chat.turn import (
    DeliveryError,
    Forbidden,
    Gone,
    MessageRef,
    Platform,
    Unanswered,
    Unreachable,
)
from bot.community.blocks import BlockList
from bot.community.daily import stopped_sentence
from bot.community.queries import Communities, DailySettings, Stopped
from bot.concurrency import ShuttingDown
from bot.daily.moments import day_due, is_taken, zone_of
from bot.daily.queries import Dailies
from bot.names.name_options import to_state
from bot.polls.plates import strip_of
from bot.polls.poll_message import message_of, poll_message
from bot.polls.queries import NoNameLeft, PollRecord, Polls
from bot.polls.removed_names import may_write
from bot.polls.votes import note_sent
from bot.store import Unavailable
from bot.text.spans import code, text
from bot.text.technical import NEWLINE
from bot.writing import Caller
from bot.writing.errors import InferenceError
from models.names.capitalization import format_name
from models.names.generator import NamesRequest
from models.names.problems import NamesError

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Communities that are served at the same time."""
POSTING_S = 120.0
"""Time limit for one community, in seconds."""
TRIES = 7
"""Attempts to send a message, over about a minute."""


class DailyPoster:
    """Posts the names of the day in the communities on one platform that this process sees.

    A community's poll of a day is stored before it is shown, and can be stored once: whatever
    happens then, a second one is never posted. If the process ends at this very moment, or the
    platform does not take the message, the day is left out.
    """

    def __init__(self, app: App, platform: Platform) -> None:
        self._app = app
        self._platform = platform
        self._posting = asyncio.Semaphore(AT_ONCE)

    async def post_due(self) -> float:
        """Run once. Returns the seconds until the next run, at the beginning of a minute."""
        if self._platform.is_connected:  # else what is due waits, up to two hours
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
                            await self._post(community_id, daily, day)
            except (ShuttingDown, Unavailable):
                return
            except (InferenceError, NamesError, NoNameLeft, DeliveryError, TimeoutError) as error:
                self._count("failed")
                log.info("Community %d has no dinosaur of the day: %r", community_id, error)
            except Exception:
                self._count("failed")
                log.exception("Community %d has no dinosaur of the day", community_id)

    async def _post(self, community_id: int, daily: DailySettings, day: date) -> None:
        """Post names unless another process does. Raises `DeliveryError`, errors of inference."""
        app = self._app
        if await app[BlockList].has_community(community_id):
            return
        limits, prepared = self._platform.limits, await self._prepared(community_id, daily, day)
        strip = await strip_of(app, community_id, limits, prepared.names, is_urgent=True)
        poll = await app.store[Polls].open_daily(prepared)
        if poll is None:
            return
        message = poll_message(poll, limits)
        if strip is not None and poll.names == prepared.names:  # else one was removed meanwhile
            message = replace(message, files=(strip,))
        try:
            sent = await self._sent(poll, message)
        except (Forbidden, Gone) as error:
            log.info("The dinosaur of the day cannot be posted: %s", error)
            await self._stop(community_id, daily, Stopped.CLOSED)
            return
        except Unanswered as error:
            log.info("Nobody knows whether the dinosaur of the day was posted: %s", error)
            return
        self._count("posted")
        ref = replace(message_of(poll), message_id=sent)
        await note_sent(app, self._platform, poll.id, ref)

    async def _prepared(self, community_id: int, daily: DailySettings, day: date) -> PollRecord:
        """A poll on new names that nobody has asked for. Raises errors of inference."""
        app = self._app
        assert daily.channel_id is not None  # noqa: S101 (see `Dailies.chosen`)
        request = NamesRequest(seed=secrets.randbelow(2**32))
        caller = Caller(await may_write(app, community_id), ("day of", community_id))
        found = (await app.inference.names(request, None, caller)).names
        if not found:
            raise InferenceError("the word filter has left no name")
        card, now = app.inference.cards["names"], app.now()
        return PollRecord(
            id=secrets.randbits(62),
            community_id=community_id,
            channel_id=daily.channel_id,
            message_id=None,
            member_id=None,
            discoverer=None,
            names=tuple(format_name(card, name) for name in found),
            opened_at=now,
            closes_at=now + timedelta(hours=daily.hours),
            footer=details_state({"temperature": request.temperature, "seed": request.seed}),
            state=to_state(NamesRequest()),
            votes=(0,) * len(found),
            day=day,
        )

    async def _sent(self, poll: PollRecord, message: Message) -> int:
        """Send the message of a poll. Returns its id. Raises `DeliveryError`."""
        sent: list[int] = []

        async def send(message: Message) -> None:
            # The nonce prevents a duplicate if the platform's response gets lost. It is another one
            # than that of the result: else the platform would take the result for a duplicate.
            sent.append(await self._platform.send(message_of(poll), message, nonce=poll.id ^ 1))

        try:
            arrived = await deliver(partial(send, message), tries=TRIES)
        except Forbidden:
            if not message.files:
                raise
            # The bot may lack the permission to attach files.
            arrived = await deliver(partial(send, replace(message, files=())), tries=TRIES)
        if not arrived:
            raise Unreachable("tried several times")
        return sent[0]

    async def _stop(self, community_id: int, daily: DailySettings, reason: Stopped) -> None:
        """Stop, and say so in the log channel, or else in that of the dinosaurs."""
        app, platform = self._app, self._platform
        if not await app.store[Dailies].stop(community_id, daily, reason):
            return
        self._count(reason.value)
        log_channel_id = (await app.store[Communities].settings(community_id)).log_channel_id
        again = text(_("Managers can start it again: {command}"), command=code("/settings"))
        message = Message((*stopped_sentence(daily, reason, platform), *text(NEWLINE), *again))
        for channel_id in filter(None, (log_channel_id, daily.channel_id)):
            with suppress(DeliveryError):  # `/settings` says so, too
                await platform.send(MessageRef(channel_id, 0, community_id), message)
                break

    def _count(self, outcome: str) -> None:
        self._app.monitor.metrics.dailies.labels(outcome).inc()


def _day_due(daily: DailySettings, now: datetime) -> date | None:
    """The day that a community lacks, if its hour has come."""
    day = day_due(now, daily.hour, zone_of(daily.zone))
    if day is None or daily.starts_on is None or day < daily.starts_on:
        return None
    return None if is_taken(day, daily.last_day) else day
