"""Networks of a few units with random weights: they babble, in no time."""

import asyncio
import string
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from bot.store import Database, Store, url_of
from bot.trainer.queries import VersionFiles, Versions
from bot.trainer.registry import version_of
from data.lists import normalise_entry
from data.text import VERSE_SYMBOLS
from models.fingerprints import Fingerprints
from models.names.constraints import LIST_RECIPE
from models.networks.vocabulary import Vocabulary
from models.tasks import TASKS, task_of
from models.weights import save_weights
from tests.bot.fakes import GENERA, card

UNITS = 8


def write_tiny_weights(state_dir: Path, address: str | None = None, **changes: Hashable) -> None:
    """Make babbling networks live in a database: by default, the SQLite file of a state directory.

    That is replaced if there is one.

    Their files are at `tiny_weights_path`.
    """
    if address is not None:
        _make_tiny_state(state_dir, changes, address)
        return
    for name, content in _tiny_state(**changes).items():
        path = state_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@cache
def _tiny_state(**changes: Hashable) -> Mapping[str, bytes]:
    """The files of such a directory, by name."""
    with TemporaryDirectory() as folder:
        _make_tiny_state(Path(folder), changes)
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in Path(folder).rglob("*")
            if path.is_file()
        }


def _make_tiny_state(
    state_dir: Path, changes: Mapping[str, object], address: str | None = None
) -> None:
    symbols = {
        "names": Vocabulary.of([string.ascii_lowercase]).symbols,
        "sonnets": Vocabulary.of(["".join(VERSE_SYMBOLS)]).symbols,
    }
    for task in TASKS:
        facts = card(task, symbols=symbols[task], **changes)
        words = GENERA if task == "names" else ()
        path = tiny_weights_path(state_dir, task)
        save_weights(path, _arrays(len(symbols[task])), facts, Fingerprints.of(words), words=words)
    with ThreadPoolExecutor(1) as pool:  # the caller may be in an event loop
        pool.submit(asyncio.run, _activate(state_dir, address)).result()


def tiny_weights_path(state_dir: Path, task: str) -> Path:
    """Where `write_tiny_weights` puts a weight file."""
    return state_dir / "weights" / f"{task}.safetensors"


async def _activate(state_dir: Path, address: str | None) -> None:
    database = Database(url_of(address, state_dir))
    await database.migrate()
    store = Store(database)
    for task in TASKS:
        path = tiny_weights_path(state_dir, task)
        trained, files = task_of(task).load(path), VersionFiles(path.read_bytes())
        version = version_of(trained.card, trained.digest)
        await store[Versions].add(version, files, datetime.now(UTC), "activated")
    await store.close()


def tiny_namer(
    names: Sequence[str], *, kind: str = "names", layers: int = 1, **facts: object
) -> bytes:
    """The weight file of a babbling network that has read some names of any alphabet."""
    read = sorted(map(normalise_entry, names))
    symbols = Vocabulary.of(read).symbols
    facts = {
        "recipe": LIST_RECIPE,
        "symbols": symbols,
        "validation": 1.5,
        "kneser_ney": 1.6,
        "measured": 40,
    } | facts
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.safetensors"
        save_weights(
            path,
            _arrays(len(symbols), layers),
            card(kind, **facts),
            Fingerprints.of(read),
            words=read,
        )
        return path.read_bytes()


def _arrays(width: int, layers: int = 1) -> dict[str, NDArray[np.float32]]:
    shapes: dict[str, tuple[int, ...]] = {"Wy": (UNITS, width), "by": (width,)}
    for k in range(layers):
        shapes |= {
            f"Wx{k}": (UNITS if k else width, 4 * UNITS),
            f"Wh{k}": (UNITS, 4 * UNITS),
            f"b{k}": (4 * UNITS,),
        }
    rng = np.random.default_rng(1)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
