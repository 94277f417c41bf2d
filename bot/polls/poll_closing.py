"""Closes polls when they are due, and announces the winners."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bot.chat.app import App
from bot.chat.button_states import fits
from bot.chat.dispatch import deliver
from bot.chat.message import Embed, Message, Tone, with_pictures, without_pictures
from bot.chat.translation import Language, _, ngettext
from bot.chat.turn import (
    Deleted,
    DeliveryError,
    Forbidden,
    Limited,
    Limits,
    MessageRef,
    Platform,
    Unanswered,
    Unreachable,
)
from bot.community.blocks import BlockList
from bot.concurrency import ShuttingDown
from bot.creatures.names import has_creature
from bot.museum.queries import Museum
from bot.polls.hall_of_fame import meaning_of, plaque_file, poem_about, withdraw
from bot.polls.plates import plate_of, show_dinosaur
from bot.polls.poll_message import message_of, poll_message, removed_message, tie_sentence
from bot.polls.queries import PollRecord, Polls
from bot.store import Unavailable
from bot.text.spans import Text, code, strong, text

log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 60.0
"""Limit on the pause between two rounds: another process may have opened a poll."""
ABANDONED = timedelta(minutes=2)
"""Age at which another process announces a result in place of the one that closed the poll."""
AT_ONCE = 8
"""Results that are announced concurrently."""
ANNOUNCING_S = 60.0
"""Time limit for announcing a result, in seconds; less than `ABANDONED`."""
TRIES = 3


@dataclass
class _Attempt:
    """An attempt to announce a result."""

    may_be_sent: bool = False
    """Whether this one or an earlier one may have sent a message that is not in the database."""


class PollCloser:
    """Closes polls of all processes on one platform, and announces their results."""

    def __init__(
        self, app: App, platform: Platform, daily_closed: Callable[[int], Awaitable[None]]
    ) -> None:
        """`daily_closed` is called with a community after the result of its day was announced."""
        self._app = app
        self._platform = platform
        self._daily_closed = daily_closed
        self._announcing = asyncio.Semaphore(AT_ONCE)
        self._unnoted: dict[int, MessageRef] = {}
        """Announcements that were sent but are not in the database, by poll."""

    async def close_due_polls(self) -> float:
        """Run once. Returns the seconds until the next run."""
        try:
            await self.close_due(self._app.now())
            return await self._seconds_to_next()
        except (ShuttingDown, Unavailable):  # the latter is logged where it is raised
            return LONGEST_SLEEP_S

    async def close_due(self, now: datetime) -> None:
        """Close all polls that are due, and announce the results.

        While the platform cannot be reached, results stay unannounced; this or another process
        announces them later.
        """
        app, polls = self._app, self._app.store[Polls]
        closed = []
        for due in await polls.due(now, self._platform.name):
            with app.in_flight.track():
                poll = await polls.close(due.id, max(now, app.now()))
                if poll is not None:  # else another process has closed it
                    closed.append(poll)
        # Concurrently: a slow channel must not delay the others.
        arrived = all(await asyncio.gather(*map(self._announce_at_once, closed)))
        limited: set[int] = set()
        """Channels that take no more edits: one attempt in a round tells."""
        for poll in await polls.unannounced(now - ABANDONED, self._platform.name):
            if not arrived:
                break
            if poll.channel_id in limited:
                continue
            with app.in_flight.track():
                if not await polls.claim_announcement(poll.id, poll.announcing_at, app.now()):
                    continue  # another process does it
                # One that has ended meanwhile may have sent it.
                attempt = _Attempt(may_be_sent=poll.announcing_at is not None)
                try:
                    arrived = await self._announce(poll, attempt)
                except Limited:
                    limited.add(poll.channel_id)

    async def withdraw_answers(self) -> None:
        """Run once: empty earlier answers whose winner was removed, wherever that happened."""
        with suppress(ShuttingDown, Unavailable), self._app.in_flight.track():
            await withdraw(self._app, self._platform)

    async def _seconds_to_next(self) -> float:
        """Seconds until the next poll is due, at most `LONGEST_SLEEP_S`."""
        closing = await self._app.store[Polls].next_closing(self._platform.name)
        if closing is None:
            return LONGEST_SLEEP_S
        left = (closing - self._app.now()).total_seconds()
        return min(max(left, 0.1), LONGEST_SLEEP_S)

    async def _announce_at_once(self, poll: PollRecord) -> bool:
        """Announce the result of a poll that has just closed.

        Returns whether the platform could be reached.
        """
        app = self._app
        async with self._announcing:
            with app.in_flight.track():
                if self._age(poll) > ABANDONED / 2:  # it has waited for others
                    claim = app.store[Polls].claim_announcement
                    if not await claim(poll.id, poll.announcing_at, app.now()):
                        return True  # another process does it
                try:
                    return await self._announce(poll, _Attempt())
                except Limited:  # it is announced later
                    return True

    async def _announce(self, poll: PollRecord, attempt: _Attempt) -> bool:
        """Announce a result that this process has claimed.

        Returns whether the platform could be reached. Raises `Limited`.
        """
        polls, arrived = self._app.store[Polls], False
        try:
            arrived = await self._try_to_show(poll, attempt)
        finally:
            if not (arrived or attempt.may_be_sent):
                await polls.not_announced(poll.id)
        if arrived:
            await polls.announced(poll.id, self._app.now())
            if poll.day is not None:
                await self._daily_closed(poll.community_id)
        return arrived

    async def _try_to_show(self, poll: PollRecord, attempt: _Attempt) -> bool:
        """Show a result, if permitted. Returns whether the platform could be reached.

        Raises `Limited`.
        """
        try:
            async with asyncio.timeout(ANNOUNCING_S), self._app.poll_locks.of(poll.id):
                # A moderator may have removed its winner while this waited.
                await self._show(await self._app.store[Polls].find(poll.id) or poll, attempt)
        except Limited as error:
            log.info("The result of poll %d waits: %s", poll.id, error)
            raise
        except (Unavailable, Unreachable):
            return False
        except TimeoutError:
            log.info("Announcing the result of poll %d took too long", poll.id)
            return False
        except Exception:  # not retried: it would fail again
            log.exception("The result of poll %d could not be announced", poll.id)
        return True

    async def _show(self, poll: PollRecord, attempt: _Attempt) -> None:
        """Show a closed poll, and announce its winner in one new message. Raises `Unreachable`.

        If its message was deleted, nothing has won: that is how moderators stop a poll. Nor has
        anything in a community that an owner has blocked, where nothing is written.
        """
        if await self._app[BlockList].has_community(poll.community_id):
            await self._app.store[Polls].void(poll.id)
            return
        limits, place = self._platform.limits, message_of(poll)
        closed = poll_message(poll, limits)
        try:
            await self._edit(poll, closed)
        except Deleted:
            self._unnoted.pop(poll.id, None)
            log.info("The message of poll %d was deleted, so no name has won", poll.id)
            await self._app.store[Polls].void(poll.id)
            return
        unnoted = self._unnoted.pop(poll.id, None)
        if unnoted is not None:
            await self._note_announcement(poll, unnoted)
        if poll.winner is None or poll.announcement_id is not None or unnoted is not None:
            return
        language = await self._platform.language_of(poll.community_id)
        announcement = await winner_message(self._app, poll, limits, language)
        number = None
        is_forgotten = self._age(poll) > timedelta(seconds=limits.nonce_s)
        if not (attempt.may_be_sent and is_forgotten):
            number = await self._sent(poll, announcement, attempt)
        if number is not None:
            await self._note_announcement(poll, replace(place, message_id=number))
            return
        # It can still edit where it may not send, or may have sent already.
        with suppress(Deleted):
            await self._edit(poll, with_pictures(closed, *announcement.files))

    def _age(self, poll: PollRecord) -> timedelta:
        """How long ago a poll closed."""
        assert poll.closed_at is not None  # noqa: S101 (checked by the callers)
        return self._app.now() - poll.closed_at

    async def _sent(self, poll: PollRecord, announcement: Message, attempt: _Attempt) -> int | None:
        """Send an announcement, without its pictures where files are forbidden.

        Returns its id; `None` if it was not accepted. Raises `Unreachable`.
        """
        place, sent, was_sure = message_of(poll), list[int](), not attempt.may_be_sent

        async def send(message: Message) -> None:
            sent.append(await self._platform.send(place, message, nonce=poll.id))

        plain = [without_pictures(announcement)] if announcement.files else []
        for message in (announcement, *plain):
            attempt.may_be_sent = True  # unless it has surely failed
            try:
                if not await deliver(partial(send, message), tries=TRIES, waits_if_limited=False):
                    raise Unreachable
            except Unreachable:
                if was_sure and not self._platform.limits.nonce_s:  # else `Unanswered` was raised
                    attempt.may_be_sent = False
                raise
            except Unanswered as error:
                log.info("The winner of poll %d may have been announced: %s", poll.id, error)
                break
            except DeliveryError as error:
                log.info("The winner of poll %d cannot be announced: %s", poll.id, error)
                attempt.may_be_sent = not was_sure
                if not isinstance(error, Forbidden):
                    break
            else:
                return sent[0]
        return None

    async def _note_announcement(self, poll: PollRecord, ref: MessageRef) -> None:
        """Store where a winner was announced, so that moderators can remove it."""
        try:
            still_won = await self._app.store[Polls].announcement_sent(poll.id, ref.message_id)
        except Unavailable:  # it must not be announced again
            self._unnoted[poll.id] = ref
            return
        if not still_won:  # a moderator has removed it meanwhile
            with suppress(DeliveryError):
                await self._platform.edit(ref, removed_message())

    async def _edit(self, poll: PollRecord, message: Message) -> None:
        """Edit the message of a poll, if that is permitted. Raises `Deleted` and `Unreachable`."""
        if poll.message_id is None:
            return
        edit = partial(self._platform.edit, message_of(poll), message)
        try:
            if not await deliver(edit, tries=TRIES, waits_if_limited=False):
                raise Unreachable
        except (Deleted, Unreachable):
            raise
        except DeliveryError as error:
            log.info("The result of poll %d cannot be shown: %s", poll.id, error)


async def winner_message(app: App, poll: PollRecord, limits: Limits, language: Language) -> Message:
    """The announcement of a winner, with its plaque and, for a dinosaur, its plate.

    language: of the plaque.
    """
    assert poll.winner is not None  # noqa: S101 (checked by the caller)
    assert poll.closed_at is not None  # noqa: S101
    name, count = poll.names[poll.winner], poll.votes[poll.winner]
    meaning, sentence, plate = "", text(), None
    button = poem_about(name)
    buttons = [button] if fits(limits, button.action, button.state) else []
    if poll.custom_model is None:
        words = await app.filters.of(poll.community_id)
        meaning, sentence = await asyncio.to_thread(meaning_of, name, words, language)
        plate = await plate_of(app, name, limits, words, language)
        buttons = [*show_dinosaur(name, limits), *buttons]
    is_daily, is_new = poll.day is not None, True
    discoverer = _("everybody here") if is_daily else poll.discoverer
    if poll.custom_model is None:
        with suppress(Unavailable):
            if found := await app.store[Museum].discovered_in(poll.community_id, name):
                poll_id, has_discoverer = found
                is_new = poll_id == poll.id
                if not (is_new and (has_discoverer or is_daily)):  # found before, or blocked since
                    discoverer = None
    day = poll.day or poll.closed_at.date()
    file = await plaque_file(app, name, meaning, discoverer, day, count, language)
    won = ngettext("{name} won with {votes} vote.", "{name} won with {votes} votes.", count)
    lines: list[Text] = [text(won, name=strong(name), votes=count)]
    if tie := tie_sentence(poll):
        lines.append(tie)
    if sentence:
        lines.append(sentence)
    if discoverer:
        lines.append(text(_("Discovered by {discoverer}."), discoverer=discoverer))
    if poll.custom_model is None and has_creature(name):
        museum = _("It is in the museum now: {command}")
        if not is_new:
            museum = _("It was in the museum already: {command}")
        lines.append(text(museum, command=code("/museum")))
    title = _("👑 The dinosaur of the day") if is_daily else _("👑 A name has been chosen")
    embed = Embed(title, tuple(lines), tone=Tone.NAMES)
    return with_pictures(Message(embeds=(embed,), buttons=tuple(buttons)), file, plate)
