"""Custom models: loading and validating their weights, with a cache that is limited in bytes."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

from bot.store import Store
from bot.trainer.queries import CustomModelRecord, CustomModels
from bot.writing import Inference, ValidationSample
from bot.writing.errors import TooSlow
from models.serving.memory import return_free_memory
from models.tasks import task_of
from models.weights import TooLarge, Trained, WeightsError, cached_with_weights

log = logging.getLogger(__name__)

TASK = "names"
"""The task of all custom models."""
LARGEST_WEIGHTS = 6 * 2**20
"""Bytes of a weight file. One of fifty thousand names has up to 5 MiB."""
LARGEST_MODEL = 16 * 2**20
"""Bytes of memory of a loaded model, with everything computed from it. One of fifty thousand names,
the longest list, takes about 9 MiB; a network that fills the largest file takes 12 MiB."""
MOST_LOADED = 6
"""Number of the largest models whose memory all loaded ones may take together, including those that
only a request still uses, and uploads that are tried out. Smaller ones are more."""
PATIENCE_S = 15.0
"""How long a request waits for its turn to load a model and for the memory, both together."""
PATIENCE_OF_TRAINING_S = 600.0
"""How long the result of a training waits for its turn and the memory: it would be lost."""
LOOK_S = 0.1
"""Seconds between two checks for enough memory."""


class Untrained(Exception):  # noqa: N818 (it is a state, not a fault)
    """The custom model has no weights."""


class CustomModelLoader:
    """Loads and validates weights of custom models."""

    def __init__(
        self,
        store: Store,
        networks: Inference,
        *,
        largest: int = LARGEST_MODEL,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Refuse models of more than `largest` bytes of memory, and load `MOST_LOADED` such ones.

        `patience_s`: how long a request waits, in seconds, until it may load a model.
        """
        self._records = store[CustomModels]
        self._networks = networks
        self._largest, self._most_bytes = largest, MOST_LOADED * largest
        self._patience_s = patience_s
        self._kept: OrderedDict[str, Trained] = OrderedDict()
        """Models that are kept, by digest, the least recently used first."""
        self._loaded: WeakValueDictionary[str, Trained] = WeakValueDictionary()
        """Models that are kept, and those that a request still uses or tries out, by digest."""
        self._loading = asyncio.Lock()

    @property
    def loaded(self) -> int:
        """Number of loaded models."""
        return len(self._loaded)

    @property
    def loaded_bytes(self) -> int:
        """Memory of all loaded models."""
        return sum(map(_size, self._loaded.values()))

    async def load(self, record: CustomModelRecord) -> Trained:
        """The weights of a custom model, checked against their stored digest.

        Raises `Untrained`, `WeightsError`, `TooSlow` if others take the turns or the memory for
        too long, and `Unavailable`.
        """
        if record.digest is None:
            raise Untrained
        trained = self.loaded_one(record)
        if trained is None:
            async with self._turn(self._patience_s, record.digest):
                trained = self.loaded_one(record) or await self._load(record, record.digest)
        self.keep(trained)
        return trained

    def loaded_one(self, record: CustomModelRecord) -> Trained | None:
        """The weights of a custom model if they are loaded already."""
        return self._loaded.get(record.digest) if record.digest is not None else None

    async def validate(
        self, content: bytes, title: str, *, patience_s: float | None = None
    ) -> ValidationSample:
        """Load a weight file and generate a sample. Its memory counts until nobody uses it.

        `patience_s`: how long to wait for that memory, in seconds, if not as long as `load`. Raises
        `TooSlow`, and `WeightsError` if the file cannot be used; it is `TooLarge` if the weights
        would take more memory than a custom model may.
        """
        if len(content) > LARGEST_WEIGHTS:
            raise WeightsError(f"{title} is larger than {LARGEST_WEIGHTS // 2**20} MiB.")
        async with self._turn(self._patience_s if patience_s is None else patience_s):
            load = partial(task_of(TASK).read, content, title, most_bytes=self._largest)
            sample = await self._networks.validate(TASK, load, full=False)
            return replace(sample, trained=await self._counted(sample.trained, title))

    def keep(self, trained: Trained) -> None:
        """Keep weights loaded, and drop the least recently used ones."""
        self._kept[trained.digest] = trained
        self._kept.move_to_end(trained.digest)
        self._make_room(0)

    async def _load(self, record: CustomModelRecord, digest: str) -> Trained:
        content = await self._records.weights(record.id)
        if content is None:
            raise Untrained
        load = partial(
            task_of(TASK).read, content, record.name, digest=digest, most_bytes=self._largest
        )
        began = time.monotonic()
        try:
            trained = await self._networks.prepare(TASK, load)
            trained = await self._counted(trained, record.name)
        except WeightsError as error:
            # The message has the name of the model, which a member typed.
            log.error("Custom model %d cannot be used: %s", record.id, type(error).__name__)
            raise
        log.info("Loaded custom model %d in %.2f s", record.id, time.monotonic() - began)
        return trained

    async def _counted(self, trained: Trained, title: str) -> Trained:
        """Count the memory of weights until nobody uses them. Never two of the same weights."""
        if await asyncio.to_thread(_size, trained) > self._largest:
            raise TooLarge(title, self._largest)
        await asyncio.to_thread(return_free_memory)
        return self._loaded.setdefault(trained.digest, trained)

    @asynccontextmanager
    async def _turn(self, patience_s: float, digest: str = "") -> AsyncIterator[None]:
        """Wait for the turn to load a model, of which there is one, and for room for the model.

        No room is needed if another request has loaded the model with this digest meanwhile.
        Raises `TooSlow` after `patience_s`, however many requests wait.
        """
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(patience_s):
                    await held.enter_async_context(self._loading)
                    while digest not in self._loaded:
                        if self._make_room(self._largest):
                            break
                        await asyncio.sleep(LOOK_S)  # a request ends
            except TimeoutError as error:
                raise TooSlow("other custom models take all memory") from error
            yield

    def _make_room(self, size: int) -> bool:
        """Stop keeping models until there is room for so many bytes. Returns whether there is."""
        while self.loaded_bytes + size > self._most_bytes:
            if not self._kept:
                return False
            self._kept.popitem(last=False)
        return True


@cached_with_weights
def _size(trained: Trained) -> int:
    """Bytes of memory. The first call takes a moment for a long list, so it needs a thread."""
    return trained.resident_bytes
