"""The two simulators of Slack behind one interface, and a bot with fake networks on either."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.platforms.local.faults import Kind, RestFault
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack.client import SlackBot
from bot.settings import Settings
from models.training.events import Done, Planned, Progress, TrainingEvent
from tests.bot.conftest import World
from tests.bot.tiny import tiny_namer
from tests.databases import Templates
from tests.end_to_end.conftest import ELVES
from tests.end_to_end.slack.second import SecondSlack

SERVERS = ["local", "second"]


Server = Any
"""`LocalSlack` or `SecondSlack`: what tests use of them has the same names, and no common type."""


@asynccontextmanager
async def running_server(name: str, *, patience_s: float = 60.0) -> AsyncIterator[Server]:
    """One of `SERVERS`. `patience_s`: for acknowledgements, since this machine may be busy."""
    made = LocalSlack(port=0, ack_s=patience_s) if name == "local" else None
    async with made or SecondSlack(acknowledge_s=patience_s) as server:
        yield server


def training_of_elves(folder: Path) -> list[TrainingEvent | int]:
    """What the training of a namer reports."""
    weights = folder / "new.safetensors"
    weights.write_bytes(tiny_namer(ELVES.split(), validation=1.25, kneser_ney=1.5, measured=150))
    done = Done(weights, folder / "new.png", 1.25, ("Galuwen",), 7)
    return [Planned(100, "elves.txt"), Progress(50, 100, 1.9, 1.8, 50_000, 6), done]


@asynccontextmanager
async def bot_on(
    server: Server,
    folder: Path,
    templates: Templates,
    *,
    edit_s: float = 0.05,
    training: list[TrainingEvent | int] | None = None,
) -> AsyncIterator[SlackBot]:
    """A bot with fake networks, connected. Its workspace is a home."""
    settings = Settings(state_dir=folder, cooldown_seconds=0, retrain_cooldown_minutes=0)
    app = World(settings, templates, training=[] if training is None else training).make_app()
    bot = SlackBot(
        app,
        server.bot_token,
        server.app_token,
        base_url=server.api_url,
        edit_s=edit_s,
        is_home=True,
    )
    await bot.start()
    try:
        yield bot
    finally:
        await bot.close()
        await app.inference.close()


@asynccontextmanager
async def limit(server: Server, methods: Collection[str]) -> AsyncIterator[None]:
    """Let calls of these methods be answered with 429, once each or for a moment."""
    if isinstance(server, SecondSlack):
        server.api.limits.forced.update(methods)
        yield
        return
    paths = "|".join(re.escape(method) for method in methods)
    faults = server.faults
    faults.rest = RestFault(Kind.ROUTE_LIMIT, paths=paths, seconds=1.0)
    yield
    await asyncio.sleep(0.5)
    faults.clear()


def duplicate(server: Server) -> None:
    """Deliver each envelope twice from now on."""
    if isinstance(server, SecondSlack):
        server.sockets.duplicates = True
    else:
        server.faults.duplicates = True
