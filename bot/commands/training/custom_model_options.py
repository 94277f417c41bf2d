"""Options of `/namer`: validation, and the errors."""

import re
import unicodedata
from dataclasses import dataclass

from bot.commands.core.app import App
from bot.commands.core.message import UserError, code
from bot.commands.core.translation import _, ngettext
from bot.commands.core.turn import Attachment
from bot.commands.training.requests import check_size, download, title_of
from bot.services.custom_models import LARGEST_MODEL, LARGEST_WEIGHTS
from bot.services.uploads import politely
from bot.services.word_filter import WordFilter
from bot.store.custom_models import CustomModelRecord
from data.lists import LARGEST_LIST, LONGEST_LIST, NameList, parse_list
from models.names.generator import count_parameters
from models.networks.vocabulary import END
from models.weights import Trained

LONGEST_NAME = 32
"""Characters of a custom model's name."""
MOST_PARAMETERS = 600_000
"""Of an imported network, n-grams aside. Ten names then take a tenth of a second, in which others
wait. The shipped network for dinosaurs has 520,000, and one that is trained from the chat 60,000.
"""
LONGEST_TEXT = 6000
"""Characters of a list that is typed."""
_MARKS = " -'’.&"
"""Allowed characters besides letters and digits. None of them formats or mentions."""
_SEPARATORS = re.compile(r"[\n,;]+")
_JOINERS = "\u200c\u200d"


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


async def new_name(app: App, typed: str, community_id: int) -> str:
    """Validate and normalise the name of a new custom model. Raises `UserError`."""
    example = code("name:elves")
    name = unicodedata.normalize("NFC", " ".join(typed[: 4 * LONGEST_NAME].split()))
    if not 1 <= len(name) <= LONGEST_NAME or len(typed) > 4 * LONGEST_NAME:
        raise UserError(
            _("A name has 1 to {limit} characters; for example, {example}."),
            limit=LONGEST_NAME,
            example=example,
        )
    is_allowed = all(c.isalnum() or c in _MARKS or unicodedata.category(c)[0] == "M" for c in name)
    if not is_allowed or not any(map(str.isalnum, name)):
        raise UserError(
            _(
                "A name can have letters, digits, spaces, hyphens and apostrophes; for example, "
                "{example}."
            ),
            example=example,
        )
    # Other communities may see it, if the custom model is shared.
    if not (await app.allows(name, community_id) and await app.allows(name)):
        raise UserError(_("That name isn't allowed; choose another one."))
    return name


async def find(app: App, community_id: int, typed: str) -> CustomModelRecord:
    """A custom model of a community by its name. Raises `UserError`."""
    name = " ".join(typed[: LONGEST_NAME + 1].split())
    found = await app.store.custom_models.named(community_id, name)
    if found is None:
        raise unknown()
    return found


async def check_name(app: App, model: CustomModelRecord, community_id: int | None) -> None:
    """Raise `UserError` if the word filter of a community blocks the name of a custom model.

    It was checked when the model was made: by another community's filter, or before a change.
    """
    if not await app.allows(model.name, community_id):
        raise UserError(_("The word filter blocks the name of this namer here; use another one."))


def check_corpus(options: CorpusOptions, *, needed: bool) -> None:
    """Raise `UserError` unless one list is given, as a file or as text, within the limits."""
    if options.file is not None and options.text is not None:
        raise UserError(_("Give the list either as a file or as text, not both."))
    if needed and not options.has_corpus:
        raise UserError(
            _(
                "Give a list of names: {file} takes a text file with one name per line, {text} "
                "takes names separated by commas."
            ),
            file=code("file:"),
            text=code("text:"),
        )
    if options.text is not None and len(options.text) > LONGEST_TEXT:
        raise UserError(
            _("That list is too long to type; upload it as a text file with {file}."),
            file=code("file:"),
        )
    if options.file is not None:
        check_size(_("That file"), options.file.size, LARGEST_LIST, _("plain text in UTF-8"))


async def read_corpus(app: App, options: CorpusOptions, community_id: int) -> tuple[str, NameList]:
    """Read the list after `check_corpus`: title and names. Raises `UserError`, `ListError`."""
    if options.file is None:
        title, content = _("Your list"), lines_of(options.text or "")
    else:
        title = await title_of(app, options.file.name, community_id, _("Your list"))
        content = await download(options.file, title)
    accept = politely((await app.filters.of(community_id)).allows)
    return title, await app.uploads.check(parse_list, content, title, accept)


