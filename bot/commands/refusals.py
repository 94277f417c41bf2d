"""From an error to a sentence for the member."""

from bot.commands.reply import Refusal, Text, text
from bot.formats import plural
from bot.inference import Busy, TooSlow
from data.corpora import CorpusError
from models.names import NamesError
from models.sonnet import SonnetError


def explain(error: BaseException) -> Text | None:
    """The sentence, or `None` for an error that only a developer can do something about."""
    match error:
        case Refusal():
            return error.text
        case NamesError() | SonnetError() | CorpusError():
            return text(str(error))
        case Busy():
            return text(
                f"{plural(error.ahead, 'answer')} of mine {'is' if error.ahead == 1 else 'are'} "
                "ahead of yours; try again in a moment."
            )
        case TooSlow():
            return text("That took me too long, so I gave up; try again in a moment.")
        case _:
            return None


def apology(reference: str) -> Text:
    """The sentence for any other error. The log has the same reference beside the traceback."""
    return text(
        f"Sorry, something broke on my side. If it goes on, tell whoever runs me: {reference}."
    )
