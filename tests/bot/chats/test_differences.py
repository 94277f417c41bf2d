"""What Slack does in its own way, and what Discord lacks: the entries of `EXCEPTIONS`."""

import pytest

from bot.platforms.local.slack.forms import FormError
from bot.platforms.slack.manifest import manifest
from bot.platforms.slack.names import SHORTCUT, CommandNames
from bot.platforms.slack.network.members import member_of
from tests.bot.chats.on_slack import SlackActor, SlackChat
from tests.bot.chats.protocol import Place
from tests.bot.opened_polls import TEN_MINUTES, a_poll, first_message


@pytest.mark.shows("options while typing")
async def test_options_in_one_line(slack_chat: SlackChat) -> None:
    slack_chat.type(slack_chat.alice.member, "/dinoname starts_with:draco count:3")
    await slack_chat.settle()
    (asked,) = slack_chat.writer.names_asked
    assert (asked.starts_with, asked.count) == ("draco", 3)


@pytest.mark.shows("forms with all options")
async def test_form_has_all_options(slack_chat: SlackChat) -> None:
    opened = slack_chat.type(slack_chat.alice.member, "/dinoname ?")
    await slack_chat.settle()
    assert opened.view is not None
    shown = {block["block_id"] for block in opened.view.blocks if block["type"] == "input"}
    assert shown == {option.name for option in slack_chat.declaration("dinoname").options}


@pytest.mark.shows("bounds that the platform checks")
async def test_bounds(slack_chat: SlackChat) -> None:
    member = slack_chat.alice.member
    assert "count: goes from 1 to 10" in (await slack_chat.alice.use("dinoname", count=99)).text
    opened = slack_chat.type(member, "/dinoname ?")
    await slack_chat.settle()
    assert opened.view is not None
    with pytest.raises(FormError):
        slack_chat.slack.submit(member, opened.view, {"count": "99"})


@pytest.mark.shows("App Home")
async def test_app_home(slack_chat: SlackChat) -> None:
    slack_chat.slack.open_home(slack_chat.alice.member)
    await slack_chat.settle()
    shown = slack_chat.slack.home(slack_chat.alice.member)
    assert shown is not None
    assert "Today's champion" in shown.words


@pytest.mark.shows("Write a sonnet from this")
async def test_sonnet_from_a_message(slack_chat: SlackChat) -> None:
    said = slack_chat.slack.say(slack_chat.alice.member, "Shall I compare thee")
    slack_chat.slack.shortcut(slack_chat.alice.member, SHORTCUT, said)
    await slack_chat.settle()
    assert first_message(slack_chat).body.startswith("Shall I compare thee")


@pytest.mark.shows("pictures in a card")
async def test_picture_is_a_message(slack_chat: SlackChat) -> None:
    message = await a_poll(slack_chat)
    await slack_chat.alice.press(message, "Bravosaurus")
    await slack_chat.pass_time(TEN_MINUTES + 60)
    _card, announcement, picture = slack_chat.history()
    assert announcement.title == "👑 A name has been chosen"
    assert not announcement.files
    (plaque,) = picture.files
    assert plaque.description.startswith("A plaque: Bravosaurus, ")


@pytest.mark.shows("private files")
async def test_private_file(slack_chat: SlackChat) -> None:
    poem = await slack_chat.alice.use("sonnet")
    await slack_chat.alice.press(poem, "Keep")
    exported = await slack_chat.alice.use("export")
    assert exported.text.endswith("The file is in your direct messages with the bot.")
    direct = slack_chat.slack.workspace.direct(slack_chat.alice.member)
    with_files = [message for message in slack_chat.slack.messages if message.files]
    assert [message.channel for message in with_files] == [direct]


@pytest.mark.shows("mentions in public")
async def test_report_notifies_nobody(slack_chat: SlackChat) -> None:
    mo, log = await slack_chat.add_moderator(), await slack_chat.add_channel("log")
    chosen = await mo.use("moderate log", channel=log)
    assert "reported in #log" in chosen.text
    await mo.use("moderate block", member=slack_chat.alice)
    assert slack_chat.history(log)[-1].text == "@mo blocked @alice."
    in_log = [message for message in slack_chat.states if message.channel is log.source]
    assert not any(message.mentions for message in in_log)


@pytest.mark.shows("channels without the bot")
async def test_channel_without_the_bot(slack_chat: SlackChat) -> None:
    elsewhere = Place(0, "general", slack_chat.slack.elsewhere)
    refused = await slack_chat.alice.use_in(elsewhere, "dinoname")
    assert refused.is_private
    assert "/invite @Mangosaurus" in refused.text
    poem = await slack_chat.alice.use_in(elsewhere, "sonnet")
    assert not poem.is_private


@pytest.mark.shows("several communities")
async def test_one_workspace(slack_chat: SlackChat) -> None:
    assert [*slack_chat.platform.communities] == [slack_chat.community_id]


@pytest.mark.shows("use without the bot in the community")
def test_member_of_another_workspace() -> None:
    """In a channel that two workspaces share, with the rights of a guest."""
    visitor = member_of({"team_id": "T2", "is_admin": True, "name": "vera"}, "T1")
    assert visitor.is_guest
    assert not visitor.is_administrator


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


@pytest.mark.shows("hidden commands")
@pytest.mark.shows("/help")
@pytest.mark.shows("/status")
async def test_commands_of_the_app(slack_chat: SlackChat) -> None:
    """All of them, two under a name that Slack does not have itself."""
    commands = {each["command"] for each in manifest(CommandNames())["features"]["slash_commands"]}
    assert {"/moderate", "/owner", "/retrain", "/mango-help", "/mango-status"} <= commands
    helped = await slack_chat.alice.use("help")
    assert "/dinoname" in helped.words


@pytest.mark.shows("guests")
async def test_guests(slack_chat: SlackChat) -> None:
    """They look, and cost nothing."""
    guest = SlackActor(slack_chat, slack_chat.slack.guest, 0)
    refused = await guest.use("sonnet")
    assert refused.is_private
    assert refused.text.startswith("Guests ")
    assert not slack_chat.writer.sonnets_asked
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
