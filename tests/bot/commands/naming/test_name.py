"""`/name`."""

import hashlib
from typing import Any

import discord
import pytest

from bot.commands.core.message import UserError
from bot.commands.naming.name_options import from_state
from bot.store.custom_models import Corpus, CustomModelRecord
from bot.store.hall_of_fame import Scope
from models.names.constrained.problems import LengthOutOfRange, NamesError
from models.names.constrained.shape import Shape
from models.names.generator import NamesRequest, NamesResult
from tests.bot.conftest import Home
from tests.bot.polls import first_message
from tests.bot.replies import description, embed, labels, sentence
from tests.bot.tiny import tiny_namer

HEROES = tuple(
    f"{begin}{end}" for begin in ("Αιν", "Νικ", "Θησ", "Περσ") for end in ("έας", "ίων", "εύς")
)
TOWNS = tuple(f"Saint-{name} sur {river}" for name in ("Rémy", "Foy") for river in ("Lie", "Aa"))
KANA = tuple(a + b for a in "サクタマ" for b in ("トシ", "クラ", "ロウ"))


async def learned(
    home: Home,
    names: tuple[str, ...] = HEROES,
    *,
    name: str = "heroes",
    community_id: int | None = None,
    shared: bool = False,
) -> CustomModelRecord:
    """A namer that has learned its list."""
    content = tiny_namer(names, capitals="^ -")
    made = await home.app.store.custom_models.create(
        community_id=community_id or home.guild.id,
        name=name,
        member_id=1,
        corpus=Corpus("list.txt", names, "0" * 64),
        now=discord.utils.utcnow(),
        most=10,
    )
    digest = hashlib.sha256(content).hexdigest()
    await home.app.store.custom_models.trained(made.id, content, digest, 1.0)
    await home.app.store.custom_models.share(made.id, shared)
    return made


async def values(home: Home, option: str, typed: str, namer: str = "heroes") -> list[str]:
    """Values of suggestions while a member types."""
    suggested = await home.alice.autocomplete(home.channel, "name", option, typed, namer=namer)
    return [choice["value"] for choice in suggested]


async def test_names_are_capitalized_like_list(home: Home) -> None:
    await learned(home)
    home.writer.names_found = ("νικεύς",)
    result = await home.alice.slash(home.channel, "name", namer="HEROES", count=1)
    assert description(result) == "**Νικεύς**"
    assert embed(result).title == "🪶 heroes: 1 new name"
    (trained,) = home.writer.trained_asked
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


async def test_options_reach_network_again(home: Home) -> None:
    await learned(home)
    first = await home.alice.slash(home.channel, "name", namer="heroes", **OPTIONS)
    await home.restart()
    assert first.response is not None
    await home.alice.click(first.response, label="More")
    asked, again = home.writer.names_asked
    assert {name: getattr(asked, name) for name in OPTIONS} == OPTIONS
    assert {name: getattr(again, name) for name in OPTIONS} == OPTIONS | {"starts_with": "θη"}


@pytest.mark.parametrize(("names", "piece"), [(TOWNS, "Saint-"), (KANA, "サト"), (HEROES, "Νικ")])
async def test_any_alphabet(home: Home, names: tuple[str, ...], piece: str) -> None:
    await learned(home, names, name="list")
    await home.alice.slash(home.channel, "name", namer="list", starts_with=piece)
    assert home.writer.names_asked[-1].starts_with == piece
    assert await values(home, "starts_with", "", "list")


async def test_long_request_is_stored(home: Home) -> None:
    """A state that is too long for a button's id is stored in the database."""
    await learned(home, ("𝒳𝒴" * 8, "𝒴𝒳" * 8), name="letters")
    await home.alice.slash(
        home.channel, "name", namer="letters", starts_with="𝒳" * 20, ends_with="𝒴" * 20
    )
    await home.restart()
    await home.alice.click(first_message(home), label="More")
    first, second = home.writer.names_asked
    assert (second.starts_with, second.ends_with) == (first.starts_with, first.ends_with)


async def test_invalid_state(home: Home, subtests: pytest.Subtests) -> None:
    await learned(home)
    for state in ["", "1", "x:5:1::::", "1:5:1:::", "1:5:1:::::", "1:500:1::::"]:
        with subtests.test(state):
            first = await home.alice.slash(home.channel, "name", namer="heroes")
            assert first.response is not None
            home.rewrite_button(first.response.id, "More", f"name:{state}")
            result = await home.alice.click(first.response, label="More")
            assert "use /dinoname or /name instead" in sentence(result)


async def test_more_of_0_3_0(home: Home) -> None:
    made = await learned(home)
    first = await home.alice.slash(home.channel, "name", namer="heroes")
    assert first.response is not None
    home.rewrite_button(first.response.id, "More", f"name:{made.id}:3:0.5:νι::σ%3a%25:7")
    await home.alice.click(first.response, label="More")
    request = home.writer.names_asked[-1]
    assert request == NamesRequest(3, request.seed, "νι", 0.5, "", "σ:%", 7)


