"""Processes that are closed at the end, bots that learn any list, and the command that trains."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import Store
from bot.train import main
from data.corpora import load_names
from tests.bot.chats.protocol import Chat
from tests.bot.training.lists import teach
from tests.bot.training.processes import Bots
from tests.bot.training.small import Events, Report, small_trainer


@pytest.fixture
async def bots(tmp_path: Path, store: Store) -> AsyncIterator[Bots]:
    made = Bots(tmp_path / "state", store)
    made.folder.mkdir()
    yield made
    for one in made.processes:
        await one.service.close()


@pytest.fixture
def teachable(chat: Chat, tmp_path: Path) -> Chat:
    """A bot that will learn whatever list it is given."""
    return teach(chat, tmp_path)


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of forty names, one of them twice, that is trained on in a second."""
    monkeypatch.setattr("models.names.recipes.NamesTrainer", small_trainer)
    path = tmp_path / "elves.txt"
    listed = [*load_names().training[:40], load_names().training[0]]
    path.write_text("\n".join(listed))
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "down" / "elves.safetensors"


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    """A function that runs the command. Returns its exit code and its events."""

    def run(*arguments: object) -> tuple[int, Events]:
        code = main([*map(str, arguments), "--progress", "json"])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run
