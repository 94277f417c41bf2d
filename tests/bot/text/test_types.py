"""What may be shown: each type is made in one module, and its makers are called where they may be.

The type checker lets nothing else into messages, pictures and forms: see `data.phrases.Showable`.
"""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from tests.test_house import EVERY_SOURCE, name_of, tree_of

MADE_IN = {
    "Translated": {
        *("data/phrases.py", "data/errors.py", "data/lists.py"),
        *("bot/text/formats.py", "models/verse/recipes.py"),
    },
    "TechnicalText": {"bot/text/technical.py"},
    "FilteredText": {"bot/text/written.py"},
    "ShownName": {"bot/words/names.py"},
    "Person": {"bot/store/people.py"},
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
    "person_in": QUERIES,
    "name_in_poll": QUERIES,
    "name_for": QUERIES,
    # What a word filter lets pass, or let pass before it was stored for the same community.
    "accepted": {
        "bot/words/filter.py",
        "bot/writing/filtered.py",
        "bot/store/schema.py",
        "bot/polls/queries.py",
        "bot/verse/queries.py",
        "bot/verse/poems.py",
        "bot/trainer/queries.py",
        "bot/trainer/events.py",
        "bot/training/titles.py",
        "bot/training/models.py",
        "bot/training/progress.py",
        "bot/verse/sonnet.py",  # what a poem was asked for with: it is checked before
        "bot/names/autocomplete.py",  # what its own filter has left
        "bot/names/dissect.py",  # a name or a line that passed, its parts, what else was likely
        "bot/terminal.py",  # an operator's terminal has no members
        "bot/train.py",
    },
    # Private answers to those who decide: members who are blocked, what was removed.
    "privately": {
        "bot/moderation/blocking.py",
        "bot/moderation/record.py",
        "bot/museum/collection.py",  # to the member
    },
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
            *("f'{command} {next(iter(known))}'", "f'{key}:'", "f'{number:g}'", "self._slash"),
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
            *("f'-{ending}'", "f'shipped {next(iter(TASKS))}'", "live.reason", "str(parsed)"),
            *("str(version.number)", "task", "version.recipe"),
        },
        "bot/training/namer.py": {"f'{stem}.safetensors'"},
        "bot/training/retrain.py": {"INSTALL", "f'/{RETRAIN} {task.name}'"},
        "bot/verse/poems.py": {"kind"},
        "bot/verse/sonnet.py": {"map"},
    },
    "command": {"bot/help/help.py": {"can_run", "run_button"}},  # a variable there
    "Phrase": {
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


def imported_names(tree: ast.Module) -> dict[str, str]:
    """What each name that a file imports stands for."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def uses(path: Path) -> list[tuple[str, str]]:
    """Each use of an imported name, with the first argument where it is called or handed over."""
    tree = tree_of(path)
    names = imported_names(tree)
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in names:
            first = node.args[0] if node.args else ast.Constant("")
            found.append(
                (
                    names[node.func.id],
                    "" if isinstance(first, ast.Constant) else ast.unparse(first),
                )
            )
        called = ast.unparse(node.func).rpartition(".")[2]
        found += [
            (names[each.id], called)
            for each in (*node.args, *(keyword.value for keyword in node.keywords))
            if isinstance(each, ast.Name) and each.id in names and called != "isinstance"
        ]
    return found


def test_classes_are_made_in_one_module() -> None:
    """Nor has anything else a subclass of them."""
    callers: dict[str, set[str]] = defaultdict(set)
    subclasses = set()
    for path in EVERY_SOURCE:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rpartition(".")[2]
                values = (*node.args, *(keyword.value for keyword in node.keywords))
                handed = [each.id for each in values if isinstance(each, ast.Name)]
                for name in (called, *(handed if called not in ("isinstance", "super") else ())):
                    callers[name].add(name_of(path))
            elif isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
                if bases & {"Showable", "Person", *SUBCLASSES}:
                    subclasses.add(node.name)
    assert {name: callers[name] for name in MADE_IN} == MADE_IN
    assert "Showable" not in callers
    assert subclasses == SUBCLASSES


@pytest.mark.parametrize("maker", CALLED_IN)
def test_makers_are_called_where_they_may_be(maker: str) -> None:
    places = {
        name_of(path)
        for path in EVERY_SOURCE
        for name in imported_names(tree_of(path)).values()
        if name == maker
    }
    assert places == CALLED_IN[maker]


@pytest.mark.parametrize("maker", VALIDATED)
def test_technical_text_is_literal(maker: str) -> None:
    """So are sentences."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in EVERY_SOURCE:
        for name, what in uses(path):
            if name == maker and what:
                found[name_of(path)].add(what)
    assert found == VALIDATED[maker]


def test_nothing_is_cast_to_these_types() -> None:
    for path in EVERY_SOURCE:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("cast"):
                names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                assert names.isdisjoint({"Showable", *MADE_IN, *SUBCLASSES}), path


def test_queries_cannot_name_a_column_like_a_person() -> None:
    """Only `known_member` gives a column the name that `person_in` reads."""
    places = [name_of(path) for path in EVERY_SOURCE if "known_id" in path.read_text()]
    assert places == ["bot/store/people.py"]
