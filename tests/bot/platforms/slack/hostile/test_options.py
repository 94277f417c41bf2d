"""Hostile text in every option of every command, typed in a line and filled in a form."""

from collections.abc import Mapping

import pytest

from bot.chat.commands import Command, Kind, Option
from bot.platforms.slack.options import Value
from tests.bot.chats.on_slack import SlackActor, SlackChat
from tests.bot.names.test_name import learned
from tests.bot.platforms.slack.commands import COMMANDS
from tests.bot.platforms.slack.hostile.inertness import TEXTS, assert_inert, is_shown

TYPED = [
    (declaration, option)
    for declaration in [*COMMANDS.every_command()]
    for option in declaration.options
    if option.kind not in (Kind.FILE, Kind.PERSON, Kind.CHANNEL)
]
"""Every option into which a text can be typed, of every command."""
ANY_TEXT = [(d, o) for d, o in TYPED if o.kind is Kind.TEXT and not o.choices]
"""Those that take any text. The others refuse all of them with the same sentence."""
assert len(TYPED) > 45
assert len(ANY_TEXT) > 20
EVERYWHERE = ("everyone", "a link", "marks", "no characters", "ten thousand")
"""Kinds that are typed into every option. All are filled in forms, which share the rest."""


def others(declaration: Command, option: Option) -> dict[str, Value]:
    """Harmless values for what a command needs besides an option."""
    return {
        each.name: each.choices[0].value if each.choices else "elves"
        for each in declaration.options
        if each.is_required and each is not option and each.kind is Kind.TEXT
    }


@pytest.fixture
async def boss(slack_chat: SlackChat) -> SlackActor:
    """Who may do everything, in a workspace where there is something to find."""
    await learned(slack_chat, name="elves")
    return await slack_chat.add_operator()


async def typed(boss: SlackActor, declaration: Command, line: str) -> None:
    """Type a command as Slack passes it on, with a line that no helper of the bot has made."""
    chat = boss.chat
    chat.type(boss.member, f"{chat.bot.platform.commands.slash(declaration.name)} {line}")
    await chat.settle()
    close_form(boss)


def close_form(boss: SlackActor) -> None:
    if (view := boss.chat.slack.modal(boss.member)) is not None:
        boss.chat.slack.close_view(boss.member, view)


async def filled(boss: SlackActor, declaration: Command, values: Mapping[str, object]) -> None:
    """Fill in the form of a command, without the checks that Slack makes there."""
    form = await boss.open_form(declaration.name)
    boss.chat.slack.submit(boss.member, form, values, forged=True)
    await boss.chat.settle()
    close_form(boss)


@pytest.mark.parametrize("kind", EVERYWHERE)
async def test_typed_in_a_line(
    boss: SlackActor, kind: str, caplog: pytest.LogCaptureFixture, subtests: pytest.Subtests
) -> None:
    sent, text = boss.chat.session.sent, TEXTS[kind]
    shown = set()
    for declaration, option in TYPED if kind == "marks" else ANY_TEXT:
        with subtests.test(f"/{declaration.name} {option.name}"):
            sent.clear()
            beside = " ".join(f"{k}:{v}" for k, v in others(declaration, option).items())
            await typed(boss, declaration, f"{beside} {option.name}:{text}".strip())
            if option.is_main:
                await typed(boss, declaration, f"{text} {beside}".strip())
            assert sent, "no answer"
            assert_inert(sent)
            if is_shown(sent):
                shown.add(declaration.name)
    assert "Traceback" not in caplog.text
    assert shown or kind == "ten thousand"  # which is refused for its length


@pytest.mark.parametrize("kind", TEXTS)
async def test_filled_in_a_form(
    boss: SlackActor, kind: str, caplog: pytest.LogCaptureFixture, subtests: pytest.Subtests
) -> None:
    sent, text = boss.chat.session.sent, TEXTS[kind]
    for declaration in {declaration.name: declaration for declaration, _ in ANY_TEXT}.values():
        with subtests.test(f"/{declaration.name}"):
            sent.clear()
            await filled(boss, declaration, {o.name: text for d, o in ANY_TEXT if d is declaration})
            assert_inert(sent)
    assert "Traceback" not in caplog.text
