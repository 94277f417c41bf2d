"""`/models`."""

from pathlib import Path

import pytest

from bot.chat.message import Button, Message, UserError
from bot.trainer.queries import Live, Versions
from bot.training import models
from bot.training.models import TaskOptions, parse_version
from models.weights import WeightsError
from tests.bot.chats.protocol import Chat
from tests.bot.trainer.test_registry import made
from tests.bot.turns import ADA, FakePlatform, FakeTurn
from tests.texts import written


async def train(chat: Chat, folder: Path, *seeds: int, task: str = "names") -> None:
    """Make versions of these seeds, the last of them live."""
    for seed in seeds:
        await chat.app.models.add_trained(task, made(folder, task, seed=seed), force=True)


async def live(chat: Chat, task: str = "names") -> Live:
    """The live version."""
    return (await chat.app.store[Versions].live())[task]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12", 12),
        (" #12 ", 12),
        ("shipped names", "names"),
        ("Shipped-Sonnets", "sonnets"),
        ("sonnets shipped", "sonnets"),
    ],
)
def test_parse_version(typed: str, read: object) -> None:
    assert parse_version(typed) == read


async def test_forged_requests(chat: Chat, subtests: pytest.Subtests) -> None:
    """Outdated choices and buttons, or forged ones."""
    turn = FakeTurn(FakePlatform(operators={ADA.id}))
    for command in (models.list_, models.rollback):
        with pytest.raises(UserError, match="plays isn't a valid choice here"):
            await command(chat.app, turn, TaskOptions("plays"))
    pages = ("", ":names", ":plays:1", ":names:-1", ":names:" + "9" * 30)
    for state in ("", *(f"page{page}" for page in pages)):
        with subtests.test(state):
            message = await chat.show(Message(buttons=(Button(written("Older"), "models", state),)))
            refused = (await chat.alice.press(message, "Older")).text
            assert "another version of the bot" in refused


@pytest.mark.both
async def test_list(chat: Chat, tmp_path: Path) -> None:
    await train(chat, tmp_path, *range(1, 12))
    first = await chat.alice.use("models list", task="names")
    assert first.is_private
    newest, older, *others = first.body.split("\n")
    assert newest.startswith("11 · [")
    assert "A corpus of tests · default · 1.355 · live (passed the comparison)" in newest
    assert older.startswith("10 ·")
    assert "live" not in older
    assert len(others) == 8
    second = await chat.alice.press(first, "Older")
    oldest, shipped = second.lines
    assert oldest.startswith("1 ·")
    assert shipped.startswith("shipped · Genus names of dinosaurs · best · 1.346")
    assert "page 2 of 2" in second.card.footer
    again = await chat.alice.press(second, "Newer")
    assert len(again.lines) == 10
    alone = await chat.alice.use("models list", task="sonnets")
    assert alone.card.footer.startswith("The lower the number, the better the version predicts")
    assert [*alone.buttons] == []
    beyond = Message(buttons=(Button(written("Older"), "models", "page:names:99"),))
    assert (await chat.alice.press(await chat.show(beyond), "Older")).lines == second.lines


@pytest.mark.both
async def test_info(chat: Chat, tmp_path: Path) -> None:
    samples = {**chat.world.networks.samples, "names": ("Novosaurus", "Dracoraptor")}
    chat.world.networks.samples = samples
    await train(chat, tmp_path, 1)
    samples = {**chat.world.networks.samples, "names": ("Minmi", "Mangosaurus", "Shitosaurus")}
    chat.world.networks.samples = samples
    await train(chat, tmp_path, 2)
    result = await chat.alice.use("models info", version="2")
    assert result.is_private
    assert result.title == "Version 2 of the names model"
    fields = result.card.fields
    assert fields["Reference loss"] == "1.355 nats/char (live version at the time: 1.346)"
    assert fields["Seed"] == "2"
    assert fields["Version 2"] == "Minmi\nMangosaurus"
    assert fields["Version 1"] == "Novosaurus\nDracoraptor"
    assert "Shipped" in fields
    assert [file.name for file in result.files] == ["loss.png"]


async def test_info_of_others(chat: Chat, tmp_path: Path) -> None:
    """Of verse, and of the shipped weights."""
    await train(chat, tmp_path, 1, task="sonnets")
    result = await chat.alice.use("models info", version="1")
    assert "Version 1\nA line of verse that\nnobody has read" in result.body
    result = await chat.alice.use("models info", version="shipped names")
    assert result.title == "Built-in names model"
    assert result.body.startswith("Live.")


async def test_refusals(chat: Chat, tmp_path: Path, subtests: pytest.Subtests) -> None:
    await train(chat, tmp_path, 1)
    ada = await chat.add_administrator()
    refusals = [
        ("99", "There's no version 99. To see all versions, use /models list."),
        ("x" * 40, "isn't a version"),
        ("shipped", "isn't a version"),
        ("@everyone", "@everyone isn't a version"),
    ]
    live = [("1", "is already live"), ("shipped sonnets", "is already live")]
    for command, cases in (("models info", refusals), ("models activate", refusals + live)):
        for version, why in cases:
            with subtests.test(command, version=version):
                result = await ada.use(command, version=version)
                assert why in result.text
                assert result.is_private
    result = await ada.use("models rollback", task="sonnets")
    assert "There's no earlier version of the sonnets model." in result.text


async def test_activate_and_roll_back(chat: Chat, tmp_path: Path) -> None:
    await train(chat, tmp_path, 1, 2)
    ada = await chat.add_administrator()
    result = await ada.use("models activate", version="1")
    assert "✅ Version 1 of the names model is now live." in result.text
    assert not result.is_private
    assert chat.world.networks.served["names"].card.seed == 1
    assert (await live(chat)).reason == "activated"
    result = await ada.use("models rollback", task="names")
    assert "↩️ Version 2 of the names model is live again." in result.text
    assert chat.world.networks.served["names"].card.seed == 2
    result = await ada.use("models activate", version="shipped names")
    assert "The built-in version of the names model is now live." in result.text
    assert chat.world.networks.served["names"].card.recipe == "best"
    assert (await live(chat)).version_id is None


async def test_version_that_cannot_write(chat: Chat, tmp_path: Path) -> None:
    await train(chat, tmp_path, 1, 2)
    before = await live(chat)
    chat.world.networks.error = WeightsError("It cannot write a poem.")
    ada = await chat.add_administrator()
    switch = await ada.use("models activate", version="1")
    assert "Version 1 of the names model can't be used. It cannot write a poem." in switch.text
    back = await ada.use("models rollback", task="names")
    assert "The earlier version of the names model can't be used." in back.text
    assert await live(chat) == before


@pytest.mark.both
async def test_suggestions(chat: Chat, tmp_path: Path) -> None:
    await train(chat, tmp_path, 1, 2)
    await train(chat, tmp_path, 3, task="sonnets")

    async def offered(typed: str) -> list[str]:
        choices = await chat.alice.suggestions("models info", "version", typed)
        return [choice.value for choice in choices]

    assert await offered("") == ["3", "2", "1", "shipped names", "shipped sonnets"]
    assert await offered("2") == ["2"]
    assert await offered("sonn") == ["3", "shipped sonnets"]
    assert await offered("shipped n") == ["shipped names"]
    assert await offered("nonsense") == []
