"""Wishes: what was typed, cleaned, and a sentence for what no name can be."""

import pytest

from models.names.constrained.automaton import Automaton, count_possible
from models.names.constrained.constraints import NameConstraints, NamesError, parse_constraints
from models.networks.vocabulary import Vocabulary
from tests.models.tiny import LETTERS


def possible(
    starts_with: str = "",
    contains: str = "",
    ends_with: str = "",
    length: int | None = None,
    vocabulary: Vocabulary = LETTERS,
) -> float:
    """How many names a wish leaves, as it is typed."""
    wish = parse_constraints(starts_with, contains, ends_with, length, vocabulary)
    return count_possible(Automaton.of(wish, vocabulary), wish, vocabulary)


def test_pieces_are_folded_to_plain_letters() -> None:
    wish = parse_constraints(" Tri ", "Z É!", "-Raptor", 12, LETTERS)
    assert wish == NameConstraints("tri", "ze", "raptor", 12)


def test_a_wish_reads_as_a_clause() -> None:
    assert str(NameConstraints()) == ""
    assert str(NameConstraints(length=5)) == " of 5 letters"
    assert str(NameConstraints("tri", "", "ops")) == ' beginning with "tri" and ending with "ops"'


def test_a_piece_alone_is_too_short_for_a_name_unless_the_length_says_so() -> None:
    assert NameConstraints("mango", contains="go").lengths == range(6, 27)
    assert NameConstraints("mango", length=5).lengths == range(5, 6)
    assert NameConstraints().lengths == range(3, 27)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            {"ends_with": "🦖 42"},
            "A name can end with letters from a to z, and there are none in what you typed; "
            "try for example: raptor",
        ),
        (
            {"starts_with": "Новo"},
            "A name can begin with letters from a to z, and Н is none; try for example: tyranno",
        ),
        (
            {"contains": "abcdefghijklmnopqrstu"},
            "A name can contain at most 20 letters of yours, and you typed 21; "
            "try for example: mango",
        ),
        (
            {"starts_with": "brrr"},
            'No name has the same letter three times running, as "rrr" in what you typed; '
            "try for example: tyranno",
        ),
        (
            {"contains": "tango", "vocabulary": Vocabulary("\nagmno")},
            'The list that the network learned from has no t, so no name can contain "tango"; '
            "try other letters.",
        ),
        (
            {"length": 2},
            "A name has 3 to 26 letters, and you asked for 2; try for example: 8",
        ),
        (
            {"length": 1_000},
            "A name has 3 to 26 letters, and you asked for 1,000; try for example: 8",
        ),
        (
            {"starts_with": "tri", "ends_with": "ops", "length": 5},
            'A name of 5 letters beginning with "tri" and ending with "ops" cannot be so short; '
            "try for example: 6 letters",
        ),
        (
            {"contains": "mango", "length": 4},
            'A name of 4 letters containing "mango" cannot be so short; try for example: 5 letters',
        ),
        (
            {"starts_with": "aba", "ends_with": "ba", "length": 4},
            'A name of 4 letters beginning with "aba" and ending with "ba" is not possible; '
            "try for example: 3 letters",
        ),
        (
            {"starts_with": "brr", "length": 3},
            'A name of 3 letters beginning with "brr" would have no vowel, or one letter three '
            "times running; try for example: 4 letters",
        ),
        (
            {"starts_with": "maa", "ends_with": "aas", "length": 5},
            'A name of 5 letters beginning with "maa" and ending with "aas" would have no vowel, '
            "or one letter three times running; try for example: 4 letters",
        ),
        (
            {"starts_with": "pachycephalosaur", "ends_with": "tyrannosaurus"},
            'A name beginning with "pachycephalosaur" and ending with "tyrannosaurus" needs more '
            "than 26 letters, which are the most; try a shorter piece, for example: tri",
        ),
        (
            {"starts_with": "xyz", "vocabulary": Vocabulary("\nxyz")},
            'A name beginning with "xyz" would have no vowel, or one letter three times running; '
            "try a shorter piece, for example: tri",
        ),
    ],
)
def test_what_no_name_can_be_is_refused_with_a_sentence(
    typed: dict[str, object], sentence: str
) -> None:
    with pytest.raises(NamesError) as refusal:
        possible(**typed)  # type: ignore[arg-type]
    assert str(refusal.value) == sentence


def test_what_just_about_fits_is_possible() -> None:
    assert possible("tri", "ce", "ops", 8) == 1
    assert possible("tri", "ri", "iops", 6) == 1
    assert possible("mei", length=3) == 1
