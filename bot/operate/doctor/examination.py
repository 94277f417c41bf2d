"""Runs all checks at the same time, each with a time limit, and prints what they find."""

import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TextIO, TypeVar

from bot.launch import local_settings
from bot.operate.doctor.cluster import examine_cluster
from bot.operate.doctor.database import examine_database
from bot.operate.doctor.discord_account import examine_discord
from bot.operate.doctor.findings import INSTALL, Finding, Level, fine, problem, warning
from bot.operate.doctor.machine import (
    examine_drawings,
    examine_fonts,
    examine_monitoring,
    examine_packages,
    examine_state_dir,
    examine_weights,
)
from bot.operate.doctor.slack_account import examine_slack
from bot.settings import (
    DOTENV,
    Settings,
    SettingsError,
    checked,
    exposed,
    given_values,
    load_settings,
    suspicious_names,
)
from bot.startup import Exit

PLAIN_MARKS = {Level.FINE: "+", Level.WARNING: "!", Level.PROBLEM: "x"}
"""Marks for an output that cannot show the others."""
SETTINGS_S = 10.0
COLORS = {Level.FINE: "green", Level.WARNING: "yellow", Level.PROBLEM: "bold red"}


Result = TypeVar("Result")


@dataclass(frozen=True)
class Check:
    """A group of findings."""

    name: str
    examine: Callable[[Settings], list[Finding]]
    limit_s: float


CHECKS = (
    Check("Packages", examine_packages, 20),
    Check("Discord", examine_discord, 45),
    Check("Slack", examine_slack, 45),
    Check("State folder", examine_state_dir, 10),
    Check("Database", examine_database, 30),
    Check("Cluster", examine_cluster, 60),
    Check("Monitoring", examine_monitoring, 10),
    Check("Weights", examine_weights, 30),
    Check("Fonts", examine_fonts, 60),
    Check("Drawings", examine_drawings, 30),
)


def examine(*, local: bool = False) -> int:
    """Run all checks and print their findings. Returns the exit code."""
    for name in ("bot", "discord"):  # the findings say what they would log
        logging.getLogger(name).addHandler(logging.NullHandler())
    try:
        settings, findings = _started(read_settings).result(SETTINGS_S)
    except TimeoutError:
        hung = f"They could not be read within {SETTINGS_S:g} s."
        settings, findings = Settings(), [problem("Settings", hung, "Look at the disk with .env.")]
    checks: Sequence[Check] = CHECKS
    if local:
        settings = local_settings(settings)
        checks = [check for check in CHECKS if check.name not in ("Discord", "Slack")]
        findings.append(fine("Token", "The local simulation needs none."))
    found = list[Finding]()
    for finding in (*findings, *run_checks(settings, checks)):
        shown = replace(finding, found=without_secrets(finding.found, settings))
        found.append(shown)
        show(shown, sys.stdout)
    problems = sum(finding.level is Level.PROBLEM for finding in found)
    warnings = sum(finding.level is Level.WARNING for finding in found)
    sys.stdout.write(f"{summary(problems, 'problem')}, {summary(warnings, 'warning')}\n")
    return Exit.PROBLEMS_FOUND if problems else Exit.OK


def read_settings(dotenv: Path = DOTENV) -> tuple[Settings, list[Finding]]:
    """The settings that are valid, with the defaults of the others; never raises."""
    check, advice = (
        "Settings",
        "Correct it in .env or in the environment; .env.example explains it.",
    )
    try:
        settings = load_settings(dotenv)
    except ImportError as error:
        settings, _problems = checked(given_values(None))
        return settings, [problem(check, f"The package {error.name} is missing.", f"{INSTALL}.")]
    except SettingsError as error:
        findings = [problem(check, f"{each.removesuffix('.')}.", advice) for each in error.problems]
        # What is right counts; that of the environment alone if the file cannot be read.
        settings, _problems = checked(given_values(None if error.__cause__ else dotenv))
    else:
        where = f"{dotenv} and the environment" if dotenv.is_file() else "the environment"
        findings = [fine(check, f"All are valid, from {where}.")]
    with suppress(OSError, UnicodeDecodeError):  # reported already
        if sentence := exposed(dotenv):
            findings.append(warning(check, sentence, ""))
        findings += [
            warning(check, sentence, "Correct or remove it.")
            for sentence in suspicious_names(dotenv=dotenv)
        ]
    return settings, findings


def without_secrets(text: str, settings: Settings) -> str:
    """A text without the tokens, the addresses of database and Sentry, and the password."""
    address, dsn = settings.database_address or "", settings.sentry_dsn
    password = address.partition("://")[2].rpartition("@")[0].partition(":")[2]
    for secret in (*settings.tokens, address, password, dsn.value if dsn else ""):
        if secret:  # a short password is also a part of ordinary words
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "[secret]", text)
    return text


def run_checks(settings: Settings, checks: Sequence[Check]) -> Iterator[Finding]:
    """The findings of all checks, which run at the same time, in their order."""
    running = [(check, _started(partial(check.examine, settings))) for check in checks]
    for check, future in running:
        yield from _findings(check, future)


def _started(work: Callable[[], Result]) -> Future[Result]:
    """Work in a thread of its own. A hung one, on a dead disk say, does not keep the process."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 (raised where it is read)
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name="doctor").start()
    return future


def _findings(check: Check, future: Future[list[Finding]]) -> Iterable[Finding]:
    try:
        return future.result(check.limit_s)
    except TimeoutError:
        found = f"The check did not end within {check.limit_s:g} s."
        return [problem(check.name, found, "Something hangs: look at the disk and the network.")]
    except ImportError as error:
        name = (error.name or "").partition(".")[0] or error
        found = f"Not checked: {name} is missing or does not load."
        return [problem(check.name, found, f"{INSTALL}.")]
    except Exception as error:  # noqa: BLE001 (the other checks must go on)
        found = f"Not checked: {type(error).__name__}: {error}"
        return [problem(check.name, found, "This is a defect of the doctor: please report it.")]


def show(finding: Finding, output: TextIO) -> None:
    """Print a finding on one line, in color on a terminal."""
    mark = finding.level.value
    try:
        mark.encode(output.encoding or "utf-8")
    except UnicodeEncodeError:
        mark = PLAIN_MARKS[finding.level]
    rest = " ".join(filter(None, (f"{finding.check}: {finding.found}", finding.advice)))
    rest = " ".join(rest.split())
    encoding = output.encoding or "utf-8"
    rest = rest.encode(encoding, "replace").decode(encoding)
    if output.isatty() and _show_in_color(mark, rest, finding.level, output):
        return
    output.write(f"{mark} {rest}\n")
    output.flush()


def _show_in_color(mark: str, rest: str, level: Level, output: TextIO) -> bool:
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        return False
    Console(file=output, soft_wrap=True).print(Text.assemble((mark, COLORS[level]), " ", rest))
    return True


def summary(count: int, noun: str) -> str:
    """`no problems`, `1 problem`, `2 problems`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
