"""`/models`, as members and administrators meet it."""

from pathlib import Path

import pytest
import simcord

from bot.commands.message import UserError
from bot.commands.models import commonest_endings, mean_length, of_page, parse
from bot.store.versions import Live
from models.weights import WeightsError
from tests.bot.commands.test_retrain import sentence
from tests.bot.conftest import Home
from tests.bot.services.test_model_registry import made


async def train(home: Home, folder: Path, *seeds: int, kind: str = "names") -> None:
    """Make versions of these seeds, the last of them live."""
    for seed in seeds:
        await home.app.models.add_trained(kind, made(folder, kind, seed=seed), force=True)


async def live(home: Home, kind: str = "names") -> Live:
    """What is live."""
    return (await home.app.store.versions.live())[kind]


def description(result: simcord.InteractionResult) -> str:
    """The lines of a reply's card."""
    assert result.response is not None
    return result.response.embeds[0].description or ""


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
def test_a_version_is_a_number_or_the_shipped_weights_of_a_kind(typed: str, read: object) -> None:
    assert parse(typed) == read


@pytest.mark.parametrize(
    "typed", ["", " ", "-1", "1.5", "twelve", "9" * 40, "shipped", "shipped plays", "²", "`"]
)
def test_what_is_no_version_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(UserError, match="shipped names"):
        parse(typed)


@pytest.mark.parametrize("state", ["", "page", "page:names", "page:plays:1", "page:names:-1"])
def test_a_button_that_turns_no_page_is_told(state: str) -> None:
    assert of_page(state) is None


def test_figures_of_names() -> None:
    names = ("dracosaurus", "mangosaurus", "microraptor", "minmi")
    assert mean_length(names) == (11 + 11 + 11 + 5) / 4
    assert commonest_endings(names) == [("saurus", 2), ("raptor", 1)]


async def test_everybody_may_list_versions(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1, 2)
    result = await home.alice.slash(home.channel, "models list", kind="names")
    assert result.ephemeral
    newest, older, shipped = description(result).split("\n")
    assert newest.startswith("**2** · <t:")
    assert "A corpus of tests · default · 1.430 · **live** (no worse than the one before)" in newest
    assert older.startswith("**1** ·")
    assert "live" not in older
    assert shipped.startswith("**shipped** · Genus names of dinosaurs · best · 1.422")


async def test_where_nothing_was_trained_the_shipped_weights_are_live(home: Home) -> None:
    result = await home.alice.slash(home.channel, "models list", kind="sonnets")
    assert description(result).startswith("**shipped** ·")
    assert "**live**" in description(result)


async def test_a_long_list_has_pages(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, *range(1, 12))
    first = await home.alice.slash(home.channel, "models list", kind="names")
    assert first.response is not None
    assert len(description(first).split("\n")) == 10
    await home.alice.click(first.response, label="Older")
    second = home.channel.history(viewer=home.alice)[-1]
    assert (second.embeds[0].description or "").startswith("**1** ·")
    assert "page 2 of 2" in (second.embeds[0].footer.text or "")
    await home.alice.click(second, label="Newer")
    again = home.channel.history(viewer=home.alice)[-1]
    assert again.id == first.response.id
    assert (again.embeds[0].description or "") == description(first)


async def test_everybody_may_see_all_about_a_version_and_how_names_changed(
    home: Home, tmp_path: Path
) -> None:
    await train(home, tmp_path, 1)
    samples = {**home.world.networks.samples, "names": ("minmi", "mangosaurus", "shitosaurus")}
    home.world.networks.samples = samples
    await train(home, tmp_path, 2)
    result = await home.alice.slash(home.channel, "models info", version="2")
    assert result.ephemeral
    assert result.response is not None
    (card,) = result.response.embeds
    assert card.title == "Version 2 of names"
    fields = {field.name: field.value for field in card.fields}
    assert fields["Yardstick"] == "1.430 nats/char; held against 1.422"
    assert fields["Seed"] == "2"
    assert fields["Version 2"] == "Minmi\nMangosaurus"
    assert fields["Version 1"] == "Novosaurus\nDracoraptor"
    assert "Shipped" in fields
    assert "8.0 (Version 2), 10.5 (Version 1)" in (card.description or "")
    assert "-saurus 50%" in (card.description or "")
    assert (card.image.url or "").endswith("loss.png")


