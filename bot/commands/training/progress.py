"""Progress messages of trainings, for the shared models and for custom models."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.commands.core.app import App
from bot.commands.core.dispatch import LAST_TRIES, deliver
from bot.commands.core.message import (
    Button,
    Embed,
    Field,
    Message,
    Text,
    Timestamp,
    Tone,
    code,
    emphasis,
    strong,
    text,
    verbatim,
)
from bot.commands.core.translation import _, ngettext
from bot.commands.core.turn import DeliveryError, Gone, MessageRef, Platform
from bot.commands.training.model_quality import judgement, loss_fields, nats
from bot.commands.training.version_report import version_report
from bot.formats import progress_bar
from bot.services.concurrency import latest_throttled
from bot.services.custom_models import TASK, Untrained
from bot.services.training.policies import CUSTOM
from bot.services.training.results import CustomModelTrained, Event, Events, Interrupted, Reason
from bot.services.versions import VersionComparison
from bot.store.trainings import DIED, TrainingRecord, TrainingRequest
from bot.store.versions import VersionRecord
from bot.writing.errors import TooSlow
from models.training.events import Failed, Planned, Progress, Samples, Stopped
from models.weights import WeightsError

log = logging.getLogger(__name__)

STOP = "training"
"""The action of the button that stops a training."""
EDITS = 3
"""Multiple of the edit interval between two edits of a progress message."""
SHOWN_SAMPLES = 4

_REASONS: Mapping[str, str] = {
    Reason.BUTTON: _("Somebody pressed Stop."),
    Reason.CRASHED: _("The training process ended early; the bot's log says more."),
    Reason.KILLED: _("The training process was killed, perhaps because memory ran out."),
    Reason.WORKER_LOST: _("The machine that trained was lost."),
    Reason.TOO_LONG: _("The training did not end in time."),
    Reason.UNREADABLE: _("The results could not be read; the bot's log says more."),
    Reason.DATABASE: _("The database isn't answering, so the results could not be stored."),
    Reason.DELETED: _("The namer was deleted."),
    Reason.FORGOTTEN: _("The member who uploaded the list deleted their data."),
    Reason.BROKEN: _("Something went wrong; the bot's log says more."),
    DIED: _("The bot stopped unexpectedly too often while it ran."),
}
"""Any other reason is already a sentence."""


@dataclass(frozen=True)
class Subject:
    """The model that is trained."""

    name: str
    """The task, or the name of the custom model."""
    is_custom: bool
    has_weights: bool = True
    """Whether it can be used without this training."""


@dataclass(frozen=True)
class TrainingState:
    """The state of a training, as events report it."""

    request: TrainingRequest
    subject: Subject
    training_id: int | None = None
    """`None` until it is queued."""
    ahead: int = 0
    """Number of trainings ahead in the queue."""
    planned: Planned | None = None
    progress: Progress | None = None
    ready_at: datetime | None = None
    samples: tuple[str, ...] = ()
    """Samples that the word filter allows."""

    def after(self, event: Event, now: datetime) -> "TrainingState":
        """The state after an event."""
        match event:
            case Planned():
                return replace(self, planned=event)
            case Progress():
                ready_at = now + timedelta(seconds=event.seconds_left)
                return replace(self, progress=event, ready_at=ready_at)
            case Samples(texts=texts):
                return replace(self, samples=texts)
            case _:
                return self

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the corpus: of the request, or else of the trainer.

        A request for a custom model has those about the member's list. The trainer's are about the
        table that the list was stored in.
        """
        found = self.planned.notes if self.planned else ()
        return self.request.notes or found


def stop_button(training_id: int) -> Button:
    """The button that stops a training."""
    return Button(_("Stop"), STOP, f"stop:{training_id}", dangerous=True)


def progress_message(state: TrainingState) -> Message:
    """A training that is queued or running."""
    lines = list(_corpus(state))
    fields: tuple[Field, ...] = ()
    title = _("🏋️ Training {subject}")
    if state.ahead:
        title = _("⏳ {subject}: waiting for training")
        waiting = ngettext("{count} training ahead.", "{count} trainings ahead.", state.ahead)
        lines.append(text(waiting, count=state.ahead))
    if state.progress is not None:
        share = state.progress.step / max(state.progress.steps, 1)
        lines.append(text("{bar} {share:.0%}", bar=progress_bar(share), share=share))
        fields = _figures(state.progress, state.ready_at)
    if state.samples:
        lines += [(), *map(verbatim, state.samples[:SHOWN_SAMPLES])]
    embed = Embed(
        title=title.format(subject=state.subject.name),
        lines=tuple(lines),
        fields=fields,
        footer=_footer(state.request),
        tone=Tone.TRAINING,
    )
    number = state.training_id
    return Message(embeds=(embed,), buttons=() if number is None else (stop_button(number),))


