"""Progress reporters: rich bars for a terminal, JSON lines for another process."""

import sys
import time
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from bot.trainer.events import to_json
from models.training.events import Done, Failed, Planned, Progress, Samples, Stopped, TrainingEvent


class TerminalReporter:
    """A progress bar with loss, speed and time left; samples scroll above it."""

    def __init__(self) -> None:
        """Write to standard error."""
        self._console = Console(stderr=True, highlight=False, emoji=False)
        self._bar = Bar(
            BarColumn(bar_width=10),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TextColumn("{task.fields[left]}"),
            console=self._console,
        )
        self._task = self._bar.add_task("", total=None, figures="", left="", start=False)

    def report(self, event: TrainingEvent) -> None:
        """Move the bar, or print the event."""
        if isinstance(event, Progress):
            self._move(event)
            return
        if isinstance(event, Done | Stopped | Failed):
            self._bar.stop()
        self._console.print(_in_words(event))
        if isinstance(event, Planned):
            self._bar.update(self._task, total=event.steps)
            self._bar.start_task(self._task)
            self._bar.start()

    def _move(self, progress: Progress) -> None:
        figures = f"loss {progress.loss:.3f}"
        if progress.validation is not None:
            figures += f", val {progress.validation:.3f} nats/char"
        figures += f", {progress.characters_per_second / 1000:.1f}k chars/s"
        left = timedelta(seconds=round(progress.seconds_left))
        self._bar.update(
            self._task,
            total=progress.steps,
            completed=progress.step,
            figures=figures,
            left=f"{left} left",
        )


def _in_words(event: Planned | Samples | Done | Stopped | Failed) -> str:
    """The text of an event, in rich markup."""
    match event:
        case Planned(corpus=corpus, notes=notes):
            return "\n".join([f"[bold]{escape(corpus)}[/bold]", *(f"  {escape(n)}" for n in notes)])
        case Samples(step=step, texts=texts):
            return "\n".join(
                [f"\n[dim]after {step:,} updates[/dim]", *(f"  {escape(t)}" for t in texts)]
            )
        case Done(weights=weights, plot=plot, validation=validation, seconds=seconds):
            figure = "not measured yet" if validation is None else f"{validation:.4f} nats/char"
            return (
                f"\nvalidation  {figure} ({seconds:.0f} s)"
                f"\nweights     {escape(str(weights))}"
                f"\nloss curve  {escape(str(plot))}"
            )
        case Stopped(checkpoint=None):
            return "\nStopped before the training had begun."
        case Stopped(checkpoint=checkpoint):
            return (
                f"\nStopped. The checkpoint is {escape(str(checkpoint))}; "
                "repeat the command with --resume to continue."
            )
        case Failed(message=message):
            return f"[red]{escape(message)}[/red]"


class JsonReporter:
    """One JSON object per line on standard output, for the bot that started the training."""

    INTERVAL = 1.0
    """Minimum seconds between two lines of progress."""

    def __init__(self) -> None:
        """The first event is always written."""
        self._last = 0.0

    def report(self, event: TrainingEvent) -> None:
        """Write the event, except progress within `INTERVAL` of the last."""
        if isinstance(event, Progress) and event.step != event.steps:
            now = time.monotonic()
            if now - self._last < self.INTERVAL:
                return
            self._last = now
        sys.stdout.write(to_json(event) + "\n")
        sys.stdout.flush()


Reporter = TerminalReporter | JsonReporter
"""Shows the events of a training."""
