"""The bot with tiny networks and its trainer process, over real sockets."""

import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import discord
import pytest
from bot.services.training.retraining import Order, Retraining, TrainerProcess

from bot.discord.client import Mangosaurus
from bot.discord.markdown import escape
from bot.local.records import Message
from bot.local.server import LocalDiscord
from bot.services.custom_models import CustomModels
from bot.services.legacy_weights import retrained_path
from bot.services.model_registry import open_versions
from bot.services.word_filter import WordFilter
from bot.settings import Settings
from tests.bot.hostile import HOSTILE_OPENINGS
from tests.bot.tiny import write_tiny_weights
from tests.databases import Templates, store_in
from tests.end_to_end.conftest import eventually, running

SLOW_TRAINER = """
import json, signal, sys, time
def stop(*_):
    print(json.dumps({"event": "stopped"}), flush=True)
    sys.exit(3)
signal.signal(signal.SIGTERM, stop)
print(json.dumps({"event": "plan", "steps": 9, "corpus": "Mine", "notes": []}), flush=True)
time.sleep(60)
"""

QUICK_TRAINER = """
import json, sys
from pathlib import Path
out = Path(sys.argv[sys.argv.index("--out") + 1])
out.write_bytes(Path({weights!r}).read_bytes())
out.with_suffix(".png").write_bytes(b"a curve")
print(json.dumps({{"event": "done", "weights": str(out), "plot": str(out.with_suffix(".png")),
    "validation": 1.5, "samples": ["novosaurus"], "seconds": 3}}))
"""


@dataclass(frozen=True)
class Scene:
    """A running bot and the Discord that it runs on."""

    local: LocalDiscord
    bot: Mangosaurus
    folder: Path

    def train_with(self, source: str) -> None:
        """What `/retrain` will run."""
        (self.folder / "trainer.py").write_text(source)

    @property
    def report(self) -> Message:
        """The ordinary message that a training reports in."""
        return next(message for message in self.local.messages if message.asked is None)


@contextlib.asynccontextmanager
async def playing(
    local: LocalDiscord,
    folder: Path,
    templates: Templates,
    home_guilds: frozenset[int] = frozenset(),
) -> AsyncIterator[Scene]:
    """A bot that keeps everything in `folder`."""
    settings = Settings(
        _env_file=None, state_dir=folder / "state", cooldown_seconds=0, home_guilds=home_guilds
    )
    write_tiny_weights(settings.state_dir)
    words = WordFilter()
    store, now = store_in(settings.state_dir, templates), discord.utils.utcnow
    inference, versions = await open_versions(store, settings.state_dir, words.allows, now=now)

    def launch(order: Order, results: Path) -> TrainerProcess:
        command = [sys.executable, str(folder / "trainer.py")]
        return TrainerProcess(order, results, command=command)

    make = partial(
        Mangosaurus,
        settings=settings,
        writer=inference,
        words=words,
        retraining=Retraining(
            settings.state_dir,
            versions.add_trained,
            store.versions,
            rest=timedelta(0),
            now=now,
            launch=launch,
        ),
        namers=CustomModels(settings.state_dir, store, inference, now=now),
        store=store,
        versions=versions,
        version="0",
        always_sync=True,
        edit_interval=0.2,
        guild_ready_timeout=0.1,
    )
    async with running(make, local) as bot:
        yield Scene(local, bot, folder)
    await inference.close()


@pytest.fixture
async def scene(tmp_path: Path, local: LocalDiscord, templates: Templates) -> AsyncIterator[Scene]:
    async with playing(local, tmp_path, templates) as begun:
        yield begun


async def finished_poem(scene: Scene, opening: str) -> Message:
    """Ask for a poem and wait for its end."""
    asked = await scene.local.run_command("sonnet", {"opening": opening} if opening else {})
    await scene.local.wait_for(lambda: asked.message.buttons, what="The end of the poem")
    return asked.message


@pytest.mark.parametrize("opening", HOSTILE_OPENINGS.values(), ids=HOSTILE_OPENINGS.keys())
async def test_poem_of_any_opening(scene: Scene, opening: str) -> None:
    poem = await finished_poem(scene, opening)
    stanzas = poem.embed["description"].split("\n\n")
    lines = [line for stanza in stanzas for line in stanza.split("\n")]
    assert [stanza.count("\n") + 1 for stanza in stanzas] == [4, 4, 4, 2]
    first_word = escape(opening).split()[:1]
    assert not first_word or lines[0].startswith(first_word[0])
    assert not poem.mentions
    assert not poem.mention_everyone


async def test_another_poem_has_the_same_opening(scene: Scene) -> None:
    poem = await finished_poem(scene, "Shall I ")
    assert poem.edits
    again = await scene.local.press(poem, "Another")
    assert again.message.embed["footer"]["text"].startswith("From “Shall I ” · ")
    await scene.local.wait_for(lambda: again.message.buttons)
    assert again.message.embed["description"] != poem.embed["description"]


async def test_deleted_poem_is_cancelled(scene: Scene) -> None:
    asked = await scene.local.run_command("sonnet", until="acknowledged")
    scene.local.state.channel.delete(asked.message.channel_id, asked.message.id)
    inference = scene.bot.app.inference
    await eventually(lambda: inference.at_work == 0)  # type: ignore[attr-defined]
    assert (await scene.local.run_command("help")).message.embed


