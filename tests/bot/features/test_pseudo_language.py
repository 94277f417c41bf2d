"""Every command and button in two pseudo-languages: one for the member, one for everybody."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from discord import AppCommandType
from simcord.backend.errors import SetupError

from bot.chat.message import Form
from bot.chat.translation import _, language_of, name_of
from bot.community.queries import Communities
from bot.community.settings import LANGUAGES
from bot.platforms.discord.commands import LONGEST_DESCRIPTION
from bot.platforms.discord.rendering import modal_of
from bot.platforms.slack.views.modals import text_form
from bot.verse.poems import FORMATS
from models.verse.forms import FORMS
from simulators.slack.blocks import texts
from tests.bot.chats.on_slack import SlackChat
from tests.bot.chats.protocol import Actor, Answer, Chat, Shown
from tests.bot.conftest import Home
from tests.bot.pseudo import LETTERS, PRIVATE, accented, english_in, spoken, write_catalogue

MOST_DEPTH = 2
"""Buttons that are pressed in a row."""
LIST = [f"Zor{first}{second}" for first in "abdefg" for second in ("bax", "dox", "gux", "lix")]
"""A list to learn from, in which two lines are not used."""
HOUR = 3600 + 1
DAILY, WINNER = "🌄", "👑"
"""Emoji of cards."""
VERSE = ("📜",)
"""Emoji of cards whose lines are verse."""
USES: list[tuple[str, dict[str, object]]] = [
    ("help", {}),
    ("about", {}),
    ("dinoname", {"count": 3}),
    ("dinoname", {"starts_with": "zzzqx"}),
    ("dissect", {"name": "Stegosaurus"}),
    ("dissect", {"name": "Whither goest thou"}),
    ("dinosaur", {"name": "Stegosaurus"}),
    ("dinosaur", {"name": "Brontozorbosaurus"}),
    ("halloffame", {}),
    ("champion", {}),
    ("egg", {}),
    ("museum", {"by": "family"}),
    ("leaderboard", {}),
    ("collection", {}),
    ("sonnet", {"opening": "Whither goest"}),
    ("sonnet", {"about": "Zorbo"}),
    ("poems", {}),
    ("export", {}),
    ("namer list", {}),
    ("namer create", {"name": "zorbs", "text": ", ".join(LIST)}),
    ("namer info", {"name": "qux"}),
    ("name", {"namer": "qux"}),
    ("models list", {"task": "names"}),
    ("models info", {"version": "shipped names"}),
    ("models activate", {"version": "999"}),
    ("models rollback", {"task": "names"}),
    ("settings", {}),
    ("settings", {"vote_minutes": 30, "votes_needed": 2, "public_hall": True, "strips": True}),
    ("settings", {"eggs": True}),
    ("settings", {"filter": "strict", "blocked_words": "glorp"}),
    ("moderate record", {}),
    ("moderate winner", {"name": "Nobodysaurus"}),
    ("owner servers", {}),
    ("status", {}),
    ("privacy", {}),
]


AFTER: list[tuple[str, dict[str, object]]] = [
    ("champion", {}),
    ("halloffame", {}),
    ("museum", {"by": "period"}),
    ("collection", {}),
    ("leaderboard", {}),
    ("namer list", {}),
    ("namer info", {"name": "zorbs"}),
    ("name", {"namer": "zorbs"}),
    ("namer delete", {"name": "zorbs"}),
    ("moderate record", {}),
    ("privacy", {}),
]
"""What is used once a name has won."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("locales")
    for locale, letters in LETTERS.items():
        write_catalogue(folder, locale, letters)
    return folder


@pytest.fixture(autouse=True)
def languages(folder: Path) -> Iterator[None]:
    with spoken(folder):
        yield


def faults(shown: Shown, community: str) -> Iterator[str]:
    """What a message says in English, or in a language that is not that of its readers."""
    wrong = LETTERS["eo" if shown.is_private else "en-US"]
    own = () if isinstance(shown, Answer) and shown.others else shown.files  # else of them all
    texts = [shown.text, *shown.buttons, *(file.description for file in own)]
    for card in shown.cards:
        texts += [card.title, card.footer, *card.fields, *card.fields.values()]
        if not card.title.startswith(VERSE):
            texts.append(card.body)
    for text in [words.replace(name_of("eo"), "") for words in texts]:  # which is a language's own
        foreign = sorted({*wrong}.intersection(text))
        if found := english_in(text.replace(community, "")):
            yield f"{found} in {text!r}"
        elif foreign:
            yield f"{foreign} in {text!r}"


async def crawl(who: Actor, answer: Answer, pressed: set[str], depth: int = 0) -> list[str]:
    """Faults of an answer, and of what its buttons answer, each kind of which is pressed once."""
    found = [
        fault for each in (answer, *answer.others) for fault in faults(each, who.chat.community)
    ]
    if depth == MOST_DEPTH:
        return found
    for shown in (answer, *answer.others):
        for label in shown.buttons:
            action = label if shown.is_private else who.chat.action_of(shown, label).split(":")[0]
            if action in pressed:
                continue
            pressed.add(action)
            with suppress(ValueError, SetupError):  # the button before has changed the message
                found += await crawl(who, await who.press(shown, label), pressed, depth + 1)
    return found


