"""Running a command: every request gets an answer, also when it fails."""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing

from bot.commands.core.app import App
from bot.commands.core.error_messages import apology, explain
from bot.commands.core.message import Message, Text
from bot.commands.core.turn import (
    DeliveryError,
    Gone,
    Turn,
    Unreachable,
)
from bot.services.concurrency import in_time, latest_throttled

log = logging.getLogger(__name__)

PATIENCE_S = 1.0
"""Seconds before an answer that is still being prepared says so."""
LAST_TRIES = 7
"""Attempts to deliver the end of an answer: for about a minute."""

ButtonHandler = Callable[[App, Turn, str], Awaitable[None]]
"""Answers a pressed button, whose state it is given."""


async def run(app: App, turn: Turn, answer: Awaitable[None]) -> None:
    """Await the answer of a command. An error becomes a sentence for the member."""
    try:
        await answer
    except Exception as error:  # noqa: BLE001 (every failed request gets an answer)
        await answer_error(app, turn, error)


async def press(
    app: App, turn: Turn, action: str, state: str, handlers: Mapping[str, ButtonHandler]
) -> None:
    """Answer a pressed button."""
    handler = handlers.get(action)
    if handler is None:
        await answer_error(app, turn, LookupError(f"no handler for the button {action}:{state}"))
    else:
        await run(app, turn, handler(app, turn, state))


async def answer_error(app: App, turn: Turn, error: BaseException) -> None:
    """Tell the member what went wrong. Never raises."""
    if isinstance(error, Gone):
        log.info("Nobody waits for this answer any more: %s", error)
        return
    try:
        await turn.respond(Message(explained(error, turn), private=True))
    except DeliveryError as failure:
        log.info("An answer to an error could not be sent: %s", failure)


def explained(error: BaseException, turn: Turn) -> Text:
    """A sentence for the member. The log has an unknown error, under a reference."""
    sentence = explain(error, turn.platform.terms)
    if sentence is None:
        reference = secrets.token_hex(3)
        log.error("Unknown error %s", reference, exc_info=error)
        sentence = apology(reference)
    return sentence


async def respond_when_ready(
    turn: Turn, answer: Awaitable[Message], *, private: bool = False
) -> None:
    """Respond with a message that may take a while: it says so after a second."""
    message = await in_time(answer, PATIENCE_S, on_delay=lambda: turn.defer(private=private))
    await turn.respond(message)


async def stream(
    turn: Turn,
    messages: AsyncGenerator[Message, None],
    interval: float,
    broken_off: Callable[[Message, Text], Message],
) -> None:
    """Show a growing answer: its latest state, at most every `interval` seconds.

    An edit that the network swallows is made up for by the next, and the last is repeated. After
    an error, what was shown stays, with the reason.
    """
    shown: Message | None = None
    arrived = True
    try:
        async with aclosing(latest_throttled(messages, interval)) as throttled:
            async for shown in throttled:
                arrived = await _edited(turn, shown)
    except Exception as error:
        if shown is None or isinstance(error, Gone):
            raise
        shown = broken_off(shown, explained(error, turn))
        arrived = False
    if shown is not None and not arrived:
        await deliver(lambda: turn.edit(shown), tries=LAST_TRIES)


async def deliver(send: Callable[[], Awaitable[object]], *, tries: int = 1) -> bool:
    """Send something; while the platform is unreachable, try again after 1, 2, 4, … seconds.

    `False` if it did not arrive. Raises other `DeliveryError`s.
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


async def _edited(turn: Turn, message: Message) -> bool:
    return await deliver(lambda: turn.edit(message))
