"""Builds the `App`: opens the database, loads the networks, creates the services."""

import asyncio
import logging
import os
import platform
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

from bot.chat.app import App
from bot.community.blocks import LoadedBlocks
from bot.community.queries import Blocks
from bot.features import REGISTRY
from bot.features.jobs import Jobs
from bot.features.member_page import member_page
from bot.fleet.membership import Fleet
from bot.pictures.creature_pictures import CreaturePictures
from bot.pictures.renderer import Renderer
from bot.polls.removal_queries import RemovedNames
from bot.polls.removed_names import KnownRemovals
from bot.settings import Settings
from bot.startup import Exit, StartupError, check_folder, unusable
from bot.store import Database, Store, StoreError, url_of
from bot.store.answers import Unfinished
from bot.store.locks import AdvisoryLocks
from bot.store.members import Deletions
from bot.store.startup_problems import startup_problem
from bot.trainer.cluster import ClusterLaunch
from bot.trainer.custom_models import CustomModelLoader
from bot.trainer.registry import ModelRegistry, open_versions
from bot.trainer.service import POLL_S, TrainingService
from bot.trainer.shipped import ship
from bot.trainer.trainer import Launch, TrainerProcess
from bot.version import checkout_version
from bot.words import WordFilter
from bot.writing import Inference
from bot.writing.capacity import default_processes
from bot.writing.cluster import ClusterPool
from bot.writing.connection import scheduler_address
from models.serving.memory import limit_arenas
from models.weights import WeightsError

log = logging.getLogger(__name__)

Hold = Callable[[Database], Awaitable[None]]
"""Keeps other processes away from a database."""


def utc_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


async def build_app(
    settings: Settings,
    *,
    hold: Hold | None = None,
    launch: Launch = TrainerProcess,
    now: Callable[[], datetime] = utc_now,
) -> App:
    """Open the database and load the networks. Raises `StartupError`.

    hold: is called before the database is changed, and may refuse to with a `StartupError`.
    launch: makes trainers.
    """
    limit_arenas()  # before the first thread starts
    try:
        await asyncio.to_thread(settings.state_dir.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(settings.state_dir, error) from error
    await asyncio.to_thread(check_folder, settings.state_dir)
    word_filter = WordFilter(settings.blocked_words, settings.allowed_words)
    cluster = ClusterPool(scheduler_address(settings.inference)) if settings.inference else None
    store = await _open_store(settings, hold, now)
    try:
        inference, models = await open_versions(
            store,
            word_filter.allows,
            now=now,
            writers=[cluster] if cluster else [],
            processes=_processes(settings),
        )
    except WeightsError as error:
        await store.close()
        raise StartupError(Exit.BAD_WEIGHTS, str(error)) from error
    except StoreError as error:
        await store.close()
        raise startup_problem(error) from error
    try:
        await ship(store, now())
    except StoreError as error:
        await store.close()
        raise startup_problem(error) from error
    if cluster is not None:
        cluster.start()
        launch = ClusterLaunch(cluster, launch)
    return assembled(
        settings,
        store,
        models,
        launch=launch,
        inference=inference,
        word_filter=word_filter,
        renderer=Renderer(),
        fleet=_fleet(settings, store),
        cluster=cluster,
        now=now,
        version=checkout_version(),
        libraries={"Python": platform.python_version(), "NumPy": version("numpy")},
    )


def assembled(
    settings: Settings,
    store: Store,
    models: ModelRegistry,
    *,
    launch: Launch,
    poll: float = POLL_S,
    now: Callable[[], datetime],
    inference: Inference,
    word_filter: WordFilter,
    renderer: Renderer,
    version: str,
    libraries: dict[str, str],
    **parts: Any,  # noqa: ANN401 (optional ones of `App`, each of its type)
) -> App:
    """Put the app and its services together. `poll` is that of the `TrainingService`."""
    custom_models = CustomModelLoader(store, inference)
    cooldown = timedelta(minutes=settings.retrain_cooldown_minutes)
    training = TrainingService(
        settings.state_dir,
        store,
        models,
        custom_models,
        cooldown=cooldown,
        now=now,
        launch=launch,
        poll=poll,
    )
    return App(
        settings=settings,
        store=store,
        inference=inference,
        blocks=LoadedBlocks(store[Blocks]),
        models=models,
        custom_models=custom_models,
        training=training,
        renderer=renderer,
        creature_pictures=CreaturePictures(renderer),
        removals=KnownRemovals(store[RemovedNames]),
        registry=REGISTRY,
        jobs_of=Jobs,
        page_of=member_page,
        now=now,
        started_at=now(),
        word_filter=word_filter,
        version=version,
        libraries=libraries,
        **parts,
    )


async def _open_store(settings: Settings, hold: Hold | None, now: Callable[[], datetime]) -> Store:
    """The store, without tokens that were kept too long because the bot was down.

    It knows of deletions, which would else refuse members who have deleted their data and go on.
    """
    try:
        database = Database(url_of(settings.database_address, settings.state_dir))
        if hold is not None:
            await hold(database)
        await database.migrate()
        store = Store(database)
        await store[Unfinished].delete_old(now())
        await store[Deletions].catch_up()
    except StoreError as error:
        raise startup_problem(error) from error
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
