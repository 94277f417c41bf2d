"""Parsing and validation of name constraints as a member typed them."""

from data.text import clean_name
from models.names.constrained.constraints import LONGEST_PIECE, NameConstraints, Piece, clean_piece
from models.names.constrained.problems import (
    LengthOutOfRange,
    NamesError,
    NotLatin,
    NoUsableCharacters,
    PieceTooLong,
    TripleCharacter,
    UnknownCharacters,
)
from models.names.constrained.shape import DINOSAURS, Shape
from models.networks.vocabulary import Vocabulary


def parse_constraints(
    starts_with: str,
    contains: str,
    ends_with: str,
    length: int | None,
    vocabulary: Vocabulary,
    shape: Shape = DINOSAURS,
) -> NameConstraints:
    """Clean the pieces as typed: fold capitals and accents, drop characters that no name has.

    Raises `NamesError` for a piece or a length that no name of this vocabulary can have.
    """
    if length is not None and not shape.shortest <= length <= shape.longest:
        raise NamesError(LengthOutOfRange(length, shape))
    return NameConstraints(
        _parse_piece(Piece.STARTS_WITH, starts_with, vocabulary, shape),
        _parse_piece(Piece.CONTAINS, contains, vocabulary, shape),
        _parse_piece(Piece.ENDS_WITH, ends_with, vocabulary, shape),
        length,
        shape,
    )


def _parse_piece(piece: Piece, typed: str, vocabulary: Vocabulary, shape: Shape) -> str:
    if shape.latin:
        text = clean_name(typed)
    else:
        text = clean_piece(typed, vocabulary.symbols, ends=piece is Piece.ENDS_WITH)
    if typed.strip() and not text:
        raise NamesError(NoUsableCharacters(piece, shape))
    if shape.latin and (lost := [c for c in typed if c.isalpha() and not clean_name(c)]):
        raise NamesError(NotLatin(piece, lost[0]))
    if len(text) > LONGEST_PIECE:
        raise NamesError(PieceTooLong(piece, len(text), LONGEST_PIECE, shape))
    triple = next((letter * 3 for letter in text if letter * 3 in text), None)
    if triple and not shape.allows_triples:
        raise NamesError(TripleCharacter(piece, triple, shape))
    if unknown := sorted(set(text).difference(vocabulary.symbols)):
        raise NamesError(UnknownCharacters(tuple(unknown), piece, shape))
    return text
