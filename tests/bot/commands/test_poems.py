"""The book of poems that a member keeps."""

import asyncio
import json

import discord
import pytest
import simcord

from bot.commands.message import UserError, plain
from bot.commands.poems import press
from bot.discord.markdown import unescape
from bot.store import Store
from tests.bot.commands.test_hall_of_fame import buttons, embed, sentence
from tests.bot.conftest import Home
from tests.bot.hostile import HOSTILE_OPENINGS


async def poem(home: Home, **options: object) -> discord.Message:
    """A finished poem that a member has asked for."""
    result = await home.alice.slash(home.channel, "sonnet", **options)
    assert result.response is not None
    return result.response.message


def words_of(message: discord.Message) -> str:
    """A poem as it is read."""
    return unescape(message.embeds[0].description or "")


async def keep(home: Home, by: simcord.MemberActor, message: discord.Message) -> str:
    result = await by.click(message, label="Keep")
    assert result.ephemeral
    return sentence(result)


async def book_of(
    home: Home, member: simcord.MemberActor, **options: object
) -> simcord.InteractionResult:
    return await member.slash(home.channel, "poems", **options)


async def kept_by(home: Home, member: simcord.MemberActor) -> list[str]:
    poems = await home.app.store.poems.of(member.id)
    return [kept.text for kept in poems]


@pytest.mark.parametrize("opening", HOSTILE_OPENINGS.values(), ids=HOSTILE_OPENINGS.keys())
async def test_the_poem_that_is_kept_is_the_poem_that_was_shown(home: Home, opening: str) -> None:
    shown = await poem(home, **({"opening": opening} if opening else {}))
    await keep(home, home.alice, shown)
    (kept,) = await kept_by(home, home.alice)
    assert kept == words_of(shown).strip()
    book = await book_of(home, home.alice)
    assert unescape(embed(book).description or "") == kept
    assert embed(book).title == shown.embeds[0].title


async def test_marks_quotes_and_stanzas_come_back(home: Home) -> None:
    home.writer.verse[:3] = ["**O**, _she_ said: “Oh!”", "\\ # not 1. a > title", "<@1> `so`"]
    shown = await poem(home, form="petrarchan")
    await keep(home, home.alice, shown)
    (kept,) = await kept_by(home, home.alice)
    stanzas = [stanza.split("\n") for stanza in kept.split("\n\n")]
    assert [line for stanza in stanzas for line in stanza] == home.writer.verse
    assert [len(stanza) for stanza in stanzas] == [4, 4, 3, 3]


async def test_a_poem_is_kept_once_however_often_it_is_asked(home: Home) -> None:
    shown = await poem(home)
    assert await keep(home, home.alice, shown) == "Kept. Your book has 1 poem: /poems"
    again = await keep(home, home.alice, shown)
    assert again == "You have kept this one before. Your book has 1 poem: /poems"


async def test_anybody_may_keep_a_poem_and_it_is_in_nobody_elses_book(home: Home) -> None:
    bob = home.guild.add_member(home.env.create_user("bob"))
    await keep(home, bob, await poem(home))
    assert len(await kept_by(home, bob)) == 1
    assert sentence(await book_of(home, home.alice)).startswith("You have kept no poems yet")


async def test_a_poem_that_is_being_written_or_has_broken_off_cannot_be_kept(home: Home) -> None:
    home.writer.error = RuntimeError("ink")
    home.writer.lines_before_error = 5
    shown = await poem(home)
    assert [c.label for row in shown.components for c in row.children] == ["Another"]  # type: ignore[union-attr]


