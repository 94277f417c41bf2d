"""`/help`: topics with their commands, and a menu for the examples of each."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.audiences import audiences_of
from bot.chat.commands import Audience, Command, Group, NoOptions, Registry
from bot.chat.message import Button, Embed, Message, Select
from bot.chat.run_button import can_run, run_button
from bot.chat.translation import _
from bot.chat.turn import Turn
from bot.community.queries import Communities
from bot.store.calls import StoreError
from bot.text.formats import spaced
from bot.text.spans import LABELLED, Span, Text, code, command, series, strong, text
from bot.text.technical import TechnicalText, technical
from data.phrases import Phrase

ACTION = "help"
MOST_BUTTONS = 6
PATIENCE_S = 1.0
"""Seconds that an answer waits for the database, which it can do without."""


@dataclass(frozen=True)
class Topic:
    """Commands that belong together. Its name is its value in the menu."""

    name: str
    emoji: TechnicalText
    title: Phrase
    commands: tuple[str, ...]
    """First words of the commands, in the order in which they are shown."""
    now: tuple[tuple[Phrase, str], ...] = ()
    """Labels of buttons, with the commands that they run at once. `/help` begins with the first
    button of each topic."""


TOPICS = (
    Topic(
        "names",
        technical("🦖"),
        _("Dinosaurs"),
        ("dinoname", "dinosaur", "dissect", "halloffame", "champion"),
        (
            (_("Name dinosaurs"), "dinoname"),
            (_("See the hall of fame"), "halloffame"),
            (_("See today's champion"), "champion"),
        ),
    ),
    Topic(
        "museum",
        technical("🦴"),
        _("Discoveries"),
        ("egg", "museum", "collection", "give", "leaderboard"),
        (
            (_("Hatch an egg"), "egg"),
            (_("Visit the museum"), "museum"),
            (_("See your collection"), "collection"),
            (_("See who's in the lead"), "leaderboard"),
        ),
    ),
    Topic(
        "verse",
        technical("📜"),
        _("Sonnets, limericks and other poems"),
        ("sonnet", "poems", "export"),
        ((_("Write a sonnet"), "sonnet"), (_("Read your poems"), "poems")),
    ),
    Topic(
        "namers",
        technical("🪶"),
        _("Names like yours"),
        ("name", "namer"),
        ((_("See namers"), "namer list"),),
    ),
    Topic("models", technical("🏋️"), _("Training"), ("models", "retrain")),
    Topic(
        "community",
        technical("🛡️"),
        _("Moderation and settings"),
        ("moderate", "settings"),
        ((_("Set up"), "settings"), (_("Read the record"), "moderate record")),
    ),
    Topic(
        "owners",
        technical("🔧"),
        _("For the bot's owners"),
        ("owner", "status"),
        ((_("Check the bot"), "status"),),
    ),
    Topic(
        "bot",
        technical("🔒"),
        _("Your data and the bot"),
        ("privacy", "about"),
        ((_("See your data"), "privacy"), (_("About the bot"), "about")),
    ),
)


async def help_(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/help`: what the member can do now, and the topics with the commands they may use."""
    audiences = await audiences_of(app, turn)
    topics = _topics(app.registry, turn, audiences)
    hint = text(_("Press a button to start, or see examples in the menu."))
    lines = [*(_summary(app.registry, topic, words) for topic, words in topics), (), hint]
    if turn.platform.terms.without_commands:
        lines.append(text(turn.platform.terms.without_commands))
    if Audience.MANAGERS in audiences and await _has_no_daily(app, turn.community_id):
        sentence = _("To start a dinosaur of the day, with a vote on new names, use {command}")
        lines.append(text(sentence, command=command("/settings")))
    embed = Embed(_("What you can do here"), tuple(lines))
    runnable = _runnable(app.registry, turn, audiences)
    runs = [button for topic, _words in topics for button in _runs(topic, runnable)[:1]]
    message = Message(
        embeds=(embed,),
        buttons=tuple(runs[:MOST_BUTTONS]),
        selects=(_menu(topics),),
        private=True,
    )
    await turn.respond(message)


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the choice of a topic with its examples, as far as the member may use them."""
    audiences = await audiences_of(app, turn)
    topics = _topics(app.registry, turn, audiences)
    chosen = next((topic for topic, _words in topics if topic.name == state), topics[0][0])
    lines = _examples(_usable(app.registry, turn, audiences), chosen.commands)
    embed = Embed(spaced([chosen.emoji, chosen.title]), lines)
    runs = _runs(chosen, _runnable(app.registry, turn, audiences))
    menu = _menu(topics, chosen.name)
    message = Message(embeds=(embed,), buttons=tuple(runs), selects=(menu,), private=True)
    await turn.edit_source(message)


async def _has_no_daily(app: App, community_id: int | None) -> bool:
    """Whether a community has no dinosaur of the day, as far as the database tells in time."""
    if community_id is None:
        return False
    try:
        async with asyncio.timeout(PATIENCE_S):
            kept = await app.store[Communities].settings(community_id)
    except (TimeoutError, StoreError):
        return False
    return kept.daily.starts_on is None


def examples_for(
    registry: Registry, audiences: Collection[Audience], *, is_guest: bool
) -> tuple[Text, ...]:
    """Examples of the commands for some audiences in a community, each with what it does."""
    usable = registry.usable(is_guest=is_guest)
    return _examples(command for command in usable if command.audience in audiences)


def _examples(
    commands: Iterable[Command], words: Collection[str] | None = None
) -> tuple[Text, ...]:
    """Examples of commands. `words`: their first words; `None` stands for all."""
    return tuple(
        text(Phrase("{example} {what}"), example=code(example), what=what)
        for command in commands
        if words is None or command.name.partition(" ")[0] in words
        for example, what in command.examples
    )


def _usable(registry: Registry, turn: Turn, audiences: Collection[Audience]) -> list[Command]:
    """The commands that the member may use where they are."""
    is_guest, is_direct = turn.user.is_guest, turn.community_id is None
    usable = registry.usable(is_guest=is_guest, is_direct=is_direct)
    return [command for command in usable if command.audience in audiences]


_Topics = Sequence[tuple[Topic, Sequence[str]]]


def _topics(registry: Registry, turn: Turn, audiences: Collection[Audience]) -> _Topics:
    """The topics of which the member may use commands, with the first words of these."""
    usable = {each.name.partition(" ")[0] for each in _usable(registry, turn, audiences)}
    found = [(topic, [word for word in topic.commands if word in usable]) for topic in TOPICS]
    return [(topic, words) for topic, words in found if words]


def _summary(registry: Registry, topic: Topic, words: Sequence[str]) -> Text:
    """A topic with its commands. Those of a group follow its word."""
    rest = (Span(technical("\u00a0…")),)
    commands = [
        (
            code(technical(f"/{word}")),
            *(rest if isinstance(registry.by_first_word[word], Group) else ()),
        )
        for word in words
    ]
    sentence = text(LABELLED, label=strong(topic.title), value=series(commands))
    return (Span(Phrase("{emoji} ").format(emoji=topic.emoji)), *sentence)


def _runnable(registry: Registry, turn: Turn, audiences: Collection[Audience]) -> Collection[str]:
    """The commands that the member can run here without options."""
    return {
        command.name
        for command in _usable(registry, turn, audiences)
        if can_run(registry, command, turn)
    }


def _runs(topic: Topic, runnable: Collection[str]) -> list[Button]:
    """The buttons of a topic that run a command."""
    return [
        run_button(label, command, topic.emoji)
        for label, command in topic.now
        if command in runnable
    ]


def _menu(topics: _Topics, chosen: str = "") -> Select:
    choices = tuple((spaced([topic.emoji, topic.title]), topic.name) for topic, _words in topics)
    return Select(_("Show examples"), ACTION, "", choices, chosen)


HELP = Command("help", _("What the bot can do, by topic, with examples."), help_)
