"""Runs `python -m bot` on simulators at these addresses. Like the bot, it imports no simulator."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

from bot.__main__ import main as run_bot

LAG_INTERVAL_S = 0.01


def main() -> int:
    """Run the bot; its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--discord", nargs=2, metavar=("API", "GATEWAY"))
    parser.add_argument("--slack", metavar="API", help="like http://127.0.0.1:8081/api/")
    parser.add_argument("--lags", type=Path, help="file for the lags of the event loop")
    options = parser.parse_args()
    with ExitStack() as stack:
        if options.lags:
            stack.enter_context(_lags_into(options.lags))
        if options.discord:
            import discord
            import yarl

            discord.http.Route.BASE = options.discord[0]
            discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(options.discord[1])
        if options.slack:
            from bot.platforms.slack import client

            elsewhere = partial(client.SlackBot, base_url=options.slack)
            stack.enter_context(mock.patch.object(client, "SlackBot", elsewhere))
        return run_bot([])


@contextmanager
def _lags_into(file: Path) -> Iterator[None]:
    """Measure the lag of the event loop every 10 ms, and write times and lags in seconds.

    The times are those of `time.monotonic`, which all processes of a machine share.
    """
    try:
        from bot.monitoring import state
    except ImportError:  # an older checkout
        yield
        return
    found: list[tuple[float, float]] = []

    def add(lags: state.LoopLag, lag: float) -> None:
        found.append((time.monotonic(), lag))
        lags_of(lags, lag)

    lags_of = state.LoopLag.add
    with (
        mock.patch.object(state, "LAG_S", LAG_INTERVAL_S),
        mock.patch.object(state.LoopLag, "add", add),
    ):
        yield
    file.write_text(json.dumps(found))


if __name__ == "__main__":
    sys.exit(main())
