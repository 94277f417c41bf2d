"""`/namer`: custom models that a community trains on its own lists of names."""

import asyncio
import re
import secrets
from collections.abc import Sequence

from bot.commands.core.app import App
from bot.commands.core.info import Audience, Choice, CommandInfo, NoOptions
from bot.commands.core.message import Button, File, Message, UserError, code, strong, text
from bot.commands.core.translation import _
from bot.commands.core.turn import Turn
from bot.commands.moderation.rights import check_community, check_manager
from bot.commands.training import custom_model_options as options_of
from bot.commands.training.custom_model_options import (
    CorpusOptions,
    ImportOptions,
    NameOptions,
    ShareOptions,
)
from bot.commands.training.custom_model_views import (
    counted,
    imported_message,
    info_message,
    list_message,
)
from bot.commands.training.progress import Subject
from bot.commands.training.requests import (
    LARGEST_SEED,
    check_queue,
    download,
    stop,
    stop_of_deleted,
    submit,
    title_of,
)
from bot.services.custom_models import TASK, Untrained
from bot.services.training.policies import CUSTOM, corpus_of, table_of
from bot.store import OutcomeUnknown, Unavailable
from bot.store.custom_models import Corpus, CustomModelRecord, NameTaken, TooMany
from bot.store.trainings import TrainingRequest
from models.names.constraints import LIST_RECIPE
from models.weights import TooLarge, WeightsError

NAMER = "namer"
"""The group, and the action of its buttons."""
LIST, SHARE = "namer-list", "namer-share"
"""Cooldowns of their own: both are used right after another command of the group."""
MINUTES = 5
"""Time limit of a training, in minutes."""
_LONGEST_NUMBER = 18

_FILE = _("Text file with one name per line, or a table with names in the first column")
_TEXT = _("Or the names themselves, separated by commas")
_WHICH = {"name": _("Which namer, for example: elves")}

GROUP_INFO = CommandInfo(
    name=NAMER, description=_("Namers: train the bot on your own lists of names.")
)
CREATE_INFO = CommandInfo(
    name="namer create",
    description=_("Train a namer on a list of names."),
    options={"name": _("Name of the new namer, for example: elves"), "file": _FILE, "text": _TEXT},
    examples=(
        (
            _("/namer create name:elves text:Galadriel, Celebrimbor, …"),
            _("trains a namer on your list of 20 names or more."),
        ),
    ),
    audience=Audience.MANAGERS,
)
IMPORT_INFO = CommandInfo(
    name="namer import",
    description=_("Import a namer that was exported elsewhere."),
    options={
        "name": _("Name of the new namer, for example: elves"),
        "file": _("File from /namer export"),
    },
    examples=(
        (
            _("/namer import name:elves file:…"),
            _("adds a namer from a file that /namer export made elsewhere."),
        ),
    ),
    audience=Audience.MANAGERS,
)
EXPORT_INFO = CommandInfo(
    name="namer export",
    description=_("Download a namer as a file."),
    options=_WHICH,
    examples=(("/namer export name:elves", _("downloads a namer as a file.")),),
    audience=Audience.MANAGERS,
)
LIST_INFO = CommandInfo(
    name="namer list",
    description=_("List the namers."),
    examples=(("/namer list", _("lists the namers that were trained here.")),),
)
INFO_INFO = CommandInfo(
    name="namer info",
    description=_("Show how good a namer is and what it was trained on."),
    options=_WHICH,
    examples=(
        ("/namer info name:elves", _("shows how good a namer is and what it was trained on.")),
    ),
)
RETRAIN_INFO = CommandInfo(
    name="namer retrain",
    description=_("Train a namer again, on its list or a new one."),
    options={**_WHICH, "file": _FILE, "text": _TEXT},
    examples=(
        ("/namer retrain name:elves", _("trains a namer again; add a list to replace its own.")),
    ),
    audience=Audience.MANAGERS,
)
SHARE_INFO = CommandInfo(
    name="namer share",
    description=_("Let others use a namer, or stop sharing it."),
    options={**_WHICH, "on": _("Whether others can use it (default: yes)")},
    examples=(
        ("/namer share name:elves", _("lets a namer be used elsewhere, too; on:False stops that.")),
    ),
    audience=Audience.MANAGERS,
)
DELETE_INFO = CommandInfo(
    name="namer delete",
    description=_("Delete a namer and its list."),
    options=_WHICH,
    examples=(("/namer delete name:elves", _("deletes a namer and its list.")),),
    audience=Audience.MANAGERS,
)
INFOS = (
    CREATE_INFO,
    IMPORT_INFO,
    EXPORT_INFO,
    LIST_INFO,
    INFO_INFO,
    RETRAIN_INFO,
    SHARE_INFO,
    DELETE_INFO,
)


