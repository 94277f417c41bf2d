"""The database of the settings, for an operation; and `python -m bot migrate`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.settings import Settings
from bot.startup import Exit, StartupError
from bot.store import Database, StoreError, url_of
from bot.store.migrations import revisions


@asynccontextmanager
async def opened(settings: Settings, *, must_exist: bool = False) -> AsyncIterator[Database]:
    """The database, closed at the end. Turns `StoreError` into `StartupError`.

    must_exist: whether to refuse to create a missing file.
    """
    address = settings.database_url.value if settings.database_url else None
    try:
        database = Database(url_of(address, settings.state_dir))
        if database.is_sqlite:
            await asyncio.to_thread(_check_file, Path(database.url.database or ""), must_exist)
        try:
            yield database
        finally:
            await database.close()
    except StoreError as error:
        raise StartupError(Exit.BAD_DATABASE, str(error)) from error


def _check_file(path: Path, must_exist: bool) -> None:
    if must_exist and not path.exists():
        raise StoreError(f"There is no database yet: {path} does not exist. Check STATE_DIR.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartupError(
            Exit.BAD_STATE_DIR,
            f"The folder {path.parent} can't be created ({error.strerror}). Set STATE_DIR to "
            "another folder, for example STATE_DIR=state",
        ) from error


def migrate(settings: Settings, revision: str | None = None) -> None:
    """Create the tables and bring them to a revision, by default the newest.

    Raises `StartupError`.
    """
    known = revisions.all_revisions()
    if revision is not None and revision not in known:
        raise StartupError(
            Exit.BAD_DATABASE,
            f"{revision} is not a revision; this version knows {', '.join(known)}.",
        )
    before = asyncio.run(_migrate(settings, revision or known[-1]))
    sys.stdout.write(f"The tables are at revision {revision or known[-1]} (before: {before}).\n")


async def _migrate(settings: Settings, revision: str) -> str:
    """Migrate, up or down, in one transaction. Returns the revision before."""
    async with opened(settings) as database, database.changing() as connection:
        known = revisions.all_revisions()
        before = await connection.run_sync(revisions.revision_of)
        if before is not None and before not in known:
            raise StoreError(
                f"The database was migrated by a newer version of Mangosaurus (to {before}). Run "
                "that version, or use another database."
            )
        going_back = before is not None and known.index(before) > known.index(revision)
        move = revisions.downgrade if going_back else revisions.upgrade
        await connection.run_sync(move, revision)
        return before or "none"
