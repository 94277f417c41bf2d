"""What may be shown: each type is made in one module, and its makers are called where they may be.

The type checker lets nothing else into messages, pictures and forms: see `data.phrases.Showable`.
"""

import ast
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.chat.commands import Choice
from bot.chat.message import Button, Embed, Field, File, Form, Select
from bot.text.spans import plain, text
from bot.text.technical import technical
from data.phrases import _
from tests.test_house import MODULES, SOURCES, name_of, tree_of

MADE_IN = {
    "Translated": {
        *("data/phrases.py", "data/errors.py", "data/lists.py"),
        *("bot/text/formats.py", "models/verse/recipes.py"),
    },
    "TechnicalText": {"bot/text/technical.py"},
    "FilteredText": {"bot/text/written.py"},
    "ShownName": {"bot/words/names.py"},
    "Person": {"bot/store/people.py"},
    "WordFilter": {
        *("bot/words/filter.py", "bot/app.py"),
        *("bot/generate.py", "bot/writing/cluster.py"),  # which no community sees
    },
}
"""Where each class is called, or handed over. `Translated` is what rendering returns, and what the
operator sees in English."""
SUBCLASSES = {
    *("Phrase", "Translated", "TechnicalText", "FilteredText", "ShownName"),
    *("_Shortened", "_Measured"),  # of what may be shown already
}

