"""Settings: type, default, documentation and example of each.

A setting is an environment variable or a line of `.env`. The environment wins, also with an empty
or blank value, which means unset. `python -m bot.settings` prints the content of `.env.example`.
"""

import difflib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from bot.settings.values import (
    MOST_SHARDS,
    Secret,
    Setting,
    ValueKind,
    WrongItems,
    in_range,
    listed,
    matching,
    one_of,
    parse_shards,
    setting,
    token,
)

DOTENV = Path(".env")
LOCAL = "local"
"""The subfolder of STATE_DIR with the state of `--local`."""
MOST_PORT = 65_535
LogFormat = Literal["text", "json"]
Welcome = Literal["yes", "no"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_ports = in_range(int, 1, MOST_PORT, "a port number")
_words = listed(matching(r".*[^\W_].*", "words with letters or digits"))
"""Lists of words that have a letter or a digit: the filter finds no others, such as `*`."""


def _cluster(text: str) -> str:
    matched = re.fullmatch(r"dask(?:\+tls)?://[^\s/@?#]+:(\d{1,5})", text)
    if not matched or not 1 <= int(matched[1]) <= MOST_PORT:
        raise ValueError("another form")
    return text


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The operator's settings, as read by `load_settings`."""

    discord_token: Secret | None = setting(
        None,
        ValueKind("the bot's token", Secret),
        "The bot's token, from the page Bot of your application on "
        "https://discord.com/developers/applications. Keep it secret. Not needed for python -m bot "
        "--local.",
        example="MTIz.abc.def",
    )
    home_guilds: frozenset[int] = setting(
        frozenset(),
        listed(ValueKind("server IDs", in_range(int, 1, 2**64, "").parse)),
        "Servers whose administrators can use /retrain and choose the live version with /models; "
        "the bot's owners always can. Only there, Discord offers /owner and /status. Default: "
        "none, so that only the owners can, and these two are everywhere. To copy a server's ID, "
        "turn on Developer Mode in Discord and right-click the server.",
        example="81384788765712384,613425648685547541",
    )
    slack_bot_token: Secret | None = setting(
        None,
        token("xoxb-", "the Bot User OAuth Token"),
        "The bot's token on Slack, from the page OAuth & Permissions of your app on "
        "https://api.slack.com/apps, once it is installed. Keep it secret. With DISCORD_TOKEN too, "
        "one process serves both.",
        example="xoxb-1-2-abc",
    )
    slack_app_token: Secret | None = setting(
        None,
        token("xapp-", "an app-level token"),
        "The app-level token for Socket Mode, with the scope connections:write, from the page "
        "Basic Information of the same app. Keep it secret.",
        example="xapp-1-A1-2-abc",
    )
    slack_command_prefix: str = setting(
        "",
        matching("[a-z0-9_-]{0,20}", "at most 20 small letters, digits, - and _"),
        "Beginning of the names of all commands on Slack, where others have the same names: with "
        "mango- it is /mango-dinoname. Run python -m bot slack-manifest again after a change. "
        "Names that Slack has itself, such as /status, begin with mango- anyway.",
        example="mango-",
    )
    home_workspaces: frozenset[str] = setting(
        frozenset(),
        listed(matching("[TE][A-Z0-9]{1,31}", "workspace IDs")),
        "Slack workspaces whose administrators can use /retrain and choose the live version with "
        "/models, and whose primary owner counts as the bot's owner. Default: the workspace of "
        "SLACK_BOT_TOKEN, but none if DISCORD_TOKEN is set as well. The ID begins with T, in the "
        "address of Slack in a browser.",
        example="T024BE7LD",
    )
    state_dir: Path = setting(
        Path("state"),
        ValueKind("a writable folder", Path),
        "Folder for everything that the bot stores on disk. Created if missing. python -m bot "
        "--local uses its subfolder local, which keeps its data apart from that of the bot on "
        "Discord.",
        example="/var/lib/mangosaurus",
    )
    database_url: Secret | None = setting(
        None,
        ValueKind("the address of a PostgreSQL database", Secret),
        "PostgreSQL database for polls, kept poems, namers and trained weights. Use one on a host "
        "that wipes its disk at each restart. If empty, everything is stored in the file "
        "mangosaurus.db in STATE_DIR. Ignored by python -m bot --local.",
        example="postgres://user:password@host:5432/mangosaurus",
    )
    shard_count: int | None = setting(
        None,
        in_range(int, 1, MOST_SHARDS, "a whole number"),
        "Number of shards of the bot in all processes together, the same for each of them. If "
        "empty, Discord says how many there should be.",
        example="16",
    )
    shard_ids: frozenset[int] = setting(
        frozenset(),
        ValueKind(
            f"numbers or ranges of shards below {MOST_SHARDS}, separated by commas", parse_shards
        ),
        "The shards on Discord of this process, if several processes share them, each with its own "
        "part of the servers (see docs/hosting/fleet.md). Needs SHARD_COUNT, and a PostgreSQL "
        "database that all of them use. If empty, this process runs all shards.",
        example="0-3",
    )
    welcome: Welcome = setting(
        "yes",
        one_of("yes", "no"),
        "Whether the bot introduces itself, once, in servers that add it and in the first Slack "
        "channel that it is invited to: yes or no.",
        example="no",
    )
    cooldown_seconds: float = setting(
        4.0,
        in_range(float, 0, 3600, "a number of seconds"),
        "Seconds that a member must wait before using the same command again. 0 turns cooldowns "
        "off, also that of somebody who keeps pressing buttons.",
        example="10",
    )
    retrain_minutes: int = setting(
        30,
        in_range(int, 1, 1440, "a whole number of minutes"),
        "Time limit in minutes of one /retrain.",
        example="60",
    )
    retrain_cooldown_minutes: float = setting(
        5.0,
        in_range(float, 0, 1440, "a number of minutes"),
        "Minutes between the end of one /retrain and the start of the next.",
        example="30",
    )
    inference_processes: int | None = setting(
        None,
        in_range(int, 0, 64, "a whole number"),
        "Number of processes that write when members have to wait for the bot's own thread. They "
        "start with the work and end after ten minutes without any; each takes about 60 MB. 0 for "
        "none. Default: as many as the machine or container has cores, and memory beside the bot; "
        "none with one core or less than 1 GiB.",
        example="4",
    )
    inference: str | None = setting(
        None,
        ValueKind("the address of a Dask scheduler", _cluster),
        "Dask cluster that writes and trains for the bot (docs/hosting/cluster.md): "
        "dask://HOST:PORT, or dask+tls://HOST:PORT. Needs requirements-cluster.txt. While it does "
        "not answer, and if empty, the bot writes by itself.",
        example="dask://10.0.0.5:8786",
    )
    namers_per_guild: int = setting(
        10,
        in_range(int, 0, 100, "a whole number"),
        "Maximum number of namers (see /namer) in one server. 0 allows no new ones; existing ones "
        "stay.",
        example="25",
    )
    blocked_words: frozenset[str] = setting(
        frozenset(),
        _words,
        "Words that the bot must not accept or write, in addition to its word list. * matches any "
        "letters: mud is the whole word, mud* words that start with it, *mud* words that contain "
        "it.",
        example="mud,*swamp*",
    )
    allowed_words: frozenset[str] = setting(
        frozenset(),
        _words,
        "Words to allow although the bot's word list blocks them; same syntax as BLOCKED_WORDS.",
        example="dick,chink",
    )
    log_format: LogFormat = setting(
        "text",
        one_of("text", "json"),
        "Format of the logs: text, or json (one object per line).",
        example="json",
    )
    log_level: LogLevel = setting(
        "INFO",
        one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        "Lowest level that is logged: DEBUG, INFO, WARNING or ERROR.",
        example="DEBUG",
    )
    metrics_port: int | None = setting(
        None,
        _ports,
        "Port for monitoring: /healthz and /readyz for a supervisor, /metrics for Prometheus (see "
        "docs/monitoring.md). If empty, none is opened.",
        example="9100",
    )
    metrics_host: str = setting(
        "127.0.0.1",
        ValueKind("an address of this machine", str),
        "Address on which METRICS_PORT is opened. Anyone who can connect to it can read the "
        "metrics. 127.0.0.1 is open to this machine only, 0.0.0.0 to every network that it is in, "
        "for example to other containers.",
        example="0.0.0.0",  # noqa: S104 (a choice of the operator)
    )
    sentry_dsn: Secret | None = setting(
        None,
        ValueKind("the DSN of a project on Sentry", Secret),
        "Address (DSN) of a Sentry project that gets a report of each error in the log, without "
        "members' words. Needs pip install -r requirements-sentry.txt. If empty, nothing is "
        "reported.",
        example="https://key@sentry.example.org/1",
    )
    local_port: int = setting(
        8080, _ports, "Port of the page of python -m bot --local, on 127.0.0.1.", example="9000"
    )

    @property
    def tokens(self) -> tuple[str, ...]:
        """All tokens that are set, which no log may show."""
        every = (self.discord_token, self.slack_bot_token, self.slack_app_token)
        return tuple(each.value for each in every if each is not None)

    @property
    def database_address(self) -> str | None:
        """The address of the database; `None` for the file in the state directory."""
        return self.database_url.value if self.database_url else None

    @property
    def shards(self) -> tuple[int, ...]:
        """The shards that this process is to run; empty if Discord decides."""
        return tuple(sorted(self.shard_ids)) or tuple(range(self.shard_count or 0))


SETTINGS: Mapping[str, Setting] = {each.name: each.metadata["setting"] for each in fields(Settings)}
"""All settings, by name in lower case."""


class SettingsError(Exception):
    """Invalid settings. The message lists every problem, one per line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_settings(dotenv: Path = DOTENV) -> Settings:
    """Read the environment and `.env`, and check everything at once. Raises `SettingsError`."""
    try:
        settings, problems = checked(given_values(dotenv))
    except UnicodeDecodeError as error:
        raise SettingsError((f"{dotenv} is not UTF-8 text; save it as UTF-8.",)) from error
    except OSError as error:
        who = " Run this as the bot's user." if isinstance(error, PermissionError) else ""
        found = f"{dotenv} cannot be read: {error.strerror or error}.{who}"
        raise SettingsError((found,)) from error
    if problems:
        raise SettingsError(problems)
    return settings


def checked(given: Mapping[str, str]) -> tuple[Settings, tuple[str, ...]]:
    """The settings of some texts by name, and a sentence for each problem.

    A setting that is wrong, like one without a text, keeps its default.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, about in SETTINGS.items():
        text = given.get(name, "").strip()
        try:
            if text:
                values[name] = about.kind.parse(text)
        except ValueError as error:
            wrong = error.args if isinstance(error, WrongItems) else (text,)
            problems += [_problem(name, about, item) for item in wrong]
    settings = Settings(**values)
    if misfits := [*_problems_of_shards(settings)]:
        problems += misfits
        settings = replace(settings, shard_ids=frozenset())
    return settings, tuple(problems)


def _problems_of_shards(settings: Settings) -> Iterator[str]:
    """Why a process cannot run the shards of its settings."""
    count, url = settings.shard_count, settings.database_url
    if not settings.shard_ids:
        return
    if count is None:
        yield (
            "SHARD_IDS needs SHARD_COUNT, the number of shards of all processes together, for "
            "example SHARD_COUNT=16"
        )
    elif (highest := max(settings.shard_ids)) >= count:
        yield (
            f"SHARD_IDS has {highest}, but with SHARD_COUNT={count} there are the shards 0 to "
            f"{count - 1}"
        )
    if url is None or url.value.startswith("sqlite"):
        yield "SHARD_IDS needs a PostgreSQL database, which all processes share, in DATABASE_URL"


def given_values(
    dotenv: Path | None, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Values that are set in the environment, empty ones too, or else in `.env` if that is given.

    Names are in lower case, as those of the fields. Raises `OSError` and `UnicodeDecodeError` for a
    file that cannot be read.
    """
    values: dict[str, str] = {}
    own = _in_file(dotenv) if dotenv is not None else {}
    for source in (own, environment):
        values |= {name.lower(): value or "" for name, value in source.items()}
    return values


def _in_file(dotenv: Path) -> Mapping[str, str | None]:
    from dotenv import dotenv_values  # here: without this package, the doctor can still say so

    return dotenv_values(dotenv) if dotenv.is_file() else {}


def exposed(dotenv: Path = DOTENV) -> str | None:
    """A sentence if every user of the machine can read `.env`."""
    if os.name != "posix" or not dotenv.is_file() or not dotenv.stat().st_mode & stat.S_IROTH:
        return None
    return f"Every user of this machine can read {dotenv}, where tokens are. Run: chmod o= {dotenv}"


def suspicious_names(
    environment: Mapping[str, str] = os.environ, dotenv: Path = DOTENV
) -> tuple[str, ...]:
    """A sentence for each name that is probably a misspelled setting."""
    known = [name.upper() for name in SETTINGS]
    own = set(_in_file(dotenv))
    sentences = []
    for name in sorted(own | set(environment)):
        if name.upper() not in known:
            # Every name in .env is meant for this bot; most names in the environment are not.
            alike = difflib.get_close_matches(
                name.upper(), known, n=1, cutoff=0.6 if name in own else 0.88
            )
            if alike:
                sentences.append(f"{name} is not a setting; did you mean {alike[0]}?")
            elif name in own:
                sentences.append(f"{name} in {dotenv} is not a setting and is ignored.")
    return tuple(sentences)


def _problem(name: str, about: Setting, wrong: str) -> str:
    shown = "invalid" if name.endswith(("token", "url", "dsn")) else repr(wrong)
    variable = name.upper()
    expected = f"{about.kind.expected}, for example {variable}={about.example}"
    return f"{variable} is {shown}; expected {expected}"
