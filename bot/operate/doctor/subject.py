"""The settings that the checks need, as far as they can be read; and the findings about them."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bot.operate.doctor.findings import Finding, fine, problem, warning

CHECK = "Settings"
DOTENV = Path(".env")
INSTALL = "Run: python -m pip install --require-hashes -r requirements.txt"


@dataclass(frozen=True)
class Subject:
    """What is examined."""

    token: str = ""
    """Empty if none is set, or on the local simulation, which needs none."""
    needs_token: bool = True
    database_url: str | None = None
    state_dir: Path = Path("state")
    home_guilds: frozenset[int] = frozenset()
    shard_count: int | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    sentry_dsn: str = ""
    inference: str = ""
    slack_bot_token: str = ""
    slack_app_token: str = ""
    home_workspaces: frozenset[str] = frozenset()

    def without_secrets(self, text: str) -> str:
        """A text without the tokens, the addresses of database and Sentry, and the password."""
        password = (
            (self.database_url or "").partition("://")[2].rpartition("@")[0].partition(":")[2]
        )
        tokens = (self.token, self.slack_bot_token, self.slack_app_token)
        for secret in (*tokens, self.database_url, password, self.sentry_dsn):
            if secret:  # a short password is also a part of ordinary words
                text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "[secret]", text)
        return text


def read_settings(*, local: bool, dotenv: Path = DOTENV) -> tuple[Subject, list[Finding]]:
    """The settings that are valid, with the defaults of the others; never raises."""
    try:
        subject, findings = _read(dotenv)
    except ImportError as error:
        subject = _unchecked(os.environ)
        findings = [problem(CHECK, f"The package {error.name} is missing.", INSTALL)]
    if local:
        subject = replace(
            subject,
            token="",
            needs_token=False,
            database_url=None,
            state_dir=subject.state_dir / "local",
            shard_count=None,
            home_guilds=frozenset(),
            slack_bot_token="",
            slack_app_token="",
        )
    return subject, findings


def _read(dotenv: Path) -> tuple[Subject, list[Finding]]:
    from bot.settings import SettingsError, checked, given_values, load_settings, suspicious_names

    findings = list[Finding]()
    try:
        settings = load_settings(dotenv)
    except SettingsError as error:
        findings = [
            problem(CHECK, f"{sentence.removesuffix('.')}.", _advice())
            for sentence in error.problems
        ]
        # What is right counts; that of the environment alone if the file cannot be read.
        given = given_values(None if error.__cause__ else dotenv)
        settings, _problems = checked(given)
    else:
        where = f"{dotenv} and the environment" if dotenv.is_file() else "the environment"
        findings = [fine(CHECK, f"All are valid, from {where}.")]
    with suppress(OSError, UnicodeDecodeError):  # reported already
        findings += [
            warning(CHECK, sentence, "Correct or remove it.")
            for sentence in suspicious_names(dotenv=dotenv)
        ]
    url, dsn = settings.database_url, settings.sentry_dsn
    every = (settings.discord_token, settings.slack_bot_token, settings.slack_app_token)
    token, slack_bot, slack_app = (each.value if each else "" for each in every)
    return (
        Subject(
            token=token,
            needs_token=bool(token or not slack_bot),
            slack_bot_token=slack_bot,
            slack_app_token=slack_app,
            home_workspaces=settings.home_workspaces,
            database_url=url.value if url else None,
            state_dir=settings.state_dir,
            home_guilds=settings.home_guilds,
            shard_count=settings.shard_count,
            inference=settings.inference or "",
            metrics_host=settings.metrics_host,
            metrics_port=settings.metrics_port,
            sentry_dsn=dsn.value if dsn else "",
        ),
        findings,
    )


def _advice() -> str:
    return "Correct it in .env or in the environment; .env.example explains it."


def _unchecked(environment: Mapping[str, str]) -> Subject:
    """The settings in the environment, when the packages that read them are missing."""
    homes = environment.get("HOME_GUILDS", "").split(",")
    token = environment.get("DISCORD_TOKEN", "").strip()
    slack_bot = environment.get("SLACK_BOT_TOKEN", "").strip()
    return Subject(
        token=token,
        needs_token=bool(token or not slack_bot),
        slack_bot_token=slack_bot,
        slack_app_token=environment.get("SLACK_APP_TOKEN", "").strip(),
        database_url=environment.get("DATABASE_URL", "").strip() or None,
        state_dir=Path(environment.get("STATE_DIR", "").strip() or "state"),
        home_guilds=frozenset(int(home) for home in homes if home.strip().isdecimal()),
    )
