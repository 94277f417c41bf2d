"""A list to train on, where the weights go, and the command itself."""

import json
from pathlib import Path

import pytest

from bot.text.stored import read_stored
from bot.train import main
from data.corpora import load_names
from tests.slow.training.small import Events, Report, small_trainer


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
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        for event in events:  # sentences are phrases, which the bot translates
            if "notes" in event:
                event["notes"] = [read_stored(note) for note in event["notes"]]
            if "message" in event:
                event["message"] = read_stored(event["message"])
        return code, events

    return run
