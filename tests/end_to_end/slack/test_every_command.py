"""Every command over real sockets, on the simulator of Slack, with fake networks.

The tests share a bot, which has the namer "elves", a kept poem and nothing else.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bot.chat.commands import Command, Kind, Option
from bot.platforms.local import faults
from bot.platforms.local.slack.records import File, Interaction
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.local.slack.workspace import Member
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.names import CommandNames
from models.training.events import Failed
from tests.bot.platforms.slack.commands import COMMANDS
from tests.databases import Templates
from tests.end_to_end.conftest import ELVES
from tests.end_to_end.slack.bots import PATIENCE_S, bot_on, training_of_elves

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVERY = [*COMMANDS.every_command()]
REFERENCES = {Kind.FILE, Kind.PERSON, Kind.CHANNEL}
TEXTS = {
    "namer": "elves",
    "version": "shipped names",
    "blocked_words": "broccoli",
    "daily_zone": "UTC",
}
"""Values of options that have to name something; for others, "mango" will do."""
NAMERS = {"namer create": "orcs", "namer import": "goblins"}
LEFT_OUT = {
    "namer create": {"text"},
    "namer retrain": {"text"},
    "retrain names": {"corpus"},
    "retrain sonnets": {"corpus"},
    "owner block": {"server"},
    "owner unblock": {"server"},
}
"""Options that exclude another one, or make the bot read a whole corpus."""
ANSWERS = {
    "dinoname": "1 new dinosaur",
    "name": "elves: 1 new name",
    "dissect": "Nearest real genera: Dracosaurus",
    "dinosaur": "🦕 Mango",
    "museum": "The museum is empty.",
    "collection": "collection is empty.",
    "leaderboard": "Nobody has discovered a dinosaur",
    "sonnet": "Four hundred characters on “mango”",
    "poems": "Shall I compare thee",
    "export": "Your poem.",
    "halloffame": "There are no winning names (all time, all workspaces)",
    "champion": "no champion at the moment",
    "privacy": "The bot stores data of yours",
    "namer create": "Training orcs",
    "namer import": "elves.txt isn't a valid namer file.",
    "namer export": "elves as a file",
    "namer list": "elves",
    "namer info": "With 40 names on the list, most new names will be",
    "namer retrain": "Training elves",
    "namer share": "Only this workspace can use elves now.",
    "namer delete": "This can't be undone.",
    "models list": "Versions of sonnets",
    "models info": "Shipped version of names",
    "models activate": "The shipped version of names is live already.",
    "models rollback": "There's no earlier version of sonnets.",
    "retrain names": "At most 1 minute",
    "retrain sonnets": "At most 1 minute",
    "moderate message": "That isn't a link to a message.",
    "moderate winner": "isn't in the hall of fame of this workspace",
    "moderate namer": "can be used here again",
    "moderate block": "The bot doesn't answer",
    "moderate unblock": "The bot answers",
    "moderate blocks": "Blocked",
    "moderate record": "Record of moderation",
    "moderate log": "What moderators do is reported in",
    "owner block": "The bot doesn't answer",
    "owner unblock": "The bot answers",
    "owner blocks": "Blocked",
    "owner servers": "1 workspace",
    "owner leave": "That isn't the id of a workspace.",
    "owner record": "What the operators did",
    "settings": "New polls stay open for 1 minute here",
    "about": "Names new dinosaurs letter by letter",
    "help": "What you can do here",
    "status": "Networks:",
}
"""What the answer contains."""
TRAININGS = {"namer create", "namer retrain", "retrain names", "retrain sonnets"}
BAD_INPUT = [
    ("/dinoname", "length:tall&<b>", "whole number"),
    ("/sonnet", f"temperature:{'9' * 400}", "temperature"),
    ("/name", "namer:nobody", "no namer"),
    ("/moderate", "block @mary", "/moderate block ?"),
    ("/nothing", "", "command"),
]
"""A command, what is typed after it, and what the sentence says."""


@dataclass
class Office:
    """A bot at work, and the owner of the workspace."""

    bot: SlackBot
    slack: LocalSlack
    owner: Member

    async def ask(self, command: str, line: str = "") -> Interaction:
        """Type a command in a channel of its own."""
        channel = self.slack.workspace.add_channel("room", is_joined=True)
        asked = self.slack.command(self.owner, command, line, channel)
        assert await asked.acknowledgement() == {}
        return asked

    def list_of_names(self) -> File:
        """An uploaded file."""
        return self.slack.upload(self.owner, "elves.txt", ELVES.encode())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(
    templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Office]:
    folder = tmp_path_factory.mktemp("state")
    training = training_of_elves(folder)
    async with (
        LocalSlack(port=0, ack_s=PATIENCE_S) as slack,
        bot_on(slack, folder, templates, training=training) as bot,
    ):
        # As on Enterprise Grid.
        slack.faults.rest = faults.RestFault(faults.FaultKind.REDIRECT, paths="/files-pri/")
        owner = slack.workspace.add_member("Olga", is_admin=True, is_owner=True)
        made = Office(bot, slack, owner)
        view = await (await made.ask("/namer", "create ?")).opened()
        slack.submit(owner, view, {"name": "elves", "file": made.list_of_names()})
        await slack.wait_for(lambda: any("elves is ready" in each.words for each in slack.messages))
        poem = await (await made.ask("/sonnet", "Shall I compare thee")).answer()
        await slack.press(owner, poem, "🔖 Keep").acknowledgement()
        training[:] = [Failed("It was only a test.")]
        yield made


def value_of(command: str, option: Option, office: Office) -> object:
    """A good value, as it is typed or chosen."""
    if option.name == "language":
        return "en"  # in which the other tests read answers
    if option.choices:
        return option.choices[-1].value
    match option.kind:
        case Kind.INTEGER | Kind.NUMBER:
            return str(option.least or 1)
        case Kind.SWITCH:
            return "yes" if option.name == "allow" else "no"
        case Kind.PERSON:
            return office.slack.guest.id
        case Kind.CHANNEL:
            return office.slack.channel.id
        case Kind.FILE:
            return office.list_of_names()
        case Kind.TEXT if option.name == "name" and "namer" in command:
            return NAMERS.get(command, "elves")
        case Kind.TEXT:
            return TEXTS.get(option.name, "mango")


async def test_every_command_has_an_answer() -> None:
    assert {each.name for each in EVERY} == set(ANSWERS)


async def used(office: Office, declaration: Command) -> Interaction:
    """A command with a good value of every option, once it is answered."""
    name = declaration.name
    command, _, subcommand = CommandNames().slash(name).partition(" ")
    left_out = LEFT_OUT.get(name, set())
    options = [each for each in declaration.options if each.name not in left_out]
    values = {each.name: value_of(name, each, office) for each in options}
    if any(option.kind in REFERENCES for option in options):
        asked = await office.ask(command, f"{subcommand} ?")
        submitted = office.slack.submit(office.owner, await asked.opened(), values)
        assert not (await submitted.acknowledgement()).get("errors")
    else:
        given = [f"{option}:{value}" for option, value in values.items()]
        asked = await office.ask(command, " ".join([*filter(None, [subcommand]), *given]))
    await asked.answer()
    return asked


@pytest.mark.parametrize("declaration", EVERY, ids=lambda each: each.name)
async def test_command(
    office: Office, declaration: Command, caplog: pytest.LogCaptureFixture
) -> None:
    """With a good value of every option: typed in one line, or in the form if that is needed."""
    name = declaration.name
    if name.endswith(" unblock"):  # nobody is blocked, if another process runs that test
        block = name.replace(" unblock", " block")
        await used(office, next(each for each in EVERY if each.name == block))
    asked = await used(office, declaration)
    assert any(ANSWERS[name] in each.words for each in asked.messages)
    if name in TRAININGS:  # the next one has to wait for its end
        task = "elves" if name == "namer retrain" else NAMERS.get(name) or name.split()[-1]
        ended = f"The training of {task} failed"
        await office.slack.wait_for(lambda: any(ended in m.words for m in office.slack.messages))
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


@pytest.mark.parametrize(("command", "line", "sentence"), BAD_INPUT)
async def test_bad_input(office: Office, command: str, line: str, sentence: str) -> None:
    """It is answered with a sentence, which only the member sees."""
    message = await (await office.ask(command, line)).answer()
    assert message.is_ephemeral
    assert sentence in message.words
    assert "Traceback" not in message.words


async def test_form_with_every_option(office: Office) -> None:
    """What is typed is filled in where something is missing; the rest is chosen in the form."""
    asked = await office.ask("/name", "starts_with:mango")
    values = {"namer": "elves", "count": "2", "temperature": "0.5", "length": "9"}
    office.slack.submit(office.owner, await asked.opened(), values)
    assert "elves: 2 new names" in (await asked.answer()).words
    request = office.bot.app.inference.names_asked[-1]  # type: ignore[attr-defined]
    assert (request.starts_with, request.count, request.temperature) == ("mango", 2, 0.5)


async def test_form_with_a_mistake(office: Office) -> None:
    """The sentence is beside the field, and the form stays open."""
    asked = await office.ask("/dinoname", "?")
    view = await asked.opened()
    submitted = office.slack.submit(office.owner, view, {"count": "99"}, forged=True)
    answer = await submitted.acknowledgement()
    assert answer["response_action"] == "errors"
    assert set(answer["errors"]) == {"count"}
    office.slack.submit(office.owner, view, {"count": "1"})
    assert "1 new dinosaur" in (await asked.answer()).words


async def test_subcommand_is_asked_for(office: Office) -> None:
    asked = await office.ask("/models", "")
    view = await asked.opened()
    chosen = office.slack.submit(office.owner, view, {"subcommand": "list"})
    assert (await chosen.acknowledgement())["response_action"] == "update"


@pytest.mark.parametrize(
    ("command", "option", "typed", "label"),
    [
        ("/name", "namer", "el", "elves"),
        ("/dinoname", "ends_with", "rapt", "raptor"),
        ("/models", "version", "", "shipped names"),
    ],
)
async def test_autocomplete(
    office: Office, command: str, option: str, typed: str, label: str
) -> None:
    asked = await office.ask(command, "info ?" if command == "/models" else "?")
    view = await asked.opened()
    options = await office.slack.suggest(office.owner, view, option, typed)
    assert label in " ".join(each["text"]["text"] + each["value"] for each in options)


async def test_nothing_odd_was_sent(office: Office) -> None:
    """Nothing was sent that Slack would read otherwise than it is meant."""
    assert office.slack.warnings == []
