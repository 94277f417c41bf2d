"""Training requests: uploads, the queue, the progress message, the Stop button."""

from contextlib import suppress
from dataclasses import replace

from bot.chat.app import App
from bot.chat.message import Message, Timestamp, UserError, link, text
from bot.chat.translation import _
from bot.chat.turn import Attachment, DeliveryError, Forbidden, MessageRef, Turn
from bot.commands.training.progress import (
    Subject,
    TrainingState,
    failed_message,
    progress_message,
    stopped_message,
    subject_of,
)
from bot.community.rights import SharedModelAction, check_manager, check_shared_models
from bot.formats import shortened
from bot.polls.votes import signature
from bot.services.training.policies import CUSTOM, AlreadyTraining, CoolingDown, QueueFull
from bot.services.training.results import Reason
from bot.store.custom_models import CustomModelRecord
from bot.store.trainings import TrainingRecord, TrainingRequest

LARGEST_SEED = 2**31
LONGEST_TITLE = 60
"""Characters of a file name that are shown."""
_LONGEST_NUMBER = 18
"""Digits of an id that fits in the database."""


async def check_queue(
    app: App,
    policy: str,
    *,
    community_id: int | None = None,
    custom_model_id: int | None = None,
) -> None:
    """Raise `UserError` unless a training can be queued now."""
    try:
        await app.training.check(policy, community_id=community_id, custom_model_id=custom_model_id)
    except (AlreadyTraining, CoolingDown, QueueFull) as error:
        raise refusal_for(error) from error


async def submit(app: App, turn: Turn, request: TrainingRequest, subject: Subject) -> Message:
    """Announce a training and queue it. Returns the reply, which links to the progress message.

    Raises `UserError` if it cannot be announced or queued.
    """
    try:
        ref = await turn.announce(progress_message(TrainingState(request, subject)))
    except Forbidden as error:
        raise UserError(
            _(
                "Progress is shown in this channel, but the bot can't post here. Allow it to view "
                "the channel, send messages (also in threads), embed links and attach files, or "
                "use another channel."
            )
        ) from error
    request = replace(request, channel_id=ref.channel_id, message_id=ref.message_id)
    try:
        await app.training.enqueue(request)
    except (AlreadyTraining, CoolingDown, QueueFull) as error:
        refusal = refusal_for(error)
        await _withdraw(turn, ref, subject, str(refusal))
        raise refusal from error
    except BaseException:
        await _withdraw(turn, ref, subject, Reason.BROKEN)
        raise
    reply = text(
        _("Training {subject}. Follow along: {link}"),
        subject=subject.name,
        link=link(await turn.platform.link(ref)),
    )
    return Message(reply, private=True)


async def title_of(app: App, name: str, community_id: int | None, unnamed: str) -> str:
    """The name of a corpus or file if it can be shown in a community, else `unnamed`."""
    name = "".join(c for c in name[:255] if c.isprintable()).strip()
    title = shortened(name, LONGEST_TITLE)
    return title if title and await app.allows(title, community_id) else unnamed


def check_size(title: str, size: int, most: int, what: str) -> None:
    """Raise `UserError` for an upload of more than `most` bytes. `what` names accepted files."""
    if size > most:
        raise UserError(
            _("{file} is too large ({size:.1f} MiB). The limit for {what} is {limit} MiB."),
            file=title,
            size=size / 2**20,
            limit=most // 2**20,
            what=what,
        )


async def download(upload: Attachment, title: str) -> bytes:
    """The content of an upload whose size was checked. Raises `UserError`."""
    try:
        return await upload.read()
    except DeliveryError as error:
        raise UserError(
            _("{file} could not be downloaded; upload it again."), file=title
        ) from error


async def press_stop(app: App, turn: Turn, state: str) -> None:
    """Answer the button that stops a training."""
    action, _colon, number = state.partition(":")
    record = None
    if action == "stop" and number.isdecimal() and len(number) <= _LONGEST_NUMBER:
        record = await app.store.trainings.get(int(number))
    await stop(app, turn, record)


async def stop(app: App, turn: Turn, record: TrainingRecord | None) -> None:
    """Stop a training that the user may stop. Raises `UserError` if there is none."""
    if record is None:
        raise UserError(_("This training has already ended."))
    if record.policy == CUSTOM:
        if check_manager(turn) != record.community_id:
            raise UserError(
                _("This training belongs to another {community}."),
                community=turn.platform.terms.community,
            )
    else:
        await check_shared_models(app, turn, SharedModelAction.TRAIN)
    with app.in_flight.track():
        reason = await stop_reason(app, turn, record)
        stopped = await app.training.stop(record.id, reason)
        if stopped is None:
            raise UserError(_("This training has already ended."))
        if stopped.state == "stopped":
            await _show_unstarted_stopped(turn, record, await subject_of(app, record), reason)
        await turn.respond(Message(text(_("Stopped.")), private=True))


async def stop_of_deleted(
    app: App, turn: Turn, record: TrainingRecord, model: CustomModelRecord
) -> None:
    """Stop the training of a custom model that is about to be deleted."""
    stopped = await app.training.stop(record.id, Reason.DELETED)
    if stopped is not None and stopped.state == "stopped":
        subject = Subject(model.name, is_custom=True)
        await _show_unstarted_stopped(turn, record, subject, Reason.DELETED)


async def stop_reason(app: App, turn: Turn, record: TrainingRecord) -> str:
    """The reason with the member's name, if that can be shown with the progress.

    It is only shown, never stored.
    """
    name = signature(turn.user.display_name, await app.filters.of(record.community_id))
    return Reason.BUTTON if name is None else _("{member} pressed Stop.").format(member=name)


async def _show_unstarted_stopped(
    turn: Turn, record: TrainingRecord, subject: Subject, reason: str
) -> None:
    """Update the message of a training that was stopped before anything reported its progress."""
    if record.channel_id is not None and record.message_id is not None:
        ref = MessageRef(record.channel_id, record.message_id, record.community_id)
        with suppress(DeliveryError):
            await turn.platform.edit(ref, stopped_message(subject, reason))


async def _withdraw(turn: Turn, ref: MessageRef, subject: Subject, reason: str) -> None:
    """Replace the announcement of a training that could not be queued."""
    with suppress(DeliveryError):
        await turn.platform.edit(ref, failed_message(subject, reason))


def refusal_for(error: AlreadyTraining | CoolingDown | QueueFull) -> UserError:
    """The error for a training that cannot be queued."""
    match error:
        case AlreadyTraining():
            return UserError(_("This is already being trained; try again when that has ended."))
        case CoolingDown(until=until):
            return UserError(
                _("The cooldown after the last training isn't over; try again {time}."),
                time=Timestamp(until),
            )
        case QueueFull():
            return UserError(_("Too many trainings are waiting; try again in a few minutes."))
