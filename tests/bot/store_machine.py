"""A state machine beside a database of its own."""

import asyncio
import shutil
from collections.abc import Coroutine
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

import pytest
from hypothesis.stateful import RuleBasedStateMachine

from bot.discoveries import queries
from bot.store import Database, Store, url_of
from bot.store.database import FILE
from tests.bot.chats.sqlite_in_loop import run_sqlite_in_loop
from tests.databases import migrated

T = TypeVar("T")


class StoreMachine(RuleBasedStateMachine):
    """Base of machines whose rules use a store on SQLite, with small collections."""

    most_owned: int
    """Instead of 200, so that collections become full."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(queries, "MOST_OWNED", self.most_owned)
        run_sqlite_in_loop(self.patch)
        self.folder = Path(mkdtemp())
        (self.folder / FILE).write_bytes(migrated())
        self.runner = asyncio.Runner()
        self.store = Store(Database(url_of(None, self.folder)))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.store.close())
        self.runner.close()
        shutil.rmtree(self.folder)
        self.patch.undo()
