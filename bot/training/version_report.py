"""Report of a training that created a version: quality, and whether and why it is live."""

from collections.abc import Callable, Sequence

from bot.chat.message import (
    Button,
    Embed,
    Field,
    File,
    Message,
    Text,
    Tone,
    emphasis,
    text,
    verbatim,
)
from bot.chat.translation import _
from bot.formats import human_duration
from bot.training.model_quality import nats
from bot.training.version_queries import VersionRecord
from bot.training.versions import FORCED, MARGIN, VersionComparison
from models.tasks import TASKS

MODELS = "models"
"""The action of buttons on messages about versions."""
CURVE = "loss.png"
SHOWN_SAMPLES = 7

Allows = Callable[[str], bool]
"""The word filter of the community where a message is shown."""


def use_button(number: int) -> Button:
    """The button that makes a worse version live."""
    return Button(_("Use it anyway"), MODELS, f"use:{number}")


def version_report(
    comparison: VersionComparison, allows: Allows, notes: tuple[str, ...] = ()
) -> Message:
    """The message of a training that created a version. Slow; call it in a thread."""
    version, live = comparison.version, comparison.live
    number = version.number or 0
    is_live = live.version_id == version.number
    title = (
        _("✅ Version {number} of {task} is live")
        if is_live
        else _("📦 Version {number} of {task} is stored, but not live")
    )
    lines = [
        verbatim(corpus_title(version.corpus, allows)),
        *(text(emphasis(note)) for note in notes),
        (),
        *map(verbatim, samples_of(version, allows)[:SHOWN_SAMPLES]),
    ]
    if not is_live:
        lines += [(), _why_not(version)]
    elif live.reason == FORCED:
        lines += [(), text(_("It is live because an administrator chose so."))]
    embed = Embed(
        title=title.format(number=number, task=version.task),
        lines=tuple(lines),
        fields=(
            Field(_("Validation loss"), text(nats(version.validation))),
            Field(_("Reference loss"), text(reference_loss(version))),
            *training_time(version),
            Field(_("Seed"), text("–" if version.seed is None else str(version.seed))),
        ),
        tone=Tone.TRAINING,
        image=CURVE if comparison.curve else "",
    )
    buttons = () if is_live else (use_button(number),)
    return Message(embeds=(embed,), files=curve_file(comparison), buttons=buttons)


def corpus_title(title: str, allows: Allows) -> str:
    """The title of a corpus, which another community may have uploaded, if it can be shown."""
    return title if allows(title) else _("(blocked by the word filter)")


def samples_of(version: VersionRecord, allows: Allows) -> Sequence[str]:
    """The samples that can be shown, with capitals: version 0.3.0 stored names in lower case."""
    samples = tuple(filter(allows, version.samples))
    if version.task not in TASKS or not TASKS[version.task].samples_are_names:
        return samples
    return tuple(name[:1].upper() + name[1:] for name in samples)


def curve_file(comparison: VersionComparison) -> tuple[File, ...]:
    """The picture of the loss curve, if any."""
    if not comparison.curve:
        return ()
    return (File(CURVE, comparison.curve, _("Training and validation loss by update")),)


def reference_loss(version: VersionRecord) -> str:
    """The reference loss of a version, with the baseline that it was compared with."""
    loss = nats(version.reference_loss)
    if version.baseline_loss is None:
        return loss
    return _("{loss} (live version at the time: {baseline:.3f})").format(
        loss=loss, baseline=version.baseline_loss
    )


def training_time(version: VersionRecord) -> tuple[Field, ...]:
    """The training time, if known."""
    if version.seconds is None:
        return ()
    return (Field(_("Training time"), text(human_duration(version.seconds))),)


def _why_not(version: VersionRecord) -> Text:
    if version.reference_loss is None:
        return text(_("It isn't live because its reference loss could not be measured."))
    if version.baseline_loss is None:
        return text(_("It isn't live because the reference loss of the live version is not known."))
    return text(
        _(
            "It isn't live because it is worse than the live version: its reference loss is "
            "{loss:.3f}, compared with {baseline:.3f}. Up to {margin:.2f} more is accepted."
        ),
        loss=version.reference_loss,
        baseline=version.baseline_loss,
        margin=MARGIN,
    )
