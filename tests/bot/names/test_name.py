"""`/name`."""

import hashlib
from typing import Any

import discord
import pytest

from bot.community.queries import Communities
from bot.polls.hall_queries import HallOfFame, HallScope
from bot.trainer.queries import CustomModelRecord, CustomModels, StoredList
from bot.words.queries import WordFilters
from models.names.constraints import NameConstraints
from models.names.generator import NamesResult
from models.names.problems import Flaw, Shortfall
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.protocol import Chat
from tests.bot.conftest import Home
from tests.bot.opened_polls import first_message
from tests.bot.tiny import tiny_namer
from tests.texts import WORDS

HEROES = tuple(
    f"{begin}{end}" for begin in ("Αιν", "Νικ", "Θησ", "Περσ") for end in ("έας", "ίων", "εύς")
)
TOWNS = tuple(f"Saint-{name} sur {river}" for name in ("Rémy", "Foy") for river in ("Lie", "Aa"))
KANA = tuple(a + b for a in "サクタマ" for b in ("トシ", "クラ", "ロウ"))


async def learned(
    chat: Chat | Home,
    names: tuple[str, ...] = HEROES,
    *,
    name: str = "heroes",
    community_id: int | None = None,
    shared: bool = False,
    title: str = "list.txt",
) -> CustomModelRecord:
    """A namer that has learned its list."""
    content, models = tiny_namer(names, capitals="^ -"), chat.app.store[CustomModels]
    own_id = chat.guild.id if isinstance(chat, Home) else chat.community_id
    made = await models.create(
        community_id=community_id or own_id,
        name=name,
        member_id=1,
        corpus=StoredList(title, names),
        now=discord.utils.utcnow(),
        most=10,
    )
    await models.trained(made.id, content, hashlib.sha256(content).hexdigest(), 1.0)
    await models.share(made.id, shared)
    return made


async def values(chat: Chat, option: str, typed: str, namer: str = "heroes") -> list[str]:
    """Values of suggestions while a member types."""
    suggested = await chat.alice.suggestions("name", option, typed, namer=namer)
    return [choice.value for choice in suggested]


async def test_names_are_capitalized_like_list(chat: Chat) -> None:
    await learned(chat)
    chat.writer.names_found = ("νικεύς",)
    result = await chat.alice.use("name", namer="HEROES", count=1)
    assert result.body == "Νικεύς"
    assert result.card.title == "🪶 heroes: 1 new name"
    (trained,) = chat.writer.trained_asked
    assert trained is not None
    assert trained.words == tuple(sorted(name.lower() for name in HEROES))


OPTIONS: dict[str, object] = {
    "count": 3,
    "starts_with": "Θη",
    "ends_with": "εύς",
    "contains": "ησ:%",
    "length": 7,
    "temperature": 0.75,
}


@pytest.mark.both
async def test_options_reach_network_again(chat: Chat) -> None:
    await learned(chat)
    first = await chat.alice.use("name", namer="heroes", **OPTIONS | {"temperature": "0,75"})
    await chat.restart()
    await chat.alice.press(first, "More")
    asked, again = chat.writer.names_asked
    assert {name: getattr(asked, name) for name in OPTIONS} == OPTIONS
    assert {name: getattr(again, name) for name in OPTIONS} == OPTIONS | {"starts_with": "θη"}


@pytest.mark.parametrize(("names", "piece"), [(TOWNS, "Saint-"), (KANA, "サト"), (HEROES, "Νικ")])
async def test_any_alphabet(chat: Chat, names: tuple[str, ...], piece: str) -> None:
    await learned(chat, names, name="list")
    await chat.alice.use("name", namer="list", starts_with=piece)
    assert chat.writer.names_asked[-1].starts_with == piece
    assert await values(chat, "starts_with", "", "list")


