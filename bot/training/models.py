"""`/models`: list and compare versions of the shared models, and choose the live one."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.commands import Audience, Choice, Command, Group, Option, always
from bot.chat.dispatch import respond_when_ready
from bot.chat.errors import invalid_value, other_version
from bot.chat.message import Button, Embed, Field, File, Message, Tone, UserError
from bot.chat.translation import Phrase, _
from bot.chat.turn import Turn
from bot.community.rights import SharedModelAction, check_shared_models
from bot.text.formats import bracketed, cut, human_duration, shortened, spaced
from bot.text.spans import (
    Text,
    Timestamp,
    Value,
    chained,
    code,
    command,
    emphasis,
    strong,
    text,
)
from bot.text.technical import DOT, NEWLINE, technical
from bot.text.written import for_managers
from bot.trainer.queries import ROLLBACK, Live, VersionRecord, Versions
from bot.trainer.registry import (
    AUTOMATIC,
    FORCED,
)
from bot.training.titles import corpus_title
from bot.words import WordFilter
from data.phrases import NOTHING, Showable
from models.tasks import TASKS, task_of
from models.weights import WeightsError

MODELS = "models"
"""The group, and the action of buttons on messages about versions."""
CURVE = technical("loss.png")
PAGE = 10
"""Versions on a page."""
SHOWN_SAMPLES, SHOWN_NAMES = 7, 10
"""Samples in the report of a training, and in a comparison."""
LONGEST_VERSION = 40
"""Characters of the option `version`."""
_LONGEST_PAGE_NUMBER = 6
_REASONS: Mapping[str, Phrase] = {
    AUTOMATIC: _("passed the comparison"),
    FORCED: _("forced"),
    # TRANSLATORS: Why a version is live: it was chosen by hand.
    "activated": _("chosen"),
    ROLLBACK: _("rolled back"),
}


@dataclass(frozen=True)
class TaskOptions:
    """Options of `/models list` and `/models rollback`."""

    task: str


@dataclass(frozen=True)
class VersionOptions:
    """Options of `/models info` and `/models activate`."""

    version: str


async def list_(app: App, turn: Turn, options: TaskOptions) -> None:
    """Answer `/models list`."""
    async with app.answering(turn, MODELS):
        _check_task(options.task)
        await respond_when_ready(turn, _page(app, turn, options.task, 0), private=True)


async def info(app: App, turn: Turn, options: VersionOptions) -> None:
    """Answer `/models info`."""
    async with app.answering(turn, MODELS):
        await respond_when_ready(turn, _comparison(app, turn, options.version), private=True)


async def activate(app: App, turn: Turn, options: VersionOptions) -> None:
    """Answer `/models activate`."""
    await check_shared_models(app, turn, SharedModelAction.ACTIVATE)
    task, number = await _found(app, options.version)
    await respond_when_ready(turn, _activated(app, turn, task, number, "activated"))


async def rollback(app: App, turn: Turn, options: TaskOptions) -> None:
    """Answer `/models rollback`."""
    await check_shared_models(app, turn, SharedModelAction.ACTIVATE)
    _check_task(options.task)
    await respond_when_ready(turn, _rolled_back(app, turn, options.task))


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons that turn pages, show details of a version and make it live."""
    action, _colon, rest = state.partition(":")
    task, _colon, page = rest.partition(":")
    is_page = page.isdecimal() and len(page) <= _LONGEST_PAGE_NUMBER
    if action == "page" and task in TASKS and is_page:
        await turn.edit_source(await _page(app, turn, task, int(page)))
    elif action == "info":
        await info(app, turn, VersionOptions(rest))
    elif action == "use":
        await _use(app, turn, rest)
    else:
        raise other_version(technical("/models"))


# TRANSLATORS: What networks write: the field {task} of other sentences, and choices of options.
_WRITTEN: Mapping[str, Phrase] = {"names": _("names"), "sonnets": _("sonnets")}


def written(task: str) -> Showable:
    """The word for the texts that the networks of a task write."""
    return _WRITTEN.get(task) or technical(task)


async def suggest(app: App, turn: Turn, typed: str) -> Sequence[Choice]:
    """Suggest versions that match `typed`: the newest ones, then the shipped ones."""
    limits = turn.platform.limits
    label = _("shipped {task} · came with the bot")
    shipped = [Choice(label.format(task=written(task)), f"shipped {task}") for task in TASKS]
    words = await app.filters.of(turn.community_id)
    found = [
        Choice(_label(version, words, limits.choice_label), str(version.number))
        for version in await app.store[Versions].of()
    ]
    typed = typed[:LONGEST_VERSION].lower().strip().lstrip("#")
    matching = [c for c in found if c.value.startswith(typed) or typed in c.label.lower()]
    matching = matching[: limits.choices - len(shipped)]
    return matching + [choice for choice in shipped if typed in choice.label]


