"""The bot in the simulated workspace, with fake networks."""

from importlib.metadata import version

import pytest

from bot.chat.turn import DeliveryError
from bot.community.queries import Communities
from bot.fleet.membership import Served
from bot.platforms.discord.client import Mangosaurus
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.startup_problems import startup_problem
from bot.platforms.slack.turn import SlackAttachment
from bot.startup import Exit
from tests.bot.conftest import World
from tests.bot.platforms.slack.setups import make_bot


async def test_names_and_a_vote(bot: SlackBot, slack: LocalSlack) -> None:
    asked = slack.command(slack.member, "/dinoname", "count:3")
    assert await asked.acknowledgement() == {}
    message = await asked.answer()
    assert not message.is_ephemeral
    assert "Mangosaurus" in message.words
    slack.press(slack.member, message, "Mangosaurus")
    await slack.wait_for(lambda: message.edits)
    assert "1" in message.words


async def test_sonnet(bot: SlackBot, slack: LocalSlack) -> None:
    asked = slack.command(slack.member, "/sonnet", "Shall I compare thee")
    message = await asked.answer()
    assert message.buttons
    assert "Shall I compare thee" in message.words
    assert message.edits == []  # it was ready within a second


async def test_wrong_option(bot: SlackBot, slack: LocalSlack) -> None:
    asked = slack.command(slack.member, "/dinoname", "cuont:3")
    message = await asked.answer()
    assert message.is_ephemeral
    assert "count" in message.words


async def test_channel_without_the_bot(bot: SlackBot, slack: LocalSlack) -> None:
    """A vote needs the bot in the channel, and the member is told how to invite it."""
    asked = slack.command(slack.member, "/dinoname", "", channel=slack.elsewhere)
    message = await asked.answer()
    assert message.is_ephemeral
    assert "/invite" in message.words
    asked = slack.command(slack.member, "/sonnet", "", channel=slack.elsewhere)
    message = await asked.answer()
    assert not message.is_ephemeral
    assert len(asked.messages) == 1


async def test_direct_messages_are_in_the_workspace_too(bot: SlackBot, slack: LocalSlack) -> None:
    direct = slack.workspace.direct(slack.member)
    refused = await slack.command(slack.member, "/namer", "list", channel=direct).answer()
    assert refused.words == "This command only works in a channel."


async def test_direct_message(bot: SlackBot, slack: LocalSlack) -> None:
    asked = slack.command(
        slack.member, "/dinoname", "", channel=slack.workspace.direct(slack.member)
    )
    assert "Mangosaurus" in (await asked.answer()).words


async def test_guests_only_look(bot: SlackBot, slack: LocalSlack) -> None:
    asked = slack.command(slack.guest, "/sonnet", "")
    message = await asked.answer()
    assert message.is_ephemeral
    assert "Guests" in message.words
    assert bot.app.inference.sonnets_asked == []  # type: ignore[attr-defined]
    asked = slack.command(slack.guest, "/halloffame", "")
    assert "Guests" not in (await asked.answer()).words


async def test_no_home_beside_discord(bot: SlackBot, caplog: pytest.LogCaptureFixture) -> None:
    """A process that holds one workspace, while others hold the servers of the same bot."""
    fleet, community = bot.app.fleet, bot.platform.community_id
    assert bot.platform.is_home
    assert bot.app.is_home(community)
    fleet._seen.add(Served.DISCORD)
    for _look in range(2):
        for watcher in fleet.watchers:
            watcher()
    assert not bot.platform.is_home
    assert not bot.app.is_home(community)
    assert caplog.text.count("so this workspace is no home") == 1


@pytest.mark.parametrize("is_admin", [True, False])
async def test_rights(bot: SlackBot, slack: LocalSlack, is_admin: bool) -> None:
    who = slack.admin if is_admin else slack.member
    asked = slack.command(who, "/settings", "vote_minutes:7")
    await asked.answer()
    minutes = await bot.app.store[Communities].poll_minutes(bot.platform.community_id or 0)
    assert (minutes == 7) == is_admin


async def test_about_says_what_runs(bot: SlackBot, slack: LocalSlack) -> None:
    message = await slack.command(slack.member, "/about", "").answer()
    assert f"slack-sdk {version('slack-sdk')}" in message.words
    assert "discord.py" not in message.words


async def test_about_of_both_platforms_names_both(bot: SlackBot, slack: LocalSlack) -> None:
    beside = Mangosaurus(bot.app)
    message = await slack.command(slack.member, "/about", "").answer()
    assert f"slack-sdk {version('slack-sdk')}" in message.words
    assert f"discord.py {version('discord.py')}" in message.words
    await beside.http.close()