QUERIES = {"bot/discoveries/queries.py", "bot/polls/hall_queries.py", "bot/polls/queries.py"}
CALLED_IN = {
    # Queries decide who may be named, and which names may be shown.
    "known_member": QUERIES,
    "known_in": {"bot/discoveries/queries.py", "bot/giving/queries.py"},
    "known_owner": {"bot/discoveries/queries.py"},
    "person_in": QUERIES | {"bot/giving/queries.py"},
    "name_in_poll": QUERIES,
    "name_for": QUERIES | {"bot/giving/queries.py"},
    # What a word filter lets pass, or let pass before it was stored for the same community.
    "already_filtered": {
        "bot/words/filter.py",
        "bot/writing/filtered.py",
        "bot/text/stored.py",
        "bot/store/schema.py",
        "bot/polls/queries.py",
        "bot/verse/poems.py",
        "bot/training/titles.py",
        "bot/pictures/dissection.py",
        "bot/names/dissect.py",  # a name or a line that passed, its parts, what else was likely
        "bot/train.py",  # an operator's terminal has no members
    },
    "read_stored": {
        *("bot/store/schema.py", "bot/trainer/events.py", "bot/trainer/queries.py"),
        *("bot/training/progress.py", "bot/verse/poems.py"),
    },
    # Private answers to those who decide: members who are blocked, what was removed.
    "privately": {
        "bot/giving/giving.py",  # to the two between whom an offer is
        "bot/moderation/gifts.py",
        "bot/moderation/blocking.py",
        "bot/moderation/record.py",
        "bot/museum/collection.py",  # to the member
    },
    "by_themself": {"bot/museum/dinosaur.py"},
    "for_managers": {
        "bot/community/daily.py",
        "bot/community/settings.py",
        "bot/moderation/blocking.py",
        "bot/moderation/owner.py",
        "bot/moderation/record.py",
        "bot/moderation/removals.py",
        "bot/training/models.py",
        "bot/training/namer.py",
    },
    # What could not be read of a command, in a private answer to the member who typed it.
    "own_words": {
        "bot/platforms/discord/commands.py",
        "bot/platforms/slack/options.py",
        "bot/platforms/slack/requests.py",
        "bot/platforms/slack/views/modals.py",
    },
}
VALIDATED = {
    "technical": {
        "bot/chat/errors.py": {"reference"},
        "bot/community/daily.py": {"daily.zone", "name", "names[key]"},
        "bot/community/settings.py": {
            "kept",
            "name_of((await turn.language()).tag)",
            "name_of(tag)",
            "map",
        },
        "bot/creatures/labels.py": {"part.letters", "part.word"},
        "bot/help/about.py": {
            *("card.architecture", "card.recipe", "created[:10]", "task", "str(live.version_id)"),
            "f'/models info version:{version}'",
            "f'{name} {number}'",
            "f'🦖 Mangosaurus {app.version}'",
            "phrase",
        },
        "bot/help/help.py": {"f'/{word}'"},
        "bot/moderation/blocking.py": {"f'/owner block server:{terms.community_id}'"},
        "bot/moderation/record.py": {"str(target)"},
        "bot/platforms/discord/platform.py": {
            *("f'<#{channel_id}>'", "f'<@{person.id}>'", "str(number)"),
            "self._channel(ref).get_partial_message(ref.message_id).jump_url",
        },
        "bot/platforms/slack/manifest.py": {"' '.join(map(_shown, options))"},
        "bot/platforms/slack/network/api.py": {"READ_FILES"},
        "bot/platforms/slack/options.py": {
            *("OFF[0]", "ON[0]", "_CLOSING[mark][0]", "_brief(each)", "_example(option)", "map"),
            *("command", "f'{alike[0]}:'", "f'{command} {alike[0]}'", "f'{option.name}:'"),
            *("f'{command} {known[0]}'", "f'{key}:'", "f'{number:g}'", "self._slash"),
            *("f'{self._slash} {FORM}'", "names.slash('help')"),
            "f'{self._slash} {_example(next(iter(self._options.values())))}'",
        },
        "bot/platforms/slack/platform.py": {
            "f'{self.address}archives/{channel}/p{ref.message_id:016}'",
            "self.address",
            "str(number) if found is None else found.external",
        },
        "bot/platforms/slack/views/modals.py": {"each.last_name"},
        "bot/platforms/slack/views/rendering.py": {
            "f'{_OPEN}channel:{channel_id}{_CLOSE}'",
            "f'{_OPEN}user:{person.id}{_CLOSE}'",
        },
        "bot/pictures/loss_curve.py": {"f'{y:.{decimals}f}'"},
        "bot/polls/plates.py": {"f'{clean_name(profile.name)}.png'"},
        "bot/polls/poll_message.py": {"'▰' * max(1, round(votes / most * min(most, LONGEST_BAR)))"},
        "bot/status/status.py": {
            "f'🦖 Mangosaurus {app.version}'",
            "format_shards(away)",
            "format_shards(latencies)",
        },
        "bot/text/formats.py": {"'█' * filled + '░' * (width - filled)"},
        "bot/text/spans.py": {"words"},
        "bot/training/models.py": {
            "'–' if version.seed is None else str(version.seed)",
            *("f'shipped {next(iter(TASKS))}'", "live.reason", "str(parsed)"),
            *("str(version.number)", "task", "version.recipe"),
        },
        "bot/training/namer.py": {"f'{stem}.safetensors'"},
        "bot/training/retrain.py": {"INSTALL", "f'/{RETRAIN} {task.name}'"},
        "bot/verse/poems.py": {"kind", "'poems.json' if is_json else 'poems.txt'"},
        "bot/verse/sonnet.py": {"map"},
    },
    "command": {"bot/help/help.py": {"can_run", "run_button"}},  # a variable there
    "Phrase": {
        "data/phrases.py": {"self.template", "sentence", "singular"},
        "bot/text/formats.py": {"separator.join((f'{{{name}}}' for name in fields))"},
        "bot/text/stored.py": {"template"},  # as it was stored
    },
    "_": {
        "bot/creatures/labels.py": {"part.language", "part.meaning"},
        "bot/help/about.py": {"shown.measure"},
        "bot/names/autocomplete.py": {"root.meaning"},
        "bot/training/titles.py": {"title"},
        "bot/verse/sonnet.py": {"form.description", "form.title"},
        "data/errors.py": {"self.template"},
        "data/etymology.py": {"part.meaning"},
    },
}
"""What is made of something else than a literal: an identifier that was validated, or a table of
ours. `map`: each of some values."""


