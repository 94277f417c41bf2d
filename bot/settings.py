"""Every setting: its type, default, documentation and example, in one place.

A setting is an environment variable or a line of `.env`; the environment wins, and an empty or
blank value counts as unset. `python -m bot.settings` prints `.env.example`, which is made from this
file.
"""

import difflib
import os
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DOTENV = Path(".env")


def _split(value: object) -> object:
    """`a, b` → `["a", "b"]`; whatever else it is passes on to be checked."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


Identifiers = Annotated[frozenset[Annotated[int, Field(gt=0)]], NoDecode, BeforeValidator(_split)]
Words = Annotated[frozenset[str], NoDecode, BeforeValidator(_split)]
LogFormat = Literal["text", "json"]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]


class Settings(BaseSettings):
    """What an operator can set.

    Of each field `title` says what is accepted, `description` what it does, `examples` how it is
    written. Constructed by `load_settings`, or by a test with keywords.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    discord_token: SecretStr | None = Field(
        None,
        title="the bot's token",
        description="The bot's token, from the page Bot of your application on "
        "https://discord.com/developers/applications. Keep it secret. Not needed to try the bot "
        "with python -m bot --local.",
        examples=["MTIz.abc.def"],
    )
    home_guilds: Identifiers = Field(
        frozenset(),
        title="server ids, separated by commas",
        description="Servers whose administrators may use /retrain and switch with /models (the "
        "bot's owners always may). "
        "Left empty, a bot that is in one server takes that as its home. To copy a server's id, "
        "turn on Developer Mode in Discord and right-click the server.",
        examples=["81384788765712384,613425648685547541"],
    )
    state_dir: Path = Field(
        Path("state"),
        title="a folder that can be written to",
        description="Folder for what the bot learns at run time, unless DATABASE_URL names a "
        "database for it. Made if it is missing.",
        examples=["/var/lib/mangosaurus"],
    )
    database_url: SecretStr | None = Field(
        None,
        title="the address of a PostgreSQL database",
        description="Where votes, kept poems, namers and retrained weights live. Left empty, in "
        "the file mangosaurus.db in STATE_DIR. On a host that empties its disk at each restart, "
        "name a PostgreSQL database here (pip install -r requirements-postgres.txt).",
        examples=["postgres://user:password@host:5432/mangosaurus"],
    )
    cooldown_seconds: float = Field(
        4.0,
        ge=0,
        le=3600,
        title="a number of seconds from 0 to 3600",
        description="Seconds that a member waits between two answers of the same command.",
        examples=["10"],
    )
    retrain_minutes: int = Field(
        30,
        ge=1,
        le=1440,
        title="a whole number of minutes from 1 to 1440",
        description="Longest time in minutes that one /retrain may take.",
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
    namers_per_guild: int = Field(
        10,
        ge=0,
        le=100,
        title="a whole number from 0 to 100",
        description="Lists of names of its own that one server may have me learn from (/namer). "
        "With 0 none can be made; those that there are stay.",
        examples=["25"],
    )
    blocked_words: Words = Field(
        frozenset(),
        title="words, separated by commas",
        description="More words that the bot must neither read nor say. * stands for any letters: "
        "mud is a whole word, mud* how a word begins, *mud* it anywhere.",
        examples=["mud,*swamp*"],
    )
    allowed_words: Words = Field(
        frozenset(),
        title="words, separated by commas",
        description="Words that are let through although the word list has them, "
        "written in the same way.",
        examples=["dick,chink"],
    )
    log_format: LogFormat = Field(
        "text",
        title="text or json",
        description="text is for people, json is one object a line for machines.",
        examples=["json"],
    )
    log_level: LogLevel = Field(
        "INFO",
        title="DEBUG, INFO, WARNING or ERROR",
        description="How much is logged: DEBUG, INFO, WARNING or ERROR.",
        examples=["DEBUG"],
    )
    local_port: int = Field(
        8080,
        ge=1,
        le=65535,
        title="a port number from 1 to 65535",
        description="Port on 127.0.0.1 of the page of python -m bot --local.",
        examples=["9000"],
    )

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, values: Mapping[str, object]) -> dict[str, object]:
        """Take off the spaces around what was typed, and leave out what has nothing else."""
        stripped = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}


class SettingsError(Exception):
    """Some settings are wrong. The message lists every problem, a sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_settings(dotenv: Path = DOTENV) -> Settings:
    """Read the environment and `.env`, and check everything at once. Raises `SettingsError`."""
    try:
        return Settings(_env_file=dotenv)
    except ValidationError as error:
        raise SettingsError(tuple(_problems(error))) from error
    except UnicodeDecodeError as error:
        raise SettingsError((f"{dotenv} is not UTF-8 text; save it as UTF-8.",)) from error
    except OSError as error:
        raise SettingsError((f"{dotenv} cannot be read: {error.strerror or error}.",)) from error


def suspicious_names(
    environment: Mapping[str, str] = os.environ, dotenv: Path = DOTENV
) -> tuple[str, ...]:
    """A sentence for each name that is no setting but looks like one, as a slip of the pen does."""
    known = [name.upper() for name in Settings.model_fields]
    own = set(dotenv_values(dotenv)) if dotenv.is_file() else set()
    sentences = []
    for name in sorted(own | set(environment)):
        if name.upper() not in known:
            # Any name in .env is meant for this bot; the environment is full of others' names.
            alike = difflib.get_close_matches(
                name.upper(), known, n=1, cutoff=0.6 if name in own else 0.88
            )
            if alike:
                sentences.append(f"{name} is not a setting; did you mean {alike[0]}?")
            elif name in own:
                sentences.append(f"{name} in {dotenv} is not a setting and is not read.")
    return tuple(sentences)


def example() -> str:
    """The text of `.env.example`."""
    lines = [
        "# Settings of Mangosaurus. Copy this file to .env and change what you need; what is left",
        "# empty or commented out keeps its default. Variables of the environment win over .env.",
    ]
    for name, field in Settings.model_fields.items():
        description = textwrap.wrap(field.description or "", 97, break_on_hyphens=False)
        lines += ["", *(f"# {line}" for line in description)]
        lines.append(f"# Default: {_default(field) or 'none'}. Example: {field.examples[0]}")  # type: ignore[index]
        lines.append(f"{'' if field.default is None else '# '}{name.upper()}={_default(field)}")
    return "\n".join(lines) + "\n"


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        name = str(problem["loc"][0])
        field = Settings.model_fields[name]
        yield (
            f"{name.upper()} is {_shown(name, problem['input'])}, expected {field.title}, "
            f"for example {name.upper()}={field.examples[0]}"  # type: ignore[index]
        )


def _shown(name: str, value: Any) -> str:  # noqa: ANN401 (whatever somebody typed)
    return "a text that does not fit" if "token" in name or "url" in name else repr(str(value))


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None:
        return ""
    if isinstance(value, frozenset):
        return ",".join(sorted(map(str, value)))
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.stdout.write(example())
