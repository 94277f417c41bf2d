"""`/dissect`: names, and lines of verse."""

import math
import re
from dataclasses import replace

import pytest

from bot.chat.message import Message
from bot.creatures.labels import meaning_sentence
from bot.names import dissect
from bot.names.custom_model_choice import NamesModel
from bot.platforms.discord.platform import LIMITS
from bot.platforms.discord.rendering import ALTERNATIVE
from bot.polls.queries import Polls
from bot.text.spans import plain
from data.etymology import NamePart
from models.names.dissection import Dissection, LetterChoice
from models.verse.dissection import LineDissection, LineTooLong, NoWordNetwork, WordChoice
from tests.bot import fakes
from tests.bot.chats.protocol import Chat
from tests.bot.fakes import GENERA, PARTS, card, dissection
from tests.bot.names.test_name import learned
from tests.bot.opened_polls import open_polls
from tests.texts import written


def message_of(found: Dissection, usual: float | None = 1.5) -> Message:
    """The answer. `usual` is the mean surprise at real names, in nats per letter."""
    model = NamesModel(card("names", held_out=usual, validation=None), ())
    meaning = meaning_sentence(found.name, found.parts)
    return dissect.dissection_message(found, meaning, b"", model, LIMITS)


def words_of(found: Dissection, usual: float | None = 1.5) -> str:
    """The text of the answer below its title."""
    (shown,) = message_of(found, usual).embeds
    return "\n".join(map(plain, shown.lines))


def likely(name: str, probability: float) -> Dissection:
    """A dissection of equally likely letters."""
    letters = tuple(replace(choice, probability=probability) for choice in dissection(name).letters)
    return replace(dissection(name), letters=letters)


@pytest.mark.both
async def test_picture_and_meaning(chat: Chat) -> None:
    result = await chat.alice.use("dissect", name="Mangosaurus!")
    assert chat.writer.dissected == ["Mangosaurus!"]
    assert result.title == "🔬 Mangosaurus"
    assert not result.is_private
    assert "mango lizard" in result.body
    assert "Dracosaurus, Anchisaurus and Minmi" in result.body
    (picture,) = result.files
    assert picture.description == dissect.description(
        dissection("mangosaurus"), written("Mangosaurus")
    )


async def test_own_words_take_out_the_meaning(chat: Chat) -> None:
    manager = await chat.add_manager()
    await manager.use("settings", blocked_words="lizard")
    result = await chat.alice.use("dissect", name="Mangosaurus!")
    assert "lizard" not in result.body
    assert "Dracosaurus, Anchisaurus and Minmi" in result.body


def test_alt_text() -> None:
    letters = (
        LetterChoice("m", 0.05, (("a", 0.12), ("s", 0.1))),
        LetterChoice("o", 0.47, (("o", 0.47), ("a", 0.1))),
        LetterChoice("\n", 0.001, (("s", 0.9), ("\n", 0.001))),
    )
    words = dissect.description(Dissection("mo", letters, ("minmi",), ()), written("Mo"))
    assert "m 5% (a 12%) · o 47% · end <1% (s 90%)." in words
    longest = dissect.description(dissection("w" * 26), written("Mo"))
    assert len(longest) <= ALTERNATIVE
    assert longest.endswith("(a 50%).")


def test_meaning() -> None:
    roots = "mango (fruit: mango) and saurus (Greek sauros: lizard)."
    assert words_of(dissection()).startswith(f"It may mean mango lizard: {roots}")
    lizard = dissection("mangosaurus", parts=PARTS[1:])
    assert words_of(lizard).startswith("Part of it may mean lizard: ")
    assert not re.search(r"\bmean(ing)?\b", words_of(dissection("zyx", parts=())))


@pytest.mark.parametrize(
    ("nats", "how"),
    [(0.8, "More plausible than"), (1.5, "About as plausible as"), (2.5, "Less plausible than")],
)
def test_surprise_is_compared(nats: float, how: str) -> None:
    found = likely("mangosaurus", math.exp(-nats))
    words = words_of(found)
    assert f"{how} a real dinosaur." in words
    assert "nats" not in words
    assert "plausible" not in words_of(found, None)


def test_real_name() -> None:
    words = words_of(likely("minmi", 0.5), 1.5)
    assert "This is a real dinosaur" in words
    assert "Nearest real genera: Dracosaurus and Anchisaurus." in words


async def test_custom_model_is_compared_with_its_list(chat: Chat) -> None:
    model = NamesModel(card("names", held_out=1.5), (), await learned(chat))
    answer = dissect.dissection_message(dissection(), (), b"", model, LIMITS)
    (shown,) = answer.embeds
    words = "\n".join(map(plain, shown.lines))
    assert "Nearest on the list:" in words
    assert "plausible as a name on the list." in words
    assert "real" not in words
    assert "Show the dinosaur" not in [button.label for button in answer.buttons]


def test_impossible_letter() -> None:
    assert math.isfinite(dissect.mean_surprise(likely("mangosaurus", 0.0)))


@pytest.mark.parametrize(
    ("label", "constraint"),
    [("More Mango…", ("mango", "")), ("More …saurus", ("", "saurus"))],
)
async def test_more_like_it(chat: Chat, label: str, constraint: tuple[str, str]) -> None:
    first = await chat.alice.use("dissect", name="mangosaurus")
    await chat.restart()
    await chat.alice.press(first, label)
    request = chat.writer.names_asked[-1]
    assert (request.starts_with, request.ends_with) == constraint


