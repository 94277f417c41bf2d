"""Settings: reading, checking, documentation."""

import os
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.settings import (
    SETTINGS,
    Settings,
    SettingsError,
    exposed,
    load_settings,
    suspicious_names,
)
from bot.settings.__main__ import example
from bot.settings.values import format_shards

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_settings_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def dotenv(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_dotenv_is_read(dotenv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment wins."""
    dotenv.write_text(
        "HOME_GUILDS=12, 34\nLOG_LEVEL=debug\nBLOCKED_WORDS=mud,*swamp*\nLOCAL_PORT=1111\n"
        "SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-2\nHOME_WORKSPACES=T1, T2\n"
    )
    monkeypatch.setenv("LOCAL_PORT", "2222")
    monkeypatch.setenv("DISCORD_TOKEN", " MTIz ")
    settings = load_settings(dotenv)
    assert settings.home_guilds == {12, 34}
    assert settings.log_level == "DEBUG"
    assert settings.blocked_words == {"mud", "*swamp*"}
    assert settings.local_port == 2222
    assert settings.home_workspaces == {"T1", "T2"}
    assert set(settings.tokens) == {"xoxb-1", "xapp-2", "MTIz"}
    assert "xoxb-1" not in repr(settings)


@pytest.mark.parametrize("value", ["", '"  "'])
def test_blank_value_is_unset(dotenv: Path, value: str) -> None:
    dotenv.write_text("\n".join(f"{name.upper()}={value}" for name in SETTINGS))
    assert load_settings(dotenv) == Settings()


@pytest.mark.parametrize("value", ["", " "])
def test_empty_environment_wins(dotenv: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    dotenv.write_text("DISCORD_TOKEN=a.b.c\nLOCAL_PORT=1111\n")
    monkeypatch.setenv("DISCORD_TOKEN", value)
    assert load_settings(dotenv) == Settings(local_port=1111)


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of POSIX")
@pytest.mark.parametrize(("mode", "warns"), [(0o644, True), (0o640, False), (0o600, False)])
def test_readable_tokens(dotenv: Path, mode: int, warns: bool) -> None:
    assert exposed(dotenv) is None
    dotenv.write_text("DISCORD_TOKEN=a.b.c\n")
    dotenv.chmod(mode)
    assert (f"chmod o= {dotenv}" in (exposed(dotenv) or "")) is warns


def test_all_problems_are_listed(dotenv: Path) -> None:
    dotenv.write_text("HOME_GUILDS=12,x\nCOOLDOWN_SECONDS=soon\nLOG_FORMAT=xml\nLOCAL_PORT=99999\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(dotenv)
    assert caught.value.problems == (
        "HOME_GUILDS is 'x'; expected server IDs, separated by commas, "
        "for example HOME_GUILDS=81384788765712384,613425648685547541",
        "COOLDOWN_SECONDS is 'soon'; expected a number of seconds from 0 to 3600, "
        "for example COOLDOWN_SECONDS=10",
        "LOG_FORMAT is 'xml'; expected text or json, for example LOG_FORMAT=json",
        "LOCAL_PORT is '99999'; expected a port number from 1 to 65535, "
        "for example LOCAL_PORT=9000",
    )


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("COOLDOWN_SECONDS=nan", ["'nan'"]),
        ("COOLDOWN_SECONDS=3601", ["'3601'"]),
        ("RETRAIN_MINUTES=1.5", ["'1.5'"]),
        ("RETRAIN_MINUTES=0", ["'0'"]),
        ("HOME_GUILDS=12,0,-3,x", ["'0'", "'-3'", "'x'"]),
        ("INFERENCE=http://10.0.0.5:8786", ["'http://10.0.0.5:8786'"]),
        ("INFERENCE=dask://10.0.0.5:65536", ["'dask://10.0.0.5:65536'"]),
        ("INFERENCE=dask://10.0.0.5:0", ["'dask://10.0.0.5:0'"]),
        ("SLACK_COMMAND_PREFIX=mango-mango-mango-mango-", ["'mango-mango-mango-mango-'"]),
        ("SLACK_COMMAND_PREFIX=Mango!", ["'Mango!'"]),
        ("HOME_WORKSPACES=mango", ["'mango'"]),
        ("SLACK_BOT_TOKEN=xapp-1", ["invalid"]),
        ("SLACK_BOT_TOKEN='xoxb-1 2'", ["invalid"]),
        ("SLACK_APP_TOKEN=xoxb-1", ["invalid"]),
        *((f"BLOCKED_WORDS=mud,{word}", [repr(word)]) for word in ("*", "**", "🖕", "-")),
        ("ALLOWED_WORDS=-", ["'-'"]),
        *((f"SHARD_IDS={shards}", [repr(shards)]) for shards in ("x", "1-", "-1", "3-1", "1.5")),
        *((f"SHARD_IDS={shards}", [repr(shards)]) for shards in ("0-99999999", "0;1", ",", ", ,")),
    ],
)
def test_wrong_values(dotenv: Path, line: str, shown: list[str]) -> None:
    """Each wrong item of a list is a problem."""
    name = line.partition("=")[0]
    check_problems(dotenv, line, [f"{name} is {item}; expected " for item in shown])


def check_problems(dotenv: Path, lines: str, beginnings: list[str]) -> None:
    dotenv.write_text(lines)
    with pytest.raises(SettingsError) as caught:
        load_settings(dotenv)
    for problem, beginning in zip(caught.value.problems, beginnings, strict=True):
        assert problem.startswith(beginning)


def test_dotenv_must_be_utf8(dotenv: Path) -> None:
    dotenv.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings(dotenv)


def test_misspelled_names_are_reported(dotenv: Path) -> None:
    dotenv.write_text("DISCORD_TOKN=x\nCOLOUR=red\n")
    assert suspicious_names({"HOME_GUILD": "1", "PATH": "/bin", "STATE": "x"}, dotenv) == (
        f"COLOUR in {dotenv} is not a setting and is ignored.",
        "DISCORD_TOKN is not a setting; did you mean DISCORD_TOKEN?",
        "HOME_GUILD is not a setting; did you mean HOME_GUILDS?",
    )


def test_example_file_is_current() -> None:
    """Only tokens are not comments: as a container's env file, it would hide the image's ports."""
    assert (CHECKOUT / ".env.example").read_text() == example()
    active = [line for line in example().splitlines() if line and not line.startswith("#")]
    assert active == ["DISCORD_TOKEN=", "SLACK_BOT_TOKEN=", "SLACK_APP_TOKEN="]


def test_example_file_has_the_defaults(dotenv: Path) -> None:
    uncommented = [line.removeprefix("# ") for line in example().splitlines() if "=" in line]
    names = [name.upper() for name in SETTINGS]
    dotenv.write_text("\n".join(line for line in uncommented if line.split("=")[0] in names))
    assert set(dotenv_values(dotenv)) == set(names)
    assert load_settings(dotenv) == Settings()


@pytest.mark.parametrize("name", SETTINGS)
def test_examples_are_valid(name: str, dotenv: Path) -> None:
    def example_of(each: str) -> str:
        return f"{each.upper()}={SETTINGS[each].example}\n"

    needed = {"shard_ids": ("shard_count", "database_url")}.get(name, ())
    dotenv.write_text("".join(map(example_of, (name, *needed))))
    assert getattr(load_settings(dotenv), name) != SETTINGS[name].default


def test_every_setting_is_used() -> None:
    files = [path for path in (CHECKOUT / "bot").rglob("*.py") if path.name != "settings.py"]
    code = "".join(path.read_text() for path in files)
    assert [name for name in SETTINGS if f"settings.{name}" not in code] == []


SHARED = "DATABASE_URL=postgres://user:password@host/mangosaurus\n"


@pytest.mark.parametrize(
    ("lines", "shards", "shown"),
    [
        (f"SHARD_IDS=2-4, 0\nSHARD_COUNT=5\n{SHARED}", (0, 2, 3, 4), "0, 2-4"),
        (f"SHARD_IDS=3\nSHARD_COUNT=5\n{SHARED}", (3,), "3"),
        (f"SHARD_IDS=1-1,1\nSHARD_COUNT=5\n{SHARED}", (1,), "1"),
        ("SHARD_COUNT=5", (*range(5),), "0-4"),  # of one process: its database may be its own
        ("", (), ""),
    ],
)
def test_shards(dotenv: Path, lines: str, shards: tuple[int, ...], shown: str) -> None:
    dotenv.write_text(lines)
    assert load_settings(dotenv).shards == shards
    assert format_shards(shards) == shown


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (f"SHARD_IDS=0\n{SHARED}", ["SHARD_IDS needs SHARD_COUNT"]),
        (f"SHARD_IDS=3-4\nSHARD_COUNT=4\n{SHARED}", ["SHARD_IDS has 4, but with SHARD_COUNT=4"]),
        ("SHARD_IDS=0\nSHARD_COUNT=4", ["SHARD_IDS needs a PostgreSQL database"]),
        (
            "SHARD_IDS=0\nDATABASE_URL=sqlite:///x.db",
            ["SHARD_IDS needs SHARD_COUNT", "SHARD_IDS needs a PostgreSQL database"],
        ),
    ],
)
def test_shards_that_do_not_fit(dotenv: Path, lines: str, expected: list[str]) -> None:
    check_problems(dotenv, lines, expected)
