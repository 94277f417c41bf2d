"""Lists of names for `/namer`, and a bot that learns them."""

import io
import zipfile
from pathlib import Path

from bot.trainer.queries import CustomModelRecord, CustomModels
from models.training.events import Done, Planned, Progress, Samples
from tests.bot.chats.protocol import Card, Chat, Shown
from tests.bot.tiny import tiny_namer
from tests.texts import written

ELVES = tuple(
    f"{first}{last}"
    for first in ("Gal", "Cel", "Fin", "Lú", "Thran")
    for last in ("adriel", "ebor", "uwen", "rond", "ithiel", "arel")
)
LIST = "\n".join(ELVES).encode()


def report_message(chat: Chat) -> Shown:
    """The ordinary message that a training reports in."""
    return next(m for m in reversed(chat.history()) if m.cards)


def report(chat: Chat) -> Card:
    """Its card."""
    return report_message(chat).card


async def stored_namer(chat: Chat, name: str = "elves") -> CustomModelRecord:
    found = await chat.app.store[CustomModels].named(chat.community_id, name)
    assert found is not None
    return found


async def namers(chat: Chat) -> list[str]:
    return [model.name for model in await chat.app.store[CustomModels].of(chat.community_id)]


def teach(chat: Chat, tmp_path: Path) -> Chat:
    """Let all trainings succeed."""
    weights = tmp_path / "new.safetensors"
    weights.write_bytes(tiny_namer(ELVES, validation=1.25, kneser_ney=1.5, measured=150))
    chat.world.training[:] = [
        Planned(
            100, "elves.txt", (written('The heading "name" was skipped.'),)
        ),  # of the stored table
        Progress(50, 100, 1.9, 1.8, 50_000, 6),
        Samples(50, ("Galuwen", "Shitrond")),
        Done(weights, tmp_path / "new.png", 1.25, ("Galuwen",), 7),
    ]
    return chat


async def create(chat: Chat, name: str = "elves", content: bytes = LIST) -> None:
    result = await (await chat.add_manager()).use(
        "namer create", name=name, file=("elves.txt", content)
    )
    assert f"Training {name}. Follow along: " in result.text, result.text


def zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("elves.txt", LIST)
    return archive.getvalue()
