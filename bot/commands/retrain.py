"""`/retrain`: who may, what is accepted, and how a run is told of."""

import re
from collections.abc import AsyncGenerator, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePath

from bot.commands.reply import (
    Button,
    Card,
    Field,
    File,
    Moment,
    Refusal,
    Reply,
    Text,
    Tone,
    code,
    emphasis,
    link,
    text,
)
from bot.commands.writer import Words
from bot.formats import bar, human_duration, plural, shortened
from bot.recipes import can_train
from bot.retraining import Event, Events, Order, Served
from bot.training_events import Done, Failed, Planned, Progress, Stopped
from data.corpora import LARGEST_FILE
from models.weights import Kind

ACTION = "retrain"
CURVE = "loss.png"
LONGEST_SAMPLE = 1200
STOP = Button("Stop", ACTION, "stop", dangerous=True)


@dataclass(frozen=True)
class Asker:
    """Who asks, as far as the right to retrain depends on it."""

    is_owner: bool
    """Of the bot."""
    is_administrator: bool
    """Of the guild where the question is asked."""
    guild_id: int


def check_asker(asker: Asker, home_guilds: Collection[int], guilds: Collection[int]) -> None:
    """Raise `Refusal` unless this member may retrain.

    Every server shares the weights. So the bot's owners may, and the administrators of its home
    guilds; if none are set, of the only guild that it is in.
    """
    homes = home_guilds or (guilds if len(guilds) == 1 else ())
    if asker.is_owner or (asker.is_administrator and asker.guild_id in homes):
        return
    if not asker.is_administrator:
        raise Refusal("Only administrators of this server may retrain me.")
    raise Refusal(
        "All servers share what I have learnt, so only my owners and the administrators of my home "
        "servers may retrain me. Whoever runs me can name home servers in the setting ",
        code("HOME_GUILDS"),
        ".",
    )


def check_order(kind: Kind, minutes: int | None, most_minutes: int) -> int:
    """The minutes to train. Raises `Refusal` for what this bot cannot do."""
    if minutes is not None and not 1 <= minutes <= most_minutes:
        raise Refusal(
            f"A training takes 1 to {plural(most_minutes, 'minute')} here, for example "
            f"{min(5, most_minutes)}."
        )
    if not can_train(kind):
        raise Refusal(
            "Training on verse needs more than I have been given: whoever runs me must install ",
            code("pip install -r requirements-train.txt"),
            ". Names can be trained as I am.",
        )
    return minutes or most_minutes


def check_upload(name: str, size: int) -> str:
    """A file name under which to keep an uploaded corpus. Raises `Refusal` for one too large."""
    if size > LARGEST_FILE:
        raise Refusal(
            f"{name} has {size / 2**20:.1f} MiB; I can read at most {LARGEST_FILE // 2**20} MiB of "
            "plain text in UTF-8, for example one name a line."
        )
    return re.sub(r"[^\w.-]+", "_", PurePath(name).name).strip("._")[-60:] or "corpus.txt"


async def answers(
    order: Order, events: Events, words: Words, now: Callable[[], datetime]
) -> AsyncGenerator[Reply, None]:
    """The whole message again after every event. Samples pass the word filter like any text."""
    planned: Planned | None = None
    async for event in events:
        match event:
            case Planned():
                planned = event
            case Served(done=done):
                samples = tuple(sample for sample in done.samples if words.allows(sample))
                event = replace(event, done=replace(done, samples=samples))
        yield reply(order, planned, event, now())


def waiting(order: Order) -> Reply:
    """The message before anything is known."""
    return _message(order, (text(emphasis("The corpus is being read …")),), buttons=(STOP,))


def reply(order: Order, planned: Planned | None, event: Event, now: datetime) -> Reply:
    """The message after an event."""
    match event:
        case Planned():
            return _message(order, _corpus(event), buttons=(STOP,))
        case Progress():
            lines = (*_corpus(planned), text(_bar(event)))
            return _message(order, lines, fields=_figures(event, now), buttons=(STOP,))
        case Served():
            return _success(order, planned, event)
        case Stopped():
            return stopped(order.kind, event.reason)
        case Failed():
            return _trouble(f"The {order.kind} could not be retrained", event.message)
        case Done():
            return _message(order, (text("The new weights are being checked …"),))


def stopped(kind: Kind, reason: str) -> Reply:
    """The message of a run that was stopped."""
    return _trouble(f"The training on {kind} was stopped", f"{reason} My weights are unchanged.")


def interrupted() -> Reply:
    """The message of a run that ended unseen, when the bot itself ended."""
    return _trouble("The training was interrupted", "I was restarted. My weights are unchanged.")


def begun(address: str) -> Reply:
    """What the asker is told at once."""
    return Reply(content=text("The training has begun; follow it at ", link(address)), private=True)


def _success(order: Order, planned: Planned | None, served: Served) -> Reply:
    done = served.done
    if order.kind == "names":
        samples = "\n".join(name.capitalize() for name in done.samples)
    else:
        samples = "\n\n".join(done.samples)
    loss = f"{done.validation:.3f} nats/char" if done.validation is not None else "not measured"
    card = Card(
        title=f"✅ New {order.kind}: trained and in use",
        lines=(*_corpus(planned), (), text(shortened(samples, LONGEST_SAMPLE))),
        fields=(
            Field("Validation", text(loss)),
            Field("Took", text(human_duration(done.seconds))),
            Field("Seed", text(str(order.seed))),
        ),
        tone=Tone.TRAINING,
        image=CURVE,
    )
    curve = File(CURVE, served.curve, "The loss on training and validation text by update")
    return Reply(cards=(card,), files=(curve,))


def _trouble(title: str, message: str) -> Reply:
    return Reply(cards=(Card(title=title, lines=(text(message.strip()),), tone=Tone.TROUBLE),))


def _message(
    order: Order,
    lines: tuple[Text, ...],
    fields: tuple[Field, ...] = (),
    buttons: tuple[Button, ...] = (),
) -> Reply:
    footer = f"seed {order.seed} · at most {plural(order.minutes, 'minute')}"
    title = f"🏋️ Training on {order.kind}"
    card = Card(title=title, lines=lines, fields=fields, footer=footer, tone=Tone.TRAINING)
    return Reply(cards=(card,), buttons=buttons)


def _corpus(planned: Planned | None) -> tuple[Text, ...]:
    if planned is None:
        return ()
    return (text(planned.corpus), *(text(emphasis(note)) for note in planned.notes))


def _bar(progress: Progress) -> str:
    share = progress.step / max(progress.steps, 1)
    return f"{bar(share)} {share:.0%}"


def _figures(progress: Progress, now: datetime) -> tuple[Field, ...]:
    validation = "–" if progress.validation is None else f"{progress.validation:.3f}"
    return (
        Field("Loss", text(f"{progress.loss:.3f} nats/char")),
        Field("Validation", text(validation)),
        Field("Speed", text(f"{progress.characters_per_second:,.0f} chars/s")),
        Field("Ready", text(Moment(now + timedelta(seconds=progress.seconds_left)))),
    )
