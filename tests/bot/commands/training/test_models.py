"""`/models` on a Discord in memory."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import simcord

from bot.commands.core.message import Button, Message, UserError
from bot.commands.training import models
from bot.commands.training.models import TaskOptions, parse_version
from bot.commands.training.version_views import common_endings, mean_length
from bot.discord.rendering import view_of
from bot.store.versions import Live
from models.weights import WeightsError
from tests.bot.commands.training.test_retrain import sentence
from tests.bot.conftest import Home
from tests.bot.services.test_model_registry import made
from tests.bot.turns import ADA, FakePlatform, FakeTurn


async def train(home: Home, folder: Path, *seeds: int, task: str = "names") -> None:
    """Make versions of these seeds, the last of them live."""
    for seed in seeds:
        await home.app.models.add_trained(task, made(folder, task, seed=seed), force=True)


async def live(home: Home, task: str = "names") -> Live:
    """The live version."""
    return (await home.app.store.versions.live())[task]


def description(result: simcord.InteractionResult) -> str:
    """The lines of an answer's embed."""
    assert result.response is not None
    return (result.response.embeds[0].description or "").replace("\\", "")


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


@pytest.mark.parametrize(
    "typed", ["", " ", "-1", "1.5", "twelve", "9" * 40, "shipped", "shipped plays", "²", "`"]
)
def test_parse_version_refuses(typed: str) -> None:
    with pytest.raises(UserError, match=r"isn't a version\. .* for example 12 or shipped names"):
        parse_version(typed)


@pytest.mark.parametrize("command", [models.list_, models.rollback])
async def test_unknown_task(home: Home, command: Callable[..., Awaitable[None]]) -> None:
    """An outdated choice, or a forged one."""
    turn = FakeTurn(FakePlatform(operators={ADA.id}))
    with pytest.raises(UserError, match="plays isn't a valid choice here"):
        await command(home.app, turn, TaskOptions("plays"))


async def test_unknown_button(home: Home, subtests: pytest.Subtests) -> None:
    for state in [
        "",
        "page",
        "page:names",
        "page:plays:1",
        "page:names:-1",
        "page:names:" + "9" * 30,
    ]:
        with subtests.test(state):
            view = view_of(Message(buttons=(Button("Older", "models", state),)))
            message = await home.bot.get_partial_messageable(home.channel.id).send("…", view=view)
            refused = sentence(await home.alice.click(message, label="Older"))
            assert "another version of the bot" in refused


def test_figures_of_names() -> None:
    names = ("Dracosaurus", "Mangosaurus", "Microraptor", "Minmi")
    assert mean_length(names) == (11 + 11 + 11 + 5) / 4
    assert common_endings(names) == [("saurus", 2), ("raptor", 1)]


async def test_list(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1, 2)
    result = await home.alice.slash(home.channel, "models list", task="names")
    assert result.ephemeral
    newest, older, shipped = description(result).split("\n")
    assert newest.startswith("**2** · <t:")
    assert "A corpus of tests · default · 1.355 · **live** (passed the comparison)" in newest
    assert older.startswith("**1** ·")
    assert "live" not in older
    assert shipped.startswith("**shipped** · Genus names of dinosaurs · best · 1.346")


async def test_list_without_trainings(home: Home) -> None:
    result = await home.alice.slash(home.channel, "models list", task="sonnets")
    assert description(result).startswith("**shipped** ·")
    assert "**live**" in description(result)


async def test_list_has_pages(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, *range(1, 12))
    first = await home.alice.slash(home.channel, "models list", task="names")
    assert first.response is not None
    assert len(description(first).split("\n")) == 10
    await home.alice.click(first.response, label="Older")
    second = home.channel.history(viewer=home.alice)[-1]
    assert (second.embeds[0].description or "").startswith("**1** ·")
    assert "page 2 of 2" in (second.embeds[0].footer.text or "")
    await home.alice.click(second, label="Newer")
    again = home.channel.history(viewer=home.alice)[-1]
    assert again.id == first.response.id
    assert len((again.embeds[0].description or "").split("\n")) == 10