def parse_version(typed: str) -> str | int:
    """Parse a version: a number, or for `shipped names` the task.

    Raises `UserError` for anything else.
    """
    words = typed[: LONGEST_VERSION + 1].lower().replace("shipped-", "shipped ").split()
    number = words[0].lstrip("#") if len(words) == 1 else ""
    if number.isdecimal() and len(number) < 10:
        return int(number)
    if "shipped" in words and len(words) <= 2:
        for task in TASKS:
            if task in words:
                return task
    raise UserError(
        _("{version} isn't a version. Choose a suggestion, for example {number} or {shipped}."),
        version=code(for_managers(cut(" ".join(typed[:100].split()), LONGEST_VERSION) or " ")),
        number=command("12"),
        shipped=code(technical(f"shipped {next(iter(TASKS))}")),
    )


def _check_task(task: str) -> None:
    if task not in TASKS:
        raise UserError(*invalid_value(technical(task)))


async def _comparison(app: App, turn: Turn, typed: str) -> Message:
    """A version compared with the one before it and the shipped one."""
    task, number = await _found(app, typed)
    versions = app.store[Versions]
    compared = [await app.models.shipped(task, with_samples=True)]
    curve = None
    if number is not None:
        compared = [*await versions.up_to(task, number), *compared]
        curve = await versions.curve(number)
    live = (await versions.live())[task]
    words = await app.filters.of(turn.community_id)
    # In a thread: filtering long samples is slow, and roots are read from a file.
    return await asyncio.to_thread(_comparison_message, compared, live, curve, words)


async def _activated(app: App, turn: Turn, task: str, number: int | None, reason: str) -> Message:
    names: dict[str, Value] = {"version": _name(number), "task": written(task)}
    if await app.models.is_live(task, number):
        raise UserError(_("{version} of the {task} model is already live."), **names)
    try:
        await app.models.activate(task, number, member_id=turn.user.id, reason=reason)
    except WeightsError as error:
        raise UserError(
            _("{version} of the {task} model can't be used. {reason}"),
            **names,
            reason=for_managers(str(error)),
        ) from error
    return Message(text(_("✅ {version} of the {task} model is now live."), **names))


async def _rolled_back(app: App, turn: Turn, task: str) -> Message:
    try:
        live = await app.models.roll_back(task, member_id=turn.user.id)
    except WeightsError as error:
        sentence = _("The earlier version of the {task} model can't be used. {reason}")
        raise UserError(sentence, task=written(task), reason=for_managers(str(error))) from error
    if live is None:
        raise UserError(_("There's no earlier version of the {task} model."), task=written(task))
    sentence = _("↩️ {version} of the {task} model is live again.")
    return Message(text(sentence, version=_name(live.version_id), task=written(task)))


async def _use(app: App, turn: Turn, number: str) -> None:
    """Make a worse version live, and update the report of its training."""
    await check_shared_models(app, turn, SharedModelAction.ACTIVATE)
    task, version_id = await _found(app, number)
    await turn.defer()
    reply = await _activated(app, turn, task, version_id, FORCED)
    await turn.edit_source(await version_report(app, task, version_id, turn.community_id))
    await turn.respond(reply)


async def _found(app: App, typed: str) -> tuple[str, int | None]:
    """Task and number of an existing version. Raises `UserError`."""
    parsed = parse_version(typed)
    if isinstance(parsed, str):
        return parsed, None
    version = await app.store[Versions].get(parsed)
    if version is None:
        raise UserError(
            _("There's no version {number}. To see all versions, use {command}."),
            number=technical(str(parsed)),
            command=command("/models list"),
        )
    return version.task, parsed


def _name(number: int | None) -> Phrase:
    if number is None:
        return _("The built-in version")
    return _("Version {number}").format(number=number)


def _label(version: VersionRecord, words: WordFilter, longest: int) -> Phrase:
    """The label of a version in suggestions."""
    end: list[Showable] = [NOTHING, technical(version.recipe)]
    if version.reference_loss is not None:
        end.append(Phrase("{loss:.3f}").format(loss=version.reference_loss))
    ending = spaced(end, " · ")
    begin = spaced(
        [
            technical(str(version.number)),
            written(version.task),
            corpus_title(version.corpus, words),
        ],
        " · ",
    )
    return spaced([shortened(begin, longest - len(ending)), ending], "")


# Reports of trainings


