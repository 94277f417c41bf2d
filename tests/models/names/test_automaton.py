"""The automaton of a wish, checked against what it stands for, and its counts against a census."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from models.names.constrained.automaton import Automaton, count_possible
from models.names.constrained.constraints import NameConstraints, NamesError
from models.names.generator import reads_as_name
from models.networks.vocabulary import END, Vocabulary

FEW = Vocabulary("\nabk")
PIECES = st.text("abk", max_size=3).filter(lambda piece: piece not in ("aaa", "bbb", "kkk"))
WISHES = st.builds(NameConstraints, PIECES, PIECES, PIECES, st.integers(3, 7))


def obeys(name: str, wish: NameConstraints) -> bool:
    """Whether a name has the pieces of a wish."""
    return (
        name.startswith(wish.starts_with)
        and wish.contains in name
        and name.endswith(wish.ends_with)
    )


@given(WISHES, st.text("abk", max_size=8))
def test_it_knows_of_every_text_whether_the_pieces_are_in_place(
    wish: NameConstraints, rest: str
) -> None:
    automaton = Automaton.of(wish, FEW)
    state = 0
    for x in FEW.encode(rest):
        state = automaton.moves[state, x]
    name = wish.starts_with + rest
    assert automaton.met[state] == obeys(name, wish)
    assert automaton.voiced[state] == ("a" in name)


@given(WISHES)
def test_it_counts_the_names_that_a_census_finds(wish: NameConstraints) -> None:
    assert wish.length is not None
    census = map("".join, product(FEW.symbols.replace(END, ""), repeat=wish.length))
    found = sum(obeys(name, wish) and reads_as_name(name) for name in census)
    try:
        assert count_possible(Automaton.of(wish, FEW), wish, FEW) == found
    except NamesError:
        assert found == 0


def test_its_states_are_as_many_as_the_pieces_have_letters_at_the_most() -> None:
    wish = NameConstraints(contains="mangomango", ends_with="angoraptorangora")
    letters = Vocabulary("\nabcdefghijklmnopqrstuvwxyz")
    automaton = Automaton.of(wish, letters)
    # The end may have been begun before or after the middle is there, with a vowel or without.
    assert len(automaton.moves) <= 2 * (len(wish.contains) + 2 * len(wish.ends_with) + 2)
