"""Slash commands in one line of text."""

from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.commands import Command, Registry
from bot.chat.message import UserError
from bot.features import REGISTRY
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.options import TypedCommand, Value, parse
from bot.platforms.slack.payloads import ChannelRef, UserRef
from tests.bot.platforms.slack.commands import COMMANDS, NAMES, PIECES, as_typed, calls


def escaped(words: str) -> str:
    """Text as Slack sends it."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def read(line: str, command: str = "/sonnet", some: Registry = COMMANDS) -> TypedCommand:
    return parse(CommandNames(some), command, escaped(line))


def values(line: str, command: str = "/sonnet") -> Mapping[str, Value]:
    return read(line, command).values


def refusal(line: str, command: str = "/sonnet") -> str:
    with pytest.raises(UserError) as raised:
        read(line, command)
    return str(raised.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", {}),
        ("Shall I compare thee", {"opening": "Shall I compare thee"}),
        ("opening:Shall I compare thee", {"opening": "Shall I compare thee"}),
        ("opening: Shall I", {"opening": "Shall I"}),
        ("opening:a b opening:c", {"opening": "c"}),
        ("about:the sea temperature:0.8", {"about": "the sea", "temperature": "0.8"}),
        ("temperature:0,8 Shall I", {"temperature": "0,8", "opening": "Shall I"}),
        ('about:"the sea" Shall I', {"about": "the sea", "opening": "Shall I"}),
        ("about: “the sea” Shall I", {"about": "the sea", "opening": "Shall I"}),
        ('"form: beauty"', {"opening": "form: beauty"}),
        (r'opening:"say \"hi\" \\"', {"opening": 'say "hi" \\'}),
        ('She said "no" to me', {"opening": 'She said "no" to me'}),
        ('"Unclosed words', {"opening": '"Unclosed words'}),
        ("Shall I:\ncompare", {"opening": "Shall I:\ncompare"}),
        ("Thus: the end, 3:4 https://a.b", {"opening": "Thus: the end, 3:4 https://a.b"}),
        ("Tom & <Jerry> &amp; &lt;", {"opening": "Tom & <Jerry> &amp; &lt;"}),
        ("Temperature:1", {"temperature": "1"}),
        ("temperature:Wild Shall I", {"temperature": "wild", "opening": "Shall I"}),
        ("beauty:truth, zzz:1", {"opening": "beauty:truth, zzz:1"}),
        ("form:couplets Shall I", {"form": "couplets", "opening": "Shall I"}),
    ],
)
def test_line_of_a_sonnet(line: str, expected: Mapping[str, Value]) -> None:
    assert values(line) == expected


@pytest.mark.shows("options while typing")
@pytest.mark.parametrize(
    ("command", "line", "expected"),
    [
        ("/dinoname", "starts_with:draco count:3", {"starts_with": "draco", "count": 3}),
        ("/dinoname", "starts-with:draco", {"starts_with": "draco"}),
        ("/dinoname", "3", {"count": 3}),
        ("/dinoname", "starting with mango", {"starts_with": "mango"}),
        (
            "/dinoname",
            "3 names that begin with man, and end in raptor",
            {"count": 3, "starts_with": "man", "ends_with": "raptor"},
        ),
        ("/dinoname", "containing drago length:9", {"contains": "drago", "length": 9}),
        ("/name", "elves starting with el", {"namer": "elves", "starts_with": "el"}),
        ("/sonnet", "starting with you", {"opening": "starting with you"}),
        ("/halloffame", "period:past 7 days scope:mine", {"period": "week", "scope": "mine"}),
        ("/halloffame", "scope:discovered by you", {"scope": "mine"}),
        ("/halloffame", "past 7 days", {"period": "week"}),
        (
            "/namer",
            "create elves text:Galadriel, Elrond",
            {"name": "elves", "text": "Galadriel, Elrond"},
        ),
        ("/namer", "SHARE elves on:False", {"name": "elves", "on": False}),
        ("/settings", "vote_minutes:1,440", {"vote_minutes": 1440}),
        ("/settings", "vote_minutes:1.440", {"vote_minutes": 1440}),
        (
            "/settings",
            "vote_minutes:1\u202f440 filter:mild",
            {"vote_minutes": 1440, "filter": "mild"},
        ),
        ("/mango-status", "", {}),
    ],
)
def test_other_lines(command: str, line: str, expected: Mapping[str, Value]) -> None:
    assert values(line, command) == expected


def test_people_and_channels_are_looked_up_later() -> None:
    typed = parse(NAMES, "/moderate", "block <@U0123ABC|mary>")
    assert typed.values == {"member": UserRef("U0123ABC")}
    for mention in ("<@U0123ABC>", "<@U0123ABC|ada>", "member:<@U0123ABC|ada l.>"):
        typed = parse(NAMES, "/collection", mention)
        assert typed.values == {"member": UserRef("U0123ABC")}
    assert "/collection ?" in refusal("@ada", "/collection")
    typed = parse(NAMES, "/moderate", "log channel:<#C0123ABC>")
    assert typed.values == {"channel": ChannelRef("C0123ABC")}
    assert "/moderate block ?" in refusal("block @mary", "/moderate")
    assert "/moderate log ?" in refusal("log #general", "/moderate")
    assert "/namer import ?" in refusal("import elves file:elves.txt", "/namer")
    address = "https://a.slack.com/archives/C1/p1"
    typed = parse(NAMES, "/moderate", f"message <{address}|{address}>")
    assert typed.values == {"message": address}


def test_form_is_asked_for() -> None:
    typed = read(" ? ", "/dinoname")
    assert typed.wants_form
    assert typed.command == COMMANDS.by_name["dinoname"]
    assert not read("Who is it ?").wants_form
    assert read("Help", "/dinoname").wants_form
    assert not read('"help"').wants_form
    assert not read("help me").wants_form
    for line in ("", "?", "help"):
        group = read(line, "/namer")
        assert group.wants_form
        assert group.command == COMMANDS.by_first_word["namer"]
    assert read("create ?", "/namer").wants_form


def test_form_completes_what_is_missing() -> None:
    """A file can't be typed."""
    typed = read("import elves", "/namer")
    assert typed.wants_form
    assert typed.values == {"name": "elves"}
    assert read("", "/dissect").wants_form
    assert not read("", "/sonnet").wants_form


