"""Messages with lists and comparisons of versions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from bot.chat.message import (
    Button,
    Embed,
    Field,
    Message,
    Text,
    Timestamp,
    Tone,
    strong,
    text,
    verbatim,
)
from bot.chat.translation import _
from bot.formats import human_join
from bot.training.model_quality import nats
from bot.training.version_queries import Live, VersionRecord
from bot.training.version_report import (
    CURVE,
    MODELS,
    Allows,
    corpus_title,
    curve_file,
    reference_loss,
    samples_of,
    training_time,
)
from bot.training.versions import AUTOMATIC, FORCED, VersionComparison, VersionPage
from data.roots import load_roots
from models.tasks import TASKS, task_of

SHOWN_NAMES = 10
SHORTEST_ENDING = 4
_REASONS: Mapping[str, str] = {
    AUTOMATIC: _("passed the comparison"),
    "better": _("passed the comparison"),
    FORCED: _("forced"),
    "activated": _("chosen"),
    "rollback": _("rolled back"),
    "imported": _("imported from version 0.2.0"),
}


def page_message(page: VersionPage, allows: Allows) -> Message:
    """A page of versions, one per line, with buttons for the other pages."""
    task, buttons = page.task, []
    if page.number > 0:
        buttons.append(Button(_("Newer"), MODELS, f"page:{task}:{page.number - 1}", emoji="◀️"))
    if page.number + 1 < page.pages:
        buttons.append(Button(_("Older"), MODELS, f"page:{task}:{page.number + 1}", emoji="▶️"))
    embed = Embed(
        title=_("Versions of {task}").format(task=task),
        lines=tuple(_line(version, page.live, allows) for version in page.versions),
        footer=_page_footer(page),
    )
    return Message(embeds=(embed,), buttons=tuple(buttons), private=True)


def comparison_message(comparison: VersionComparison, allows: Allows) -> Message:
    """A version compared with others. Slow; call it in a thread."""
    version = comparison.version
    lines: list[Text] = [_state(version, comparison.live)]
    if not version.has_weights:
        lines.append(text(_("Its weights were deleted in favor of newer versions.")))
    samples = [(label, samples_of(one, allows)) for label, one in _compared(comparison)]
    columns: tuple[Field, ...] = ()
    if version.task in TASKS and task_of(version.task).samples_are_names:
        lines += _changes(samples)
        columns = tuple(
            Field(label, verbatim("\n".join(names[:SHOWN_NAMES]) or "–"))
            for label, names in samples
        )
    else:
        for label, verses in samples:
            lines += [(), text(strong(label)), *map(verbatim, verses)]
    made = version.created_at
    trained = text(Timestamp(made)) if made else text(_("by the developers"))
    embed = Embed(
        title=_title(version),
        lines=tuple(lines),
        fields=(
            Field(_("Trained"), trained),
            Field(_("Corpus"), verbatim(corpus_title(version.corpus, allows))),
            Field(_("Recipe"), verbatim(version.recipe)),
            Field(_("Seed"), text("–" if version.seed is None else str(version.seed))),
            Field(_("Validation loss"), text(nats(version.validation))),
            Field(_("Reference loss"), text(reference_loss(version))),
            *training_time(version),
            *columns,
        ),
        footer=_("All samples are from the same seed"),
        tone=Tone.TRAINING,
        image=CURVE if comparison.curve else "",
    )
    return Message(embeds=(embed,), files=curve_file(comparison), private=True)


def mean_length(names: Sequence[str]) -> float:
    """Mean number of letters. Raises `statistics.StatisticsError` without names."""
    return fmean(map(len, names))


def common_endings(names: Iterable[str], most: int = 3) -> list[tuple[str, int]]:
    """The most common endings with a known meaning, with their counts."""
    roots = [root for root in load_roots() if len(root) >= SHORTEST_ENDING]
    counts: Counter[str] = Counter()
    for name in names:
        found = (root for root in roots if name.lower().endswith(root))
        ending = max(found, key=len, default=None)
        if ending is not None:
            counts[ending] += 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


def _page_footer(page: VersionPage) -> str:
    meaning = _("The number is the reference loss in nats/char; lower is better")
    if page.pages == 1:
        return meaning
    place = _("page {page} of {pages}").format(page=page.number + 1, pages=page.pages)
    return f"{meaning} · {place}"


def _title(version: VersionRecord) -> str:
    if version.number is None:
        return _("Shipped version of {task}").format(task=version.task)
    return _("Version {number} of {task}").format(number=version.number, task=version.task)


def _line(version: VersionRecord, live: Live, allows: Allows) -> Text:
    """A version in a list."""
    name = _("shipped") if version.number is None else str(version.number)
    parts = [text(strong(name))]
    if version.created_at:
        parts.append(text(Timestamp(version.created_at)))
    loss = version.reference_loss
    parts += [
        verbatim(corpus_title(version.corpus, allows)),
        verbatim(version.recipe),
        text(_("not measured") if loss is None else f"{loss:.3f}"),
    ]
    if not version.has_weights:
        parts.append(text(_("weights deleted")))
    if live.version_id == version.number:
        parts.append(text(strong(_("live")), *_because(live)))
    first, *others = parts
    return first + tuple(span for part in others for span in (*text(" · "), *part))


def _state(version: VersionRecord, live: Live) -> Text:
    if live.version_id != version.number:
        return text(_("Not live."))
    if live.at is None:
        return text(_("Live."))
    return text(
        _("Live since {time}{reason}."),
        time=Timestamp(live.at, absolute=True),
        reason=text(*_because(live)),
    )


def _because(live: Live) -> tuple[str, ...]:
    return (f" ({_REASONS.get(live.reason, live.reason)})",) if live.reason else ()


def _compared(comparison: VersionComparison) -> list[tuple[str, VersionRecord]]:
    """The version, the previous one and the shipped one, with labels."""
    found = [comparison.version]
    if comparison.previous is not None:
        found.append(comparison.previous)
    if comparison.version.number is not None:
        found.append(comparison.shipped)
    label = _("Version {number}")
    return [(_("Shipped") if v.number is None else label.format(number=v.number), v) for v in found]


def _changes(samples: Sequence[tuple[str, Sequence[str]]]) -> list[Text]:
    """Mean length and common endings of the names of each version."""
    found = [(label, names) for label, names in samples if names]
    if not found:
        return []
    lengths = human_join(
        [f"{mean_length(names):.1f} ({label})" for label, names in found], _("and")
    )
    lines = [text(_("Mean length in letters: {lengths}"), lengths=lengths)]
    for label, names in found:
        endings = [f"-{ending} {count / len(names):.0%}" for ending, count in common_endings(names)]
        if endings:
            line = _("Endings of {version}: {endings}")
            lines.append(text(line, version=label, endings=", ".join(endings)))
    return lines
