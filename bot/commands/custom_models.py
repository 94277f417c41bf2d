"""`/namer`: who may, what is accepted, and what is said of a server's own lists of names."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from bot.commands.custom_model_training import ACTION, shown_names, usage
from bot.commands.message import (
    Button,
    Embed,
    Field,
    File,
    Message,
    Text,
    Timestamp,
    Tone,
    UserError,
    code,
    link,
    strong,
    text,
)
from bot.commands.model_quality import figures, judgement
from bot.formats import plural, shortened
from bot.services.custom_models import LARGEST_WEIGHTS
from bot.services.inference import ValidationSample
from bot.services.word_filter import WordFilter
from bot.store.custom_models import CustomModelRecord
from data.lists import LARGEST_LIST, LONGEST_LIST
from models.networks.vocabulary import END
from models.weights import Trained

LONGEST_NAME = 32
LONGEST_TITLE = 60
UNNAMED = "Your list"
"""What a list is called that has no title, or none that can be said."""

_MARKS = " -'’.&"
"""What may stand in a namer's name beside letters and digits: nothing that formats or mentions."""
_SEPARATORS = re.compile(r"[\n,;]+")
_JOINERS = "\u200c\u200d"


def check_asker(may_manage: bool) -> None:
    """Raise `UserError` unless this member may change the server's namers."""
    if not may_manage:
        raise UserError(
            "Only members who may manage this server can do that. Everybody can ask for names with "
            "/name, and see what there is with /namer list."
        )


def name_of(typed: str, words: WordFilter) -> str:
    """The name of a new namer. Raises `UserError` for one that it cannot have."""
    name = unicodedata.normalize("NFC", " ".join(typed.split()))
    if not 1 <= len(name) <= LONGEST_NAME:
        raise UserError(
            f"A namer's name has 1 to {LONGEST_NAME} characters, and yours has {len(name)}; "
            "for example: elves"
        )
    fits = all(c.isalnum() or c in _MARKS or unicodedata.category(c)[0] == "M" for c in name)
    if not fits or not any(map(str.isalnum, name)):
        raise UserError(
            "A namer's name is made of letters, digits, spaces, hyphens and apostrophes; "
            "for example: sea elves"
        )
    if not words.allows(name):
        raise UserError("I would rather not say that name; choose another one, for example: elves")
    return name


def check_source(has_file: bool, typed: str | None, *, needed: bool = True) -> None:
    """Raise `UserError` unless a list comes either way, and not both."""
    if has_file and typed is not None:
        raise UserError("Give me the list either as a file or as text, not both.")
    if needed and not has_file and typed is None:
        raise UserError(
            "Give me a list to learn from: with ",
            code("file:"),
            " a text file of one name a line, or with ",
            code("text:"),
            " the names themselves, parted by commas.",
        )


def check_list_size(title: str, size: int) -> None:
    """Raise `UserError` for a list that is too large to be fetched, `size` in bytes."""
    _check_size(title, size, LARGEST_LIST, "plain text in UTF-8, one name a line")


def check_weights_size(title: str, size: int) -> None:
    """Raise `UserError` for a weight file that is too large to be fetched, `size` in bytes."""
    _check_size(title, size, LARGEST_WEIGHTS, "a weight file that /namer export has given")


def title_of(file_name: str, words: WordFilter) -> str:
    """What messages call a file: as its owner does, if that can be said."""
    title = "".join(c for c in file_name if c.isprintable()).strip()
    return shortened(title, LONGEST_TITLE) if title and words.allows(title) else UNNAMED


def lines_of(typed: str) -> bytes:
    """Entries that were typed, parted by new lines, commas or semicolons, as a list is read."""
    entries = (entry.strip() for entry in _SEPARATORS.split(typed))
    return "\n".join(filter(None, entries)).encode(errors="replace")


def check_quota(have: int, most: int) -> None:
    """Raise `UserError` if a server may have no more namers."""
    if have >= most:
        raise too_many(most)


