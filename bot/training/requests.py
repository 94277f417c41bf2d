"""Training requests: uploads, the queue, the progress message, the Stop button."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from bot.chat.app import App
from bot.chat.message import Message, UserError
from bot.chat.translation import _
from bot.chat.turn import Attachment, DeliveryError, Forbidden, Turn
from bot.community.rights import SharedModelAction, check_manager, check_shared_models
from bot.polls.votes import signature
from bot.text.formats import cut
from bot.text.spans import Text, Timestamp, link, text
from bot.trainer.events import EndReason
from bot.trainer.queries import CUSTOM, TrainingRecord, TrainingRequest, Trainings
from bot.trainer.service import (
    AlreadyTraining,
    CoolingDown,
    TrainingRefused,
)
from bot.training.progress import TrainingState, ended_message, model_of, progress_message
from data.phrases import Showable
from models.training.events import Failed

LARGEST_SEED = 2**31
PATIENCE_S = 300.0
"""Seconds that an upload waits for its turn."""
LONGEST_TITLE = 60
"""Characters of a file name that are shown."""
LONGEST_NUMBER = 18
"""Digits of an id that fits in the database."""


async def submit(app: App, turn: Turn, request: TrainingRequest) -> Message:
    """Announce a training and queue it. Returns the reply, which links to the progress message.

    Raises `UserError` if it cannot be announced, and `TrainingRefused` if it cannot be queued.
    """
    model = await model_of(app, request)
    try:
        ref = await turn.announce(progress_message(TrainingState(request, model)))
    except Forbidden as error:
        if error.sentence:
            raise
        raise UserError(
            _(
                "The bot needs to show the progress in this channel, but it can't post here. "
                "Allow it to view the channel, send messages (in threads too), embed links and "
                "attach files, or use another channel."
            )
        ) from error
    request = replace(request, channel_id=ref.channel_id, message_id=ref.message_id)
    try:
        await app.training.enqueue(request)
    except BaseException as error:
        why = explain_refusal(error) if isinstance(error, TrainingRefused) else ()
        with suppress(DeliveryError):
            await turn.platform.edit(ref, ended_message(model, Failed(EndReason.BROKEN), why))
        raise
    reply = text(
        _("Training {subject}. Follow along: {link}"),
        subject=model.name,
        link=link(await turn.platform.link(ref)),
    )
    return Message(reply, private=True)


def explain_refusal(error: TrainingRefused) -> Text:
    """Why a training cannot be queued."""
    match error:
        case AlreadyTraining():
            return text(_("This is already being trained. Try again when it's done."))
        case CoolingDown(until=until):
            return text(
                _("The last training has just ended; the next one can start {time}."),
                time=Timestamp(until),
            )
        case _:
            return text(_("Too many trainings are waiting; try again in a few minutes."))


async def title_of(app: App, name: str, community_id: int | None, unnamed: Showable) -> Showable:
    """The name of a corpus or file if it can be shown in a community, else `unnamed`."""
    name = "".join(c for c in name[:255] if c.isprintable()).strip()
    words = await app.filters.of(community_id)
    return words.filtered(cut(name, LONGEST_TITLE), unnamed) if name else unnamed


def check_size(title: Showable, size: int, most: int, what: Showable) -> None:
    """Raise `UserError` for an upload of more than `most` bytes. `what` names accepted files."""
    if size > most:
        raise UserError(
            _("{file} is too large ({size:.1f} MiB). The limit for {what} is {limit} MiB."),
            file=title,
            size=size / 2**20,
            limit=most // 2**20,
            what=what,
        )


async def download(upload: Attachment, title: Showable) -> bytes:
    """The content of an upload whose size was checked. Raises `UserError`."""
    try:
        return await upload.read()
    except DeliveryError as error:
        raise UserError(_("{file} couldn't be downloaded. Upload it again."), file=title) from error


@asynccontextmanager
async def upload_turn(app: App) -> AsyncIterator[None]:
    """Wait until no other upload is downloaded, checked and stored: each takes memory and time.

    Raises `UserError` if that takes too long.
    """
    uploads = app.training.uploads
    try:
        async with asyncio.timeout(PATIENCE_S):
            await uploads.acquire()
    except TimeoutError as error:
        raise UserError(
            _("Too many files are being read at the moment; try again in a few minutes.")
        ) from error
    try:
        yield
    finally:
        uploads.release()


async def press_stop(app: App, turn: Turn, state: str) -> None:
    """Answer the button that stops a training. Raises `UserError` if it has ended."""
    action, _colon, number = state.partition(":")
    record = None
    if action == "stop" and number.isdecimal() and len(number) <= LONGEST_NUMBER:
        record = await app.store[Trainings].get(int(number))
    if record is None:
        raise UserError(_("This training has already ended."))
    if record.policy != CUSTOM:
        await check_shared_models(app, turn, SharedModelAction.TRAIN)
    elif check_manager(turn) != record.community_id:
        raise UserError(
            _("This training belongs to another {community}."),
            community=turn.platform.terms.community,
        )
    if not await app.training.stop(record.id, await stop_reason(app, turn, record)):
        raise UserError(_("This training has already ended."))
    await turn.respond(Message(text(_("Stopped.")), private=True))


async def stop_reason(app: App, turn: Turn, record: TrainingRecord) -> str:
    """The reason with the member's name, if that can be shown with the progress.

    It is only shown, never stored.
    """
    name = signature(turn.user.display_name, await app.filters.of(record.community_id))
    return EndReason.BUTTON if name is None else _("{member} pressed Stop.").format(member=name)