async def version_report(
    app: App,
    task: str,
    number: int | None,
    community_id: int | None,
    notes: Sequence[Showable] = (),
) -> Message:
    """The message of a training that created a version: samples, whether and why it is live.

    It is filtered for a community.
    """
    versions = app.store[Versions]
    version = await versions.get(number or 0) or await app.models.shipped(task)
    live = (await versions.live())[task]
    curve = await versions.curve(number or 0)
    words = await app.filters.of(community_id)
    return await asyncio.to_thread(_report_message, version, live, curve, words, notes)


def _report_message(
    version: VersionRecord,
    live: Live,
    curve: bytes | None,
    words: WordFilter,
    notes: Sequence[Showable],
) -> Message:
    number = version.number or 0
    is_live = live.version_id == version.number
    title = (
        _("✅ Version {number} of the {task} model is live")
        if is_live
        else _("📦 Version {number} of the {task} model is saved, but not live")
    )
    lines = [
        text(corpus_title(version.corpus, words)),
        *(text(emphasis(note)) for note in notes),
        (),
        *map(text, _samples(version, words)[:SHOWN_SAMPLES]),
    ]
    if not is_live:
        lines += [(), _why_not(version)]
    elif live.reason == FORCED:
        lines += [(), text(_("It's live because an administrator chose it."))]
    embed = Embed(
        title=title.format(number=number, task=written(version.task)),
        lines=tuple(lines),
        fields=time_fields(version.seconds),
        tone=Tone.TRAINING,
        image=CURVE if curve else "",
    )
    details = Button(_("Details"), MODELS, f"info:{number}", emoji="📋")
    use = Button(_("Use it anyway"), MODELS, f"use:{number}")
    buttons = (details,) if is_live else (use, details)
    return Message(embeds=(embed,), files=_curve_file(curve), buttons=buttons)


def _why_not(version: VersionRecord) -> Text:
    if version.reference_loss is None or version.baseline_loss is None:
        return text(_("It isn't live, because it couldn't be compared with the live version."))
    return text(
        _("It isn't live, because the live version is better at predicting real, unseen {task}."),
        task=written(version.task),
    )


# Pages and comparisons


async def _page(app: App, turn: Turn, task: str, number: int) -> Message:
    """A page of versions, one per line and the shipped one last, with buttons for other pages."""
    versions = app.store[Versions]
    pages = await versions.count(task) // PAGE + 1  # with the shipped one
    number = min(number, pages - 1)
    shown = await versions.of(task, skip=number * PAGE, most=PAGE)
    if number == pages - 1:
        shown.append(await app.models.shipped(task))
    live = (await versions.live())[task]
    words = await app.filters.of(turn.community_id)
    buttons = []
    if number > 0:
        buttons.append(Button(_("Newer"), MODELS, f"page:{task}:{number - 1}", emoji="◀️"))
    if number + 1 < pages:
        buttons.append(Button(_("Older"), MODELS, f"page:{task}:{number + 1}", emoji="▶️"))
    footer = _("The lower the number, the better the version predicts unseen text")
    if pages > 1:
        place = _("page {page} of {pages}").format(page=number + 1, pages=pages)
        footer = spaced([footer, place], " · ")
    embed = Embed(
        title=_("Versions of the {task} model").format(task=written(task)),
        lines=tuple(_line(version, live, words) for version in shown),
        footer=footer,
    )
    return Message(embeds=(embed,), buttons=tuple(buttons), private=True)


def _line(version: VersionRecord, live: Live, words: WordFilter) -> Text:
    """A version in a list."""
    name: Showable = _("shipped") if version.number is None else technical(str(version.number))
    parts = [text(strong(name))]
    if version.created_at:
        parts.append(text(Timestamp(version.created_at)))
    loss = version.reference_loss
    parts += [
        text(corpus_title(version.corpus, words)),
        text(technical(version.recipe)),
        text(_("not measured")) if loss is None else text(Phrase("{loss:.3f}"), loss=loss),
    ]
    if not version.has_weights:
        parts.append(text(_("weights deleted")))
    if live.version_id == version.number:
        reason = _REASONS.get(live.reason) or technical(live.reason)
        parts.append(text(strong(bracketed(_("live"), reason) if reason else _("live"))))
    return chained(parts, DOT)


