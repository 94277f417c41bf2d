"""A bot with fake networks on the simulator of Slack, and what tests read from its cards."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.platforms.slack.client import SlackBot
from bot.settings import Settings
from models.training.events import TrainingEvent
from simulators.slack.records import Message
from simulators.slack.server import LocalSlack
from tests.bot.conftest import World
from tests.databases import Templates

PATIENCE_S = 60.0
"""For acknowledgements, since this machine may be busy."""


@asynccontextmanager
async def bot_on(
    slack: LocalSlack,
    folder: Path,
    templates: Templates,
    *,
    training: list[TrainingEvent | int] | None = None,
) -> AsyncIterator[SlackBot]:
    """A bot with fake networks, connected. Its workspace is a home."""
    settings = Settings(state_dir=folder, cooldown_seconds=0, retrain_cooldown_minutes=0)
    app = World(settings, templates, training=[] if training is None else training).make_app()
    tokens = slack.bot_token, slack.app_token
    bot = SlackBot(app, *tokens, base_url=slack.api_url, edit_s=0.05, is_home=True)
    await bot.start()
    try:
        yield bot
    finally:
        await bot.close()
        await app.inference.close()


def votes_on(cards: Iterable[Message]) -> int:
    """The votes that cards show, on their buttons."""
    labels = (button["text"]["text"] for card in cards for button in card.buttons)
    return sum(int(found[1]) for label in labels if (found := re.search(r" · (\d+)$", label)))
