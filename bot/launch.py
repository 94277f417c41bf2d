"""What every `python -m bot` does first: settings, logs, and exit codes for failures."""

import logging
import sys
from collections.abc import Callable
from dataclasses import replace

from bot.logs import set_up_logs
from bot.settings import Settings, SettingsError, load_settings, suspicious_names
from bot.startup import Exit, StartupError

log = logging.getLogger("bot")


def launch(work: Callable[[Settings], None], *, local: bool = False) -> int:
    """Run `work` with the settings, or with those of `--local`. Returns the exit code.

    Wrong settings and a `StartupError` become sentences on standard error; any other error is a
    bug, and is raised.
    """
    try:
        settings = load_settings()
        set_up_logs(settings.log_format, settings.log_level, settings.tokens)
        for sentence in suspicious_names():
            log.warning(sentence)
        work(local_settings(settings) if local else settings)
    except SettingsError as error:
        problems = "\n".join(f"  - {problem}" for problem in error.problems)
        sys.stderr.write(f"Some settings are wrong (.env.example explains each):\n{problems}\n")
        return Exit.BAD_SETTINGS
    except StartupError as error:
        log.debug("Start-up failed", exc_info=error)
        if settings.log_format == "json":  # the reader of JSON lines reads nothing else
            log.critical(str(error))
        else:
            sys.stderr.write(f"{error}\n")
        return error.code
    return Exit.OK


def local_settings(settings: Settings) -> Settings:
    """The settings for `--local`, which keep its state apart from that of the bot on Discord."""
    return replace(
        settings,
        state_dir=settings.state_dir / "local",
        database_url=None,
        shard_ids=frozenset(),
        shard_count=None,
    )
