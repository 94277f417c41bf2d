"""Tables for the terminal and for docs/performance.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

BEGIN, END = (
    "<!-- measured: python -m tools.performance -->",
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
        """Markdown of the section."""
        lines = [f"## {self.title}", "", _row(self.header), _row(["---"] * len(self.header))]
        lines += [_row(row) for row in self.rows]
        return "\n".join([*lines, *(["", self.note] if self.note else [])])


def written(page: str, sections: Sequence[Section]) -> str:
    """The page with new figures between its marks.

    Raises `ValueError` if the page has no marks.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"the page needs the lines {BEGIN} and {END}, once each")
    body = "\n\n".join(section.markdown() for section in sections)
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{body}\n\n{END}{after}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(re.sub(r"\|", r"\\|", cell) for cell in cells) + " |"
