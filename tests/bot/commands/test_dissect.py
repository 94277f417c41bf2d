"""`/dissect`, as a member meets it."""

import io
import math
from dataclasses import replace

import pytest
import simcord
from PIL import Image

from bot.commands import dissect
from bot.commands.message import Message, plain
from bot.images.dissection import WIDTH
from bot.services.inference import Busy
from models.names.dissection import Dissection, LetterChoice
from models.names.etymology import Part
from models.names.generator import NamesError
from tests.bot.conftest import Home
from tests.bot.fakes import GENERA, PARTS, dissection


def sentence(result: simcord.InteractionResult) -> str:
    """The text of a reply without a card."""
    assert result.response is not None
    return result.response.content


def title(result: simcord.InteractionResult) -> str | None:
    """The title of a reply's card."""
    assert result.response is not None
    (embed,) = result.response.embeds
    return embed.title


def words_of(reply: Message) -> str:
    """What the card says below its title."""
    (card,) = reply.embeds
    return "\n".join(map(plain, card.lines))


def likely(name: str, probability: float) -> Dissection:
    """A dissection of equally likely letters."""
    letters = tuple(replace(choice, probability=probability) for choice in dissection(name).letters)
    return replace(dissection(name), letters=letters)


async def test_a_name_is_dissected_on_a_card_with_a_picture(home: Home) -> None:
    result = await home.alice.slash(home.channel, "dissect", name="Mangosaurus!")
    assert home.writer.dissected == ["Mangosaurus!"]
    assert title(result) == "🔬 Mangosaurus"
    assert not result.ephemeral
    assert result.response is not None
    (embed,) = result.response.embeds
    assert "**mango lizard**" in (embed.description or "")
    assert "Dracosaurus, Anchisaurus and Minmi" in (embed.description or "")
    assert embed.image.url == f"attachment://{dissect.PICTURE}"
    (picture,) = result.response.attachments
    assert Image.open(io.BytesIO(await picture.read())).width == WIDTH
    assert picture.description == dissect.description(dissection("mangosaurus"))


def test_the_picture_is_told_in_words_too() -> None:
    letters = (
        LetterChoice("m", 0.05, (("a", 0.12), ("s", 0.1))),
        LetterChoice("o", 0.47, (("o", 0.47), ("a", 0.1))),
        LetterChoice("\n", 0.001, (("s", 0.9), ("\n", 0.001))),
    )
    told = dissect.description(Dissection("mo", letters, ("minmi",), ()))
    assert "m 5%, rather a 12%; o 47%; its end <1%, rather s 90%." in told


def test_the_words_for_the_longest_name_are_no_longer_than_a_platform_takes() -> None:
    told = dissect.description(dissection("w" * 26))
    assert len(told) <= 1024
    assert told.endswith("rather a 50%.")


def test_a_name_without_known_parts_and_of_few_letters_has_neither_meaning_nor_more() -> None:
    reply = dissect.reply(dissection("zyx", parts=()), b"", 1.5)
    assert "mean" not in words_of(reply)
    assert not reply.buttons


def test_the_meaning_comes_with_its_roots() -> None:
    assert words_of(dissect.reply(dissection(), b"", 1.5)).startswith(
        "It may mean mango lizard: mango (fruit: mango) and saurus (Greek sauros: lizard)."
    )


def test_a_meaning_of_few_of_its_letters_is_that_of_some_of_it() -> None:
    lizard = dissection("mangosaurus", parts=PARTS[1:])
    assert words_of(dissect.reply(lizard, b"", 1.5)).startswith("Some of it may mean lizard: ")


@pytest.mark.parametrize(
    ("nats", "how"), [(0.8, "less than"), (1.5, "as much as"), (2.5, "more than")]
)
def test_the_surprise_is_compared_with_that_at_real_names(nats: float, how: str) -> None:
    words = words_of(dissect.reply(likely("mangosaurus", math.exp(-nats)), b"", 1.5))
    assert f"surprises me {how} a real dinosaur" in words
    assert f"{nats:.2f} nats a letter" in words
    assert "1.50" in words


