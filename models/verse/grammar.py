"""Hard rules of English: what verse of 1550 to 1920 practically never says.

A rule is a pattern over words and their parts of speech (`data.parts_of_speech`). The patterns are
cautious: a word that the table does not know fits none of them, and one that can be several parts
of speech only those that all of them fit. Each fires in at most one of 1,500 lines of real
pentameter, and at least ten times as often in lines that the networks write.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from data.parts_of_speech import CLOSED, Part, load_parts_of_speech
from data.tokens import is_word

LOOK_BACK = 10
"""Tokens before the new ones that a fault may begin in."""

SETS = {
    name: frozenset(words.split())
    for name, words in {
        "ONE": "a an every each another",
        "MARK": ", ; : . ? !",
        "STOP": "; : . ? !",
        "SUBJECT": "i he she we they thou",
        "DETERMINER": "the a my thy our your their its every",
        "POSSESSIVE": "my thy our your their its",
        "CLAUSE": ", ; : . ? ! when where as which that so then what how why though for while",
        "SINGULAR": "is was hath has doth does",
        "AUXILIARY": "is are was were am hath hast has have had did doth dost does could would "
        "should shall cannot",
        "PREPOSITION": "of with from into upon unto by at through against",
        "MODAL": "could would should shall can must cannot couldst wouldst shouldst canst",
        "DO": "do did does doth dost didst",
        "HAVE": "have had hath hast has",
        "BE": "is was are were am been",
        "NOT": "not never ne'er now",
        "FINITE": "is are was were am art wert wast be have has had hath hast do does did doth "
        "dost didst can could may might shall should will would must cannot canst couldst mayst "
        "mightst shalt shouldst wouldst wilt ought durst dare need let quoth methinks methought",
        "SUBORDINATE": "who which when if because though since till until lest while whose whom "
        "where whilst although unless ere",
        "THOU": "thou thee thy thine thyself",
        "YOU": "you your yours yourself",
        "SAYING": "believe believes feel feels felt guess hear heard hope hopes know knows knew "
        "learned prove realise realised said say says sure swear think thinks thought told wish",
    }.items()
}
"""Words that patterns name together."""

FINITE = Part.BASE | Part.THIRD | Part.SECOND | Part.PAST
NOUNS = Part.NOUN | Part.PLURAL
VOWEL, CONSONANT = re.compile("[ai]|o(?!nc?e)|e[^uw]"), re.compile("[bcdfgjklmnpqrstvwz]")
"""How words begin that stand after *an*, and after *a*; others can be either, such as *hour*."""
SHORT = 5
"""Words of a sentence that may lack its verb (*no more of that*)."""
TWICE = frozenset({"too", "her", "had", "thousand", "long", "alas"})
"""Words that verse says twice in a row without a comma."""

BEFORE_NOUN = SETS["DETERMINER"] | SETS["ONE"] | {"his", "her", "this", "that", "no"}
"""Words of closed classes that a singular noun can follow."""

NOUN_AFTER = BEFORE_NOUN | SETS["PREPOSITION"] | {"of", "in", "on", "for", "and", "or"}
"""Words after which what can be a noun is one, in a list, too: *the dew and the rose*."""

_AFTER_NOUN = frozenset({"and", "or", "of"})
"""Words that follow a noun more often than a finite verb."""

RULES = """
agreement       he|she am|art|hast|dost|wilt|shalt|canst|wast|wert|are
agreement       MARK|LINE|when|where|which he|she|it have|are
agreement       thou has|hath|is|are|am|does|doth|shall|can
agreement       have|has|hath|does|doth|shall|is|are|am|can|will thou
agreement       CLAUSE|LINE i is|art|has|hath|doth|dost|hast|does|are
agreement       hath|doth|has|does|dost|hast i
agreement       CLAUSE|LINE they|we|you is|hath|has|doth|does|am|art|hast|dost
agreement       hath|has|doth|does|hast|dost they|we
agreement       when|where|who|which|and|as he|she BASE
agreement       i|we|they THIRD|SECOND
agreement       CLAUSE|LINE|and DETERMINER|his|her|these|those ADJECTIVE? PLURAL SINGULAR
agreement       CLAUSE|LINE DETERMINER|his|her|this ADJECTIVE? NOUN are
number          ONE PLURAL >MARK|of|LINE|is|was
number          ONE ADJECTIVE+GERUND+ADVERB|-hundred|-thousand PLURAL >MARK|of|LINE|is|was
number          this PLURAL >MARK|of|LINE|is|was
number          these|those|many|few|two|three|thousand ADJECTIVE? NOUN >MARK|of|LINE|is|was
article         a VOWEL
article         an CONSONANT
article         ^of|by|and|but|be|is|was|are|were mine|thine CONSONANT
determiner      DETERMINER|a DETERMINER|a|an|his|this|these|those|each|-every
determiner      DETERMINER|an he|him|she|they|them|thee|me|us|we|thou|it|i|who|whom|ye
determiner      POSSESSIVE|the|a and|or|but|if|because|than|as|nor|when|where
determiner      POSSESSIVE|the of|to|with|from|at|for|into|upon|unto|on
determiner      POSSESSIVE|the|every STOP
determiner      DETERMINER AUXILIARY|-hast
noun            DETERMINER BASE|PAST|THIRD|-hie|-blew|-move|-see
adjective       POSSESSIVE|a|every own? ADJECTIVE? ADJECTIVE+PARTICIPLE+ADVERB|-little STOP
adjective       POSSESSIVE|a|every|his ADJECTIVE+PARTICIPLE+ADVERB is|was|hath|has|did|shall|of
verbs           MODAL NOT? MODAL|is|are|was|am|were|hath|has|had|hast|did|doth|dost|does
verbs           DO NOT? been|had|was|were
verbs           did|doth|dost|didst|does NOT? do|be
verbs           NOT|to|will|shall|would do BASE
verbs           MODAL|may|might|will NOT? do BASE|BASE+NOUN
verbs           do|does|dost|doth NOT? had|has|hath
verbs           MODAL|may|did|doth|dost|do SUBJECT? NOT? THIRD|SECOND
verbs           MODAL|did|doth|dost NOT? PAST
verbs           could|should|can|cannot|might|did|doth to BASE
verbs           HAVE NOT? BASE
verbs           HAVE NOT? PAST
verbs           BE NOT? BASE
verbs           is|was|are|were|am NOT? be|do|have|go
verbs           be BASE
verbs           BE|be is|are|was|were|am
verbs           BE NOT? PAST|-begun|-begot|-come|-become
verbs           MODAL|DO DETERMINER|his|her ADJECTIVE? NOUN SINGULAR|are|were|dost|did
verbs           do|dost|doth|did not to
verbs           to PAST|THIRD|SECOND
verbs           to PARTICIPLE|PAST+PARTICIPLE MARK
verbs           SUBJECT BASE|PAST|THIRD BASE|PAST|THIRD
verbs           BASE|-make|-see|-pray|-let|-bid|-hear|-come|-go|-help BASE
preposition     PREPOSITION BASE
preposition     of of|with|by|in|at|and|or|but|into|unto|upon
preposition     with|from|into|unto|at|upon|through and|or|but|if|than|because|nor
pronoun         of|into|among|toward|towards|against|through he|i|she|they|we|thou
pronoun         thee|him|them|me|us art|am|shalt|hast
pronoun         CLAUSE|LINE|and|but thee|him|them|us|me art|am|is|are|shalt|hast|hath|has
conjunction     and|or|but|nor , and|or|nor
conjunction     and|or|nor or|nor|and
negation        NOT|-now|cannot|no NOT|-now|no
degree          so|too|very|more|most so|too|more|most
address         THOU ^.|?|!|;|:|YOU*9 YOU
address         YOU ^.|?|!|;|:|THOU*9 THOU
"""
"""A rule's name, then a pattern: what stands in each place, as alternatives.

