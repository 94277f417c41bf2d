"""A database of 0.3.0 and the messages in its channel: every old button still answers."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.platforms.local.guild import ADMINISTRATOR, MEMBER_PERMISSIONS, User
from bot.platforms.local.limits import JSON
from bot.platforms.local.records import Interaction, Message
from bot.platforms.local.server import LocalDiscord
from bot.store import Database, url_of
from tests.bot.store import release_030 as old
from tests.end_to_end.conftest import mangosaurus

NOW = old.NOW + timedelta(minutes=8.5)
"""The polls of dinosaurs are over, the one of elves is open, and the trainings have died."""
ADA = User(str(old.ADA), "Ada", MEMBER_PERMISSIONS | ADMINISTRATOR)
BOB = User(str(old.BOB), "Bob", MEMBER_PERMISSIONS)
APOLOGIES = ("Sorry", "something went wrong")
CANDIDATES = ("Mangosaurus", "Manosaurus", "Manticurus")
DINOSAURS = "**Mangosaurus** · ▰ 1\n**Manosaurus** · ▰ 1\n**Manticurus**\n\nOnly 3 names begin so."


def button(label: str, custom_id: str) -> JSON:
    return {"type": 2, "style": 2, "label": label, "custom_id": custom_id}


class Museum:
    """The server whose channel has messages of 0.3.0."""

    def __init__(self, local: LocalDiscord) -> None:
        self.local = local
        local.state.guild.id = str(old.MUSEUM)
        local.state.guild.channel_id = str(old.CHANNEL)

    def post(
        self,
        *buttons: JSON,
        title: str = "",
        description: str = "",
        footer: str = "",
        message_id: int | None = None,
    ) -> Message:
        """Put a message into the channel, as 0.3.0 wrote it."""
        channel = self.local.state.channel
        message = channel.draft(self.local.state.guild.bot)
        if message_id is not None:
            message.id = str(message_id)
        embed = {"title": title, "description": description, "footer": {"text": footer}}
        payload: JSON = {"content": "A message"}
        if description:
            payload["embeds"] = [embed]
        payload["components"] = [{"type": 1, "components": list(buttons)}]
        channel.fill(message, payload, [])
        return channel.add(message)

    async def press(self, message: Message, label: str, by: User = BOB) -> Interaction:
        """Press a button. It must be answered, and not with an apology."""
        asked = await self.local.press(message, label, by=by, timeout_s=30)
        assert not asked.failed
        said = asked.message.content + str(asked.message.embeds)
        assert not any(apology in said for apology in APOLOGIES)
        return asked

    async def said(self, custom_id: str, by: User = BOB) -> str:
        """The text of the answer to a button of a message without names or verse."""
        asked = await self.press(self.post(button("Old", custom_id)), "Old", by)
        return asked.message.content


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the database of 0.3.0."""
    url = url_of(None, tmp_path_factory.mktemp("release_030"))

    async def fill() -> None:
        database = Database(url)
        await old.fill(database)
        await database.close()

    asyncio.run(fill())
    assert url.database is not None
    return Path(url.database)


@pytest.fixture
async def museum(local: LocalDiscord, tmp_path: Path, filled: Path) -> AsyncIterator[Museum]:
    tmp_path.joinpath("state").mkdir()
    shutil.copyfile(filled, tmp_path / "state" / filled.name)
    museum = Museum(local)
    museum.post(
        button("Mangosaurus · 1", f"vote:{old.OPEN}:0"),
        button("More", "names:3:0.8:man:us::11"),
        button("Dissect", "dissect:"),
        title="🦕 3 new dinosaurs",
        description=DINOSAURS,
        message_id=old.OPEN + 100,
    )
    async with mangosaurus(local, tmp_path / "state", now=lambda: NOW):
        yield museum


def names_on(message: Message) -> list[str]:
    """The names on a message, without a note below them."""
    return re.findall(r"\*\*(.+)\*\*", message.embed["description"])


async def test_due_poll_is_closed(museum: Museum) -> None:
    poll = museum.local.messages[0]
    await museum.local.wait_for(lambda: poll.edited, what="The result")
    assert poll.content.startswith(
        "The poll is closed: Mangosaurus has won. It tied with Manosaurus"
    )
    assert poll.embed["description"].startswith("👑 **Mangosaurus** · ▰ 1")
    assert names_on((await museum.press(poll, "More")).message)
    which = await museum.press(poll, "Dissect")
    assert [one.label for one in which.message.buttons] == list(CANDIDATES)


async def test_names(museum: Museum) -> None:
    """Dissect had no state: the names are on the message."""
    message = museum.post(
        button("Kilosaurus · 1", f"vote:{old.SPLIT}:0"),
        button("More", "names:3:0.8:man:us::11"),
        button("Dissect", "dissect:"),
        title="🦕 3 new dinosaurs",
        description=DINOSAURS,
        footer="temperature 1 · seed 3893353276",
    )
    late = await museum.press(message, "Kilosaurus · 1")
    assert late.message.content == "This poll is closed: Limasaurus has won."
    more = await museum.press(message, "More")
    assert all(re.fullmatch("Man.{6}us", name) for name in names_on(more.message))
    which = await museum.press(message, "Dissect")
    assert [one.label for one in which.message.buttons] == list(CANDIDATES)
    one = museum.post(button("Mangosaurus", "dissect:mangosaurus"))
    assert (await museum.press(one, "Mangosaurus")).message.embed["title"] == "🔬 Mangosaurus"