async def test_more_names(scene: Scene) -> None:
    asked = await scene.local.run_command("dinoname", {"count": 3, "starts_with": "Man"})
    assert [line[:5] for line in asked.message.embed["description"].split("\n")] == ["**Man"] * 3
    more = await scene.local.press(asked.message, "More")
    assert more.message.embed["description"] != asked.message.embed["description"]


async def test_endings_are_completed(scene: Scene) -> None:
    offered = await scene.local.autocomplete("dinoname", "ends_with", "rap")
    assert [choice["value"] for choice in offered] == ["rap", "raptor"]
    asked = await scene.local.run_command("dinoname", {"ends_with": offered[1]["value"]})
    assert asked.message.embed["description"].count("raptor**") == 5


async def test_dissect(scene: Scene) -> None:
    names = await scene.local.run_command("dinoname", {"count": 2})
    which = await scene.local.press(names.message, "Dissect")
    assert which.message.ephemeral
    name = which.message.buttons[1].label
    asked = await scene.local.press(which.message, name)
    assert name in asked.message.embed["title"]
    (picture,) = asked.message.files
    assert picture.data.startswith(b"\x89PNG")
    assert f"each letter of {name}" in (picture.description or "")
    assert asked.message.embed["image"]["url"] == picture.url


async def test_new_weights_survive_a_restart(
    scene: Scene, tmp_path: Path, templates: Templates
) -> None:
    fresh = tmp_path / "fresh"
    write_tiny_weights(fresh, reference_loss=1.43)
    scene.train_with(QUICK_TRAINER.format(weights=str(retrained_path(fresh, "names"))))
    before = scene.bot.app.inference.cards["names"]
    asked = await scene.local.run_command("retrain names", {"seed": 5}, as_admin=True)
    assert asked.message.ephemeral
    await scene.local.wait_for(lambda: "in use" in scene.report.embed["title"])
    assert "Novosaurus" in scene.report.embed["description"]
    assert [file.data for file in scene.report.files] == [b"a curve"]
    assert scene.bot.app.inference.cards["names"] is not before
    await eventually(lambda: not scene.bot.app.training.running)
    store, words = store_in(tmp_path / "state", templates), scene.bot.app.word_filter
    again, _ = await open_versions(
        store, tmp_path / "nowhere", words.allows, now=discord.utils.utcnow
    )
    assert again.cards["names"] == scene.bot.app.inference.cards["names"]
    await again.close()
    await store.close()


async def test_weights_of_another_task_are_rejected(scene: Scene, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    write_tiny_weights(fresh)
    wrong = retrained_path(fresh, "sonnets")
    scene.train_with(QUICK_TRAINER.format(weights=str(wrong)))
    before = scene.bot.app.inference.cards["names"]
    await scene.local.run_command("retrain names", as_admin=True)
    await scene.local.wait_for(lambda: "could not be retrained" in scene.report.embed["title"])
    assert scene.bot.app.inference.cards["names"] is before


async def test_stop_training(scene: Scene) -> None:
    scene.train_with(SLOW_TRAINER)
    await scene.local.run_command("retrain names", as_admin=True)
    await scene.local.wait_for(lambda: scene.report.embed["description"] == "Mine")
    refused = await scene.local.press(scene.report, "Stop")
    assert "Only administrators" in refused.message.content
    await scene.local.press(scene.report, "Stop", as_admin=True)
    await scene.local.wait_for(lambda: "was stopped" in scene.report.embed["title"])
    assert "pressed Stop" in scene.report.embed["description"]
    assert not scene.report.buttons


async def test_only_guild_is_the_home_guild(scene: Scene) -> None:
    scene.train_with(SLOW_TRAINER)
    asked = await scene.local.run_command("retrain names", as_admin=True)
    assert not await scene.bot.is_owner(discord.Object(int(asked.user.id)))  # type: ignore[arg-type]
    assert "has begun" in asked.message.content


async def test_other_guilds_cannot_retrain(
    local: LocalDiscord, tmp_path: Path, templates: Templates
) -> None:
    async with playing(
        local, tmp_path, templates, home_guilds=frozenset({local.guild_id + 1})
    ) as scene:
        refused = await local.run_command("retrain names", as_admin=True)
        assert "HOME_GUILDS" in refused.message.content
        assert refused.message.ephemeral
        assert not scene.bot.app.training.running


async def test_one_training_at_a_time(scene: Scene) -> None:
    scene.train_with(SLOW_TRAINER)
    await scene.local.run_command("retrain names", as_admin=True)
    second = await scene.local.run_command("retrain names", as_admin=True)
    assert "one at a time" in second.message.content
    assert [button.label for button in second.message.buttons] == ["Stop"]


async def test_shutdown_stops_the_training(scene: Scene) -> None:
    scene.train_with(SLOW_TRAINER)
    await scene.local.run_command("retrain names", as_admin=True)
    await scene.local.wait_for(lambda: scene.report.embed["description"] == "Mine")
    await scene.bot.shut_down()
    assert "I am being restarted" in scene.report.embed["description"]
    assert not (scene.folder / "state" / "retraining.json").exists()


async def test_shutdown_finishes_the_poem(scene: Scene) -> None:
    asked = await scene.local.run_command("sonnet", until="acknowledged")
    await scene.bot.shut_down()
    assert len(asked.message.embed["description"].replace("\n\n", "\n").split("\n")) == 14
    assert asked.message.buttons
