"""Plots of the scoreboard, with a white background for dark and light themes.

matplotlib is imported when the first one is drawn, since only the full scoreboard needs it.

`docs/runs` has the histories that `bot.train` wrote beside its weights (`names-best.json`).
"""

import io
import json
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.evaluation.scoreboard import Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE = "#4453d6", "#d9622b"
WIDTH, HEIGHT, PANEL = 8.0, 4.5, 2.4
"""In inches, at 120 dpi; a panel is at least `PANEL` wide."""
RUNS = Path(__file__).parents[2] / "docs" / "runs"
IN_NATS_PER_NAME = frozenset({("names", "notebook")})
"""Recipes whose training losses are not in nats per character, and are not plotted."""
LOSS = (
    "One panel per recipe, from stored histories. The training loss is a moving average, with "
    "dropout if the recipe has it. A curve that starts again is a second training, on the training "
    "and validation parts. The notebook trains on the validation part too, so its curve is too "
    "optimistic. Panels of words show the validation loss of the network over words alone, per "
    "character, where words outside of its vocabulary cost nothing; their training took pauses."
)

StoredRun = Mapping[str, Any]
"""The history of a training, as stored by `bot.train`."""


def training_plots(task: str, folder: Path = RUNS) -> dict[Plot, bytes]:
    """The plot of stored trainings, if there are any."""
    paths = sorted(folder.glob(f"{task}-*.json"))
    runs = [json.loads(path.read_text("utf-8")) for path in paths]
    return {Plot(f"{task}-loss.png", "Loss by update", LOSS): loss_curves(runs)} if runs else {}


def loss_curves(runs: Sequence[StoredRun]) -> bytes:
    """A PNG with one panel per run: moving average of the loss, and validation loss.

    By updates, and by minutes of training above.
    """
    from matplotlib.ticker import MaxNLocator

    figure, panels = _figure(len(runs))
    for axes, run in zip(panels, runs, strict=True):
        losses = [] if (run["kind"], run["recipe"]) in IN_NATS_PER_NAME else run["losses"]
        width = max(1, len(losses) // 50)
        ends = [0, *(step - 1 for step in run["begun_anew"]), len(losses)]
        for begin, end in pairwise(ends):
            if end - begin >= width:
                mean = np.convolve(losses[begin:end], np.ones(width) / width, mode="valid")
                label = "_again" if begin else "training"  # a label with _ stays out of the legend
                axes.plot(np.arange(begin + width, end + 1), mean, color=BLUE, label=label)
        if run["validation"]:
            axes.plot(*zip(*run["validation"], strict=True), color=ORANGE, label="validation")
        axes.set(title=run["recipe"], xlabel="updates")
        each = run["seconds"] / 60 / run["updates"]
        minutes = partial(np.multiply, each), partial(np.multiply, 1 / each)
        axes.secondary_xaxis("top", functions=minutes).set_xlabel("minutes")
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.legend(frameon=False)
        axes.sharey(panels[0])
    measured = [loss for run in runs for _, loss in run["validation"]]
    if measured:  # cut off the first, high losses
        panels[0].set_ylim(min(measured) - 0.2, min(measured) + 0.9)
    panels[0].set_ylabel("nats per character")
    return _png(figure)


def _figure(panels: int) -> "tuple[Figure, list[Axes]]":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = max(WIDTH, PANEL * panels)
    figure = Figure(figsize=(width, HEIGHT), dpi=120, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    found = list(figure.subplots(1, panels, squeeze=False)[0])
    for axes in found:
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, found


def _png(figure: "Figure") -> bytes:
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()