@pytest.mark.both
async def test_nothing_is_in_english(chat: Chat, subtests: pytest.Subtests) -> None:
    await chat.app.store[Communities].change(chat.community_id, language="eo")
    operator = await chat.add_operator()
    for group in ("owner", "status"):
        await chat.let_everyone_use(group)
    manager = await chat.add_administrator()
    pressed: set[str] = set()
    for command, given in USES:
        who = operator if command.startswith(("owner", "status")) else manager
        with subtests.test(command):
            answer = await who.use(command, **given)
            assert answer.words or answer.files
            assert await crawl(who, answer, pressed) == []
    with subtests.test("dinosaur of the day"):
        at_one = {"daily_channel": chat.channel, "daily_hour": 1, "daily_hours": 1}
        answer = await manager.use("settings", votes_needed=1, **at_one)
        assert await crawl(manager, answer, pressed) == []
    names = await manager.use("dinoname", count=2)
    await chat.alice.press(names, names.buttons[0])
    await chat.pass_time(HOUR)  # polls close, the namer is trained, the names of the day come
    daily = next(each for each in chat.history() if each.cards and each.title.startswith(DAILY))
    await chat.alice.press(daily, daily.buttons[0])
    await chat.pass_time(HOUR)
    with subtests.test("winners"):
        shown = chat.history()
        assert len([each for each in shown if each.cards and each.title.startswith(WINNER)]) == 2
        assert [fault for each in shown for fault in faults(each, chat.community)] == []
    for command, given in AFTER:
        with subtests.test(f"{command}, later"):
            assert await crawl(manager, await manager.use(command, **given), pressed) == []


MENU = AppCommandType.message.value


async def test_commands_are_described(home: Home) -> None:
    """Discord gets descriptions and choices in each language; names stay as they are."""
    tree = home.bot.tree
    assert tree.translator is not None
    payloads = [
        await command.get_translated_payload(tree, tree.translator)
        for command in tree.get_commands()
    ]
    described = [each for payload in payloads for each in parts_of(payload)]
    assert len(described) > 100
    for each in described:
        is_named = "value" in each or each.get("type") == MENU  # a choice
        assert bool(each.get("name_localizations")) <= is_named, each
        if description := each.get("description"):
            told = each.get("description_localizations", {}).get("en-US", "")
            assert told, each
            assert not english_in(told), description
            assert len(told) <= LONGEST_DESCRIPTION


def parts_of(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A command with its options and their choices."""
    yield payload
    for each in (*payload.get("options", ()), *payload.get("choices", ())):
        yield from parts_of(each)


@pytest.mark.both
async def test_menus_and_windows(chat: Chat) -> None:
    """Those of the settings are found by their names in the member's language."""
    boss = await chat.add_manager()
    shown = await boss.use("settings")
    for menu, value in (("Language", "en"), ("Word filter", "strict")):
        shown = await boss.choose(shown, accented(menu, PRIVATE), value)
    await boss.fill(shown, accented("Time zone", PRIVATE), "berlin")
    settings = await chat.app.store[Communities].settings(chat.community_id)
    assert settings.daily.zone == "Europe/Berlin"
    assert (await chat.app.languages.of(chat.community_id)).chosen == "en"
    form = Form(_("Time zone"), _("A large city near you"), "settings", "", 40)
    view = text_form(form, "", language_of("en-US"))
    told = [*texts([view["title"], view["submit"], *view["blocks"]])]
    modal = modal_of(form, language_of("en-US")).to_dict()
    told += [modal["title"], modal["components"][0]["components"][0]["label"]]
    assert len(told) == 5
    assert [each for each in told if english_in(each)] == []


KEPT = {*FORMATS, *FORMS, *LANGUAGES.values()}
"""Choices that are called by their values, and languages, each by its own name."""


async def test_forms_and_home(slack_chat: SlackChat) -> None:
    """What Slack shows apart from messages; names of options are typed as they stand."""
    boss = await slack_chat.add_operator()
    for command in slack_chat.bot.requests.registry.every_command():
        form = await boss.open_form(command.name)
        labels = {each.name.replace("_", " ").capitalize() for each in command.options}
        shown = [
            each
            for each in [*texts([*form.blocks, form.content["submit"], form.content["close"]])]
            if each not in labels | KEPT
        ]
        assert [each for each in shown if english_in(each)] == []
    slack_chat.slack.state.open_home(boss.member)
    await slack_chat.settle()
    home = slack_chat.slack.home(boss.member)
    assert home is not None
    assert [each for each in texts(home.blocks) if english_in(each)] == []


async def test_suggestions(chat: Chat) -> None:
    for option, typed in (("starts_with", "mang"), ("ends_with", "sau")):
        found = await chat.alice.suggestions("dinoname", option, typed)
        assert [english_in(each.label) for each in found] == [[]] * len(found)
    found = await chat.alice.suggestions("models info", "version")
    assert [english_in(each.label) for each in found] == [[]] * len(found)
