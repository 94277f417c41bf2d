"""The catalogues of all languages, and one of a pseudo-language: complete, and short enough."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from bot.chat import translation
from bot.chat.commands import Choice, Command, Group, Menu
from bot.chat.message import Form, Message
from bot.chat.translation import Language, in_language, language_of, languages, read_catalogue
from bot.community.settings import SettingsOptions
from bot.features import REGISTRY
from bot.platforms.discord.commands import LONGEST_DESCRIPTION, LONGEST_LABEL
from bot.platforms.discord.rendering import FORM_WORDS
from bot.platforms.slack.platform import LIMITS, TERMS
from bot.platforms.slack.views.modals import CHOICE, TITLE
from bot.platforms.slack.views.rendering import LABEL, PLACEHOLDER
from tests.bot.chats.protocol import Chat
from tests.bot.features.test_catalogue import SOURCES, messages
from tests.bot.pseudo import LETTERS, write_catalogue
from tests.bot.turns import FakePlatform, FakeTurn, press_on
from tests.texts import written

PSEUDO = "pseudo"
FOLDER = translation.LOCALES
PLACE = Path("LC_MESSAGES", "messages.po")


@pytest.fixture(scope="module", params=[PSEUDO, *languages()[1:]])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue."""
    if request.param != PSEUDO:
        return FOLDER.joinpath(request.param.replace("-", "_"), PLACE)
    folder = tmp_path_factory.mktemp("locales")
    write_catalogue(folder, "eo", LETTERS["eo"])
    return folder / "eo" / PLACE


@pytest.fixture(scope="module")
def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


@pytest.fixture(scope="module")
def language(path: Path) -> Language:
    return read_catalogue(path.parts[-3], path.read_text(encoding="utf-8"))


def test_complete(catalogue: Catalog, language: Language) -> None:
    """`make catalogue` adds the sentences that are missing."""
    ids = {each if isinstance(each, str) else each[0] for each in messages()}
    assert {each.id if isinstance(each.id, str) else each.id[0] for each in catalogue} - {""} == ids
    assert [each.id for each in catalogue if each.id and each.fuzzy] == []
    translated = {sentence for sentence, found in language.sentences.items() if all(found)}
    assert sorted(ids - translated) == []


def fields_of(sentence: str) -> set[tuple[str, str | None]]:
    fields = Formatter().parse(sentence)
    return {(name, form) for _literal, name, form, _conversion in fields if name is not None}


def test_fields_are_kept(catalogue: Catalog) -> None:
    """A plural form may leave the count out, as in "one vote"."""
    for each in catalogue:
        told = [each.string] if isinstance(each.string, str) else each.string or ()
        for form in told if each.id else ():
            sources = [each.id] if isinstance(each.id, str) else each.id
            kept = set().union(*map(fields_of, sources))
            assert fields_of(form) <= kept, form
            if len(sources) == 1:
                assert fields_of(form) == kept, form


TYPED = re.compile(r"(?<![\w/])/[a-z]+|(?<![\w/:])[a-z_]+:(?=[^\s/])|(?<=commas, or )none$")
"""What members type: commands, options, and the value that empties a list."""


def test_what_is_typed_is_kept(catalogue: Catalog, path: Path) -> None:
    for each in catalogue if path.is_relative_to(FOLDER) else ():
        source, *_plural = [each.id] if isinstance(each.id, str) else each.id
        for form in [each.string] if isinstance(each.string, str) else each.string or ():
            typed = TYPED.findall(re.sub(r"\{[^}]*\}", "{}", source))
            assert [word for word in typed if word not in form] == [], form


def test_plural_forms(catalogue: Catalog, language: Language) -> None:
    for each in catalogue:
        if isinstance(each.id, tuple):
            assert len(each.string or ()) == catalogue.num_plurals
    assert {language.plural_form(count) for count in range(200)} <= {*range(catalogue.num_plurals)}


def test_numbers(path: Path, language: Language) -> None:
    """They are written as the Unicode CLDR has it. A space may be a wider one."""
    if path.is_relative_to(FOLDER):
        locale = Locale.parse(path.parts[-3])
        for number in (0.5, 1234567.5):
            written = language.number(f"{number:,}")
            assert written == format_decimal(number, locale=locale)
        assert language.number("47%").split() == format_percent(0.47, locale=locale).split()


