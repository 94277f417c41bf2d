"""Everything that members can ask for, as platforms register it."""

from functools import partial

from bot.chat.app import App
from bot.chat.declaration import Declaration, Declared, Kind, Option, Place
from bot.chat.info import Audience, Choice, NoOptions
from bot.chat.turn import Terms, Turn
from bot.community import settings
from bot.community.filter_settings import CHOICES, LONGEST_LIST
from bot.community.settings import SettingsOptions
from bot.help import about
from bot.help import help as help_command
from bot.moderation import declarations as moderation
from bot.names import declarations as naming
from bot.polls import declarations as polls
from bot.privacy import privacy
from bot.status import status
from bot.status.health import Health
from bot.training import declarations as training
from bot.verse import declarations as verse

SETTINGS = Declaration(
    settings.INFO,
    settings.settings,
    SettingsOptions,
    (
        Option("vote_minutes", Kind.INTEGER, least=settings.SHORTEST, most=settings.LONGEST),
        Option("public_hall", Kind.SWITCH),
        Option("shared_namers", Kind.SWITCH),
        Option("filter", choices=tuple(Choice(name, name) for name in CHOICES)),
        Option("blocked_words", least=1, most=LONGEST_LIST),
    ),
    place=Place.COMMUNITY,
    shown_to=Audience.MANAGERS,
)


def declared(terms: Terms, health: Health | None) -> tuple[Declared, ...]:
    """All commands, in a platform's words.

    health: what `/status` reports; `None` if the commands are only listed.
    """
    return (
        *naming.DECLARED,
        *verse.DECLARED,
        *polls.declared(terms),
        Declaration(privacy.INFO, privacy.privacy),
        *training.DECLARED,
        *moderation.DECLARED,
        SETTINGS,
        Declaration(about.INFO, about.about),
        Declaration(help_command.INFO, help_command.help_),
        Declaration(
            status.INFO,
            _only_listed if health is None else partial(status.status, health),
            shown_to=Audience.ADMINISTRATORS,
        ),
    )


async def _only_listed(_app: App, _turn: Turn, _options: NoOptions) -> None:
    """Stand for `/status` where commands are listed and none is run, as in Slack's manifest."""
    raise NotImplementedError
