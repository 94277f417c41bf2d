"""Commands together: `/help`, `/about`, their descriptions, errors."""

import re
import threading
from collections.abc import Mapping
from pathlib import Path

import discord
import pytest
from discord import AppCommandOptionType, app_commands
from slack_sdk.version import __version__ as library

from bot.chat.app import LONG_TEXT
from bot.chat.message import UserError
from bot.features import REGISTRY
from bot.help import about as about_command
from bot.help.headline import Figure
from bot.help.help import TOPICS
from bot.names.name_options import LONGEST_TYPED
from bot.text.spans import plain
from bot.trainer.queries import Live
from bot.verse import sonnet
from bot.verse.sonnet import SonnetOptions
from bot.words import WordFilter
from data.corpora import CorpusError
from data.errors import Sentence
from models.verse.poem import SonnetRequest
from tests.bot.chat.test_received import COMMANDS as TEXT_OPTIONS
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.on_slack import SlackActor, SlackChat
from tests.bot.chats.protocol import Actor, Answer, Chat, Shown
from tests.bot.conftest import NOW
from tests.bot.platforms.slack.commands import COMMANDS
from tests.bot.turns import FakePlatform, FakeTurn

CHECKOUT = Path(__file__).parents[3]
DESCRIPTION = 100
"""Characters that Discord takes."""


async def fields(chat: Chat) -> Mapping[str, str]:
    """The fields of `/about`."""
    result = await chat.alice.use("about")
    assert result.is_private
    return result.card.fields


@pytest.mark.both
async def test_about(chat: Chat) -> None:
    result = await chat.alice.use("about")
    assert result.title == "🦖 Mangosaurus 1.2.3"
    assert f"in 1 {chat.terms.community}." in result.body
    libraries = {"discord": f"discord.py {discord.__version__}", "slack": f"slack-sdk {library}"}
    assert result.card.footer == f"Made with NumPy 2.0 and {libraries[chat.name]}"
    about = await fields(chat)
    assert "How good the bot is: /models info version:shipped names" in about["Names"]
    assert "Plays, then A corpus of tests" in about["Sonnets"]