def too_many(most: int) -> UserError:
    """Why there is no further namer."""
    if most == 0:
        return UserError("Whoever runs me lets me learn from no lists here.")
    return UserError(
        f"A server can have {plural(most, 'namer')}; delete one with ", code("/namer delete"), "."
    )


def taken(name: str) -> UserError:
    """Why there is no second namer of a name."""
    return UserError(
        f"There is a namer called {name} already; choose another name, or let it learn again with ",
        code(f"/namer retrain name:{name}"),
        ".",
    )


def unknown() -> UserError:
    """The error for a namer that is not there."""
    return UserError(
        "This server has no namer of that name; ", code("/namer list"), " tells which there are."
    )


def check_fresh(namer: CustomModelRecord, ahead: int | None) -> None:
    """Raise `UserError` if a namer is about to learn already, behind `ahead` others."""
    if ahead is not None:
        raise UserError(f"{namer.name} is {_learning(ahead)}; wait until its message says so.")


def check_corpus(namer: CustomModelRecord) -> None:
    """Raise `UserError` if there is no list to learn again."""
    if not namer.has_corpus:
        raise UserError(
            f"{namer.name} came as a weight file, without its list. Give me a list, with ",
            code("file:"),
            " or ",
            code("text:"),
            ".",
        )


def unusable(title: str) -> UserError:
    """The error for a weight file that cannot be used."""
    return UserError(
        f"{title} is no namer that I can use. I take the weight files that ",
        code("/namer export"),
        f" gives, whole and unchanged, of at most {LARGEST_WEIGHTS // 2**20} MiB.",
    )


def untrained(namer: CustomModelRecord, ahead: int | None) -> UserError:
    """The error for a namer that has not learned yet."""
    if ahead is not None:
        return UserError(f"{namer.name} is {_learning(ahead)}; try again in a moment.")
    return UserError(
        f"{namer.name} has not learned its list yet; ",
        code(f"/namer retrain name:{namer.name}"),
        " lets it.",
    )


def broken(namer: CustomModelRecord) -> UserError:
    """The error for a namer whose weights cannot be read any more."""
    return UserError(
        f"What {namer.name} has learned cannot be read any more; ",
        code(f"/namer retrain name:{namer.name}"),
        " lets it learn again.",
    )


def check_import(trained: Trained, words: WordFilter) -> None:
    """Raise `UserError` for foreign weights that would show too much, or something vile.

    Takes a while for a long list: not for the event loop.
    """
    card = trained.card
    if not all(map(_can_be_seen, card.symbols)):
        raise UserError("The names of that file have characters that cannot be seen.")
    figures_in_range = all(x is None or 0 <= x <= 100 for x in (card.validation, card.kneser_ney))
    measured_in_range = 0 <= (card.measured or 0) <= LONGEST_LIST
    if not (figures_in_range and measured_in_range and 1 <= len(trained.words) <= LONGEST_LIST):
        raise UserError(
            f"What that file says of itself cannot be: a namer has read 1 to {LONGEST_LIST:,} "
            "names, and was measured on some of them."
        )
    if not all(map(words.allows, trained.words)):
        raise UserError("The list that this file has learned from holds what I would not say.")


def begun(namer: CustomModelRecord, address: str) -> Message:
    """What the asker is told at once."""
    return Message(
        content=text(f"{namer.name} begins to learn; follow it at ", link(address)), private=True
    )


def imported(namer: CustomModelRecord, heard: ValidationSample, words: WordFilter) -> Message:
    """What is said of a namer that came as a weight file."""
    samples = tuple(filter(words.allows, heard.samples))
    card = Embed(
        title=f"✅ {namer.name} is ready",
        lines=(
            *shown_names(samples),
            (),
            text(judgement(heard.trained.card, namer.entries)),
            usage(namer.name),
        ),
        fields=figures(heard.trained.card, None),
        tone=Tone.NAMES,
    )
    return Message(embeds=(card,))


def exported(namer: CustomModelRecord, weights: bytes) -> Message:
    """A namer as a file."""
    stem = re.sub(r"[^a-z0-9]+", "-", namer.name.casefold()).strip("-") or "namer"
    return Message(
        content=text(
            f"{namer.name} as a weight file. It holds the names of its list. On another server: ",
            code("/namer import"),
        ),
        files=(File(f"{stem}.safetensors", weights),),
        private=True,
    )