`thou`, `,` is that word or mark; `SUBJECT` one of a set; `LINE` a line feed, which also may follow
any place. `NOUN` is a word that can be nothing but a noun, `BASE+NOUN` nothing but one of the two.
`VOWEL` and `CONSONANT` are words in the table that begin with one; `-word` leaves a word out.
`^` is anything else, `>` only looks ahead, `?` may be missing, `*9` stands up to nine times.
"""

_JOINING = frozenset(re.findall("[a-z]+", "whose to on in for than and or nor but if as like"))
DANGLING = BEFORE_NOUN - {"her", "this", "that"} | SETS["PREPOSITION"] | _JOINING | {"because"}
"""Words that a line of today does not end with."""
_UNFINISHED = """who which how why what so too very not being been until although when while about
    gonna wanna gotta"""
UNFINISHED = DANGLING | SETS["FINITE"] | SETS["SUBJECT"] | frozenset(_UNFINISHED.split())
"""Words after which a sentence of today goes on."""
_LEADING = frozenset(("still", "just", "only", "always", "already", "almost", "never", "not"))
"""Adverbs that something follows after *I'm*."""
_ASKING = frozenset(("how", "what", "why", "who", "where", "when"))
_ASKED = SETS["SUBJECT"] | BEFORE_NOUN | {"you", "it", "there", "anyone", "anybody", "someone"}

