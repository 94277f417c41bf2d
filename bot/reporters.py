"""Who is told how a training goes: a person at a terminal, or a program that reads JSON lines."""

import json
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
)


@dataclass(frozen=True)
class Status:
    """How far a run is."""

    step: int
    steps: int
    loss: float
    """Moving mean of the batches' losses."""
    validation: float | None
    """The last that was measured, in nats per character."""
    characters_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class Outcome:
    """What a finished run leaves."""

    weights: Path
    plot: Path
    validation: float | None
    """The best that was measured, in nats per character."""
    samples: tuple[str, ...]
    seconds: float


class Reporter(Protocol):
    """Tells of a run. Entered before it begins, left when it is over."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def begin(self, steps: int, corpus: str, notes: tuple[str, ...]) -> None:
        """The corpus is read and the run planned."""
        ...

    def progress(self, status: Status) -> None:
        """An update was made."""
        ...

    def samples(self, step: int, texts: tuple[str, ...]) -> None:
        """What the network writes by now."""
        ...

    def done(self, outcome: Outcome) -> None:
        """The weights are written."""
        ...

    def stopped(self, checkpoint: Path) -> None:
        """The run was interrupted and can be resumed."""
        ...

    def error(self, message: str) -> None:
        """The run cannot begin or go on."""
        ...


class TerminalReporter:
    """A progress bar with loss, speed and time left; samples scroll by above it."""

    def __init__(self, console: Console | None = None) -> None:
        """Write to `console`, which is standard error unless given."""
        self._console = console or Console(stderr=True, highlight=False)
        self._bar = Progress(
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TextColumn("{task.fields[left]}"),
            console=self._console,
        )
        self._task = self._bar.add_task("", total=None, figures="", left="", start=False)

    def __enter__(self) -> Self:
        """Show nothing yet: the bar comes with the plan."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the bar as it stands."""
        self._bar.stop()

    def begin(self, steps: int, corpus: str, notes: tuple[str, ...]) -> None:
        """Name the corpus and what cleaning did to it, and show the bar."""
        self._console.print(f"[bold]{escape(corpus)}[/bold]")
        for note in notes:
            self._console.print(f"  {escape(note)}")
        self._bar.update(self._task, total=steps)
        self._bar.start_task(self._task)
        self._bar.start()

    def progress(self, status: Status) -> None:
        """Move the bar."""
        figures = f"loss {status.loss:.3f}"
        if status.validation is not None:
            figures += f", validation {status.validation:.3f}"
        figures += f", {status.characters_per_second / 1000:.1f}k chars/s"
        left = str(timedelta(seconds=round(status.seconds_left)))
        self._bar.update(
            self._task,
            total=status.steps,
            completed=status.step,
            figures=figures,
            left=f"{left} left",
        )

    def samples(self, step: int, texts: tuple[str, ...]) -> None:
        """Print them above the bar."""
        self._console.print(f"\n[dim]after {step:,} updates[/dim]")
        for text in texts:
            self._console.print(f"  {escape(text)}")

    def done(self, outcome: Outcome) -> None:
        """Say where everything is."""
        self._bar.stop()
        figure = "not measured by this recipe"
        if outcome.validation is not None:
            figure = f"{outcome.validation:.4f} nats/char"
        self._console.print(f"\nvalidation  {figure}  ({outcome.seconds:.0f} s)")
        self._console.print(f"weights     {escape(str(outcome.weights))}")
        self._console.print(f"loss curve  {escape(str(outcome.plot))}")

    def stopped(self, checkpoint: Path) -> None:
        """Say how to go on."""
        self._bar.stop()
        self._console.print(
            f"\nStopped. The checkpoint is {escape(str(checkpoint))}; "
            "the same command with --resume goes on from it."
        )

    def error(self, message: str) -> None:
        """Say what is wrong."""
        self._bar.stop()
        self._console.print(f"[red]{escape(message)}[/red]")


class JsonReporter:
    """One JSON object a line on standard output, for the bot that started the run."""

    INTERVAL = 1.0
    """Seconds between two lines of progress."""

    def __init__(self) -> None:
        """Nothing is written before the plan."""
        self._last = 0.0

    def __enter__(self) -> Self:
        """Nothing to open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def begin(self, steps: int, corpus: str, notes: tuple[str, ...]) -> None:
        """The plan."""
        self._write("plan", steps=steps, corpus=corpus, notes=list(notes))

    def progress(self, status: Status) -> None:
        """The status, now and then."""
        now = time.monotonic()
        if now - self._last >= self.INTERVAL or status.step == status.steps:
            self._last = now
            self._write("progress", **vars(status))

    def samples(self, step: int, texts: tuple[str, ...]) -> None:
        """What is written by now."""
        self._write("samples", step=step, samples=list(texts))

    def done(self, outcome: Outcome) -> None:
        """The outcome."""
        self._write(
            "done",
            weights=str(outcome.weights),
            plot=str(outcome.plot),
            validation=outcome.validation,
            samples=list(outcome.samples),
            seconds=outcome.seconds,
        )

    def stopped(self, checkpoint: Path) -> None:
        """The checkpoint."""
        self._write("stopped", checkpoint=str(checkpoint))

    def error(self, message: str) -> None:
        """The sentence for the member."""
        self._write("error", message=message)

    def _write(self, event: str, **fields: object) -> None:
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()
