"""A small board, as a run would make it."""

from bot.evaluation.results.board import (
    Board,
    Plot,
    Table,
    Target,
)
from bot.evaluation.results.headline import Figure


def board(task: str = "names", *, samples: tuple[str, ...] = ("Mangosaurus, Rex",)) -> Board:
    """A board with one part of each kind."""
    return Board(
        task=task,
        weights="abc",
        facts=(("weights", "recipe `best`"),),
        targets=(
            Target.at_most("held-out nats/char", 1.5, 1.4871, ".3f"),
            Target.at_least("distinct names", 0.99, 0.5, ".1%"),
        ),
        tables=(Table("Held-out text", "A note.", ("system", "nats/char"), (("o|urs", "1.487"),)),),
        samples_title="The first names",
        samples=samples,
        plots=(Plot(f"{task}-loss.png", "Loss by update", "Falling."),),
        headline=(Figure("Held-out names", "1.487 nats/char", "Kneser-Ney 1.563"),),
        figures={"held_out": {"ours": 1.4871}},
    )
