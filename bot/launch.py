"""Start of every `python -m bot`: settings, tokens, logs, and exit codes for failures."""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.logs import set_up_logs
from bot.settings import LOCAL, Settings, SettingsError, exposed, load_settings, suspicious_names
from bot.startup import DISCORD_APPS, SLACK_APPS, Exit, StartupError
from bot.text.formats import visible

log = logging.getLogger("bot")


def launch(work: Callable[[Settings], None], *, local: bool = False) -> int:
    """Run `work` with the settings, or with those of `--local`. Returns the exit code.

    Wrong settings and a `StartupError` become sentences on standard error; any other error is a
    bug, and is raised.
    """
    try:
        settings = load_settings()
        set_up_logs(settings.log_format, settings.log_level, settings.tokens)
        for sentence in filter(None, (exposed(), *suspicious_names())):
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
            sys.stderr.write(f"{visible(str(error))}\n")
        return error.code
    return Exit.OK


def local_settings(settings: Settings) -> Settings:
    """The settings for `--local`, which keep its state apart from that of the bot on Discord."""
    return replace(
        settings,
        state_dir=settings.state_dir / LOCAL,
        database_url=None,
        shard_ids=frozenset(),
        shard_count=None,
    )


@dataclass(frozen=True)
class Tokens:
    """The tokens of the platforms to serve; empty for the others."""

    discord: str = field(default="", repr=False)
    slack_bot: str = field(default="", repr=False)
    slack_app: str = field(default="", repr=False)

    @classmethod
    def of(cls, settings: Settings) -> "Tokens":
        """The tokens that are set, right or not."""
        every = (settings.discord_token, settings.slack_bot_token, settings.slack_app_token)
        return cls(*(token.value if token else "" for token in every))

    def slack_problem(self) -> StartupError | None:
        """The problem that one token of Slack is missing."""
        if bool(self.slack_bot) == bool(self.slack_app):
            return None
        missing, page = (
            ("SLACK_BOT_TOKEN", "OAuth & Permissions")
            if self.slack_app
            else ("SLACK_APP_TOKEN", "Basic Information → App-Level Tokens")
        )
        return StartupError(
            Exit.BAD_SETTINGS,
            f"{missing} is not set.",
            f"Slack needs both of its tokens. Copy it from {page}, on the pages of your app: "
            f"{SLACK_APPS}",
        )

    def discord_problem(self) -> StartupError | None:
        """The problem that the token of Discord is wrong, or that none is set at all."""
        if not (self.discord or self.slack_bot or self.slack_app):
            return StartupError(
                Exit.NO_TOKEN,
                "No token is set.",
                "To run the bot on Discord, put DISCORD_TOKEN into .env, and to run it on Slack, "
                "SLACK_BOT_TOKEN and SLACK_APP_TOKEN (see .env.example); to try it without an "
                "account, run: python -m bot --local",
            )
        if any(character.isspace() for character in self.discord):
            wrong = "a space or a line break"
        elif not self.discord.isascii() or self.discord.startswith(('"', "'")):
            wrong = "quotes or other wrong characters"
        else:
            return None
        return StartupError(
            Exit.BAD_SETTINGS,
            f"DISCORD_TOKEN contains {wrong}.",
            f"Copy it from the page Bot of your application: {DISCORD_APPS}",
        )


def tokens_of(settings: Settings) -> Tokens:
    """The tokens that are set. Raises `StartupError` unless a platform can be served."""
    tokens = Tokens.of(settings)
    if problem := tokens.slack_problem() or tokens.discord_problem():
        raise problem
    return tokens
