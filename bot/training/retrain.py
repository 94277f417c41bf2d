"""`/retrain`: train a shared model on its own corpus or an uploaded one."""

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from bot.chat.app import App
from bot.chat.commands import Audience, Command, Group, Kind, Option
from bot.chat.message import Message, UserError
from bot.chat.translation import _, ngettext
from bot.chat.turn import Attachment, Turn
from bot.community.rights import SharedModelAction, check_shared_models
from bot.polls.hall_queries import HallOfFame
from bot.text.spans import code, command, text
from bot.text.technical import technical
from bot.trainer.queries import SHARED, TrainingRequest, Trainings
from bot.training.models import written
from bot.training.progress import stop_button
from bot.training.requests import (
    LARGEST_SEED,
    check_size,
    download,
    submit,
    title_of,
    upload_turn,
)
from bot.training.titles import UNNAMED_CORPUS
from bot.words import WordFilter
from data.phrases import Phrase, Showable
from data.text import clean_name
from models.tasks import TASKS, Task

RETRAIN = "retrain"
INSTALL = ".venv/bin/python -m pip install --require-hashes -r requirements-train.txt"
LARGEST_UPLOAD = 2 * 2**20
"""Bytes. The bot checks the whole corpus; 200,000 names fit."""
MOST_COPIES = 5
"""Maximum number of copies of a name in the corpus."""


@dataclass(frozen=True)
class RetrainOptions:
    """Options of `/retrain`."""

    task: str
    corpus: Attachment | None = None
    seed: int | None = None
    minutes: int | None = None
    hall_of_fame: bool = False
    force: bool = False


async def retrain(app: App, turn: Turn, options: RetrainOptions) -> None:
    """Answer `/retrain`."""
    await check_shared_models(app, turn, SharedModelAction.TRAIN)
    task = TASKS[options.task]
    minutes = _minutes(options.minutes, app.settings.retrain_minutes)
    _check_seed(options.seed)
    _check_requirements(app, task)
    title = None
    if options.corpus is not None:
        title = await title_of(app, options.corpus.name, turn.community_id, UNNAMED_CORPUS)
        check_size(title, options.corpus.size, LARGEST_UPLOAD, _("plain text in UTF-8"))
    active = await app.store[Trainings].waiting(SHARED)
    if active:
        reply = text(_("A training run is already in progress; wait for it to finish, or stop it."))
        await turn.respond(Message(reply, buttons=(stop_button(active[0].id),), private=True))
        return
    await app.training.check_cooldown()
    await turn.defer(private=True)
    async with upload_turn(app):
        queued = await _queue(app, turn, options, minutes, title)
    await turn.respond(queued)


async def _queue(
    app: App, turn: Turn, options: RetrainOptions, minutes: int, title: Showable | None
) -> Message:
    """Read the corpus, if there is one, and queue the training. Returns the reply."""
    task, corpus = TASKS[options.task], None
    if options.corpus is not None and title is not None:
        corpus = await download(options.corpus, title)
        await asyncio.to_thread(task.parse_corpus, corpus, title)
    extra_names: tuple[str, ...] = ()
    if options.hall_of_fame and task.takes_extra_names:
        extra_names = await _hall_of_fame(app, turn.community_id)
    request = TrainingRequest(
        policy=SHARED,
        task=task.name,
        recipe=task.chat_recipe,
        seed=secrets.randbelow(LARGEST_SEED) if options.seed is None else options.seed,
        queued_at=app.now(),
        minutes=minutes,
        force=options.force,
        community_id=turn.community_id,
        member_id=turn.user.id,
        title=title or "",
        corpus=corpus,
        extra_names=extra_names,
    )
    return await submit(app, turn, request)


def weighted_names(chosen: Iterable[tuple[str, int]], words: WordFilter) -> tuple[str, ...]:
    """Names as lines of a corpus: one line per vote, at most `MOST_COPIES`."""
    cleaned = ((clean_name(name), votes) for name, votes in chosen if words.allows(name))
    return tuple(
        name
        for name, votes in cleaned
        if name and words.allows(name)
        for _copy in range(min(max(votes, 1), MOST_COPIES))
    )


async def _hall_of_fame(app: App, community_id: int | None) -> tuple[str, ...]:
    chosen = await app.store[HallOfFame].names_with_votes(community_id)
    names = await asyncio.to_thread(weighted_names, chosen, app.word_filter)
    if not names:
        raise UserError(
            _("The hall of fame is empty. Get names with {command} and vote on them first."),
            command=command("/dinoname"),
        )
    return names


def _minutes(minutes: int | None, limit: int) -> int:
    if minutes is not None and not 1 <= minutes <= limit:
        raise UserError(
            ngettext(
                "Training can take at most {limit} minute here; for example, {example}.",
                "Training can take 1 to {limit} minutes here; for example, {example}.",
                limit,
            ),
            limit=limit,
            example=code(Phrase("minutes:{count}").format(count=min(5, limit))),
        )
    return minutes or limit


def _check_seed(seed: int | None) -> None:
    if seed is not None and not 0 <= seed <= LARGEST_SEED:
        raise UserError(_("A seed must be a whole number from 0 to {limit}."), limit=LARGEST_SEED)


def _check_requirements(app: App, task: Task) -> None:
    trains_elsewhere = app.cluster is not None and app.cluster.trainers(task.name)
    if not task.can_train() and not trains_elsewhere:
        raise UserError(
            _(
                "Training the {task} model needs packages that aren't installed. The bot's "
                "operator can install them with {command}."
            ),
            task=written(task.name),
            command=code(technical(INSTALL)),
        )


def _command(task: Task) -> Command:
    """The subcommand of a task."""
    corpus = _("Text file to train on (default: the bot's own)")
    seed = _("The same seed gives the same model")
    options = [
        Option("corpus", corpus, Kind.FILE),
        Option("seed", seed, Kind.INTEGER, least=0, most=LARGEST_SEED),
        Option("minutes", _("Time limit in minutes"), Kind.INTEGER, least=1),
    ]
    if task.takes_extra_names:
        extra_names = _("Also train on names that won a poll (default: no)")
        options.append(Option("hall_of_fame", extra_names, Kind.SWITCH))
    force = _("Use the new version even if it's worse (default: no)")
    example = _("trains the {task} model again.").format(task=written(task.name))
    return Command(
        f"{RETRAIN} {task.name}",
        _("Train the {task} model again.").format(task=written(task.name)),
        retrain,
        (*options, Option("force", force, Kind.SWITCH)),
        partial(RetrainOptions, task.name),
        examples=((technical(f"/{RETRAIN} {task.name}"), example),),
        audience=Audience.ADMINISTRATORS,
    )


RETRAIN_GROUP = Group(
    RETRAIN,
    _("Train one of the models again (for administrators)."),
    tuple(map(_command, TASKS.values())),
    shown_to=Audience.ADMINISTRATORS,
    is_costly=True,
)
