"""Imports the weights that version 0.2.0 kept as files in the state directory."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.services.versions import new_version
from bot.store import Store
from models.tasks import TASKS, task_of
from models.weights import Trained, WeightsError

log = logging.getLogger(__name__)

IMPORTED = ".imported"
"""Suffix of a file after its import."""


def retrained_path(state_dir: Path, task: str) -> Path:
    """Where version 0.2.0 kept retrained weights."""
    return state_dir / "weights" / f"{task}.safetensors"


async def import_retrained(store: Store, state_dir: Path, now: Callable[[], datetime]) -> None:
    """Import the weights that version 0.2.0 retrained, once. Raises `Unavailable`."""
    live = await store.versions.live()
    for task in TASKS:
        path = retrained_path(state_dir, task)
        if (task in live and live[task].activation_id) or not await asyncio.to_thread(path.exists):
            continue
        try:
            content, trained, made = await asyncio.to_thread(_retrained, path, task)
        except (OSError, WeightsError) as error:
            log.warning("%s cannot be imported: %s The shipped weights are served.", path, error)
            continue
        number, _ = await store.versions.add_live(new_version(trained, content), "imported", made)
        log.info("%s is version %d in the database now", path, number)
        try:
            await asyncio.to_thread(path.rename, path.with_suffix(IMPORTED))
        except OSError as error:
            log.warning("%s could not be renamed: %s", path, error)


def _retrained(path: Path, task: str) -> tuple[bytes, Trained, datetime]:
    content = path.read_bytes()
    trained = task_of(task).read(content, path.name)
    return content, trained, datetime.fromtimestamp(path.stat().st_mtime, UTC)
