"""`/retrain`: who may, what is accepted, and how a run is told of."""

from collections.abc import AsyncGenerator, Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.commands import error_messages
from bot.commands.message import (
    Button,
    Embed,
    Field,
    File,
    Message,
    Text,
    Timestamp,
    Tone,
    UserError,
    code,
    emphasis,
    link,
    text,
)
from bot.commands.models import use_it
from bot.formats import bar, human_duration, plural, shortened
from bot.services.training.events import (
    Done,
    Failed,
    Planned,
    Progress,
    Samples,
    Stopped,
)
from bot.services.training.retraining import (
    Event,
    Events,
    Order,
)
from bot.services.versions import MARGIN, VersionCreated
from bot.services.word_filter import WordFilter
from data.text import clean_name
from models.tasks import TASKS

ACTION = "retrain"
CURVE = "loss.png"
LARGEST_SEED = 2**31
LARGEST_UPLOAD = 2 * 2**20
"""Bytes. It is checked beside the bot's answers, on a small machine; 200,000 names have less."""
LONGEST_SAMPLE = 1200
SAMPLES_ON_THE_WAY = 4
UNCHANGED = "My weights are unchanged."
STOP = Button("Stop", ACTION, "stop", dangerous=True)
HEAVIEST = 5
"""Votes beyond which a name of the hall of fame is read no more often."""


@dataclass(frozen=True)
class RetrainOptions:
    """What can be asked of `/retrain`, apart from a corpus."""

    kind: str
    minutes: int | None = None
    seed: int | None = None
    force: bool = False


@dataclass(frozen=True)
class Asker:
    """Who asks, as far as the right to retrain depends on it."""

    is_owner: bool
    """Of the bot."""
    is_administrator: bool
    """Of the guild where the question is asked."""
    community_id: int | None
    """`None` outside of any guild."""


def check_asker(asker: Asker, home_guilds: Collection[int], guilds: Collection[int]) -> None:
    """Raise `UserError` unless this member may retrain, and choose what is live.

    Every server shares the weights. So the bot's owners may, and the administrators of its home
    guilds; if none are set, of the only guild that it is in.
    """
    if asker.community_id is None:
        raise UserError("I can be retrained from a server only.")
    homes = home_guilds or (guilds if len(guilds) == 1 else ())
    if asker.is_owner or (asker.is_administrator and asker.community_id in homes):
        return
    if not asker.is_administrator:
        raise UserError("Only administrators of this server may retrain me.")
    raise UserError(
        "All servers share what I have learnt, so only my owners and the administrators of my home "
        "servers may retrain me. Whoever runs me can name home servers in the setting ",
        code("HOME_GUILDS"),
        ".",
    )


def order_of(ask: RetrainOptions, seed: int, most_minutes: int) -> Order:
    """What to train, with `seed` unless one is asked for. Raises `UserError` for what cannot be."""
    if ask.minutes is not None and not 1 <= ask.minutes <= most_minutes:
        raise UserError(
            f"A training takes 1 to {plural(most_minutes, 'minute')} here, for example "
            f"{min(5, most_minutes)}."
        )
    if not TASKS[ask.kind].can_train():
        raise UserError(
            "Training on verse needs more than I have been given: whoever runs me must install ",
            code("pip install -r requirements-train.txt"),
            ". Names can be trained as I am.",
        )
    return Order(
        ask.kind,
        ask.minutes or most_minutes,
        seed if ask.seed is None else ask.seed,
        recipe=TASKS[ask.kind].chat_recipe,
        force=ask.force,
    )


def hall_of_fame(chosen: Iterable[tuple[str, int]], words: WordFilter) -> list[str]:
    """Names with their votes as a corpus: one stands there once for each vote, up to `HEAVIEST`.

    Raises `UserError` if there are none.
    """
    cleaned = ((clean_name(name), votes) for name, votes in chosen if words.allows(name))
    names = [
        name
        for name, votes in cleaned
        if name and words.allows(name)
        for _ in range(min(max(votes, 1), HEAVIEST))
    ]
    if not names:
        raise UserError(
            "The hall of fame is empty: nobody has chosen a name yet. Vote on the names of ",
            code("/dinoname"),
            " first, or leave hall_of_fame out.",
        )
    return names