SILENCED = {
    "bot/chat/received.py": 1,
    "bot/community/settings.py": 1,  # options by their names
    "bot/creatures/animal.py": 1,
    "bot/discoveries/queries.py": 1,  # tables of SQLAlchemy
    "bot/names/names.py": 2,  # options by their names
    "bot/operate/archive.py": 1,
    "bot/platforms/discord/client.py": 1,
    "bot/platforms/discord/library.py": 1,
    "bot/polls/queries.py": 1,  # tables of SQLAlchemy
    "bot/verse/sonnet.py": 1,  # options by their names
    "data/phrases.py": 1,  # the signature of `Phrase.format`
}
"""How many lines of a file the type checker passes although a type of a value is wrong."""

TYPES = {"Showable", "Person", "WordFilter", *SUBCLASSES}
MAKERS = {*CALLED_IN, *VALIDATED}
SHIPPED = [*SOURCES["bot"], *SOURCES["models"], *SOURCES["data"]]


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """All nodes of a file, which many tests look at."""
    return [*ast.walk(tree_of(path))]


@cache
def imported_names(path: Path) -> dict[str, str]:
    """What each name that a file imports stands for, with its module."""
    names: dict[str, str] = {}
    for node in nodes_of(path):
        if isinstance(node, ast.Import | ast.ImportFrom):
            prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            names |= {each.asname or each.name: prefix + each.name for each in node.names}
    return names


def meant(node: ast.expr, path: Path) -> str:
    """The type or maker that an expression of a file stands for, however it was imported."""
    match node:
        case ast.Name(name) if name in imported_names(path):
            return imported_names(path)[name].rpartition(".")[2]
        case ast.Name(name) if name in TYPES:
            return name  # in its own module
        case ast.Attribute(module, name) if name in TYPES | MAKERS:
            return name if imported_names(path).get(ast.unparse(module)) in MODULES else ""
        case ast.Subscript(value):
            return meant(value, path)
    return ""


@cache
def uses(path: Path) -> list[tuple[str, str, ast.expr | None]]:
    """What is called or handed over in a file, by which name, with the first argument of a call."""
    found: list[tuple[str, str, ast.expr | None]] = []
    for node in nodes_of(path):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            found.append((meant(node.func, path), called, node.args[0] if node.args else None))
            if called not in ("isinstance", "issubclass", "super"):
                values = (*node.args, *(keyword.value for keyword in node.keywords))
                found += [(meant(each, path), called, each) for each in values]
    return found


def test_classes_are_made_in_one_module() -> None:
    """Nor has anything else a subclass of them."""
    callers: dict[str, set[str]] = defaultdict(set)
    subclasses = set()
    for path in SHIPPED:
        for name, _called, _first in uses(path):
            callers[name].add(name_of(path))
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef) and TYPES & {meant(b, path) for b in node.bases}:
                subclasses.add(node.name)
    assert {name: callers[name] for name in MADE_IN} == MADE_IN
    assert "Showable" not in callers
    assert subclasses == SUBCLASSES


def test_makers_are_called_where_they_may_be() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for path in SHIPPED:
        for node in nodes_of(path):
            if isinstance(node, ast.Name | ast.Attribute):
                places[meant(node, path)].add(name_of(path))
            elif isinstance(node, ast.alias):
                places[node.name].add(name_of(path))
    assert {maker: places[maker] for maker in CALLED_IN} == CALLED_IN


