"""The memory that a backup takes."""

import tracemalloc
from pathlib import Path

from bot.operate.backup import write_archive
from bot.store import Database, url_of
from bot.store.schema import CustomModel
from tests.bot.operate.test_backup import NOW, restored
from tests.bot.store.test_database import SQLITE


@SQLITE
async def test_memory_is_bounded(database: Database, tmp_path: Path) -> None:
    """Twelve binary values of 4 MiB, one of which is in memory at a time."""
    values = {"created_at": NOW, "title": "", "entries": 1, "corpus_sha256": ""}
    for number in range(12):
        names = {"community_id": 1, "name": f"{number}", "key": f"{number}"}
        async with database.writing() as session:
            session.add(CustomModel(**names, **values, weights=bytes(4 * 2**20)))
    target = Database(url_of(None, tmp_path / "target"))
    (tmp_path / "target").mkdir()
    tracemalloc.start()
    await write_archive(database, tmp_path / "backup.zip")
    await restored(tmp_path / "backup.zip", target)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    await target.close()
    assert peak < 30 * 2**20
