"""The plan of a soak: which fault comes when. The same seed makes the same plan."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SQLITE, POSTGRES = "sqlite", "postgresql"
FIRST_S = 8.0
"""Seconds before the first fault."""


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    seconds: how long it lasts; 0 for a moment.
    pause: seconds until the next fault, for the bot to come back.
    database: the backend that it needs, or both.
    """

    name: str
    seconds: float = 0.0
    pause: float = 8.0
    database: str = ""
    needs_clock: bool = False
    is_quick: bool = False
    """Whether a soak of seconds may have it."""


@dataclass(frozen=True)
class Step:
    """A fault of the plan, `at` seconds after the start."""

    at: float
    fault: str
    seconds: float
    seed: int


FAULTS = (
    # The gateway
    Fault("connection dropped", is_quick=True),
    Fault("connection half-open", pause=70.0),
    Fault("session invalidated", is_quick=True),
    Fault("session invalidated, resumable"),
    Fault("reconnect requested"),
    Fault("malformed frame"),
    Fault("events slow", 8.0),
    Fault("events duplicated", 8.0, is_quick=True),
    Fault("events reordered", 8.0),
    # The API
    Fault("answers 500", 6.0),
    Fault("answers 502", 6.0, is_quick=True),
    Fault("answers 429 for a route", 6.0),
    Fault("answers 429 for everything", 4.0),
    Fault("answers none", 6.0),
    Fault("answers slow", 8.0),
    Fault("answers malformed", 6.0),
    Fault("connections cut", 6.0),
    Fault("answers lost", 6.0),
    # The database
    Fault("database locked", 20.0, is_quick=True),
    Fault("database slow", 10.0),
    Fault("database full", 8.0, database=SQLITE),
    Fault("database hung", 20.0, database=POSTGRES),
    Fault("database gone", 10.0, database=POSTGRES),
    Fault("database read-only", 8.0, database=POSTGRES),
    # Weights
    Fault("weights of a namer flipped", pause=15.0),
    Fault("weights of a namer truncated", pause=15.0),
    Fault("weights of a namer swapped", pause=15.0),
    Fault("live weights flipped", pause=15.0),
    Fault("shipped weights flipped", pause=15.0),
    Fault("shipped weights truncated", pause=15.0),
    # Training
    Fault("trainer killed at its start", pause=10.0),
    Fault("trainer killed while it trains", pause=10.0),
    Fault("trainer killed at its end", pause=10.0),
    Fault("trainer out of memory", pause=10.0),
    Fault("trainer hung", 10.0, pause=10.0),
    # The clock
    Fault("clock an hour back", 15.0, needs_clock=True),
    Fault("clock a day back", 15.0, needs_clock=True),
    Fault("clock an hour ahead", 15.0, needs_clock=True),
    # The process
    Fault("SIGTERM", pause=12.0),
    Fault("SIGTERM while the database is locked", pause=20.0),
    Fault("SIGTERM while the API is silent", pause=20.0),
    Fault("SIGTERM while half-open", pause=20.0),
    Fault("SIGKILL", pause=12.0, is_quick=True),
    Fault("SIGKILL during a poem", pause=12.0),
    Fault("SIGKILL during a training", pause=15.0),
    Fault("SIGKILL at the start", pause=15.0),
)
BY_NAME = {fault.name: fault for fault in FAULTS}


def make_plan(
    seed: int,
    seconds: float,
    quiet_s: float,
    *,
    database: str,
    has_clock: bool,
    only: Sequence[str] = (),
    quick: bool = False,
) -> list[Step]:
    """Every possible fault once, in a random order, then again, until the time is up.

    quiet_s: seconds without a fault at the end.
    only: the faults to use, in this order, instead of all that are possible.
    quick: leave out what takes long.
    Raises `ValueError` for an unknown fault.
    """
    if unknown := [name for name in only if name not in BY_NAME]:
        raise ValueError(f"{unknown[0]!r} is no fault. The faults: {', '.join(BY_NAME)}")
    random = np.random.default_rng(seed)
    possible = [BY_NAME[name] for name in only] or [
        fault
        for fault in FAULTS
        if fault.database in ("", database)
        and (has_clock or not fault.needs_clock)
        and (fault.is_quick or not quick)
    ]
    steps: list[Step] = []
    at = FIRST_S
    while True:
        order = possible if only else [possible[n] for n in random.permutation(len(possible))]
        for fault in order:
            lasts = fault.seconds * (0.2 if quick else random.uniform(0.7, 1.2))
            pause = 3.0 if quick else fault.pause * random.uniform(0.9, 1.3)
            if at + lasts + pause > seconds - quiet_s:
                return steps
            steps.append(
                Step(round(at, 1), fault.name, round(lasts, 1), int(random.integers(2**31)))
            )
            at += lasts + pause
        if only:
            return steps
