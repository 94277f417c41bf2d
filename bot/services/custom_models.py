"""Custom models: loading and validating their weights, with a cache."""

import asyncio
from collections import OrderedDict
from functools import partial

from bot.services.inference import Inference, ValidationSample
from bot.store import Store
from bot.store.custom_models import CustomModelRecord
from models.tasks import task_of
from models.weights import Trained, WeightsError

TASK = "names"
"""The task of all custom models."""
LARGEST_WEIGHTS = 4 * 2**20
"""Bytes of a weight file."""
MOST_LOADED = 6


class Untrained(Exception):  # noqa: N818 (it is a state, not a fault)
    """The custom model has no weights."""


class CustomModels:
    """Loads and validates weights of custom models."""

    def __init__(self, store: Store, networks: Inference) -> None:
        self._records = store.custom_models
        self._networks = networks
        self._loaded: OrderedDict[str, Trained] = OrderedDict()
        """By digest, the least recently used first."""
        self._loading, self._validating = asyncio.Lock(), asyncio.Lock()

    async def load(self, record: CustomModelRecord) -> Trained:
        """The weights of a custom model. Raises `Untrained`, `WeightsError` and `Unavailable`."""
        if record.digest is None:
            raise Untrained
        if record.digest not in self._loaded:
            async with self._loading:  # concurrent requests load it once
                if record.digest not in self._loaded:
                    content = await self._records.weights(record.id)
                    if content is None:
                        raise Untrained
                    read = partial(task_of(TASK).read, content, record.name)
                    trained = await self._networks.prepare(TASK, read)
                    self.keep(trained)
                    return trained
        trained = self._loaded[record.digest]
        self.keep(trained)
        return trained

    async def validate(self, content: bytes, title: str) -> ValidationSample:
        """Load a weight file and generate a sample. Raises `WeightsError` if that fails."""
        if len(content) > LARGEST_WEIGHTS:
            raise WeightsError(f"{title} is larger than {LARGEST_WEIGHTS // 2**20} MiB.")
        async with self._validating:  # one at a time, to limit memory
            read = partial(task_of(TASK).read, content, title)
            return await self._networks.validate(TASK, read, full=False)

    def keep(self, trained: Trained) -> None:
        """Keep weights loaded, and drop the least recently used ones."""
        self._loaded[trained.digest] = trained
        self._loaded.move_to_end(trained.digest)
        while len(self._loaded) > MOST_LOADED:
            self._loaded.popitem(last=False)
