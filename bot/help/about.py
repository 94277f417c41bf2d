"""`/about`: version, uptime, and the weights in service with their quality."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date

from bot.chat.app import App
from bot.chat.commands import Command, NoOptions
from bot.chat.message import Embed, Field, Message
from bot.chat.translation import Phrase, _
from bot.chat.turn import Turn
from bot.help.headline import Figure, read_headline
from bot.status.status import up_since
from bot.text.formats import human_date, human_join, percent
from bot.text.spans import Text, Timestamp, code, strong, text
from bot.text.technical import NEWLINE, technical
from bot.trainer.queries import Live
from bot.training.titles import corpus_title
from bot.words import WordFilter
from data.phrases import Showable
from models.weights import ModelCard

_ARCHITECTURES: Mapping[str, Phrase] = {
    "lstm": _("LSTM"),
    "rnn": _("RNN"),
    "ngram": _("n-grams"),
    "mixture": _("LSTMs mixed with n-grams"),
}

_TASKS: Mapping[str, Phrase] = {"names": _("Names"), "sonnets": _("Sonnets")}


async def about(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/about`."""
    headlines = await asyncio.to_thread(_headlines, app.inference.digests)
    words = await app.filters.of(turn.community_id)
    lines = (
        text(_("Names new dinosaurs letter by letter, and writes sonnets word by word.")),
        up_since(app, turn),
    )
    served = app.models.served
    fields = tuple(
        Field(
            _TASKS.get(task) or technical(task),
            _live(served.get(task))
            + _network(card, words)
            + _quality(task, served.get(task), headlines.get(task, ())),
        )
        for task, card in app.inference.cards.items()
    )
    libraries = human_join(
        [technical(f"{name} {number}") for name, number in app.libraries.items()]
    )
    footer = _("Made with {libraries}").format(libraries=libraries)
    embed = Embed(technical(f"🦖 Mangosaurus {app.version}"), lines, fields, footer)
    await turn.respond(Message(embeds=(embed,), private=True))


def _headlines(digests: Mapping[str, str]) -> dict[str, tuple[Figure, ...]]:
    """The scoreboard's figures for the served weights."""
    return {task: read_headline(task, digest) for task, digest in digests.items()}


def _live(live: Live | None) -> Text:
    """The live version; empty for the shipped weights."""
    if live is None or live.version_id is None:
        return ()
    if live.at is None:
        return text(_("Version {number}, live\n"), number=technical(str(live.version_id)))
    return text(
        _("Version {number}, live since {start}\n"),
        number=technical(str(live.version_id)),
        start=Timestamp(live.at, absolute=True),
    )


def _network(card: ModelCard, words: WordFilter) -> Text:
    corpus = corpus_title(card.corpus, words)
    if card.pretraining:
        first = corpus_title(card.pretraining, words)
        corpus = _("{first}, then {second}").format(first=first, second=corpus)
    return text(
        _("{architecture}, recipe {recipe}, {day}\nTrained on: {corpus}\n"),
        architecture=_ARCHITECTURES.get(card.architecture) or technical(card.architecture),
        recipe=technical(card.recipe),
        day=_day(card.created),
        corpus=corpus,
    )


def _day(created: str) -> Showable:
    """The date of a model card, which may have anything there."""
    try:
        return human_date(date.fromisoformat(created[:10]))
    except ValueError:
        return technical(created[:10])


def _quality(task: str, live: Live | None, headline: Sequence[Figure]) -> Text:
    """The figures of the scoreboard, or else where others are."""
    if not headline:
        number = live.version_id if live is not None else None
        version = f"shipped {task}" if number is None else str(number)
        return text(
            _("How good the bot is: {command}"),
            command=code(technical(f"/models info version:{version}")),
        )
    # TRANSLATORS: A figure of the scoreboard: Natural names: 93% (those of others: 60%).
    line = _("{measure}: {share} ({beside})")
    return tuple(
        part
        for shown in headline
        for part in text(
            NEWLINE,
            line,
            measure=_(shown.measure),
            share=strong(percent(shown.share)),
            beside=shown.beside.phrase(technical),
        )
    )


ABOUT = Command(
    "about",
    _("What the bot is made of, and how good it is."),
    about,
    examples=((technical("/about"), _("shows what the bot is made of, and how good it is.")),),
)
