"""Sentences of Python files for `make catalogue`, with comments for translators.

Comments say in which file a sentence stands, and what its fields stand for.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from babel.messages.extract import extract_python

_NAMES_BY_MEANING = {
    "a number": "ahead columns count days failures fewest figure found highest least length limit "
    "longest low lowest high maximum minimum minutes most page pages queued running seconds "
    "shortest size threads tokens votes waiting",
    "a command to type: /dinoname": "allow collection command export hall help list museum "
    "poems set_up",
    "a form of verse (Sonnet), or a command to type": "form",
    "the names of forms of verse: sonnet or haiku": "forms",
    "an option of a command: count:": "option",
    "the options that were given, in brackets; may be empty": "options",
    "the name of an option or format, as it is typed": "json text",
    "a quotation mark": "mark",
    "what a member has typed": "typed",
    "what can be typed instead": "choices example nearest shipped",
    "a value of an option": "value",
    "the name of a file, or the option for one": "file",
    "the name of a file or folder": "folder path pattern wheel",
    "what is too large: a corpus": "what",
    "the name of a dinosaur or namer, or of a choice": "name",
    "names with commas between them, or a sentence, or a number of names": "names",
    "names with commas between them": "creatures others",
    "the name of a namer": "namer",
    "a namer, a name, or the subject of a poem": "subject",
    "a member or community": "target",
    "the name of another dinosaur": "other",
    "the name of a member": "discoverer giver member moderator",
    "the platform's word for a community: server, workspace": "community",
    "the same for several: servers, workspaces": "communities",
    "Discord or Slack": "platform",
    "a channel: #general": "channel",
    "a number in a list or queue, or a kind of place": "place",
    "a sentence on how to let the bot in": "access",
    "a sentence on what to do": "advice",
    "what to do: reload the app (Ctrl+R)": "reload",
    "what can be tried": "hint",
    "a sentence, or a part of one: why it failed": "reason",
    "sentences on what is wrong": "problems",
    "an address on the web": "address link",
    "a setting, scope or package to install": "package scope setting",
    "an id, as the platform has it": "id",
    "a code for the operator, or of a character": "code",
    "a character, or several": "character characters",
    "a letter that occurs three times: aaa": "triple",
    "a byte as a number: e9": "byte",
    "an encoding: UTF-8": "encoding",
    "a line of verse, or its number": "line",
    "numbers of lines, or how many there are": "lines numbers",
    "the heading of a table": "heading",
    "the end of what a program wrote, or the last of a list": "last",
    "a list of words; in lists, all but the last": "words",
    "the next part of a list, or a moment": "next",
    "the first of two": "first first_meaning",
    "the second of two": "second second_meaning",
    "a remark": "fact facts note",
    "a word before a colon": "label",
    "a title: of a corpus, or a poem": "title",
    "the first words of a poem": "opening",
    "a word of a poem, or a Greek or Latin one": "word",
    "names or sonnets": "task",
    "version 12, or the shipped one": "version",
    "a number, as of a version": "number",
    "a network, such as LSTM": "architecture",
    "a recipe of a training, as it is typed": "recipe",
    "a corpus that a network learned from": "corpus own",
    "programs with their versions": "libraries",
    "a loss: 1.234": "baseline loss",
    "what is measured": "measure",
    "a share: 93%": "guessing notebook share",
    "what it is compared with": "beside",
    "how probable: 1 in 4,300": "odds",
    "numbers of shards: 0-3, 5": "away shards",
    "things with their numbers: 3 names, 2 votes": "counts",
    "a reason why a name is rejected: a real dinosaur": "flaw",
    "letters of a name, or a button's choice of them": "letters",
    "roots with their meanings": "roots",
    "what a root or name means: lizard": "meaning",
    "a language: Greek, Deutsch": "language",
    "how to say a name: MANG-oh-SAW-rus": "pronunciation",
    "the text of a plaque": "details",
    "a family of dinosaurs": "family",
    "a colour: moss green": "colour",
    "a second colour": "marking",
    "colours and pattern of an animal": "skin",
    "features of an animal, with commas": "traits",
    "colours and patterns of eggs, with semicolons": "shells",
    "families of dinosaurs, or how many of them": "families",
    "how many there are in all": "all_families all_pairs",
    "how many cells of an album are filled": "pairs",
    "how a dinosaur came into an album": "origin",
    "how many rare looks of dinosaurs": "rarities",
    "what is rare of an animal: golden": "rarity",
    "a weight: 2 t": "weight",
    "a number with its unit": "grams kilograms metres tonnes",
    "a time zone: Europe/Berlin": "zone",
    "an hour of the day, 0 to 23": "hour",
    "a date, or the day of a month": "day",
    "a month: June": "month",
    "a year: 2026": "year",
    "a moment, which the platform writes: 1 June 2026 18:00, in 2 hours": "end since start time",
    "a stretch of time: this week": "period",
}
MEANINGS = {name: words for words, names in _NAMES_BY_MEANING.items() for name in names.split()}
"""What a field stands for, in any sentence."""


def sentences(
    fileobj: Any,  # noqa: ANN401 (as Babel gives it)
    keywords: Any,  # noqa: ANN401
    comment_tags: Collection[str],
    options: Any,  # noqa: ANN401
) -> Iterator[Any]:
    """The sentences that Babel finds in a Python file, with more comments."""
    docstring = ast.get_docstring(ast.parse(fileobj.read())) or ""
    place = docstring.partition("\n")[0]
    fileobj.seek(0)
    results: Iterable[Any] = extract_python(fileobj, keywords, comment_tags, options)
    for line, function, found, comments in results:
        forms = [form for form in (found if isinstance(found, tuple) else [found]) if form]
        names = dict.fromkeys(re.findall(r"\{(\w+)", " ".join(forms)))
        fields = [f"{{{name}}}: {MEANINGS[name]}." for name in names if name in MEANINGS]
        yield line, function, found, [*comments, *filter(None, [place, " ".join(fields)])]
