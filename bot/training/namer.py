"""`/namer`: custom models that a community trains on its own lists of names."""

import asyncio
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from typing import Any, TypeVar

from bot.chat.app import App
from bot.chat.commands import (
    Answer,
    Audience,
    Choice,
    Command,
    Group,
    Kind,
    NoOptions,
    Option,
    always,
)
from bot.chat.errors import other_version
from bot.chat.message import Button, File, Message, UserError
from bot.chat.translation import _, ngettext
from bot.chat.turn import Attachment, Turn
from bot.community.rights import check_community, check_manager
from bot.store import OutcomeUnknown, Unavailable
from bot.text.spans import command, strong, text
from bot.text.technical import technical
from bot.text.written import for_managers
from bot.trainer.custom_models import (
    LARGEST_MODEL,
    LARGEST_WEIGHTS,
    TASK,
    Untrained,
)
from bot.trainer.events import EndReason
from bot.trainer.queries import (
    CUSTOM,
    CustomModelRecord,
    CustomModels,
    NameTaken,
    StoredList,
    TooManyModels,
    TrainingRequest,
    Trainings,
)
from bot.trainer.service import table_of
from bot.training import usable_models
from bot.training.custom_model_messages import (
    broken,
    check_name,
    counted,
    details_of,
    info_message,
    list_message,
    ready_embed,
    retraining,
    shared_info_message,
    unknown,
    unknown_name,
    untrained,
)
from bot.training.requests import (
    LARGEST_SEED,
    LONGEST_NUMBER,
    check_size,
    download,
    submit,
    title_of,
    upload_turn,
)
from bot.training.titles import UNNAMED_FILE, UNNAMED_LIST, corpus_title
from bot.training.usable_models import (
    LONGEST_CHOICE,
    choose,
    shared_with,
    sharer_of,
)
from bot.words import WordFilter
from data.lists import LARGEST_LIST, LONGEST_LIST, NameList, parse_list
from data.phrases import NOTHING, Phrase, Showable
from models.names.constraints import LIST_RECIPE
from models.names.generator import count_parameters
from models.networks.vocabulary import END
from models.weights import TooLarge, Trained, WeightsError

NAMER = "namer"
"""The group, and the action of its buttons."""
LIST, SHARE, INFO = "namer-list", "namer-share", "namer-info"
"""Cooldowns apart from that of the group: these are used right after another command of it."""
MINUTES = 5
"""Time limit of a training, in minutes."""
LONGEST_NAME = 32
"""Characters of a custom model's name."""
MOST_PARAMETERS = 600_000
"""Most parameters of an imported network, n-grams aside. Ten names then take a tenth of a second,
in which others wait. The shipped network for dinosaurs has 520,000, and one that is trained from
the chat 60,000.
"""
LONGEST_TEXT = 6000
"""Characters of a list that is typed."""
CHECKING_S = 60.0
"""Seconds of computing in which the words of an upload are checked, while others wait. 50,000
names take 10 at most; only names and words of a server that are made to be slow take longer."""
_MARKS = " -'’.&"
"""Allowed characters besides letters and digits. None of them formats or mentions."""
_SEPARATORS = re.compile(r"[\n,;]+")
_JOINERS = "\u200c\u200d"
_T = TypeVar("_T")


@dataclass(frozen=True)
class NameOptions:
    """Options of commands that take only the name of a custom model."""

    name: str


@dataclass(frozen=True)
class CorpusOptions:
    """Options of `/namer create` and `/namer retrain`."""

    name: str
    file: Attachment | None = None
    text: str | None = None

    @property
    def has_corpus(self) -> bool:
        """Whether a list is given."""
        return self.file is not None or self.text is not None


@dataclass(frozen=True)
class ImportOptions:
    """Options of `/namer import`."""

    name: str
    file: Attachment


@dataclass(frozen=True)
class ShareOptions:
    """Options of `/namer share`."""

    name: str
    on: bool = True


