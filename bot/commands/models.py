"""`/models`: which versions of the networks there are, what sets them apart, which one is live."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean

from bot.commands.autocomplete import MOST, Choice
from bot.commands.message import (
    Button,
    Embed,
    Field,
    File,
    Message,
    Span,
    Text,
    Timestamp,
    Tone,
    UserError,
    code,
    emphasis,
    strong,
    text,
)
from bot.formats import human_duration, human_join, shortened
from bot.services.model_registry import ModelRegistry, NothingBefore
from bot.services.versions import VersionComparison, VersionPage, VersionSummary
from bot.services.word_filter import WordFilter
from bot.store.versions import Live
from data.roots import load_roots
from models.tasks import TASKS
from models.weights import WeightsError

ACTION = "models"
PAGE = 10
"""Versions that are listed at once."""
CURVE = "loss.png"
SHOWN_NAMES = 10
SHORTEST_ENDING = 4
_LONGEST_LABEL = 100
_LONGEST_ECHO = 40
_WHY = {
    "automatic": "went live automatically",
    "better": "went live automatically",
    "forced": "forced",
    "activated": "chosen",
    "rollback": "rolled back to",
    "imported": "retrained before there were versions",
}


def use_it(number: int) -> Button:
    """The button that makes a version live although it is worse."""
    return Button("Use it anyway", ACTION, f"use:{number}")


def parse(typed: str) -> str | int:
    """A version as it is typed: its number, or the kind whose shipped weights are meant.

    Raises `UserError` for anything else.
    """
    words = typed.lower().replace("shipped-", "shipped ").split()
    number = words[0].lstrip("#") if len(words) == 1 else ""
    if number.isdecimal() and len(number) < 10:
        return int(number)
    if "shipped" in words and len(words) <= 2:
        for kind in TASKS:
            if kind in words:
                return kind
        if len(words) == 1:
            raise UserError("Which: ", code("shipped names"), " or ", code("shipped sonnets"), "?")
    raise UserError(
        "I know no version ",
        code(shortened(" ".join(typed.split()), _LONGEST_ECHO) or " "),
        "; choose one of what is offered, for example ",
        code("12"),
        " or ",
        code("shipped names"),
        ".",
    )


async def offers(typed: str, versions: ModelRegistry) -> list[Choice]:
    """What is offered while a version is typed: the newest that fit, then the shipped ones."""
    found = [Choice(_label(facts), str(facts.number)) for facts in await versions.newest()]
    shipped = [
        Choice(f"shipped {kind} · those that came with me", f"shipped {kind}") for kind in TASKS
    ]
    wanted = typed.lower().strip().lstrip("#")
    fitting = [
        offer for offer in found if offer.value.startswith(wanted) or wanted in offer.label.lower()
    ][: MOST - len(shipped)]
    return fitting + [offer for offer in shipped if wanted in offer.label]


async def listed(kind: str, page: int, versions: ModelRegistry) -> Message:
    """A page of the versions of a kind."""
    return list_reply(await versions.page(kind, page, PAGE))


def list_reply(page: VersionPage) -> Message:
    """The versions of a page, a line each, and buttons for the other pages."""
    buttons = []
    if page.number > 0:
        buttons.append(Button("Newer", ACTION, f"page:{page.task}:{page.number - 1}"))
    if page.number + 1 < page.pages:
        buttons.append(Button("Older", ACTION, f"page:{page.task}:{page.number + 1}"))
    card = Embed(
        title=f"Versions of {page.task}",
        lines=tuple(_line(facts, page.live) for facts in page.versions),
        footer="The figure is nats/char on a text that is the same for all; less is better"
        + (f" · page {page.number + 1} of {page.pages}" if page.pages > 1 else ""),
    )
    return Message(embeds=(card,), buttons=tuple(buttons), private=True)


async def described(typed: str, versions: ModelRegistry, words: WordFilter) -> Message:
    """All about a version, beside those that it is compared with. Raises `UserError`."""
    kind, number = await _found(typed, versions)
    sheet = await versions.compare(kind, number)
    if sheet is None:
        raise _unknown(number)
    # It reads the roots of names from a file the first time, and looks through many.
    return await asyncio.to_thread(info_reply, sheet, words)


def info_reply(sheet: VersionComparison, words: WordFilter) -> Message:
    """What `/models info` says of a version."""
    facts = sheet.version
    compared = _compared(sheet)
    lines: list[Text] = [_state(facts, sheet.live)]
    if not facts.usable:
        lines.append(text("Its weights are not kept any more: newer versions have taken the room."))
    samples = [(name, tuple(filter(words.allows, one.samples))) for name, one in compared]
    if TASKS[facts.task].samples_are_names:
        lines += _changes(samples)
        columns = tuple(
            Field(name, text("\n".join(n.capitalize() for n in names[:SHOWN_NAMES]) or "–"))
            for name, names in samples
        )
    else:
        columns = ()
        for name, verse in samples:
            lines += [(), text(strong(name)), *(text(line) for line in verse)]
    took = () if facts.seconds is None else (Field("Took", text(human_duration(facts.seconds))),)
    card = Embed(
        title=_title(facts),
        lines=tuple(lines),
        fields=(
            Field(
                "Trained", text(Timestamp(facts.created)) if facts.created else text("by my makers")
            ),
            Field("Corpus", text(facts.corpus)),
            Field("Recipe", text(facts.recipe)),
            Field("Seed", text("none" if facts.seed is None else str(facts.seed))),
            Field("Validation", text(_nats(facts.validation))),
            Field("Yardstick", text(_yardstick(facts))),
            *took,
            *columns,
        ),
        footer="What they write, each from the same seed",
        tone=Tone.TRAINING,
        image=CURVE if sheet.curve else "",
    )
    files = (
        (File(CURVE, sheet.curve, "The loss on training and validation text by update"),)
        if sheet.curve
        else ()
    )
    return Message(embeds=(card,), files=files, private=True)


async def activated(
    typed: str, versions: ModelRegistry, member_id: int, *, reason: str = "activated"
) -> Message:
    """Make a version live, and say so. Raises `UserError` if that cannot be."""
    kind, number = await _found(typed, versions)
    if await versions.is_live(kind, number):
        raise UserError(f"{_name(number)} of my {kind} is live already.")
    try:
        await versions.activate(kind, number, member_id=member_id, reason=reason)
    except WeightsError as error:
        raise UserError(f"{_name(number)} cannot be used. {error}") from error
    return Message(content=text(f"✅ {_name(number)} of my {kind} is live from now on."))


async def rolled_back(kind: str, versions: ModelRegistry, member_id: int) -> Message:
    """Make live what was live before, and say so. Raises `UserError` if there is nothing."""
    try:
        live = await versions.roll_back(kind, member_id=member_id)
    except NothingBefore as error:
        raise UserError(
            f"There is nothing to go back to: my {kind} are as they came with me, or back where "
            "they began."
        ) from error
    except WeightsError as error:
        raise UserError(f"What was live before cannot be used. {error}") from error
    return Message(content=text(f"↩️ {_name(live.version_id)} of my {kind} is live again."))


def of_page(state: str) -> tuple[str, int] | None:
    """str and page that a button of a list leads to; `None` for another button."""
    action, _, rest = state.partition(":")
    kind, _, number = rest.partition(":")
    for known in TASKS:
        if action == "page" and kind == known and number.isdecimal():
            return known, int(number)
    return None


def of_use(state: str) -> str:
    """The version that a button makes live. Raises `UserError` for a button of another version."""
    action, _, number = state.partition(":")
    if action != "use":
        raise UserError("This button is from another version of me; use /models instead.")
    return number


def mean_length(names: Sequence[str]) -> float:
    """Letters of a name; there is one at least."""
    return fmean(map(len, names))


def commonest_endings(names: Iterable[str], most: int = 3) -> list[tuple[str, int]]:
    """What names end with that is known to mean something, and how many do."""
    roots = [root for root in load_roots() if len(root) >= SHORTEST_ENDING]
    counts: Counter[str] = Counter()
    for name in names:
        ending = max((root for root in roots if name.endswith(root)), key=len, default=None)
        if ending is not None:
            counts[ending] += 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


async def _found(typed: str, versions: ModelRegistry) -> tuple[str, int | None]:
    """str and number of a version that there is."""
    wanted = parse(typed)
    if not isinstance(wanted, int):
        return wanted, None
    facts = await versions.find(wanted)
    if facts is None:
        raise _unknown(wanted)
    return facts.task, wanted


def _unknown(number: int | None) -> UserError:
    return UserError(
        f"There is no version {number}; ", code("/models list"), " shows those that there are."
    )


def _name(number: int | None) -> str:
    return "The shipped version" if number is None else f"Version {number}"


def _title(facts: VersionSummary) -> str:
    if facts.number is None:
        return f"The {facts.task} that came with me"
    return f"Version {facts.number} of {facts.task}"


def _label(facts: VersionSummary) -> str:
    figure = "" if facts.reference_loss is None else f" · {facts.reference_loss:.3f}"
    end = f" · {facts.recipe}{figure}"
    begin = f"{facts.number} · {facts.task} · {facts.corpus}"
    return shortened(begin, _LONGEST_LABEL - len(end)) + end


def _line(facts: VersionSummary, live: Live) -> Text:
    """A version in a list."""
    name = "shipped" if facts.number is None else str(facts.number)
    made: tuple[str | Timestamp, ...] = (" · ", Timestamp(facts.created)) if facts.created else ()
    figure = "not measured" if facts.reference_loss is None else f"{facts.reference_loss:.3f}"
    gone = "" if facts.usable else " · weights not kept"
    shown: tuple[str | Span | Timestamp, ...] = ()
    if live.version_id == facts.number:
        shown = (" · ", strong("live"), *_because(live))
    return text(strong(name), *made, f" · {facts.corpus} · {facts.recipe} · {figure}{gone}", *shown)


def _state(facts: VersionSummary, live: Live) -> Text:
    if live.version_id != facts.number:
        return text("Not live.")
    since: tuple[str | Timestamp, ...] = (" since ", Timestamp(live.at)) if live.at else ()
    return text("Live", *since, *_because(live), ".")


def _because(live: Live) -> tuple[str | Span, ...]:
    return (f" ({_WHY.get(live.reason, live.reason)})",) if live.reason else ()


def _compared(sheet: VersionComparison) -> list[tuple[str, VersionSummary]]:
    """The version, the one before it, the shipped one: each once, with what it is called."""
    found = [(_short(sheet.version), sheet.version)]
    if sheet.previous is not None:
        found.append((_short(sheet.previous), sheet.previous))
    if sheet.version.number is not None:
        found.append(("Shipped", sheet.shipped))
    return found


def _short(facts: VersionSummary) -> str:
    return "Shipped" if facts.number is None else f"Version {facts.number}"


def _changes(samples: Sequence[tuple[str, Sequence[str]]]) -> list[Text]:
    """How names changed, in a few figures."""
    told = [(which, names) for which, names in samples if names]
    if not told:
        return []
    lengths = human_join([f"{mean_length(names):.1f} ({which})" for which, names in told])
    lines = [text(emphasis("Mean length: "), f"{lengths} letters")]
    for which, names in told:
        endings = [
            f"-{ending} {count / len(names):.0%}" for ending, count in commonest_endings(names)
        ]
        if endings:
            lines.append(text(emphasis(f"Endings of {which}: "), ", ".join(endings)))
    return lines


def _yardstick(facts: VersionSummary) -> str:
    if facts.baseline_loss is None:
        return _nats(facts.reference_loss)
    return f"{_nats(facts.reference_loss)}; held against {facts.baseline_loss:.3f}"


def _nats(loss: float | None) -> str:
    return "not measured" if loss is None else f"{loss:.3f} nats/char"
