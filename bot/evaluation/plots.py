"""Plots of the scoreboard, with a white background for dark and light themes.

matplotlib is imported when the first one is drawn, since only the full scoreboard needs it.

`docs/runs` has the histories that `bot.train` wrote beside its weights (`names-best.json`), and
for each task the loss by size of the network (`names-sizes.json`).
"""

import io
import json
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.evaluation.held_out import HeldOutLosses
from bot.evaluation.scoreboard import Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY, INK = "#4453d6", "#d9622b", "#8a8d93", "#26282c"
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
SIZES = (
    "From stored histories, by the number of parameters of the LSTMs. Networks for names are "
    "mixtures of several LSTMs that start from random weights, and a Kneser-Ney model."
)


StoredRun = Mapping[str, Any]
"""The history of a training, as stored by `bot.train`."""
NetworkSize = Mapping[str, Any]
"""A network of some size, with its losses in nats per character; `line` is its legend."""


def training_plots(task: str, losses: HeldOutLosses, folder: Path = RUNS) -> dict[Plot, bytes]:
    """Plots of stored trainings: loss by update, and by size of the network."""
    pictures, sizes = {}, folder / f"{task}-sizes.json"
    if paths := sorted({*folder.glob(f"{task}-*.json")} - {sizes}):
        plot = Plot(f"{task}-loss.png", "Loss by update", LOSS)
        pictures[plot] = loss_curves([json.loads(path.read_text("utf-8")) for path in paths])
    if sizes.exists():
        plot = Plot(f"{task}-sizes.png", "Loss by the size of the network", SIZES)
        beside = dict([losses.best("Kneser-Ney")])
        pictures[plot] = losses_by_size(json.loads(sizes.read_text("utf-8")), beside)
    return pictures


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


def losses_by_size(sizes: Sequence[NetworkSize], beside: Mapping[str, float]) -> bytes:
    """A PNG of the held-out loss by the number of parameters.

    beside: losses of other models, drawn as horizontal lines.
    """
    figure, (axes,) = _figure(1)
    for label, color in zip(dict.fromkeys(s["line"] for s in sizes), _SHADES * 9, strict=False):
        line = sorted((s for s in sizes if s["line"] == label), key=lambda s: s["parameters"])
        x = [size["parameters"] for size in line]
        axes.plot(x, [size["held_out"] for size in line], "o-", color=color, label=label)
        axes.plot(x, [size["validation"] for size in line], "o:", color=color, alpha=0.6)
        for size in line:
            point = (size["parameters"], size["held_out"])
            _note(axes, f"{size['units']} units", point, ha="center")
    for name, loss in beside.items():
        axes.axhline(loss, color=GREY, linestyle="--", linewidth=1)
        _note(axes, name, (max(s["parameters"] for s in sizes), loss), ha="right", color=GREY)
    axes.set(title="— held out   ··· validation", xscale="log", xlabel="parameters")
    axes.set_ylabel("nats per character")
    axes.margins(y=0.15)
    axes.legend(frameon=False)
    return _png(figure)


def by_line(measures: Mapping[str, Mapping[str, Sequence[float | None]]]) -> bytes:
    """A PNG with one panel per measure: the share at each line, one curve per system."""
    figure, panels = _figure(len(measures))
    for axes, (measure, systems) in zip(panels, measures.items(), strict=True):
        for (system, shares), (color, style) in zip(systems.items(), _STYLES, strict=False):
            lines = [(i, 100 * s) for i, s in enumerate(shares, 1) if s is not None]
            axes.plot(*zip(*lines, strict=True), style, color=color, label=system)
        axes.set(title=measure, xlabel="line", xticks=range(1, 15), ylim=(-3, 103))
        axes.tick_params(axis="x", labelsize=8)
    panels[0].set_ylabel("percent")
    handles, labels = panels[-1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return _png(figure)


_SHADES = (BLUE, ORANGE, "#2a8f6f", "#8a4bb0")
_STYLES = ((BLUE, "o-"), (ORANGE, "s--"), (GREY, "^:"))


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


def _note(
    axes: "Axes", text: str, point: tuple[float, float], *, ha: str, color: str = INK
) -> None:
    """Write a text above a point."""
    axes.annotate(text, point, (0, 6), textcoords="offset points", ha=ha, color=color, fontsize=8)


def _png(figure: "Figure") -> bytes:
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()
