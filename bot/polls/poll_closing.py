"""Closes polls when they are due, and announces the winners."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot.chat.app import App
from bot.chat.button_states import fits
from bot.chat.message import Embed, Message, Tone, with_pictures
from bot.chat.translation import Language, _, ngettext
from bot.chat.turn import (
    Deleted,
    DeletedMeanwhile,
    DeliveryError,
    Limits,
    MessageRef,
    Platform,
    Unreachable,
)
from bot.chat.unfinished import Final
from bot.concurrency import ShuttingDown, start_kept
from bot.creatures.names import has_creature
from bot.discoveries.queries import Discoveries
from bot.outbox.worker import Delivery, Ended
from bot.polls.hall_of_fame import collection_limits, poem_about
from bot.polls.plaques import meaning_of, plaque_file
from bot.polls.plates import plate_of, show_dinosaur
from bot.polls.poll_message import (
    announcement_of,
    message_of,
    poll_message,
    removed_message,
    shown_poll,
    tie_sentence,
)
from bot.polls.queries import PollRecord, Polls, announced
from bot.polls.votes import too_late
from bot.store import Unavailable
from bot.text.spans import Text, command, strong, text
from data.phrases import NOTHING, Showable

log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 60.0
"""Limit on the pause between two rounds: another process may have opened a poll."""
ANNOUNCING = 1
"""Step of a result's row: the poll's message shows the result."""


class PollCloser:
    """Closes polls of all processes on one platform, and shows their results."""

    def __init__(
        self, app: App, platform: Platform, daily_closed: Callable[[int], Awaitable[None]]
    ) -> None:
        """`daily_closed` is called with a community when the result of its day is shown."""
        self._app = app
        self._platform = platform
        self._daily_closed = daily_closed
        self._closing: set[asyncio.Task[None]] = set()

    async def close_due_polls(self) -> float:
        """Run once. Returns the seconds until the next run."""
        try:
            await self.close_due(self._app.now())
            return await self._seconds_to_next()
        except (ShuttingDown, Unavailable):  # the latter is logged where it is raised
            return LONGEST_SLEEP_S

    async def close_due(self, now: datetime) -> None:
        """Close all polls that are due."""
        app, polls = self._app, self._app.store[Polls]
        for due in await polls.due(now, self._platform.name):
            with app.in_flight.track():
                await polls.close(due.id, max(now, app.now()))

    async def _seconds_to_next(self) -> float:
        """Seconds until the next poll is due, at most `LONGEST_SLEEP_S`."""
        closing = await self._app.store[Polls].next_closing(self._platform.name)
        if closing is None:
            return LONGEST_SLEEP_S
        left = (closing - self._app.now()).total_seconds()
        return min(max(left, 0.1), LONGEST_SLEEP_S)

    async def show_result(self, delivery: Delivery) -> Ended:
        """Show a poll as it is now, and announce its winner if it has just closed.

        If its message was deleted before, nothing has won: that is how moderators stop a poll. Nor
        has anything in a community that an owner has blocked, where nothing is written.
        """
        polls = self._app.store[Polls]
        poll = await shown_poll(self._app, delivery.subject_id)
        if poll is None:
            return Ended()
        is_new = poll.closed_at is not None and poll.announced_at is None
        is_blocked = await self._app.blocks.has_community(poll.community_id)
        sent, is_told = delivery.sent, True
        if sent is not None and poll.winner is None:  # removed before the message was noted
            poll = replace(poll, announcement_id=sent)
        if is_blocked or not await self._is_shown(poll, delivery):
            if is_new:
                await polls.void(poll.id, self._app.now())
        elif poll.announcement_id is not None:
            with suppress(Deleted):
                await delivery.edit(*await updated_announcement(self._app, poll, self._platform))
        elif is_new and poll.winner is not None:
            sent, is_told = await self._announce(poll, delivery)
        if is_new and poll.day is not None:
            await self._daily_closed(poll.community_id)
        if is_new:  # in the background: each member who has voted may have one
            closed = Message(too_late(poll).text, private=True)
            closing = self._app.notes.close(self._platform, poll.id, closed, self._app.now())
            start_kept(self._closing, closing)
        else:  # it may have closed meanwhile, and then its winner is announced next
            return Ended()
        note = partial(announced, poll_id=poll.id, now=self._app.now(), message_id=sent)
        return Ended(note, is_lost=not is_told)

    async def _is_shown(self, poll: PollRecord, delivery: Delivery) -> bool:
        """Show a poll in its message. Returns false if that was deleted."""
        if poll.message_id is None or delivery.step >= ANNOUNCING:
            return True
        try:
            await delivery.edit(message_of(poll), poll_message(poll, self._platform.limits))
        except Deleted:
            log.info("The message of poll %d was deleted", poll.id)
            return False
        return True

    async def _announce(self, poll: PollRecord, delivery: Delivery) -> tuple[int | None, bool]:
        """Announce a winner in one new message, or else with its pictures in that of the poll.

        Returns the id of the new message, and whether members see the winner.
        """
        limits, place = self._platform.limits, message_of(poll)
        language = await self._platform.language_of(poll.community_id)
        announcement = await winner_message(self._app, poll, limits, language)
        try:
            sent = await delivery.send(place, announcement, step=ANNOUNCING)
        except Unreachable:
            raise
        except DeletedMeanwhile:
            return None, True
        except DeliveryError as error:
            log.info("The winner of poll %d cannot be announced: %s", poll.id, error)
            sent = None
        if sent is not None:
            return sent, True
        # It can still edit where it may not send, or may have sent already.
        with suppress(Deleted):
            pictured = with_pictures(poll_message(poll, limits), *announcement.files)
            return None, poll.message_id is not None and await delivery.edit(place, pictured)
        return None, False


async def shows_removed(app: App, final: Final) -> bool:
    """Whether an answer that has waited shows a name that was removed since the request."""
    removed = await app.store[Polls].removed_since(final.community_id, final.asked_at)
    words = repr(final.message)  # in texts, labels and states of buttons, names of files
    return any(name in words for name in removed)


async def updated_announcement(
    app: App, poll: PollRecord, platform: Platform
) -> tuple[MessageRef, Message]:
    """The message that announced a winner, and what it shows after a removal."""
    ref = announcement_of(poll)
    assert ref is not None  # noqa: S101 (checked by the callers)
    if poll.winner is None:
        return ref, removed_message()
    # The winner may have tied with what was removed.
    language = await platform.language_of(poll.community_id)
    return ref, await winner_message(app, poll, platform.limits, language)


async def winner_message(app: App, poll: PollRecord, limits: Limits, language: Language) -> Message:
    """The announcement of a winner, with its plaque and, for a dinosaur, its plate.

    language: of the plaque.
    """
    assert poll.winner is not None  # noqa: S101 (checked by the caller)
    assert poll.closed_at is not None  # noqa: S101
    name, count = poll.names[poll.winner], poll.votes[poll.winner]
    is_shown = poll.winner in poll.standing
    meaning: Showable = NOTHING
    sentence, plate = text(), None
    button = poem_about(name)
    buttons = [button] if is_shown and fits(limits, button.action, button.state) else []
    if is_shown and poll.custom_model is None:
        words = await app.filters.of(poll.community_id)
        meaning, sentence = await asyncio.to_thread(meaning_of, name, words, language)
        plate = await plate_of(app, name, words, language)
        buttons = [*show_dinosaur(name, limits), *buttons]
    is_daily, is_new, has_owner = poll.day is not None, True, True
    discoverer: Showable | None = poll.finder.name if poll.finder is not None else None
    if is_daily:
        discoverer = _("everybody here")
    if poll.custom_model is None:
        with suppress(Unavailable):
            if found := await app.store[Discoveries].discovered_in(poll.community_id, name):
                poll_id, has_discoverer, has_owner = found
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
        if not has_owner and not is_daily:
            lines.append(text(collection_limits()))
    if poll.custom_model is None and has_creature(name):
        museum = _("It's in the museum now: {command}")
        if not is_new:
            museum = _("It was already in the museum: {command}")
        lines.append(text(museum, command=command("/museum")))
        if is_daily:
            album = _("Everybody who voted has it in their album, too: {command}")
            lines.append(text(album, command=command("/collection")))
    title = _("👑 The dinosaur of the day") if is_daily else _("👑 A name has been chosen")
    embed = Embed(title, tuple(lines), tone=Tone.NAMES)
    return with_pictures(Message(embeds=(embed,), buttons=tuple(buttons)), file, plate)
