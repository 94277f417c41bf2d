"""Files that run the bot elsewhere: Procfile, Dockerfile, compose.yaml, systemd unit."""

import configparser
import re
from pathlib import Path

import pytest
import yaml

from bot.__main__ import _parser
from bot.settings import SETTINGS
from bot.startup import LOGGING_S, STOP_S, Exit

CHECKOUT = Path(__file__).parents[1]
MENDED_BY_A_RESTART = {
    Exit.UNREACHABLE,
    Exit.BAD_DATABASE,
    Exit.STOPPED_LATE,
    Exit.HUNG,
    Exit.SHARDS_TAKEN,
    Exit.DISK_FULL,
    Exit.READ_ONLY,
}
NOT_OF_THE_BOT = {Exit.OK, Exit.BAD_BACKUP, Exit.PROBLEMS_FOUND}
"""Exit codes of operations, and that of a bot that was stopped."""
WRONG_OPTIONS = 2
LONGEST_STOP_S = STOP_S + LOGGING_S
"""Seconds that the bot takes at most to stop, whatever hangs."""
DAY_S = 24 * 60 * 60
CONNECTIONS_A_DAY = 1_000
"""Those that Discord allows, before it resets the token."""

# Dockerfile


def dockerfile() -> list[list[str]]:
    """Its instructions, each as its words."""
    text = re.sub(r"^#.*\n", "", (CHECKOUT / "Dockerfile").read_text(), flags=re.MULTILINE)
    return [line.split() for line in text.replace("\\\n", "").splitlines() if line]


def copied() -> list[tuple[list[str], str]]:
    """Sources in the checkout, and targets."""
    copies = [words[1:] for words in dockerfile() if words[0] == "COPY"]
    return [(words[:-1], words[-1]) for words in copies if not words[0].startswith("--from")]


def test_copied_files_exist_and_are_not_ignored() -> None:
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    sources = {source for sources, _ in copied() for source in sources}
    assert all((CHECKOUT / source).exists() for source in sources)
    assert kept == sources


@pytest.mark.parametrize(("extra", "package"), [("sentry", "sentry-sdk"), ("slack", "slack-sdk")])
def test_image_has_extras(extra: str, package: str) -> None:
    """Their packages are installed, in versions that fit whatever else was chosen."""
    (installing,) = [line for line in dockerfile() if "--require-hashes" in line]
    assert f"requirements-{extra}.txt" in installing
    pinned = {
        name: set(re.findall(r"^\S+==\S+", (CHECKOUT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-train.txt", f"requirements-{extra}.txt")
    }
    chosen = pinned["requirements.txt"] | pinned["requirements-train.txt"]
    added = pinned[f"requirements-{extra}.txt"] - chosen
    names = {pin.partition("==")[0] for pin in added}
    assert package in names
    assert not names & {pin.partition("==")[0] for pin in chosen}


def test_image() -> None:
    """It is of no architecture, and runs as nobody special, without a shell: for SIGTERM."""
    text = (CHECKOUT / "Dockerfile").read_text()
    assert not re.search(r"amd64|arm64|x86_64|aarch64|--platform", text)
    instructions = {words[0]: words[1:] for words in dockerfile()}
    assert instructions["USER"] == ["10001:10001"]
    assert instructions["ENTRYPOINT"] == ['["python",', '"-m",', '"bot"]']
    assert instructions["VOLUME"] == ["/state"]


def test_documented_container() -> None:
    """It has an init, which reaps what trainers leave, and time to stop."""
    page = (CHECKOUT / "docs" / "hosting" / "container.md").read_text()
    (command,) = re.findall(r"    docker run --detach(?:.*\\\n)*.*", page)
    options = command.replace("\\\n", "").split()
    assert "--init" in options
    assert float(options[options.index("--stop-timeout") + 1]) > LONGEST_STOP_S


# compose.yaml


def test_compose() -> None:
    services = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"]
    bot = services["bot"]
    assert {name.lower() for name in bot["environment"]} <= set(SETTINGS)
    assert float(bot["stop_grace_period"].removesuffix("s")) > LONGEST_STOP_S
    secrets = [line for line in str(services).split("'") if "PASSWORD" in line]
    assert all("${POSTGRES_PASSWORD" in line or line == "POSTGRES_PASSWORD" for line in secrets)


# systemd


def unit(name: str = "mangosaurus.service") -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(CHECKOUT / "deploy" / name)
    return parsed


def test_unit() -> None:
    """It restarts what a restart mends, outlasts an outage, and waits for the bot to stop."""
    service = unit()["Service"]
    assert service["Restart"] == "on-failure"
    prevented = {int(code) for code in service["RestartPreventExitStatus"].split()}
    assert prevented == {WRONG_OPTIONS, *set(Exit) - MENDED_BY_A_RESTART - NOT_OF_THE_BOT}
    # No number of starts ends it, and they are few enough for Discord.
    assert unit()["Unit"]["StartLimitIntervalSec"] == "0"
    assert DAY_S / float(service["RestartSec"]) < CONNECTIONS_A_DAY
    assert float(service["TimeoutStopSec"]) > LONGEST_STOP_S
    # The bot answers the watchdog; Python prints where it hung.
    assert float(service["WatchdogSec"]) > 60
    assert int(service["LimitNOFILE"]) > 1024
    assert "PYTHONFAULTHANDLER=1" in service["Environment"]


def test_backup_unit() -> None:
    """It runs as the bot's user, with options that there are, and may write where they say."""
    service = unit("mangosaurus-backup.service")["Service"]
    bot = unit()["Service"]
    for name in ("User", "Group", "WorkingDirectory", "StateDirectory", "StateDirectoryMode"):
        assert service[name] == bot[name]
    command = service["ExecStart"].removeprefix(bot["ExecStart"]).split()
    options = _parser().parse_args(command)
    assert (options.operation, str(options.file)) == ("backup", service["ReadWritePaths"])
    assert options.keep > 1
    assert unit("mangosaurus-backup.timer")["Timer"]["Persistent"] == "yes"
