"""Progress messages of trainings, for the shared models and for custom models."""

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.chat.app import App
from bot.chat.dispatch import LAST_TRIES, deliver
from bot.chat.message import Button, Embed, Field, Message, Tone
from bot.chat.translation import _, ngettext
from bot.chat.turn import DeliveryError, Gone, MessageRef, Platform
from bot.concurrency import latest_throttled
from bot.text.formats import progress_bar
from bot.text.spans import Text, Timestamp, emphasis, text
from bot.text.stored import read_stored
from bot.trainer.custom_models import TASK, Untrained
from bot.trainer.events import CustomModelTrained, EndReason, Interrupted
from bot.trainer.queries import (
    CUSTOM,
    DIED,
    CustomModels,
    TrainingRecord,
    TrainingRequest,
    Trainings,
    VersionRecord,
)
from bot.trainer.service import Event, Events
from bot.training.custom_model_messages import details_of, ready_embed, retraining
from bot.training.models import version_report, written
from bot.training.titles import corpus_title
from bot.writing.errors import TooSlow
from data.phrases import NOTHING, Phrase, Showable
from models.training.events import Failed, Planned, Progress, Samples, Stopped
from models.weights import WeightsError

log = logging.getLogger(__name__)

STOP = "training"
"""The action of the button that stops a training."""
EDITS = 3
"""Multiple of the edit interval between two edits of a progress message."""
SHOWN_SAMPLES = 4

_REASONS: Mapping[str, Phrase] = {
    EndReason.BUTTON: _("Somebody pressed Stop."),
    EndReason.CRASHED: _("The training process ended early; the bot's log has the details."),
    EndReason.KILLED: _("The training process was killed, perhaps because it ran out of memory."),
    EndReason.WORKER_LOST: _("The machine doing the training was lost."),
    EndReason.TOO_LONG: _("Training took too long."),
    EndReason.UNREADABLE: _("The results couldn't be read; the bot's log has the details."),
    EndReason.DATABASE: _("The database isn't answering, so the results couldn't be stored."),
    EndReason.DELETED: _("The namer was deleted."),
    EndReason.FORGOTTEN: _("The member who uploaded the list deleted their data."),
    EndReason.BROKEN: _("Something went wrong; the bot's log has the details."),
    DIED: _("The bot stopped unexpectedly too many times during the training."),
}
"""Any other reason is already a sentence."""


@dataclass(frozen=True)
class TrainedModel:
    """The model that is trained, as messages speak of it."""

    name: Showable
    """The task, or the name of the custom model."""
    is_custom: bool
    has_weights: bool = True
    """Whether the model can be used without this training."""


@dataclass(frozen=True)
class TrainingState:
    """The state of a training, as events report it."""

    request: TrainingRequest
    model: TrainedModel
    training_id: int | None = None
    """`None` until it is queued."""
    ahead: int = 0
    """Number of trainings ahead in the queue."""
    planned: Planned | None = None
    progress: Progress | None = None
    ready_at: datetime | None = None
    samples: tuple[Showable, ...] = ()
    """Samples that the word filter allows."""

    def after(self, event: Event, now: datetime) -> "TrainingState":
        """The state after an event."""
        match event:
            case Planned():
                return replace(self, planned=event)
            case Progress():
                ready_at = now + timedelta(seconds=event.seconds_left)
                return replace(self, progress=event, ready_at=ready_at)
            case _:
                return self

    @property
    def notes(self) -> tuple[Showable, ...]:
        """Sentences about the corpus: of the request, or else of the trainer.

        A request for a custom model has those about the member's list. The trainer's are about the
        table that the list was stored in.
        """
        return self.request.notes or (self.planned.notes if self.planned else ())

    @property
    def corpus(self) -> tuple[Text, ...]:
        """Lines about the corpus."""
        title = self.request.title or (self.planned.corpus if self.planned else "")
        first = text(corpus_title(title)) if title else text(emphasis(_("Reading the corpus …")))
        return (first, *(text(emphasis(note)) for note in self.notes))

    @property
    def footer(self) -> Phrase:
        """The limit of time."""
        minutes = self.request.minutes
        if minutes is None:
            return NOTHING
        return ngettext("At most {count} minute", "At most {count} minutes", minutes).format(
            count=minutes
        )

    @property
    def buttons(self) -> tuple[Button, ...]:
        """The button that stops the training, once it is queued."""
        return () if self.training_id is None else (stop_button(self.training_id),)