async def test_privacy(bot: SlackBot, slack: LocalSlack) -> None:
    """The buttons of a message that only the member sees."""
    await slack.command(slack.member, "/dinoname", "").answer()
    message = await slack.command(slack.member, "/privacy", "").answer()
    assert message.is_ephemeral
    slack.press(slack.member, message, "Delete my data")
    await slack.wait_for(lambda: "Yes, delete my data" in message.words)
    slack.press(slack.member, message, "Yes, delete my data")
    await slack.wait_for(lambda: "Done" in message.words)


async def test_form(bot: SlackBot, slack: LocalSlack) -> None:
    asked = slack.command(slack.member, "/dinoname", "?")
    await slack.wait_for(lambda: asked.view)
    assert asked.view is not None
    slack.submit(slack.member, asked.view, {"count": "3", "starts_with": "mango"})
    await slack.wait_for(lambda: slack.messages)
    (message,) = slack.messages
    assert message.channel == slack.channel
    assert "Mangosaurus" in message.words
    (request,) = bot.app.inference.names_asked  # type: ignore[attr-defined]
    assert request.count == 3


async def test_form_of_a_subcommand(bot: SlackBot, slack: LocalSlack) -> None:
    """A list is uploaded there."""
    asked = slack.command(slack.admin, "/namer", "create ?")
    await slack.wait_for(lambda: asked.view)
    assert asked.view is not None
    names = "\n".join(f"Elf{chr(97 + n // 26)}{chr(97 + n % 26)}ion" for n in range(300))
    file = slack.upload(slack.admin, "elves.txt", names.encode())
    slack.submit(slack.admin, asked.view, {"name": "elves", "file": [file]})
    await slack.wait_for(lambda: any("Training elves" in each.words for each in slack.messages))


