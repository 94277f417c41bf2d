"""The bot with tiny networks and a scripted trainer process, over real sockets."""

import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.chat.app import MOST_RECEIPTS
from bot.platforms.discord.client import Mangosaurus
from bot.trainer.queries import TrainingRequest
from bot.trainer.trainer import RunFolder, TrainerProcess
from simulators.discord.records import Message
from simulators.discord.server import LocalDiscord
from tests.bot.tiny import tiny_weights_path, write_tiny_weights
from tests.end_to_end.conftest import mangosaurus

SLOW_TRAINER = """
import json, time
print(json.dumps({"event": "plan", "steps": 9, "corpus": "Mine", "notes": []}), flush=True)
time.sleep(600)
"""

QUICK_TRAINER = """
import json, sys
from pathlib import Path
out = Path(sys.argv[sys.argv.index("--out") + 1])
print(json.dumps({{"event": "plan", "steps": 9, "corpus": "Mine", "notes": []}}), flush=True)
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
        """Replace the trainer."""
        (self.folder / "trainer.py").write_text(source)

    @property
    def report(self) -> Message:
        """The progress message of a training: an ordinary message."""
        return next(message for message in self.local.messages if message.asked is None)


@contextlib.asynccontextmanager
async def playing(
    local: LocalDiscord, folder: Path, home_guilds: frozenset[int] | None = None
) -> AsyncIterator[Scene]:
    """A bot that keeps everything in `folder`."""
    state_dir = folder / "state"
    if not state_dir.exists():
        write_tiny_weights(state_dir)

    def launch(request: TrainingRequest, results: RunFolder, resume: bool) -> TrainerProcess:
        command = [sys.executable, str(folder / "trainer.py")]
        return TrainerProcess(request, results, resume, command=command)

    homes: dict[str, Any] = {} if home_guilds is None else {"home_guilds": home_guilds}
    async with mangosaurus(local, state_dir, launch=launch, edit_interval=0.2, **homes) as bot:
        yield Scene(local, bot, folder)


@pytest.fixture
async def scene(tmp_path: Path, local: LocalDiscord) -> AsyncIterator[Scene]:
    async with playing(local, tmp_path) as begun:
        yield begun


def better_weights(folder: Path, task: str) -> str:
    """Source of a trainer whose result is better than the live version."""
    write_tiny_weights(folder, reference_loss=1.35)
    return QUICK_TRAINER.format(weights=str(tiny_weights_path(folder, task)))


async def test_votes_precede_receipts(scene: Scene) -> None:
    """In a rush of votes all are acknowledged in time; the receipts follow."""
    receipts = scene.bot.app.receipts
    poll = (await scene.local.run_command("dinoname", {"count": 2})).message
    for _ in range(MOST_RECEIPTS):
        await receipts.acquire()
    asked = await scene.local.press(poll, poll.buttons[0].label, until="acknowledged")
    assert not asked.followups
    receipts.release()
    await scene.local.wait_for(lambda: asked.followups, what="The receipt")
    assert "You voted for" in asked.message.content


async def test_new_weights_survive_a_restart(local: LocalDiscord, tmp_path: Path) -> None:
    async with playing(local, tmp_path) as scene:
        scene.train_with(better_weights(tmp_path / "fresh", "names"))
        before = scene.bot.app.inference.cards["names"]
        asked = await local.run_command("retrain names", {"seed": 5}, by=local.admin)
        assert asked.message.ephemeral
        await local.wait_for(lambda: "is live" in scene.report.embed["title"])
        corpus, names = scene.report.embed["description"].split("\n\n")
        assert corpus == "A corpus of tests"
        assert names
        asked = await local.press(scene.report, "Details")
        assert [file.data for file in asked.message.files] == [b"a curve"]
        trained = scene.bot.app.inference.cards["names"]
        assert trained != before
    async with playing(local, tmp_path) as scene:
        assert scene.bot.app.inference.cards["names"] == trained


async def test_only_guild_is_the_home_guild(scene: Scene) -> None:
    scene.train_with(SLOW_TRAINER)
    asked = await scene.local.run_command("retrain names", by=scene.local.admin)
    assert not await scene.bot.is_owner(discord.Object(int(asked.user.id)))  # type: ignore[arg-type]
    assert "Training names. Follow along:" in asked.message.content