def registered(language: Language) -> Iterator[tuple[str, int]]:
    """What Discord is told of the commands, in a language, with the most characters."""
    for declared in REGISTRY.commands:
        match declared:
            case Menu(label=label):
                yield in_language(label, language), LONGEST_LABEL
            case Group(description=description) | Command(description=description):
                yield in_language(description, language), LONGEST_DESCRIPTION
    for command in REGISTRY.every_command():
        described = [command.description, *(option.description for option in command.options)]
        choices: list[Choice] = [c for option in command.options for c in option.choices]
        for words in (*described, *(choice.label for choice in choices)):
            yield in_language(words, language), LONGEST_DESCRIPTION


def in_slack_forms(language: Language) -> Iterator[tuple[str, int]]:
    """What Slack lists in the forms of groups and commands, with the most characters."""
    registry = REGISTRY.worded(TERMS)
    for group in registry.commands:
        for command in group.commands if isinstance(group, Group) else ():
            yield in_language(command.description, language), CHOICE
    for command in registry.every_command():
        for choice in (each for option in command.options for each in option.choices):
            yield in_language(choice.label, language), CHOICE


def test_lengths(path: Path, language: Language) -> None:
    """Longer texts are cut, which only the pseudo-language may need."""
    buttons = {
        sentence
        for source in SOURCES
        for sentence in re.findall(r'[Bb]utton\(\s*_\("([^"]+)"\)', source.read_text())
    }
    assert len(buttons) > 20
    labels = ((language.translation(each), LIMITS.button_label) for each in buttons)
    shown = [*registered(language), *in_slack_forms(language), *labels]
    if path.is_relative_to(FOLDER):
        assert [words for words, most in shown if len(words) > most] == []


async def test_lengths_of_settings(chat: Chat, path: Path, language: Language) -> None:
    """So are those of the settings' menus, and of the forms that its buttons open."""
    turn = press_on(FakeTurn(FakePlatform({1: Message()})), 1)
    await REGISTRY.by_name["settings"].answer(chat.app, turn, SettingsOptions())
    (message,) = turn.answers
    forms: list[Form] = []
    for button in message.buttons:
        turn.asked = None
        await REGISTRY.buttons[button.action].answer(chat.app, turn, button.state)
        forms += [turn.asked] if turn.asked else []
    declared = [re.findall(r"(?<!class )\bForm\(", source.read_text()) for source in SOURCES]
    assert len(forms) == sum(map(len, declared))
    shown: list[tuple[str, int]] = []
    for form in forms:
        shown += [(form.title, min(TITLE, FORM_WORDS)), (form.label, FORM_WORDS)]
    for menu in message.selects:
        shown += [(menu.placeholder, PLACEHOLDER), *((label, LABEL) for label, _ in menu.choices)]
    told = [(in_language(written(words), language), most) for words, most in shown]
    if path.is_relative_to(FOLDER):
        assert [words for words, most in told if len(words) > most] == []


def test_french_spaces() -> None:
    """They don't break, so no line begins with a mark or ends with an opened quotation."""
    told = language_of("fr").sentences.values()
    forms = [form for each in told for form in ([each] if isinstance(each, str) else each)]
    assert len(forms) >= len(messages())
    assert [form for form in forms if re.search(r" [:;!?»]|« ", form)] == []


def test_nearest_language(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ("en", "de", "es", "fr", "ja", "pt-BR")
    monkeypatch.setattr(translation, "languages", lambda: found)
    monkeypatch.setattr(translation, "_language", Language)
    for locale, nearest in {
        "de": "de",
        "es-ES": "es",
        "es-419": "es",
        "fr_CA": "fr",
        "pt-BR": "pt-BR",
        "pt-PT": "pt-BR",
        "en-GB": "en",
        "en-US": "en-US",
        "sv-SE": "en",
        "": "en",
        None: "en",
    }.items():
        assert language_of(locale).tag == nearest


def test_languages_name_themselves(language: Language) -> None:
    """Also to somebody who reads another language."""
    for tag in languages():
        assert in_language(written(translation.name_of(tag)), language) == translation.name_of(tag)
        assert translation.name_of(tag) == language_of(tag).translation("English")