async def test_a_version_of_verse_shows_its_lines(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1, kind="sonnets")
    result = await home.alice.slash(home.channel, "models info", version="1")
    assert "**Version 1**\nA line of verse that\nnobody has read" in description(result)


async def test_the_shipped_weights_have_a_sheet_too(home: Home) -> None:
    result = await home.alice.slash(home.channel, "models info", version="shipped names")
    assert result.response is not None
    assert result.response.embeds[0].title == "The names that came with me"
    assert description(result).startswith("Live.")


@pytest.mark.parametrize("command", ["models info", "models activate"])
@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("99", "There is no version 99"),
        ("x" * 300, "I know no version"),
        ("shipped", "Which: `shipped names` or `shipped sonnets`?"),
        ("@everyone", "I know no version"),
    ],
)
async def test_a_version_that_there_is_not_is_refused(
    home: Home, command: str, version: str, why: str
) -> None:
    result = await home.administrator().slash(home.channel, command, version=version)
    assert why in sentence(result)
    assert result.ephemeral
    assert home.env.errors


async def test_an_administrator_switches_and_goes_back_without_a_restart(
    home: Home, tmp_path: Path
) -> None:
    await train(home, tmp_path, 1, 2)
    ada = home.administrator()
    result = await ada.slash(home.channel, "models activate", version="1")
    assert "Version 1 of my names is live from now on." in sentence(result)
    assert not result.ephemeral
    assert home.world.networks.served["names"].card.seed == 1
    assert (await live(home)).reason == "activated"
    result = await ada.slash(home.channel, "models rollback", kind="names")
    assert "Version 2 of my names is live again." in sentence(result)
    assert home.world.networks.served["names"].card.seed == 2
    result = await ada.slash(home.channel, "models activate", version="shipped names")
    assert "The shipped version of my names is live" in sentence(result)
    assert home.world.networks.served["names"].card.recipe == "best"
    assert (await live(home)).version_id is None


async def test_what_is_live_already_is_said(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1)
    for version in ("1", "shipped sonnets"):
        result = await home.administrator().slash(home.channel, "models activate", version=version)
        assert "is live already" in sentence(result)
    assert home.env.errors


async def test_there_may_be_nothing_to_go_back_to(home: Home) -> None:
    result = await home.administrator().slash(home.channel, "models rollback", kind="sonnets")
    assert "There is nothing to go back to" in sentence(result)
    assert home.env.errors


async def test_others_may_neither_switch_nor_go_back(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1, 2)
    before = await live(home)
    switch = await home.alice.slash(home.channel, "models activate", version="1")
    back = await home.alice.slash(home.channel, "models rollback", kind="names")
    for refused in (switch, back):
        assert "Only administrators" in sentence(refused)
        assert refused.ephemeral
    assert await live(home) == before
    assert home.env.errors


async def test_a_version_that_cannot_write_is_not_activated(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1, 2)
    before = await live(home)
    home.world.networks.error = WeightsError("It cannot write a poem.")
    ada = home.administrator()
    switch = await ada.slash(home.channel, "models activate", version="1")
    assert "Version 1 cannot be used. It cannot write a poem." in sentence(switch)
    back = await ada.slash(home.channel, "models rollback", kind="names")
    assert "What was live before cannot be used." in sentence(back)
    assert await live(home) == before
    assert home.env.errors


async def test_versions_are_offered_as_one_types(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1, 2)
    await train(home, tmp_path, 3, kind="sonnets")

    async def offered(typed: str) -> list[object]:
        choices = await home.alice.autocomplete(home.channel, "models info", "version", typed)
        return [choice["value"] for choice in choices]

    assert await offered("") == ["3", "2", "1", "shipped names", "shipped sonnets"]
    assert await offered("2") == ["2"]
    assert await offered("sonn") == ["3", "shipped sonnets"]
    assert await offered("shipped n") == ["shipped names"]
    assert await offered("nonsense") == []


async def test_about_tells_the_version(home: Home, tmp_path: Path) -> None:
    await train(home, tmp_path, 1)
    result = await home.alice.slash(home.channel, "about")
    assert result.response is not None
    value = result.response.embeds[0].fields[0].value
    assert (value or "").startswith("Version 1, live since <t:")
