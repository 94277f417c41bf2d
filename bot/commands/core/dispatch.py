"""Runs commands and button handlers; a request that fails is answered with an error."""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing

from bot.commands.core.app import App
from bot.commands.core.error_messages import apology, explain
from bot.commands.core.message import Message, Text
from bot.commands.core.turn import DeliveryError, Gone, Turn, Unreachable
from bot.services.concurrency import in_time, latest_throttled

log = logging.getLogger(__name__)

PATIENCE_S = 1.0
"""Seconds until an answer that is not ready is deferred."""
LAST_TRIES = 7
"""Attempts to deliver the final state of an answer, over about a minute."""

ButtonHandler = Callable[[App, Turn, str], Awaitable[None]]
"""Answers a pressed button, given its state."""


async def run(app: App, turn: Turn, answer: Awaitable[None]) -> None:
    """Await the answer of a command. Errors are reported to the member."""
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
    """Report an error to the member. Never raises."""
    if isinstance(error, Gone):
        log.info("The request no longer exists: %s", error)
        return
    try:
        await turn.respond(Message(explained(error, turn), private=True))
    except DeliveryError as failure:
        log.info("An error message could not be sent: %s", failure)


def explained(error: BaseException, turn: Turn) -> Text:
    """The sentence for an error. An unknown one is logged with a reference that members see."""
    sentence = explain(error, turn.platform.terms)
    if sentence is None:
        reference = secrets.token_hex(3)
        log.error("Unknown error %s", reference, exc_info=error)
        sentence = apology(reference)
    return sentence


async def respond_when_ready(
    turn: Turn, answer: Awaitable[Message], *, private: bool = False
) -> None:
    """Respond with a message, and defer the response if that takes more than a second."""
    message = await in_time(answer, PATIENCE_S, on_delay=lambda: turn.defer(private=private))
    await turn.respond(message)


async def stream(
    turn: Turn,
    messages: AsyncGenerator[Message, None],
    interval: float,
    broken_off: Callable[[Message, Text], Message],
) -> None:
    """Show the latest state of a growing answer, at most every `interval` seconds.

    An edit that fails to arrive is superseded by the next one, and the last one is retried. After
    an error the message keeps its content, and `broken_off` adds the reason.
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


async def _edited(turn: Turn, message: Message) -> bool:
    return await deliver(lambda: turn.edit(message))
