"""Parsing of name constraints, and the problem that each impossible request has."""

import string
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.phrases import Language, in_language
from models.names.automaton import ConstraintAutomaton, count_possible
from models.names.constraints import DINOSAURS, NameConstraints
from models.names.generator import NamesRequest, parse_constraints
from models.names.problems import FLAWS, Flaw, NamesError, Shortfall
from models.networks.vocabulary import END, Vocabulary
from tests.models.tiny import LETTERS
from tests.texts import written


def possible(vocabulary: Vocabulary = LETTERS, **typed: Any) -> float:  # noqa: ANN401
    """Number of names that meet constraints as typed."""
    constraints = parse_constraints(NamesRequest(**typed), vocabulary, DINOSAURS)
    return count_possible(ConstraintAutomaton.of(constraints, vocabulary), constraints, vocabulary)


def test_pieces_are_folded() -> None:
    typed = NamesRequest(starts_with=" Tri ", contains="Z É!", ends_with="-Raptor", length=12)
    parsed = parse_constraints(typed, LETTERS, DINOSAURS)
    assert parsed == NameConstraints("tri", "ze", "raptor", 12)


def test_lengths_exclude_pieces() -> None:
    assert NameConstraints("mango", contains="go").lengths == range(6, 27)
    assert NameConstraints("mango", length=5).lengths == range(5, 6)
    assert NameConstraints().lengths == range(3, 27)


NO_LETTER = "Names can only use the letters a to z, "
LONGEST = "That needs more than {} letters. Try {}."
UNREADABLE = "No name fits all of that ({}). Try {}."
TOO_LONG = "That needs more than 26 letters, the most a name can have. Try fewer letters."
PACHY = {"starts_with": "pachycephalosaur", "ends_with": "tyrannosaurus"}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            {"ends_with": "🦖 42"},
            NO_LETTER + "but ends_with has none of them. Try ends_with:raptor.",
        ),
        ({"starts_with": "Новo"}, NO_LETTER + "so Н won't work. Try starts_with:tyranno."),
        (
            {"contains": "abcdefghijklmnopqrstu"},
            "contains can have at most 20 letters, but yours has 21. Try fewer letters.",
        ),
        (
            {"starts_with": "brrr"},
            "A name can't have the same letter three times in a row, as in “rrr”. Try "
            "starts_with:tyranno.",
        ),
        (
            {"contains": "tango", "vocabulary": Vocabulary("\nagmno")},
            "No name on the list has t. Try other letters.",
        ),
        ({"length": 2}, "Names here must have 3 to 26 letters, not 2. Try length:8."),
        ({"length": 1_000}, "Names here must have 3 to 26 letters, not 1,000. Try length:8."),
        ({"starts_with": "tri", "ends_with": "ops", "length": 5}, LONGEST.format(5, "length:6")),
        ({"contains": "mango", "length": 4}, LONGEST.format(4, "length:5")),
        (
            {"starts_with": "aba", "ends_with": "ba", "length": 4},
            "No name can fit all of that (starts_with:aba ends_with:ba length:4). Try length:3.",
        ),
        (
            {"starts_with": "brr", "length": 3},
            UNREADABLE.format("starts_with:brr length:3", "length:4"),
        ),
        (
            {"starts_with": "maa", "ends_with": "aas", "length": 5},
            UNREADABLE.format("starts_with:maa ends_with:aas length:5", "length:4"),
        ),
        (PACHY, TOO_LONG),
        (PACHY | {"length": 9}, TOO_LONG),
        (
            {"starts_with": "xyz", "vocabulary": Vocabulary("\nxyz")},
            UNREADABLE.format("starts_with:xyz", "fewer letters"),
        ),
    ],
)
def test_impossible_constraints(typed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NamesError) as raised:
        possible(**typed)
    assert str(raised.value) == sentence


NOTHING = "The bot couldn't find a new name."
TRY = "Try a higher temperature or other letters."


@pytest.mark.parametrize(
    ("found", "share", "sentence"),
    [
        (0, 0.3, f"{NOTHING} Much of what the bot tried was rejected for being {{}}. {TRY}"),
        (
            1,
            0.5,
            "The bot could only find 1 new name. Much of what the bot tried was rejected for "
            "being {}.",
        ),
        (
            2,
            0.6,
            "The bot could only find 2 new names. Most of what the bot tried was rejected for "
            "being {}.",
        ),
        (
            3,
            0.9,
            "The bot could only find 3 new names. Almost everything the bot tried was rejected for",
        ),
    ],
)
@pytest.mark.parametrize("flaw", Flaw)
def test_shortfall(found: int, share: float, sentence: str, flaw: Flaw) -> None:
    said = Shortfall(found, NameConstraints(), flaw, share).sentence
    assert str(said).startswith(sentence.format(FLAWS[flaw]))


@pytest.mark.parametrize(("found", "said"), [(1, "1 nome novo"), (2, "2 nomes novos")])
def test_shortfall_has_plural_forms(found: int, said: str) -> None:
    only = "The bot could only find {count:,} new name{options}."
    names = Language("pt-BR", {only: ("{count} nome novo", "{count} nomes novos")})
    found_sentence = Shortfall(found, NameConstraints(), Flaw.NEAR, 0.5).found_sentence
    assert in_language(found_sentence.phrase(written), names) == said


def test_longest_shortfall_fits_in_database() -> None:
    """A poll keeps it as a note of at most 400 characters."""
    piece = string.ascii_lowercase[:20]
    shortfall = Shortfall(9, NameConstraints(piece, piece, piece, 26), Flaw.NEAR, 0.95)
    assert len(str(shortfall.sentence)) <= 400


# The automaton of name constraints, against direct checks and an enumeration of names


FEW = Vocabulary("\nabk")
PIECES = st.text("abk", max_size=3).filter(lambda piece: piece not in ("aaa", "bbb", "kkk"))
CONSTRAINTS = st.builds(NameConstraints, PIECES, PIECES, PIECES, st.integers(3, 7))


def satisfies(name: str, constraints: NameConstraints) -> bool:
    """Whether a name has its pieces."""
    return (
        name.startswith(constraints.starts_with)
        and constraints.contains in name
        and name.endswith(constraints.ends_with)
    )


@given(CONSTRAINTS, st.text("abk", max_size=8))
def test_automaton_recognizes_pieces(constraints: NameConstraints, rest: str) -> None:
    automaton = ConstraintAutomaton.of(constraints, FEW)
    state = 0
    for x in FEW.encode(rest):
        state = automaton.transitions[state, x]
    name = constraints.starts_with + rest
    assert automaton.has_pieces[state] == satisfies(name, constraints)
    assert automaton.has_vowel[state] == ("a" in name)


@given(CONSTRAINTS)
def test_count_matches_enumeration(constraints: NameConstraints) -> None:
    assert constraints.length is not None
    every = map("".join, product(FEW.symbols.replace(END, ""), repeat=constraints.length))
    found = sum(satisfies(name, constraints) and DINOSAURS.admits(name) for name in every)
    try:
        assert count_possible(ConstraintAutomaton.of(constraints, FEW), constraints, FEW) == found
    except NamesError:
        assert found == 0


def test_number_of_states_is_limited() -> None:
    constraints = NameConstraints(contains="mangomango", ends_with="angoraptorangora")
    letters = Vocabulary("\nabcdefghijklmnopqrstuvwxyz")
    automaton = ConstraintAutomaton.of(constraints, letters)
    # The ending may start before or after the middle is complete, with a vowel or without.
    assert len(automaton.transitions) <= 2 * (
        len(constraints.contains) + 2 * len(constraints.ends_with) + 2
    )
