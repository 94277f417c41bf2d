"""Runs `python -m bot` on simulators at these addresses. Like the bot, it imports no simulator."""

import argparse
import sys
from functools import partial
from unittest import mock

from bot.__main__ import main as run_bot


def main() -> int:
    """Run the bot; its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--discord", nargs=2, metavar=("API", "GATEWAY"))
    parser.add_argument("--slack", metavar="API", help="like http://127.0.0.1:8081/api/")
    options = parser.parse_args()
    if options.discord:
        import discord
        import yarl

        discord.http.Route.BASE = options.discord[0]
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(options.discord[1])
    if options.slack:
        from bot.platforms.slack import client

        elsewhere = partial(client.SlackBot, base_url=options.slack)
        mock.patch.object(client, "SlackBot", elsewhere).start()
    return run_bot([])


if __name__ == "__main__":
    sys.exit(main())