def test_state_of_any_alphabet() -> None:
    with pytest.raises(UserError):
        from_state("1:2:3:4:5:6:7")
    assert from_state("3:0.5:νι::σ%3a%25:7") == NamesRequest(3, 0, "νι", 0.5, "", "σ:%", 7)


async def test_choose_own_or_shared(home: Home) -> None:
    mine = await learned(home, name="heroes")
    await learned(home, name="secrets", community_id=77)
    theirs = await learned(home, name="heroines", community_id=77, shared=True)
    suggested = await home.alice.autocomplete(home.channel, "name", "namer", "her")
    assert [(choice["name"], choice["value"]) for choice in suggested] == [
        ("heroes · 12 names", "heroes"),
        ("heroines · 12 names · shared by another server", f"heroines #{theirs.id}"),
    ]
    for value in (f"heroines #{theirs.id}", "Heroines", "heroes", f"#{mine.id}"):
        assert description(await home.alice.slash(home.channel, "name", namer=value))


async def test_shared_name_that_is_blocked_here(home: Home) -> None:
    await learned(home, name="heroes")
    await learned(home, name="heroic mud", community_id=77, shared=True)
    await learned(home, name="heroines", community_id=77, shared=True)
    await home.app.store.word_filters.set_blocked_words(home.guild.id, ("mud",))
    suggested = await home.alice.autocomplete(home.channel, "name", "namer", "her")
    assert [choice["name"].split(" · ")[0] for choice in suggested] == ["heroes", "heroines"]


async def test_unshared_model_is_unknown(home: Home) -> None:
    theirs = await learned(home, community_id=77)
    for value in ("heroes", f"heroes #{theirs.id}", f"#{theirs.id}", "#999999999999999999", "%"):
        refused = await home.alice.slash(home.channel, "name", namer=value)
        assert "There's no namer with that name here" in sentence(refused)
    assert not home.writer.names_asked


async def test_button_of_unshared_model(home: Home) -> None:
    theirs = await learned(home, community_id=77, shared=True)
    first = await home.alice.slash(home.channel, "name", namer="heroes")
    assert first.response is not None
    await home.app.store.custom_models.share(theirs.id, False)
    assert "no longer shared" in sentence(await home.alice.click(first.response, label="More"))
    await home.app.store.custom_models.delete(theirs.id)
    assert "no longer shared" in sentence(await home.alice.click(first.response, label="More"))


async def test_shared_model_in_direct_messages(home: Home) -> None:
    await learned(home, community_id=77, shared=True)
    assert description(await home.alice.user.slash("name", namer="heroes"))


async def test_suggest_letters_of_list(home: Home) -> None:
    await learned(home, tuple(f"{a}{b}" for a in ("Νικο", "Θησα") for b in ("έας", "ίων", "εύς")))
    assert await values(home, "starts_with", "") == []
    assert home.app.custom_models.loaded == 0  # typing loads nothing
    await home.alice.slash(home.channel, "name", namer="heroes")
    assert "νικο" in await values(home, "starts_with", "")
    assert (await values(home, "ends_with", "Εύ"))[0] == "εύ"
    assert await values(home, "contains", "", namer="nobody") == []
    assert await home.alice.autocomplete(home.channel, "name", "contains", "") == []


@pytest.mark.parametrize(
    "options",
    [{"starts_with": "fuck"}, {"starts_with": "fu", "ends_with": "ck"}, {"contains": "f.u.c.k"}],
)
async def test_vile_letters_are_refused(home: Home, options: dict[str, str]) -> None:
    await learned(home, tuple(f"{a}uck" for a in ("D", "B", "L", "Kin")), name="ducks")
    result = await home.alice.slash(home.channel, "name", namer="ducks", **options)
    assert "try other letters" in sentence(result)
    assert not home.writer.names_asked


async def test_letters_of_listed_name_are_fit(home: Home) -> None:
    await learned(home, ("Titania", "Titus", "Tito", "Oberon"), name="fairies")
    await home.alice.slash(home.channel, "name", namer="fairies", starts_with="tit")
    assert home.writer.names_asked


async def test_refused_request_comes_back(home: Home) -> None:
    await learned(home)
    home.writer.error = NamesError(LengthOutOfRange(64, Shape(shortest=4, longest=9, usual=6)))
    result = await home.alice.slash(home.channel, "name", namer="heroes", length=64)
    why, typed = sentence(result).split("\n")
    assert why == "Names here have 4 to 9 letters, not 64. Try length:6."
    assert typed == "You asked for: `/name namer:heroes length:64`"


