"""What a bot under test is made of."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import discord

from bot.app import assembled
from bot.chat.app import App
from bot.fleet.membership import Fleet
from bot.platforms.discord.client import Mangosaurus
from bot.settings import Settings
from bot.store import Store
from bot.trainer.queries import TrainingRequest
from bot.trainer.registry import ModelRegistry
from bot.trainer.trainer import RunFolder
from bot.words import WordFilter
from models.training.events import TrainingEvent
from tests.bot.fakes import FakeNetworks, FakeRenderer, FakeTrainer, FakeWriter
from tests.bot.member_writes import watch_member_writes
from tests.databases import Templates, store_in


@dataclass
class World:
    """Everything that a bot under test is given, and what its commands did with it."""

    settings: Settings
    templates: Templates
    writer: FakeWriter = field(default_factory=FakeWriter)
    training: list[TrainingEvent | int] = field(default_factory=list)
    """Events of the next trainings, and pauses in seconds."""
    renderer: FakeRenderer = field(default_factory=FakeRenderer)
    trainers: list[FakeTrainer] = field(default_factory=list)
    networks: FakeNetworks = field(default_factory=FakeNetworks)
    stray_writes: list[list[str]] = field(default_factory=list)
    """What `watch_member_writes` has found in each process."""
    now: Callable[[], datetime] | None = None
    """The clock; by default that of the simulated Discord."""

    def make_app(self, **changes: Any) -> App:  # noqa: ANN401 (each setting has its type)
        """The services as `bot.app.build_app` would put them together."""
        settings = replace(self.settings, **changes)
        return self.app_with(settings, store_in(settings.state_dir, self.templates))

    def app_with(self, settings: Settings, store: Store, fleet: Fleet | None = None) -> App:
        """The same with any store."""
        now = self.now or discord.utils.utcnow
        self.stray_writes.append(watch_member_writes(store.database))
        models = ModelRegistry(store, self.networks, now=now, interval=None)
        return assembled(
            settings,
            store,
            models,
            launch=self._launch,
            poll=math.inf,
            now=now,
            inference=self.writer,
            word_filter=WordFilter(settings.blocked_words, settings.allowed_words),
            renderer=self.renderer,
            fleet=fleet or Fleet(),
            version="1.2.3",
            libraries={"NumPy": "2.0"},
            edit_interval=0,
        )

    def make_bot(self, **changes: object) -> Mangosaurus:
        """A bot as `python -m bot` would build it."""
        return Mangosaurus(self.make_app(**changes), shard_count=1)

    def _launch(self, request: TrainingRequest, folder: RunFolder, resume: bool) -> FakeTrainer:
        self.trainers.append(FakeTrainer(request, folder, resume, [*self.training]))
        return self.trainers[-1]