async def create(app: App, turn: Turn, options: CorpusOptions) -> None:
    """Answer `/namer create`."""
    community_id = check_manager(turn)
    async with app.answering(turn, NAMER):
        options_of.check_corpus(options, needed=True)
        name = await options_of.new_name(app, options.name, community_id)
        await _check_new(app, community_id, name)
        await check_queue(app, CUSTOM, community_id=community_id)
        await turn.defer(private=True)
        title, found = await options_of.read_corpus(app, options, community_id)
        corpus = corpus_of(title, found.names)
        model = await _store(app, turn, community_id, name, corpus)
        try:
            reply = await _train(app, turn, model, corpus, found.notes)
        except BaseException:  # nothing is queued: leave nothing behind
            await _discard(app, model)
            raise
        await turn.respond(reply)


async def import_(app: App, turn: Turn, options: ImportOptions) -> None:
    """Answer `/namer import`."""
    community_id = check_manager(turn)
    async with app.answering(turn, NAMER):
        name = await options_of.new_name(app, options.name, community_id)
        title = await title_of(app, options.file.name, community_id, _("Your file"))
        options_of.check_weights_size(title, options.file.size)
        await _check_new(app, community_id, name)
        await turn.defer(private=True)
        content = await download(options.file, title)
        try:
            sample = await app.custom_models.validate(content, title)
        except TooLarge as error:
            raise options_of.too_much_memory(title) from error
        except WeightsError as error:
            raise options_of.invalid_file(title) from error
        trained = sample.trained
        words = await app.filters.of(community_id)
        await app.uploads.check(options_of.check_import, trained, words)
        names = tuple(trained.words)
        title = await title_of(app, trained.card.corpus, community_id, _("Your list"))
        corpus = corpus_of(title, names)
        model = await _store(app, turn, community_id, name, corpus, (content, trained.digest))
        app.custom_models.keep(trained)  # it will be tried out at once
        samples = [name for name in sample.samples if words.allows(name)]
        await turn.respond(imported_message(model, trained.card, samples))


async def export(app: App, turn: Turn, options: NameOptions) -> None:
    """Answer `/namer export`."""
    community_id = check_manager(turn)
    async with app.answering(turn, NAMER):
        model = await options_of.find(app, community_id, options.name)
        content = await app.store.custom_models.weights(model.id)
        if content is None:
            raise options_of.untrained(model, is_training=await _is_training(app, model))
        stem = re.sub(r"[^a-z0-9]+", "-", model.name.casefold()).strip("-") or NAMER
        reply = text(
            _("{namer} as a file, with the names of its list. Use it elsewhere with {command}."),
            namer=model.name,
            command=code("/namer import"),
        )
        file = File(f"{stem}.safetensors", content)
        await turn.respond(Message(reply, files=(file,), private=True))


