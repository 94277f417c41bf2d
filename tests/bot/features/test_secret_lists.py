"""What other communities learn of a shared namer: its name, and nothing of its list.

Every command, suggestion and button of the registry is tried there, with the namer, names of its
list, and forged states. The list is Greek, so that whatever of it is told stands out.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from unittest.mock import AsyncMock

import pytest

from bot.chat import dispatch
from bot.chat.app import App
from bot.chat.commands import ChosenMember, Command, Kind, Option
from bot.chat.message import Message
from bot.features import REGISTRY
from bot.pictures.renderer import Renderer
from bot.polls.queries import PollRecord, Polls
from bot.text.spans import Timestamp, plain
from bot.trainer.queries import CustomModelRecord, CustomModels
from bot.writing import Caller
from bot.writing.service import NOBODY
from data.text import fold
from models.names import dissection, generator
from models.names.dissection import Dissection
from models.names.generator import NamesRequest, NamesResult
from models.weights import Trained
from tests.bot.chats.protocol import Chat
from tests.bot.features.test_rights import STATES
from tests.bot.names.test_name import HEROES, learned
from tests.bot.turns import ADA, COMMUNITY, FakePlatform, FakeTurn, press_on
from tests.texts import named, written

OWNER = 500_000
"""The community that has trained the namer."""
TITLE = "Πλούταρχος"
LISTED, UNLISTED = "Θησίων", "Σηρίων"
"""A name of the list, and one of the same kind that is not there, nor near one that is."""
TRIGRAMS = {
    word[i : i + 3]
    for name in (*HEROES, TITLE)
    for word in [fold(name.casefold())]
    for i in range(len(word) - 2)
}


class Upload:
    """A file that no command can use."""

    name, size = "list.txt", 1

    async def read(self) -> bytes:
        return b"?"


def leaked(shown: str, asked: str) -> set[str]:
    """Pieces of the list that an answer tells, apart from those that the member typed."""
    told, typed = fold(shown.casefold()), fold(asked.casefold())
    return {piece for piece in TRIGRAMS if piece in told.replace(typed, "") and piece not in typed}


def shown_by(messages: Sequence[Message]) -> Iterator[str]:
    """All that messages hold: words, states of buttons, files."""
    for message in messages:
        texts = [message.content]
        for embed in message.embeds:
            yield from (embed.title, embed.footer)
            texts += [*embed.lines, *(field.value for field in embed.fields)]
        for words in texts:  # without times
            yield plain(tuple(part for part in words if not isinstance(part, Timestamp)))
        yield from (f"{button.label} {button.state}" for button in message.buttons)
        for file in message.files:
            yield f"{file.name} {file.description} {file.content.decode(errors='ignore')}"


def value(option: Option, typed: str) -> object:
    """A value of an option. Texts are what is typed, or a choice."""
    match option.kind:
        case Kind.TEXT:
            return option.choices[0].value if option.choices else typed
        case Kind.INTEGER:
            return len(LISTED) if option.name == "length" else int(option.least or 1)
        case Kind.NUMBER:
            return float(option.least or 1)
        case Kind.SWITCH:
            return True
        case Kind.FILE:
            return Upload()
        case Kind.PERSON:
            return ChosenMember(ADA.id)
        case Kind.CHANNEL:
            return 5


def requests_of(command: Command, namer: str, guess: str) -> Iterator[dict[str, object]]:
    """Options of a command: the needed ones and all, with the namer and with a guess at its list,
    and each of its texts alone.
    """
    for every in (False, True):
        some = [option for option in command.options if every or option.is_required]
        yield {option.name: value(option, namer) for option in some}
        yield {o.name: value(o, namer if o.is_required else guess) for o in some}
    needed = {o.name: value(o, namer) for o in command.options if o.is_required}
    for option in command.options:
        if option.kind is Kind.TEXT:
            for length in ({}, {"length": len(guess)}):
                yield needed | {option.name: value(option, guess)} | length


def states_of(action: str, namer: CustomModelRecord, poll: int, guess: str) -> Iterator[str]:
    """States of a button, as the bot writes them and forged."""
    number = namer.id
    yield STATES[action]
    for state in ("", guess, f"@poll:{poll}", "show"):
        yield from (state, f"{number}:{state}", f"#{number}:{state}", f"{state}:{number}")
    for pieces in (f"{guess}:::", f"{guess[:2]}:::", f":{guess[-2:]}::", f"{guess}:::{len(guess)}"):
        yield f"{number}:5:0.9:{pieces}"


class Stranger:
    """Somebody with every right in communities that have not trained the namer."""

    def __init__(self, app: App, home: int | None = None) -> None:
        """`home`: the community in which everything is asked; else each time in another one."""
        self.app, self.home = app, home
        self._others = count(COMMUNITY)
        """A moderator may refuse the namer, and an owner leave a community."""

    def turn(self) -> FakeTurn:
        place = self.home if self.home is not None else next(self._others)
        platform = FakePlatform(
            {1: Message()}, operators={ADA.id}, communities=(place, COMMUNITY, OWNER)
        )
        return FakeTurn(platform, ADA, place)

    async def use(self, command: Command, options: dict[str, object]) -> str:
        """What a command answers, and what it suggests for its options meanwhile."""
        known = {option.name for option in command.options}
        given = {name: each for name, each in options.items() if name in known}
        turn = self.turn()
        texts = {name: each for name, each in given.items() if isinstance(each, str)}
        suggested = []
        for option in command.options:
            if option.suggest is not None:
                for typed in ("", texts.get(option.name, ""), texts.get(option.name, "")[:2]):
                    choices = await dispatch.suggest(
                        self.app, turn, option.suggestions(texts), typed
                    )
                    suggested += [f"{choice.label} {choice.value}" for choice in choices]
        asked = command.build(**given)
        await dispatch.run(self.app, turn, command.answer, asked, name=command.name)
        return "\n".join([*suggested, *shown_by([*turn.answers, *turn.platform.history])])

    async def press(self, action: str, state: str) -> str:
        """What a button answers."""
        turn = press_on(self.turn(), 1)
        await dispatch.press(self.app, turn, action, state)
        return "\n".join(shown_by([*turn.answers, *turn.platform.history]))

    async def answers(self, namer: CustomModelRecord, guess: str) -> dict[str, str]:
        """All answers, by what was asked."""
        poll = await poll_on(self.app, namer, self.home or COMMUNITY, guess)
        found = {}
        for command in REGISTRY.every_command():
            for options in requests_of(command, f"{namer.name} #{namer.id}", guess):
                shown = {k: v for k, v in options.items() if not isinstance(v, Upload)}
                found[f"/{command.name} {shown}"] = await self.use(command, options)
        for action in REGISTRY.buttons:
            for state in states_of(action, namer, poll, guess):
                found[f"{action} {state}"] = await self.press(action, state)
        return found


async def poll_on(app: App, namer: CustomModelRecord, community_id: int, name: str) -> int:
    """A poll on a name by a namer."""
    record = PollRecord(
        id=abs(hash((namer.id, name))) % 2**40,
        community_id=community_id,
        channel_id=5,
        message_id=None,
        member_id=None,
        discoverer=None,
        names=named(name),
        opened_at=app.now(),
        closes_at=app.now(),
        custom_model_id=namer.id,
        custom_model=written(namer.name),
        votes=(0,),
    )
    await app.store[Polls].open(record)
    return record.id


@pytest.fixture
async def namer(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> CustomModelRecord:
    """A shared namer, whose weights dissect and refuse as real ones do, and write Latin names."""
    writer = chat.writer
    pretended, pictured = writer.names, writer.dissect

    async def names(
        request: NamesRequest, trained: Trained | None = None, caller: Caller = NOBODY
    ) -> NamesResult:
        written = await pretended(request, trained, caller)
        if trained is not None:
            real = generator.generate_names(trained, request, caller.accept or bool)
            return NamesResult(written.names if real.names else (), real.shortfall)
        return written

    async def dissected(
        name: str, trained: Trained | None = None, caller: Caller = NOBODY
    ) -> Dissection:
        if trained is not None:
            return dissection.dissect(trained, name)
        return await pictured(name, trained, caller)

    monkeypatch.setattr(writer, "names", names)
    monkeypatch.setattr(writer, "dissect", dissected)
    monkeypatch.setattr(Renderer, "picture", AsyncMock(return_value=None))
    for limit in ("MOST_OF_MEMBER", "MOST_IN_CHANNEL"):
        monkeypatch.setattr(f"bot.polls.queries.{limit}", 10_000)
    made = await learned(chat, HEROES, name="heroes", community_id=OWNER, shared=True, title=TITLE)
    record = await chat.app.store[CustomModels].get(made.id)
    assert record is not None
    await chat.app.custom_models.load(record)  # suggestions load nothing
    return record


async def test_other_communities_learn_nothing(chat: Chat, namer: CustomModelRecord) -> None:
    """No piece of the list; nor whether a guess is on it: any other name gets the same answers."""
    stranger = Stranger(chat.app)
    listed = await stranger.answers(namer, LISTED)
    told = {asked: leaked(shown, LISTED) for asked, shown in listed.items()}
    assert {asked: pieces for asked, pieces in told.items() if pieces} == {}
    assert any("Mangosaurus" in shown for asked, shown in listed.items() if "heroes" in asked)
    of_listed = guessed(LISTED, listed)
    of_unlisted = guessed(UNLISTED, await stranger.answers(namer, UNLISTED))
    assert of_listed.keys() == of_unlisted.keys()
    differ = {asked for asked in of_listed if of_listed[asked] != of_unlisted[asked]}
    assert {asked: (of_listed[asked], of_unlisted[asked]) for asked in differ} == {}


def guessed(guess: str, answers: dict[str, str]) -> dict[str, str]:
    """The answers to requests with a guess, both without it."""
    asked_so = ((asked, shown) for asked, shown in answers.items() if guess[:2] in asked)
    return {without(guess, asked): without(guess, shown) for asked, shown in asked_so}


def without(guess: str, words: str) -> str:
    """Words without a guess, pieces of it, and numbers."""
    pieces = "|".join((guess, guess[:2], guess[-2:]))
    return re.sub(r"\d+", "1", re.sub(pieces, "…", words, flags=re.IGNORECASE))


async def test_no_reason_tells_about_the_list(chat: Chat, namer: CustomModelRecord) -> None:
    """A character or a length that it lacks is answered like letters without a new name."""
    stranger, command = Stranger(chat.app), REGISTRY.by_name["name"]
    nothing = "The bot couldn't find a new name. Ask for different letters, or fewer."
    closed = (
        "at most 2 letters, leave at least 3 for the bot to choose, and set temperature to 0.7 or "
        "more"
    )
    for asked, sentence in (
        ({"starts_with": "龍"}, nothing),
        ({"contains": "龍"}, nothing),
        ({"length": 20}, nothing),
        ({"length": 2}, closed),
        ({"starts_with": "Θησ"}, closed),
        ({"starts_with": "Θη", "ends_with": "ς"}, closed),
        ({"starts_with": "Θη", "length": 4}, closed),
        ({"temperature": "0.6"}, closed),
    ):
        shown = await stranger.use(command, {"namer": namer.name, **asked})
        assert sentence in shown
        assert not re.search("on the list|from the namer's list|have \\d|more than", shown)


async def test_own_community_sees_its_list(chat: Chat, namer: CustomModelRecord) -> None:
    """Otherwise the test above could not fail."""
    member, commands = Stranger(chat.app, OWNER), REGISTRY.by_name
    for shown in (
        await member.use(commands["namer info"], {"name": namer.name}),
        await member.use(commands["name"], {"namer": namer.name, "starts_with": "Θη"}),
        await member.press("dissect", f"#{namer.id}:{LISTED}"),
    ):
        assert leaked(shown, LISTED)
