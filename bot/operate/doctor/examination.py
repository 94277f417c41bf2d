"""Runs all checks at the same time, each with a time limit, and prints what they find."""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import TextIO, TypeVar

from bot.operate.doctor.account import examine_account
from bot.operate.doctor.cluster import examine_cluster
from bot.operate.doctor.database import examine_database
from bot.operate.doctor.findings import Finding, Level, problem
from bot.operate.doctor.machine import examine_fonts, examine_state_dir, examine_weights
from bot.operate.doctor.monitoring import examine_monitoring
from bot.operate.doctor.packages import examine_packages
from bot.operate.doctor.slack_account import examine_slack
from bot.operate.doctor.subject import INSTALL, Subject, read_settings
from bot.startup import Exit

PLAIN_MARKS = {Level.FINE: "+", Level.WARNING: "!", Level.PROBLEM: "x"}
"""For an output that cannot show the others."""
SETTINGS_S = 10.0
COLORS = {Level.FINE: "green", Level.WARNING: "yellow", Level.PROBLEM: "bold red"}


Result = TypeVar("Result")


@dataclass(frozen=True)
class Check:
    """A group of findings."""

    name: str
    examine: Callable[[Subject], list[Finding]]
    limit_s: float


CHECKS = (
    Check("Packages", examine_packages, 20),
    Check("Discord", examine_account, 45),
    Check("Slack", examine_slack, 45),
    Check("State folder", examine_state_dir, 10),
    Check("Database", examine_database, 30),
    Check("Cluster", examine_cluster, 60),
    Check("Monitoring", examine_monitoring, 10),
    Check("Weights", examine_weights, 30),
    Check("Fonts", examine_fonts, 60),
)


def examine(*, local: bool = False) -> int:
    """Run all checks and print their findings. Returns the exit code."""
    try:
        subject, findings = _started(partial(read_settings, local=local)).result(SETTINGS_S)
    except TimeoutError:
        hung = f"They could not be read within {SETTINGS_S:g} s."
        subject, findings = Subject(), [problem("Settings", hung, "Look at the disk with .env.")]
    found = list[Finding]()
    for finding in (*findings, *run_checks(subject, CHECKS)):
        shown = replace(finding, found=subject.without_secrets(finding.found))
        found.append(shown)
        show(shown, sys.stdout)
    problems = sum(finding.level is Level.PROBLEM for finding in found)
    warnings = sum(finding.level is Level.WARNING for finding in found)
    sys.stdout.write(f"{summary(problems, 'problem')}, {summary(warnings, 'warning')}\n")
    return Exit.PROBLEMS_FOUND if problems else Exit.OK


def run_checks(subject: Subject, checks: Sequence[Check]) -> Iterator[Finding]:
    """The findings of all checks, which run at the same time, in their order."""
    running = [(check, _started(partial(check.examine, subject))) for check in checks]
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
        found = f"Not checked: {error.name or error} is missing or does not load."
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
