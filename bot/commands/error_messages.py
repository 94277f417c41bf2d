"""From an error to a sentence for the member."""

from bot.commands.message import (
    Text,
    Timestamp,
    UserError,
    text,
)
from bot.formats import plural
from bot.services.concurrency import ShuttingDown
from bot.services.custom_models import (
    MOST_OF_A_GUILD,
    MOST_WAITING,
    InTraining,
    QueueFull,
)
from bot.services.inference import Busy, TooSlow
from bot.services.training.retraining import AlreadyTraining, Resting
from bot.store import Unavailable
from data.corpora import CorpusError
from models.names.generator import NamesError
from models.verse.poem import SonnetError

ALREADY_TRAINING = text("A training is running already; there is one at a time.")
RESTARTING = "I am being restarted."
FORGETFUL = text("My memory does not answer just now, so I kept nothing; try again in a minute.")

# What a platform may find wrong before or after a command has its say.
OUTDATED = text("This command has changed; reload this app (Ctrl+R) and try again.")
SERVERS_ONLY = text("This command works in a server only.")
MISSING_PERMISSION = text("I lack a permission for that here: to send messages, links and files.")
NOT_FOR_YOU = text("You may not use this command here.")


def unusable(value: object) -> Text:
    """The sentence for an option that is not what the command takes."""
    return text(f"I cannot use {value!r} here; choose one of what is offered.")


def explain(error: BaseException) -> Text | None:
    """The sentence, or `None` for an error that only a developer can do something about."""
    match error:
        case UserError():
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
        case AlreadyTraining():
            return ALREADY_TRAINING
        case QueueFull():
            return text(
                f"I learn one list at a time, and as many wait for it as may: {MOST_WAITING} in "
                f"all, {MOST_OF_A_GUILD} of a server; try again in a few minutes."
            )
        case InTraining():
            return text("I am learning from that list already; wait until its message says so.")
        case Resting():
            return text("I need a rest from training; try again ", Timestamp(error.until), ".")
        case Unavailable():
            return FORGETFUL
        case ShuttingDown():
            return text(f"{RESTARTING} Try again in a minute.")
        case _:
            return None


def apology(reference: str) -> Text:
    """The sentence for any other error. The log has the same reference beside the traceback."""
    return text(
        f"Sorry, something broke on my side. If it goes on, tell whoever runs me: {reference}."
    )
