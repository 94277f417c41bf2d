"""`/name`, as a member meets it."""

from typing import Any

import discord
import pytest
import simcord

from bot.commands import dissect
from bot.commands.message import UserError
from bot.commands.name import from_state, to_state
from bot.commands.names import NamesOptions
from bot.store.custom_models import Corpus, CustomModelRecord
from bot.store.hall_of_fame import Scope
from models.names.generator import NamesError, NamesResult
from tests.bot.conftest import Home, labels
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
    await home.app.store.custom_models.trained(made.id, content, name.ljust(64, "0"), 1.0)
    await home.app.store.custom_models.share(made.id, shared)
    return made


def shown(result: simcord.InteractionResult) -> str:
    """The text of a reply's card."""
    assert result.response is not None
    (embed,) = result.response.embeds
    return embed.description or ""


def sentence(result: simcord.InteractionResult) -> str:
    assert result.response is not None
    return result.response.content


async def values(home: Home, option: str, typed: str, namer: str = "heroes") -> list[str]:
    """What is offered while a member types."""
    offered = await home.alice.autocomplete(home.channel, "name", option, typed, namer=namer)
    return [choice["value"] for choice in offered]


async def test_names_come_on_a_card_as_the_list_writes_them(home: Home) -> None:
    await learned(home)
    home.writer.names_found = ("νικεύς",)
    result = await home.alice.slash(home.channel, "name", namer="HEROES", count=1)
    assert shown(result) == "**Νικεύς**"
    assert result.response is not None
    assert result.response.embeds[0].title == "🪶 heroes: 1 new name"
    (trained,) = home.writer.trained_asked
    assert trained is not None
    assert trained.words == tuple(sorted(name.lower() for name in HEROES))


WISHES: dict[str, object] = {
    "count": 3,
    "starts_with": "Θη",
    "ends_with": "εύς",
    "contains": "ησ:%",
    "length": 7,
    "temperature": 0.75,
}


async def test_all_controls_reach_the_network_and_the_button_asks_for_the_same(home: Home) -> None:
    await learned(home)
    first = await home.alice.slash(home.channel, "name", namer="heroes", **WISHES)
    await home.restart()
    assert first.response is not None
    await home.alice.click(first.response, label="More")
    asked, again = home.writer.names_asked
    assert {name: getattr(asked, name) for name in WISHES} == WISHES
    assert {name: getattr(again, name) for name in WISHES} == WISHES | {"starts_with": "θη"}


@pytest.mark.parametrize(("names", "piece"), [(TOWNS, "Saint-"), (KANA, "サト"), (HEROES, "Νικ")])
async def test_lists_of_any_alphabet_are_asked_in_their_own(
    home: Home, names: tuple[str, ...], piece: str
) -> None:
    await learned(home, names, name="list")
    await home.alice.slash(home.channel, "name", namer="list", starts_with=piece)
    assert home.writer.names_asked[-1].starts_with == piece
    assert await values(home, "starts_with", "", "list")


def test_pieces_that_fit_no_button_cost_the_button_only() -> None:
    ask = NamesOptions(starts_with="𝒳" * 20, contains="𝒳" * 20, ends_with="𝒳" * 20)
    assert to_state(1, ask) is None
    state = to_state(10**9, NamesOptions(10, "ж" * 20, 0.75, "ж" * 20, "ж" * 20, 64))
    assert state is not None
    assert from_state(state) == (10**9, NamesOptions(10, "ж" * 20, 0.75, "ж" * 20, "ж" * 20, 64))


@pytest.mark.parametrize("state", ["", "1", "x:5:1::::", "1:5:1:::", "1:5:1:::::", "1:500:1::::"])
def test_a_state_of_another_version_is_refused(state: str) -> None:
    with pytest.raises(UserError):
        from_state(state)


async def test_a_namer_is_chosen_from_this_server_and_from_what_others_share(home: Home) -> None:
    mine = await learned(home, name="heroes")
    await learned(home, name="secrets", community_id=77)
    theirs = await learned(home, name="heroines", community_id=77, shared=True)
    offered = await home.alice.autocomplete(home.channel, "name", "namer", "her")
    assert [(choice["name"], choice["value"]) for choice in offered] == [
        ("heroes · 12 names", "heroes"),
        ("heroines · 12 names · shared by another server", f"heroines #{theirs.id}"),
    ]
    for value in (f"heroines #{theirs.id}", "Heroines", "heroes", f"#{mine.id}"):
        assert shown(await home.alice.slash(home.channel, "name", namer=value))


async def test_another_servers_namer_is_not_there_unless_it_is_shared(home: Home) -> None:
    theirs = await learned(home, community_id=77)
    for value in ("heroes", f"heroes #{theirs.id}", f"#{theirs.id}", "#999999999999999999", "%"):
        refused = await home.alice.slash(home.channel, "name", namer=value)
        assert "I know no namer of that name here" in sentence(refused)
    assert not home.writer.names_asked
    assert home.env.errors


