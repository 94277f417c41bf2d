"""`/models`: list and compare versions, and choose the live one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.dispatch import respond_when_ready
from bot.chat.errors import invalid_value
from bot.chat.info import Audience, Choice, CommandInfo
from bot.chat.message import Message, UserError, code, text
from bot.chat.translation import _
from bot.chat.turn import Turn
from bot.community.rights import SharedModelAction, check_shared_models
from bot.formats import shortened
from bot.training.registry import NothingBefore
from bot.training.version_queries import VersionRecord, Versions
from bot.training.version_report import MODELS, Allows, corpus_title, version_report
from bot.training.version_views import comparison_message, page_message
from bot.training.versions import FORCED
from models.tasks import TASKS
from models.weights import WeightsError

PAGE = 10
"""Versions on a page."""
SHOWN_NAMES = 10
SHORTEST_ENDING = 4
LONGEST_VERSION = 40
"""Characters of the option `version`."""
_LONGEST_PAGE_NUMBER = 6
_VERSION = {"version": _("Number of the version, for example 2, or: shipped names")}
_TASK = {"task": _("What the model generates")}

GROUP_INFO = CommandInfo(name=MODELS, description=_("Versions of the models."))
LIST_INFO = CommandInfo(
    name="models list",
    description=_("List the versions of a model."),
    options=_TASK,
    examples=(("/models list task:names", _("lists the versions of the model for names.")),),
)
INFO_INFO = CommandInfo(
    name="models info",
    description=_("Compare a version with others: losses and samples."),
    options=_VERSION,
    examples=(("/models info version:2", _("compares version 2 with others.")),),
)
ACTIVATE_INFO = CommandInfo(
    name="models activate",
    description=_("Choose the live version (for administrators)."),
    options=_VERSION,
    examples=(("/models activate version:2", _("makes version 2 live.")),),
    audience=Audience.ADMINISTRATORS,
)
ROLLBACK_INFO = CommandInfo(
    name="models rollback",
    description=_("Go back to the previous live version (for administrators)."),
    options=_TASK,
    examples=(("/models rollback task:names", _("undoes the last change of the live version.")),),
    audience=Audience.ADMINISTRATORS,
)
INFOS = (LIST_INFO, INFO_INFO, ACTIVATE_INFO, ROLLBACK_INFO)


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
    with app.in_flight.track():
        task, number = await _found(app, options.version)
        await respond_when_ready(turn, _activated(app, turn, task, number, "activated"))


async def rollback(app: App, turn: Turn, options: TaskOptions) -> None:
    """Answer `/models rollback`."""
    await check_shared_models(app, turn, SharedModelAction.ACTIVATE)
    _check_task(options.task)
    with app.in_flight.track():
        await respond_when_ready(turn, _rolled_back(app, turn, options.task))


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons that turn pages and that make a version live."""
    action, _colon, rest = state.partition(":")
    task, _colon, page = rest.partition(":")
    is_page = page.isdecimal() and len(page) <= _LONGEST_PAGE_NUMBER
    if action == "page" and task in TASKS and is_page:
        with app.in_flight.track():
            await turn.edit_source(await _page(app, turn, task, int(page)))
    elif action == "use":
        await _use(app, turn, rest)
    else:
        raise UserError(_("This button is from another version of the bot; use /models instead."))


async def suggest(app: App, turn: Turn, typed: str) -> Sequence[Choice]:
    """Suggest versions that match `typed`: the newest ones, then the shipped ones."""
    limits = turn.platform.limits
    label = _("shipped {task} · came with the bot")
    shipped = [Choice(label.format(task=task), f"shipped {task}") for task in TASKS]
    words = await app.filters.of(turn.community_id)
    found = [
        Choice(_label(version, words.allows, limits.choice_label), str(version.number))
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
        version=code(shortened(" ".join(typed[:100].split()), LONGEST_VERSION) or " "),
        number=code("12"),
        shipped=code(f"shipped {next(iter(TASKS))}"),
    )


def _check_task(task: str) -> None:
    if task not in TASKS:
        raise UserError(*invalid_value(task))


async def _page(app: App, turn: Turn, task: str, number: int) -> Message:
    words = await app.filters.of(turn.community_id)
    return page_message(await app.models.page(task, number, PAGE), words.allows)


async def _comparison(app: App, turn: Turn, typed: str) -> Message:
    task, number = await _found(app, typed)
    comparison = await app.models.compare(task, number)
    if comparison is None:
        raise _unknown(number)
    words = await app.filters.of(turn.community_id)
    # In a thread: filtering long samples is slow, and roots are read from a file.
    return await asyncio.to_thread(comparison_message, comparison, words.allows)


async def _activated(app: App, turn: Turn, task: str, number: int | None, reason: str) -> Message:
    if await app.models.is_live(task, number):
        raise UserError(_("{version} of {task} is live already."), **_names(task, number))
    try:
        await app.models.activate(task, number, member_id=turn.user.id, reason=reason)
    except WeightsError as error:
        raise UserError(
            _("{version} of {task} can't be used. {reason}"),
            **_names(task, number),
            reason=str(error),
        ) from error
    return Message(text(_("✅ {version} of {task} is live now."), **_names(task, number)))


async def _rolled_back(app: App, turn: Turn, task: str) -> Message:
    try:
        live = await app.models.roll_back(task, member_id=turn.user.id)
    except NothingBefore as error:
        raise UserError(_("There's no earlier version of {task}."), task=task) from error
    except WeightsError as error:
        raise UserError(
            _("The earlier version of {task} can't be used. {reason}"),
            task=task,
            reason=str(error),
        ) from error
    names = _names(task, live.version_id)
    return Message(text(_("↩️ {version} of {task} is live again."), **names))


async def _use(app: App, turn: Turn, number: str) -> None:
    """Make a worse version live, and update the report of its training."""
    await check_shared_models(app, turn, SharedModelAction.ACTIVATE)
    with app.in_flight.track():
        task, version_id = await _found(app, number)
        await turn.defer()
        reply = await _activated(app, turn, task, version_id, FORCED)
        comparison = await app.models.compare(task, version_id)
        if comparison is not None:
            words = await app.filters.of(turn.community_id)
            report = await asyncio.to_thread(version_report, comparison, words.allows)
            await turn.edit_source(report)
        await turn.respond(reply)


async def _found(app: App, typed: str) -> tuple[str, int | None]:
    """Task and number of an existing version. Raises `UserError`."""
    parsed = parse_version(typed)
    if isinstance(parsed, str):
        return parsed, None
    version = await app.store[Versions].get(parsed)
    if version is None:
        raise _unknown(parsed)
    return version.task, parsed


def _unknown(number: int | None) -> UserError:
    return UserError(
        _("There's no version {number}. See all with {command}."),
        number=str(number),
        command=code("/models list"),
    )


def _names(task: str, number: int | None) -> dict[str, str]:
    name = _("The shipped version") if number is None else _("Version {number}")
    return {"version": name.format(number=number), "task": task}


def _label(version: VersionRecord, allows: Allows, longest: int) -> str:
    """The label of a version in suggestions."""
    loss = "" if version.reference_loss is None else f" · {version.reference_loss:.3f}"
    end = f" · {version.recipe}{loss}"
    begin = f"{version.number} · {version.task} · {corpus_title(version.corpus, allows)}"
    return shortened(begin, longest - len(end)) + end