async def test_large_list(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It arrives in many pieces, and all of it is read."""
    read: list[bytes] = []
    original = SlackAttachment.read

    async def kept(self: SlackAttachment) -> bytes:
        read.append(await original(self))
        return read[0]

    monkeypatch.setattr(SlackAttachment, "read", kept)
    form = await slack.command(slack.admin, "/namer", "create ?").opened()
    content = b"Mangosaurus\n" * 42_000
    file = slack.upload(slack.admin, "elves.txt", content)
    slack.submit(slack.admin, form, {"name": "elves", "file": [file]})
    await slack.wait_for(lambda: read or slack.messages)
    assert read == [content]


async def test_wrong_value_in_a_form(bot: SlackBot, slack: LocalSlack) -> None:
    asked = slack.command(slack.member, "/dinoname", "?")
    await slack.wait_for(lambda: asked.view)
    assert asked.view is not None
    submitted = slack.submit(slack.member, asked.view, {"count": "999"}, forged=True)
    await submitted.acknowledgement()
    assert submitted.errors


async def test_suggestions(bot: SlackBot, slack: LocalSlack) -> None:
    asked = slack.command(slack.member, "/name", "?")
    await slack.wait_for(lambda: asked.view)
    assert asked.view is not None
    assert await slack.suggest(slack.member, asked.view, "namer", "") == []


async def test_app_home(bot: SlackBot, slack: LocalSlack) -> None:
    slack.open_home(slack.member)
    await slack.wait_for(lambda: slack.home(slack.member))


async def test_votes_ask_for_no_rights(bot: SlackBot, slack: LocalSlack) -> None:
    """Slack tells about 100 a minute, and votes come in rushes."""
    message = await slack.command(slack.member, "/dinoname", "").answer()
    asked = slack.calls["users.info"]
    slack.press(slack.admin, message, message.buttons[0]["action_id"])
    await slack.wait_for(lambda: message.edits)
    assert slack.calls["users.info"] == asked


async def test_missing_scope_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async with LocalSlack(
        port=0, scopes=frozenset({"chat:write", "commands", "users:read"})
    ) as slack:
        made = make_bot(world, slack)
        await made.start()
        assert "lacks these scopes: files:read, files:write, im:write" in caplog.text
        await made.close()
        await made.app.inference.close()


async def test_shortcut(bot: SlackBot, slack: LocalSlack) -> None:
    said = slack.say(slack.member, "Shall I compare thee to a summer's day?")
    asked = slack.shortcut(slack.member, "sonnet_from_message", said)
    message = await asked.answer()
    await slack.wait_for(lambda: message.buttons)
    assert "Shall I compare thee to a summer's day?" in message.words


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("slash_commands", {}),
        ("slash_commands", {"user_id": 5, "command": [], "text": None}),
        ("slash_commands", {"user_id": "U1", "command": "/dinoname", "channel_id": "../x"}),
        ("interactive", {}),
        (
            "interactive",
            {"type": "block_actions", "actions": [{"action_id": "b0", "value": "x:y"}]},
        ),
        ("interactive", {"type": "block_actions", "actions": "none", "user": {"id": "U1"}}),
        ("interactive", {"type": "message_action", "user": {"id": "U1"}, "callback_id": "menu_x"}),
        ("interactive", {"type": "view_submission", "view": {"state": []}}),
        ("interactive", {"type": "block_suggestion", "value": 5}),
        ("events_api", {"event": {"type": "app_home_opened", "user": None}}),
        ("events_api", {"event": None}),
    ],
)
async def test_odd_payloads(
    bot: SlackBot,
    slack: LocalSlack,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    payload: dict[str, object],
) -> None:
    """They are acknowledged, and leave neither a traceback nor a broken bot."""
    await slack.forge(kind, payload).acknowledgement()  # type: ignore[arg-type]
    assert "Mangosaurus" in (await slack.command(slack.member, "/dinoname", "").answer()).words
    assert "Traceback" not in caplog.text


async def test_repeated_delivery(bot: SlackBot, slack: LocalSlack) -> None:
    slack.faults.duplicates = True
    message = await slack.command(slack.member, "/dinoname", "").answer()
    slack.press(slack.member, message, "Mangosaurus")
    await slack.wait_for(lambda: message.edits)
    assert len([each for each in slack.messages if "Mangosaurus" in each.words]) == 1


async def test_home_workspace(bot: SlackBot) -> None:
    assert bot.app.is_home(bot.platform.community_id)


@pytest.mark.parametrize(("bot_token", "app_token"), [("xoxb-wrong", ""), ("", "xapp-wrong")])
async def test_wrong_tokens(
    world: World, slack: LocalSlack, bot_token: str, app_token: str
) -> None:
    made = SlackBot(
        world.make_app(),
        bot_token or slack.bot_token,
        app_token or slack.app_token,
        base_url=slack.api_url,
    )
    with pytest.raises(DeliveryError) as raised:
        await made.start()
    problem = startup_problem(raised.value)
    assert problem.code is Exit.TOKEN_REJECTED
    assert ("SLACK_BOT_TOKEN" if bot_token else "SLACK_APP_TOKEN") in str(problem)
    await made.close()


async def test_no_slack(world: World) -> None:
    made = SlackBot(world.make_app(), "xoxb-1", "xapp-1", base_url="http://127.0.0.1:9/api/")
    with pytest.raises(DeliveryError) as raised:
        await made.start()
    assert startup_problem(raised.value).code is Exit.UNREACHABLE
    await made.close()


async def test_long_command(bot: SlackBot, slack: LocalSlack) -> None:
    """It is refused, and not run without its text."""
    asked = slack.command(slack.member, "/sonnet", "a" * 10_001)
    assert "at most 6,000 characters" in (await asked.answer()).words


async def test_thread(bot: SlackBot, slack: LocalSlack) -> None:
    """What is asked in a thread is answered there, but not what is asked at its beginning."""
    root = slack.say(slack.member, "Look at this.")
    reply = slack.say(slack.member, "Shall I compare thee?")
    root.thread_ts = reply.thread_ts = root.ts
    poem = await slack.shortcut(slack.member, "sonnet_from_message", reply).answer()
    assert poem.thread_ts == root.ts
    await slack.wait_for(lambda: poem.buttons)
    another = await slack.press(slack.member, poem, "🪶 Another").answer()
    assert another.thread_ts == root.ts
    beginning = await slack.shortcut(slack.member, "sonnet_from_message", root).answer()
    assert beginning.thread_ts is None


async def test_long_message(bot: SlackBot, slack: LocalSlack) -> None:
    """The poem of a shortcut begins as the message does, however it goes on."""
    said = slack.say(slack.member, "Shall I compare thee " + "& " * 30_000)
    message = await slack.shortcut(slack.member, "sonnet_from_message", said).answer()
    assert "Shall I compare thee" in message.words


@pytest.mark.parametrize("opening", ["Shall I compare thee to & < > % " * 6, "é" * 199])
async def test_button_with_a_long_state(bot: SlackBot, slack: LocalSlack, opening: str) -> None:
    """Another poem begins with the same words, however long they are."""
    opening = opening.strip()
    message = await slack.command(slack.member, "/sonnet", f'opening:"{opening}"').answer()
    await slack.wait_for(lambda: message.buttons)
    pressed = slack.press(slack.member, message, "🪶 Another")
    again = await pressed.answer()
    await slack.wait_for(lambda: again.buttons)
    requests = bot.app.inference.sonnets_asked  # type: ignore[attr-defined]
    assert [request.opening for request in requests] == [opening] * 2