@pytest.mark.parametrize("maker", VALIDATED)
def test_technical_text_is_literal(maker: str) -> None:
    """So are sentences."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in SHIPPED:
        for name, called, first in uses(path):
            if name == maker and not isinstance(first, ast.Constant | None):
                what = called if meant(first, path) == maker else ast.unparse(first)
                found[name_of(path)].add(what)
    assert found == VALIDATED[maker]


def test_makers_have_no_other_name() -> None:
    """Nor is a class taken from one of its values, or a string made into one of these types."""
    for path in SHIPPED:
        for node in nodes_of(path):
            match node:
                case ast.alias(name, str()):
                    assert name.rpartition(".")[2] not in TYPES | MAKERS, path
                case ast.Assign(_, value) | ast.AnnAssign(_, _, value) | ast.NamedExpr(_, value):
                    assert value is None or meant(value, path) not in (TYPES | MAKERS) - {"_"}, path
                case ast.Attribute(_, "__class__"):
                    raise AssertionError(f"{path}: {ast.unparse(node)}")
                case ast.Call(ast.Name("cast") | ast.Attribute(_, "cast"), [to, *_]):
                    assert TYPES.isdisjoint(re.findall(r"\w+", ast.unparse(to))), path


def test_class_of_a_value_is_only_named() -> None:
    """Else it could make another one."""
    places: Counter[str] = Counter()
    for path in SHIPPED:
        for node in nodes_of(path):
            match node:
                case ast.Attribute(ast.Call(ast.Name("type")), "__name__"):
                    places[name_of(path)] -= 1
                case ast.Call(ast.Name("type")):
                    places[name_of(path)] += 1
    assert +places == {"bot/trainer/service.py": 1, "data/errors.py": 1, "models/weights.py": 1}


def test_only_rendering_translates() -> None:
    """A language makes what is shown of any text."""
    places = {
        name_of(path)
        for path in SHIPPED
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("before", "number", "translation")
    }
    assert places == {"bot/text/spans.py", "data/phrases.py"}


def test_type_checker_is_silenced_rarely() -> None:
    codes = "arg-type|assignment|call-arg|dict-item|list-item|misc|override|return-value|type-var"
    silenced = re.compile(rf"# (mypy:|type: ignore(?!\[(?!.*\b({codes})\b)))")
    found = {
        name_of(path): len(silenced.findall(path.read_text()))
        for path in SHIPPED
        if path not in SOURCES["models"]
    }
    assert {name: count for name, count in found.items() if count} == SILENCED


def test_filter_is_that_of_the_community() -> None:
    """That of direct messages decides about nothing else."""
    others = set()
    for path in SHIPPED:
        for node in nodes_of(path):
            match node:
                case ast.Call(ast.Attribute(of, "of"), given, named) | ast.Call(
                    ast.Attribute(of, "allows" | "filtered"), [_, *given], named
                ) if ast.unparse(of).endswith(("filters", "app")):
                    whose = [*given, *(each.value for each in named)]
                    others |= {(name_of(path), ast.unparse(each)) for each in whose}
                case ast.Assign(_, ast.Attribute(_, "filters")):
                    others.add((name_of(path), "under another name"))
    others = {(file, whose) for file, whose in others if not whose.endswith("community_id")}
    # Other communities may see the name of a custom model, if it is shared.
    assert others == {("bot/training/namer.py", "None")}


def test_queries_cannot_name_a_column_like_a_person() -> None:
    """Only `known_member` and `known_in` give a column the name that `person_in` reads."""
    places = [name_of(path) for path in SHIPPED if "known_id" in path.read_text()]
    assert places == ["bot/store/people.py"]


def test_bare_str_fails_when_it_is_shown() -> None:
    """Also one that the type checker does not know, such as a column of a row."""
    raw: Any = "raw"
    for make in (
        lambda: text(raw),
        lambda: Choice(raw, "value"),
        lambda: Button(raw, "action"),
        lambda: Embed(raw),
        lambda: Embed(technical("title"), footer=raw),
        lambda: Field(raw, ()),
        lambda: File(technical("a.png"), b"", raw),
        lambda: Form(technical("title"), raw, "action", "", 1),
        lambda: Select(technical("placeholder"), "action", "", ((raw, "value"),)),
        lambda: plain(text(_("{name} won."), name=raw)),
    ):
        with pytest.raises(TypeError, match="may not be shown"):
            make()