async def test_names_of_custom_model(museum: Museum) -> None:
    poll = museum.post(
        button("Galarond", f"vote:{old.ELVES_OPEN}:0"),
        button("More", "name:1:3:1:G:::"),
        button("Dissect", "dissect:#1:"),
        title="🪶 Elves: 3 new names",
        description="**Galarond**\n**Gildoriel**\n**Glúthien** · ▰ 1",
        footer="temperature 1 · seed 1",
        message_id=old.ELVES_OPEN + 100,
    )
    voted = await museum.press(poll, "Galarond")
    await museum.local.wait_for(lambda: voted.followups, what="The receipt")
    assert "You voted for **Galarond**." in voted.message.content
    assert "**Galarond** · ▰ 1" in poll.embed["description"]
    more = await museum.press(poll, "More")
    assert more.message.embed["title"].startswith("🪶 Elves: ")
    assert all(name.startswith("G") for name in names_on(more.message))
    which = await museum.press(poll, "Dissect")
    assert [one.label for one in which.message.buttons] == ["Galarond", "Gildoriel", "Glúthien"]
    picture = await museum.press(which.message, "Galarond")
    assert picture.message.embed["title"] == "🔬 Galarond"


async def test_poem(museum: Museum) -> None:
    """Another and Keep had no state: opening, form and verse are on the message."""
    poem = museum.post(
        button("Another", "sonnet:"),
        button("Keep", "keep:"),
        title="📜 Rhyming couplets",
        description=old.POEM,
        footer="From “Shall I ” · couplets · temperature 0.8 · seed 7",
    )
    another = await museum.press(poem, "Another")
    await museum.local.wait_for(lambda: another.message.buttons, timeout_s=40, what="The poem")
    assert another.message.embed["description"].startswith("Shall I ")
    assert " · couplets · temperature 0.8 · " in another.message.embed["footer"]["text"]
    kept = await museum.press(poem, "Keep")
    assert kept.message.content == "Kept. You have 2 poems: /poems"
    again = await museum.press(poem, "Keep")
    assert again.message.content == "You've kept this one already. You have 2 poems: /poems"
    book = museum.post(button("Older", "poems:show:1"), button("Throw away", "poems:drop:0:3"))
    assert (await museum.press(book, "Older")).message.embed["footer"]["text"].startswith("2 of 2")


async def test_hall_of_fame(museum: Museum) -> None:
    about = museum.post(button("A poem about it", "about:Limasaurus"))
    poem = await museum.press(about, "A poem about it")
    assert poem.message.embed["description"].startswith("Limasaurus, ")
    for state in ("ever:server:1:", "ever:all:0:", f"week:mine:0:{old.BOB}"):
        page = museum.post(button("More", f"fame:{state}"))
        shown = await museum.press(page, "More")
        text = shown.message.embed.get("title", "") or shown.message.content
        assert text.startswith(("🏛️ Best names: ", "No name has won a poll yet")), state
    other = await museum.said(f"fame:ever:mine:1:{old.ADA}")
    assert other == "These names are someone else's. See yours with /halloffame."


async def test_models(museum: Museum) -> None:
    page = museum.post(button("Newer", "models:page:names:0"))
    shown = await museum.press(page, "Newer")
    assert shown.message.embed["title"] == "Versions of names"
    assert "Only administrators" in await museum.said("models:use:4")
    assert "Version 2 of names is live already." in await museum.said("models:use:2", ADA)
    assert "Version 5 of names can't be used." in await museum.said("models:use:5", ADA)
    back = await museum.local.run_command("models rollback", {"task": "names"}, by=ADA)
    assert "of names is live again." in back.message.content
    assert "Version 2 of names is live now." in await museum.said("models:use:2", ADA)


async def test_trainings(museum: Museum) -> None:
    """Those of 0.3.0 ended with it, so nothing is left to stop."""
    ended = "This training has already ended."
    assert "Only administrators" in await museum.said("retrain:stop")
    assert await museum.said("retrain:stop", ADA) == ended
    assert await museum.said(f"namer:stop:{old.TOWNS}", ADA) == ended
    assert "Only server managers" in await museum.said(f"namer:delete:{old.TOWNS}")
    assert await museum.said(f"namer:delete:{old.TOWNS}", ADA) == "Towns was deleted."


async def test_privacy(museum: Museum) -> None:
    assert "Everything that the bot stores" in await museum.said("privacy:all")
    assert "Delete your data?" in await museum.said("privacy:ask")
    assert await museum.said("privacy:yes") == "Done. The bot no longer stores anything about you."
    asked = await museum.local.run_command("privacy", by=BOB)
    assert "The bot stores nothing about you." in asked.message.embed["description"]
