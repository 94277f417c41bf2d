"""What may not be shown: looked for in everything that commands, buttons and announcements say.

A member who hides their collection, a name that was removed, and names with a word that the
community has blocked since are in the database; so are names with that word in what the network
writes.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import cast

import pytest
from simcord.backend.errors import SetupError

from bot.community.queries import Action, RecordEntry
from bot.creatures.profile import Profile
from bot.discoveries.queries import Discoveries
from bot.moderation.queries import Moderation
from bot.words.queries import WordFilters
from data.phrases import ENGLISH, Showable, in_language
from tests.bot.champions import crown
from tests.bot.chats.on_slack import SlackActor, SlackChat
from tests.bot.chats.protocol import Actor, Answer, Chat, Shown
from tests.bot.features.test_pseudo_language import AFTER, MOST_DEPTH, USES
from tests.bot.opened_polls import TEN_MINUTES

HIDDEN, REMOVED, BLOCKED = "Quibbler", "Vorpalosaurus", "blorb"
MARKERS = (HIDDEN.casefold(), REMOVED.casefold()[:6], BLOCKED)
OF_MODERATORS = ("moderate", "owner", "settings", "help")
"""Commands that show what was removed and blocked to those who decide about it, or run these."""


def found_in(*shown: Shown, hidden_id: int) -> set[str]:
    """What messages, their files and buttons say of what may not be shown."""
    told = [
        words.casefold()
        for each in shown
        for words in (
            each.words,
            *each.buttons,
            *(f"{file.name} {file.description}" for file in each.files),
            *(card.footer for card in each.cards),
        )
    ]
    return {marker for marker in (*MARKERS, str(hidden_id)) if any(marker in each for each in told)}


def drawn_texts(drawn: object) -> Iterator[str]:
    """The texts of what is drawn, as they are drawn."""
    match drawn:
        case Showable():
            yield in_language(drawn, ENGLISH).casefold()
        case str():
            yield drawn.casefold()
        case tuple() | list():
            for each in drawn:
                yield from drawn_texts(each)
        case _ if is_dataclass(drawn) and not isinstance(drawn, Profile):  # a plate has no text
            for each in fields(drawn):
                yield from drawn_texts(getattr(drawn, each.name))


async def crawl(
    who: Actor, answer: Answer, pressed: set[str], hidden_id: int, depth: int = 0
) -> set[str]:
    """What an answer and its buttons tell, each kind of which is pressed once."""
    shown = (answer, *answer.others)
    found = found_in(*shown, hidden_id=hidden_id)
    for each in shown if depth < MOST_DEPTH else ():
        for label in each.buttons:
            if (kind := f"{depth}{label}") in pressed:
                continue
            pressed.add(kind)
            with suppress(ValueError, SetupError):  # the button before has changed the message
                further = await who.press(each, label)
                found |= await crawl(who, further, pressed, hidden_id, depth + 1)
    return found


async def forbid(chat: Chat) -> Actor:
    """Put what may not be shown into the database. Returns the member who hides."""
    store, place, at = chat.app.store, chat.community_id, chat.now()
    quibbler = await chat.add_member(HIDDEN)
    ago = timedelta(minutes=1)
    for name in ("Hushosaurus", "Minmi"):
        own = quibbler.id
        await crown(store, name, 3, at=at, community_id=place, member_id=own, discoverer=HIDDEN)
    await crown(store, "Blorbosaurus", 5, at=at - ago, community_id=place, discoverer="Blorb")
    await crown(store, "Mangosaurus", 4, at=at - ago, community_id=place, discoverer="Blorb")
    await store[Discoveries].hide(place, quibbler.id, hidden=True)
    poll = await crown(store, REMOVED, at=at, community_id=place)
    entry = RecordEntry(Action.REMOVE_NAME, 1, at, place)
    await store[Moderation].remove_name(poll.id, 1, entry)
    await store[WordFilters].set_blocked_words(place, (f"{BLOCKED}*",))
    chat.app.filters.changed(place)
    chat.writer.names_found = ("blorbix", "bravosaurus", "kilosaurus")
    return quibbler


@pytest.mark.both
async def test_nothing_forbidden_is_shown(chat: Chat, subtests: pytest.Subtests) -> None:
    quibbler = await forbid(chat)
    chat.world.renderer.is_busy = False
    manager = await chat.add_administrator()
    pressed: set[str] = set()
    for command, given in (*USES, *AFTER):
        if command.startswith(OF_MODERATORS) or "blocked_words" in given:
            continue
        with subtests.test(command):
            answer = await manager.use(command, **given)
            assert await crawl(manager, answer, pressed, quibbler.id) == set()
    names = await quibbler.use("dinoname", count=2)
    assert found_in(names, hidden_id=quibbler.id) == set()
    await manager.press(names, names.buttons[0])
    await manager.use("settings", daily_channel=chat.channel, daily_hour=1, votes_needed=1)
    for command, option in (
        *(("dinosaur", "name"), ("sonnet", "about"), ("dissect", "name"), ("name", "namer")),
        ("dinoname", "starts_with"),
    ):
        for typed in ("", REMOVED[:3], BLOCKED, HIDDEN[:3]):
            found = await manager.suggestions(command, option, typed)
            labels = " ".join(choice.label.casefold() for choice in found)
            assert not any(marker in labels for marker in MARKERS if marker != typed), command
    await chat.pass_time(TEN_MINUTES + 60)  # the poll closes, the winner is announced
    await chat.pass_time(3600 * 24)
    history = chat.history()
    titles = [each.title for each in history if each.cards]
    assert any("chosen" in title for title in titles), titles
    assert any("dinosaur of the day" in title for title in titles), titles
    assert found_in(*history, hidden_id=quibbler.id) == set()
    drawn = {words for each in chat.world.renderer.drawn for words in drawn_texts(each)}
    assert len(drawn) > 3
    assert not [words for words in drawn if any(marker in words for marker in MARKERS)]


async def test_home(slack_chat: SlackChat) -> None:
    quibbler = await forbid(slack_chat)
    alice, store, place = slack_chat.alice, slack_chat.app.store, slack_chat.community_id
    at, own = slack_chat.now(), quibbler.id
    await crown(store, "Kilosaurus", 9, at=at, community_id=place, member_id=own, discoverer=HIDDEN)
    slack_chat.slack.state.open_home(alice.member)
    await slack_chat.settle()
    home = slack_chat.slack.home(alice.member)
    assert home is not None
    told = json.dumps(home.blocks).casefold()
    assert "today's champion" in told
    assert "kilosaurus" in told
    forbidden = (*MARKERS, str(own), cast(SlackActor, quibbler).member.id.casefold())
    assert not [marker for marker in forbidden if marker in told]
