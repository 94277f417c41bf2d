"""Loss curve of a training."""

import io
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.images.text import FontStyle, drawable_text

LONGEST_PLOTTED = 5_000
"""Updates; the losses of single batches are left out of a longer training's plot."""


def loss_curve(
    losses: Sequence[float],
    validation: Sequence[tuple[int, float]],
    restarts: Sequence[int],
    title: str,
) -> bytes:
    """A PNG of the loss by update: each batch, the moving average, and the validation loss.

    losses: one for each update.
    validation: pairs of update and validation loss.
    restarts: updates at which training started over, on the whole corpus.
    """
    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    updates = np.arange(1, len(losses) + 1)
    if len(losses) <= LONGEST_PLOTTED:
        axes.plot(updates, losses, color="#5865f2", alpha=0.25, linewidth=0.8)
    width = max(1, len(losses) // 50)
    ends = [step - 1 for step in restarts]
    for begin, end in pairwise([0, *ends, len(losses)]):
        if end - begin >= width:
            smooth = np.convolve(losses[begin:end], np.ones(width) / width, mode="valid")
            label = "_again" if begin else "training"  # a label with _ stays out of the legend
            axes.plot(updates[begin + width - 1 : end], smooth, color="#5865f2", label=label)
    for step in restarts:
        axes.axvline(step, color="#888888", linestyle=":", label="fitted again, to all")
    if validation:
        axes.plot(*zip(*validation, strict=True), "o-", color="#eb7a34", label="validation")
    # matplotlib's figures use its own DejaVu Sans, which draws other alphabets as empty boxes.
    drawable = drawable_text(title, FontStyle.SANS, system_fonts=False)
    axes.set_title(drawable, parse_math=False)  # a file may be called "$1.txt"
    axes.set(xlabel="updates", ylabel="cross-entropy in nats")
    axes.grid(alpha=0.25)
    axes.legend()
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()
