"""Rendering for Slack."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.message import Button, Embed, Field, File, Message
from bot.platforms.slack.names import CommandNames
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
from bot.store.people import Person
from bot.text.spans import (
    Span,
    Style,
    Text,
    Timestamp,
    code,
    emphasis,
    link,
    strong,
    text,
)
from bot.text.technical import technical
from bot.text.written import FilteredText
from data.phrases import NOTHING, Phrase
from simulators.slack.blocks import check_message_blocks
from tests.bot.platforms.slack.commands import COMMANDS, NAMES
from tests.bot.platforms.slack.hostile.inertness import parts_of
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
