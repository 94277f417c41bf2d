"""What the figures of a namer say, and what they do not."""

from bot.commands.message import Field, text
from bot.formats import human_duration, plural
from models.weights import ModelCard

FEWEST_NAMES = 200
"""With fewer, a list is too small to learn much from."""
FEWEST_MEASURED = 30
"""Names that were kept aside, under which a figure means little."""


def judgement(card: ModelCard, entries: int) -> str:
    """How good a namer is, in honest sentences."""
    sentences = []
    measured = card.measured or 0
    if entries < FEWEST_NAMES:
        sentences.append(
            f"A list of {plural(entries, 'name')} is too small to learn much from: what it writes "
            "is mostly a shuffle of what it has read."
        )
    gain = _gain(card)
    if gain is None:
        return " ".join([*sentences, "How good it is was not measured."])
    if measured < FEWEST_MEASURED:
        sentences.append(
            f"The figures mean little, as only {plural(measured, 'name')} could be kept aside to "
            "measure it."
        )
    if gain <= 0:
        sentences.append("It has learned no more than counting letters would.")
    elif not sentences:
        sentences.append(
            "It foresees names of the list that it has not read better than counting letters would."
        )
    return " ".join(sentences)


def figures(card: ModelCard, seconds: float | None) -> tuple[Field, ...]:
    """The figures themselves: on names that were kept aside, lower is better."""
    fields = [
        Field("Validation", text(_nats(card.validation))),
        Field("Kneser-Ney", text(_nats(card.kneser_ney))),
    ]
    if seconds is not None:
        fields.append(Field("Took", text(human_duration(seconds))))
    return tuple(fields)


def _gain(card: ModelCard) -> float | None:
    """By how many nats per character it is better than counting, as far as is shown."""
    if card.validation is None or card.kneser_ney is None:
        return None
    return round(card.kneser_ney, 3) - round(card.validation, 3)


def _nats(loss: float | None) -> str:
    return "not measured" if loss is None else f"{loss:.3f} nats/char"