def check_upload(name: str, size: int) -> None:
    """Raise `UserError` for a corpus that is too large to be read, `size` in bytes."""
    if size > LARGEST_UPLOAD:
        raise UserError(
            f"{name} has {size / 2**20:.1f} MiB; here I can read at most "
            f"{LARGEST_UPLOAD // 2**20} MiB of plain text in UTF-8, for example one name a line."
        )


def unfetched(name: str) -> UserError:
    """The error for an upload that Discord does not hand over."""
    return UserError(f"I could not fetch {name}; please send it again.")


def already_running() -> Message:
    """What is said of a second training while one is on."""
    return Message(error_messages.ALREADY_TRAINING, buttons=(STOP,), private=True)


def check_running(running: bool) -> None:
    """Raise `UserError` if there is nothing to stop."""
    if not running:
        raise UserError("No training is running any more.")


def cannot_report() -> UserError:
    """Why no run begins where its message cannot be sent."""
    return UserError(
        "A training reports in this channel, and I may not write here. Allow me to view it, to "
        "send messages, embed links and attach files, or ask me in another channel."
    )


@dataclass(frozen=True)
class Run:
    """What is known of a run so far."""

    order: Order
    planned: Planned | None = None
    progress: Progress | None = None
    ready_at: datetime | None = None
    samples: tuple[str, ...] = ()
    end: Done | VersionCreated | Stopped | Failed | None = None

    def after(self, event: Event, now: datetime, words: WordFilter) -> "Run":
        """What is known after an event. Samples pass the word filter like any text."""
        match event:
            case Planned():
                return replace(self, planned=event)
            case Progress():
                ready_at = now + timedelta(seconds=event.seconds_left)
                return replace(self, progress=event, ready_at=ready_at)
            case Samples(texts=samples):
                return replace(self, samples=tuple(filter(words.allows, samples)))
            case VersionCreated(done=done):
                samples = tuple(filter(words.allows, done.samples))
                return replace(self, samples=samples, end=event)
            case _:
                return replace(self, end=event)


async def answers(
    order: Order, events: Events, words: WordFilter, now: Callable[[], datetime]
) -> AsyncGenerator[Message, None]:
    """The whole message again after every event."""
    run = Run(order)
    async for event in events:
        run = run.after(event, now(), words)
        yield reply(run)


def reply(run: Run) -> Message:
    """The message that a run is reported in, as of now."""
    kind = run.order.kind
    match run.end:
        case None:
            return _under_way(run)
        case Done():
            return _working(run.order, (text("The new weights are being checked …"),))
        case VersionCreated():
            return _kept(run, run.end)
        case Stopped(reason=reason):
            return _trouble(f"The training on {kind} was stopped", f"{reason} {UNCHANGED}")
        case Failed(message=message):
            return _trouble(f"The {kind} could not be retrained", message)


def interrupted() -> Message:
    """The message of a run that ended unseen, when the bot itself ended."""
    return _trouble("The training was interrupted", f"I was restarted. {UNCHANGED}")


def begun(address: str) -> Message:
    """What the asker is told at once."""
    return Message(
        content=text("The training has begun; follow it at ", link(address)), private=True
    )


def stop_reason(name: str | None) -> str:
    """What the message of a run says when somebody has pressed its button."""
    return f"{name or 'Somebody'} pressed {STOP.label}."


def stopped() -> Message:
    """What whoever pressed the button is told."""
    return Message(content=text("Stopped."), private=True)


def _under_way(run: Run) -> Message:
    lines = _corpus(run.planned) or (text(emphasis("The corpus is being read …")),)
    if run.progress is not None:
        lines = (*lines, text(_bar(run.progress)))
    if run.samples:
        lines = (*lines, (), text(_shown(run.order.kind, run.samples[:SAMPLES_ON_THE_WAY])))
    return _working(run.order, lines, _figures(run), (STOP,))