ENDS = """
DETERMINER|an|whose
of|from|into|unto|with|at|for|to|than
and|or|nor|but|if|because|as|who|though|until|till
and|if|because|when|where|which|who|that SUBJECT
"""
"""Patterns that a sentence does not end with, in the language of `RULES`."""


def faults(tokens: Sequence[str], start: int = 0) -> list[str]:
    """The names of the rules that lines break, one for each fault, sorted by rule.

    tokens: of one line or of several (`data.tokens.tokenise`), in lower case, with a line feed
    after each. start: the first token that counts; faults that end before it are left out.
    """
    begin = max(0, start - LOOK_BACK)
    recent = tokens[begin:]
    text = _encoded(["\n", *recent])
    first = start - begin + 1
    found = [
        name
        for name, pattern in _patterns()
        for match in pattern.finditer(text)
        if match.end() > first
    ]
    return [*found, *_repetitions(recent, start - begin)]


def _repetitions(tokens: Sequence[str], start: int) -> Iterator[str]:
    """Repetitions: *in in*, *the shadow of the shadow*."""
    recent = ["", "", "", ""]
    for position, token in enumerate(tokens):
        if token == "\n":
            continue
        if position >= start and is_word(token):
            if token == recent[-1] and token not in TWICE:
                yield "doubled"
            of = recent[-3:-1] if recent[-1] in SETS["DETERMINER"] else recent[-2:]
            if of == [token, "of"]:
                yield "repeated"
        recent = [*recent[1:], token]


def is_before_noun(word: str) -> bool:
    """Whether a word can be a determiner or an adjective, after which a noun stands."""
    adjective = load_parts_of_speech().get(word, Part(0)) & Part.ADJECTIVE
    return word in BEFORE_NOUN or word.endswith("'s") or bool(adjective)


def can_end(tokens: Sequence[str]) -> bool:
    """Whether a sentence may end after the last word of some lines. Marks after it do not count.

    It may not after *and the*, *because he*; nor while there are no more words that can be finite
    verbs than clauses that wait for one (*when the moon that rose*).
    """
    if _ending().search(_encoded(tokens[-LOOK_BACK:])):
        return False
    sentence: list[str] = []
    for token in reversed(tokens):
        if token in SETS["STOP"] and sentence:
            break
        if token != "\n":
            sentence.insert(0, token)
    words = [token for token in sentence if is_word(token)]
    waiting = sum(word in SETS["SUBORDINATE"] for word in words)
    return len(words) < SHORT or sum(map(_can_be_finite, sentence, ["", *sentence])) > waiting


