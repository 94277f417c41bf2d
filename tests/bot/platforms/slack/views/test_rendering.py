"""Rendering for Slack."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.app import App, MemberPage
from bot.chat.commands import Audience, Choice, Command, Kind, Option
from bot.chat.message import Button, Embed, Field, File, Message, UserError
from bot.features import REGISTRY, member_page
from bot.help.help import examples_for
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.options import Value
from bot.platforms.slack.views.home import home_view, view_of
from bot.platforms.slack.views.modals import (
    CHOICE,
    MOST_CHOICES,
    form_of,
    options,
    submitted,
    suggestion_of,
)
from bot.platforms.slack.views.rendering import (
    CHARACTERS,
    MessagePart,
    button_of,
    mention_channel,
    mention_user,
    mentioned,
    render,
    render_edit,
)
from bot.store import Database, Unavailable
from bot.store.people import Person
from bot.text.spans import Span, Style, Text, Timestamp, code, emphasis, link, strong, text
from bot.text.technical import technical
from bot.text.written import FilteredText
from bot.verse.queries import Poems
from data.phrases import NOTHING, Phrase
from simulators.slack.blocks import check_message_blocks, check_suggestions, check_view, texts
from simulators.slack.forms import filled_state
from tests.bot.conftest import World
from tests.bot.platforms.slack.commands import COMMANDS, NAMES, calls
from tests.bot.platforms.slack.hostile.inertness import parts_of
from tests.bot.turns import ADA, COMMUNITY, FakePlatform, FakeTurn
from tests.texts import written

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
HOSTILE = (
    "<!channel> <!here> <@U123ABC> <#C123ABC> @everyone *b* _i_ ~s~ `c` ```x``` > q &lt; "
    "<https://evil.example|good> https://evil.example :tada: \ue000user:7\ue001 \ud800 \0"
)


def length(words: str) -> int:
    return len(words.encode("utf-16-le")) // 2


def words_of(part: MessagePart) -> str:
    """All words in the blocks of a part."""
    found = (each.get("text") for each in parts_of(part["blocks"]))
    return "".join(each for each in found if isinstance(each, str))


def only(message: Message, **options: Any) -> MessagePart:  # noqa: ANN401
    (part,) = render(message, **{"commands": NAMES, **options})
    return part


def elements(message: Message, **options: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """The elements of its rich text."""
    parts = parts_of(only(message, **options)["blocks"])
    sections = [each["elements"] for each in parts if each.get("type") == "rich_text_section"]
    return [element for section in sections for element in section]


def test_styles() -> None:
    words = text(written("a "), strong(written("b")), emphasis(written("c")), code(written("d")))
    assert elements(Message(words)) == [
        {"type": "text", "text": "a "},
        {"type": "text", "text": "b", "style": {"bold": True}},
        {"type": "text", "text": "c", "style": {"italic": True}},
        {"type": "text", "text": "d", "style": {"code": True}},
    ]


def test_embed() -> None:
    embed = Embed(
        written("Names"),
        (text(written("one")), (), text(written("two"))),
        (Field(written("Loss"), text(written("1.5"))),),
        footer=written("page 1"),
    )
    header, lines, fields, footer = only(Message(embeds=(embed,)))["blocks"]
    assert header["text"] == {"type": "plain_text", "text": "Names", "emoji": False}
    assert lines["elements"][0]["elements"] == [{"type": "text", "text": "one\n\ntwo"}]
    assert fields["elements"][0]["elements"][0]["style"] == {"bold": True}
    assert footer["type"] == "context"


def test_list_in_a_field() -> None:
    """It begins below the name of the field."""
    embed = Embed(
        written("Version 1"),
        fields=(
            Field(written("Seed"), text(written("1"))),
            Field(written("Names"), text(written("a\nb"))),
        ),
    )
    _header, fields = only(Message(embeds=(embed,)))["blocks"]
    words = "".join(each["text"] for each in fields["elements"][0]["elements"])
    assert words == "Seed: 1\nNames\na\nb"


def test_times_are_shown_in_the_readers_zone() -> None:
    """In the middle of a sentence, and whether they are ahead or not."""
    (shown,) = elements(Message((Timestamp(NOON),)))
    assert shown["format"] == "\u200b{date_short_pretty}, {time}"
    assert shown["timestamp"] == int(NOON.timestamp())
    assert shown["fallback"] == "2026-01-02 12:00 UTC"


def test_links_are_the_bots() -> None:
    assert elements(Message((link(written("https://a.slack.com/p1")),))) == [
        {"type": "link", "url": "https://a.slack.com/p1"}
    ]
    for address in ("javascript:alert(1)", "https://a|b", "mailto:a@b.c"):
        assert elements(Message((link(written(address)),))) == [{"type": "text", "text": address}]


def test_mention_notifies_in_private_only() -> None:
    words = text(Phrase("{who} in {where}"), who=mention_user(Person(7)), where=mention_channel(8))
    assert mentioned(Message(embeds=(Embed(NOTHING, (words,)),))) == {7, 8}
    names = {7: "U0123", 8: "C0123"}
    private = elements(Message(words, private=True), names=names)
    assert private[0] == {"type": "user", "user_id": "U0123"}
    assert private[2] == {"type": "channel", "channel_id": "C0123"}
    public = elements(Message(words), names=names)
    assert public[0] == {"type": "text", "text": "a member in "}
    assert public[1] == {"type": "channel", "channel_id": "C0123"}
    shown = elements(Message(words), names={7: "Mary *A*", 8: "?"})
    assert shown == [{"type": "text", "text": "Mary *A* in ?"}]
    assert elements(Message(words)) == [{"type": "text", "text": "a member in a channel"}]


def test_commands_are_named_as_typed() -> None:
    message = Message(text(Phrase("Ask /status or {help}."), help=code(written("/help"))))
    assert "/mango-status or /mango-help" in words_of(only(message))
    assert "/dino-status" in words_of(only(message, commands=CommandNames(COMMANDS, "dino-")))


def test_buttons_work_later() -> None:
    state = "1:a%b&c<d>e%26:é"
    message = Message(buttons=(Button(written("Try"), "names", state, emoji="🥚", dangerous=True),))
    (element,) = only(message)["blocks"][0]["elements"]
    assert element["text"]["text"] == "🥚 Try"
    assert element["style"] == "danger"
    assert not set("&<>") & set(element["value"])  # Slack may escape these on the way back
    assert button_of(element) == ("names", state)


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"action_id": "b0"},
        {"action_id": 1, "value": "a:b"},
        {"action_id": "other", "value": "a:b"},
        {"action_id": "b0", "value": ["a:b"]},
        {"action_id": "b0", "value": "a" * 2001},
        {"action_id": "b0", "value": ""},
    ],
)
def test_other_actions_are_no_buttons(action: dict[str, object]) -> None:
    assert button_of(action) is None


def test_long_message_is_split() -> None:
    """Nothing is lost, and the buttons come last."""
    lines = tuple(text(written(f"line {number} " + "x" * 90)) for number in range(400))
    message = Message(
        embeds=(Embed(written("Long"), lines),), buttons=(Button(written("Go"), "go"),)
    )
    parts = render(message, NAMES)
    assert len(parts) > 1
    shown = "\n".join(map(words_of, parts))
    assert all(f"line {number} " in shown for number in range(400))
    has_buttons = [any(each["type"] == "actions" for each in part["blocks"]) for part in parts]
    assert has_buttons == [False] * (len(parts) - 1) + [True]
    edited = render_edit(message, NAMES)
    assert edited["blocks"][-1]["type"] == "actions"
    assert "line 0 " in words_of(edited)


def test_message_of_files_only_has_a_text() -> None:
    message = Message(files=(File(technical("a.txt"), b"", written("Your <poems>")),))
    assert only(message)["text"] == "Your &lt;poems&gt;"
    assert only(Message())["text"]


def styled(words: st.SearchStrategy[FilteredText]) -> st.SearchStrategy[Span | Timestamp]:
    times = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    return st.builds(Span, words, st.sampled_from(Style)) | st.builds(Timestamp, times)


WORDS = (
    st.text(max_size=60) | st.sampled_from([HOSTILE, "𝔐" * 2_000, "y\n" * 2_500, "z" * 7_000])
).map(written)
TEXTS: st.SearchStrategy[Text] = st.lists(styled(WORDS), max_size=4).map(tuple)
EMBEDS = st.builds(
    Embed,
    WORDS,
    st.lists(TEXTS, max_size=3).map(tuple),
    st.lists(st.builds(Field, WORDS, TEXTS), max_size=3).map(tuple),
    WORDS,
)
ACTIONS = st.builds(
    Button, WORDS, st.just("names"), st.text(max_size=200), st.sampled_from(["", "🥚"])
)
MESSAGES = st.builds(
    Message,
    TEXTS,
    st.lists(EMBEDS, max_size=4).map(tuple),
    st.lists(ACTIONS, max_size=3).map(tuple),
    private=st.booleans(),
)


def check(part: MessagePart, *, private: bool) -> None:
    """Slack accepts it, and shows words as they are."""
    json.dumps(part).encode()
    check_message_blocks(part["blocks"])
    assert 0 < len(part["text"]) <= 4_000
    assert not {"<", ">"} & set(part["text"])
    total = 0
    for each in parts_of(part["blocks"]):
        kind = each.get("type")
        assert kind in KINDS | ({"user"} if private else set())
        if isinstance(each.get("text"), str):
            assert each["text"]
            total += length(each["text"])
            assert "\ue000" not in each["text"]
        if kind == "plain_text":
            assert each["emoji"] is False
        if kind == "actions":
            assert each["elements"]
        if kind == "rich_text":
            assert sum(length(e.get("text", "")) for e in each["elements"][0]["elements"]) <= 3_000
    assert total <= CHARACTERS


KINDS = {
    *("rich_text", "rich_text_section", "text", "date", "link", "channel"),
    *("header", "plain_text", "context", "actions", "button", None),
}


@settings(max_examples=25, deadline=None)
@given(message=MESSAGES)
def test_every_message_is_within_limits(message: Message) -> None:
    for part in [*render(message, NAMES), render_edit(message, NAMES)]:
        check(part, private=message.private)


def test_many_embeds_and_buttons_are_within_limits() -> None:
    embeds = tuple(
        Embed(written(f"Title {number}"), (text(written("words")),)) for number in range(60)
    )
    buttons = tuple(Button(written(f"Button {number}"), "go", str(number)) for number in range(60))
    message = Message(embeds=embeds, buttons=buttons)
    parts = render(message, NAMES)
    for part in [*parts, render_edit(message, NAMES)]:
        check(part, private=False)
    assert sum(part["text"].count("Title") for part in parts) == 60


def test_hostile_words_stay_words() -> None:
    """Nothing pings, links or formats, wherever a member's words are."""
    embed = Embed(
        written(HOSTILE),
        (text(written(HOSTILE)),),
        (Field(written(HOSTILE), text(written(HOSTILE))),),
        written(HOSTILE),
    )
    button = Button(written(HOSTILE), "names", HOSTILE)
    for private in (False, True):
        message = Message(text(written(HOSTILE)), (embed,), (button,), private=private)
        assert mentioned(message) == set()
        parts = render(message, NAMES, {7: "U0123"})
        for part in parts:
            check(part, private=False)
        kinds = {each.get("type") for part in parts for each in parts_of(part["blocks"])}
        assert not kinds & {"user", "channel", "link", "broadcast", "emoji", "mrkdwn"}
        assert "<!channel> <!here> <@U123ABC>" in words_of(parts[0])
        assert "&lt;!channel&gt;" in parts[0]["text"]
        assert "&amp;lt;" in parts[0]["text"]


