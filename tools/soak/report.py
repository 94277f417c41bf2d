"""The summary of a soak, and which promises were kept."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.soak.ledger import Fate, Ledger
from tools.soak.soak import SoakResult

MEMORY_MIB = 450.0
"""Of all processes together: a container with 512 MiB has to hold them."""
STOPPING_S = 8.0
MOST_DETAILS = 12
RECONNECTING = re.compile(r"Attempting a reconnect")
"""discord.py logs these with a traceback; they are handled."""
ORPHANED = "reduction.pickle.load(from_parent)"
"""In the traceback of a process whose parent was killed while it started it: what it was sent ends
too early ("pickle data was truncated")."""


@dataclass(frozen=True)
class Promise:
    """A figure and whether it is as promised."""

    name: str
    value: float
    most: float
    details: tuple[str, ...] = ()

    @property
    def is_kept(self) -> bool:
        return self.value <= self.most


def exceptions_in(log: str) -> list[str]:
    """The last lines of exceptions in a log of JSON lines and of whatever else a process prints.

    Those that discord.py handles by connecting again are left out, and those of a process whose
    parent was killed.
    """
    found = []
    raw: list[str] = []
    for line in log.split("\n"):
        try:
            record: dict[str, Any] = json.loads(line)
            exception, message = str(record.get("exception") or ""), str(record["message"])
        except (ValueError, TypeError, KeyError, AttributeError):
            raw.append(line)
            continue
        if exception and not RECONNECTING.search(message):
            found.append(f"{exception.strip().splitlines()[-1][:200]} ({message[:120]})")
    for number, line in enumerate(raw):
        if line.startswith("Traceback (most recent call last)"):
            rest = raw[number + 1 :]
            end = next((k for k, text in enumerate(rest) if text and text[0] != " "), len(rest))
            if not any(ORPHANED in text for text in rest[:end]):
                found.append("".join(rest[end : end + 1])[:200] + " (printed)")
    return found


def promises(outcome: SoakResult) -> list[Promise]:
    """What the bot promises, and what it did."""
    ledger, supervisor = outcome.ledger, outcome.supervisor
    stops = [seconds for seconds, _ in supervisor.stops]
    codes = tuple(f"exit code {code}" for _, code in supervisor.stops if code)
    sentences = {
        "interactions lost": ledger.reasons(Fate.LOST),
        "confirmed records lost": outcome.lost_records,
        "stored, although the member was told otherwise": outcome.contradictions,
        "messages left unfinished 60 s after a restart": outcome.left_unfinished,
        "ended by itself": supervisor.unexpected,
        "faults after which it did not come back": outcome.never_back,
        "unhandled exceptions in the log": exceptions_in(outcome.log),
    }
    return [
        *(Promise(name, len(found), 0, tuple(found)) for name, found in sentences.items()),
        Promise("slowest stop, s", round(max(stops, default=0.0), 1), STOPPING_S, codes),
        Promise("peak memory of all processes, MiB", round(supervisor.peak_mib), MEMORY_MIB),
    ]


def show(console: Console, outcome: SoakResult) -> bool:
    """Print the summary. Returns whether all promises were kept."""
    console.print(interactions(outcome.ledger))
    for fate in (Fate.REFUSED, Fate.EXCEPTED):
        for what, count in Counter(outcome.ledger.reasons(fate)).most_common(MOST_DETAILS):
            console.print(f"{fate}: {count} × {what}", highlight=False, markup=False)
    table = Table("promise", "value", "at most", "")
    made = promises(outcome)
    for promise in made:
        mark = "kept" if promise.is_kept else "[red]broken[/red]"
        table.add_row(promise.name, f"{promise.value:g}", f"{promise.most:g}", mark)
    table.caption = (
        f"confirmed records: {outcome.records.confirmed}; starts: {outcome.supervisor.starts}"
    )
    console.print(table)
    broken = [promise for promise in made if not promise.is_kept]
    details = [f"{each.name}: {why}" for each in broken for why in each.details[:MOST_DETAILS]]
    details += [f"refused to start: {refused}" for refused in outcome.supervisor.refused]
    for detail in details:
        console.print(detail, highlight=False, markup=False)
    return not broken


def interactions(ledger: Ledger) -> Table:
    """What became of all interactions, by their kind."""
    table = Table("interactions", "sent", *Fate)
    counts = ledger.counts()
    for what, fates in [*sorted(counts.items()), ("all", sum(counts.values(), Counter()))]:
        table.add_row(what, f"{fates.total()}", *(f"{fates[fate]}" for fate in Fate))
    return table
