"""Tables for the terminal and for docs/performance.md, and plots."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

BEGIN, END = (
    "<!-- measured: python -m benchmarks.performance -->",
    "<!-- end of what is measured -->",
)


@dataclass(frozen=True)
class Section:
    """A table with a title, and a sentence below it."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def print(self, console: Console) -> None:
        """Show it in the terminal."""
        table = Table(*self.header, title=self.title, title_justify="left", caption=self.note)
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def markdown(self) -> str:
        """As a part of the page."""
        lines = [f"## {self.title}", "", _row(self.header), _row(["---"] * len(self.header))]
        lines += [_row(row) for row in self.rows]
        return "\n".join([*lines, *(["", self.note] if self.note else [])])


def written(page: str, sections: Sequence[Section], plots: Mapping[str, str]) -> str:
    """The page with new figures between its marks. `plots`: their descriptions, by address.

    Raises `ValueError` if the page has no marks.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"the page needs the lines {BEGIN} and {END}, once each")
    images = [f"![{description}]({address})" for address, description in plots.items()]
    body = "\n\n".join([*images, *(section.markdown() for section in sections)])
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{body}\n\n{END}{after}"


def bars(path: Path, title: str, seconds: Mapping[str, float]) -> None:
    """A plot of times, on a logarithmic axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 0.45 * len(seconds) + 1.1), layout="constrained")
    axes = figure.subplots()
    names = [*seconds]
    drawn = axes.barh(names, [1e3 * each for each in seconds.values()], color="#4a7c59")
    axes.bar_label(drawn, [f"{1e3 * each:.3g} ms" for each in seconds.values()], padding=3)
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.invert_yaxis()
    axes.set_title(title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def lines(
    path: Path,
    title: str,
    label: str,
    batches: Sequence[int],
    series: Mapping[str, Sequence[float]],
) -> None:
    """A plot by batch size."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.6), layout="constrained")
    axes = figure.subplots()
    for name, values in series.items():
        axes.plot(range(len(batches)), values, marker="o", markersize=4, label=name)
    axes.set_xticks(range(len(batches)), [f"{batch}" for batch in batches])
    axes.set_xlabel("texts in a batch")
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0)
    axes.set_title(title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(re.sub(r"\|", r"\\|", cell) for cell in cells) + " |"