def stop_button(training_id: int) -> Button:
    """The button that stops a training."""
    return Button(_("Stop"), STOP, f"stop:{training_id}", dangerous=True)


def progress_message(state: TrainingState) -> Message:
    """A training that is queued or running."""
    lines = list(state.corpus)
    fields: tuple[Field, ...] = ()
    title = _("🏋️ Training {subject}")
    if state.ahead:
        title = _("⏳ {subject}: waiting for training")
        waiting = ngettext(
            "{count} training is ahead of this one.",
            "{count} trainings are ahead of this one.",
            state.ahead,
        )
        lines.append(text(waiting, count=state.ahead))
    if state.progress is not None:
        share = state.progress.step / max(state.progress.steps, 1)
        lines.append(text(Phrase("{bar} {share:.0%}"), bar=progress_bar(share), share=share))
        if state.ready_at is not None:
            fields = (Field(_("Ready"), text(Timestamp(state.ready_at))),)
    if state.samples:
        lines += [(), *(text(each) for each in state.samples[:SHOWN_SAMPLES])]
    embed = Embed(
        title=title.format(subject=state.model.name),
        lines=tuple(lines),
        fields=fields,
        footer=state.footer,
        tone=Tone.TRAINING,
    )
    return Message(embeds=(embed,), buttons=state.buttons)


def ended_message(model: TrainedModel, end: Stopped | Failed, why: Text = ()) -> Message:
    """A training that was stopped or has failed. `why` takes the place of the reason."""
    match end:
        case Stopped(reason=reason):
            title = _("Training for {subject} was stopped")
        case Failed(message=reason):
            title = _("Training for {subject} failed")
    sentence = why or text(_REASONS.get(reason) or read_stored(reason))
    consequence: Text = ()
    if reason == EndReason.DELETED:
        pass
    elif not model.is_custom:
        consequence = text(_("The live version is unchanged."))
    elif model.has_weights:
        consequence = text(_("The namer works as before."))
    else:
        consequence = text(_("Try again with {command}."), command=retraining(model.name))
    embed = Embed(
        title=title.format(subject=model.name),
        lines=(sentence, consequence) if consequence else (sentence,),
        tone=Tone.TROUBLE,
    )
    return Message(embeds=(embed,))


def _interrupted_message(state: TrainingState) -> Message:
    """A training that resumes after a restart of the bot."""
    embed = Embed(
        title=_("⏸️ Training for {subject} is paused").format(subject=state.model.name),
        lines=(*state.corpus, text(_("The bot is restarting. Training will resume afterwards."))),
        footer=state.footer,
        tone=Tone.TRAINING,
    )
    return Message(embeds=(embed,), buttons=state.buttons)


def _ready_message(
    state: TrainingState, trained: CustomModelTrained, samples: Sequence[Showable]
) -> Message:
    """A custom model that has been trained."""
    embed = ready_embed(
        state.model.name,
        trained.card,
        trained.entries,
        samples,
        lines=(*state.corpus, ()),
        seconds=trained.seconds,
        tone=Tone.TRAINING,
    )
    return Message(embeds=(embed,), buttons=details_of(trained.card))


async def model_of(app: App, request: TrainingRequest) -> TrainedModel:
    """The model that is trained. Raises `Unavailable`."""
    if request.policy != CUSTOM:
        return TrainedModel(written(request.task), is_custom=False)
    model = await app.store[CustomModels].get(request.custom_model_id or 0)
    if model is None:
        return TrainedModel(corpus_title(request.title), is_custom=True)
    return TrainedModel(model.name, is_custom=True, has_weights=model.digest is not None)


