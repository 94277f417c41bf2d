"""A set-up that works, on the simulator."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.platforms.slack.network import api
from bot.settings import SETTINGS
from simulators.discord.server import LocalDiscord
from tests.bot.operate.doctor.setups import PASSWORD, Setup, simulator_in_thread
from tests.databases import Templates


@pytest.fixture(scope="module")
def stand_in() -> Iterator[LocalDiscord]:
    with simulator_in_thread() as local:
        yield local


@pytest.fixture
def setup(
    tmp_path: Path, stand_in: LocalDiscord, monkeypatch: pytest.MonkeyPatch, templates: Templates
) -> Iterator[Setup]:
    """A set-up that works: a token, a server, a migrated SQLite file."""
    for name in SETTINGS:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "BASE_URL", "http://127.0.0.1:9/api/")  # no Slack
    made = Setup(tmp_path, stand_in, monkeypatch, [stand_in.token, PASSWORD])
    made.state_dir.mkdir()
    made.set("DISCORD_TOKEN", stand_in.token)
    made.set("STATE_DIR", str(made.state_dir))
    shutil.copyfile(templates.sqlite, made.database)
    with stand_in.pointing_clients_here(), made.held:
        yield made
