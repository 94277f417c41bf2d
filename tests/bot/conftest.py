"""Fixtures: the bot on a Discord in memory, with fake networks."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import discord
import pytest
import simcord

from bot.commands.core.app import App
from bot.discord.client import Mangosaurus
from bot.services.custom_models import CustomModels
from bot.services.model_registry import ModelRegistry
from bot.services.training.policies import CustomModelPolicy, SharedModelPolicy
from bot.services.training.run_folder import RunFolder
from bot.services.training.service import TrainingService
from bot.services.word_filter import WordFilter
from bot.settings import Settings
from bot.store.trainings import TrainingRequest
from models import weights
from models.fingerprints import Fingerprints
from models.training.events import TrainingEvent
from models.weights import Trained, save_weights
from tests.bot.fakes import FakeNetworks, FakeTrainer, FakeWriter
from tests.databases import Templates, store_in
from tests.models.tiny import namer, poet

NOW = datetime(2025, 1, 1, tzinfo=UTC)
STEP_S = 60.0
"""Seconds that pass at once."""


@dataclass
class World:
    """Everything that a bot under test is given, and what its commands did with it."""

    settings: Settings
    templates: Templates
    writer: FakeWriter = field(default_factory=FakeWriter)
    training: list[TrainingEvent | int] = field(default_factory=list)
    """Events of the next trainings, and pauses in seconds."""
    trainers: list[FakeTrainer] = field(default_factory=list)
    networks: FakeNetworks = field(default_factory=FakeNetworks)

    def make_app(self, **changes: object) -> App:
        """The services as `bot.app.build_app` would put them together."""
        settings = self.settings.model_copy(update=changes)
        store = store_in(settings.state_dir, self.templates)
        now = discord.utils.utcnow
        models = ModelRegistry(store, self.networks, now=now, interval=None)
        custom_models = CustomModels(store, self.writer)
        cooldown = timedelta(minutes=settings.retrain_cooldown_minutes)
        policies = (
            SharedModelPolicy(store, models, cooldown=cooldown, now=now),
            CustomModelPolicy(store, custom_models),
        )
        return App(
            settings=settings,
            store=store,
            inference=self.writer,
            models=models,
            custom_models=custom_models,
            training=TrainingService(
                settings.state_dir, store, policies, now=now, launch=self._launch, poll=None
            ),
            word_filter=WordFilter(settings.blocked_words, settings.allowed_words),
            now=now,
            started_at=now(),
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


@dataclass
class Home:
    """A server where the bot is, with a channel and a member."""

    env: simcord.Env
    world: World
    guild: simcord.GuildHandle
    channel: simcord.ChannelHandle
    alice: simcord.MemberActor

    @property
    def writer(self) -> FakeWriter:
        """The networks."""
        return self.world.writer

    @property
    def bot(self) -> Mangosaurus:
        """The bot that is running."""
        assert isinstance(self.env.bot, Mangosaurus)
        return self.env.bot

    @property
    def app(self) -> App:
        """Its services."""
        return self.bot.app

    def administrator(self, guild: simcord.GuildHandle | None = None) -> simcord.MemberActor:
        """A new member who may do everything in a server."""
        return self.member_with("ada", guild, administrator=True)

    def moderator(self, guild: simcord.GuildHandle | None = None) -> simcord.MemberActor:
        """A new member who may delete messages of others in a server."""
        return self.member_with("mo", guild, manage_messages=True)

    def member_with(
        self, name: str, guild: simcord.GuildHandle | None = None, **permissions: bool
    ) -> simcord.MemberActor:
        """A new member with some permissions in a server."""
        guild = guild or self.guild
        role = guild.create_role(name, permissions=discord.Permissions(**permissions))
        return guild.add_member(self.env.create_user(name), roles=[role])

    def rewrite_button(self, message_id: int, label: str, custom_id: str) -> None:
        """Give a button the id that an older version would have given it."""
        stored = self.env.backend.get_message(self.channel.id, message_id)
        buttons = [button for row in stored.components for button in row["components"]]
        (found,) = (button for button in buttons if button["label"] == label)
        found["custom_id"] = custom_id

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, with all that the bot does meanwhile.

        The simulator grants each advance a few seconds of real time, in which an hour of background
        jobs, several hundred transactions, does not always end. Each of these steps has few.
        """
        while seconds > 0:
            step = min(seconds, STEP_S)
            await self.env.advance_time(step)
            seconds -= step

    async def restart(self, **changes: object) -> None:
        """End the process and start a new one, with some settings changed."""
        await self.env.restart_bot(self.world.make_bot(**changes))


@pytest.fixture
def world(tmp_path: Path, templates: Templates) -> World:
    settings = Settings(state_dir=tmp_path, cooldown_seconds=0, retrain_cooldown_minutes=5)
    return World(settings, templates)


@pytest.fixture
def simcord_bot(world: World) -> Mangosaurus:
    return world.make_bot()


@pytest.fixture
def home(simcord_env: simcord.Env, world: World) -> Home:
    guild = simcord_env.create_guild("The Museum")
    channel = guild.create_text_channel("fossils")
    alice = guild.add_member(simcord_env.create_user("alice"))
    world.settings = world.settings.model_copy(update={"home_guilds": frozenset({guild.id})})
    assert isinstance(simcord_env.bot, Mangosaurus)
    object.__setattr__(simcord_env.bot.app, "settings", world.settings)
    return Home(simcord_env, world, guild, channel, alice)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Trained]:
    """Small weights in the place of the shipped ones."""
    folder = tmp_path / "shipped"
    made: dict[str, Trained] = {"names": namer(), "sonnets": poet()}
    digests = []
    for kind, trained in made.items():
        facts = replace(trained.card, recipe="shipped")
        path = folder / f"{kind}.safetensors"
        digests.append(save_weights(path, trained.network.arrays(), facts, Fingerprints.of([])))
    lines = [f"{digest}  {kind}.safetensors\n" for digest, kind in zip(digests, made, strict=True)]
    (folder / "SHA256SUMS").write_text("".join(lines))
    monkeypatch.setattr(weights, "SHIPPED", folder)
    return made
