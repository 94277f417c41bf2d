"""Shipped namers: custom models of every community, which come with the bot."""

import asyncio
import logging
from datetime import datetime

from bot.store import Store
from bot.trainer.queries import CustomModels, StoredList
from models.weights import SHIPPED, WeightsError, load_shipped

log = logging.getLogger(__name__)

FOLDER = "namers"
"""Where their weights are, below the other shipped ones. Their lists are in `data/namers`."""
NAMES = ("cheeses", "minerals", "winds")


async def ship(store: Store, now: datetime) -> None:
    """Store the shipped namers, or their new weights. Raises `StoreError`."""
    for name in NAMES:
        try:
            trained = await asyncio.to_thread(load_shipped, f"{FOLDER}/{name}")
        except (WeightsError, OSError) as error:  # the bot can do without
            log.warning("The namer %s is not shipped: %s", name, error)
            continue
        path = SHIPPED / FOLDER / f"{name}.safetensors"
        content = await asyncio.to_thread(path.read_bytes)
        corpus = StoredList(name, tuple(trained.words))
        await store[CustomModels].ship(corpus, content, trained.digest, now)