@pytest.mark.both
async def test_long_request_is_stored(chat: Chat) -> None:
    """A state that is too long for a button's id is stored in the database."""
    await learned(chat, ("𝒳𝒴" * 8, "𝒴𝒳" * 8), name="letters")
    await chat.alice.use("name", namer="letters", starts_with="𝒳" * 20, ends_with="𝒴" * 20)
    await chat.restart()
    await chat.alice.press(first_message(chat), "More")
    first, second = chat.writer.names_asked
    assert (second.starts_with, second.ends_with) == (first.starts_with, first.ends_with)


async def test_invalid_state(chat: Chat, subtests: pytest.Subtests) -> None:
    await learned(chat)
    first = await chat.alice.use("name", namer="heroes")
    for state in ["", "1", "x:5:1::::", "1:5:1:::", "1:5:1:::::", "1:500:1::::"]:
        with subtests.test(state):
            chat.rewrite_button(first, "More", f"name:{state}")
            result = await chat.alice.press(first, "More")
            assert "use /dinoname or /name instead" in result.text


async def test_choose_own_or_shared(chat: Chat) -> None:
    mine = await learned(chat, name="heroes")
    await learned(chat, name="secrets", community_id=77)
    theirs = await learned(chat, name="heroines", community_id=77, shared=True)
    suggested = await chat.alice.suggestions("name", "namer", "her")
    label = f"heroines · 12 names · shared by another {chat.terms.community}"
    assert [(choice.label, choice.value) for choice in suggested] == [
        ("heroes · 12 names", "heroes"),
        (label, f"heroines #{theirs.id}"),
    ]
    for value in (f"heroines #{theirs.id}", "Heroines", "heroes", f"#{mine.id}"):
        assert (await chat.alice.use("name", namer=value)).body


async def test_shared_models_are_found(chat: Chat) -> None:
    """With the community that shares them, but nothing of their lists."""
    await learned(chat, name="secrets", community_id=77)
    theirs = await learned(chat, name="heroines", community_id=77, shared=True)
    line = f"heroines · 12 names · shared by another {chat.terms.community}"
    listed = await chat.alice.use("namer list")
    assert listed.body == (
        f"From the bot, or shared by other {chat.terms.communities}:\n{line}\n\n"
        f"Get names from it with /name namer:heroines #{theirs.id}."
    )
    await learned(chat, name="heroes")
    listed = await chat.alice.use("namer list")
    assert listed.body.startswith("heroes · 12 names\n\nFrom the bot, or shared by other")
    assert listed.body.endswith("/name namer:heroes.")
    suggested = await chat.alice.suggestions("namer info", "name", "her")
    assert [each.value for each in suggested] == ["heroes", f"heroines #{theirs.id}"]
    for typed in ("heroines", f"heroines #{theirs.id}"):
        info = await chat.alice.use("namer info", name=typed)
        assert info.is_private
        assert info.title == "🪶 heroines"
        assert info.card.fields == {
            "Names": "12",
            "Shared by": f"another {chat.terms.community}",
        }
    for hidden in ("secrets", f"secrets #{theirs.id - 1}", f"#{theirs.id - 1}"):
        assert "There's no namer" in (await chat.alice.use("namer info", name=hidden)).text
    await chat.app.store[Communities].change(chat.community_id, accepts_shared=False)
    assert "Shared" not in (await chat.alice.use("namer list")).body
    assert "There's no namer" in (await chat.alice.use("namer info", name="heroines")).text


async def test_sharing_community_is_named(discord_chat: DiscordChat) -> None:
    """Unless the word filter blocks its name here."""
    chat = discord_chat
    other = chat.home.env.create_guild("Fern Hill")
    await learned(chat, name="heroines", community_id=other.id, shared=True)
    assert "shared by Fern Hill" in (await chat.alice.use("namer list")).body
    (choice,) = await chat.alice.suggestions("name", "namer", "her")
    assert choice.label.endswith("shared by Fern Hill")
    info = await chat.alice.use("namer info", name="heroines")
    assert info.card.fields["Shared by"] == "Fern Hill"
    await chat.app.store[WordFilters].set_blocked_words(chat.community_id, ("fern",))
    chat.app.filters.changed(chat.community_id)
    assert "shared by another server" in (await chat.alice.use("namer list")).body


