"""Declarations of `/sonnet`, `/poems` and `/export`."""

from bot.chat.declaration import Declaration, Option, always
from bot.chat.info import Choice
from bot.chat.translation import _
from bot.names.declarations import TEMPERATURE
from bot.polls import hall_of_fame
from bot.verse import poems, sonnet
from data.corpora import LONGEST_NAME
from models.verse.forms import FORMS
from models.verse.poem import OPENING_LIMIT, SonnetRequest


def _sonnet(**typed: object) -> sonnet.SonnetOptions:
    return sonnet.SonnetOptions(SonnetRequest(**typed))  # type: ignore[arg-type]  # as below


FORM_CHOICES = tuple(Choice(_(form.description), form.name) for form in FORMS.values())

DECLARED = (
    Declaration(
        sonnet.INFO,
        sonnet.sonnet,
        _sonnet,
        (
            Option("opening", most=OPENING_LIMIT, is_main=True),
            Option("form", choices=FORM_CHOICES),
            TEMPERATURE,
            Option("about", most=LONGEST_NAME, suggest=always(hall_of_fame.suggest_names)),
        ),
    ),
    Declaration(poems.POEMS_INFO, poems.poems),
    Declaration(
        poems.EXPORT_INFO,
        poems.export,
        poems.ExportOptions,
        (
            Option(
                "format",
                choices=tuple(Choice(kind, kind) for kind in poems.FORMATS),
                is_main=True,
            ),
        ),
    ),
)