def _working(
    order: Order,
    lines: tuple[Text, ...],
    fields: tuple[Field, ...] = (),
    buttons: tuple[Button, ...] = (),
) -> Message:
    footer = f"seed {order.seed} · at most {plural(order.minutes, 'minute')}"
    title = f"🏋️ Training on {order.kind}"
    card = Embed(title=title, lines=lines, fields=fields, footer=footer, tone=Tone.TRAINING)
    return Message(embeds=(card,), buttons=buttons)


def _kept(run: Run, kept: VersionCreated) -> Message:
    done = kept.done
    version = f"version {kept.number}"
    title = f"✅ New {run.order.kind}: trained and in use"
    lines = (*_corpus(run.planned), (), text(_shown(run.order.kind, run.samples)))
    buttons: tuple[Button, ...] = ()
    if kept.reason == "forced":
        lines = (*lines, (), text(f"It is live as {version} because that was asked for."))
    elif not kept.reason:
        title = f"📦 New {run.order.kind}: trained and kept as {version}, not in use"
        lines = (*lines, (), _why_not(kept))
        buttons = (use_it(kept.number),)
    card = Embed(
        title=title,
        lines=lines,
        fields=(
            Field("Validation", text(_nats(done.validation))),
            Field("Took", text(human_duration(done.seconds))),
            Field("Seed", text(str(run.order.seed))),
            Field(
                "Yardstick",
                text(f"{_nats(kept.reference_loss)}; held against {_nats(kept.baseline_loss)}"),
            ),
        ),
        footer=version.capitalize(),
        tone=Tone.TRAINING,
        image=CURVE,
    )
    curve = File(CURVE, kept.curve, "The loss on training and validation text by update")
    return Message(embeds=(card,), files=(curve,), buttons=buttons)


def _why_not(kept: VersionCreated) -> Text:
    if kept.reference_loss is None:
        return text(
            "How good it is could not be measured on the text that all versions are compared by, "
            "so it is not live."
        )
    if kept.baseline_loss is None:
        return text(
            "How good the live version is could not be measured, so there is nothing to compare "
            "this one with, and it is not live."
        )
    return text(
        "On the text that all versions are compared by it has "
        f"{kept.reference_loss:.3f} nats/char, the live one {kept.baseline_loss:.3f}; less is "
        f"better, and it may be worse by {MARGIN:g} at most."
    )


def _nats(loss: float | None) -> str:
    return "not measured" if loss is None else f"{loss:.3f} nats/char"


def _trouble(title: str, message: str) -> Message:
    return Message(embeds=(Embed(title=title, lines=(text(message.strip()),), tone=Tone.TROUBLE),))


def _corpus(planned: Planned | None) -> tuple[Text, ...]:
    if planned is None:
        return ()
    return (text(planned.corpus), *(text(emphasis(note)) for note in planned.notes))


def _shown(kind: str, samples: tuple[str, ...]) -> str:
    """Names or lines of verse, one below the other."""
    lines = (
        [name[:1].upper() + name[1:] for name in samples]
        if TASKS[kind].samples_are_names
        else samples
    )
    return shortened("\n".join(lines), LONGEST_SAMPLE)


def _bar(progress: Progress) -> str:
    share = progress.step / max(progress.steps, 1)
    return f"{bar(share)} {share:.0%}"


def _figures(run: Run) -> tuple[Field, ...]:
    progress = run.progress
    if progress is None or run.ready_at is None:
        return ()
    validation = "–" if progress.validation is None else f"{progress.validation:.3f}"
    return (
        Field("Loss", text(f"{progress.loss:.3f} nats/char")),
        Field("Validation", text(validation)),
        Field("Speed", text(f"{progress.characters_per_second:,.0f} chars/s")),
        Field("Ready", text(Timestamp(run.ready_at))),
    )
