"""Who may use what on Slack: every cell of its tables in `docs/rights.md`."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.chat.commands import Menu
from bot.chat.message import Button
from bot.features import REGISTRY
from bot.platforms.slack.views.rendering import button
from bot.trainer.queries import TrainingRequest, Trainings
from simulators.common.payloads import JSON
from simulators.slack.records import Message
from simulators.slack.workspace import Channel, Member
from tests.bot.chats.on_slack import SlackActor, SlackChat
from tests.bot.chats.protocol import Answer, Shown
from tests.bot.features.test_rights import MENU, OPTIONS, STATES, outcome, pressed, table
from tests.bot.names.test_name import learned
from tests.texts import written

COLUMNS = (
    "guest",
    "member",
    "admin",
    "home admin",
    "home's primary owner",
    "admin of another workspace",
    "direct message",
)
WRITE = "Write a sonnet from this"
GUESTS = (
    "Guests and members of other workspaces can't use features that are a lot of work for the bot."
)


COMMANDS, BUTTONS = table("Commands on Slack", COLUMNS), table("Buttons on Slack", COLUMNS)


@pytest.fixture
async def workspace(slack_chat: SlackChat, monkeypatch: pytest.MonkeyPatch) -> SlackChat:
    """A home, with a namer, a training, and a visitor from another workspace."""
    assert (await learned(slack_chat, name="elves")).id == 1
    training = TrainingRequest("shared", "names", "default", 1, slack_chat.now())
    training = replace(training, community_id=slack_chat.community_id)
    assert await slack_chat.app.store[Trainings].enqueue(training) == 1
    payload = slack_chat.slack.workspace.member_payload

    def of_another_workspace(member: Member, **asked: bool) -> JSON:
        team = {"team_id": "T2"} if member.name == "visitor" else {}
        return payload(member, **asked) | team

    monkeypatch.setattr(slack_chat.slack.workspace, "member_payload", of_another_workspace)
    return slack_chat


async def actor_of(chat: SlackChat, column: str) -> SlackActor:
    """Who asks in a column. The bot is started again where its workspace is no home."""
    if column == "admin":
        chat.is_home = False
        await chat.restart()
    match column:
        case "guest":
            return SlackActor(chat, chat.slack.guest, 0)
        case "admin" | "home admin":
            return await chat.add_member("ada", is_admin=True)
        case "home's primary owner":
            return await chat.add_operator()
        case "admin of another workspace":
            return await chat.add_member("visitor", is_admin=True)
        case _member:
            return await chat.add_member("mary")


def said(answer: Answer) -> str:
    """All that is said, the main answer first."""
    return "\n".join(each.words for each in (answer, *answer.others) if each.words)


def judged(words: str, *, of_button: bool = False) -> str:
    """Whether an answer refuses."""
    if words.startswith(GUESTS):
        return "no"
    return pressed(words) if of_button else outcome(words)


async def used(chat: SlackChat, actor: SlackActor, column: str, name: str) -> str:
    """Use a command, or the menu of a message. Returns what is said."""
    if name in (MENU, WRITE):
        message = await chat.say(actor, "hello")
        return said(await actor.open_menu(name, message))
    options: dict[str, object] = dict(OPTIONS.get(name, {}))
    if name in ("moderate block", "moderate unblock"):
        options = {"member": chat.alice}
    if name == "give":
        options = {"dinosaur": "Mangosaurus", "member": chat.alice}
    if column == "direct message":
        return said(await actor.use_directly(name, **options))
    return said(await actor.use(name, **options))


def test_every_command_has_a_row() -> None:
    names = [declaration.name for declaration in REGISTRY.every_command()]
    menus = [each.label for each in REGISTRY.commands if isinstance(each, Menu)]
    assert sorted(COMMANDS) == sorted([*names, *menus, WRITE])


def test_every_button_has_a_row() -> None:
    assert sorted(BUTTONS) == sorted(REGISTRY.buttons)


@pytest.mark.parametrize("column", COLUMNS)
async def test_commands(workspace: SlackChat, column: str, subtests: pytest.Subtests) -> None:
    actor = await actor_of(workspace, column)
    for name, cells in COMMANDS.items():
        with subtests.test(f"{name}, {column}"):
            found = "–"
            if not (name in (MENU, WRITE) and column == "direct message"):
                found = judged(await used(workspace, actor, column, name))
            assert found == cells[column]


def shown_button(chat: SlackChat, channel: Channel, action: str, state: str) -> Shown:
    """A message of the bot with a button."""
    block = {"type": "actions", "elements": [button(Button(written("Press"), action, state), 0)]}
    made: Message = chat.slack.state.messages.post(channel, {"text": "…", "blocks": [block]})
    return chat.shown(made)


@pytest.mark.parametrize("column", COLUMNS)
async def test_buttons(workspace: SlackChat, column: str, subtests: pytest.Subtests) -> None:
    chat = workspace
    poll = await chat.alice.use("dinoname", count=2)
    voting = chat.action_of(poll, "Mangosaurus").split(":")[1]
    actor = await actor_of(chat, column)
    channel = chat.slack.channel
    if column == "direct message":
        channel = chat.slack.workspace.direct(actor.member)
    states: Mapping[str, str] = {**STATES, "vote": f"{voting}:0", "unvote": voting}
    for action, cells in BUTTONS.items():
        with subtests.test(f"{action}, {column}"):
            if action == "vote" and column != "direct message":
                answer = await actor.press(poll, "Mangosaurus")
            else:
                shown = shown_button(chat, channel, action, states[action])
                answer = await actor.press(shown, "Press")
            assert judged(said(answer), of_button=True) == cells[column]
