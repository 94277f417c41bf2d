"""Two bot processes with one PostgreSQL database."""

import pytest

from benchmarks.activation import measure
from bot.store import Database

pytestmark = pytest.mark.usefixtures("without_writers")


async def test_activation_reaches_another_process(postgres: Database) -> None:
    """`measure` fails if it does not. How soon it does is for the benchmark to say."""
    address = postgres.url.render_as_string(hide_password=False)
    seconds = await measure(address, rounds=1)
    assert {task: len(found) for task, found in seconds.items()} == {"names": 2, "sonnets": 2}
