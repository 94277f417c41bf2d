"""`/about` and `/help`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.commands.message import (
    Embed,
    Field,
    Message,
    Span,
    Text,
    Timestamp,
    code,
    strong,
    text,
)
from bot.evaluation.report.headline import Figure
from bot.formats import human_join, plural
from bot.store.versions import Live
from models.weights import Kind, ModelCard

_COMMANDS: tuple[tuple[str, str], ...] = (
    (
        "/dinoname",
        "names five dinosaurs that nobody has dug up yet; press the coolest to vote for it.",
    ),
    (
        "/dinoname starts_with:draco ends_with:raptor length:14",
        "names them as you like; contains: and count: work the same way.",
    ),
    ("/halloffame period:week", "shows the names that won the most votes; /champion today's best."),
    ("/name namer:elves", "writes names of a list that this server has taught me."),
    ("/namer create name:elves file:…", "teaches me such a list; for who manages the server."),
    ("/namer list", "says which lists I know here; info, share and export work the same way."),
    ("/dissect name:Mangosaurus", "shows how I choose its letters, and what it may mean."),
    ("/sonnet opening:Shall I compare thee", "writes a sonnet that begins with your words."),
    ("/sonnet form:limerick temperature:1.2", "writes another form, in a wilder mood."),
    ("/sonnet about:Mangosaurus", "begins it with a name, for example that of the champion."),
    ("/poems", "lists the poems that you have kept; /export format:json gives you them as a file."),
    ("/privacy", "shows what I keep about you, and forgets it if you like."),
    ("/settings vote_minutes:30", "sets how long a vote lasts here; for who manages the server."),
    ("/retrain names minutes:5", "trains me anew, as does /retrain sonnets; for administrators."),
    ("/retrain names hall_of_fame:True", "lets me read the names that you have chosen as well."),
    ("/models list kind:names", "lists my versions; info, activate and rollback go with it."),
    ("/about", "says what I am made of, and how good I am."),
)


_ARCHITECTURES = {
    "lstm": "LSTM",
    "rnn": "RNN",
    "ngram": "N-grams",
    "mixture": "LSTMs mixed with n-grams",
}


def help_reply() -> Message:
    """What `/help` says: each command with an example."""
    lines = tuple(text(code(example), " ", what) for example, what in _COMMANDS)
    temperature = text(
        strong("temperature"), " goes from 0.1 (sober) to 2 (wild). The buttons give you more."
    )
    return Message(cards=(Embed("What I can do", (*lines, (), temperature)),), private=True)


def about_reply(
    version: str,
    started_at: datetime,
    guilds: int,
    cards: Mapping[Kind, ModelCard],
    libraries: Mapping[str, str],
    headlines: Mapping[Kind, Sequence[Figure]],
    served: Mapping[Kind, Live] = MappingProxyType({}),
) -> Message:
    """What `/about` says: what runs, on which weights, how good they are.

    `served` are the versions of the weights, where they did not come with the bot; `headlines` are
    the figures of the scoreboard, for the weights that it has measured.
    """
    lines = (
        text("I name new dinosaurs and write sonnets, one character after another."),
        text("Awake since ", Timestamp(started_at), f", in {plural(guilds, 'server')}."),
    )
    fields = tuple(
        Field(kind.capitalize(), _live(served.get(kind)) + _network(card, headlines.get(kind, ())))
        for kind, card in cards.items()
    )
    made_of = human_join([f"{name} {number}" for name, number in libraries.items()])
    return Message(
        cards=(Embed(f"🦖 Mangosaurus {version}", lines, fields, f"Made with {made_of}"),),
        private=True,
    )


def _live(live: Live | None) -> Text:
    """Which version it is, if it is one that was trained here."""
    if live is None or live.version_id is None:
        return ()
    since: tuple[str | Timestamp, ...] = (" since ", Timestamp(live.at)) if live.at else ()
    return text(f"Version {live.version_id}, live", *since, "\n")


def _network(card: ModelCard, headline: Sequence[Figure]) -> Text:
    read = f"{card.pretraining}, then {card.corpus}" if card.pretraining else card.corpus
    described = (
        f"{_ARCHITECTURES.get(card.architecture, card.architecture)}, "
        f"recipe {card.recipe}, {card.created[:10]}\n"
        f"Has read: {read}\n"
    )
    if not headline:
        return text(described, _figure(card))
    lines: list[str | Span] = []
    for shown in headline:
        beside = f" ({shown.beside})" if shown.beside else ""
        lines += [f"\n{shown.measure}: ", strong(shown.figure), beside]
    return text(described, *lines)


def _figure(card: ModelCard) -> str:
    """How good it is, in one figure: the other may be of a fit before it read that part as well."""
    if card.held_out is not None:
        return f"{card.held_out:.3f} nats/char on held-out text"
    if card.validation is not None:
        return f"{card.validation:.3f} nats/char on validation text"
    return "Not measured"
