"""Members whom the bot does not answer, and the record with its log channel."""

import asyncio

import pytest

from bot.commands.moderation import record
from bot.store.moderation import blocks as module
from tests.bot.conftest import Home
from tests.bot.polls_discord import a_poll, first_message
from tests.bot.replies import buttons, description, lines, sentence

REFUSED = "Moderators of this server have blocked you from the bot here."


async def test_blocked_member_gets_one_sentence(home: Home) -> None:
    message = await a_poll(home)
    mo = home.moderator()
    blocked = await mo.slash(home.channel, "moderate block", member=home.alice)
    assert "doesn't answer" in sentence(blocked)
    assert f"<@{home.alice.id}>" in sentence(blocked)
    asked = len(home.writer.names_asked)
    for refused in (
        await home.alice.slash(home.channel, "dinoname"),
        await home.alice.slash(home.channel, "halloffame"),
        await home.alice.click(message, label="Bravosaurus"),
    ):
        assert refused.ephemeral or all(m.ephemeral for m in refused.followups)
        said = sentence(refused) if refused.response else refused.followups[0].content
        assert said.startswith(REFUSED)
    assert await home.alice.autocomplete(home.channel, "dinoname", "starts_with", "m") == []
    assert len(home.writer.names_asked) == asked
    assert "Bravosaurus · " not in (first_message(home).embeds[0].description or "")
    again = await mo.slash(home.channel, "moderate block", member=home.alice)
    assert "is blocked already" in sentence(again)


async def test_blocked_member_deletes_their_data(home: Home) -> None:
    """Also those who gave the bot their data may be blocked, and it stays theirs."""
    await a_poll(home)
    mo = home.moderator()
    await mo.slash(home.channel, "moderate block", member=home.alice)
    shown = await home.alice.slash(home.channel, "privacy")
    assert lines(shown)[0] == (
        "The bot stores data of yours: 1 poll, 1 block and 1 act of moderation."
    )
    assert shown.response is not None
    await home.alice.click(shown.response, label="Show everything")
    await home.alice.click(shown.response, label="Delete my data")
    await home.alice.click(shown.response, label="Yes, delete my data")
    assert sentence(shown).startswith("Done.")
    assert (await home.app.store.privacy.of(home.alice.id)).polls == 0
    assert sentence(await home.alice.slash(home.channel, "about")).startswith(REFUSED)


async def test_unblocked_member_is_answered(home: Home) -> None:
    mo = home.moderator()
    await mo.slash(home.channel, "moderate block", member=home.alice)
    await mo.slash(home.channel, "moderate unblock", member=home.alice)
    assert (await home.alice.slash(home.channel, "dinoname")).response is not None
    again = await mo.slash(home.channel, "moderate unblock", member=home.alice)
    assert "isn't blocked" in sentence(again)


async def test_block_survives_a_restart(home: Home) -> None:
    await home.moderator().slash(home.channel, "moderate block", member=home.alice)
    await home.restart()
    assert sentence(await home.alice.slash(home.channel, "about")).startswith(REFUSED)


async def test_block_holds_in_its_server_only(home: Home) -> None:
    await home.moderator().slash(home.channel, "moderate block", member=home.alice)
    result = await home.alice.user.slash("about")
    assert result.response is not None
    assert result.response.embeds


async def test_managers_cannot_be_locked_out(home: Home) -> None:
    boss = home.member_with("boss", manage_guild=True)
    done = await home.moderator().slash(home.channel, "moderate block", member=boss)
    assert "unless they are a manager: managers can't be blocked." in sentence(done)
    assert "Polls stay open" in sentence(await boss.slash(home.channel, "settings"))


async def test_nobody_blocks_themselves(home: Home) -> None:
    mo = home.moderator()
    refused = await mo.slash(home.channel, "moderate block", member=mo)
    assert sentence(refused) == "You can't block yourself."


async def test_no_bot_is_blocked(home: Home) -> None:
    """None of them can use commands."""
    mo = home.moderator()
    helper = home.guild.add_member(home.env.create_user("helper", bot=True))
    refused = await mo.slash(home.channel, "moderate block", member=helper)
    assert sentence(refused).startswith("Bots can't use commands")
    assert lines(await mo.slash(home.channel, "moderate blocks")) == ["Nobody is blocked."]


async def test_blocks_are_listed_by_page(home: Home) -> None:
    mo = home.moderator()
    empty = await mo.slash(home.channel, "moderate blocks")
    assert lines(empty) == ["Nobody is blocked."]
    for number in range(11):
        member = home.guild.add_member(home.env.create_user(f"troll{number}"))
        await mo.slash(home.channel, "moderate block", member=member)
    listed = await mo.slash(home.channel, "moderate blocks")
    assert len(lines(listed)) == 10
    assert buttons(listed) == ["Older"]
    assert listed.response is not None
    await mo.click(listed.response, label="Older")
    assert len(lines(listed)) == 1
    assert buttons(listed) == ["Newer"]


async def test_too_many_blocks(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BLOCKS", 0)
    refused = await home.moderator().slash(home.channel, "moderate block", member=home.alice)
    assert sentence(refused) == "You can block at most 1,000 members here. Unblock some first."


async def test_log_channel(home: Home) -> None:
    log = home.guild.create_text_channel("log")
    mo = home.member_with("max", manage_guild=True, manage_messages=True)
    chosen = await mo.slash(home.channel, "moderate log", channel=log)
    assert f"reported in <#{log.id}>" in sentence(chosen)
    await mo.slash(home.channel, "moderate block", member=home.alice)
    said = [message.content for message in log.history()]
    assert said == [
        f"<@{mo.id}> chose <#{log.id}> for reports of moderation.",
        f"<@{mo.id}> blocked <@{home.alice.id}>.",
    ]
    off = await mo.slash(home.channel, "moderate log")
    assert sentence(off) == "What moderators do isn't reported in any channel now."
    await mo.slash(home.channel, "moderate unblock", member=home.alice)
    assert len(log.history()) == 3
    recorded = await mo.slash(home.channel, "moderate record")
    assert [line.rpartition(" · ")[2] for line in lines(recorded)] == [
        f"<@{mo.id}> unblocked <@{home.alice.id}>.",
        f"<@{mo.id}> switched reports of moderation off.",
        f"<@{mo.id}> blocked <@{home.alice.id}>.",
        f"<@{mo.id}> chose <#{log.id}> for reports of moderation.",
    ]


async def test_failing_log_fails_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    log = home.guild.create_text_channel("log")
    mo = home.member_with("max", manage_guild=True, manage_messages=True)
    await mo.slash(home.channel, "moderate log", channel=log)
    home.env.inject_error(
        "POST", f"/channels/{log.id}/*", status=403, code=50013, message="No", times=None
    )
    done = await mo.slash(home.channel, "moderate block", member=home.alice)
    assert "doesn't answer" in sentence(done)

    async def hangs(*_args: object, **_options: object) -> int:
        await asyncio.sleep(3600)
        return 0

    monkeypatch.setattr(record, "POSTING_S", 0.01)
    monkeypatch.setattr(home.bot.platform, "send", hangs)
    done = await mo.slash(home.channel, "moderate unblock", member=home.alice)
    assert "answers" in sentence(done)


async def test_record_names_nobody_by_text(home: Home) -> None:
    """Names are those of the platform, so that they are right after a change and never stored."""
    mo = home.moderator()
    await mo.slash(home.channel, "moderate block", member=home.alice)
    shown = await mo.slash(home.channel, "moderate record")
    assert f"<@{home.alice.id}>" in description(shown)
    assert "alice" not in description(shown)
