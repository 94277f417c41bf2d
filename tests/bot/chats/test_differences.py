"""What Slack does in its own way, and what Discord lacks: the entries of `EXCEPTIONS`."""

from unittest.mock import Mock

import pytest

from bot.platforms.slack.names import SHORTCUT
from simulators.slack.limits import SlackError
from tests.bot.chats.on_slack import SlackActor, SlackChat
from tests.bot.chats.protocol import Place, Shown
from tests.bot.opened_polls import TEN_MINUTES, first_message, voted


@pytest.mark.shows("Write a sonnet from this")
async def test_sonnet_from_a_message(slack_chat: SlackChat) -> None:
    """The poem begins as the message does, however it goes on."""
    words = "Shall I compare thee " + "& " * 30_000
    said = slack_chat.slack.say(slack_chat.alice.member, words)
    slack_chat.slack.shortcut(slack_chat.alice.member, SHORTCUT, said)
    await slack_chat.settle()
    assert first_message(slack_chat).body.startswith("Shall I compare thee")


@pytest.mark.shows("Write a sonnet from this")
async def test_no_sonnet_from_a_message_of_the_bot(slack_chat: SlackChat) -> None:
    """Its text is for notifications, and names buttons."""
    refused = await slack_chat.alice.open_menu(
        "Write a sonnet from this", await slack_chat.alice.use("dinoname")
    )
    assert refused.text.startswith("Choose a member's message")
    assert not slack_chat.writer.sonnets_asked


@pytest.mark.shows("Write a sonnet from this")
@pytest.mark.parametrize("words", [":sunny: :tada:", "<@U123>", "&amp;"])
async def test_no_sonnet_from_a_message_without_words(slack_chat: SlackChat, words: str) -> None:
    said = slack_chat.slack.say(slack_chat.alice.member, words)
    slack_chat.slack.shortcut(slack_chat.alice.member, SHORTCUT, said)
    await slack_chat.settle()
    assert "Choose a message that has some" in slack_chat.shown(slack_chat.slack.messages[-1]).text
    assert not slack_chat.writer.sonnets_asked


@pytest.mark.shows("channels without the bot")
async def test_channel_without_the_bot(slack_chat: SlackChat) -> None:
    elsewhere = Place(0, "general", slack_chat.slack.elsewhere)
    refused = await slack_chat.alice.use_in(elsewhere, "dinoname")
    assert refused.is_private
    assert "/invite @Mangosaurus" in refused.text
    assert not slack_chat.app.monitor.failures  # which operators would look into
    poem = await slack_chat.alice.use_in(elsewhere, "sonnet")
    assert not poem.is_private


@pytest.mark.shows("channels without the bot")
@pytest.mark.parametrize("others", [["ben"], ["ben", "cleo"]])
async def test_conversation_of_members(slack_chat: SlackChat, others: list[str]) -> None:
    """No app can be invited there: names come without a poll, and with the reason."""
    alice, workspace = slack_chat.alice, slack_chat.slack.workspace
    members = [workspace.add_member(each) for each in others]
    place = Place(0, "", workspace.add_group(alice.member, *members))
    names = await alice.use_in(place, "dinoname", count=2)
    assert not names.is_private
    assert "apps can't join conversations between members" in names.words
    assert [each.channel for each in slack_chat.slack.messages] == [place.source]
    picture = await alice.use_in(place, "dissect", name="Mangosaurus")
    assert picture.is_private
    assert picture.text.startswith("Apps can't join conversations between members")
    directly = await alice.use_directly("dinoname", count=2)
    assert "apps can't" not in directly.words


@pytest.mark.shows("options while typing")
@pytest.mark.parametrize(
    ("line", "label", "expected"),
    [
        ("/dinoname raptor", "Run /dinoname starts_with:raptor", "new dinosaurs"),
        ("/halloffame scope:everybody", "Run /halloffame scope:all workspaces", "all workspaces"),
    ],
)
async def test_refusal_offers_what_was_meant(
    slack_chat: SlackChat, line: str, label: str, expected: str
) -> None:
    alice = slack_chat.alice
    slack_chat.type(alice.member, line)
    await slack_chat.settle()
    refused = slack_chat.shown(slack_chat.slack.messages[-1])
    assert refused.is_private
    assert refused.buttons == (label,)
    assert expected in (await alice.press(refused, label)).words
    await slack_chat.restart()
    assert expected in (await alice.press(refused, label)).words


@pytest.mark.shows("options while typing")
async def test_refusal_without_a_likely_meaning(slack_chat: SlackChat) -> None:
    for line in ("/dinoname count:many", "/namer create", f"/dinoname count:99 {'a' * 200}"):
        slack_chat.type(slack_chat.alice.member, line)
        await slack_chat.settle()
    assert not any(message.buttons for message in slack_chat.slack.messages)


