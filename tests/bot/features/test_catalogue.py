"""All sentences that a member can be shown are in one catalogue, ready to be translated."""

import re
from functools import cache
from pathlib import Path
from string import Formatter

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.catalogue import MEANINGS

CHECKOUT = Path(__file__).parents[3]
CATALOGUE = CHECKOUT / "bot" / "locales" / "messages.pot"
ROOMS = [
    CHECKOUT / "bot" / room
    for room in (
        *("chat", "community", "creatures", "help", "moderation", "museum"),
        *("platforms/discord", "platforms/slack", "names", "polls", "privacy", "status"),
        *("training", "verse", "welcome"),
    )
]
"""Folders whose sentences members are shown."""

KEYWORDS = {
    "_": None,
    "ngettext": (1, 2),
    "CorpusError": (1,),
    "NamesError": (1,),
    "Sentence": (1,),
    "Figure": (1,),
}
"""Functions whose first arguments are sentences, as in the Makefile's `catalogue`."""

METHODS = [
    ("**.py", "tests.catalogue:sentences"),
    ("**/forms.toml", "bot.chat.translation:forms"),
    ("**/roots.toml", "bot.chat.translation:roots"),
    ("**/corpora.toml", "bot.chat.translation:titles"),
]
"""Extractors, as in `babel.cfg`."""


@cache
def messages() -> frozenset[str | tuple[str, ...]]:
    """The sentences in the catalogue, with the plural of those that have one."""
    with CATALOGUE.open("rb") as file:
        ids = [message.id for message in read_po(file) if message.id]
    return frozenset(each if isinstance(each, str) else tuple(each) for each in ids)


def extracted() -> frozenset[str | tuple[str, ...]]:
    """The same in the source."""
    found: dict[str, str | tuple[str, ...]] = {}
    for wing in ("bot", "data", "models", "tools"):
        extraction = extract_from_dir(CHECKOUT / wing, method_map=METHODS, keywords=KEYWORDS)
        for _file, _line, message, _comments, _context in extraction:
            if isinstance(message, str):
                found.setdefault(message, message)
            else:
                found[message[0]] = (message[0], message[1])
    return frozenset(found.values())


def test_catalogue_is_up_to_date() -> None:
    """`make catalogue` writes it."""
    assert extracted() == messages()


def test_fields_have_a_meaning() -> None:
    """Also those of a new sentence."""
    fields = {
        name
        for each in extracted()
        for form in ([each] if isinstance(each, str) else each)
        for _literal, name, _form, _conversion in Formatter().parse(form)
        if name
    }
    assert fields == {*MEANINGS}


def test_members_are_spoken_to_in_words() -> None:
    """Figures of the networks are in `/models` and behind Details; options are called by name."""
    terms = re.compile(
        r"nats|\bloss(es)?\b|perplexity|temperature|\bseed\b|\bAUC\b|Kneser|particle|\bbits?\b",
        re.IGNORECASE,
    )
    found = {
        f"{room.name}/{file}"
        for room in ROOMS
        for file, _line, message, *_more in extract_from_dir(
            room, method_map=METHODS, keywords=KEYWORDS
        )
        if terms.search(" ".join([message] if isinstance(message, str) else message))
    }
    options = {"help/help.py", "names/name_options.py", "training/retrain.py"}
    assert found <= {"chat/details.py", "training/models.py", *options}


SOURCES = [
    path
    for folder in ROOMS
    for path in sorted(folder.rglob("*.py"))
    if path.name != "translation.py"  # it speaks to translators
    # The other files there speak to operators.
    if folder.name not in ("training", "status", "discord", "slack")
    or "chat.translation" in path.read_text()
]
