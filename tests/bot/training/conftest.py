"""Bots that learn any list."""

from pathlib import Path

import pytest

from tests.bot.chats.protocol import Chat
from tests.bot.training.lists import teach


@pytest.fixture
def teachable(chat: Chat, tmp_path: Path) -> Chat:
    """A bot that will learn whatever list it is given."""
    return teach(chat, tmp_path)
