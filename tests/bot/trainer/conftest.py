"""Processes that are closed at the end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import Store
from tests.bot.trainer.processes import Bots


@pytest.fixture
async def bots(tmp_path: Path, store: Store) -> AsyncIterator[Bots]:
    made = Bots(tmp_path / "state", store)
    made.folder.mkdir()
    yield made
    for one in made.processes:
        await one.service.close()