@pytest.mark.shows("options while typing")
@pytest.mark.parametrize(
    ("command", "typed", "reason"),
    [
        ("namer create", {"name": "elves", "text": "Elrond\nGaladriel"}, "names"),
        ("namer create", {"name": "el/ves", "text": "Elrond"}, "letters"),
        ("sonnet", {"opening": "Thou art a c u n t", "temperature": "wild"}, "won't begin"),
    ],
)
async def test_refused_form_can_be_opened_again(
    slack_chat: SlackChat, command: str, typed: dict[str, str], reason: str
) -> None:
    """It shows what was typed, for a while."""
    manager, slack = await slack_chat.add_manager(), slack_chat.slack
    shown = [repr(value)[1:-1] for value in typed.values()]
    again = "Open the form again"
    form = await manager.open_form(command)
    slack.submit(manager.member, form, typed)
    await slack_chat.settle()
    refused = slack_chat.shown(slack.messages[-1])
    assert refused.is_private
    assert reason in refused.text
    await manager.press(refused, again)
    reopened = slack.modal(manager.member)
    assert reopened is not None
    assert all(value in str(reopened.blocks) for value in shown)
    slack.close_view(manager.member, reopened)
    await slack_chat.pass_time(31 * 60)
    await manager.press(refused, again)
    emptied = slack.modal(manager.member)
    assert emptied is not None
    assert "initial_value" not in str(emptied.blocks)


async def test_refused_line_loses_nothing(slack_chat: SlackChat) -> None:
    """Slack empties the field: the form has what was understood, an answer what was not."""
    slack, words = slack_chat.slack, "Thou art a cunt and thou art quite small"
    slack.command(slack_chat.alice.member, "/sonnet", f"form:couplet {words}")
    await slack_chat.settle()
    refused = slack_chat.shown(slack.messages[-1])
    assert "won't begin" in refused.text
    await slack_chat.alice.press(refused, "Open the form")
    form = slack.modal(slack_chat.alice.member)
    assert form is not None
    assert words in str(form.blocks)
    line = f"opening:The sea is wide &amp; I am small form:haiku {'x' * 60}"
    slack.command(slack_chat.alice.member, "/sonnet", line)
    await slack_chat.settle()
    refused = slack_chat.shown(slack.messages[-1])
    assert refused.text.startswith("form: must be")
    assert refused.text.endswith(f"You asked for: /sonnet {line}")


async def moderated(chat: SlackChat, message: Shown) -> str:
    """What a moderator is told who removes a message with its menu."""
    mo = await chat.add_moderator()
    asked = await mo.open_menu("Moderate this message", message)
    if not asked.buttons:
        return asked.text
    return (await mo.press(asked, "Remove it")).text