class TrainingReport:
    """Keeps the progress message of a training up to date.

    If the message is deleted, one new message is sent.
    """

    def __init__(self, app: App, platform: Platform, record: TrainingRecord) -> None:
        self._app = app
        self._platform = platform
        self._record = record
        self._ref: MessageRef | None = None
        if record.channel_id is not None and record.message_id is not None:
            self._ref = MessageRef(record.channel_id, record.message_id, record.community_id)
        self._may_send = True

    async def follow(self, events: Events) -> None:
        """Show a training of this process until its end."""
        message, arrived = None, True
        interval = EDITS * self._app.edit_interval
        async with aclosing(latest_throttled(self._messages(events), interval)) as throttled:
            async for message in throttled:
                arrived = not self._platform.spares_requests and await self._show(message)
        if message is not None and not arrived:
            await self._show(message, tries=LAST_TRIES)

    async def update(self) -> None:
        """Show a training that is queued, or that has ended in another process."""
        message = await self._current()
        if message is not None:
            await self._show(message)

    async def _messages(self, events: Events) -> AsyncGenerator[Message, None]:
        """Yield the whole message after each event."""
        state = await self._state()
        yield progress_message(state)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Samples):
                    state = replace(state, samples=await self._allowed(event.texts))
                state = state.after(event, self._app.now())
                yield await self._message(state, event)

    async def _state(self, ahead: int = 0) -> TrainingState:
        record = self._record
        return TrainingState(record, await model_of(self._app, record), record.id, ahead)

    async def _message(self, state: TrainingState, event: Event) -> Message:
        match event:
            case VersionRecord():
                community_id = state.request.community_id
                return await version_report(
                    self._app, event.task, event.number, community_id, state.notes
                )
            case CustomModelTrained():
                return _ready_message(state, event, await self._allowed(event.samples))
            case Stopped() | Failed():
                return ended_message(state.model, event)
            case Interrupted():
                return _interrupted_message(state)
            case _:
                return progress_message(state)

    async def _current(self) -> Message | None:
        """The message for the state of the training in the database; `None` if it has none.

        One that runs has none, and one whose result is gone.
        """
        app, record = self._app, self._record
        match record.state:
            case "queued":
                ahead = await app.store[Trainings].queued_before(record.id)
                return progress_message(await self._state(ahead))
            case "stopped":
                return ended_message(await model_of(app, record), Stopped(record.message))
            case "failed":
                return ended_message(await model_of(app, record), Failed(record.message))
            case "running":
                return None
        if record.version_id is not None:
            return await version_report(
                app, record.task, record.version_id, record.community_id, record.notes
            )
        model = await app.store[CustomModels].get(record.custom_model_id or 0)
        if model is None:
            return None
        try:
            trained = await app.custom_models.load(model)
            sample = await app.inference.validate(TASK, lambda: trained, full=False)
        except (Untrained, WeightsError, TooSlow):
            return None
        names = sample.samples
        ready = CustomModelTrained(trained.card, names, model.seconds or 0.0, model.entries)
        return _ready_message(await self._state(), ready, await self._allowed(names))

    async def _allowed(self, texts: tuple[str, ...]) -> tuple[Showable, ...]:
        """Texts that can be shown where the training was asked for."""
        words = await self._app.filters.of(self._record.community_id)
        return tuple(words.passing(texts))

    async def _show(self, message: Message, *, tries: int = 1) -> bool:
        """Edit the message. Returns whether it succeeded, or will never succeed.

        Nothing is written in a community that an owner has blocked.
        """
        ref = self._ref
        if ref is None or await self._app.blocks.has_community(ref.community_id):
            return True
        number = self._record.id
        try:
            return await deliver(lambda: self._platform.edit(ref, message), tries=tries)
        except DeliveryError as error:
            log.info("The message of training %d cannot be edited: %s", number, error)
            if not isinstance(error, Gone):
                return True
        self._ref = None  # unless there is a new message, no request will succeed any more
        if self._may_send:
            self._may_send = False
            try:
                message_id = await self._platform.send(ref, message)
                self._ref = replace(ref, message_id=message_id)
                await self._app.store[Trainings].set_message(number, ref.channel_id, message_id)
            except DeliveryError as error:
                log.info("A new message for training %d cannot be sent: %s", number, error)
        return True