async def test_a_card_of_a_namer_that_is_shared_no_more_says_so(home: Home) -> None:
    theirs = await learned(home, community_id=77, shared=True)
    first = await home.alice.slash(home.channel, "name", namer="heroes")
    assert first.response is not None
    await home.app.store.custom_models.share(theirs.id, False)
    assert "not there any more" in sentence(await home.alice.click(first.response, label="More"))
    await home.app.store.custom_models.delete(theirs.id)
    assert "not there any more" in sentence(await home.alice.click(first.response, label="More"))


async def test_shared_namers_work_in_direct_messages(home: Home) -> None:
    await learned(home, community_id=77, shared=True)
    assert shown(await home.alice.user.slash("name", namer="heroes"))


async def test_pieces_of_the_list_are_offered(home: Home) -> None:
    await learned(home, tuple(f"{a}{b}" for a in ("Νικο", "Θησα") for b in ("έας", "ίων", "εύς")))
    assert "νικο" in await values(home, "starts_with", "")
    assert (await values(home, "ends_with", "Εύ"))[0] == "εύ"
    assert await values(home, "contains", "", namer="nobody") == []
    assert await home.alice.autocomplete(home.channel, "name", "contains", "") == []


@pytest.mark.parametrize(
    "options",
    [{"starts_with": "fuck"}, {"starts_with": "fu", "ends_with": "ck"}, {"contains": "f.u.c.k"}],
)
async def test_a_vile_piece_is_refused_before_the_network_sees_it(
    home: Home, options: dict[str, str]
) -> None:
    await learned(home, tuple(f"{a}uck" for a in ("D", "B", "L", "Kin")), name="ducks")
    result = await home.alice.slash(home.channel, "name", namer="ducks", **options)
    assert "try other letters" in sentence(result)
    assert not home.writer.names_asked
    assert home.env.errors


async def test_a_piece_that_a_name_of_the_list_has_is_taken(home: Home) -> None:
    await learned(home, ("Titania", "Titus", "Tito", "Oberon"), name="fairies")
    await home.alice.slash(home.channel, "name", namer="fairies", starts_with="tit")
    assert home.writer.names_asked


async def test_an_impossible_wish_comes_back_as_it_was_typed(home: Home) -> None:
    await learned(home)
    home.writer.error = NamesError("No name has 64 characters.")
    result = await home.alice.slash(home.channel, "name", namer="heroes", length=64)
    why, typed = sentence(result).split("\n")
    assert why == "No name has 64 characters."
    assert typed == "You asked for: `/name namer:heroes length:64`"
    assert home.env.errors


async def test_weights_that_cannot_be_read_any_more_are_said(home: Home) -> None:
    made = await learned(home)
    await home.app.store.custom_models.trained(made.id, b"damaged", "d" * 64, 1.0)
    result = await home.alice.slash(home.channel, "name", namer="heroes")
    assert "cannot be read any more" in sentence(result)
    info = await home.alice.slash(home.channel, "namer info", name="heroes")
    assert "cannot be read any more" in sentence(info)
    assert home.env.errors


async def test_a_member_rests_between_two_answers(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await learned(home)
    await home.alice.slash(home.channel, "name", namer="heroes")
    refused = await home.alice.slash(home.channel, "name", namer="heroes")
    assert "you can ask again" in sentence(refused)
    assert home.env.errors


async def test_a_name_of_a_card_is_dissected_by_the_network_that_wrote_it(home: Home) -> None:
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
    assert "not there any more" in sentence(gone)


@pytest.mark.parametrize(
    ("state", "chosen"),
    [
        ("", (None, "")),
        ("mangosaurus", (None, "mangosaurus")),
        ("#12:", (12, "")),
        ("#12:Saint-Rémy: sur", (12, "Saint-Rémy: sur")),
    ],
)
def test_a_button_tells_which_network_shall_dissect(
    state: str, chosen: tuple[int | None, str]
) -> None:
    assert dissect.chosen(state) == chosen


async def test_names_of_a_list_are_voted_on_and_crowned(home: Home) -> None:
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
    assert shown(more) == "**Νικεύς**\n**Θησίων**"
    await home.env.advance_time(660)
    closed = home.channel.history()[0]
    assert closed.content == "The vote is over: Θησίων has won."
    (won,) = await home.app.store.hall_of_fame.best(Scope(community_id=home.guild.id))
    assert (won.name, won.custom_model) == ("Θησίων", "heroes")
    assert await home.app.store.hall_of_fame.best(Scope()) == []  # other servers do not see it
    assert await home.app.store.hall_of_fame.chosen() == []  # nor do dinosaurs learn from it
    await home.app.store.custom_models.delete(made.id)
    (won,) = await home.app.store.hall_of_fame.best(Scope(community_id=home.guild.id))
    assert won.custom_model == "heroes"


async def test_the_card_of_a_deleted_namer_goes_on_to_its_end(home: Home) -> None:
    made = await learned(home)
    home.writer.names_found = ("νικεύς", "θησίων")
    await home.alice.slash(home.channel, "name", namer="heroes", count=2)
    await home.app.store.custom_models.delete(made.id)
    await home.alice.click(home.channel.history()[0], label="Θησίων")
    assert labels(home.channel.history()[0]) == ["Νικεύς", "Θησίων · 1"]


async def test_names_of_a_namer_that_is_deleted_meanwhile_are_given_all_the_same(
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
    assert len(shown(result).split("\n")) == 3
