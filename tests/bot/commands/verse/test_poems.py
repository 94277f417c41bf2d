"""`/poems` and `/export`."""

import asyncio
import json
import re
from datetime import timedelta

import discord
import pytest
import simcord

from bot.discord.markdown import unescape
from bot.store import Store
from tests.bot.conftest import Home
from tests.bot.hostile import HOSTILE_OPENINGS
from tests.bot.replies import buttons, description, embed, labels, sentence


async def poem(home: Home, **options: object) -> discord.Message:
    """A finished poem that a member has asked for."""
    result = await home.alice.slash(home.channel, "sonnet", **options)
    assert result.response is not None
    return result.response.message


def custom_id_of(message: discord.Message, label: str) -> str:
    """The id of the button with a label."""
    rows = (row for row in message.components if isinstance(row, discord.ActionRow))
    (found,) = (
        button.custom_id
        for row in rows
        for button in row.children
        if isinstance(button, discord.Button) and button.label == label
    )
    assert found is not None
    return found


def words_of(message: discord.Message) -> str:
    """A poem as it is read."""
    return unescape(message.embeds[0].description or "")


async def keep(home: Home, by: simcord.MemberActor, message: discord.Message) -> str:
    result = await by.click(message, label="Keep")
    assert result.ephemeral
    return sentence(result)


async def page_of(
    home: Home, member: simcord.MemberActor, **options: object
) -> simcord.InteractionResult:
    return await member.slash(home.channel, "poems", **options)


async def kept_by(home: Home, member: simcord.MemberActor) -> list[str]:
    poems = await home.app.store.poems.of(member.id)
    return [kept.text for kept in poems]


async def test_kept_poem_is_shown_poem(home: Home, subtests: pytest.Subtests) -> None:
    for kind, opening in HOSTILE_OPENINGS.items():
        with subtests.test(kind):
            reader = home.guild.add_member(home.env.create_user(f"reader of {kind}"))
            shown = await poem(home, **({"opening": opening} if opening else {}))
            await keep(home, reader, shown)
            (kept,) = await kept_by(home, reader)
            assert kept == words_of(shown).strip()
            page = await page_of(home, reader)
            assert unescape(description(page)) == kept
            assert embed(page).title == shown.embeds[0].title


async def test_marks_and_stanzas_are_kept(home: Home) -> None:
    home.writer.verse[:3] = ["**O**, _she_ said: “Oh!”", "\\ # not 1. a > title", "<@1> `so`"]
    shown = await poem(home, form="petrarchan")
    await keep(home, home.alice, shown)
    (kept,) = await kept_by(home, home.alice)
    stanzas = [stanza.split("\n") for stanza in kept.split("\n\n")]
    assert [line for stanza in stanzas for line in stanza] == home.writer.verse
    assert [len(stanza) for stanza in stanzas] == [4, 4, 3, 3]


async def test_kept_once(home: Home) -> None:
    shown = await poem(home)
    assert await keep(home, home.alice, shown) == "Kept. You have 1 poem: /poems"
    again = await keep(home, home.alice, shown)
    assert again == "You've kept this one already. You have 1 poem: /poems"


async def test_keep_reads_no_rendered_text(home: Home) -> None:
    """The poem is in the database, under the number in the button."""
    shown = await poem(home)
    words = words_of(shown).strip()
    assert re.fullmatch(r"keep:@\d+", custom_id_of(shown, "Keep"))
    stored = home.env.backend.get_message(home.channel.id, shown.id)
    stored.embeds[0]["description"] = "Something else"
    await keep(home, home.alice, shown)
    assert await kept_by(home, home.alice) == [words]


async def test_keep_after_its_state_is_deleted(home: Home) -> None:
    shown = await poem(home)
    await home.app.store.button_states.prune(home.env.now() + timedelta(seconds=1))
    assert await keep(home, home.alice, shown) == (
        "This button no longer works; use the command instead."
    )
    assert await kept_by(home, home.alice) == []


async def test_kept_by_other_member(home: Home) -> None:
    bob = home.guild.add_member(home.env.create_user("bob"))
    await keep(home, bob, await poem(home))
    assert len(await kept_by(home, bob)) == 1
    assert sentence(await page_of(home, home.alice)).startswith("You haven't kept any poems yet")


async def test_unfinished_poem_has_no_keep(home: Home) -> None:
    home.writer.error = RuntimeError("ink")
    home.writer.lines_before_error = 5
    shown = await poem(home)
    assert labels(shown) == ["Another"]


