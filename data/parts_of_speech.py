"""Parts of speech that each word of verse can be.

`parts_of_speech.txt` has a line for each combination: the names of the parts, a colon, the words.
Words that it lacks can be anything. Those of closed classes (*the*, *thou*, *hath*, *of*) are
left out, as grammars name them one by one. `python -m tools.compilers.parts_of_speech` compiles it.
"""

import re
from collections.abc import Mapping
from enum import IntFlag, auto
from functools import cache
from pathlib import Path

COMPILED = Path(__file__).with_name("parts_of_speech.txt")
CLOSED = frozenset(
    re.findall(
        "[a-z]+",
        """a an the this that these those each every either neither some any no all both such what
    which who whom whose i me my mine myself thou thee thy thine thyself he him his himself she
    her hers herself it its itself we us our ours ourselves you ye your yours yourself they them
    their theirs themselves is am are art was wast wert were be been being have has hath hast had
    hadst having do does doth dost did didst can canst cannot could couldst may mayst might
    mightst must shall shalt should shouldst will wilt would wouldst ought durst dare need let
    and or nor but if than as because though although lest unless till until while whilst when
    where why how since ere whether of to in on at by for with from into unto upon against among
    amongst amid amidst between betwixt through toward towards within without not never o oh ah
    so too there here thus methinks methought quoth lo one more most like round near save
    news tidings twain business""",
    )
)
"""Words of closed classes, and words that are too many things."""


class Part(IntFlag):
    """A part of speech. A word usually can be several."""

    NOUN = auto()
    """A noun in the singular."""
    PLURAL = auto()
    ADJECTIVE = auto()
    ADVERB = auto()
    BASE = auto()
    """A verb without ending: *love*, *see*."""
    THIRD = auto()
    """A verb in the third person: *loves*, *loveth*."""
    SECOND = auto()
    """A verb in the second person: *lovest*, *lov'dst*."""
    PAST = auto()
    PARTICIPLE = auto()
    """A past participle: *loved*, *seen*."""
    GERUND = auto()
    """A gerund or present participle: *loving*."""


@cache
def load_parts_of_speech() -> Mapping[str, Part]:
    """The parts of speech of each word that the shipped file has, in lower case."""
    parts: dict[str, Part] = {}
    for line in COMPILED.read_text().splitlines():
        names, _, words = line.partition(": ")
        mask = Part(0)
        for name in names.split():
            mask |= Part[name.upper()]
        parts.update(dict.fromkeys(words.split(), mask))
    return parts