# Forms


FILE = {"id": "F1", "name": "elves.txt", "size": 3, "url_private": "https://files.slack.com/a"}


def fields(view: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Elements of a form, by option."""
    return {
        block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"
    }


def filled(view: Mapping[str, Any]) -> dict[str, Any]:
    """The view that Slack sends if the form is submitted as it was opened."""
    state = filled_state(view["blocks"], {}, is_checked=False)
    return {"callback_id": view["callback_id"], "state": {"values": state}}


def sent(callback_id: str, **entries: object) -> dict[str, Any]:
    values = {name: {name: entry} for name, entry in entries.items()}
    return {"callback_id": callback_id, "state": {"values": values}}


def check_form(view: dict[str, Any]) -> None:
    """The simulated Slack accepts it."""
    check_view(view, "modal")
    assert "mrkdwn" not in str(view)


INPUTS = {
    Kind.INTEGER: "number_input",
    Kind.NUMBER: "number_input",
    Kind.SWITCH: "static_select",
    Kind.FILE: "file_input",
    Kind.PERSON: "users_select",
    Kind.CHANNEL: "conversations_select",
}


@pytest.mark.shows("forms with all options")
@pytest.mark.parametrize("each", [*COMMANDS.every_command()], ids=lambda each: each.name)
def test_every_command_has_a_form(each: Command) -> None:
    view = form_of(each, {}, NAMES, "metadata")
    check_form(view)
    assert view["callback_id"] == f"command:{each.name}"
    assert view["private_metadata"] == "metadata"
    elements = fields(view)
    assert set(elements) == {option.name for option in each.options}
    for option in each.options:
        text = "static_select" if option.choices else "external_select"
        if option.suggest is None and not option.choices:
            text = "plain_text_input"
        assert elements[option.name]["type"] == INPUTS.get(option.kind, text)


@pytest.mark.shows("bounds that the platform checks")
def test_numbers_have_bounds() -> None:
    elements = fields(form_of(COMMANDS.by_name["dinoname"], {}, NAMES))
    number = elements["count"]
    assert (number["min_value"], number["max_value"]) == ("1", "10")
    assert not number["is_decimal_allowed"]


@settings(max_examples=100, deadline=None)
@given(call=calls())
def test_form_gives_back_what_it_was_opened_with(call: tuple[Command, dict[str, Value]]) -> None:
    """Except values that fit no field: empty ones, and very long names."""
    each, values = call
    view = form_of(each, values, NAMES)
    check_form(view)
    read = submitted(COMMANDS, filled(view))
    assert read.command == each
    assert set(read.errors) <= {option.name for option in each.options if option.is_required}
    for name, value in read.values.items():
        expected = values[name]
        assert value == (pytest.approx(expected) if isinstance(expected, float) else expected)
    for name in values.keys() - read.values.keys():
        assert values[name] == "" or len(str(values[name])) > 50


def test_mistakes_are_shown_at_their_fields() -> None:
    given = {"count": {"value": "99"}, "length": {"value": "long"}}
    read = submitted(COMMANDS, sent("command:dinoname", **given))
    assert "must be between 1 and 10" in read.errors["count"]
    assert "must be a whole number" in read.errors["length"]
    assert submitted(COMMANDS, sent("command:dissect")).errors == {"name": "This is required."}


def test_long_text_is_not_lost() -> None:
    """A forged form: the field itself takes 3,000 characters."""
    read = submitted(COMMANDS, sent("command:sonnet", opening={"value": "a" * 10_000}))
    assert "at most" in read.errors["opening"]
    assert "10,000" in read.errors["opening"]


def test_group_form_asks_for_the_subcommand() -> None:
    group = COMMANDS.by_first_word["namer"]
    view = form_of(group, {}, NAMES)
    check_form(view)
    assert view["callback_id"] == "group:namer"
    about, asked = view["blocks"]
    assert about["text"]["text"] == group.description
    assert asked["label"]["text"] == "What to do"
    for name, wants_form in (("create", True), ("list", False)):
        chosen = {"selected_option": {"value": name}}
        read = submitted(COMMANDS, sent("group:namer", subcommand=chosen))
        assert (read.command.name, read.wants_form) == (f"namer {name}", wants_form)


@pytest.mark.parametrize(
    "view",
    [
        {},
        {"callback_id": 7},
        {"callback_id": "command:nothing"},
        {"callback_id": "group:namer"},
        sent("group:namer", subcommand={"selected_option": {"value": "nothing"}}),
    ],
)
def test_form_of_another_version_is_refused(view: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="another version"):
        submitted(COMMANDS, view)


OPTIONS = ["count", "name", "file", "member"]
KEYS = st.sampled_from(["value", "selected_option", "files", *OPTIONS])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(
    values=st.dictionaries(st.sampled_from(OPTIONS), JSON),
    name=st.sampled_from(["dinoname", "namer create", "moderate block"]),
)
def test_odd_payloads_are_read(values: dict[str, Any], name: str) -> None:
    payload = {"callback_id": f"command:{name}", "state": {"values": values}}
    read = submitted(COMMANDS, payload)
    assert set(read.values) <= {option.name for option in read.command.options}
    asked = {"view": payload, "action_id": "name", "value": values}
    assert suggestion_of(COMMANDS, asked) is None


def test_suggestions_know_the_other_fields() -> None:
    """By what they were shown with: Slack sends no state."""
    view = form_of(COMMANDS.by_name["name"], {"namer": "Tom & Jerry", "count": 3}, NAMES)
    asked = {"view": view, "action_id": "starts_with", "block_id": "x", "value": "dra"}
    found = suggestion_of(COMMANDS, asked)
    assert found is not None
    option, others, typed = found
    assert (option.name, typed) == ("starts_with", "dra")
    assert others == {"namer": "Tom & Jerry", "count": "3"}


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"view": sent("command:name"), "action_id": "count", "value": ""},
        {"view": sent("command:nothing"), "action_id": "name", "value": ""},
        {"view": "command:name", "action_id": ["namer"]},
    ],
)
def test_other_requests_for_suggestions_get_none(payload: dict[str, Any]) -> None:
    assert suggestion_of(COMMANDS, payload) is None


def test_suggestions_are_within_limits() -> None:
    found = [Choice(written(f"{number}" + "🦖" * 60), str(number)) for number in range(2)]
    found += [Choice(written(f"label {number}" + "x" * 100), str(number)) for number in range(150)]
    shown = check_suggestions(options(found))
    assert len(shown) == MOST_CHOICES
    assert all(len(each["text"]["text"]) <= CHOICE for each in shown)
    assert options([Choice(written("long"), "x" * 151), Choice(written("empty"), "")]) == {
        "options": []
    }


def test_what_is_typed_can_be_chosen() -> None:
    """A select of Slack takes nothing but its options."""
    shown = options([Choice(written("Elves"), "elves")], "dra")["options"]
    assert [each["value"] for each in shown] == ["elves", "dra"]
    for typed in ("elves", "Elves", "ELVES"):  # looks like a suggestion that is there
        assert len(options([Choice(written("Elves"), "elves")], typed)["options"]) == 1
    assert len(options([Choice(written("Elves"), "elves")], " ")["options"]) == 1


def test_long_words_are_cut() -> None:
    async def command(*_arguments: object) -> None:
        raise AssertionError

    option = Option("a", Phrase("h" * 2_500), choices=(Choice(Phrase("c" * 100), "v"),))
    check_form(form_of(Command("x" * 40, Phrase("d" * 2_500), command, (option,)), {}, NAMES))


# App Home


POEM = "Shall I compare thee"
ALL = {each: examples_for(REGISTRY, (each,), is_guest=False) for each in Audience}


@pytest.fixture
async def app(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    """The services, which have as long as a slow machine needs."""
    monkeypatch.setattr(member_page, "PATIENCE_S", 60.0)
    made = world.make_app()
    yield made
    await made.store.close()
    await made.inference.close()


def words_of_home(view: dict[str, Any]) -> str:
    """All words in a view, which the simulated Slack accepts."""
    check_view(view, "home")
    return "\n".join(texts(view["blocks"]))


async def home_of(app: App, audience: Audience = Audience.EVERYONE) -> str:
    """The words of the home tab of a member with some rights."""
    user = replace(
        ADA,
        is_moderator=audience >= Audience.MODERATORS,
        is_manager=audience >= Audience.MANAGERS,
        is_administrator=audience >= Audience.ADMINISTRATORS,
    )
    return words_of_home(await home_view(app, FakeTurn(FakePlatform(), user), NAMES))


def test_home_has_all_parts() -> None:
    page = MemberPage(
        ALL,
        Message(embeds=(Embed(written("👑 Today's champion"), (text(written("Mangosaurus")),)),)),
        Message(
            embeds=(Embed(written("Sonnet"), (text(written(POEM)),)),),
            buttons=(Button(written("Older"), "book"),),
        ),
        Message(
            text(written("The bot stores nothing about you.")),
            buttons=(Button(written("Delete my data"), "drop"),),
        ),
    )
    view = view_of(page, NAMES)
    words = words_of_home(view)
    parts = ("Mangosaurus", "/dinoname starts_with:mango", "For moderators", "/mango-status", POEM)
    more = ("/export", "Your data", "stores nothing", "Delete my data", "Write a sonnet")
    assert [each for each in parts + more if each not in words] == []
    assert "Older" not in words
    kinds = [block["type"] for block in view["blocks"]]
    assert kinds[:4] == ["header", "actions", "divider", "header"]
    assert "/dino-sonnet" in words_of_home(view_of(page, CommandNames(COMMANDS, "dino-")))


def test_longest_home_is_accepted() -> None:
    lines = tuple(text(written("line <@U123> " * 200)) for _number in range(40))
    message = Message(
        embeds=(Embed(written("t" * 300), lines),) * 5,
        buttons=(Button(written("Delete my data"), "drop"),),
    )
    view = view_of(MemberPage(ALL, message, message, message), NAMES)
    assert len(view["blocks"]) <= 100
    assert words_of_home(view).count("Delete my data") == 1


@pytest.mark.parametrize(
    ("audience", "shown", "hidden"),
    [
        (Audience.EVERYONE, "/sonnet", "/moderate"),
        (Audience.MODERATORS, "/moderate", "/settings"),
        (Audience.MANAGERS, "/settings", "/owner"),
        (Audience.ADMINISTRATORS, "/retrain", "/owner"),
    ],
)
async def test_members_see_what_they_can_do(
    app: App, audience: Audience, shown: str, hidden: str
) -> None:
    app.homes.add(COMMUNITY)
    words = await home_of(app, audience)
    assert shown in words
    assert hidden not in words


async def test_home_shows_the_newest_poem(app: App) -> None:
    assert "haven't kept any poems" in await home_of(app)
    await app.store[Poems].keep(ADA.id, COMMUNITY, 1, "A sonnet", POEM, app.now())
    words = await home_of(app)
    assert POEM in words
    assert "1 poem" in words


async def test_silent_database_leaves_what_needs_none(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "reading", Mock(side_effect=Unavailable))
    words = await home_of(app)
    assert "/dinoname" in words
    assert words.count("can't be shown at the moment") == 3
