"""Settings: type, default, documentation and example of each.

A setting is an environment variable or a line of `.env`. The environment wins; an empty or blank
value counts as unset. `python -m bot.settings` prints the content of `.env.example`.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.shards import MOST_SHARDS, ShardsError, check_shards, parse_shards

DOTENV = Path(".env")


def _split(value: object) -> object:
    """`a, b` → `["a", "b"]`. Values of other types pass unchanged, for pydantic to check."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _with_letters(word: str) -> str:
    """A word that the filter can find. Raises `ValueError` for `*`, which finds nothing."""
    if not any(map(str.isalnum, word)):
        raise ValueError("no letter or digit")
    return word


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _token_like(*beginnings: str) -> AfterValidator:
    """A check that a token was copied whole, and is of the right kind."""

    def check(token: SecretStr) -> SecretStr:
        value = token.get_secret_value()
        if not value.startswith(beginnings) or not value.isascii():
            raise ValueError("another kind of token")
        if any(character.isspace() or character in "\"'" for character in value):
            raise ValueError("copied with something else")
        return token

    return AfterValidator(check)


def _is_server(url: SecretStr | None) -> bool:
    """Whether a database is one that processes can share: PostgreSQL."""
    return url is not None and not url.get_secret_value().startswith("sqlite")


BotToken = Annotated[SecretStr, _token_like("xoxb-")]
AppToken = Annotated[SecretStr, _token_like("xapp-")]
Cluster = Annotated[str, Field(pattern=r"^dask(\+tls)?://[^\s/@?#]+:[1-9]\d{0,4}$")]
Prefix = Annotated[str, Field(max_length=20, pattern=r"^[a-z0-9_-]*$")]
Workspace = Annotated[str, Field(pattern=r"^[TE][A-Z0-9]{1,31}$")]
Workspaces = Annotated[frozenset[Workspace], BeforeValidator(_split)]
Identifiers = Annotated[frozenset[Annotated[int, Field(gt=0)]], BeforeValidator(_split)]
ShardIds = Annotated[frozenset[int], BeforeValidator(parse_shards)]
Word = Annotated[str, AfterValidator(_with_letters)]
Words = Annotated[frozenset[Word], BeforeValidator(_split)]
LogFormat = Literal["text", "json"]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]


