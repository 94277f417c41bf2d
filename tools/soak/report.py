"""The summary of a soak, and which promises were kept."""

import json
import re
import statistics
from collections import Counter
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.soak.ledger import DEADLINE_S, Fate, Ledger
from tools.soak.soak import SoakResult

MEMORY_MIB = 450.0
"""Of all processes together: a container with 512 MiB has to hold them."""
STOPPING_S = 8.0
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
    errors = Counter(map(_alike, exceptions_in(outcome.log)))
    never_back = [f.step.fault for f in outcome.faults if f.seconds is None]
    stops = [seconds for seconds, _ in supervisor.stops]
    codes = [f"exit code {code}" for _, code in supervisor.stops if code]
    lost = Counter(
        f"{entry.what} {entry.request}: {why} ({_during(outcome, entry.asked.created_at)})"
        for entry in ledger.entries
        for fate, why in [ledger.fate(entry)]
        if fate is Fate.LOST
    )
    sentences = {
        "confirmed records lost": outcome.lost_records,
        "stored, although the member was told otherwise": outcome.contradictions,
        "messages left unfinished 60 s after a restart": outcome.left_unfinished,
        "ended by itself": supervisor.unexpected,
        "faults after which it did not come back": never_back,
    }
    return [
        Promise("interactions lost", lost.total(), 0, _listed(lost)),
        *(Promise(name, len(found), 0, tuple(found)) for name, found in sentences.items()),
        Promise("unhandled exceptions in the log", errors.total(), 0, _listed(errors)),
        Promise("answers about an unknown error", ledger.apologies(), 0),
        Promise("slowest stop, s", round(max(stops, default=0.0), 1), STOPPING_S, tuple(codes)),
        Promise("peak memory of all processes, MiB", round(supervisor.peak_mib), MEMORY_MIB),
    ]


def _during(outcome: SoakResult, at: float) -> str:
    """The fault at a time, or the last one before it."""
    before = [fault for fault in outcome.faults if fault.began <= at + DEADLINE_S]
    if not before:
        return "before the first fault"
    last = before[-1]
    since = at - last.ended if last.ended else 0.0
    return f"{last.step.fault}, {since:.0f} s after it" if since > 1 else last.step.fault


def _alike(error: str) -> str:
    """An error without the numbers and names that differ from one to the next."""
    error = re.sub(r"item callback for <.*", "item callback", error)
    return re.sub(r"Unknown error \w+|\d+", "…", error)[:240]


def _listed(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(f"{count} × {what}" for what, count in counts.most_common(12))


def show(console: Console, outcome: SoakResult) -> bool:
    """Print the summary. Returns whether all promises were kept."""
    table = interactions(outcome.ledger)
    waits = outcome.ledger.waits()
    in_time = sum(wait <= DEADLINE_S for wait in waits)
    table.caption = (
        f"acknowledged in 3 s: {in_time}; median {_ms(waits, 50)}, "
        f"95% within {_ms(waits, 95)}, slowest {1e3 * max(waits, default=0):.0f} ms; "
        f"rejected by the simulator: {outcome.ledger.unlawful.total()}"
    )
    console.print(table)
    console.print(_faults(outcome))
    for fate in (Fate.REFUSED, Fate.EXCEPTED):
        for what, count in outcome.ledger.reasons(fate).most_common(15):
            console.print(f"{fate}: {count} × {what}", highlight=False, markup=False)
    table = Table("promise", "value", "at most", "")
    made = promises(outcome)
    for promise in made:
        mark = "kept" if promise.is_kept else "[red]broken[/red]"
        table.add_row(promise.name, f"{promise.value:g}", f"{promise.most:g}", mark)
    table.caption = (
        f"confirmed records: {outcome.records.confirmed}; starts: {outcome.supervisor.starts}; "
        f"longest pause of the machine: {outcome.lag_s:.1f} s"
    )
    console.print(table)
    broken = [promise for promise in made if not promise.is_kept]
    details = [f"{each.name}: {detail}" for each in broken for detail in each.details[:12]]
    details += [f"refused to start: {refused}" for refused in outcome.supervisor.refused]
    details += [f"broken: {each.name}: {each.value:g}, at most {each.most:g}" for each in broken]
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


def _ms(waits: list[float], percent: int) -> str:
    if len(waits) < 2:
        return "–"
    return f"{1e3 * statistics.quantiles(waits, n=100)[percent - 1]:.0f} ms"


def _faults(outcome: SoakResult) -> Table:
    table = Table("fault", "at", "lasted", "back after")
    began = outcome.faults[0].began - outcome.faults[0].step.at if outcome.faults else 0.0
    for fault in outcome.faults:
        back = "never" if fault.seconds is None else f"{fault.seconds:.1f} s"
        lasted = f"{fault.ended - fault.began:.1f} s"
        name = f"{fault.step.fault}{f' ({fault.error})' if fault.error else ''}"
        table.add_row(name, f"{fault.began - began:.0f} s", lasted, back)
    return table
