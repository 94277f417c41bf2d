"""Findings: what a check has found, and what to do."""

from dataclasses import dataclass
from enum import Enum

from bot.startup import StartupError, how_to_install

INSTALL = how_to_install()


class Level(Enum):
    """How bad a finding is."""

    FINE = "✓"
    WARNING = "!"
    """The bot runs, but something does not work, or soon will not."""
    PROBLEM = "✗"
    """The bot does not start, or does not answer."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    level: Level
    check: str
    """Name of the check: one or two words."""
    found: str
    """A sentence, without secrets."""
    advice: str = ""
    """Advice to the operator: a sentence or two."""


def fine(check: str, found: str) -> Finding:
    """A finding that needs nothing."""
    return Finding(Level.FINE, check, found)


def warning(check: str, found: str, advice: str) -> Finding:
    """A finding that should be looked at."""
    return Finding(Level.WARNING, check, found, advice)


def problem(check: str, found: str, advice: str) -> Finding:
    """A finding that must be mended."""
    return Finding(Level.PROBLEM, check, found, advice)


def refused(check: str, error: StartupError) -> Finding:
    """A finding that the start refuses, in its words."""
    return Finding(Level.PROBLEM, check, error.found, error.advice)