def listing(
    namers: Sequence[CustomModelRecord], most: int, ahead_of: Callable[[int], int | None]
) -> Message:
    """The namers of a server."""
    if not namers:
        return Message(
            content=text(
                "This server has no namers yet. Who may manage it can have me learn a list: ",
                code("/namer create name:elves file:…"),
            ),
            private=True,
        )
    lines = (_line(namer, ahead_of(namer.id)) for namer in namers)
    title = f"🪶 {plural(len(namers), 'namer')} of at most {max(most, len(namers))}"
    card = Embed(title, (*lines, (), usage(namers[0].name)), tone=Tone.NAMES)
    return Message(embeds=(card,), private=True)


def info(namer: CustomModelRecord, trained: Trained | None, ahead: int | None) -> Message:
    """What is known of a namer; `trained` once it has learned."""
    lines: list[Text] = []
    fields = [Field("Names", text(f"{namer.entries:,}")), Field("List", text(namer.title))]
    if ahead is not None:
        lines.append(text(f"It is {_learning(ahead)}."))
    if trained is not None:
        lines += [text(judgement(trained.card, namer.entries)), usage(namer.name)]
        fields += figures(trained.card, namer.seconds)
    elif ahead is None:
        lines.append(untrained(namer, None).text)
    fields += [
        Field("Other servers", text("may use it" if namer.shared else "may not use it")),
        Field("Made", text(Timestamp(namer.created_at))),
    ]
    card = Embed(f"🪶 {namer.name}", tuple(lines), tuple(fields), tone=Tone.NAMES)
    return Message(embeds=(card,), private=True)


def shared(namer: CustomModelRecord, on: bool) -> Message:
    """What is said when a namer was shared, or is not any more."""
    if on:
        said = f"Other servers may use {namer.name} now. They see its name, and no list."
    else:
        said = f"Only this server may use {namer.name} now."
    return Message(content=text(said), private=True)


def ask_to_delete(namer: CustomModelRecord) -> Message:
    """Ask before something is lost."""
    return Message(
        content=text(
            "Delete ",
            strong(namer.name),
            ", its list and what it has learned from it? It cannot be brought back.",
        ),
        buttons=(Button("Delete", ACTION, f"delete:{namer.id}", dangerous=True),),
        private=True,
    )


def deleted(namer: CustomModelRecord) -> Message:
    """What is said when a namer is no more."""
    return Message(content=text(f"{namer.name} is deleted."), private=True)


def stopped() -> Message:
    """What whoever stopped a training is told."""
    return Message(content=text("Stopped."), private=True)


def stop_reason(name: str | None) -> str:
    """What the message of a training says when somebody has stopped it."""
    return f"{name or 'Somebody'} pressed Stop."


def pressed(state: str) -> tuple[str, int]:
    """What a button does to which namer. Raises `UserError` for one of another version."""
    verb, _, number = state.partition(":")
    if verb not in ("stop", "delete") or not number.isdecimal() or len(number) > 18:
        raise UserError("This button is from another version of me; use /namer instead.")
    return verb, int(number)


def _learning(ahead: int) -> str:
    return "learning just now" if ahead == 0 else f"number {ahead + 1} of those that wait to learn"


def _line(namer: CustomModelRecord, ahead: int | None) -> Text:
    facts = [plural(namer.entries, "name")]
    if ahead is not None:
        facts.append(_learning(ahead))
    elif namer.digest is None:
        facts.append("has not learned yet")
    if namer.shared:
        facts.append("shared")
    return text(strong(namer.name), " · ", " · ".join(facts))


def _check_size(title: str, size: int, most: int, what: str) -> None:
    if size > most:
        raise UserError(
            f"{title} has {size / 2**20:.1f} MiB; here I can take at most {most // 2**20} MiB of "
            f"{what}."
        )


def _can_be_seen(symbol: str) -> bool:
    return symbol == END or symbol in _JOINERS or symbol.isprintable()
