"""Fixtures: the bot on each chat platform, with fake networks."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.chat.app import App
from bot.chat.commands import Choice
from bot.chat.translation import ENGLISH, Language, in_language
from bot.features import jobs
from bot.logs import LEVEL_OF_OTHERS
from bot.platforms.discord.client import Mangosaurus
from bot.platforms.slack.views import modals
from bot.settings import Settings
from bot.trainer import service
from models import weights
from models.fingerprints import Fingerprints
from models.weights import Trained, save_weights
from tests.bot.chats.exceptions import PLATFORMS, lacks
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.on_slack import SlackChat
from tests.bot.chats.protocol import Chat
from tests.bot.chats.sqlite_in_loop import run_sqlite_in_loop
from tests.bot.chats.still_time import StillTime
from tests.bot.fakes import FakeWriter
from tests.bot.world import World
from tests.databases import Templates
from tests.models.tiny import namer, poet

__all__ = ["Home", "World"]

NOW = datetime(2025, 1, 1, tzinfo=UTC)
STEP_S = 300.0
"""Seconds that pass at once."""
ROUND_S = 300.0
"""Seconds between two rounds of the background jobs: five times as many as usual or more, as many
tests let hours pass and are not about them."""


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

    def make_owner(self, member: simcord.MemberActor) -> None:
        """Make a member the owner of the bot's application."""
        platform = self.bot.platform
        platform._owners, platform._owners_due = frozenset({member.id}), math.inf

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
def world(tmp_path: Path, templates: Templates, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    run_sqlite_in_loop(monkeypatch)
    for module, name in ((jobs, "BEAT_S"), (jobs, "LONGEST_SLEEP_S"), (service, "RECOVERY_S")):
        monkeypatch.setattr(module, name, ROUND_S)
    settings = Settings(
        state_dir=tmp_path, cooldown_seconds=0, retrain_cooldown_minutes=5, welcome="no"
    )
    world = World(settings, templates)
    yield world
    assert not any(world.stray_writes), "see tests/bot/member_writes.py"


@pytest.fixture
def simcord_bot(world: World) -> Mangosaurus:
    return world.make_bot()


@pytest.fixture
def home(simcord_env: simcord.Env, world: World) -> Home:
    guild = simcord_env.create_guild("The Museum")
    channel = guild.create_text_channel("fossils")
    alice = guild.add_member(simcord_env.create_user("alice"))
    world.settings = replace(world.settings, home_guilds=frozenset({guild.id}))
    assert isinstance(simcord_env.bot, Mangosaurus)
    object.__setattr__(simcord_env.bot.app, "settings", world.settings)
    return Home(simcord_env, world, guild, channel, alice)


@pytest.fixture
def discord_chat(home: Home) -> DiscordChat:
    return DiscordChat(home)


@pytest.fixture
async def slack_chat(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackChat]:
    time = StillTime(asyncio.get_running_loop(), monkeypatch)
    chat = await SlackChat.started(world, time)
    options = modals.options

    def offering(
        choices: Sequence[Choice], typed: str = "", language: Language = ENGLISH
    ) -> dict[str, Any]:
        chat.offered = [Choice(in_language(c.label, language), c.value) for c in choices]
        return options(choices, typed, language)

    monkeypatch.setattr(modals, "options", offering)
    yield chat
    await time.settle()
    time.release()  # what is still waiting may end
    await chat.close()
    await time.settle()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with the fixture `chat` on Slack, or on Discord if Slack lacks what it needs.

    With the mark `both` it runs on each. Slack's stand-in is the faster one.
    """
    if "chat" in metafunc.fixturenames:
        marks = [*metafunc.definition.iter_markers()]
        needs = [mark.args[0] for mark in marks if mark.name == "needs"]
        able = [name for name in PLATFORMS if not any(lacks(name, each) for each in needs)]
        if "both" not in {mark.name for mark in marks}:
            able = able[-1:]
        metafunc.parametrize("chat", able, indirect=True)


@pytest.fixture
def chat(request: pytest.FixtureRequest) -> Chat:
    """A community on each platform."""
    if request.param == "slack":
        slack: SlackChat = request.getfixturevalue("slack_chat")
        return slack
    discord: DiscordChat = request.getfixturevalue("discord_chat")
    request.node.funcargs["simcord_env"] = discord.home.env  # whose clock the test then has
    return discord


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


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Undo what `set_up_logs` does: it logs to a stream that the end of the test closes."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in ("root", *LEVEL_OF_OTHERS)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