async def create(app: App, turn: Turn, options: CorpusOptions) -> None:
    """Answer `/namer create`."""
    community_id = check_manager(turn)
    async with app.answering(turn, NAMER):
        check_corpus(options, needed=True)
        name = await new_name(app, options.name, community_id)
        await _check_new(app, community_id, name)
        await app.training.check(CUSTOM, community_id)
        await turn.defer(private=True)
        async with upload_turn(app):
            title, found = await _read_corpus(app, options, community_id)
            corpus = StoredList(title, found.names)
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
        name = await new_name(app, options.name, community_id)
        title = await title_of(app, options.file.name, community_id, UNNAMED_FILE)
        check_size(title, options.file.size, LARGEST_WEIGHTS, _("files from /namer export"))
        await _check_new(app, community_id, name)
        await turn.defer(private=True)
        async with upload_turn(app):
            reply = await _imported(app, turn, community_id, name, options.file, title)
        await turn.respond(reply)


async def _imported(
    app: App, turn: Turn, community_id: int, name: str, upload: Attachment, title: Showable
) -> Message:
    """Check an upload and store it as a custom model. Returns the reply. Raises `UserError`."""
    content = await download(upload, title)
    try:
        sample = await app.custom_models.validate(content, title)
    except TooLarge as error:
        raise UserError(
            _(
                "{file} would need more than {limit} MiB of memory, which is the limit for a "
                "namer. Train the namer again on a shorter list, then export it again."
            ),
            file=title,
            limit=LARGEST_MODEL // 2**20,
        ) from error
    except WeightsError as error:
        raise UserError(
            _("{file} isn't a valid namer file. Use an unchanged file from {command}."),
            file=title,
            command=command("/namer export"),
        ) from error
    trained = sample.trained
    words = await app.filters.of(community_id)
    await _checked(partial(check_import, trained), words)
    title = await title_of(app, trained.card.corpus, community_id, UNNAMED_LIST)
    corpus = StoredList(title, tuple(trained.words))
    model = await _store(app, turn, community_id, name, corpus, (content, trained.digest))
    app.custom_models.keep(trained)  # it will be tried out at once
    samples = [*filter(None, [words.filtered(each, NOTHING) for each in sample.samples])]
    embed = ready_embed(model.name, trained.card, model.entries, samples)
    return Message(embeds=(embed,), buttons=details_of(trained.card))


async def export(app: App, turn: Turn, options: NameOptions) -> None:
    """Answer `/namer export`."""
    community_id = check_manager(turn)
    async with app.answering(turn, NAMER):
        model = await _find(app, community_id, options.name)
        content = await app.store[CustomModels].weights(model.id)
        if content is None:
            raise untrained(model, is_training=await _is_training(app, model))
        stem = re.sub(r"[^a-z0-9]+", "-", model.name.casefold()).strip("-") or NAMER
        reply = text(
            _(
                "Here's {namer} as a file, including the names on its list. To use it elsewhere, "
                "use {command} there."
            ),
            namer=model.name,
            command=command("/namer import"),
        )
        file = File(technical(f"{stem}.safetensors"), content)
        await turn.respond(Message(reply, files=(file,), private=True))


