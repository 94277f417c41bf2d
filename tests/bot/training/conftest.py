"""Processes that are closed at the end, and bots that learn any list."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import Store
from tests.bot.chats.protocol import Chat
from tests.bot.training.lists import teach
from tests.bot.training.processes import Bots


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