@pytest.mark.parametrize(
    ("command", "line", "expected"),
    [
        ("/dinoname", "cuont:3", "did you mean count:?"),
        ("/dinoname", "count:", "Type something after count:, for example count:5"),
        ("/dinoname", "draco", "For example: /dinoname count:5"),
        ("/halloffame", "period:", "for example period:today"),
        ("/namer", 'share elves on:" "', "for example on:yes"),
        ("/dinoname", "count:3 nonsense:x", "nonsense: doesn't match any option"),
        (
            "/dinoname",
            "xyzzy:3",
            "xyzzy: doesn't match any option. /dinoname takes count, starts_with",
        ),
        (
            "/dinoname",
            "draco",
            "draco doesn't match any option. /dinoname takes count, starts_with",
        ),
        ("/dinoname", "count:many", "a whole number, for example count:5; you typed many"),
        ("/dinoname", "count:99", "count: must be between 1 and 10; you typed 99"),
        ("/dinoname", f"count:{'9' * 20}", f"between 1 and 10; you typed {'9' * 20}"),
        ("/dinoname", "12", "12 doesn't match any option"),
        ("/dinoname", f"count:{'9' * 5000}", "a whole number"),
        ("/dinoname", f"starts_with:{'a' * 200}", "characters, but yours has 200"),
        ("/dinoname", 'starts_with:"dra', "isn't closed"),
        ("/sonnet", "opening:a temprature:1", "did you mean temperature:?"),
        ("/sonnet", "form:haiku-ish", "form: must be shakespearean, petrarchan, "),
        ("/sonnet", 'opening:"a" b', "b doesn't match any option"),
        ("/poems", "now", "/poems has no options"),
        ("/namer", "craete elves", "did you mean /namer create?"),
        ("/namer", "xyz", "Type create, import"),
        ("/namer", "share elves on:maybe", "on: must be yes or no"),
        ("/models", "list task:haiku", "task: must be names or sonnets"),
        ("/nothing", "", "To see what the bot can do, use /mango-help"),
        ("/sonnet", "a" * 6001, "at most 6,000 characters"),
    ],
)
def test_refusal_says_what_is_accepted(command: str, line: str, expected: str) -> None:
    assert expected in refusal(line, command)


