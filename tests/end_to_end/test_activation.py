"""Two bot processes with one PostgreSQL database."""

from benchmarks.activation import measure
from bot.store import Database

LONGEST_S = 5.0


async def test_activation_reaches_another_process(
    postgres: Database,
) -> None:
    address = postgres.url.render_as_string(hide_password=False)
    seconds = await measure(address, rounds=1)
    assert max(*seconds["names"], *seconds["sonnets"]) < LONGEST_S