def is_whole(tokens: Sequence[str]) -> bool:
    """Whether a sentence, a clause or a greeting can end with the last word of somebody's words."""
    words = [token for token in tokens if is_word(token)]
    before, last = ("", "", *words)[-2:]
    part = load_parts_of_speech().get(before, Part(0))
    if last == "that" and part & NOUNS and not part & (Part.BASE | Part.PAST):
        return False  # *the men that*
    if _waits_after_that(words):
        return False  # *nobody told me that adulthood*
    if last.endswith("n't") or (last in _LEADING and before.endswith(("'m", "'re", "n't"))):
        return False  # *the laundry still isn't*, *I'm still*
    if last == "please" and not has_verb(words[:-1]):
        return False
    if last.endswith("ly") and before in SETS["MODAL"] | SETS["SUBJECT"] | {"will", "not", "to"}:
        return False  # *I will finally*
    ends = last and (last not in UNFINISHED or (before, last) == ("to", "do"))
    return bool(ends) and can_end(tokens)


def _waits_after_that(words: Sequence[str]) -> bool:
    """Whether words end in a clause after *that* which has no verb yet."""
    if "that" not in words[1:-1]:
        return False
    that = len(words) - 1 - words[::-1].index("that")
    is_clause = words[that - 1] in SETS["SAYING"] | {"me", "him", "us", "them"}
    return is_clause and not has_verb(words[that:])


def has_verb(tokens: Sequence[str]) -> bool:
    """Whether one of somebody's words is known as a finite verb."""
    known = load_parts_of_speech()
    return any(
        (token in known or token in SETS["FINITE"]) and _can_be_finite(token, before)
        for token, before in zip(tokens, ["", *tokens], strict=False)
    )


def finite_verbs(tokens: Sequence[str]) -> float:
    """The number of words of some lines that can be finite verbs where they stand.

    Those that stand where a noun or an adjective would count half: *trees and*, *green leaves*.
    """
    places = zip(tokens, ["", *tokens], [*tokens[1:], "\n"], strict=False)
    return sum(
        0.5 if _may_describe_or_end(token, after) else 1.0
        for token, before, after in places
        if _can_be_finite(token, before)
    )


def is_question(tokens: Sequence[str]) -> bool:
    """Whether words begin as a question does: *how do*, *is it*."""
    first, second = (*tokens, "", "")[:2]
    if first in _ASKING:
        return second.removesuffix("n't") in SETS["FINITE"] or second in ("many", "if")
    return first.removesuffix("n't") in SETS["FINITE"] - {"let", "need"} and second in _ASKED


def _can_be_finite(token: str, before: str) -> bool:
    """Whether a token can be a finite verb after another one; *rose* is none in *the rose*."""
    if token in SETS["FINITE"] or token in CLOSED or not is_word(token):
        return token in SETS["FINITE"]
    part, last = (load_parts_of_speech().get(word) for word in (token, before))
    if part is None:
        return True
    describes = last is not None and last & Part.ADJECTIVE and not last & (NOUNS | FINITE)
    is_noun = part & NOUNS and (describes or before in NOUN_AFTER or before.endswith("'s"))
    return bool(part & FINITE) and not is_noun


def _may_describe_or_end(token: str, after: str) -> bool:
    """Whether a verb may as well be a noun that ends a phrase, or describe the noun after it."""
    if token in SETS["FINITE"]:
        return False
    part, following = (load_parts_of_speech().get(word) for word in (token, after))
    if after in _AFTER_NOUN or not is_word(after):
        return part is None or bool(part & NOUNS)
    is_noun = following is not None and following & NOUNS and not following & FINITE
    return part is not None and bool(part & Part.ADJECTIVE and is_noun)


# Compiling ----------------------------------------------------------------------------------------

_FIRST_WORD, _FIRST_MASK = 0xE000, 0x4000
_PARTS, _VOWEL, _CONSONANT = 0x3FF, 0x400, 0x800
"""Bits of a mask: parts of speech, and the letter that the word begins with."""


