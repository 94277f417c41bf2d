"""Hostile text that is not typed as an option: from networks, names, files, and the database."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.platforms.slack.names import SHORTCUT
from bot.words.queries import WordFilters
from models.training.events import Done, Failed, Planned, Progress, Samples
from tests.bot.champions import crown
from tests.bot.chats.on_slack import SlackChat
from tests.bot.names.test_name import learned
from tests.bot.opened_polls import TEN_MINUTES, first_message, members
from tests.bot.platforms.slack.hostile import inertness
from tests.bot.platforms.slack.hostile.inertness import TEXTS
from tests.bot.tiny import tiny_namer
from tests.texts import written

USABLE = {
    kind: text.encode("utf-8", "ignore").decode().replace("\0", "") for kind, text in TEXTS.items()
}
"""What files, networks and databases can hold."""


@pytest.fixture
async def hostile(
    slack_chat: SlackChat, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[SlackChat]:
    """Nothing that is sent there is more than text, and some of it is the hostile one."""
    yield slack_chat
    inertness.assert_inert(slack_chat.session.sent)
    assert inertness.is_shown(slack_chat.session.sent)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("start", range(0, len(TEXTS), 5))
async def test_words_of_networks(hostile: SlackChat, start: int) -> None:
    """On cards, their buttons and winners, in poems, and in App Home."""
    chat, texts = hostile, [*USABLE.values()][start : start + 5]
    names = tuple(text[:60] for text in texts)
    chat.writer.names_found = (*names, *(f"{name[:50]}saurus" for name in names))
    chat.writer.verse[:5] = [text[:3000] for text in texts]
    await chat.alice.use("dinoname", count=10)
    for label in first_message(chat).buttons[:5]:
        voted = await chat.alice.press(first_message(chat), label)
        await chat.alice.press(voted.others[0], "Take it back")
    (bob,) = await members(chat, 1)
    await bob.press(first_message(chat), first_message(chat).buttons[1])
    await chat.alice.press(first_message(chat), "Dissect")
    await chat.pass_time(TEN_MINUTES + 60)
    poem = await chat.alice.use("sonnet")
    await chat.alice.press(poem, "Keep")
    for command in ("poems", "export", "halloffame", "champion", "privacy"):
        await chat.alice.use(command)
    chat.slack.open_home(chat.alice.member)
    await chat.settle()


async def test_names_of_members(hostile: SlackChat) -> None:
    """In what everybody sees, and in the reports of moderation."""
    chat = hostile
    for text in TEXTS.values():
        mallory = await chat.add_member(text[:200], is_admin=True)
        log = await chat.add_channel(text[:200])
        await mallory.use("moderate log", channel=log)
        await mallory.use("moderate block", member=chat.alice)
        await mallory.use("moderate unblock", member=chat.alice)
        shown = await mallory.use("dinoname", count=1)
        await chat.alice.press(shown, "Mangosaurus")
    await mallory.use("moderate record")
    await chat.pass_time(TEN_MINUTES + 60)


async def test_files(hostile: SlackChat, tmp_path: Path) -> None:
    """Their names, what is in them, and what a trainer says of them."""
    chat = hostile
    boss = await chat.add_operator()
    weights = tmp_path / "new.safetensors"
    weights.write_bytes(tiny_namer([f"Elf{chr(97 + n)}rond" for n in range(25)]))
    await chat.restart(namers_per_guild=50)
    for number, text in enumerate(USABLE.values()):
        name = f"elves {number}"
        entries = [f"{text.split(chr(10))[0][:40]}{chr(97 + n)}" for n in range(25)]
        content = "\n".join(entries).encode()
        chat.world.training[:] = [
            Planned(100, text[:200], (written(text[:200]),)),
            Progress(50, 100, 1.9, 1.8, 50_000, 6),
            Samples(50, (text[:40],)),
            Done(weights, tmp_path / "new.png", 1.25, (text[:40],), 7),
        ]
        await boss.use("namer create", name=name, file=(f"{text[:80]}.txt", content))
        await boss.use("namer info", name=name)
        await boss.use("namer import", name="orcs", file=(f"{text[:80]}.safetensors", content))
        chat.world.training[:] = [Failed(text[:400])]
        await boss.use("retrain names", corpus=(f"{text[:80]}.txt", content))
    assert len(chat.world.trainers) > len(USABLE) // 2  # the files were read
    await boss.use("namer list")


async def test_stored_words(hostile: SlackChat) -> None:
    """Of another version, or another platform, which let more pass."""
    chat, texts = hostile, [text[:60] for text in USABLE.values()]
    boss = await chat.add_operator()
    for number, text in enumerate(texts):
        facts: dict[str, Any] = {"community_id": chat.community_id, "discoverer": text}
        at = chat.now() + timedelta(seconds=number)
        await crown(chat.app.store, text, 1, at=at, namer=text, **facts)
        await learned(chat, name=text[:30], community_id=77 + number, shared=True)
    words = tuple(text[:30] for text in texts)
    await chat.app.store[WordFilters].set_blocked_words(chat.community_id, ("mud", *words))
    chat.slack.workspace.name = " ".join(texts)
    await chat.restart()
    hall = await boss.use("halloffame")
    await boss.press(hall, "More")
    for command in ("champion", "settings", "about", "owner servers", "help"):
        await boss.use(command)
    for text in texts:
        await boss.use("name", namer=text[:30])
        await boss.use("moderate winner", name=text)


async def test_message_of_the_shortcut(hostile: SlackChat) -> None:
    chat = hostile
    for text in TEXTS.values():
        said = chat.slack.say(chat.alice.member, text[:200])
        chat.slack.shortcut(chat.alice.member, SHORTCUT, said)
        await chat.settle()


async def test_suggestions(slack_chat: SlackChat) -> None:
    """What is typed becomes a suggestion itself."""
    chat = slack_chat
    for number, text in enumerate(USABLE.values()):
        await learned(chat, name=text[:30], community_id=77 + number, shared=True)
    for text in TEXTS.values():
        for command, option in (
            ("name", "namer"),
            ("sonnet", "about"),
            ("dissect", "name"),
            ("dinosaur", "name"),
        ):
            await chat.alice.suggestions(command, option, text)
            asked = chat.slack.state.interactions[-1]
            inertness.assert_inert_parts(json.loads(json.dumps(asked.acknowledgements)))