@pytest.mark.parametrize(
    ("name", "parts"),
    [("minmi", (NamePart("minmi", "Minmi", "a crossing", "English"),)), ("zyx", ())],
)
def test_whole_name_is_like_no_other(name: str, parts: tuple[NamePart, ...]) -> None:
    (shown,) = message_of(dissection(name, parts=parts), None).buttons
    assert shown.label == "Show the dinosaur"


@pytest.mark.both
async def test_choose_name_of_poll(chat: Chat) -> None:
    names = await chat.alice.use("dinoname", count=3)
    await chat.restart()
    which = await chat.alice.press(names, "Dissect")
    assert which.is_private
    result = await chat.alice.press(which, "Bravosaurus")
    assert chat.writer.dissected == ["Bravosaurus"]
    assert result.title == "🔬 Bravosaurus"


async def test_unknown_poll(chat: Chat) -> None:
    names = await chat.alice.use("dinoname")
    for state in ("", "@poll:12", f"@poll:{2**63}"):
        chat.rewrite_button(names, "Dissect", f"dissect:{state}")
        result = await chat.alice.press(names, "Dissect")
        assert "use /dissect instead" in result.text
        assert result.is_private
    chat.rewrite_button(names, "Dissect", "dissect:@12")
    assert "no longer works" in (await chat.alice.press(names, "Dissect")).text


async def test_poll_of_another_community(chat: Chat) -> None:
    names = await chat.alice.use("dinoname", count=3)
    (poll,) = await open_polls(chat)
    theirs = replace(poll, id=poll.id ^ 1, community_id=chat.community_id + 1)
    await chat.app.store[Polls].open(theirs)
    chat.rewrite_button(names, "Dissect", f"dissect:@poll:{theirs.id}")
    assert "use /dissect instead" in (await chat.alice.press(names, "Dissect")).text


@pytest.mark.parametrize("name", ["fuck", "F u c k", "ﬀuck-o"])
async def test_vile_name_is_refused(chat: Chat, name: str) -> None:
    result = await chat.alice.use("dissect", name=name)
    assert result.text.startswith("The bot won't dissect that")
    assert result.is_private
    assert not chat.writer.dissected


async def suggested(chat: Chat, typed: str) -> list[str]:
    """The names that are suggested while a member types."""
    choices = await chat.alice.suggestions("dissect", "name", typed)
    return [choice.label for choice in choices]


@pytest.mark.both
async def test_suggest_real_names(chat: Chat) -> None:
    assert await suggested(chat, "") == [name.capitalize() for name in GENERA]
    assert await suggested(chat, "Draco") == ["Draco", "Dracoraptor", "Dracosaurus"]
    assert await suggested(chat, "fuck") == []


LINE = "My keyboard is covered"


@pytest.mark.both
async def test_line(chat: Chat) -> None:
    chat.writer.lines = {LINE}
    result = await chat.alice.use("dissect", name=LINE)
    assert chat.writer.dissected == []
    assert result.title == f"🔬 {LINE}"
    assert not result.is_private
    assert result.body.startswith("The most surprising word is covered (25%).")
    assert "never read this word: keyboard." in result.body
    (picture,) = result.files
    assert picture.description == dissect.line_description(fakes.line_dissection(LINE))


@pytest.mark.parametrize("typed", ["Mangosaurus", LINE])
async def test_without_a_picture(chat: Chat, typed: str) -> None:
    """It could not be drawn."""
    chat.writer.lines, chat.world.renderer.fails = {LINE}, True
    result = await chat.alice.use("dissect", name=typed)
    assert result.title.startswith("🔬")
    assert not result.files


async def test_several_unknown_words_are_a_name(chat: Chat) -> None:
    await chat.alice.use("dissect", name="Tyrannosaurus rex")
    assert chat.writer.dissected == ["Tyrannosaurus rex"]


async def test_name_of_button_is_no_line(chat: Chat) -> None:
    """Names of a list can have spaces, and be words of a poem."""
    chat.writer.names_found = ("sweet rose",)
    chat.writer.lines = {"Sweet Rose", "Sweet rose", "sweet rose"}
    names = await chat.alice.use("dinoname", count=1)
    await chat.alice.press(names, "Dissect")
    assert [name.lower() for name in chat.writer.dissected] == ["sweet rose"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            LineTooLong(31),
            "31 words and punctuation marks, and the limit is 20. Try a shorter one.",
        ),
        (NoWordNetwork(), "letter by letter at the moment"),
    ],
)
async def test_line_errors_are_private(chat: Chat, error: Exception, words: str) -> None:
    chat.writer.lines = {LINE}
    chat.writer.error = error
    await chat.restart(cooldown_seconds=10)
    result = await chat.alice.use("dissect", name=LINE)
    assert words in result.text
    assert result.is_private
    assert "too fast" in (await chat.alice.use("dissect", name=LINE)).text


def test_alt_text_of_line() -> None:
    words = (
        WordChoice("shall", 1 / 211, (("and", 0.14), ("the", 0.04))),
        WordChoice("keyboard", None, (("i", 0.1),)),
        WordChoice("\n", 0.6, (("\n", 0.6), (",", 0.1))),
    )
    description = dissect.line_description(LineDissection("Shall keyboard", words))
    assert description == (
        "How likely each word of “Shall keyboard” was: shall 1 in 210 (and 14%) · "
        "keyboard unknown (i 10%) · end of the line 60%."
    )


async def test_suggest_line_as_typed(chat: Chat) -> None:
    """Otherwise the first suggestion would be its letters run together."""
    assert (await suggested(chat, "Shall I  compare"))[0] == "Shall I compare"
    assert (await suggested(chat, "Draco"))[0] == "Draco"
    assert "I fuck" not in await suggested(chat, "I fuck")