async def test_a_full_book_takes_no_more_and_says_what_to_do(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.poems.MOST", 2)
    for _ in range(2):
        await keep(home, home.alice, await poem(home))
    said = await keep(home, home.alice, await poem(home))
    assert said.startswith("Your book is full: it holds 200 poems.")
    assert len(await kept_by(home, home.alice)) == 2


async def keep_three(home: Home) -> None:
    for number in range(3):
        await keep(home, home.alice, await poem(home, opening=f"Poem {number}, ", form="limerick"))


async def test_the_book_is_paged_through_from_the_newest(home: Home) -> None:
    await keep_three(home)
    book = await book_of(home, home.alice)
    assert book.response is not None
    assert book.ephemeral
    assert (embed(book).description or "").startswith("Poem 2, ")
    assert (embed(book).footer.text or "").startswith("1 of 3 · kept 20")
    assert buttons(book) == ["Older", "Throw away"]
    await home.alice.click(book.response, label="Older")
    assert buttons(book) == ["Newer", "Older", "Throw away"]
    await home.alice.click(book.response, label="Older")
    assert (embed(book).description or "").startswith("Poem 0, ")
    assert buttons(book) == ["Newer", "Throw away"]


async def test_poems_are_thrown_away_one_by_one(home: Home) -> None:
    await keep_three(home)
    book = await book_of(home, home.alice)
    assert book.response is not None
    await home.alice.click(book.response, label="Older")
    await home.alice.click(book.response, label="Throw away")
    assert (embed(book).description or "").startswith("Poem 0, ")
    assert [kept[:6] for kept in await kept_by(home, home.alice)] == ["Poem 2", "Poem 0"]
    await home.alice.click(book.response, label="Throw away")
    await home.alice.click(book.response, label="Throw away")
    assert sentence(book).startswith("You have kept no poems yet")
    assert book.response.embeds == []


async def test_the_export_has_all_poems_as_text(home: Home) -> None:
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


async def test_the_export_has_all_poems_as_json(home: Home) -> None:
    await keep(home, home.alice, await poem(home, opening="“Où,” ", form="petrarchan"))
    result = await home.alice.slash(home.channel, "export", format="json")
    assert result.response is not None
    (file,) = result.response.attachments
    assert file.filename == "poems.json"
    (entry,) = json.loads(await file.read())
    assert entry["title"] == "📜 A Petrarchan sonnet"
    assert "\n".join(entry["lines"]) == (await kept_by(home, home.alice))[0]


async def test_there_is_nothing_to_export_from_an_empty_book(home: Home) -> None:
    result = await home.alice.slash(home.channel, "export")
    assert sentence(result).startswith("You have kept no poems yet")
    assert home.env.errors


async def test_nobody_floods_the_export(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await keep(home, home.alice, await poem(home))
    await home.alice.slash(home.channel, "export")
    assert "ask again" in sentence(await home.alice.slash(home.channel, "export"))
    assert home.env.errors


async def test_a_book_and_its_export_are_there_in_direct_messages(home: Home) -> None:
    user = home.env.create_user("diana")
    written = await user.slash("sonnet")
    assert written.response is not None
    await user.click(written.response, label="Keep")
    assert (embed(await user.slash("poems")).description or "").startswith("line 1 of the poem")
    assert (await user.slash("export")).response is not None


async def test_two_presses_at_once_keep_a_poem_once(store: Store) -> None:
    at = discord.utils.utcnow()
    kept = await asyncio.gather(
        *(store.poems.keep(1, None, 5, "Title", "Words", at) for _ in range(5))
    )
    assert sorted(kept) == [False] * 4 + [True]


@pytest.mark.parametrize("what", ["show:0", "drop:0:{}", "drop:7:{}"])
async def test_a_forged_state_reaches_no_poem_of_another(store: Store, what: str) -> None:
    at = discord.utils.utcnow()
    await store.poems.keep(1, None, 5, "Title", "A secret", at)
    await store.poems.keep(2, None, 5, "Title", "My own", at)
    (secret,) = await store.poems.of(1)
    reply = await press(what.format(secret.id), 2, store.poems)
    assert [plain(line) for line in reply.embeds[0].lines] == ["My own"]
    assert await store.poems.of(1) == [secret]


STATES_OF_NO_PAGE = (
    "",
    "show",
    "show:",
    "show:-1",
    "drop:1",
    "drop:0:x",
    "steal:0:1",
    "show:" + "9" * 80,
    "drop:0:" + "9" * 19,
)


async def test_a_state_of_no_page_is_refused(store: Store) -> None:
    for state in STATES_OF_NO_PAGE:
        with pytest.raises(UserError, match="use /poems instead"):
            await press(state, 1, store.poems)