@pytest.mark.shows("pictures in a card")
async def test_picture_is_removed(slack_chat: SlackChat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Slack refuses the block, it is a message of its own, of which a stub is left."""
    refuse_blocks(slack_chat, monkeypatch)
    await slack_chat.alice.use("dissect", name="Mangosaurus")
    (picture,) = (each for each in slack_chat.slack.messages if each.files)
    await slack_chat.restart()
    assert (await moderated(slack_chat, slack_chat.shown(picture))).startswith("Removed.")
    assert [each.payload()["mode"] for each in picture.files] == ["tombstone"]


def refuse_blocks(chat: SlackChat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Slack take no picture in a block."""
    refused = Mock(side_effect=SlackError("invalid_blocks"))
    monkeypatch.setattr(chat.slack.state.messages, "_picture", refused)


STAYS = "use the picture's menu to remove it, or delete it yourself."


@pytest.mark.shows("pictures in a card")
@pytest.mark.parametrize(
    ("is_restarted", "is_refused"), [(False, False), (False, True), (True, False), (True, True)]
)
async def test_moderators_hear_of_pictures_that_stay(
    slack_chat: SlackChat, monkeypatch: pytest.MonkeyPatch, is_restarted: bool, is_refused: bool
) -> None:
    """Another process has sent them to threads: this one does not know their files."""
    if is_refused:
        refuse_blocks(slack_chat, monkeypatch)
    await voted(slack_chat)
    await slack_chat.pass_time(TEN_MINUTES + 60)
    dissection = await slack_chat.alice.use("dissect", name="Mangosaurus")
    if is_restarted:
        await slack_chat.pass_time(60)
        await slack_chat.restart()
    mo = await slack_chat.add_moderator()
    asked = await mo.open_menu("Moderate this message", slack_chat.history()[1])
    replies = (
        (await mo.press(asked, "Remove Bravosaurus")).text,
        await moderated(slack_chat, dissection),
    )
    stays = is_restarted and is_refused
    assert [STAYS in reply for reply in replies] == [stays] * 2
    shown = [each.files + each.pictures for each in slack_chat.slack.messages]
    assert sum(any(not file.is_deleted for file in files) for files in shown) == 2 * stays
    if not is_refused:
        assert all(each.is_deleted for each in slack_chat.slack.state.messages.files.values())


@pytest.mark.shows("channels without the bot")
async def test_answer_that_cannot_be_edited(slack_chat: SlackChat) -> None:
    """It came through a response_url, and stays so when the bot is invited."""
    elsewhere = slack_chat.slack.elsewhere
    poem = await slack_chat.alice.use_in(Place(0, "general", elsewhere), "sonnet")
    elsewhere.is_joined = True
    assert "the bot wasn't a member where it was sent" in await moderated(slack_chat, poem)


@pytest.mark.shows("channels without the bot")
async def test_restricted_channel(slack_chat: SlackChat) -> None:
    slack_chat.slack.channel.restriction = "read_only_channel"
    refused = await slack_chat.alice.use("dinoname")
    assert refused.is_private
    assert "Only some members" in refused.text


@pytest.mark.shows("moderators")
@pytest.mark.shows("rights in a channel")
async def test_admins_moderate(slack_chat: SlackChat) -> None:
    """In every channel alike."""
    mo, den = await slack_chat.add_moderator(), await slack_chat.add_channel("den")
    for place in (slack_chat.channel, den):
        assert "Only " not in (await mo.use_in(place, "moderate record")).words
        assert "Only " in (await slack_chat.alice.use_in(place, "moderate record")).words
    asked = await slack_chat.link(await slack_chat.alice.use("dinoname"))
    refused = await slack_chat.alice.use("moderate message", message=asked)
    assert refused.text == "Only moderators of this workspace can do that."


@pytest.mark.shows("guests")
async def test_guests(slack_chat: SlackChat) -> None:
    """They look, and cost nothing."""
    guest = SlackActor(slack_chat, slack_chat.slack.guest, 0)
    refused = await guest.use("sonnet")
    assert refused.is_private
    assert refused.text.startswith("Guests ")
    assert refused.text.endswith("/museum, /dinosaur and /halloffame.")
    assert not slack_chat.writer.sonnets_asked
    slack_chat.slack.command(guest.member, "/sonnet", "?")  # a form would be filled in in vain
    await slack_chat.settle()
    assert slack_chat.slack.modal(guest.member) is None
    assert slack_chat.shown(slack_chat.slack.messages[-1]).text == refused.text
    hall = await guest.use("halloffame")
    assert "Guests" not in hall.text
    helped = await guest.use("help")
    assert "/halloffame" in helped.words
    assert "/dinoname" not in helped.words


@pytest.mark.shows("/owner leave")
async def test_leave(slack_chat: SlackChat) -> None:
    owner = await slack_chat.add_operator()
    left = await owner.use("owner leave", server=str(slack_chat.community_id))
    assert "The bot has left" in left.words
    assert slack_chat.slack.tokens.is_revoked


@pytest.mark.shows("answers that grow")
async def test_poem_is_sent_whole(slack_chat: SlackChat) -> None:
    poem = await slack_chat.alice.use("sonnet")
    assert len(slack_chat.versions(poem)) == 1


@pytest.mark.shows("answers that grow")
async def test_slow_poem_grows(slack_chat: SlackChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_chat.platform, "whole_answer_s", 0.0)
    versions = slack_chat.versions(await slack_chat.alice.use("sonnet"))
    assert 2 < len(versions) < 14
    assert [bool(version.buttons) for version in versions[-2:]] == [False, True]
    assert len(slack_chat.history()) == 1


@pytest.mark.shows("commands in threads")
async def test_no_commands_in_threads(slack_chat: SlackChat) -> None:
    """The help says so, and the menu of a message works there."""
    chat, alice = slack_chat, slack_chat.alice
    root = chat.slack.say(alice.member, "Look at this.")
    with pytest.raises(LookupError, match="not supported in threads"):
        chat.slack.command(alice.member, "/sonnet", "", thread=root.ts)
    assert "Commands don't work in threads" in (await alice.use("help")).body
    reply = chat.slack.say(alice.member, "Shall I compare thee")
    reply.thread_ts = root.ts
    chat.slack.shortcut(alice.member, SHORTCUT, reply)
    await chat.settle()
    assert first_message(chat).body.startswith("Shall I compare thee")
    assert {each.thread_ts for each in chat.slack.messages if each.author.is_bot} == {root.ts, None}
