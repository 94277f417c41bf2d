"""Runs commands and button handlers; a request that fails is answered with an error.

A platform first awaits `App.begin`, so that a rush of requests begins step by step.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, TypeVar

from bot.chat.app import PATIENCE_S, App
from bot.chat.commands import Answer, Choice, Suggestions
from bot.chat.cooldowns import SharedCooldowns, TooSoon
from bot.chat.errors import apology, explain, other_version, try_again
from bot.chat.message import Button, Message, NotAllowed, UserError
from bot.chat.received import LONGEST_TYPED, clean, received, received_state
from bot.chat.translation import _
from bot.chat.turn import (
    AnswerRef,
    DeliveryError,
    Forbidden,
    Gone,
    MessageRef,
    Turn,
    Unreachable,
)
from bot.chat.unfinished import Final
from bot.concurrency import ShuttingDown, in_time, latest_throttled, within
from bot.monitoring import requests
from bot.monitoring.requests import Outcome
from bot.store import Unavailable
from bot.store.members import author_of
from bot.store.schema import EVERYBODY
from bot.text.spans import Text, text
from bot.writing import Caller
from bot.writing.errors import TooSlow
from bot.writing.queues import OnWait
from data.errors import TemplatedError

log = logging.getLogger(__name__)

LAST_TRIES = 7
"""Attempts to deliver the final state of an answer, over about a minute."""

ACKNOWLEDGED_S = 2.0
"""Seconds until a request without a response is acknowledged; Discord gives up after three."""
RECORDING_S = 0.25
"""Seconds that a deferral waits at most until it is recorded for a restart."""
UNRECORDED_S = 0.25
"""Seconds for which a request is not recorded that its platform takes for acknowledged."""
SUGGESTED_S = 2.0
"""Seconds that suggestions may take. They cannot be deferred."""

FOR_BLOCKED = frozenset({"privacy"})
"""Commands and actions of buttons for blocked members, too: their data stays theirs."""

FAULTS = (Unavailable, TooSlow, DeliveryError)
"""Explained errors that are the fault of the bot, its database or the platform."""


class Undelivered(Unreachable):
    """An answer, or its end, could not be delivered."""

    def __init__(self, message: Message) -> None:
        """`message` is what a later attempt may deliver."""
        super().__init__()
        self.message = message


Options = TypeVar("Options")
T = TypeVar("T")


async def run(
    app: App,
    turn: Turn,
    command: Answer[Options],
    options: Options,
    *,
    name: str = "",
    remedies: Sequence[Button] = (),
) -> None:
    """Answer a command. `name` is how members type it: `models list`.

    Its options are measured and cleaned before anything reads them. Errors are reported to the
    member, with the buttons `remedies`.
    """

    async def answer() -> None:
        await _admit(app, turn, app.commands, name)
        await command(app, turn, received(options))

    await _answered(app, turn, f"/{name}", answer(), lambda: turn.defer(private=True), remedies)


async def press(app: App, turn: Turn, action: str, state: str) -> None:
    """Answer a pressed button."""
    pressed = app.registry.buttons.get(action)

    async def answer() -> None:
        await _admit(app, turn, app.presses, action)
        if pressed is None:
            raise other_version()
        await pressed.answer(app, turn, received_state(state))

    name = action if pressed is not None else "unknown"
    await _answered(app, turn, f"button {name}", answer(), turn.acknowledge)


async def greet(
    app: App,
    community_id: int | None,
    member_id: int | None,
    key: int | str,
    send: Callable[[Message], Coroutine[Any, Any, object]],
) -> None:
    """Answer a member who has written to the bot, whatever it was, at most once an hour.

    Blocked members get no answer. Nothing is stored of a member, who may have no number yet
    (`member_id`); `key` tells one from another.
    """
    reason = await app.blocks.reason(community_id, EVERYBODY if member_id is None else member_id)
    if reason is not None or app.in_flight.is_stopping:
        return
    try:
        await app.greetings.start(key, app.now())
    except TooSoon:
        return
    with app.in_flight.request(), app.monitor.track("greeting", community_id):
        try:
            await app.in_flight.answered(send(app.registry.greeting))
        except DeliveryError as error:
            requests.end_with(error, Outcome.FAILED)
            log.info("A member who wrote to the bot could not be answered: %s", error)


async def suggest(app: App, turn: Turn, suggestions: Suggestions, typed: str) -> Sequence[Choice]:
    """Suggestions while a member types; none if they cannot be found in time."""
    if len(typed) > LONGEST_TYPED or app.in_flight.is_stopping:
        return []

    async def found() -> Sequence[Choice]:
        app.suggestions.start(turn.user.id, turn.created_at)
        await app.blocks.check(turn)
        return await suggestions(app, turn, clean(typed))

    try:
        return await within(SUGGESTED_S, found())
    except (Unavailable, UserError, TooSoon, TimeoutError):
        return []


async def _admit(app: App, turn: Turn, counted: SharedCooldowns, name: str) -> None:
    """Count a request that the bot may answer.

    Raises `ShuttingDown`, at once since the bot may end before the database answers; `TooSoon` for
    a member who makes too many; and `UserError` for a blocked one.
    """
    if app.in_flight.is_stopping:
        raise ShuttingDown
    await counted.start(turn.user.id, turn.created_at)
    if name not in FOR_BLOCKED:
        await app.blocks.check(turn)


async def answer_error(
    app: App,
    turn: Turn,
    error: BaseException,
    retry: Button | None = None,
    remedies: Sequence[Button] = (),
) -> bool:
    """Report an error to the member. Returns false if that may succeed later. Never raises.

    An answer that is cut off because the bot stops gets a button that repeats it, as `retry` does.
    """
    if isinstance(error, Gone | Undelivered):
        requests.end_with(error, Outcome.FAILED)
        log.info("The request no longer exists, or its answer could not be sent: %r", error)
        return isinstance(error, Gone)
    buttons = error.buttons if isinstance(error, UserError) else ()
    if retry is not None and isinstance(error, ShuttingDown):
        buttons = (try_again(retry.action, retry.state),)
    if not isinstance(error, NotAllowed):
        buttons = (*buttons, *remedies)
    try:
        await turn.respond(
            Message(await explained(app, error, turn), buttons=buttons, private=True)
        )
    except DeliveryError as failure:
        log.info("An error message could not be sent: %s", failure)
        return not isinstance(failure, Unreachable)
    return True


async def explained(app: App, error: BaseException, turn: Turn) -> Text:
    """The sentence for an error. An unknown one is logged with a reference that members see."""
    sentence = explain(error, turn.platform.terms, app.registry.explanations)
    if isinstance(error, TemplatedError):  # it may quote somebody
        words = await app.filters.of(turn.community_id)
        sentence = text(error.sentence.phrase(words.filtered))
    failed = sentence is None or (isinstance(error, FAULTS) and not isinstance(error, Forbidden))
    requests.end_with(error, Outcome.FAILED if failed else Outcome.REFUSED)
    if sentence is None:
        reference = requests.reference() or secrets.token_hex(3)
        log.error("Unknown error %s", reference, exc_info=error)
        sentence = apology(reference)
    return sentence


async def respond_when_ready(
    turn: Turn, answer: Awaitable[Message], *, private: bool = False
) -> None:
    """Respond with a message, and defer the response if that takes more than a second."""
    message = await in_time(answer, PATIENCE_S, on_delay=lambda: turn.defer(private=private))
    await turn.respond(message)


async def respond_or_leave(turn: Turn, message: Message) -> MessageRef | None:
    """Respond with a message. Raises `Undelivered` if the platform is away, to try again later."""
    try:
        return await turn.respond(message)
    except Unreachable as error:
        raise Undelivered(message) from error


async def stream(
    app: App,
    turn: Turn,
    messages: AsyncGenerator[Message, None],
    interval: float,
    broken_off: Callable[[Message, Text], Message],
) -> None:
    """Show the latest state of a growing answer, at most every `interval` seconds.

    The first state is shown at once, or a while later on platforms that prefer whole answers.
    An edit that fails to arrive is superseded by the next one, and the last one is retried. Only
    the last one is made where answers cannot be replaced, and while the platform refuses many
    requests. After an error the message keeps
    its content, and `broken_off` adds the reason. Raises `Undelivered` if the last one does not
    arrive.
    """
    shown: Message | None = None
    arrived = True
    delay = turn.platform.whole_answer_s
    try:
        async with aclosing(latest_throttled(messages, interval, delay=delay)) as throttled:
            async for shown in throttled:
                shows_all = turn.edits_answers and not turn.platform.spares_requests
                arrived = shows_all and await deliver(partial(turn.edit, shown))
    except Exception as error:
        if shown is None or isinstance(error, Gone):
            raise
        shown = broken_off(shown, await explained(app, error, turn))
        arrived = False
    if shown is None or arrived:
        return
    if not await deliver(lambda: turn.edit(shown), tries=LAST_TRIES):
        raise Undelivered(shown)


async def deliver(send: Callable[[], Awaitable[object]], *, tries: int = 1) -> bool:
    """Call `send`, and retry after 1, 2, 4, … seconds while the platform is unreachable.

    Returns whether it succeeded. Raises other `DeliveryError`s.
    """
    for attempt in range(tries):
        if attempt:
            await asyncio.sleep(2 ** (attempt - 1))
        try:
            await send()
        except Unreachable as error:
            log.info("The platform cannot be reached: %s", error)
        else:
            return True
    return False


async def _answered(
    app: App,
    turn: Turn,
    name: str,
    answer: Coroutine[None, None, None],
    acknowledge: Callable[[], Awaitable[None]],
    remedies: Sequence[Button] = (),
) -> None:
    """Await an answer. If it takes long, acknowledge the request: platforms drop it otherwise.

    `name` is that of the request in the log and the metrics.
    """
    pending, failure, is_delivered = _PendingMessages(app, turn), None, True
    with app.in_flight.request(), app.monitor.track(name, turn.community_id):
        recording = asyncio.create_task(pending.record_unanswered())
        try:
            on_delay = partial(_try_to, acknowledge)
            await app.in_flight.answered(in_time(answer, ACKNOWLEDGED_S, on_delay=on_delay))
        except Exception as error:  # noqa: BLE001 (every failed request gets an answer)
            failure = error
            is_delivered = await answer_error(app, turn, error, pending.retry, remedies)
        finally:
            recording.cancel()
    pending.end(failure, is_delivered=is_delivered)


async def _try_to(acknowledge: Callable[[], Awaitable[None]]) -> None:
    with suppress(DeliveryError):  # the answer may have arrived meanwhile
        await acknowledge()


class _PendingMessages:
    """The messages of one request that are not in their final state.

    They are recorded, for a restart to close them if this process is killed or cancelled, or for
    this one if the platform is away when they end.
    """

    def __init__(self, app: App, turn: Turn) -> None:
        self._app, self._turn = app, turn
        self._recorded: dict[int, AnswerRef] = {}
        self.retry: Button | None = None
        """The button that repeats the request."""
        turn.on_pending = self.record

    async def record(self, ref: AnswerRef, retry: Button | None) -> None:
        """Record a message. An answer takes the place of the answer that was recorded before."""
        self.retry = retry or self.retry
        unfinished = self._app.unfinished
        number = unfinished.begin(self._turn.platform.name, ref, retry)
        if not ref.is_announced:
            for each in [n for n, other in self._recorded.items() if not other.is_announced]:
                del self._recorded[each]
                unfinished.end(each)
        self._recorded[number] = ref
        if ref.message_id is None:  # not shown yet
            await unfinished.wait_written(RECORDING_S)

    async def record_unanswered(self) -> None:
        """Record a request for which nothing is shown in a while, if its platform waits no more."""
        if self._turn.unanswered is None:
            return
        await asyncio.sleep(UNRECORDED_S)
        ref = self._turn.unanswered
        if ref is not None and not self._recorded:
            await self.record(ref, None)

    def end(self, failure: Exception | None, *, is_delivered: bool) -> None:
        """Forget what members have seen the end of, and leave the rest to be closed later."""
        app, turn, final = self._app, self._turn, None
        if isinstance(failure, Undelivered):
            author = author_of(app.store.database, turn.user.id)
            final = Final(failure.message, author, turn.community_id, turn.created_at)
        if not is_delivered and not self._recorded and (ref := turn.unanswered) is not None:
            number = app.unfinished.begin(turn.platform.name, ref, self.retry)
            self._recorded[number] = ref
        for number, ref in self._recorded.items():
            if is_delivered or ref.is_announced:
                app.unfinished.end(number)
            else:
                app.unfinished.release(number, final)


def caller_of(app: App, turn: Turn, accept: Callable[[str], bool] | None = None) -> Caller:
    """The member of a turn, for whom a text is written that `accept` allows."""
    return Caller(accept, turn.user.id, place_in(app, turn))


def place_in(app: App, turn: Turn) -> OnWait:
    """A function that shows the member's place in the queue, until the answer replaces it.

    It is left out while many members are told theirs: that must not cost more than the answers.
    """

    async def show(place: int) -> None:
        try:
            app.places.start(None, app.now())
        except TooSoon:
            return
        sentence = _("⏳ The bot is busy. Your place in the queue: {place}.")
        message = Message(text(sentence, place=place))
        try:
            await turn.show_waiting(message)
        except DeliveryError as error:
            log.info("A place in the queue could not be shown: %s", error)

    return show