async def test_about_has_measured_figures(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights on the scoreboard have its figures in words; for others `/models info` has some."""
    rhymes = Figure("Rhyming pairs", 0.98, Sentence("Shakespeare 78%"))
    monkeypatch.setattr(about_command, "_headlines", lambda _digests: {"sonnets": (rhymes,)})
    about = await fields(chat)
    assert "Rhyming pairs: 98% (Shakespeare 78%)" in about["Sonnets"]
    assert "/models info" not in about["Sonnets"]
    assert "/models info version:shipped names" in about["Names"]


async def test_about_has_version(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    served = {"names": Live(3, 12, NOW, "better"), "sonnets": Live(0, None)}
    monkeypatch.setattr(chat.app.models, "served", served)
    about = await fields(chat)
    assert about["Names"].startswith(f"Version 12, live since [{NOW:%Y-%m-%d %H:%M}]")
    assert "Version" not in about["Sonnets"]


async def example(member: Actor, topics: Shown, name: str) -> Answer:
    """A topic of `/help`, chosen from its menu."""
    return await member.choose(topics, "Show examples", name)


async def helped(member: Actor) -> str:
    """All that `/help` says: the topics, and the examples of each.

    Slack has a name of its own for some commands.
    """
    topics = await member.use("help")
    names = [topic.name for topic in TOPICS if f"{topic.title}: " in topics.body]
    pages = [await example(member, topics, name) for name in names]
    return "\n".join(each.words for each in (topics, *pages)).replace("/mango-", "/")


@pytest.mark.both
async def test_help_is_short(chat: Chat) -> None:
    """A line for each topic; the examples of one follow when it is chosen."""
    topics = await chat.alice.use("help")
    assert topics.is_private
    assert [line for line in topics.lines if "/" in line] == [
        "🦖 Dinosaurs: /dinoname, /dinosaur, /dissect, /halloffame, /champion",
        "🦴 Discoveries: /egg, /museum, /collection, /give, /leaderboard",
        "📜 Sonnets, limericks and other poems: /sonnet, /poems, /export",
        "🪶 Names like yours: /name, /namer\u00a0…",
        "🏋️ Training: /models\u00a0…",
        "🔒 Your data and the bot: /privacy, /about",
    ]
    assert len(topics.words) < 420
    page = await example(chat.alice, topics, "names")
    assert "/dinoname starts_with:mango ends_with:raptor sets how" in page.body
    assert "/sonnet" not in page.words


@pytest.mark.both
async def test_help_has_every_command(chat: Chat) -> None:
    shown = await helped(await chat.add_operator()) + await helped(await chat.add_administrator())
    commands = [each.name for each in [*COMMANDS.every_command()] if each.name != "help"]
    assert len(commands) > 30
    examples = re.findall(r"^/(.+)$", shown, re.MULTILINE)
    assert [name for name in commands if not any(e.startswith(f"{name} ") for e in examples)] == []


@pytest.mark.both
async def test_help_runs_commands(chat: Chat) -> None:
    """It begins with what the member can do where they are, with their rights."""
    names, egg, sonnet = "Name dinosaurs", "Hatch an egg", "Write a sonnet"
    topics = await chat.alice.use("help")
    assert [*topics.buttons] == [names, egg, sonnet, "See namers", "See your data"]
    assert not (named := await chat.alice.press(topics, names)).is_private
    assert "Mangosaurus" in named.buttons
    page = await example(chat.alice, topics, "bot")
    assert [*page.buttons] == ["See your data", "About the bot"]
    assert (await chat.alice.press(page, "About the bot")).title.startswith("🦖 Mangosaurus")
    direct = await chat.alice.use_directly("help")
    assert [*direct.buttons] == [names, sonnet, "See your data"]
    assert not re.search("/(museum|collection|leaderboard|namer|models)", direct.words)
    boss = await chat.add_manager()
    topics = await boss.use("help")
    assert [*topics.buttons][-2:] == ["Set up", "See your data"]
    assert (await boss.press(topics, "Set up")).text.startswith("You can leave everything as it is")
    topics = await (await chat.add_operator()).use("help")
    assert "Check the bot" in topics.buttons
    assert len(topics.buttons) == 6


async def test_help_on_the_dinosaur_of_the_day(chat: Chat) -> None:
    """Managers are told that they can start one, unless one runs."""
    boss, hint = await chat.add_manager(), "To start a dinosaur of the day"
    assert hint in (await boss.use("help")).words
    assert hint not in (await boss.use_directly("help")).words
    settings = await boss.use("settings")
    await boss.choose(settings, "Channel", chat.channel)
    assert hint not in (await boss.use("help")).words
    await boss.use("settings", daily=False)
    assert hint in (await boss.use("help")).words


async def test_help_of_guests(slack_chat: SlackChat) -> None:
    guest = SlackActor(slack_chat, slack_chat.slack.guest, 0)
    assert [*(await guest.use("help")).buttons] == [
        "See the hall of fame",
        "Visit the museum",
        "Read your poems",
        "See your data",
    ]


@pytest.mark.parametrize("state", ["", "nothing", "name", "owner leave", "moderate"])
async def test_forged_run(chat: Chat, state: str) -> None:
    topics = await chat.alice.use("help")
    chat.rewrite_button(topics, "Name dinosaurs", f"run:{state}")
    refused = await chat.alice.press(topics, "Name dinosaurs")
    assert "another version of the bot" in refused.text


async def test_help_fits_the_rights(discord_chat: DiscordChat) -> None:
    """Also those of an owner who may nothing in the server, and of administrators elsewhere."""
    chat = discord_chat
    settings, training, models = "/settings vote_minutes:30", "/retrain names", "/models info"
    for member, seen, unseen in (
        (chat.alice, (models,), ("/moderate", settings, training, "/status")),
        (await chat.add_moderator(), (models, "/moderate record"), (settings, "/moderate log")),
        (await chat.add_manager(), (settings, "/moderate log", "/namer create"), (training,)),
        (await chat.add_administrator(), (settings, training), ("/status",)),
        (await chat.add_operator(), (training, "/status", "/moderate record"), (settings,)),
    ):
        shown = await helped(member)
        assert [each for each in seen if each not in shown] == []
        assert [each for each in unseen if each in shown] == []
    await chat.restart_as_no_home()
    shown = await helped(await chat.add_administrator())
    assert settings in shown
    assert training not in shown


async def test_descriptions_are_those_of_the_commands(discord_chat: DiscordChat) -> None:
    """Discord shows what `Command` says, of all options and of no others.

    It refuses a text that is too long before the bot reads it. Every example has options and
    choices that exist, as a member sees them.
    """
    commands = {
        command.qualified_name: command for command in discord_chat.home.bot.tree.walk_commands()
    }
    for info in REGISTRY.every_command():
        command = commands[info.name]
        assert isinstance(command, app_commands.Command)
        assert command.description == info.description
        described = {p.name: str(p.description) for p in command.parameters}
        assert described == {option.name: option.description for option in info.options}
        assert max(map(len, [info.description, *described.values()])) <= DESCRIPTION
        for option in command.parameters:
            if option.type is AppCommandOptionType.string and not option.choices:
                assert option.max_value is not None, f"/{info.name} {option.name}"
        for example, _ in info.examples:
            _name, *options = re.split(r" (?=[a-z_]+:)", example)
            parameters = {parameter.name: parameter for parameter in command.parameters}
            for typed in options:
                key, _colon, value = typed.partition(":")
                choices = [choice.name for choice in parameters[key].choices]
                assert not choices or value in choices, example


OUT_OF_BOUNDS: list[tuple[str, dict[str, object]]] = [
    ("dinoname", {"count": 0}),
    ("dinoname", {"count": 11}),
    ("dinoname", {"length": 2}),
    ("dinoname", {"length": 27}),
    ("dinoname", {"starts_with": "x" * (LONGEST_TYPED + 1)}),
    ("sonnet", {"opening": "Oh! " * 75 + "!"}),
    ("sonnet", {"about": "m" * 65}),
    ("sonnet", {"form": "haiku"}),
    ("dissect", {"name": "m" * 65}),
]


@pytest.mark.both
async def test_bounds_are_declared(chat: Chat, subtests: pytest.Subtests) -> None:
    """Values out of bounds never reach the command."""
    for command, options in OUT_OF_BOUNDS:
        with subtests.test(f"{command} {options}"):
            assert await chat.alice.is_refused(command, **options)
    assert not [*chat.writer.names_asked, *chat.writer.sonnets_asked, *chat.writer.dissected]


async def test_cooldowns(chat: Chat, subtests: pytest.Subtests) -> None:
    """Of each command and member; they end."""
    await chat.restart(cooldown_seconds=10)
    bob = await chat.add_member("bob")
    commands = "dinoname", "sonnet", "halloffame", "champion", "poems", "export", "privacy"
    for command in (*commands, "dissect", "dinosaur"):
        options = {"name": "minmi"} if command in ("dissect", "dinosaur") else {}
        with subtests.test(command):
            for member, is_refused in ((chat.alice, False), (chat.alice, True), (bob, False)):
                result = await member.use(command, **options)
                assert result.text.startswith("You're going too fast; try again") == is_refused
            await chat.pass_time(10)
            assert "too fast" not in (await chat.alice.use(command, **options)).text
            await chat.pass_time(10)


@pytest.mark.parametrize("forged", ["x" * 6000, "f u c k " * 750, "🦖" * 6000, "a\n" * 3000])
async def test_long_text_is_not_filtered_on_the_event_loop(
    chat: Chat, forged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the platform does not check lengths: the filter takes seconds for a long text."""
    loop_thread, allows = threading.get_ident(), WordFilter.allows
    read: list[int] = []

    def checked(words: WordFilter, text: str) -> bool:
        read.append(len(text))
        assert len(text) <= LONG_TEXT or threading.get_ident() != loop_thread
        return allows(words, text)

    monkeypatch.setattr(WordFilter, "allows", checked)
    for name in (
        *("dinoname starts_with", "name starts_with", "name namer", "sonnet opening"),
        *("sonnet about", "dissect name", "dinosaur name", "namer create name"),
        *("namer create text", "namer info name", "models info version"),
    ):
        command, options = TEXT_OPTIONS[name]
        with pytest.raises((UserError, CorpusError)):
            await command(chat.app, FakeTurn(FakePlatform()), options(forged))
    assert read  # the list of names is read line by line


@pytest.mark.parametrize(
    "action",
    # Those of 0.7.0, whose messages are still there.
    [
        *("names", "name", "dissect", "vote", "unvote", "sonnet", "about", "fame", "keep", "poems"),
        *("privacy", "training", "namer", "models", "moderate", "owner"),
    ],
)
def test_old_buttons_have_handlers(action: str) -> None:
    assert action in REGISTRY.buttons


async def test_typed_text_is_not_a_template(chat: Chat) -> None:
    """Braces of a member stay as they are."""
    result = await chat.alice.use("sonnet", opening="{0} {name} {")
    assert result.body.startswith("{0} {name} {line 1 of the poem,")
    result = await chat.alice.use("sonnet", about="{form} {0}")
    assert result.title == "📜 A sonnet on “{form} {0}”"
    forged = SonnetOptions(SonnetRequest("{x}", about="{y}" * 30))
    with pytest.raises(UserError) as raised:
        await sonnet.sonnet(chat.app, FakeTurn(FakePlatform()), forged)
    assert "You asked for: /sonnet opening:{x} about:{y}" in plain(raised.value.text)


async def test_buttons_share_the_cooldown(chat: Chat) -> None:
    for command, label in (("dinoname", "More"), ("sonnet", "Another")):
        await chat.restart(cooldown_seconds=0)
        first = await chat.alice.use(command)
        await chat.restart(cooldown_seconds=10)
        await chat.alice.use(command)
        assert "too fast" in (await chat.alice.press(first, label)).text
