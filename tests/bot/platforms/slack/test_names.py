"""Names of slash commands."""

import pytest

from bot.platforms.slack.names import OWN_PREFIX, TAKEN, CommandNames
from tests.bot.platforms.slack.commands import COMMANDS, NAMES

WORDS = COMMANDS.by_first_word


@pytest.mark.parametrize("prefix", ["", "dino-", "s", OWN_PREFIX])
def test_no_name_is_slacks(prefix: str) -> None:
    names = CommandNames(COMMANDS, prefix)
    assert not {names.slash(word).removeprefix("/") for word in WORDS} & TAKEN


@pytest.mark.parametrize("prefix", ["", "dino-", OWN_PREFIX])
def test_every_form_is_understood(prefix: str) -> None:
    names = CommandNames(COMMANDS, prefix)
    for word in WORDS:
        for command in (names.slash(word), f"/{word}", f"/{OWN_PREFIX}{word}", f"/{word.upper()}"):
            assert names.word_of(command) == word


@pytest.mark.parametrize("command", ["/shrug", "", "/", "status please", "/mango-", "/dinonames"])
def test_other_commands_are_nobodys(command: str) -> None:
    assert NAMES.word_of(command) is None


def test_prefix_that_makes_a_taken_name() -> None:
    """Only `name` becomes Slack's `/rename`."""
    names = CommandNames(COMMANDS, "re")
    assert names.slash("name") == "/mango-name"
    assert names.slash("about") == "/reabout"


def test_sentences_name_commands_as_typed() -> None:
    names = CommandNames(COMMANDS, "dino-")
    assert names.spelled("See /help; /namer list.") == "See /dino-help; /dino-namer list."
    for other in ("https://example.org/help", "and/or/help", "/helpful", "/help-me"):
        assert names.spelled(other) == other
