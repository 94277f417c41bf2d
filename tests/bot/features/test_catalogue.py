"""All sentences that a member can be shown are in one catalogue, ready to be translated."""

import ast
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract, extract_from_dir
from babel.messages.pofile import read_po

from bot.features import REGISTRY
from tests.catalogue import MEANINGS, sentences

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

LOG = {"debug", "info", "warning", "error", "exception", "critical", "log"}
INTERNAL = {
    *(
        "Phrase",
        "code",
        "ValueError",
        "LookupError",
        "KeyError",
        "compile",
        "match",
        "fullmatch",
        "register",
        "Chart",
    ),
    *("DeliveryError", "Forbidden", "Gone", "StartupError", "error_of", "Unreachable", "Check"),
}
"""Calls whose sentences are for developers, or to be typed as they stand."""


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


SOURCE = b'''"""`/pet`: the pets of a member.

More.
"""

# TRANSLATORS: Of a cat.
_("purrs")
ngettext(
    "{count} pet of {member}",
    "{count} pets "
    "of {member}",
    count,
)
PetError("No {pet}.", reason="{reason}")
'''


def test_comments_for_translators() -> None:
    """They say where a sentence stands, and what its fields stand for."""
    keywords = KEYWORDS | {"PetError": (1,)}
    found = extract(
        sentences, io.BytesIO(SOURCE), keywords, ["TRANSLATORS:"], strip_comment_tags=True
    )
    place = "`/pet`: the pets of a member."
    assert [(message, comments) for _line, message, comments, _context in found] == [
        ("purrs", ["Of a cat.", place]),
        (
            ("{count} pet of {member}", "{count} pets of {member}"),
            [place, "{count}: a number. {member}: the name of a member."],
        ),
        ("No {pet}.", [place, "{reason}: a sentence, or a part of one: why it failed."]),
    ]


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


def is_sentence(text: str) -> bool:
    """Whether a member could read this as words: two of them, or a word with a capital."""
    if text.startswith(("/", ".venv/")) or text in REGISTRY.by_name:
        return False  # a command
    if re.search("[a-z]_[a-z]", text):
        return False  # options, or a platform's codes
    words = [word for word in text.split() if any(map(str.isalpha, word))]
    return len(words) > 1 and any(word.isalpha() and len(word) > 1 for word in words)


def strings_outside(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Sentences of a file that no translation function is given."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
        if name in {*KEYWORDS, *INTERNAL} or (name in LOG and isinstance(node.func, ast.Attribute)):
            return
        if name in ("Command", "CommandInfo"):
            node.args = node.args[1:]  # the name of a command
            node.keywords = [each for each in node.keywords if each.arg != "name"]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.ClassDef) and "StrEnum" in map(ast.unparse, node.bases):
        return  # values as they are stored
    if isinstance(node, ast.JoinedStr):
        words = "".join(str(p.value) for p in node.values if isinstance(p, ast.Constant))
        if is_sentence(words):
            yield node.lineno, words
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_sentence(node.value):
        yield node.lineno, node.value
    for child in ast.iter_child_nodes(node):
        yield from strings_outside(child)


SOURCES = [
    path
    for folder in ROOMS
    for path in sorted(folder.rglob("*.py"))
    if path.name != "translation.py"  # it speaks to translators
    # The other files there speak to operators.
    if folder.name not in ("training", "status", "discord", "slack")
    or "chat.translation" in path.read_text()
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_sentence_outside(path: Path) -> None:
    assert [*strings_outside(ast.parse(path.read_text()))] == []


def test_sentence_outside_is_found() -> None:
    source = 'def f():\n    """A doc."""\n    log.info("fine here")\n    return "Not so here."\n'
    assert [*strings_outside(ast.parse(source))] == [(4, "Not so here.")]