async def test_shared_name_that_is_blocked_here(chat: Chat) -> None:
    await learned(chat, name="heroes")
    await learned(chat, name="heroic mud", community_id=77, shared=True)
    await learned(chat, name="heroines", community_id=77, shared=True)
    await chat.app.store[WordFilters].set_blocked_words(chat.community_id, ("mud",))
    suggested = await chat.alice.suggestions("name", "namer", "her")
    assert [choice.label.split(" · ")[0] for choice in suggested] == ["heroes", "heroines"]


async def test_unshared_model_is_unknown(chat: Chat) -> None:
    theirs = await learned(chat, community_id=77)
    for value in ("heroes", f"heroes #{theirs.id}", f"#{theirs.id}", "#999999999999999999", "%"):
        refused = await chat.alice.use("name", namer=value)
        assert "There's no namer called “" in refused.text
    assert not chat.writer.names_asked


async def test_button_of_unshared_model(chat: Chat) -> None:
    theirs = await learned(chat, community_id=77, shared=True)
    first = await chat.alice.use("name", namer="heroes")
    await chat.app.store[CustomModels].share(theirs.id, False)
    assert "isn't shared any more" in (await chat.alice.press(first, "More")).text
    await chat.app.store[CustomModels].delete(theirs.id)
    assert "isn't shared any more" in (await chat.alice.press(first, "More")).text


async def test_shared_model_in_direct_messages(chat: Chat) -> None:
    await learned(chat, community_id=77, shared=True)
    assert (await chat.alice.use_directly("name", namer="heroes")).body


@pytest.mark.both
async def test_suggest_letters_of_list(chat: Chat) -> None:
    await learned(chat, tuple(f"{a}{b}" for a in ("Νικο", "Θησα") for b in ("έας", "ίων", "εύς")))
    assert await values(chat, "starts_with", "") == []
    assert chat.app.custom_models.loaded == 0  # typing loads nothing
    await chat.alice.use("name", namer="heroes")
    assert "νικο" in await values(chat, "starts_with", "")
    assert (await values(chat, "ends_with", "Εύ"))[0] == "εύ"
    assert await values(chat, "contains", "", namer="nobody") == []
    assert await chat.alice.suggestions("name", "contains") == []


async def test_vile_letters_are_refused(chat: Chat) -> None:
    """Those of a name on the list are not."""
    await learned(chat, ("Titania", *(f"{a}uck" for a in ("D", "B", "L", "Kin"))), name="ducks")
    vile = (
        {"starts_with": "fuck"},
        {"starts_with": "fu", "ends_with": "ck"},
        {"contains": "f.u.c.k"},
    )
    for options in vile:
        result = await chat.alice.use("name", namer="ducks", **options)
        assert "try other letters" in result.text
    assert not chat.writer.names_asked
    await chat.alice.use("name", namer="ducks", starts_with="tit")
    assert chat.writer.names_asked


@pytest.mark.parametrize("is_shared", [False, True])
async def test_unreadable_weights(chat: Chat, is_shared: bool) -> None:
    """Only its own community can train it again."""
    place = 77 if is_shared else None
    made = await learned(chat, community_id=place, shared=is_shared)
    await chat.app.store[CustomModels].trained(made.id, b"damaged", "d" * 64, 1.0)
    sentence = "heroes is damaged. Train it again with /namer retrain name:heroes."
    if is_shared:
        sentence = (
            f"heroes is damaged; the {chat.terms.community} that shares it has to train it again."
        )
    result = await chat.alice.use("name", namer="heroes")
    assert sentence in result.text
    info = await chat.alice.use("namer info", name="heroes")
    assert sentence in info.text


async def test_cooldowns(chat: Chat) -> None:
    """Also of `/namer info`, which loads the namer, too."""
    await chat.restart(cooldown_seconds=10)
    await learned(chat)
    for command, options in (("name", {"namer": "heroes"}), ("namer info", {"name": "heroes"})):
        assert (await chat.alice.use(command, **options)).card.title
        assert "too fast" in (await chat.alice.use(command, **options)).text


