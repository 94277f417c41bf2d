"""`/poems` and `/export`."""

import json
import re
from datetime import timedelta

import pytest

from bot.store.answers import ButtonStates
from bot.verse.queries import Poems
from tests.bot.chats.protocol import Actor, Chat, Shown
from tests.bot.hostile import HOSTILE_OPENINGS


async def poem(chat: Chat, **options: object) -> Shown:
    """A finished poem that a member has asked for."""
    return await chat.alice.use("sonnet", **options)


async def keep(chat: Chat, by: Actor, message: Shown) -> str:
    result = await by.press(message, "Keep")
    assert result.is_private
    return result.text


async def kept_by(chat: Chat, member: Actor) -> list[str]:
    poems = await chat.app.store[Poems].of(member.id)
    return [kept.text for kept in poems]


async def test_kept_poem_is_shown_poem(chat: Chat, subtests: pytest.Subtests) -> None:
    for kind, opening in HOSTILE_OPENINGS.items():
        with subtests.test(kind):
            reader = await chat.add_member(f"reader of {kind}")
            shown = await poem(chat, **({"opening": opening} if opening else {}))
            await keep(chat, reader, shown)
            (kept,) = await kept_by(chat, reader)
            assert kept == shown.body.strip()
            page = await reader.use("poems")
            assert page.body == kept
            assert page.title == shown.title


async def test_keep(chat: Chat) -> None:
    """Once, and not after its state is deleted."""
    assert (await chat.alice.use("export")).text.startswith("You haven't kept any poems yet")
    shown = await poem(chat)
    assert await keep(chat, chat.alice, shown) == "Kept. You have 1 poem: /poems"
    again = await keep(chat, chat.alice, shown)
    assert again == "You've already kept this one. You have 1 poem: /poems"
    await chat.app.store[ButtonStates].prune(chat.now() + timedelta(seconds=1))
    lost = await keep(chat, chat.alice, shown)
    assert lost.startswith("This poem can't be kept any more, because the bot no longer stores it.")
    assert len(await kept_by(chat, chat.alice)) == 1


async def test_limit(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.verse.queries.MOST", 2)
    for _ in range(2):
        await keep(chat, chat.alice, await poem(chat))
    said = await keep(chat, chat.alice, await poem(chat))
    assert said.startswith("You've kept 200 poems, which is the limit.")
    assert len(await kept_by(chat, chat.alice)) == 2


async def keep_three(chat: Chat) -> None:
    for number in range(3):
        await keep(chat, chat.alice, await poem(chat, opening=f"Poem {number}, ", form="limerick"))


async def test_pages(chat: Chat) -> None:
    await keep_three(chat)
    page = await chat.alice.use("poems")
    assert page.is_private
    assert page.body.startswith("Poem 2, ")
    assert re.fullmatch(r"1 of 3 · kept \d{1,2} [A-Z][a-z]+ 20\d\d", page.card.footer)
    assert [*page.buttons] == ["Older", "Delete"]
    page = await chat.alice.press(page, "Older")
    assert [*page.buttons] == ["Newer", "Older", "Delete"]
    page = await chat.alice.press(page, "Older")
    assert page.body.startswith("Poem 0, ")
    assert [*page.buttons] == ["Newer", "Delete"]


@pytest.mark.both
async def test_delete(chat: Chat) -> None:
    await keep_three(chat)
    page = await chat.alice.use("poems")
    page = await chat.alice.press(page, "Older")
    asked = await chat.alice.press(page, "Delete")
    assert asked.text == "Delete this poem? This can't be undone."
    assert [*asked.buttons] == ["Delete it", "Cancel"]
    page = await chat.alice.press(asked, "Cancel")
    assert len(await kept_by(chat, chat.alice)) == 3
    for first, after, said in (
        ("Poem 1, ", "Poem 0, ", "Deleted: 📜 A limerick."),
        ("Poem 0, ", "Poem 2, ", "Deleted: 📜 A limerick."),
        ("Poem 2, ", "", "Deleted. You have no poems left."),
    ):
        assert page.body.startswith(first)
        page = await chat.alice.press(await chat.alice.press(page, "Delete"), "Delete it")
        assert page.text == said
        assert not after or page.body.startswith(after)
    assert await kept_by(chat, chat.alice) == []
    assert page.cards == ()


@pytest.mark.both
async def test_export_text(chat: Chat) -> None:
    await keep_three(chat)
    result = await chat.alice.use("export")
    assert result.is_private
    assert result.text.startswith("Your 3 poems, newest first.")
    (file,) = result.files
    assert file.name == "poems.txt"
    text = (await file.read()).decode()
    assert text.index("Poem 2, line 1") < text.index("Poem 1, line 1") < text.index("Poem 0, ")
    for kept in await kept_by(chat, chat.alice):
        assert f"\n\n{kept}\n" in text


async def test_export_json(chat: Chat) -> None:
    await keep(chat, chat.alice, await poem(chat, opening="“Où,” ", form="petrarchan"))
    result = await chat.alice.use("export", format="json")
    (file,) = result.files
    assert file.name == "poems.json"
    (entry,) = json.loads(await file.read())
    assert entry["title"] == "📜 A Petrarchan sonnet"
    assert "\n".join(entry["lines"]) == (await kept_by(chat, chat.alice))[0]


async def test_direct_messages(chat: Chat) -> None:
    user = await chat.add_member("diana")
    written = await user.use_directly("sonnet")
    await user.press(written, "Keep")
    assert (await user.use_directly("poems")).body.startswith("line 1 of the poem")
    assert (await user.use_directly("export")).files


async def test_forged_state(chat: Chat, subtests: pytest.Subtests) -> None:
    """It reaches no poem of another member."""
    bob = await chat.add_member("bob")
    await keep(chat, bob, await poem(chat, opening="A secret "))
    await keep(chat, chat.alice, await poem(chat, opening="My own "))
    (secret,) = await chat.app.store[Poems].of(bob.id)
    forged = f"drop:0:{secret.id}", f"drop:7:{secret.id}", f"ask:0:{secret.id}"
    invalid = (
        "",
        "show",
        "show:",
        "show:-1",
        "drop:1",
        "ask:1",
        "drop:0:x",
        "steal:0:1",
        "show:" + "9" * 80,
    )
    for state in ("show:0", *forged, *invalid, "ask:1", "drop:0:" + "9" * 19):
        with subtests.test(state):
            page = await chat.alice.use("poems")
            chat.rewrite_button(page, "Delete", f"poems:{state}")
            page = await chat.alice.press(page, "Delete")
            if state == "show:0" or state in forged:
                assert page.body.startswith("My own ")
            else:
                assert "use /poems instead" in page.text
    assert await chat.app.store[Poems].of(bob.id) == [secret]