async def list_(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/namer list`."""
    community_id = check_community(turn)
    async with app.answering(turn, LIST):
        models = await _visible(app, turn, community_id)
        shared = await shared_with(app, turn)
        waiting = await app.store[Trainings].waiting(CUSTOM)
        in_training = {w.custom_model_id for w in waiting}
        most = app.settings.namers_per_guild
        await turn.respond(list_message(models, shared, most, in_training, turn.platform.terms))


async def info(app: App, turn: Turn, options: NameOptions) -> None:
    """Answer `/namer info`."""
    community_id = check_community(turn)
    async with app.answering(turn, INFO):
        model = await _named(app, community_id, options.name)
        if model is None or not _sees(turn, model):
            model = await choose(app, turn, options.name)
        await turn.defer(private=True)
        card = None
        try:
            card = (await app.custom_models.load(model)).card
        except Untrained:
            pass
        except WeightsError as error:
            raise broken(model, turn) from error
        words = await app.filters.of(community_id)
        if model.community_id != community_id:
            if card is None:
                raise unknown()
            await turn.respond(shared_info_message(model, card, sharer_of(model, turn, words)))
            return
        is_training = await _is_training(app, model)
        # The filter may have changed since the list came.
        title, terms = corpus_title(model.title, words), turn.platform.terms
        await turn.respond(info_message(model, title, card, terms, is_training=is_training))


async def retrain(app: App, turn: Turn, options: CorpusOptions) -> None:
    """Answer `/namer retrain`."""
    community_id = check_manager(turn)
    async with app.answering(turn, NAMER):
        check_corpus(options, needed=False)
        model = await _find(app, community_id, options.name)
        await check_name(app, model, community_id)
        await app.training.check(CUSTOM, community_id, model.id)
        if not options.has_corpus and not model.has_corpus:
            raise UserError(
                _("{namer} was imported without its list. Add a list with {file} or {text}."),
                namer=model.name,
                file=command("file:"),
                text=command("text:"),
            )
        await turn.defer(private=True)
        title = await title_of(app, model.title, community_id, UNNAMED_LIST)
        notes: tuple[Showable, ...] = ()
        async with upload_turn(app):
            if options.has_corpus:
                title, found = await _read_corpus(app, options, community_id)
                names, notes = found.names, found.notes
            else:
                names = await app.store[CustomModels].corpus(model.id)
            corpus = StoredList(title, names)
            reply = await _train(app, turn, model, corpus, notes, is_new=options.has_corpus)
        await turn.respond(reply)


async def share(app: App, turn: Turn, options: ShareOptions) -> None:
    """Answer `/namer share`."""
    community_id = check_manager(turn)
    async with app.answering(turn, SHARE):
        model = await _find(app, community_id, options.name)
        if options.on:
            await check_name(app, model, None)
        await app.store[CustomModels].share(model.id, options.on)
        sentence = (
            _(
                "Other {communities} can now use {namer}. They'll see its name and that this "
                "{community} shares it, but not its list."
            )
            if options.on
            else _("Only this {community} can use {namer} now.")
        )
        terms = turn.platform.terms
        words = {"community": terms.community, "communities": terms.communities}
        await turn.respond(Message(text(sentence, namer=model.name, **words), private=True))


async def delete(app: App, turn: Turn, options: NameOptions) -> None:
    """Answer `/namer delete` with a confirmation."""
    model = await _find(app, check_manager(turn), options.name)
    reply = text(
        _("Delete {namer}, its list and everything it has learned? This can't be undone."),
        namer=strong(model.name),
    )
    buttons = (
        Button(_("Delete"), NAMER, f"delete:{model.id}", dangerous=True),
        Button(_("Cancel"), NAMER, f"keep:{model.id}"),
    )
    await turn.respond(Message(reply, buttons=buttons, private=True))


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons of `/namer delete`."""
    community_id = check_manager(turn)
    action, _colon, number = state.partition(":")
    is_known = action in ("delete", "keep")
    if not is_known or not number.isdecimal() or len(number) > LONGEST_NUMBER:
        raise other_version(technical("/namer"))
    model = await app.store[CustomModels].get(int(number))
    if model is None or model.community_id != community_id:
        raise unknown()
    reply = text(_("{namer} wasn't deleted."), namer=model.name)
    if action == "delete":
        training = await app.store[Trainings].active_of(model.id)
        if training is not None:
            await app.training.stop(training.id, EndReason.DELETED)
        await app.store[CustomModels].delete(model.id)
        reply = text(_("{namer} was deleted."), namer=model.name)
    await turn.edit_source(Message(reply, private=True))


async def suggest(app: App, turn: Turn, typed: str) -> Sequence[Choice]:
    """Suggest custom models of the community whose names contain `typed`."""
    models = await _visible(app, turn, check_community(turn))
    typed = typed[: LONGEST_NAME + 1].casefold()
    matching = [Choice(m.name, m.name) for m in models if typed in m.name.casefold()]
    return matching[: turn.platform.limits.choices]


async def suggest_with_shared(app: App, turn: Turn, typed: str) -> Sequence[Choice]:
    """Suggest custom models of the community, and those that other communities share."""
    own = [*await suggest(app, turn, typed)]
    shared = await usable_models.suggest(app, turn, typed, only_shared=True)
    return [*own, *shared][: turn.platform.limits.choices]


async def new_name(app: App, typed: str, community_id: int) -> str:
    """Validate and normalise the name of a new custom model. Raises `UserError`."""
    example = command("name:elves")
    name = unicodedata.normalize("NFC", " ".join(typed[: 4 * LONGEST_NAME].split()))
    if not 1 <= len(name) <= LONGEST_NAME or len(typed) > 4 * LONGEST_NAME:
        raise UserError(
            _("A name must have 1 to {limit} characters; for example, {example}."),
            limit=LONGEST_NAME,
            example=example,
        )
    is_allowed = all(c.isalnum() or c in _MARKS or unicodedata.category(c)[0] == "M" for c in name)
    if not is_allowed or not any(map(str.isalnum, name)):
        raise UserError(
            _(
                "A name can only have letters, digits, spaces, hyphens and apostrophes; for "
                "example, {example}."
            ),
            example=example,
        )
    # Other communities may see it, if the custom model is shared.
    if not (await app.allows(name, community_id) and await app.allows(name, None)):
        raise UserError(_("That name isn't allowed; choose another one."))
    return name


def check_corpus(options: CorpusOptions, *, needed: bool) -> None:
    """Raise `UserError` unless one list is given, as a file or as text, within the limits."""
    if options.file is not None and options.text is not None:
        raise UserError(_("Add the list either as a file or as text, not both."))
    if needed and not options.has_corpus:
        raise UserError(
            _(
                "Add a list of names: either a text file with one name per line ({file}), or "
                "names separated by commas ({text})."
            ),
            file=command("file:"),
            text=command("text:"),
        )
    if options.text is not None and len(options.text) > LONGEST_TEXT:
        raise UserError(
            _("That list is too long to type; upload it as a text file with {file}."),
            file=command("file:"),
        )
    if options.file is not None:
        check_size(_("That file"), options.file.size, LARGEST_LIST, _("plain text in UTF-8"))


def _sees(turn: Turn, model: CustomModelRecord) -> bool:
    return turn.user.is_moderator or not model.removed


async def _visible(app: App, turn: Turn, community_id: int) -> list[CustomModelRecord]:
    """The community's custom models, for moderators with those that are removed from use."""
    models = await app.store[CustomModels].of(community_id)
    return [model for model in models if _sees(turn, model)]


async def _find(app: App, community_id: int, typed: str) -> CustomModelRecord:
    """A custom model of a community by its name. Raises `UserError`."""
    found = await _named(app, community_id, typed)
    if found is None:
        known = await app.store[CustomModels].of(community_id)
        raise await unknown_name(app, community_id, _as_name(typed), known)
    return found


def _as_name(typed: str) -> str:
    return " ".join(typed[: LONGEST_NAME + 1].split())


async def _named(app: App, community_id: int, typed: str) -> CustomModelRecord | None:
    name = _as_name(typed)
    return await app.store[CustomModels].named(community_id, name)


async def _read_corpus(
    app: App, options: CorpusOptions, community_id: int
) -> tuple[Showable, NameList]:
    """Read the list after `check_corpus`: title and names. Raises `UserError`, `CorpusError`."""
    title: Showable = UNNAMED_LIST
    if options.file is None:
        content = lines_of(options.text or "")
    else:
        title = await title_of(app, options.file.name, community_id, UNNAMED_LIST)
        content = await download(options.file, title)
    words = await app.filters.of(community_id)
    return title, await _checked(partial(parse_list, content, title), words)


def lines_of(typed: str) -> bytes:
    """Names separated by new lines, commas or semicolons, as the content of a list."""
    entries = (entry.strip() for entry in _SEPARATORS.split(typed))
    return "\n".join(filter(None, entries)).encode(errors="replace")


def check_import(trained: Trained, accept: Callable[[str], bool]) -> None:
    """Raise `UserError` for an imported weight file with impossible figures or blocked names,
    or a network that would keep others waiting. accept: the word filter.

    Slow for long lists; call it in a thread.
    """
    card = trained.card
    if not all(map(_is_visible, card.symbols)):
        raise UserError(_("The names in that file contain invisible characters."))
    losses_in_range = all(x is None or 0 <= x <= 100 for x in (card.validation, card.kneser_ney))
    measured_in_range = 0 <= (card.measured or 0) <= LONGEST_LIST
    if not (losses_in_range and measured_in_range and 1 <= len(trained.words) <= LONGEST_LIST):
        raise UserError(
            _("The numbers in that file can't be right: a list must have 1 to {limit} names."),
            limit=LONGEST_LIST,
        )
    if (count := count_parameters(trained.network)) > MOST_PARAMETERS:
        raise UserError(
            _(
                "The network in that file is too large: it has {count:,} parameters, and the "
                "limit for a namer is {limit:,}. Train it with fewer units."
            ),
            count=count,
            limit=MOST_PARAMETERS,
        )
    if not all(map(accept, trained.words)):
        raise UserError(
            _("The namer in this file was trained on a list with words that aren't allowed.")
        )


async def _store(
    app: App,
    turn: Turn,
    community_id: int,
    name: str,
    corpus: StoredList,
    weights: tuple[bytes, str] | None = None,
) -> CustomModelRecord:
    """Store a new custom model. Raises `UserError` if the name is taken or there are too many."""
    most = app.settings.namers_per_guild
    with _refusals(name, most):
        return await app.store[CustomModels].create(
            community_id=community_id,
            name=name,
            member_id=turn.user.id,
            corpus=corpus,
            now=app.now(),
            most=most,
            weights=weights,
        )


async def _check_new(app: App, community_id: int, name: str) -> None:
    """Raise what `_store` would raise, before anything is downloaded or trained."""
    most = app.settings.namers_per_guild
    with _refusals(name, most):
        await app.store[CustomModels].check_new(community_id, name, most=most)


@contextmanager
def _refusals(name: str, most: int) -> Iterator[None]:
    """Say in `UserError` why a new custom model is refused."""
    try:
        yield
    except NameTaken as error:
        raise UserError(
            _("There's already a namer called {name}. Choose another name, or use {command}."),
            name=for_managers(name),
            command=retraining(for_managers(name)),
        ) from error
    except TooManyModels as error:
        if most == 0:
            raise UserError(_("The bot's operator has turned off new namers.")) from error
        sentence = ngettext(
            "You can have at most {limit} namer here. To make room, delete one with {command}.",
            "You can have at most {limit} namers here. To make room, delete one with {command}.",
            most,
        )
        raise UserError(sentence, limit=most, command=command("/namer delete")) from error


async def _discard(app: App, model: CustomModelRecord) -> None:
    """Delete a model that will not be trained. Raises `OutcomeUnknown` if it may stay."""
    try:
        await app.store[CustomModels].delete(model.id)
    except Unavailable as error:
        raise OutcomeUnknown(str(error)) from error


async def _train(
    app: App,
    turn: Turn,
    model: CustomModelRecord,
    corpus: StoredList,
    notes: tuple[Showable, ...],
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
    return await submit(app, turn, request)


async def _is_training(app: App, model: CustomModelRecord) -> bool:
    return await app.store[Trainings].active_of(model.id) is not None


async def _checked(check: Callable[[Callable[[str], bool]], _T], words: WordFilter) -> _T:
    """Call `check` in a thread with a filter for thousands of words. Raises `UserError`.

    The filter lets other threads run before each word. Otherwise they wait for the interpreter's
    switch interval again and again, and names take several times as long. It ends after
    `CHECKING_S`, and when nobody waits for it any more: the bot stops only after its threads.
    """
    is_left = Event()

    def check_in_thread() -> _T:
        end = time.thread_time() + CHECKING_S

        def accept(text: str) -> bool:
            time.sleep(0)
            if is_left.is_set() or time.thread_time() > end:
                raise UserError(_("That list takes too long to check; try a shorter one."))
            return words.allows(text)

        return check(accept)

    try:
        return await asyncio.to_thread(check_in_thread)
    finally:
        is_left.set()


def _is_visible(symbol: str) -> bool:
    return symbol == END or symbol in _JOINERS or symbol.isprintable()


_NEW_NAME = Option(
    "name",
    _("Name of the new namer, for example: elves"),
    is_required=True,
    least=1,
    most=LONGEST_NAME,
    is_main=True,
)
_NAME = replace(
    _NEW_NAME, description=_("Which namer, for example: elves"), suggest=always(suggest)
)
_NAME_OR_SHARED = replace(_NAME, most=LONGEST_CHOICE, suggest=always(suggest_with_shared))
_LIST = (
    Option(
        "file",
        _("Text file with 20 names or more, one per line, or a table with them in column 1"),
        Kind.FILE,
    ),
    Option("text", _("Or at least 20 names, separated by commas"), least=1, most=LONGEST_TEXT),
)
_EXPORTED = Option("file", _("File from /namer export"), Kind.FILE, is_required=True)
_ON = Option("on", _("Whether others can use it (default: yes)"), Kind.SWITCH)


def _of_managers(
    verb: str,
    description: Phrase,
    answer: Answer[Any],
    options: tuple[Option, ...],
    build: Callable[..., object],
    example: tuple[Showable, Showable],
) -> Command:
    """A subcommand for managers, with an example and what that does."""
    name, audience = f"{NAMER} {verb}", Audience.MANAGERS
    return Command(name, description, answer, options, build, (example,), audience)


NAMER_GROUP = Group(
    NAMER,
    _("Namers: train the bot on your own lists of 20 names or more."),
    (
        _of_managers(
            "create",
            _("Train a namer on a list of 20 names or more."),
            create,
            (_NEW_NAME, *_LIST),
            CorpusOptions,
            (
                _("/namer create name:elves text:Galadriel, Celebrimbor, …"),
                _("trains a namer on your list of 20 names or more."),
            ),
        ),
        _of_managers(
            "import",
            _("Import a namer that was exported elsewhere."),
            import_,
            (_NEW_NAME, _EXPORTED),
            ImportOptions,
            (
                _("/namer import name:elves file:…"),
                _("adds a namer from a file that /namer export made elsewhere."),
            ),
        ),
        _of_managers(
            "export",
            _("Download a namer as a file."),
            export,
            (_NAME,),
            NameOptions,
            (technical("/namer export name:elves"), _("downloads a namer as a file.")),
        ),
        Command(
            "namer list",
            _("List the namers."),
            list_,
            examples=((technical("/namer list"), _("lists the namers here, and shared ones.")),),
        ),
        Command(
            "namer info",
            _("Show how good a namer is and what it was trained on."),
            info,
            (_NAME_OR_SHARED,),
            NameOptions,
            examples=(
                (
                    technical("/namer info name:elves"),
                    _("shows how good a namer is and what it was trained on."),
                ),
            ),
        ),
        _of_managers(
            "retrain",
            _("Train a namer again, on its list or a new one."),
            retrain,
            (_NAME, *_LIST),
            CorpusOptions,
            (
                technical("/namer retrain name:elves"),
                _("trains a namer again; add a list to replace its own."),
            ),
        ),
        _of_managers(
            "share",
            _("Let others use a namer, or stop sharing it."),
            share,
            (_NAME, _ON),
            ShareOptions,
            (
                technical("/namer share name:elves"),
                _("shares a namer with other places; on:False stops sharing it."),
            ),
        ),
        _of_managers(
            "delete",
            _("Delete a namer and its list."),
            delete,
            (_NAME,),
            NameOptions,
            (technical("/namer delete name:elves"), _("deletes a namer and its list.")),
        ),
    ),
    is_costly=True,
)
