"""What `python -m bot` runs: the platforms, or a simulation of them."""

import asyncio

from bot.launch import launch
from bot.monitoring.sentry import set_up_sentry
from bot.operate.serving.local import run_local
from bot.operate.serving.platforms import run_platforms, tokens_of
from bot.operate.serving.watchdog import watched
from bot.settings import Settings
from bot.startup import Exit, StartupError
from bot.version import checkout_version


def serve(*, local: bool = False) -> int:
    """Run the bot until it is stopped. Returns the exit code."""

    def run(settings: Settings) -> None:
        _report_errors(settings)
        work = run_local(settings) if local else run_platforms(settings, tokens_of(settings))
        asyncio.run(watched(work))

    return launch(run, local=local)


def _report_errors(settings: Settings) -> None:
    """Report errors to Sentry, if that is set. Raises `StartupError`."""
    if settings.sentry_dsn is None:
        return
    try:
        set_up_sentry(settings.sentry_dsn.value, checkout_version())
    except ImportError as error:
        raise StartupError(
            Exit.BAD_SETTINGS,
            "SENTRY_DSN is set, but the package sentry-sdk is not installed. Run pip install -r "
            "requirements-sentry.txt, or leave SENTRY_DSN empty.",
        ) from error
    except ValueError as error:
        raise StartupError(
            Exit.BAD_SETTINGS,
            f"SENTRY_DSN is not valid ({error}). Copy it from the page Client Keys (DSN) of your "
            "project on Sentry.",
        ) from error