async def test_info(home: Home, tmp_path: Path) -> None:
    samples = {**home.world.networks.samples, "names": ("novosaurus", "Dracoraptor")}
    home.world.networks.samples = samples
    await train(home, tmp_path, 1)
    samples = {**home.world.networks.samples, "names": ("Minmi", "Mangosaurus", "Shitosaurus")}
    home.world.networks.samples = samples
    await train(home, tmp_path, 2)
    result = await home.alice.slash(home.channel, "models info", version="2")
    assert result.ephemeral
    assert result.response is not None
    (embed,) = result.response.embeds
    assert embed.title == "Version 2 of names"
    fields = {field.name: field.value for field in embed.fields}
    assert fields["Reference loss"] == "1.355 nats/char (live version at the time: 1.346)"
    assert fields["Seed"] == "2"
    assert fields["Version 2"] == "Minmi\nMangosaurus"
    assert fields["Version 1"] == "Novosaurus\nDracoraptor"
    assert "Shipped" in fields
    assert "Mean length in letters: 8.0 (Version 2), 10.5 (Version 1)" in description(result)
    assert "Endings of Version 2: -saurus 50%" in description(result)
    assert (embed.image.url or "").endswith("loss.png")


async def test_info_of_verse(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1, task="sonnets")
    result = await home.alice.slash(home.channel, "models info", version="1")
    assert "**Version 1**\nA line of verse that\nnobody has read" in description(result)


async def test_info_of_shipped_weights(home: Home) -> None:
    result = await home.alice.slash(home.channel, "models info", version="shipped names")
    assert result.response is not None
    assert result.response.embeds[0].title == "Shipped version of names"
    assert description(result).startswith("Live.")


async def test_missing_version(home: Home, subtests: pytest.Subtests) -> None:
    ada = home.administrator()
    for command in ["models info", "models activate"]:
        for version, why in [
            ("99", "There's no version 99. See all with `/models list`."),
            ("x" * 40, "isn't a version"),
            ("shipped", "isn't a version"),
            ("@everyone", "`@everyone` isn't a version"),
        ]:
            with subtests.test(command, version=version):
                result = await ada.slash(home.channel, command, version=version)
                assert why in sentence(result)
                assert result.ephemeral


async def test_activate_and_roll_back(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1, 2)
    ada = home.administrator()
    result = await ada.slash(home.channel, "models activate", version="1")
    assert "✅ Version 1 of names is live now." in sentence(result)
    assert not result.ephemeral
    assert home.world.networks.served["names"].card.seed == 1
    assert (await live(home)).reason == "activated"
    result = await ada.slash(home.channel, "models rollback", task="names")
    assert "↩️ Version 2 of names is live again." in sentence(result)
    assert home.world.networks.served["names"].card.seed == 2
    result = await ada.slash(home.channel, "models activate", version="shipped names")
    assert "The shipped version of names is live now." in sentence(result)
    assert home.world.networks.served["names"].card.recipe == "best"
    assert (await live(home)).version_id is None


async def test_version_that_is_live_already(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1)
    for version in ("1", "shipped sonnets"):
        result = await home.administrator().slash(home.channel, "models activate", version=version)
        assert "is live already" in sentence(result)


async def test_nothing_to_roll_back_to(home: Home) -> None:
    result = await home.administrator().slash(home.channel, "models rollback", task="sonnets")
    assert "There's no earlier version of sonnets." in sentence(result)


async def test_members_change_nothing(home: Home, tmp_path: Path) -> None:
    """They are told about versions, not about retraining."""
    await train(home, tmp_path, 1, 2)
    before = await live(home)
    switch = await home.alice.slash(home.channel, "models activate", version="1")
    back = await home.alice.slash(home.channel, "models rollback", task="names")
    for refused in (switch, back):
        assert (
            sentence(refused) == "Only administrators of this server can choose the live version."
        )
        assert refused.ephemeral
    assert await live(home) == before


async def test_version_that_cannot_write(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1, 2)
    before = await live(home)
    home.world.networks.error = WeightsError("It cannot write a poem.")
    ada = home.administrator()
    switch = await ada.slash(home.channel, "models activate", version="1")
    assert "Version 1 of names can't be used. It cannot write a poem." in sentence(switch)
    back = await ada.slash(home.channel, "models rollback", task="names")
    assert "The earlier version of names can't be used." in sentence(back)
    assert await live(home) == before


async def test_suggestions(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1, 2)
    await train(home, tmp_path, 3, task="sonnets")

    async def offered(typed: str) -> list[object]:
        choices = await home.alice.autocomplete(home.channel, "models info", "version", typed)
        return [choice["value"] for choice in choices]

    assert await offered("") == ["3", "2", "1", "shipped names", "shipped sonnets"]
    assert await offered("2") == ["2"]
    assert await offered("sonn") == ["3", "shipped sonnets"]
    assert await offered("shipped n") == ["shipped names"]
    assert await offered("nonsense") == []


async def test_about_has_the_version(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1)
    result = await home.alice.slash(home.channel, "about")
    assert result.response is not None
    value = result.response.embeds[0].fields[0].value
    assert (value or "").startswith("Version 1, live since <t:")
