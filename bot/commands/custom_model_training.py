"""How the training of a namer is told of, in a message that is kept up to date."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.commands.message import (
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
)
from bot.commands.model_quality import figures, judgement
from bot.formats import bar, plural
from bot.services.custom_models import (
    Event,
    Events,
    Lesson,
    Ready,
    Waiting,
)
from bot.services.training.events import (
    Failed,
    Progress,
    Samples,
    Stopped,
)
from bot.services.word_filter import WordFilter

ACTION = "namer"
SAMPLES_ON_THE_WAY = 4


@dataclass(frozen=True)
class Run:
    """What is known of a training so far."""

    lesson: Lesson
    notes: tuple[str, ...] = ()
    """What was mended in the list."""
    ahead: int | None = None
    """Lists before it in the queue."""
    progress: Progress | None = None
    ready_at: datetime | None = None
    samples: tuple[str, ...] = ()
    end: Ready | Stopped | Failed | None = None

    def after(self, event: Event, now: datetime, words: WordFilter) -> "Run":
        """What is known after an event. Samples pass the word filter like any text."""
        match event:
            case Waiting(ahead=ahead):
                return replace(self, ahead=ahead)
            case Progress():
                ready_at = now + timedelta(seconds=event.seconds_left)
                return replace(self, ahead=None, progress=event, ready_at=ready_at)
            case Samples(texts=samples):
                return replace(self, ahead=None, samples=tuple(filter(words.allows, samples)))
            case Ready() | Stopped() | Failed():
                return replace(self, end=event)
            case _:
                return replace(self, ahead=None)


async def answers(
    run: Run, events: Events, words: WordFilter, now: Callable[[], datetime]
) -> AsyncGenerator[Message, None]:
    """The whole message again after every event."""
    async for event in events:
        run = run.after(event, now(), words)
        yield reply(run)


def reply(run: Run) -> Message:
    """The message that a training is reported in, as of now."""
    namer = run.lesson.namer
    match run.end:
        case None:
            return _under_way(run)
        case Ready():
            return _success(run, run.end)
        case Stopped(reason=reason):
            return _trouble(f"{namer.name} was stopped", f"{reason} {_consequence(run)}")
        case Failed(message=message):
            return _trouble(f"{namer.name} could not learn", f"{message} {_consequence(run)}")


def interrupted() -> Message:
    """The message of a training that ended unseen, when the bot itself ended."""
    return _trouble(
        "The training was interrupted",
        "I was restarted. What the namer knew before, it knows still; /namer retrain begins again.",
    )


def usage(name: str) -> Text:
    """How names are asked for."""
    return text("Ask for more with ", code(f"/name namer:{name}"), ".")


def shown_names(names: tuple[str, ...]) -> tuple[Text, ...]:
    """Names on a card, a line each."""
    return tuple(text(strong(name)) for name in names)


def _under_way(run: Run) -> Message:
    stop = Button("Stop", ACTION, f"stop:{run.lesson.namer.id}", dangerous=True)
    lines = _list(run)
    if run.ahead:
        before = "1 list is" if run.ahead == 1 else f"{run.ahead} lists are"
        lines = (*lines, text(f"{before} ahead of it."))
    if run.progress is not None:
        share = run.progress.step / max(run.progress.steps, 1)
        lines = (*lines, text(f"{bar(share)} {share:.0%}"))
    if run.samples:
        lines = (*lines, (), *shown_names(run.samples[:SAMPLES_ON_THE_WAY]))
    return _working(run, lines, _figures(run), (stop,))


def _working(
    run: Run,
    lines: tuple[Text, ...],
    fields: tuple[Field, ...] = (),
    buttons: tuple[Button, ...] = (),
) -> Message:
    name = run.lesson.namer.name
    title = f"🪶 {name} waits for its turn" if run.ahead else f"🪶 {name} is learning"
    card = Embed(title=title, lines=lines, fields=fields, tone=Tone.TRAINING)
    return Message(embeds=(card,), buttons=buttons)


def _success(run: Run, ready: Ready) -> Message:
    name, entries = run.lesson.namer.name, len(run.lesson.corpus.names)
    lines = (
        *_list(run),
        (),
        *shown_names(ready.samples),
        (),
        text(judgement(ready.card, entries)),
        usage(name),
    )
    card = Embed(
        title=f"✅ {name} is ready",
        lines=lines,
        fields=figures(ready.card, ready.seconds),
        footer=f"seed {run.lesson.seed}",
        tone=Tone.TRAINING,
    )
    return Message(embeds=(card,))


def _consequence(run: Run) -> str:
    namer = run.lesson.namer
    if namer.digest is not None:
        return "It writes as it did before."
    return f"To try again: /namer retrain name:{namer.name}"


def _trouble(title: str, message: str) -> Message:
    return Message(embeds=(Embed(title=title, lines=(text(message.strip()),), tone=Tone.TROUBLE),))


def _list(run: Run) -> tuple[Text, ...]:
    corpus = run.lesson.corpus
    return (
        text(f"{corpus.title}: {plural(len(corpus.names), 'name')}"),
        *(text(emphasis(note)) for note in run.notes),
    )


def _figures(run: Run) -> tuple[Field, ...]:
    progress = run.progress
    if progress is None or run.ready_at is None:
        return ()
    validation = "–" if progress.validation is None else f"{progress.validation:.3f} nats/char"
    return (
        Field("Loss", text(f"{progress.loss:.3f} nats/char")),
        Field("Validation", text(validation)),
        Field("Ready", text(Timestamp(run.ready_at))),
    )