async def test_limit(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.poems.MOST", 2)
    for _ in range(2):
        await keep(home, home.alice, await poem(home))
    said = await keep(home, home.alice, await poem(home))
    assert said.startswith("You've kept 200 poems, which is the most possible.")
    assert len(await kept_by(home, home.alice)) == 2


async def keep_three(home: Home) -> None:
    for number in range(3):
        await keep(home, home.alice, await poem(home, opening=f"Poem {number}, ", form="limerick"))


async def test_pages(home: Home) -> None:
    await keep_three(home)
    page = await page_of(home, home.alice)
    assert page.response is not None
    assert page.ephemeral
    assert description(page).startswith("Poem 2, ")
    assert (embed(page).footer.text or "").startswith("1 of 3 · kept 20")
    assert buttons(page) == ["Older", "Delete"]
    await home.alice.click(page.response, label="Older")
    assert buttons(page) == ["Newer", "Older", "Delete"]
    await home.alice.click(page.response, label="Older")
    assert description(page).startswith("Poem 0, ")
    assert buttons(page) == ["Newer", "Delete"]


async def test_delete(home: Home) -> None:
    await keep_three(home)
    page = await page_of(home, home.alice)
    assert page.response is not None
    await home.alice.click(page.response, label="Older")
    await home.alice.click(page.response, label="Delete")
    assert description(page).startswith("Poem 0, ")
    assert [kept[:6] for kept in await kept_by(home, home.alice)] == ["Poem 2", "Poem 0"]
    await home.alice.click(page.response, label="Delete")
    await home.alice.click(page.response, label="Delete")
    assert sentence(page).startswith("You haven't kept any poems yet")
    assert page.response.embeds == []


async def test_export_text(home: Home) -> None:
    await keep_three(home)
    result = await home.alice.slash(home.channel, "export")
    assert result.ephemeral
    assert result.response is not None
    assert sentence(result) == "Your 3 poems, the newest first."
    (file,) = result.response.attachments
    assert file.filename == "poems.txt"
    text = (await file.read()).decode()
    assert text.index("Poem 2, line 1") < text.index("Poem 1, line 1") < text.index("Poem 0, ")
    for kept in await kept_by(home, home.alice):
        assert f"\n\n{kept}\n" in text


async def test_export_json(home: Home) -> None:
    await keep(home, home.alice, await poem(home, opening="“Où,” ", form="petrarchan"))
    result = await home.alice.slash(home.channel, "export", format="json")
    assert result.response is not None
    (file,) = result.response.attachments
    assert file.filename == "poems.json"
    (entry,) = json.loads(await file.read())
    assert entry["title"] == "📜 A Petrarchan sonnet"
    assert "\n".join(entry["lines"]) == (await kept_by(home, home.alice))[0]


async def test_export_nothing(home: Home) -> None:
    result = await home.alice.slash(home.channel, "export")
    assert sentence(result).startswith("You haven't kept any poems yet")


async def test_cooldown(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    assert "haven't kept any" in sentence(await home.alice.slash(home.channel, "poems"))
    assert "too fast" in sentence(await home.alice.slash(home.channel, "poems"))


async def test_export_cooldown(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await keep(home, home.alice, await poem(home))
    await home.alice.slash(home.channel, "export")
    assert "too fast" in sentence(await home.alice.slash(home.channel, "export"))


async def test_direct_messages(home: Home) -> None:
    user = home.env.create_user("diana")
    written = await user.slash("sonnet")
    assert written.response is not None
    await user.click(written.response, label="Keep")
    assert description(await user.slash("poems")).startswith("line 1 of the poem")
    assert (await user.slash("export")).response is not None


async def test_simultaneous_presses_keep_once(store: Store) -> None:
    at = discord.utils.utcnow()
    kept = await asyncio.gather(
        *(store.poems.keep(1, None, 5, "Title", "Words", at) for _ in range(5))
    )
    assert sorted(kept) == [False] * 4 + [True]


async def test_forged_state(home: Home, subtests: pytest.Subtests) -> None:
    """It reaches no poem of another member."""
    bob = home.guild.add_member(home.env.create_user("bob"))
    await keep(home, bob, await poem(home, opening="A secret "))
    await keep(home, home.alice, await poem(home, opening="My own "))
    (secret,) = await home.app.store.poems.of(bob.id)
    for state in ["show:0", "drop:0:{}", "drop:7:{}"]:
        with subtests.test(state):
            page = await page_of(home, home.alice)
            assert page.response is not None
            home.rewrite_button(page.response.id, "Delete", f"poems:{state.format(secret.id)}")
            await home.alice.click(page.response, label="Delete")
            assert description(page).startswith("My own ")
            assert await home.app.store.poems.of(bob.id) == [secret]


async def test_invalid_state(home: Home, subtests: pytest.Subtests) -> None:
    await keep(home, home.alice, await poem(home))
    for state in [
        *("", "show", "show:", "show:-1", "drop:1", "drop:0:x", "steal:0:1"),
        "show:" + "9" * 80,
        "drop:0:" + "9" * 19,
    ]:
        with subtests.test(state):
            page = await page_of(home, home.alice)
            assert page.response is not None
            home.rewrite_button(page.response.id, "Delete", f"poems:{state}")
            result = await home.alice.click(page.response, label="Delete")
            assert "use /poems instead" in sentence(result)
