"""App Home."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from bot.chat.app import App, MemberPage
from bot.chat.commands import Audience
from bot.chat.message import Button, Embed, Message
from bot.features import REGISTRY, member_page
from bot.help.help import examples_for
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.views.home import home_view, view_of
from bot.store import Database, Unavailable
from bot.text.spans import text
from bot.verse.queries import Poems
from simulators.slack.blocks import check_view, texts
from tests.bot.conftest import World
from tests.bot.platforms.slack.commands import COMMANDS, NAMES
from tests.bot.turns import ADA, COMMUNITY, FakePlatform, FakeTurn
from tests.texts import written

POEM = "Shall I compare thee"
ALL = {each: examples_for(REGISTRY, (each,), is_guest=False) for each in Audience}


@pytest.fixture
async def app(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    """The services, which have as long as a slow machine needs."""
    monkeypatch.setattr(member_page, "PATIENCE_S", 60.0)
    made = world.make_app()
    yield made
    await made.store.close()
    await made.inference.close()


def words_of(view: dict[str, Any]) -> str:
    """All words in a view, which the simulated Slack accepts."""
    check_view(view, "home")
    return "\n".join(texts(view["blocks"]))


async def home_of(app: App, audience: Audience = Audience.EVERYONE) -> str:
    """The words of the home tab of a member with some rights."""
    user = replace(
        ADA,
        is_moderator=audience >= Audience.MODERATORS,
        is_manager=audience >= Audience.MANAGERS,
        is_administrator=audience >= Audience.ADMINISTRATORS,
    )
    return words_of(await home_view(app, FakeTurn(FakePlatform(), user), NAMES))


def test_home_has_all_parts() -> None:
    page = MemberPage(
        ALL,
        Message(embeds=(Embed(written("👑 Today's champion"), (text(written("Mangosaurus")),)),)),
        Message(
            embeds=(Embed(written("Sonnet"), (text(written(POEM)),)),),
            buttons=(Button(written("Older"), "book"),),
        ),
        Message(
            text(written("The bot stores nothing about you.")),
            buttons=(Button(written("Delete my data"), "drop"),),
        ),
    )
    view = view_of(page, NAMES)
    words = words_of(view)
    parts = ("Mangosaurus", "/dinoname starts_with:mango", "For moderators", "/mango-status", POEM)
    more = ("/export", "Your data", "stores nothing", "Delete my data", "Write a sonnet")
    assert [each for each in parts + more if each not in words] == []
    assert "Older" not in words
    kinds = [block["type"] for block in view["blocks"]]
    assert kinds[:4] == ["header", "actions", "divider", "header"]
    assert "/dino-sonnet" in words_of(view_of(page, CommandNames(COMMANDS, "dino-")))


def test_longest_home_is_accepted() -> None:
    lines = tuple(text(written("line <@U123> " * 200)) for _number in range(40))
    message = Message(
        embeds=(Embed(written("t" * 300), lines),) * 5,
        buttons=(Button(written("Delete my data"), "drop"),),
    )
    view = view_of(MemberPage(ALL, message, message, message), NAMES)
    assert len(view["blocks"]) <= 100
    assert words_of(view).count("Delete my data") == 1


@pytest.mark.parametrize(
    ("audience", "shown", "hidden"),
    [
        (Audience.EVERYONE, "/sonnet", "/moderate"),
        (Audience.MODERATORS, "/moderate", "/settings"),
        (Audience.MANAGERS, "/settings", "/owner"),
        (Audience.ADMINISTRATORS, "/retrain", "/owner"),
    ],
)
async def test_members_see_what_they_can_do(
    app: App, audience: Audience, shown: str, hidden: str
) -> None:
    app.homes.add(COMMUNITY)
    words = await home_of(app, audience)
    assert shown in words
    assert hidden not in words


async def test_home_shows_the_newest_poem(app: App) -> None:
    assert "haven't kept any poems" in await home_of(app)
    await app.store[Poems].keep(ADA.id, COMMUNITY, 1, "A sonnet", POEM, app.now())
    words = await home_of(app)
    assert POEM in words
    assert "1 poem" in words


async def test_silent_database_leaves_what_needs_none(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "reading", Mock(side_effect=Unavailable))
    words = await home_of(app)
    assert "/dinoname" in words
    assert words.count("can't be shown at the moment") == 3