def lines_of(typed: str) -> bytes:
    """Names separated by new lines, commas or semicolons, as the content of a list."""
    entries = (entry.strip() for entry in _SEPARATORS.split(typed))
    return "\n".join(filter(None, entries)).encode(errors="replace")


def check_weights_size(title: str, size: int) -> None:
    """Raise `UserError` for a weight file that is too large."""
    check_size(title, size, LARGEST_WEIGHTS, _("files from /namer export"))


def check_import(trained: Trained, words: WordFilter) -> None:
    """Raise `UserError` for an imported weight file with impossible figures or blocked names,
    or a network that would keep others waiting.

    Slow for long lists; call it in a thread.
    """
    card = trained.card
    if not all(map(_is_visible, card.symbols)):
        raise UserError(_("The names in that file have invisible characters."))
    losses_in_range = all(x is None or 0 <= x <= 100 for x in (card.validation, card.kneser_ney))
    measured_in_range = 0 <= (card.measured or 0) <= LONGEST_LIST
    if not (losses_in_range and measured_in_range and 1 <= len(trained.words) <= LONGEST_LIST):
        raise UserError(
            _("The figures in that file can't be right: a list has 1 to {limit} names."),
            limit=LONGEST_LIST,
        )
    if (count := count_parameters(trained.network)) > MOST_PARAMETERS:
        raise UserError(
            _(
                "The network in that file is too large: it has {count:,} parameters, and a "
                "namer's can have {limit:,}. Train it with fewer units."
            ),
            count=count,
            limit=MOST_PARAMETERS,
        )
    if not all(map(politely(words.allows), trained.words)):
        raise UserError(_("The list that this file was trained on has words that aren't allowed."))


def check_quota(count: int, most: int) -> None:
    """Raise `UserError` if a community has the maximum number of custom models."""
    if count >= most:
        raise too_many(most)


def too_many(most: int) -> UserError:
    """The error for too many custom models."""
    if most == 0:
        return UserError(_("The bot's operator has turned off new namers."))
    limit = ngettext(
        "You can have {limit} namer here; delete one with {command}.",
        "You can have {limit} namers here; delete one with {command}.",
        most,
    )
    return UserError(limit, limit=most, command=code("/namer delete"))


def name_taken(name: str) -> UserError:
    """The error for a name that is taken."""
    return UserError(
        _("There's a namer called {name} already. Choose another name, or use {command}."),
        name=name,
        command=code(f"/namer retrain name:{name}"),
    )


def unknown() -> UserError:
    """The error for a custom model that does not exist."""
    return UserError(
        _("There's no namer with that name here. See all with {command}."),
        command=code("/namer list"),
    )


def without_corpus(model: CustomModelRecord) -> UserError:
    """The error for retraining an imported model that has no corpus."""
    return UserError(
        _("{namer} was imported without its list. Give a list with {file} or {text}."),
        namer=model.name,
        file=code("file:"),
        text=code("text:"),
    )


def invalid_file(title: str) -> UserError:
    """The error for a weight file that cannot be used."""
    return UserError(
        _("{file} isn't a valid namer file. Use an unchanged file from {command}."),
        file=title,
        command=code("/namer export"),
    )


def too_much_memory(title: str) -> UserError:
    """The error for a weight file that would take too much memory when loaded."""
    return UserError(
        _(
            "{file} would need more than {limit} MiB of memory, the limit for a namer. Train it "
            "again on a shorter list and export that."
        ),
        file=title,
        limit=LARGEST_MODEL // 2**20,
    )


def untrained(model: CustomModelRecord, *, is_training: bool) -> UserError:
    """The error for a custom model without weights."""
    if is_training:
        return UserError(_("{namer} is still being trained."), namer=model.name)
    return UserError(
        _("{namer} hasn't been trained yet. Train it with {command}."),
        namer=model.name,
        command=code(f"/namer retrain name:{model.name}"),
    )


def broken(model: CustomModelRecord) -> UserError:
    """The error for a custom model whose weights cannot be read."""
    return UserError(
        _("The weights of {namer} are damaged. Train it again with {command}."),
        namer=model.name,
        command=code(f"/namer retrain name:{model.name}"),
    )


def _is_visible(symbol: str) -> bool:
    return symbol == END or symbol in _JOINERS or symbol.isprintable()
