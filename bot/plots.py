"""Pictures of a training run."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def loss_curve(
    losses: Sequence[float], validation: Sequence[tuple[int, float]], title: str
) -> bytes:
    """A PNG of the loss by update: each batch, their moving mean, and validation where measured.

    `losses` has an entry for each update, `validation` pairs of update and loss.
    """
    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    updates = np.arange(1, len(losses) + 1)
    if len(losses) <= 5_000:
        axes.plot(updates, losses, color="#5865f2", alpha=0.25, linewidth=0.8)
    width = max(1, len(losses) // 50)
    if len(losses) >= width:
        smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
        axes.plot(updates[width - 1 :], smooth, color="#5865f2", label="training")
    if validation:
        axes.plot(*zip(*validation, strict=True), "o-", color="#eb7a34", label="validation")
    axes.set(title=title, xlabel="updates", ylabel="cross-entropy in nats")
    axes.grid(alpha=0.25)
    axes.legend()
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()
