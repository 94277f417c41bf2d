"""`/dissect`: names, and lines of verse."""

import io
import math
from dataclasses import replace

import pytest
import simcord
from PIL import Image

from bot.commands.core.message import Message, plain
from bot.commands.naming import dissect, line_dissection
from bot.commands.naming.custom_model_choice import NamesModel
from bot.discord.platform import LIMITS
from bot.images.dissection import WIDTH
from bot.services.queueing.errors import Busy
from bot.store.custom_models import CustomModelRecord
from models.names.constrained.problems import NamesError, NotAName
from models.names.constrained.shape import DINOSAURS
from models.names.dissection import Dissection, LetterChoice
from models.names.etymology import Part
from models.verse.dissection import LineDissection, LineTooLong, NoWordNetwork, WordChoice
from tests.bot import fakes
from tests.bot.conftest import Home
from tests.bot.fakes import GENERA, PARTS, card, dissection
from tests.bot.replies import buttons, description, embed, sentence


def message_of(found: Dissection, usual: float | None = 1.5) -> Message:
    """The answer. `usual` is the mean surprise at real names, in nats per letter."""
    model = NamesModel(card("names", held_out=usual, validation=None), ())
    return dissect.dissection_message(found, b"", model, LIMITS)


def words_of(found: Dissection, usual: float | None = 1.5) -> str:
    """The text of the answer below its title."""
    (shown,) = message_of(found, usual).embeds
    return "\n".join(map(plain, shown.lines))


def likely(name: str, probability: float) -> Dissection:
    """A dissection of equally likely letters."""
    letters = tuple(replace(choice, probability=probability) for choice in dissection(name).letters)
    return replace(dissection(name), letters=letters)


async def test_picture_and_meaning(home: Home) -> None:
    result = await home.alice.slash(home.channel, "dissect", name="Mangosaurus!")
    assert home.writer.dissected == ["Mangosaurus!"]
    assert embed(result).title == "🔬 Mangosaurus"
    assert not result.ephemeral
    assert result.response is not None
    assert "**mango lizard**" in description(result)
    assert "Dracosaurus, Anchisaurus and Minmi" in description(result)
    assert embed(result).image.url == f"attachment://{dissect.PICTURE}"
    (picture,) = result.response.attachments
    assert Image.open(io.BytesIO(await picture.read())).width == WIDTH
    assert picture.description == dissect.description(
        dissection("mangosaurus"), card("names"), LIMITS
    )


def test_alt_text() -> None:
    letters = (
        LetterChoice("m", 0.05, (("a", 0.12), ("s", 0.1))),
        LetterChoice("o", 0.47, (("o", 0.47), ("a", 0.1))),
        LetterChoice("\n", 0.001, (("s", 0.9), ("\n", 0.001))),
    )
    words = dissect.description(Dissection("mo", letters, ("minmi",), ()), card("names"), LIMITS)
    assert "m 5% (a 12%); o 47%; end <1% (s 90%)." in words


def test_alt_text_of_longest_name() -> None:
    words = dissect.description(dissection("w" * 26), card("names"), LIMITS)
    assert len(words) <= LIMITS.alt_text
    assert words.endswith("(a 50%).")


def test_short_name_without_parts() -> None:
    assert "mean" not in words_of(dissection("zyx", parts=()))
    assert not message_of(dissection("zyx", parts=())).buttons


def test_meaning_has_roots() -> None:
    assert words_of(dissection(), 1.5).startswith(
        "It may mean mango lizard: mango (fruit: mango) and saurus (Greek sauros: lizard)."
    )


def test_meaning_of_a_part() -> None:
    lizard = dissection("mangosaurus", parts=PARTS[1:])
    assert words_of(lizard, 1.5).startswith("Part of it may mean lizard: ")


@pytest.mark.parametrize(
    ("nats", "how"),
    [(0.8, "More plausible than"), (1.5, "About as plausible as"), (2.5, "Less plausible than")],
)
def test_surprise_is_compared(nats: float, how: str) -> None:
    words = words_of(likely("mangosaurus", math.exp(-nats)), 1.5)
    assert f"{how} a real dinosaur: {nats:.2f} nats per letter" in words
    assert "1.50" in words


def test_surprise_alone() -> None:
    words = words_of(likely("mangosaurus", 0.5), None)
    assert "0.69 nats per letter." in words


def test_real_name() -> None:
    words = words_of(likely("minmi", 0.5), 1.5)
    assert "This is a real dinosaur" in words
    assert "Nearest real genera: Dracosaurus and Anchisaurus." in words


