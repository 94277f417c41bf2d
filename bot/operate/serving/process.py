"""Process of `python -m bot`: runs the platforms, or a simulation of them."""

import asyncio

from bot.launch import launch, tokens_of
from bot.monitoring.sentry import set_up_sentry
from bot.operate.serving.lifetime import watched
from bot.operate.serving.local import run_local
from bot.operate.serving.platforms import run_platforms
from bot.settings import Settings
from bot.version import checkout_version


def serve(*, local: bool = False) -> int:
    """Run the bot until it is stopped. Returns the exit code."""

    def run(settings: Settings) -> None:
        if settings.sentry_dsn is not None:
            set_up_sentry(settings.sentry_dsn.value, checkout_version())
        work = run_local(settings) if local else run_platforms(settings, tokens_of(settings))
        asyncio.run(watched(work))

    return launch(run, local=local)
