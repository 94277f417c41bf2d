"""While many answers are in progress, those that are not ready are deferred at once."""

from bot.chat.app import CROWD, PATIENCE_S
from tests.bot.conftest import World


async def test_patience(world: World) -> None:
    app = world.make_app()
    tracked = [app.in_flight.track() for _ in range(CROWD + 1)]
    assert app.patience_s == PATIENCE_S
    for each in tracked:
        each.__enter__()
    assert app.patience_s == 0
    tracked[0].__exit__(None, None, None)
    assert app.patience_s == PATIENCE_S