def custom_model_ready(state: TrainingState, trained: CustomModelTrained) -> Message:
    """A custom model that has been trained."""
    embed = Embed(
        title=_("✅ {namer} is ready").format(namer=state.subject.name),
        lines=(
            *_corpus(state),
            (),
            *(text(strong(name)) for name in trained.samples),
            *(((),) if trained.samples else ()),
            judgement(trained.card, trained.entries),
            usage(state.subject.name),
        ),
        fields=loss_fields(trained.card, trained.seconds),
        footer=_("seed {seed}").format(seed=state.request.seed),
        tone=Tone.TRAINING,
    )
    return Message(embeds=(embed,))


def usage(model: str) -> Text:
    """How to use a custom model."""
    return text(_("Get names from it with {command}."), command=code(f"/name namer:{model}"))


def stopped_message(subject: Subject, reason: str) -> Message:
    """A training that was stopped."""
    return _trouble(_("The training of {subject} was stopped"), subject, reason)


def failed_message(subject: Subject, reason: str) -> Message:
    """A training that has failed."""
    return _trouble(_("The training of {subject} failed"), subject, reason)


def interrupted_message(state: TrainingState) -> Message:
    """A training that resumes after a restart of the bot."""
    embed = Embed(
        title=_("⏸️ The training of {subject} is interrupted").format(subject=state.subject.name),
        lines=(*_corpus(state), text(_("The bot is restarting. The training resumes after that."))),
        footer=_footer(state.request),
        tone=Tone.TRAINING,
    )
    number = state.training_id
    return Message(embeds=(embed,), buttons=() if number is None else (stop_button(number),))


def _trouble(title: str, subject: Subject, reason: str) -> Message:
    sentence = text(_REASONS[reason]) if reason in _REASONS else verbatim(reason)
    consequence: Text = ()
    if reason == Reason.DELETED:
        pass
    elif not subject.is_custom:
        consequence = text(_("The live version is unchanged."))
    elif subject.has_weights:
        consequence = text(_("The namer works as before."))
    else:
        command = code(f"/namer retrain name:{subject.name}")
        consequence = text(_("Try again with {command}."), command=command)
    embed = Embed(
        title=title.format(subject=subject.name),
        lines=((*sentence, *text(" "), *consequence) if consequence else sentence,),
        tone=Tone.TROUBLE,
    )
    return Message(embeds=(embed,))


def _corpus(state: TrainingState) -> tuple[Text, ...]:
    title = state.request.title or (state.planned.corpus if state.planned else "")
    first = verbatim(title) if title else text(emphasis(_("Reading the corpus …")))
    return (first, *(text(emphasis(note)) for note in state.notes))


def _footer(request: TrainingRequest) -> str:
    seed = _("seed {seed}").format(seed=request.seed)
    if request.minutes is None:
        return seed
    limit = ngettext("at most {count} minute", "at most {count} minutes", request.minutes)
    return f"{seed} · {limit.format(count=request.minutes)}"


def _figures(progress: Progress, ready_at: datetime | None) -> tuple[Field, ...]:
    validation = "–" if progress.validation is None else nats(progress.validation)
    speed = _("{speed:,.0f} chars/s").format(speed=progress.characters_per_second)
    return (
        Field(_("Loss"), text(nats(progress.loss))),
        Field(_("Validation loss"), text(validation)),
        Field(_("Speed"), text(speed)),
        *((Field(_("Ready"), text(Timestamp(ready_at))),) if ready_at else ()),
    )


async def subject_of(app: App, request: TrainingRequest) -> Subject:
    """The subject of a training. Raises `Unavailable`."""
    if request.policy != CUSTOM:
        return Subject(request.task, is_custom=False)
    model = None
    if request.custom_model_id is not None:
        model = await app.store.custom_models.get(request.custom_model_id)
    if model is None:
        return Subject(request.title, is_custom=True)
    return Subject(model.name, is_custom=True, has_weights=model.digest is not None)


