"""Posts the names of which communities choose their dinosaur of the day."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from bot.chat.app import App
from bot.chat.details import details_state
from bot.chat.dispatch import deliver
from bot.chat.message import Message, code, text
from bot.chat.translation import _
from bot.chat.turn import DeliveryError, Forbidden, Gone, MessageRef, Platform, Unreachable
from bot.community.blocks import BlockList
from bot.community.daily import stopped_sentence
from bot.community.queries import Communities, Stopped
from bot.concurrency import ShuttingDown
from bot.daily.moments import days_due, seconds_to_minute
from bot.daily.queries import Dailies, DueDaily
from bot.names.name_options import to_state
from bot.polls.plates import strip_of
from bot.polls.poll_message import message_of, poll_message
from bot.polls.queries import PollRecord, Polls
from bot.store import Unavailable
from bot.writing import Caller
from bot.writing.errors import InferenceError
from models.names.capitalization import format_name
from models.names.generator import NamesRequest
from models.names.problems import NamesError

log = logging.getLogger(__name__)

MOST_IN_ROUND, AT_ONCE = 100, 4
"""Communities that are served each minute, and those of them at the same time."""
POSTING_S = 90.0
"""Time limit for one community, in seconds."""
TRIES = 4


class DailyPoster:
    """Posts the names of the day in the communities on one platform that this process sees.

    A community's poll of a day is stored before it is shown, and can be stored once: whatever
    happens then, a second one is never posted. If the process ends at this very moment, or the
    platform does not take the message, the day is left out.
    """

    def __init__(self, app: App, platform: Platform, now: Callable[[], datetime]) -> None:
        self._app = app
        self._platform = platform
        self._now = now
        self._posting = asyncio.Semaphore(AT_ONCE)

    async def post_due(self) -> float:
        """Run once. Returns the seconds until the next run, at the beginning of a minute."""
        if self._platform.is_connected:  # else what is due waits, up to two hours
            with suppress(ShuttingDown, Unavailable):  # the latter is logged where it is raised
                await self._serve_all(self._now())
        return seconds_to_minute(self._now())

    async def _serve_all(self, now: datetime) -> None:
        dailies, name = self._app.store[Dailies], self._platform.name
        slots = await dailies.slots(name)
        if not slots:
            return
        here = {*self._platform.communities}
        for day, those in (await asyncio.to_thread(days_due, slots, now)).items():
            due = await dailies.due(day, those, name, most=MOST_IN_ROUND)
            served = [each for each in due if each.community_id in here]
            await asyncio.gather(*map(self._serve, served))

    async def _serve(self, due: DueDaily) -> None:
        """Post the names of a day, or stop. Never raises, but lets the next round try again."""
        async with self._posting:
            try:
                with self._app.in_flight.track():
                    async with asyncio.timeout(POSTING_S):
                        outcome = await self._post(due)
            except (ShuttingDown, Unavailable):
                return
            except (InferenceError, NamesError, DeliveryError, TimeoutError) as error:
                log.info("Community %d has no dinosaur of the day: %r", due.community_id, error)
                outcome = "failed"
            except Exception:
                log.exception("Community %d has no dinosaur of the day", due.community_id)
                outcome = "failed"
        if outcome:
            self._app.monitor.metrics.dailies.labels(outcome).inc()

    async def _post(self, due: DueDaily) -> str:
        """Returns the outcome, as it is counted; nothing if another process has posted.

        Raises `DeliveryError`, and errors of inference.
        """
        app, community_id = self._app, due.community_id
        if await app[BlockList].has_community(community_id):
            return ""
        if await app.store[Dailies].is_quiet(due):
            return await self._stop(due, Stopped.QUIET)
        limits, prepared = self._platform.limits, await self._prepared(due)
        strip = await strip_of(app, community_id, limits, prepared.names, is_urgent=True)
        poll = await app.store[Polls].open_daily(prepared)
        if poll is None:
            return ""
        message = poll_message(poll, limits)
        try:
            sent = await self._sent(poll, replace(message, files=(strip,) if strip else ()))
        except (Forbidden, Gone) as error:
            log.info("The dinosaur of the day cannot be posted: %s", error)
            return await self._stop(due, Stopped.CLOSED)
        with suppress(Unavailable):  # a vote tells which message it is
            await app.store[Polls].sent(poll.id, sent)
        return "posted"

    async def _prepared(self, due: DueDaily) -> PollRecord:
        """A poll on new names that nobody has asked for. Raises errors of inference."""
        app = self._app
        words = await app.filters.of(due.community_id)
        request = NamesRequest(seed=secrets.randbelow(2**32))
        caller = Caller(words.allows, ("day of", due.community_id))
        found = (await app.inference.names(request, None, caller)).names
        if not found:
            raise InferenceError("the word filter has left no name")
        card, now = app.inference.cards["names"], self._now()
        return PollRecord(
            id=secrets.randbits(62),
            community_id=due.community_id,
            channel_id=due.channel_id,
            message_id=None,
            member_id=None,
            discoverer=None,
            names=tuple(format_name(card, name) for name in found),
            opened_at=now,
            closes_at=now + timedelta(hours=due.hours),
            footer=details_state({"temperature": request.temperature, "seed": request.seed}),
            state=to_state(NamesRequest()),
            votes=(0,) * len(found),
            day=due.day,
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
            plain = replace(message, files=())  # the bot may lack the permission to attach files
            arrived = await deliver(partial(send, plain), tries=TRIES)
        if not arrived:
            raise Unreachable("tried several times")
        return sent[0]

    async def _stop(self, due: DueDaily, reason: Stopped) -> str:
        """Stop, and say so in the log channel, or else in that of the dinosaurs."""
        app, platform = self._app, self._platform
        if not await app.store[Dailies].stop(due, reason):
            return ""
        settings = await app.store[Communities].settings(due.community_id)
        again = text(_("Managers can start it again: {command}"), command=code("/settings daily:"))
        message = Message((*stopped_sentence(reason, due.channel_id, platform), *text(" "), *again))
        for channel_id in (settings.log_channel_id, due.channel_id):
            if channel_id is not None:
                with suppress(DeliveryError):  # `/settings` says so, too
                    await platform.send(MessageRef(channel_id, 0, due.community_id), message)
                    break
        return reason.value