async def test_custom_model_is_compared_with_its_list(home: Home) -> None:
    record = CustomModelRecord(
        id=1,
        community_id=home.guild.id,
        name="elves",
        member_id=None,
        shared=False,
        created_at=home.env.now(),
        title="elves.txt",
        entries=30,
        has_corpus=True,
        digest="0" * 64,
        seconds=None,
    )
    model = NamesModel(card("names", held_out=1.5), (), record)
    (shown,) = dissect.dissection_message(dissection(), b"", model, LIMITS).embeds
    words = "\n".join(map(plain, shown.lines))
    assert "Nearest on the list:" in words
    assert "unseen names of the list have 1.50" in words
    assert "real" not in words


def test_impossible_letter() -> None:
    assert math.isfinite(dissect.mean_surprise(likely("mangosaurus", 0.0)))


@pytest.mark.parametrize(
    ("label", "constraint"),
    [("More Mango…", ("mango", "")), ("More …saurus", ("", "saurus"))],
)
async def test_more_like_it(home: Home, label: str, constraint: tuple[str, str]) -> None:
    first = await home.alice.slash(home.channel, "dissect", name="mangosaurus")
    assert first.response is not None
    await home.restart()
    await home.alice.click(first.response, label=label)
    request = home.writer.names_asked[-1]
    assert (request.starts_with, request.ends_with) == constraint


def test_whole_name_has_no_button() -> None:
    whole = (Part("minmi", "Minmi", "a crossing", "English"),)
    assert not message_of(dissection("minmi", parts=whole), None).buttons


async def test_choose_name_of_poll(home: Home) -> None:
    names = await home.alice.slash(home.channel, "dinoname", count=3)
    assert names.response is not None
    await home.restart()
    which = await home.alice.click(names.response, label="Dissect")
    assert which.ephemeral
    assert which.response is not None
    result = await home.alice.click(which.response, label="Bravosaurus")
    assert home.writer.dissected == ["Bravosaurus"]
    assert embed(result).title == "🔬 Bravosaurus"


async def test_only_name_of_poll(home: Home) -> None:
    names = await home.alice.slash(home.channel, "dinoname", count=1)
    assert names.response is not None
    result = await home.alice.click(names.response, label="Dissect")
    assert embed(result).title == "🔬 Mangosaurus"


async def test_unknown_poll(home: Home) -> None:
    names = await home.alice.slash(home.channel, "dinoname")
    assert names.response is not None
    for state in ("@poll:12", f"@poll:{2**63}"):
        home.rewrite_button(names.response.id, "Dissect", f"dissect:{state}")
        result = await home.alice.click(names.response, label="Dissect")
        assert "use /dissect instead" in sentence(result)
        assert result.ephemeral


async def test_unknown_button_state(home: Home) -> None:
    names = await home.alice.slash(home.channel, "dinoname")
    assert names.response is not None
    home.rewrite_button(names.response.id, "Dissect", "dissect:@12")
    result = await home.alice.click(names.response, label="Dissect")
    assert "no longer works" in sentence(result)


async def test_message_of_0_3_0(home: Home) -> None:
    """The names stand on it; a name's button holds the name."""
    names = await home.alice.slash(home.channel, "dinoname", count=3)
    assert names.response is not None
    home.rewrite_button(names.response.id, "Dissect", "dissect:")
    which = await home.alice.click(names.response, label="Dissect")
    assert which.response is not None
    assert buttons(which) == ["Mangosaurus", "Bravosaurus", "Kilosaurus"]
    home.rewrite_button(which.response.id, "Bravosaurus", "dissect:bravosaurus")
    await home.alice.click(which.response, label="Bravosaurus")
    assert home.writer.dissected == ["bravosaurus"]
    stored = home.env.backend.get_message(home.channel.id, names.response.id)
    stored.embeds[0]["description"] = "removed"
    result = await home.alice.click(names.response, label="Dissect")
    assert "use /dissect instead" in sentence(result)


async def test_bounds_are_declared(home: Home) -> None:
    with pytest.raises(simcord.OptionError):
        await home.alice.slash(home.channel, "dissect", name="m" * 65)


@pytest.mark.parametrize("name", ["fuck", "F u c k", "ﬀuck-o"])
async def test_vile_name_is_refused(home: Home, name: str) -> None:
    result = await home.alice.slash(home.channel, "dissect", name=name)
    assert sentence(result).startswith("The bot won't dissect that")
    assert result.ephemeral
    assert not home.writer.dissected


@pytest.mark.parametrize("error", [NamesError(NotAName(0, DINOSAURS, "mangosaurus")), Busy(2)])
async def test_errors_are_private(home: Home, error: Exception) -> None:
    home.writer.error = error
    result = await home.alice.slash(home.channel, "dissect", name="日本")
    assert sentence(result)
    assert "wrong" not in sentence(result)
    assert result.ephemeral