@pytest.mark.parametrize(
    ("command", "line", "reading"),
    [
        ("/dinoname", "raptor", "dinoname starts_with:raptor"),
        ("/settings", "3", "settings vote_minutes:3"),
        ("/dinoname", "count:2 Tyranno saur", "dinoname count:2 starts_with:Tyranno saur"),
        ("/dinoname", "count:99 starts_with:dra", "dinoname count:10 starts_with:dra"),
        ("/dinoname", "count:-3", "dinoname count:1"),
        ("/retrain", "names seed:99999999999", "retrain names seed:2147483648"),
        ("/dinoname", "count:many", ""),
        ("/dinoname", "cuont:3", "dinoname count:3"),
        ("/dinoname", "xyzzy:3", ""),
        ("/halloffame", "scope:everybody", "halloffame scope:all workspaces"),
        ("/halloffame", "scope:everyone today", "halloffame scope:all workspaces today"),
        ("/halloffame", "period:weeks scope:mine", "halloffame period:past 7 days scope:mine"),
        ("/halloffame", "mine", "halloffame scope:mine"),
        ("/halloffame", "weekly", "halloffame period:past 7 days"),
        ("/leaderboard", "period:forever", "leaderboard period:all time"),
        ("/halloffame", "scope:xyz", ""),
        ("/sonnet", "form:haiku-ish", ""),
        ("/sonnet", "form:limerik There was", "sonnet form:limerick There was"),
        ("/sonnet", "temprature:1 R&D", "sonnet temperature:1 R&amp;D"),
        ("/settings", "strict", "settings filter:strict"),
        ("/settings", "language:german", "settings language:Deutsch"),
        ("/models", "list poems", "models list task:sonnets"),
        ("/museum", "by:colour", ""),
        ("/poems", "now", "poems"),
        ("/retrain", "names today", ""),
        ("/namer", "exprot elves", "namer export elves"),
    ],
)
def test_likeliest_reading(command: str, line: str, reading: str) -> None:
    """What a refusal offers to run: it can be read."""
    with pytest.raises(UserError) as raised:
        read(line, command)
    assert getattr(raised.value, "reading", "") == reading
    if reading:
        word, _space, rest = reading.partition(" ")
        assert isinstance(parse(NAMES, f"/{word}", rest).command, Command)


@pytest.mark.parametrize("prefix", ["", "dino-"])
def test_prefix_is_in_sentences(prefix: str) -> None:
    names = CommandNames(COMMANDS, prefix)
    with pytest.raises(UserError, match=names.slash("poems")):
        parse(names, names.slash("poems"), "now")


EXAMPLES = [example for info in REGISTRY.every_command() for example, _what in info.examples]


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_of_help_are_understood(example: str) -> None:
    """As they stand, but for files and people, whose place is held by an ellipsis."""
    command, _space, line = example.partition(" ")
    if line.endswith((":…", ":https://…")) and "message" not in line and "server" not in line:
        assert "form" in refusal(line, command)
        return
    typed = read(line, command)
    assert not typed.wants_form


@given(line=st.text(max_size=80), command=st.sampled_from(["/sonnet", "/dinoname", "/namer", "/x"]))
def test_any_text_is_read_or_refused(line: str, command: str) -> None:
    with suppress(UserError):
        typed = parse(NAMES, command, line)
        assert typed.wants_form or isinstance(typed.command, Command)


@settings(max_examples=300)
@given(line=st.lists(PIECES, max_size=15).map("".join))
def test_odd_lines_are_read_or_refused(line: str) -> None:
    with suppress(UserError):
        parse(NAMES, "/sonnet", line)


@settings(max_examples=300, deadline=None)
@given(call=calls(), prefix=st.sampled_from(["", "dino-"]))
def test_printed_command_reads_as_the_same(
    call: tuple[Command, dict[str, Value]], prefix: str
) -> None:
    declaration, expected = call
    names = CommandNames(COMMANDS, prefix)
    command, _space, line = as_typed(declaration, expected, names).partition(" ")
    typed = parse(names, command, escaped(line))
    assert typed.command == declaration
    assert typed.values == expected


def test_marks_that_nothing_closes_are_words() -> None:
    line = ('"a ' * 1_000).strip()
    with pytest.raises(UserError, match="opening: can have at most"):
        values(line)
    assert values('"a “b «c') == {"opening": '"a “b «c'}