def _comparison_message(
    compared: Sequence[VersionRecord], live: Live, curve: bytes | None, words: WordFilter
) -> Message:
    """The first version compared with the others. Slow; call it in a thread."""
    version = compared[0]
    lines: list[Text] = [_state(version, live)]
    if not version.has_weights:
        lines.append(text(_("Its weights were deleted to make room for newer versions.")))
    samples = [(_label_of(each), _samples(each, words)) for each in compared]
    columns: tuple[Field, ...] = ()
    if version.task in TASKS and task_of(version.task).samples_are_names:
        columns = tuple(
            Field(
                label, chained([*map(text, names[:SHOWN_NAMES])] or [text(technical("–"))], NEWLINE)
            )
            for label, names in samples
        )
    else:
        for label, verses in samples:
            lines += [(), text(strong(label)), *map(text, verses)]
    made = version.created_at
    trained = text(Timestamp(made)) if made else text(_("by the developers"))
    title = _("Built-in {task} model").format(task=written(version.task))
    if version.number is not None:
        title = _("Version {number} of the {task} model").format(
            number=version.number, task=written(version.task)
        )
    embed = Embed(
        title=title,
        lines=tuple(lines),
        fields=(
            Field(_("Trained"), trained),
            Field(_("Corpus"), text(corpus_title(version.corpus, words))),
            Field(_("Recipe"), text(technical(version.recipe))),
            *_figures(version),
            *columns,
        ),
        footer=_("All samples use the same seed"),
        tone=Tone.TRAINING,
        image=CURVE if curve else "",
    )
    return Message(embeds=(embed,), files=_curve_file(curve), private=True)


def _state(version: VersionRecord, live: Live) -> Text:
    if live.version_id != version.number:
        return text(_("Not live."))
    if live.at is None:
        return text(_("Live."))
    return text(
        _("Live since {time} ({reason}).") if live.reason else _("Live since {time}."),
        time=Timestamp(live.at, absolute=True),
        reason=_REASONS.get(live.reason) or technical(live.reason),
    )


def _label_of(version: VersionRecord) -> Phrase:
    if version.number is None:
        return _("Shipped")
    return _("Version {number}").format(number=version.number)


# What both show


def nats(loss: float | None) -> Phrase:
    """A loss in nats per character."""
    return _("not measured") if loss is None else _("{loss:.3f} nats/char").format(loss=loss)


def _samples(version: VersionRecord, words: WordFilter) -> Sequence[Showable]:
    """The samples that can be shown, names with a capital."""
    are_names = version.task in TASKS and TASKS[version.task].samples_are_names
    samples = (each[:1].upper() + each[1:] if are_names else each for each in version.samples)
    return [*filter(None, [words.filtered(each, NOTHING) for each in samples])]


def _figures(version: VersionRecord) -> tuple[Field, ...]:
    """The seed, losses, and the training time."""
    reference = nats(version.reference_loss)
    if version.baseline_loss is not None:
        reference = _("{loss} (live version at the time: {baseline:.3f})").format(
            loss=reference, baseline=version.baseline_loss
        )
    seed = technical("–" if version.seed is None else str(version.seed))
    return (
        Field(_("Seed"), text(seed)),
        Field(_("Validation loss"), text(nats(version.validation))),
        Field(_("Reference loss"), text(reference)),
        *time_fields(version.seconds),
    )


def time_fields(seconds: float | None) -> tuple[Field, ...]:
    """The training time, if it is known."""
    if seconds is None:
        return ()
    return (Field(_("Training time"), text(human_duration(seconds))),)


def _curve_file(curve: bytes | None) -> tuple[File, ...]:
    """The picture of the loss curve, if any."""
    if not curve:
        return ()
    return (File(CURVE, curve, _("Training and validation loss by update")),)


_TASK = Option(
    "task",
    _("What the model generates"),
    is_required=True,
    choices=tuple(Choice(written(task), task) for task in TASKS),
    is_main=True,
)
_VERSION = Option(
    "version",
    _("Version number, for example 2, or: shipped names"),
    is_required=True,
    least=1,
    most=LONGEST_VERSION,
    suggest=always(suggest),
    is_main=True,
)
MODELS_GROUP = Group(
    MODELS,
    _("Versions of the models."),
    (
        Command(
            "models list",
            _("List the versions of a model."),
            list_,
            (_TASK,),
            TaskOptions,
            examples=(
                (
                    technical("/models list task:names"),
                    _("lists the versions of the names model."),
                ),
            ),
        ),
        Command(
            "models info",
            _("Compare a version's loss and samples with others."),
            info,
            (_VERSION,),
            VersionOptions,
            examples=((technical("/models info version:2"), _("compares version 2 with others.")),),
        ),
        Command(
            "models activate",
            _("Choose the live version (for administrators)."),
            activate,
            (_VERSION,),
            VersionOptions,
            examples=((technical("/models activate version:2"), _("makes version 2 live.")),),
            audience=Audience.ADMINISTRATORS,
        ),
        Command(
            "models rollback",
            _("Go back to the previous live version (for administrators)."),
            rollback,
            (_TASK,),
            TaskOptions,
            examples=(
                (
                    technical("/models rollback task:names"),
                    _("goes back to the previous live version."),
                ),
            ),
            audience=Audience.ADMINISTRATORS,
        ),
    ),
)
