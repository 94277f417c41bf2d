"""Quality of a custom model: a judgement in words, and its losses."""

from bot.chat.message import Field, Text, text
from bot.chat.translation import _, ngettext
from bot.formats import human_duration
from models.weights import ModelCard

FEWEST_NAMES = 200
"""With fewer names on the list, the judgement contains a warning."""
FEWEST_MEASURED = 30
"""With fewer validation names, the judgement contains a warning about the losses."""


def judgement(card: ModelCard, entries: int) -> Text:
    """Describe how good a custom model is. `entries` is the number of names on its list."""
    sentences: list[Text] = []
    if entries < FEWEST_NAMES:
        sentences.append(
            text(
                ngettext(
                    "A list of {count} name is too small to learn much from. Most names will be "
                    "shuffles of names on the list.",
                    "A list of {count} names is too small to learn much from. Most names will be "
                    "shuffles of names on the list.",
                    entries,
                ),
                count=entries,
            )
        )
    gain = _gain(card)
    if gain is None:
        return _joined([*sentences, text(_("Its quality was not measured."))])
    measured = card.measured or 0
    if measured < FEWEST_MEASURED:
        sentences.append(
            text(
                ngettext(
                    "The losses mean little: only {count} name could be set aside for validation.",
                    "The losses mean little: only {count} names could be set aside for validation.",
                    measured,
                ),
                count=measured,
            )
        )
    if gain <= 0:
        sentences.append(text(_("It has learned no more than letter frequencies.")))
    elif not sentences:
        sentences.append(
            text(_("It predicts new names of the list better than letter frequencies do."))
        )
    return _joined(sentences)


def loss_fields(card: ModelCard, seconds: float | None) -> tuple[Field, ...]:
    """Losses on validation names (lower is better), and the training time in seconds."""
    fields = [
        Field(_("Validation loss"), text(nats(card.validation))),
        Field(_("Kneser-Ney loss"), text(nats(card.kneser_ney))),
    ]
    if seconds is not None:
        fields.append(Field(_("Training time"), text(human_duration(seconds))))
    return tuple(fields)


def nats(loss: float | None) -> str:
    """A loss in nats per character."""
    return _("not measured") if loss is None else _("{loss:.3f} nats/char").format(loss=loss)


def _gain(card: ModelCard) -> float | None:
    """Improvement over the Kneser-Ney loss in nats per character, of the rounded losses."""
    if card.validation is None or card.kneser_ney is None:
        return None
    return round(card.kneser_ney, 3) - round(card.validation, 3)


def _joined(sentences: list[Text]) -> Text:
    first, *rest = sentences
    return first + tuple(span for sentence in rest for span in (*text(" "), *sentence))