async def test_unreadable_weights(home: Home) -> None:
    made = await learned(home)
    await home.app.store.custom_models.trained(made.id, b"damaged", "d" * 64, 1.0)
    result = await home.alice.slash(home.channel, "name", namer="heroes")
    assert "are damaged" in sentence(result)
    info = await home.alice.slash(home.channel, "namer info", name="heroes")
    assert "are damaged" in sentence(info)


async def test_cooldown(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await learned(home)
    await home.alice.slash(home.channel, "name", namer="heroes")
    refused = await home.alice.slash(home.channel, "name", namer="heroes")
    assert "too fast" in sentence(refused)


async def test_cooldown_of_info(home: Home) -> None:
    """It loads the namer, too."""
    await home.restart(cooldown_seconds=10)
    await learned(home)
    shown = await home.alice.slash(home.channel, "namer info", name="heroes")
    assert embed(shown).title
    refused = await home.alice.slash(home.channel, "namer info", name="heroes")
    assert "too fast" in sentence(refused)


async def test_dissect_with_same_model(home: Home) -> None:
    made = await learned(home, TOWNS, name="towns")
    home.writer.names_found = ("saint-rémy sur aa", "saint-foy sur lie")
    first = await home.alice.slash(home.channel, "name", namer="towns")
    assert first.response is not None
    asked = await home.alice.click(first.response, label="Dissect")
    assert asked.response is not None
    await home.alice.click(asked.response, label="Saint-Rémy Sur Aa")
    assert home.writer.dissected == ["Saint-Rémy Sur Aa"]
    assert home.writer.trained_asked[-1] is not None
    await home.app.store.custom_models.delete(made.id)
    gone = await home.alice.click(asked.response, label="Saint-Rémy Sur Aa")
    assert "no longer shared" in sentence(gone)


async def test_dissect_of_0_3_0(home: Home) -> None:
    """The names stand on the message, marks and all."""
    made = await learned(home, ("*Ann*", "Bo: *"), name="marks")
    home.writer.names_found = ("*bo*ann", "ann: *")
    await home.alice.slash(home.channel, "name", namer="marks")
    message = first_message(home)
    home.rewrite_button(message.id, "Dissect", f"dissect:#{made.id}:")
    asked = await home.alice.click(message, label="Dissect")
    assert asked.response is not None
    first, second = labels(message)[:2]
    assert labels(asked.response.message) == [first, second]
    await home.alice.click(asked.response, label=second)
    assert home.writer.dissected == [second]


async def test_vote_on_list_names(home: Home) -> None:
    made = await learned(home)
    home.writer.names_found = ("νικεύς", "θησίων")
    await home.alice.slash(home.channel, "name", namer="heroes", count=2)
    card = home.channel.history()[0]
    assert card.content.startswith("Which is the coolest?")
    await home.alice.click(card, label="Θησίων")
    voted = home.channel.history()[0]
    assert voted.embeds[0].title == "🪶 heroes: 2 new names"
    assert voted.embeds[0].description == "**Νικεύς**\n**Θησίων** · ▰ 1"
    more = await home.alice.click(voted, label="More")
    assert description(more) == "**Νικεύς**\n**Θησίων**"
    await home.pass_time(660)
    closed = home.channel.history()[0]
    assert closed.content == "The poll is closed: Θησίων has won."
    (won,) = await home.app.store.hall_of_fame.best(Scope(community_id=home.guild.id))
    assert (won.name, won.custom_model) == ("Θησίων", "heroes")
    assert await home.app.store.hall_of_fame.best(Scope()) == []  # other servers do not see it
    assert (
        await home.app.store.hall_of_fame.chosen(home.guild.id) == []
    )  # nor do dinosaurs learn from it
    await home.app.store.custom_models.delete(made.id)
    (won,) = await home.app.store.hall_of_fame.best(Scope(community_id=home.guild.id))
    assert won.custom_model == "heroes"


async def test_poll_of_deleted_model(home: Home) -> None:
    made = await learned(home)
    home.writer.names_found = ("νικεύς", "θησίων")
    await home.alice.slash(home.channel, "name", namer="heroes", count=2)
    await home.app.store.custom_models.delete(made.id)
    await home.alice.click(home.channel.history()[0], label="Θησίων")
    assert labels(home.channel.history()[0]) == ["Νικεύς", "Θησίων · 1"]


async def test_model_deleted_meanwhile(
    home: Home,
) -> None:
    made = await learned(home)
    write = home.writer.names

    async def and_delete(*args: Any, **kwargs: Any) -> NamesResult:  # noqa: ANN401
        written = await write(*args, **kwargs)
        await home.app.store.custom_models.delete(made.id)
        return written

    home.writer.names = and_delete  # type: ignore[method-assign]
    result = await home.alice.slash(home.channel, "name", namer="heroes", count=3)
    assert len(description(result).split("\n")) == 3
