"""Builds the `App`: opens the database, loads the networks, creates the services."""

import asyncio
import logging
import os
import platform
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from bot.chat.app import App
from bot.community.blocks import BlockList
from bot.community.queries import Blocks
from bot.features import REGISTRY
from bot.fleet.membership import Fleet
from bot.settings import Settings
from bot.startup import Exit, StartupError
from bot.store import Database, Store, StoreError, Unavailable, url_of
from bot.store.answers import Unfinished
from bot.store.locks import AdvisoryLocks
from bot.training.cluster import ClusterLaunch
from bot.training.custom_models import CustomModelLoader
from bot.training.registry import open_versions
from bot.training.service import TrainingService
from bot.training.trainer import Launch, TrainerProcess
from bot.version import checkout_version
from bot.words import WordFilter
from bot.writing.capacity import default_processes
from bot.writing.cluster import ClusterPool
from bot.writing.connection import is_installed, scheduler_address
from models.serving.memory import limit_arenas
from models.weights import WeightsError

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


async def build_app(
    settings: Settings, *, launch: Launch = TrainerProcess, now: Callable[[], datetime] = utc_now
) -> App:
    """Open the database and load the networks. `launch` makes trainers. Raises `StartupError`."""
    limit_arenas()  # before the first thread starts
    try:
        await asyncio.to_thread(_check_folder, settings.state_dir)
    except OSError as error:
        raise StartupError(
            Exit.BAD_STATE_DIR,
            f"The bot can't write to the folder {settings.state_dir} ({error.strerror}). Set "
            "STATE_DIR to another folder, for example STATE_DIR=state",
        ) from error
    word_filter = WordFilter(settings.blocked_words, settings.allowed_words)
    cluster = _cluster(settings.inference)
    store = await _open_store(settings, now)
    try:
        inference, models = await open_versions(
            store,
            word_filter.allows,
            now=now,
            writers=[cluster] if cluster else [],
            processes=_processes(settings),
        )
    except (WeightsError, StoreError) as error:
        await store.close()
        code = Exit.BAD_WEIGHTS if isinstance(error, WeightsError) else Exit.BAD_DATABASE
        raise StartupError(code, str(error)) from error
    if cluster is not None:
        cluster.start()
        launch = ClusterLaunch(cluster, launch)
    custom_models = CustomModelLoader(store, inference)
    cooldown = timedelta(minutes=settings.retrain_cooldown_minutes)
    blocks = BlockList(store[Blocks])
    training = TrainingService(
        settings.state_dir,
        store,
        models,
        custom_models,
        cooldown=cooldown,
        now=now,
        launch=launch,
    )
    return App(
        settings=settings,
        store=store,
        inference=inference,
        word_filter=word_filter,
        fleet=_fleet(settings, store),
        cluster=cluster,
        check_admitted=blocks.check,
        services=[blocks, models, custom_models, training],
        registry=REGISTRY,
        now=now,
        started_at=now(),
        version=checkout_version(),
        libraries={
            "Python": platform.python_version(),
            "NumPy": version("numpy"),
        },
    )


def _cluster(address: str | None) -> ClusterPool | None:
    """The cluster that writes for the bot, if one is set. Raises `StartupError`."""
    if address is None:
        return None
    if not is_installed():
        raise StartupError(
            Exit.BAD_SETTINGS,
            "INFERENCE is set, but the package distributed is not installed. Run pip install -r "
            "requirements-cluster.txt, or leave INFERENCE empty.",
        )
    return ClusterPool(scheduler_address(address))


async def _open_store(settings: Settings, now: Callable[[], datetime]) -> Store:
    """The store, without tokens that were kept too long because the bot was down."""
    address = settings.database_url.value if settings.database_url else None
    try:
        database = Database(url_of(address, settings.state_dir))
        await database.migrate()
        store = Store(database)
        await store[Unfinished].delete_old(now())
    except Unavailable as error:
        setting = "DATABASE_URL" if address else "STATE_DIR"
        raise StartupError(Exit.BAD_DATABASE, f"{error}. Check {setting}.") from error
    except StoreError as error:
        raise StartupError(Exit.BAD_DATABASE, str(error)) from error
    return store


def _processes(settings: Settings) -> int:
    """How many processes may write texts beside the bot's own thread."""
    number = settings.inference_processes
    if number is None:
        number = default_processes()
    if number and os.name != "posix":
        log.warning("INFERENCE_PROCESSES is ignored: processes cannot share weights on this system")
        return 0
    if number:
        log.info("Up to %d processes will write when members have to wait", number)
    return number


def _fleet(settings: Settings, store: Store) -> Fleet:
    """The processes that share the database; nothing is asked yet."""
    url = store.database.url
    locks = None if store.database.is_sqlite else AdvisoryLocks(url)
    shards = settings.shards if settings.discord_token else ()  # only Discord has any
    return Fleet(locks, shards, settings.shard_count, has_part=bool(settings.shard_ids))


def _check_folder(folder: Path) -> None:
    """Create a folder if it is missing. Raises `OSError` unless files can be written there."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
