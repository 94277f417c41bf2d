"""The automaton of name constraints, against direct checks and an enumeration of names."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from models.names.automaton import ConstraintAutomaton, count_possible
from models.names.constraints import DINOSAURS, NameConstraints
from models.names.problems import NamesError
from models.networks.vocabulary import END, Vocabulary

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
