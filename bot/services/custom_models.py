"""Custom models: loading and validating their weights, with a cache that is limited in bytes."""

import asyncio
import logging
import weakref
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from bot.services.inference import Inference, ValidationSample
from bot.services.queueing.errors import TooSlow
from bot.store import Store
from bot.store.custom_models import CustomModelRecord
from models.memory import return_free_memory
from models.tasks import task_of
from models.weights import TooLarge, Trained, WeightsError, cached_with_weights

log = logging.getLogger(__name__)

TASK = "names"
"""The task of all custom models."""
LARGEST_WEIGHTS = 6 * 2**20
"""Bytes of a weight file. One of fifty thousand names has up to 5 MiB."""
LARGEST_MODEL = 32 * 2**20
"""Bytes of memory of a loaded model, with everything computed from it. One of fifty thousand names,
the longest list, takes about 25 MiB."""
MOST_LOADED = 3
"""Number of the largest models whose memory all loaded ones may take together, including those that
only a request still uses. Smaller ones are more."""
PATIENCE_S = 15.0
"""How long a request waits until others have finished with their models."""


class Untrained(Exception):  # noqa: N818 (it is a state, not a fault)
    """The custom model has no weights."""


class CustomModels:
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

        `patience_s`: how long a request waits, in seconds, until others free the memory it needs.
        """
        self._records = store.custom_models
        self._networks = networks
        self._largest, self._most_bytes = largest, MOST_LOADED * largest
        self._patience_s = patience_s
        self._kept: OrderedDict[str, Trained] = OrderedDict()
        """By digest, the least recently used first."""
        self._loaded: weakref.WeakValueDictionary[str, Trained] = weakref.WeakValueDictionary()
        """By digest: those that are kept, and those that a request still uses."""
        self._sizes: dict[str, int] = {}
        """Bytes by digest, of all in `_loaded`."""
        self._freed = asyncio.Event()
        self._loading, self._validating = asyncio.Lock(), asyncio.Lock()

    @property
    def loaded(self) -> int:
        """Number of loaded models."""
        return len(self._sizes)

    @property
    def loaded_bytes(self) -> int:
        """Memory of all loaded models."""
        return sum(self._sizes.values())

    async def load(self, record: CustomModelRecord) -> Trained:
        """The weights of a custom model, checked against their stored digest.

        Raises `Untrained`, `WeightsError`, `TooSlow` if too much memory is in use, and
        `Unavailable`.
        """
        if record.digest is None:
            raise Untrained
        trained = self._kept.get(record.digest)
        if trained is None:
            async with self._loading:  # concurrent requests load it once
                trained = self._loaded.get(record.digest)
                trained = trained or await self._load(record, record.digest)
        self.keep(trained)
        return trained

    async def validate(self, content: bytes, title: str) -> ValidationSample:
        """Load a weight file and generate a sample.

        Raises `WeightsError` if that fails; it is `TooLarge` if the weights would take more memory
        than a custom model may.
        """
        if len(content) > LARGEST_WEIGHTS:
            raise WeightsError(f"{title} is larger than {LARGEST_WEIGHTS // 2**20} MiB.")
        async with self._validating:  # one at a time, to limit memory
            load = partial(task_of(TASK).read, content, title, most_bytes=self._largest)
            sample = await self._networks.validate(TASK, load, full=False)
            await self._check_size(sample.trained, title)
            return sample

    def keep(self, trained: Trained) -> None:
        """Keep weights loaded, and drop the least recently used ones."""
        digest = trained.digest
        if (known := self._loaded.get(digest)) is not None:
            trained = known  # never two of the same weights
        else:
            self._loaded[digest] = trained
            loop = asyncio.get_running_loop()
            # The last reference may be dropped in any thread.
            weakref.finalize(trained, _call_soon, loop, self._forget, digest).atexit = False
        self._sizes[digest] = _size(trained)
        self._kept[digest] = trained
        self._kept.move_to_end(digest)
        self._drop(0)

    async def _load(self, record: CustomModelRecord, digest: str) -> Trained:
        await self._wait_for_room()
        content = await self._records.weights(record.id)
        if content is None:
            raise Untrained
        load = partial(
            task_of(TASK).read, content, record.name, digest=digest, most_bytes=self._largest
        )
        try:
            trained = await self._networks.prepare(TASK, load)
            await self._check_size(trained, record.name)
        except WeightsError as error:
            log.error("Custom model %d cannot be used: %s", record.id, error)
            raise
        return trained

    async def _check_size(self, trained: Trained, title: str) -> None:
        if await asyncio.to_thread(_size, trained) > self._largest:
            raise TooLarge(title, self._largest)
        await asyncio.to_thread(return_free_memory)

    async def _wait_for_room(self) -> None:
        """Make room for another model. Raises `TooSlow` if requests keep too much for too long."""
        try:
            async with asyncio.timeout(self._patience_s):
                while True:
                    self._freed.clear()
                    self._drop(self._largest)
                    if self.loaded_bytes + self._largest <= self._most_bytes:
                        return
                    await self._freed.wait()
        except TimeoutError as error:
            raise TooSlow("other custom models take all memory") from error

    def _drop(self, room: int) -> None:
        """Stop keeping the least recently used models until there is room for so many bytes."""
        while self._kept and self.loaded_bytes + room > self._most_bytes:
            digest = next(iter(self._kept))
            del self._kept[digest]
            self._forget(digest)

    def _forget(self, digest: str) -> None:
        """Stop counting a model that is neither kept nor used by a request any longer."""
        if digest not in self._loaded and self._sizes.pop(digest, None) is not None:
            self._freed.set()


@cached_with_weights
def _size(trained: Trained) -> int:
    """Bytes of memory. The first call takes a moment for a long list, so it needs a thread."""
    return trained.resident_bytes


def _call_soon(
    loop: asyncio.AbstractEventLoop, callback: Callable[[str], None], digest: str
) -> None:
    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(callback, digest)
