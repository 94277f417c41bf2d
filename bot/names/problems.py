"""Sentences for problems with requests for names, and with names to dissect."""

from collections.abc import Mapping

from bot.chat.message import Text, text
from bot.chat.translation import _, ngettext
from bot.formats import human_join
from models.names.constraints import NameConstraints, Piece, Shape
from models.names.problems import (
    EXAMPLES,
    AlwaysUnreadable,
    CannotCombine,
    Flaw,
    LengthOutOfRange,
    LengthTooShort,
    NamesProblem,
    NotAName,
    NotLatin,
    NoUsableCharacters,
    OnlyNameRejected,
    OutOfRange,
    PiecesTooLong,
    PieceTooLong,
    Shortfall,
    TripleCharacter,
    UnknownCharacters,
)

_FLAWS: Mapping[Flaw, str] = {
    Flaw.KNOWN: _("on the list that the network learned from"),
    Flaw.REAL: _("a real dinosaur"),
    Flaw.NEAR: _("only one letter away from a real name"),
    Flaw.UNREADABLE: _("unreadable as a name"),
    Flaw.REPEATED: _("a repetition"),
    Flaw.UNSAYABLE: _("hard to say"),
    Flaw.UNFIT: _("blocked by the word filter"),
}


def explain_problem(problem: NamesProblem) -> Text:
    """The sentence for a problem, with what to try instead."""
    match problem:
        case LengthOutOfRange(length, shape):
            return text(
                _("Names here have {shortest} to {longest} letters, not {length}. Try {hint}."),
                shortest=shape.shortest,
                longest=shape.longest,
                length=length,
                hint=f"length:{shape.usual}",
            )
        case OutOfRange(option, value, lowest, highest):
            return text(
                _("The {option} can be {lowest:,g} to {highest:,g}, not {value:,g}."),
                option=option,
                lowest=lowest,
                highest=highest,
                value=value,
            )
        case NoUsableCharacters(piece, shape) if shape.latin:
            return text(
                _("Names only have the letters a to z, and {option} has none. Try {hint}."),
                option=piece.value,
                hint=_hint(piece),
            )
        case NoUsableCharacters(piece, _shape):
            return text(
                _(
                    "Names here only have characters of their list, and {option} has none. Try "
                    "those of a name on the list."
                ),
                option=piece.value,
            )
        case NotLatin(piece, character):
            return text(
                _("Names only have the letters a to z, so not {character}. Try {hint}."),
                character=character,
                hint=_hint(piece),
            )
        case PieceTooLong(piece, length, limit, _shape):
            return text(
                _("{option} can have at most {limit} letters, and yours has {length}. Try fewer."),
                option=piece.value,
                limit=limit,
                length=length,
            )
        case TripleCharacter(piece, triple, shape):
            return text(
                _("No name has “{triple}”, the same letter three times in a row. {advice}"),
                triple=triple,
                advice=_advice(piece, shape),
            )
        case UnknownCharacters(characters, _piece, _shape):
            return text(
                ngettext(
                    "No name on the list has the character {characters}. Try other letters.",
                    "No name on the list has the characters {characters}. Try other letters.",
                    len(characters),
                ),
                characters=human_join([*characters], _("and")),
            )
        case NotAName():
            return _not_a_name(problem)
        case LengthTooShort(constraints, suggested):
            return text(
                _("That needs more than {length} letters. {advice}"),
                length=constraints.length or 0,
                advice=_try_length(suggested),
            )
        case PiecesTooLong(constraints, suggested):
            return text(
                _("That needs more than {longest} letters, the most that a name has. {advice}"),
                longest=constraints.shape.longest,
                advice=_try_length(suggested),
            )
        case CannotCombine(constraints, suggested):
            return text(
                _("No name can meet all of that{options}. {advice}"),
                options=describe(constraints),
                advice=_try_length(suggested),
            )
        case AlwaysUnreadable(constraints, suggested):
            return text(
                _("Nothing that meets all of that{options} reads like a name. {advice}"),
                options=describe(constraints),
                advice=_try_length(suggested),
            )
        case OnlyNameRejected(name, flaw, _constraints):
            return text(
                _(
                    "The only such name, {name}, was rejected for being {flaw}. Leave out the "
                    "length, or some letters."
                ),
                name=name,
                flaw=_FLAWS[flaw],
            )


def explain_shortfall(shortfall: Shortfall) -> str:
    """The sentence for a result with fewer names than requested."""
    found = shortfall.found
    if found:
        names = ngettext(
            "Only {count} new name was found{options}.",
            "Only {count} new names were found{options}.",
            found,
        )
    else:
        names = _("No new name was found{options}.")
    names = names.format(count=found, options=describe(shortfall.constraints))
    if shortfall.flaw is None:
        return _("{names} There are no others.").format(names=names)
    if shortfall.share >= 0.9:
        sentence = _("{names} Almost everything that was tried was rejected for being {flaw}.")
    elif shortfall.share > 0.5:
        sentence = _("{names} Most of what was tried was rejected for being {flaw}.")
    else:
        sentence = _("{names} Much of what was tried was rejected for being {flaw}.")
    return sentence.format(names=names, flaw=_FLAWS[shortfall.flaw])


def describe(constraints: NameConstraints) -> str:
    """Constraints as options, in parentheses: ` (length:9)`. Empty without constraints."""
    options = [f"{p.value}:{t}" for p in Piece if (t := constraints.piece(p))]
    if constraints.length is not None:
        options.append(f"length:{constraints.length}")
    return f" ({' '.join(options)})" if options else ""


def _not_a_name(problem: NotAName) -> Text:
    shape = problem.shape
    if problem.example is None:
        sentence = _(
            "Names here have {shortest} to {longest} characters of their list, and yours has "
            "{length}. Try another."
        )
    else:
        sentence = _(
            "A name has {shortest} to {longest} letters from a to z, and yours has {length}. Try "
            "{example}."
        )
    return text(
        sentence,
        shortest=shape.shortest,
        longest=shape.longest,
        length=problem.length,
        example=problem.example or "",
    )


def _hint(piece: Piece) -> str:
    return f"{piece.value}:{EXAMPLES[piece]}"


def _advice(piece: Piece, shape: Shape) -> str:
    if shape.latin:
        return _("Try {hint}.").format(hint=_hint(piece))
    return _("Try the letters of a name on the list.")


def _try_length(suggested: int | None) -> str:
    if suggested is None:
        return _("Try fewer letters.")
    return _("Try {hint}.").format(hint=f"length:{suggested}")