def test_the_surprise_is_told_alone_where_there_is_nothing_to_compare_it_with() -> None:
    words = words_of(dissect.reply(likely("mangosaurus", 0.5), b"", None))
    assert "0.69 nats a letter." in words


def test_a_real_name_is_said_to_be_one() -> None:
    assert "a real one" in words_of(dissect.reply(likely("minmi", 0.5), b"", 1.5))


def test_an_impossible_letter_does_not_break_the_sum() -> None:
    assert math.isfinite(dissect.mean_surprise(likely("mangosaurus", 0.0)))


@pytest.mark.parametrize(
    ("label", "wish"),
    [("More Mango…", ("mango", "")), ("More …saurus", ("", "saurus"))],
)
async def test_more_names_of_its_kind_are_a_button_away(
    home: Home, label: str, wish: tuple[str, str]
) -> None:
    first = await home.alice.slash(home.channel, "dissect", name="mangosaurus")
    assert first.response is not None
    await home.restart()
    await home.alice.click(first.response, label=label)
    request = home.writer.names_asked[-1]
    assert (request.starts_with, request.ends_with) == wish


def test_a_part_that_is_the_whole_name_has_no_button() -> None:
    whole = (Part("minmi", "Minmi", "a crossing", "English"),)
    assert not dissect.reply(dissection("minmi", parts=whole), b"", None).buttons


async def test_a_name_of_a_card_is_dissected_when_it_is_chosen(home: Home) -> None:
    names = await home.alice.slash(home.channel, "dinoname", count=3)
    assert names.response is not None
    await home.restart()
    which = await home.alice.click(names.response, label="Dissect")
    assert which.ephemeral
    assert which.response is not None
    result = await home.alice.click(which.response, label="Bravosaurus")
    assert home.writer.dissected == ["bravosaurus"]
    assert title(result) == "🔬 Bravosaurus"


async def test_the_only_name_of_a_card_is_dissected_at_once(home: Home) -> None:
    names = await home.alice.slash(home.channel, "dinoname", count=1)
    assert names.response is not None
    result = await home.alice.click(names.response, label="Dissect")
    assert title(result) == "🔬 Mangosaurus"


async def test_a_card_whose_names_are_gone_is_refused_with_a_sentence(home: Home) -> None:
    names = await home.alice.slash(home.channel, "dinoname")
    assert names.response is not None
    stored = home.env.backend.get_message(home.channel.id, names.response.id)
    stored.embeds[0]["description"] = "removed"
    result = await home.alice.click(names.response, label="Dissect")
    assert "use /dissect instead" in sentence(result)
    assert result.ephemeral


@pytest.mark.parametrize("name", ["fuck", "F u c k", "ﬀuck-o"])
async def test_a_vile_name_is_refused_before_the_network_sees_it(home: Home, name: str) -> None:
    result = await home.alice.slash(home.channel, "dissect", name=name)
    assert "rather not" in sentence(result)
    assert result.ephemeral
    assert not home.writer.dissected
    assert home.env.errors


@pytest.mark.parametrize("error", [NamesError("That is no name; try Mangosaurus."), Busy(2)])
async def test_what_cannot_be_dissected_is_said_in_private(home: Home, error: Exception) -> None:
    home.writer.error = error
    result = await home.alice.slash(home.channel, "dissect", name="日本")
    assert sentence(result)
    assert "broke" not in sentence(result)
    assert result.ephemeral
    assert home.env.errors


async def offered(home: Home, typed: str) -> list[str]:
    """The names that are offered while a member types."""
    choices = await home.alice.autocomplete(home.channel, "dissect", "name", typed)
    return [choice["name"] for choice in choices]


async def test_real_names_are_offered_as_one_types(home: Home) -> None:
    assert await offered(home, "") == [name.capitalize() for name in GENERA]
    assert await offered(home, "Draco") == ["Draco", "Dracoraptor", "Dracosaurus"]
    assert await offered(home, "fuck") == []


async def test_a_member_rests_between_two_dissections(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await home.alice.slash(home.channel, "dissect", name="minmi")
    refused = await home.alice.slash(home.channel, "dissect", name="minmi")
    assert "ask again" in sentence(refused)
    assert home.env.errors