async def list_(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/namer list`."""
    community_id = check_community(turn)
    async with app.answering(turn, LIST):
        models = await app.store.custom_models.of(community_id)
        waiting = await app.store.trainings.waiting(CUSTOM)
        in_training = {w.custom_model_id for w in waiting}
        await turn.respond(list_message(models, app.settings.namers_per_guild, in_training))


async def info(app: App, turn: Turn, options: NameOptions) -> None:
    """Answer `/namer info`."""
    community_id = check_community(turn)
    async with app.answering(turn, INFO_INFO.name):
        model = await options_of.find(app, community_id, options.name)
        await turn.defer(private=True)
        card = None
        try:
            card = (await app.custom_models.load(model)).card
        except Untrained:
            pass
        except WeightsError as error:
            raise options_of.broken(model) from error
        is_training = await _is_training(app, model)
        await turn.respond(info_message(model, card, turn.platform.terms, is_training=is_training))


async def retrain(app: App, turn: Turn, options: CorpusOptions) -> None:
    """Answer `/namer retrain`."""
    community_id = check_manager(turn)
    async with app.answering(turn, NAMER):
        options_of.check_corpus(options, needed=False)
        model = await options_of.find(app, community_id, options.name)
        await options_of.check_name(app, model, community_id)
        await check_queue(app, CUSTOM, community_id=community_id, custom_model_id=model.id)
        if not options.has_corpus and not model.has_corpus:
            raise options_of.without_corpus(model)
        await turn.defer(private=True)
        title = model.title
        notes: tuple[str, ...] = ()
        if options.has_corpus:
            title, found = await options_of.read_corpus(app, options, community_id)
            names, notes = found.names, found.notes
        else:
            names = await app.store.custom_models.corpus(model.id)
        corpus = corpus_of(title, names)
        reply = await _train(app, turn, model, corpus, notes, is_new=options.has_corpus)
        await turn.respond(reply)


async def share(app: App, turn: Turn, options: ShareOptions) -> None:
    """Answer `/namer share`."""
    community_id = check_manager(turn)
    async with app.answering(turn, SHARE):
        model = await options_of.find(app, community_id, options.name)
        if options.on:
            await options_of.check_name(app, model, None)
        await app.store.custom_models.share(model.id, options.on)
        sentence = (
            _("Other {communities} can use {namer} now. They see its name, but not its list.")
            if options.on
            else _("Only this {community} can use {namer} now.")
        )
        terms = turn.platform.terms
        words = {"community": terms.community, "communities": terms.communities}
        await turn.respond(Message(text(sentence, namer=model.name, **words), private=True))


async def delete(app: App, turn: Turn, options: NameOptions) -> None:
    """Answer `/namer delete` with a confirmation."""
    model = await options_of.find(app, check_manager(turn), options.name)
    reply = text(
        _("Delete {namer}, its list and its weights? This can't be undone."),
        namer=strong(model.name),
    )
    buttons = (
        Button(_("Delete"), NAMER, f"delete:{model.id}", dangerous=True),
        Button(_("Cancel"), NAMER, f"keep:{model.id}"),
    )
    await turn.respond(Message(reply, buttons=buttons, private=True))


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons of `/namer delete`, and the Stop button of version 0.3.0."""
    community_id = check_manager(turn)
    action, _colon, number = state.partition(":")
    is_known = action in ("delete", "keep", "stop")
    if not is_known or not number.isdecimal() or len(number) > _LONGEST_NUMBER:
        raise UserError(_("This button is from another version of the bot; use /namer instead."))
    model = await app.store.custom_models.get(int(number))
    if model is None or model.community_id != community_id:
        raise options_of.unknown()
    with app.in_flight.track():
        training = await app.store.trainings.active_of(model.id)
        if action == "stop":
            await stop(app, turn, training)
            return
        reply = text(_("{namer} was not deleted."), namer=model.name)
        if action == "delete":
            if training is not None:
                await stop_of_deleted(app, turn, training, model)
            await app.store.custom_models.delete(model.id)
            reply = text(_("{namer} was deleted."), namer=model.name)
        await turn.edit_source(Message(reply, private=True))


async def suggest(app: App, turn: Turn, typed: str) -> Sequence[Choice]:
    """Custom models of the community whose names contain `typed`."""
    models = await app.store.custom_models.of(check_community(turn))
    typed = typed[: options_of.LONGEST_NAME + 1].casefold()
    matching = [Choice(m.name, m.name) for m in models if typed in m.name.casefold()]
    return matching[: turn.platform.limits.choices]


async def _check_new(app: App, community_id: int, name: str) -> None:
    """Raise `UserError` if a new custom model could not be stored."""
    models = await app.store.custom_models.of(community_id)
    options_of.check_quota(len(models), app.settings.namers_per_guild)
    if any(model.name.casefold() == name.casefold() for model in models):
        raise options_of.name_taken(name)


async def _store(
    app: App,
    turn: Turn,
    community_id: int,
    name: str,
    corpus: Corpus,
    weights: tuple[bytes, str] | None = None,
) -> CustomModelRecord:
    most = app.settings.namers_per_guild
    try:
        return await app.store.custom_models.create(
            community_id=community_id,
            name=name,
            member_id=turn.user.id,
            corpus=corpus,
            now=app.now(),
            most=most,
            weights=weights,
        )
    except NameTaken as error:
        raise options_of.name_taken(name) from error
    except TooMany as error:
        raise options_of.too_many(most) from error


async def _discard(app: App, model: CustomModelRecord) -> None:
    """Delete a model that will not be trained. Raises `OutcomeUnknown` if it may stay."""
    try:
        await app.store.custom_models.delete(model.id)
    except Unavailable as error:
        raise OutcomeUnknown(str(error)) from error


async def _train(
    app: App,
    turn: Turn,
    model: CustomModelRecord,
    corpus: Corpus,
    notes: tuple[str, ...],
    *,
    is_new: bool = False,
) -> Message:
    request = TrainingRequest(
        policy=CUSTOM,
        task=TASK,
        recipe=LIST_RECIPE,
        seed=secrets.randbelow(LARGEST_SEED),
        queued_at=app.now(),
        minutes=MINUTES,
        custom_model_id=model.id,
        community_id=model.community_id,
        member_id=turn.user.id,
        title=corpus.title,
        corpus=await asyncio.to_thread(table_of, corpus.names),
        corpus_is_new=is_new,
        notes=(counted(len(corpus.names)), *notes),
    )
    return await submit(app, turn, request, Subject(model.name, True, model.digest is not None))


async def _is_training(app: App, model: CustomModelRecord) -> bool:
    return await app.store.trainings.active_of(model.id) is not None
