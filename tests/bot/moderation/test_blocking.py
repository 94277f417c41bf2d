"""Members whom the bot does not answer, and the record with its log channel."""

import asyncio
from unittest.mock import AsyncMock

import pytest

from bot.chat.turn import Forbidden, Refused
from bot.community.queries import Record
from bot.moderation import record
from bot.privacy.queries import Privacy
from tests.bot.chats.protocol import Chat
from tests.bot.opened_polls import a_poll, first_message


def refused_by(chat: Chat) -> str:
    """The sentence for a blocked member."""
    community = chat.terms.community
    return f"The moderators of this {community} have blocked you from using the bot here."


@pytest.mark.both
async def test_blocked_member_gets_one_sentence(chat: Chat) -> None:
    message = await a_poll(chat)
    mo = await chat.add_moderator()
    blocked = await mo.use("moderate block", member=chat.alice)
    assert "will no longer answer" in blocked.text
    assert "@alice" in blocked.text
    asked = len(chat.writer.names_asked)
    for refused in (
        await chat.alice.use("dinoname"),
        await chat.alice.use("halloffame"),
        await chat.alice.press(message, "Bravosaurus"),
    ):
        said = [each for each in (refused, *refused.others) if each.text]
        assert said[0].is_private
        assert said[0].text.startswith(refused_by(chat))
    assert len(chat.writer.names_asked) == asked
    assert "Bravosaurus · " not in first_message(chat).body
    again = await mo.use("moderate block", member=chat.alice)
    assert "is already blocked" in again.text
    await mo.use("moderate unblock", member=chat.alice)
    assert (await chat.alice.use("about")).cards
    again = await mo.use("moderate unblock", member=chat.alice)
    assert "isn't blocked" in again.text


async def test_blocked_member_deletes_their_data(chat: Chat) -> None:
    """It stays theirs. The block outlasts it, or they would undo it, and the reply says so."""
    await a_poll(chat)
    mo = await chat.add_moderator()
    await mo.use("moderate block", member=chat.alice)
    shown = await chat.alice.use("privacy")
    assert shown.lines[0] == (
        "The bot stores this about you: 1 poll, 1 block and 1 moderation record."
    )
    assert "deleting your data doesn't delete blocks" in shown.lines[-1]
    await chat.alice.press(shown, "Show everything")
    asked = await chat.alice.press(shown, "Delete my data")
    shown = await chat.alice.press(asked, "Yes, delete my data")
    still = f"Done. To keep {chat.terms.communities} safe, the bot still keeps"
    assert shown.text.startswith(still)
    assert "polls" not in await chat.app.store[Privacy].of(chat.alice.id)
    assert (await chat.alice.use("about")).text.startswith(refused_by(chat))


async def test_block_holds_in_its_server_only(chat: Chat) -> None:
    """There, it survives a restart."""
    await (await chat.add_moderator()).use("moderate block", member=chat.alice)
    await chat.restart()
    assert (await chat.alice.use("about")).text.startswith(refused_by(chat))
    assert (await chat.alice.use_directly("about")).cards


async def test_managers_cannot_be_locked_out(chat: Chat) -> None:
    boss, mo = await chat.add_manager(), await chat.add_moderator()
    refused = await mo.use("moderate block", member=boss)
    assert refused.text == (
        f"@{boss.name} is a manager of this {chat.terms.community}, and managers can't be blocked."
    )
    assert (await mo.use("moderate blocks")).lines == ["Nobody is blocked."]
    done = await mo.use("moderate block", member=chat.alice)
    assert done.text == "The bot will no longer answer @alice here."
    assert "Polls here stay open" in (await boss.use("settings")).text


async def test_who_cannot_be_blocked(chat: Chat) -> None:
    """Bots can't use commands."""
    mo = await chat.add_moderator()
    for member, why in (
        (mo, "You can't block yourself."),
        (await chat.add_bot("helper"), "Bots can't use commands"),
    ):
        assert (await mo.use("moderate block", member=member)).text.startswith(why)
    assert (await mo.use("moderate blocks")).lines == ["Nobody is blocked."]


async def test_blocks_are_listed_by_page(chat: Chat) -> None:
    mo = await chat.add_moderator()
    for number in range(11):
        await mo.use("moderate block", member=await chat.add_member(f"troll{number}"))
    listed = await mo.use("moderate blocks")
    assert (len(listed.lines), [*listed.buttons]) == (10, ["Older"])
    listed = await mo.press(listed, "Older")
    assert (len(listed.lines), [*listed.buttons]) == (1, ["Newer"])


@pytest.mark.both
async def test_log_channel(chat: Chat) -> None:
    log, mo = await chat.add_channel("log"), await chat.add_administrator()
    chosen = await mo.use("moderate log", channel=log)
    assert chosen.text == "Moderation reports go to #log."
    await mo.use("moderate log", channel=log)
    for command in ("block", "unblock", "block"):
        for _again in range(2):  # what changes nothing is not reported
            await mo.use(f"moderate {command}", member=chat.alice)
    said = [
        "@ada chose #log for moderation reports.",
        "@ada blocked @alice.",
        "@ada unblocked @alice.",
        "@ada blocked @alice.",
    ]
    assert [message.text for message in chat.history(log)] == [said[0], *said]
    shown = await mo.use("moderate log")
    assert shown.text == chosen.text
    assert len(chat.history(log)) == 5
    off = await mo.press(shown, "Stop the reports")
    assert off.text == "Moderation reports don't go to a channel any more."
    none = await mo.use("moderate log")
    assert none.text.startswith("Moderation reports don't go to any channel. Choose one with")
    assert not none.buttons
    await mo.use("moderate unblock", member=chat.alice)
    assert len(chat.history(log)) == 6
    recorded = await mo.use("moderate record")
    assert [line.rpartition(" · ")[2] for line in recorded.lines] == [
        "@ada unblocked @alice.",
        "@ada switched moderation reports off.",
        *reversed(said),
    ]
    # Names are those of the platform, so that they are right after a change and never stored.
    assert "alice" not in str(await chat.app.store[Record].entries(chat.community_id))


async def test_failing_log_fails_nothing(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    log, mo = await chat.add_channel("log"), await chat.add_administrator()
    await mo.use("moderate log", channel=log)
    monkeypatch.setattr(chat.platform, "send", AsyncMock(side_effect=Forbidden("no")))
    chosen = await mo.use("moderate log", channel=log)
    assert chosen.text.endswith(f"but the bot can't post there. {chat.terms.access}")
    monkeypatch.setattr(chat.platform, "send", AsyncMock(side_effect=Refused("for a while")))
    chosen = await mo.use("moderate log", channel=log)
    assert chosen.text.startswith("Moderation reports go to ")
    done = await mo.use("moderate block", member=chat.alice)
    assert "will no longer answer" in done.text

    async def hangs(*_args: object, **_options: object) -> int:
        await asyncio.sleep(0.5)
        return 0

    monkeypatch.setattr(record, "POSTING_S", 0.01)
    monkeypatch.setattr(chat.platform, "send", hangs)
    await mo.use("moderate unblock", member=chat.alice)
    await chat.pass_time(1)
    assert (await mo.use("moderate blocks")).lines == ["Nobody is blocked."]