class TrainingReports:
    """Keeps the progress messages of a platform up to date."""

    def __init__(self, app: App, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def follow(self, record: TrainingRecord, events: Events) -> None:
        """Show a training of this process until its end."""
        report = _Report(self._app, self._platform, record)
        message, arrived = None, True
        messages = self._messages(record, events)
        interval = EDITS * self._app.edit_interval
        async with aclosing(latest_throttled(messages, interval)) as throttled:
            async for message in throttled:
                arrived = not self._platform.spares_requests and await report.show(message)
        if message is not None and not arrived:
            await report.show(message, tries=LAST_TRIES)

    async def update(self, record: TrainingRecord) -> None:
        """Show a training that is queued, or that has ended in another process."""
        message = await self._current(record)
        if message is not None:
            await _Report(self._app, self._platform, record).show(message)

    async def _messages(
        self, record: TrainingRecord, events: Events
    ) -> AsyncGenerator[Message, None]:
        """Yield the whole message after each event."""
        state = TrainingState(record, await subject_of(self._app, record), record.id)
        yield progress_message(state)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Samples):
                    event = replace(event, texts=await self._allowed(record, event.texts))
                state = state.after(event, self._app.now())
                yield await self._message(state, event)

    async def _message(self, state: TrainingState, event: Event) -> Message:
        match event:
            case VersionRecord():
                return await self._version(state.request, event, state.notes)
            case CustomModelTrained():
                samples = await self._allowed(state.request, event.samples)
                return custom_model_ready(state, replace(event, samples=samples))
            case Stopped(reason=reason):
                return stopped_message(state.subject, reason)
            case Failed(message=reason):
                return failed_message(state.subject, reason)
            case Interrupted():
                return interrupted_message(state)
            case _:
                return progress_message(state)

    async def _current(self, record: TrainingRecord) -> Message | None:
        """The message for the state of a training in the database."""
        subject = await subject_of(self._app, record)
        match record.state:
            case "queued":
                ahead = await self._app.store.trainings.queued_before(record.id)
                return progress_message(TrainingState(record, subject, record.id, ahead))
            case "stopped":
                return stopped_message(subject, record.message)
            case "failed":
                return failed_message(subject, record.message)
            case "done":
                return await self._done(record, subject)
            case _:
                return None

    async def _done(self, record: TrainingRecord, subject: Subject) -> Message | None:
        """The message of a training that has succeeded; `None` if its result is gone."""
        app = self._app
        if record.version_id is not None:
            comparison = await app.models.compare(record.task, record.version_id)
            if comparison is None:
                return None
            return await self._report(record, comparison, record.notes)
        if record.custom_model_id is None:
            return None
        model = await app.store.custom_models.get(record.custom_model_id)
        if model is None:
            return None
        try:
            trained = await app.custom_models.load(model)
            sample = await app.inference.validate(TASK, lambda: trained, full=False)
        except (Untrained, WeightsError, TooSlow):
            return None
        names = await self._allowed(record, sample.samples)
        ready = CustomModelTrained(trained.card, names, model.seconds or 0.0, model.entries)
        return custom_model_ready(TrainingState(record, subject, record.id), ready)

    async def _version(
        self, request: TrainingRequest, version: VersionRecord, notes: tuple[str, ...]
    ) -> Message:
        comparison = await self._app.models.compare(version.task, version.number)
        assert comparison is not None  # noqa: S101 (it was created a moment ago)
        return await self._report(request, comparison, notes)

    async def _report(
        self, request: TrainingRequest, comparison: VersionComparison, notes: tuple[str, ...]
    ) -> Message:
        words = await self._app.filters.of(request.community_id)
        return await asyncio.to_thread(version_report, comparison, words.allows, notes)

    async def _allowed(self, request: TrainingRequest, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Texts that can be shown where a training was asked for."""
        place = request.community_id
        return tuple([words for words in texts if await self._app.allows(words, place)])


class _Report:
    """The progress message of a training. If it is deleted, one new message is sent."""

    def __init__(self, app: App, platform: Platform, record: TrainingRecord) -> None:
        self._app = app
        self._platform = platform
        self._training_id = record.id
        self._ref: MessageRef | None = None
        if record.channel_id is not None and record.message_id is not None:
            self._ref = MessageRef(record.channel_id, record.message_id, record.community_id)
        self._may_send = True

    async def show(self, message: Message, *, tries: int = 1) -> bool:
        """Edit the message. Returns whether it succeeded, or will never succeed.

        Nothing is written in a community that an owner has blocked.
        """
        ref = self._ref
        if ref is None or await self._app.blocks.has_community(ref.community_id):
            return True
        try:
            return await deliver(lambda: self._platform.edit(ref, message), tries=tries)
        except DeliveryError as error:
            log.info("The message of training %d cannot be edited: %s", self._training_id, error)
            if not (isinstance(error, Gone) and self._may_send):
                if isinstance(error, Gone):  # no request of this training will succeed any more
                    self._ref = None
                return True
        self._may_send = False
        try:
            number = await self._platform.send(ref, message)
        except DeliveryError as error:
            log.info("A new message for training %d cannot be sent: %s", self._training_id, error)
            self._ref = None
            return True
        self._ref = replace(ref, message_id=number)
        await self._app.store.trainings.set_message(self._training_id, ref.channel_id, number)
        return True
