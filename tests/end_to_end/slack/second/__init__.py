"""A second Slack on loopback, written from Slack's documentation and sharing nothing with `bot`.

It judges the bot and the simulator in `bot/local`, so it imports neither. Sources, read in November
2026: docs.slack.dev, "Using Socket Mode", "Implementing slash commands", "Handling user
interaction", "Rate limits", the reference of each method in `web_api`, and that of Block Kit.

    async with SecondSlack() as slack:
        asked = slack.command(slack.member, "/dinoname", "count:3")
        message = await asked.answer()
"""

from tests.end_to_end.slack.second.server import SecondSlack

__all__ = ["SecondSlack"]
