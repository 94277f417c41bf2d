"""Declarations of `/halloffame` and `/champion`."""

from bot.chat.declaration import Declaration, Option
from bot.chat.info import Choice
from bot.chat.turn import Terms
from bot.polls import hall_of_fame
from bot.polls.hall_of_fame import PERIODS, SCOPES, period_label, scope_label


def declared(terms: Terms) -> tuple[Declaration, ...]:
    """The commands, in a platform's words."""
    periods = tuple(Choice(period_label(key), key) for key in PERIODS)
    scopes = tuple(Choice(scope_label(key, terms), key) for key in SCOPES)
    options = (Option("period", choices=periods, is_main=True), Option("scope", choices=scopes))
    return (
        Declaration(
            hall_of_fame.INFO, hall_of_fame.hall_of_fame, hall_of_fame.HallOfFameOptions, options
        ),
        Declaration(hall_of_fame.CHAMPION_INFO, hall_of_fame.champion),
    )