class Settings(BaseModel):
    """The operator's settings, as read by `load_settings`.

    Each field has a `title` (the accepted values, for error messages), a `description` and
    `examples` (both for `.env.example`).
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    discord_token: SecretStr | None = Field(
        None,
        title="the bot's token",
        description="The bot's token, from the page Bot of your application on "
        "https://discord.com/developers/applications. Keep it secret. Not needed for "
        "python -m bot --local.",
        examples=["MTIz.abc.def"],
    )
    home_guilds: Identifiers = Field(
        frozenset(),
        title="server IDs, separated by commas",
        description="Servers whose administrators can use /retrain and choose the live version "
        "with /models; the bot's owners always can. Default: none, so that only the owners can. "
        "To copy a server's ID, turn on Developer Mode in Discord and right-click the server.",
        examples=["81384788765712384,613425648685547541"],
    )
    slack_bot_token: BotToken | None = Field(
        None,
        title="the Bot User OAuth Token, which begins with xoxb-",
        description="The bot's token on Slack, from the page OAuth & Permissions of your app on "
        "https://api.slack.com/apps, once it is installed. Keep it secret. With DISCORD_TOKEN too, "
        "one process serves both.",
        examples=["xoxb-1-2-abc"],
    )
    slack_app_token: AppToken | None = Field(
        None,
        title="an app-level token, which begins with xapp-",
        description="The app-level token for Socket Mode, with the scope connections:write, from "
        "the page Basic Information of the same app. Keep it secret.",
        examples=["xapp-1-A1-2-abc"],
    )
    slack_command_prefix: Prefix = Field(
        "",
        title="at most 20 small letters, digits, - and _",
        description="Beginning of the names of all commands on Slack, where others have the same "
        "names: with mango- it is /mango-dinoname. Run python -m bot slack-manifest again after a "
        "change. Names that Slack has itself, such as /status, begin with mango- anyway.",
        examples=["mango-"],
    )
    home_workspaces: Workspaces = Field(
        frozenset(),
        title="workspace IDs, separated by commas",
        description="Slack workspaces whose administrators can use /retrain and choose the live "
        "version with /models, and whose primary owner counts as the bot's owner. Default: the "
        "workspace of SLACK_BOT_TOKEN, but none if DISCORD_TOKEN is set as well. The ID begins "
        "with T, in the address of Slack in a browser.",
        examples=["T024BE7LD"],
    )
    state_dir: Path = Field(
        Path("state"),
        title="a writable folder",
        description="Folder for everything that the bot stores on disk. Created if missing. "
        "python -m bot --local uses its subfolder local, which keeps its data apart from that "
        "of the bot on Discord.",
        examples=["/var/lib/mangosaurus"],
    )
    database_url: SecretStr | None = Field(
        None,
        title="the address of a PostgreSQL database",
        description="PostgreSQL database for polls, kept poems, namers and trained weights. "
        "Use one on a host that wipes its disk at each restart. If empty, everything is stored in "
        "the file mangosaurus.db in STATE_DIR. Ignored by python -m bot --local.",
        examples=["postgres://user:password@host:5432/mangosaurus"],
    )
    shard_count: int | None = Field(
        None,
        ge=1,
        le=MOST_SHARDS,
        title=f"a whole number from 1 to {MOST_SHARDS}",
        description="Number of shards of the bot in all processes together, the same for each of "
        "them. If empty, Discord says how many there should be.",
        examples=["16"],
    )
    shard_ids: ShardIds = Field(
        frozenset(),
        title=f"numbers or ranges of shards below {MOST_SHARDS}, separated by commas",
        description="The shards on Discord of this process, if several processes share them, each "
        "with its own part of the servers (see docs/hosting/fleet.md). Needs SHARD_COUNT, and a "
        "PostgreSQL database that all of them use. If empty, this process runs all shards.",
        examples=["0-3"],
    )
    cooldown_seconds: float = Field(
        4.0,
        ge=0,
        le=3600,
        title="a number of seconds from 0 to 3600",
        description="Seconds that a member must wait before using the same command again. 0 "
        "turns cooldowns off, also that of somebody who keeps pressing buttons.",
        examples=["10"],
    )
    retrain_minutes: int = Field(
        30,
        ge=1,
        le=1440,
        title="a whole number of minutes from 1 to 1440",
        description="Time limit in minutes of one /retrain.",
        examples=["60"],
    )
    retrain_cooldown_minutes: float = Field(
        5.0,
        ge=0,
        le=1440,
        title="a number of minutes from 0 to 1440",
        description="Minutes between the end of one /retrain and the start of the next.",
        examples=["30"],
    )
    inference_processes: int | None = Field(
        None,
        ge=0,
        le=64,
        title="a whole number from 0 to 64",
        description="Number of processes that write when members have to wait for the bot's own "
        "thread. They start with the work and end after ten minutes without any; each takes about "
        "60 MB. 0 for none. Default: as many as the machine or container has cores, and memory "
        "beside the bot; none with one core or less than 1 GiB.",
        examples=["4"],
    )
    inference: Cluster | None = Field(
        None,
        title="the address of a Dask scheduler",
        description="Dask cluster that writes and trains for the bot (docs/hosting/cluster.md): "
        "dask://HOST:PORT, or dask+tls://HOST:PORT. Needs requirements-cluster.txt. While it does "
        "not answer, and if empty, the bot writes by itself.",
        examples=["dask://10.0.0.5:8786"],
    )
    namers_per_guild: int = Field(
        10,
        ge=0,
        le=100,
        title="a whole number from 0 to 100",
        description="Maximum number of namers (see /namer) in one server. 0 allows no new ones; "
        "existing ones stay.",
        examples=["25"],
    )
    blocked_words: Words = Field(
        frozenset(),
        title="words with letters or digits, separated by commas",
        description="Words that the bot must not accept or write, in addition to its word list. * "
        "matches any letters: mud is the whole word, mud* words that start with it, *mud* words "
        "that contain it.",
        examples=["mud,*swamp*"],
    )
    allowed_words: Words = Field(
        frozenset(),
        title="words with letters or digits, separated by commas",
        description="Words to allow although the bot's word list blocks them; same syntax as "
        "BLOCKED_WORDS.",
        examples=["dick,chink"],
    )
    log_format: LogFormat = Field(
        "text",
        title="text or json",
        description="Format of the logs: text, or json (one object per line).",
        examples=["json"],
    )
    log_level: LogLevel = Field(
        "INFO",
        title="DEBUG, INFO, WARNING or ERROR",
        description="Lowest level that is logged: DEBUG, INFO, WARNING or ERROR.",
        examples=["DEBUG"],
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        title="a port number from 1 to 65535",
        description="Port for monitoring: /healthz and /readyz for a supervisor, /metrics for "
        "Prometheus (see docs/monitoring.md). If empty, none is opened.",
        examples=["9100"],
    )
    metrics_host: str = Field(
        "127.0.0.1",
        title="an address of this machine",
        description="Address on which METRICS_PORT is opened. Anyone who can connect to it can "
        "read the metrics. 127.0.0.1 is open to this machine only, 0.0.0.0 to every network that "
        "it is in, for example to other containers.",
        examples=["0.0.0.0"],  # noqa: S104 (a choice of the operator)
    )
    sentry_dsn: SecretStr | None = Field(
        None,
        title="the DSN of a project on Sentry",
        description="Address (DSN) of a Sentry project that gets a report of each error in the "
        "log, without members' words. Needs pip install -r requirements-sentry.txt. If empty, "
        "nothing is reported.",
        examples=["https://key@sentry.example.org/1"],
    )
    local_port: int = Field(
        8080,
        ge=1,
        le=65535,
        title="a port number from 1 to 65535",
        description="Port of the page of python -m bot --local, on 127.0.0.1.",
        examples=["9000"],
    )

    @property
    def tokens(self) -> tuple[str, ...]:
        """All tokens that are set, which no log may show."""
        every = (self.discord_token, self.slack_bot_token, self.slack_app_token)
        return tuple(token.get_secret_value() for token in every if token is not None)

    @property
    def shards(self) -> tuple[int, ...]:
        """The shards that this process is to run; empty if Discord decides."""
        return tuple(sorted(self.shard_ids)) or tuple(range(self.shard_count or 0))

    @field_validator("shard_ids")
    @classmethod
    def _shards_fit(cls, shard_ids: frozenset[int], info: ValidationInfo) -> frozenset[int]:
        if shard_ids:
            url = info.data.get("database_url")
            check_shards(shard_ids, info.data.get("shard_count"), has_server=_is_server(url))
        return shard_ids

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, values: Mapping[str, object]) -> dict[str, object]:
        """Strip spaces around values, and drop values that are empty."""
        stripped = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}


class SettingsError(Exception):
    """Invalid settings. The message lists every problem, one per line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_settings(dotenv: Path = DOTENV) -> Settings:
    """Read the environment and `.env`, and check everything at once. Raises `SettingsError`."""
    try:
        return Settings.model_validate(given_values(dotenv))
    except ValidationError as error:
        raise SettingsError(tuple(_problems(error))) from error
    except UnicodeDecodeError as error:
        raise SettingsError((f"{dotenv} is not UTF-8 text; save it as UTF-8.",)) from error
    except OSError as error:
        raise SettingsError((f"{dotenv} cannot be read: {error.strerror or error}.",)) from error