def _masks() -> Mapping[str, int]:
    """The parts of speech of each word, with bits for the letter that it begins with."""
    masks = {}
    for word, parts in load_parts_of_speech().items():
        vowel, consonant = (
            _VOWEL * bool(VOWEL.match(word)),
            _CONSONANT * bool(CONSONANT.match(word)),
        )
        masks[word] = int(parts) | vowel | consonant
    return masks


@lru_cache(maxsize=1)
def _named() -> frozenset[str]:
    """The words and marks that patterns name."""
    patterns = [line.partition(" ")[2] for line in RULES.splitlines()]
    named = re.findall(r"[a-z']+", "\n".join([*patterns, ENDS]))
    return frozenset({"\n", *",;:.?!-"}.union(named, *SETS.values()))


@lru_cache(maxsize=1)
def _symbols() -> Mapping[str, str]:
    """A character for each word that patterns name, and for each other the one of its mask."""
    masks = _masks()
    of_masks = {mask: chr(_FIRST_MASK + mask) for mask in masks.values()}
    symbols = {word: of_masks[mask] for word, mask in masks.items()}
    symbols.update({word: chr(_FIRST_WORD + i) for i, word in enumerate(sorted(_named()))})
    return symbols


@lru_cache(maxsize=1)
def _classes() -> Mapping[str, int]:
    """The mask of each character of a word in the table."""
    return {_symbols()[word]: mask for word, mask in _masks().items()}


def _encoded(tokens: Iterable[str]) -> str:
    symbols, unknown = _symbols(), chr(_FIRST_MASK)
    return "".join([symbols.get(token, unknown) for token in tokens])


@lru_cache(maxsize=1)
def _patterns() -> Sequence[tuple[str, re.Pattern[str]]]:
    """The patterns of each rule as one; words that a hyphen joins to others are left alone."""
    hyphen = _symbols()["-"]
    rules: dict[str, list[str]] = {}
    for rule in RULES.strip().splitlines():
        name, _, pattern = rule.partition(" ")
        rules.setdefault(name, []).append(_compiled(pattern))
    return [
        (name, re.compile(f"(?<!{hyphen})(?:{'|'.join(patterns)})(?!{hyphen})"))
        for name, patterns in sorted(rules.items())
    ]


@lru_cache(maxsize=1)
def _ending() -> re.Pattern[str]:
    alternatives = "|".join(_compiled(pattern) for pattern in ENDS.strip().splitlines())
    return re.compile(f"(?:{alternatives}){_class('MARK|LINE')}*$")


def _compiled(pattern: str) -> str:
    """A pattern as a regular expression over the characters of words."""
    expression, line = "", _symbols()["\n"]
    for place in pattern.split():
        match = re.fullmatch(r"(>?)(\^?)(.+?)(\*\d+|(?<!\|)\?)?", place)
        assert match, place  # noqa: S101 (a constant of this module)
        ahead, negated, alternatives, times = match.groups("")
        one = _class(alternatives, negated)
        times = f"{{0,{times[1:]}}}" if times.startswith("*") else times
        expression += f"(?={one})" if ahead else f"(?:{one}{line}?){times}"
    return expression


def _class(alternatives: str, negated: str = "") -> str:
    """The characters of the words that can stand in a place, as a class."""
    characters: set[str] = set()
    for one in alternatives.split("|"):
        if one[1:] and one.startswith("-"):
            characters.discard(_symbols()[one[1:]])
        else:
            characters.update(_characters(one))
    return f"[{negated}{''.join(map(re.escape, sorted(characters)))}]"


def _characters(alternative: str) -> Iterator[str]:
    symbols = _symbols()
    if alternative == "LINE":
        yield symbols["\n"]
    elif not alternative.isupper():
        yield symbols[alternative]
    elif alternative in SETS:
        yield from (symbols[word] for word in SETS[alternative])
    else:
        letter = {"VOWEL": _VOWEL, "CONSONANT": _CONSONANT}.get(alternative, 0)
        parts = 0 if letter else sum(Part[name] for name in alternative.split("+"))
        for symbol, mask in _classes().items():
            if mask & letter or (parts and not mask & _PARTS & ~parts):
                yield symbol