async def test_dissect_with_same_model(chat: Chat) -> None:
    made = await learned(chat, TOWNS, name="towns")
    chat.writer.names_found = ("saint-rémy sur aa", "saint-foy sur lie")
    first = await chat.alice.use("name", namer="towns")
    asked = await chat.alice.press(first, "Dissect")
    await chat.alice.press(asked, "Saint-Rémy Sur Aa")
    assert chat.writer.dissected == ["Saint-Rémy Sur Aa"]
    assert chat.writer.trained_asked[-1] is not None
    await chat.app.store[CustomModels].delete(made.id)
    gone = await chat.alice.press(asked, "Saint-Rémy Sur Aa")
    assert "isn't shared any more" in gone.text


@pytest.mark.both
async def test_vote_on_list_names(chat: Chat) -> None:
    made, hall = await learned(chat), chat.app.store[HallOfFame]
    chat.writer.names_found = ("νικεύς", "θησίων")
    await chat.alice.use("name", namer="heroes", count=2)
    bob = await chat.add_member("bob")
    await bob.press(chat.history()[0], "Θησίων")
    voted = chat.history()[0]
    assert voted.text.startswith("Which is the coolest?")
    assert voted.title == "🪶 heroes: 2 new names"
    assert voted.body == "Νικεύς\nΘησίων · ▰ 1"
    more = await chat.alice.press(voted, "More")
    assert more.body == "Νικεύς\nΘησίων"
    await chat.pass_time(660)
    assert chat.history()[0].text == "The poll is closed: Θησίων won."
    assert await hall.best(WORDS, HallScope()) == []  # other servers do not see it
    assert await hall.names_with_votes(chat.community_id) == []  # nor do dinosaurs learn from it
    await chat.app.store[CustomModels].delete(made.id)
    (won,) = await hall.best(WORDS, HallScope(community_id=chat.community_id))
    assert (won.name, won.custom_model) == ("Θησίων", "heroes")


async def test_poll_of_deleted_model(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was deleted while it wrote, or later."""
    made = await learned(chat)
    chat.writer.names_found = ("νικεύς", "θησίων")
    await chat.alice.use("name", namer="heroes", count=2)
    write = chat.writer.names

    async def and_delete(*args: Any, **kwargs: Any) -> NamesResult:  # noqa: ANN401
        written = await write(*args, **kwargs)
        await chat.app.store[CustomModels].delete(made.id)
        return written

    monkeypatch.setattr(chat.writer, "names", and_delete)
    result = await chat.alice.use("name", namer="heroes", count=2)
    assert result.lines == ["Νικεύς", "Θησίων"]
    await chat.alice.press(chat.history()[0], "Θησίων")
    assert [*chat.history()[0].buttons] == ["Νικεύς", "Θησίων · 1", "Details"]


async def test_shared_model_keeps_its_list(chat: Chat) -> None:
    """No button asks for what only its own community may see."""
    await learned(chat, community_id=77, shared=True)
    chat.writer.names_found = ("νικεύς", "θησίων")
    names = await chat.alice.use("name", namer="heroes", starts_with="θη", length=5)
    assert "Dissect" not in names.buttons
    await chat.alice.press(names, "Θησίων")
    assert [*chat.history()[0].buttons] == ["Νικεύς", "Θησίων · 1", "More", "Details"]


@pytest.mark.parametrize("is_shared", [False, True])
async def test_why_names_are_missing_is_for_owners(chat: Chat, is_shared: bool) -> None:
    """Others are told only how many were found: each reason would tell about the list."""
    await learned(chat, community_id=77 if is_shared else None, shared=is_shared)
    chat.writer.names_found = ("νικεύς",)
    chat.writer.shortfall = Shortfall(1, NameConstraints(), Flaw.KNOWN, 0.9)
    shown = (await chat.alice.use("name", namer="heroes")).body
    assert "The bot could only find 1 new name" in shown
    assert ("on the list" in shown) != is_shared
