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
    address = settings.database_url.get_secret_value() if settings.database_url else None
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


def migrate(settings: Settings) -> None:
    """Create the tables, or bring them to the newest revision. Raises `StartupError`."""
    asyncio.run(_migrate(settings))
    sys.stdout.write(f"The database is at revision {revisions.newest()}.\n")


async def _migrate(settings: Settings) -> None:
    async with opened(settings) as database:
        await database.migrate()
