"""Processes that are closed at the end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import Store
from tests.bot.services.training.processes import World


@pytest.fixture
async def world(tmp_path: Path, store: Store) -> AsyncIterator[World]:
    made = World(tmp_path / "state", store)
    made.folder.mkdir()
    yield made
    for one in made.processes:
        await one.service.close()