def given_values(
    dotenv: Path | None, environment: Mapping[str, str] = os.environ
) -> dict[str, object]:
    """What is set in `.env`, unless that is `None`, and above it in the environment.

    By name in lower case, as those of the fields. Raises `OSError` and `UnicodeDecodeError` for a
    file that cannot be read.
    """
    values: dict[str, object] = {}
    own = dotenv_values(dotenv) if dotenv is not None and dotenv.is_file() else {}
    for source in (own, environment):
        values |= {name.lower(): value for name, value in source.items() if value}
    return values


def suspicious_names(
    environment: Mapping[str, str] = os.environ, dotenv: Path = DOTENV
) -> tuple[str, ...]:
    """A sentence for each name that is probably a misspelled setting."""
    known = [name.upper() for name in Settings.model_fields]
    own = set(dotenv_values(dotenv)) if dotenv.is_file() else set()
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


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        cause = problem.get("ctx", {}).get("error")
        if isinstance(cause, ShardsError):
            yield from cause.args
            continue
        name = str(problem["loc"][0])
        field = Settings.model_fields[name]
        yield (
            f"{name.upper()} is {_shown(name, problem['input'])}; expected {field.title}, "
            f"for example {name.upper()}={field.examples[0]}"  # type: ignore[index]
        )


def _shown(name: str, value: Any) -> str:  # noqa: ANN401 (any value that was typed)
    return "invalid" if name.endswith(("token", "url", "dsn")) else repr(str(value))