async def suggested(home: Home, typed: str) -> list[str]:
    """The names that are suggested while a member types."""
    choices = await home.alice.autocomplete(home.channel, "dissect", "name", typed)
    return [choice["name"] for choice in choices]


async def test_suggest_real_names(home: Home) -> None:
    assert await suggested(home, "") == [name.capitalize() for name in GENERA]
    assert await suggested(home, "Draco") == ["Draco", "Dracoraptor", "Dracosaurus"]
    assert await suggested(home, "fuck") == []


async def test_cooldown(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await home.alice.slash(home.channel, "dissect", name="minmi")
    refused = await home.alice.slash(home.channel, "dissect", name="minmi")
    assert "too fast" in sentence(refused)


@pytest.mark.parametrize(
    ("error", "costs"),
    [(NamesError(NotAName(0, DINOSAURS, "mangosaurus")), True), (Busy(2), False)],
)
async def test_refusal_costs_cooldown(home: Home, error: Exception, costs: bool) -> None:
    await home.restart(cooldown_seconds=10)
    home.writer.error = error
    await home.alice.slash(home.channel, "dissect", name="日本")
    home.writer.error = None
    again = await home.alice.slash(home.channel, "dissect", name="minmi")
    assert ("too fast" in sentence(again)) == costs


LINE = "My keyboard is covered"


async def test_line(home: Home) -> None:
    home.writer.lines = {LINE}
    result = await home.alice.slash(home.channel, "dissect", name=LINE)
    assert home.writer.dissected == []
    assert embed(result).title == f"🔬 {LINE}"
    assert not result.ephemeral
    assert "Surprise: 1.39 nats per word. The least expected is **covered** (25%)." in description(
        result
    )
    assert "never read this word: keyboard." in description(result)
    assert embed(result).image.url == f"attachment://{line_dissection.PICTURE}"
    assert result.response is not None
    (picture,) = result.response.attachments
    assert Image.open(io.BytesIO(await picture.read())).width == WIDTH
    assert picture.description == line_dissection.line_description(
        fakes.line_dissection(LINE), LIMITS
    )


async def test_several_unknown_words_are_a_name(home: Home) -> None:
    await home.alice.slash(home.channel, "dissect", name="Tyrannosaurus rex")
    assert home.writer.dissected == ["Tyrannosaurus rex"]


async def test_name_of_button_is_no_line(home: Home) -> None:
    """Names of a list can have spaces, and be words of a poem."""
    home.writer.names_found = ("sweet rose",)
    home.writer.lines = {"Sweet Rose", "Sweet rose", "sweet rose"}
    names = await home.alice.slash(home.channel, "dinoname", count=1)
    assert names.response is not None
    await home.alice.click(names.response, label="Dissect")
    assert [name.lower() for name in home.writer.dissected] == ["sweet rose"]


async def test_vile_line_is_refused(home: Home) -> None:
    home.writer.lines = {"Shall I fuck thee"}
    result = await home.alice.slash(home.channel, "dissect", name="Shall I fuck thee")
    assert sentence(result).startswith("The bot won't dissect that")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LineTooLong(31), "at most 20 words and marks, and yours has 31. Try a shorter one."),
        (NoWordNetwork(), "letter by letter at the moment"),
    ],
)
async def test_line_errors_are_private(home: Home, error: Exception, words: str) -> None:
    home.writer.lines = {LINE}
    home.writer.error = error
    await home.restart(cooldown_seconds=10)
    result = await home.alice.slash(home.channel, "dissect", name=LINE)
    assert words in sentence(result)
    assert result.ephemeral
    assert "too fast" in sentence(await home.alice.slash(home.channel, "dissect", name=LINE))


def test_alt_text_of_line() -> None:
    words = (
        WordChoice("shall", 1 / 211, (("and", 0.14), ("the", 0.04))),
        WordChoice("keyboard", None, (("i", 0.1),)),
        WordChoice("\n", 0.6, (("\n", 0.6), (",", 0.1))),
    )
    description = line_dissection.line_description(LineDissection("Shall keyboard", words), LIMITS)
    assert description == (
        "How likely each word of “Shall keyboard” was: shall 1 in 210 (and 14%); "
        "keyboard unknown (i 10%); end of the line 60%."
    )


async def test_suggest_line_as_typed(home: Home) -> None:
    """Otherwise the first suggestion would be its letters run together."""
    assert (await suggested(home, "Shall I  compare"))[0] == "Shall I compare"
    assert (await suggested(home, "Draco"))[0] == "Draco"
    assert "I fuck" not in await suggested(home, "I fuck")
