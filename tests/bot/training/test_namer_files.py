"""`/namer export` and `import`."""

import asyncio
import pickle
import threading
import time

import numpy as np
import pytest
from safetensors.numpy import save

from bot.chat.message import UserError
from bot.trainer.queries import CustomModels
from bot.training import namer, requests
from bot.training.namer import CorpusOptions, ImportOptions
from bot.words import WordFilter
from tests.bot.chats.protocol import Chat
from tests.bot.tiny import tiny_namer
from tests.bot.training.lists import ELVES, LIST, create, namers, zipped
from tests.bot.turns import COMMUNITY, FakePlatform, FakeTurn


@pytest.mark.both
async def test_export_and_import(teachable: Chat) -> None:
    await create(teachable)
    exported = await (await teachable.add_manager()).use("namer export", name="elves")
    assert exported.is_private
    (file,) = exported.files
    assert file.name == "elves.safetensors"
    content = tiny_namer(ELVES, validation=1.25, kneser_ney=1.5, measured=150)
    steward = await teachable.add_manager()
    result = await steward.use("namer import", name="Eldar", file=("elves.safetensors", content))
    assert result.title == "✅ Eldar is ready"
    assert "most new names will be shuffles" in (result.card.body)
    model = await teachable.app.store[CustomModels].named(teachable.community_id, "eldar")
    assert model is not None
    assert (await teachable.app.custom_models.load(model)).words == tuple(
        sorted(map(str.lower, ELVES))
    )
    again = await steward.use("namer retrain", name="Eldar")
    assert "Eldar was imported without its list." in again.text


class Bomb:
    """Code that runs when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("a pickle was loaded",))


GOOD = tiny_namer(ELVES)
HOSTILE = {
    "a pickle": pickle.dumps(Bomb()),
    "truncated": GOOD[: len(GOOD) // 2],
    "a long header": (2**62).to_bytes(8, "little") + GOOD[8:],
    "foreign": save({"a": np.zeros(3, np.float32)}, {"format": "pt"}),
    "without a card": save({"a": np.zeros(3, np.float32)}),
    "a zip": zipped(),
    "empty": b"",
    "text": LIST,
    "five megabytes": GOOD + b"\0" * (5 * 2**20),
    "vile names": tiny_namer([*ELVES, "Fuckrond"]),
    "figures out of this world": tiny_namer(ELVES, validation=10**400),
    "a measure below nothing": tiny_namer(ELVES, measured=-1),
    "another kind": tiny_namer(ELVES, kind="sonnets"),
    "invisible characters": tiny_namer([*ELVES, "a\u202eb"]),
    "a vast alphabet": tiny_namer([*ELVES, *map(chr, range(0x4E00, 0x5000))]),
}


async def test_hostile_file_is_refused(chat: Chat, subtests: pytest.Subtests) -> None:
    steward = await chat.add_manager()
    for kind, content in HOSTILE.items():
        with subtests.test(kind):
            result = await steward.use(
                "namer import", name="elves", file=("elves.safetensors", content)
            )
            said = result.text
            assert said
            assert "Sorry" not in said
            assert "Traceback" not in said
            assert await namers(chat) == []


class Upload:
    """A file that looks which namers are stored when it is downloaded."""

    name, size = "elves.safetensors", len(GOOD)

    def __init__(self, chat: Chat, found: list[int]) -> None:
        self._chat, self._found = chat, found

    async def read(self) -> bytes:
        self._found.append(len(await self._chat.app.store[CustomModels].of(COMMUNITY)))
        return GOOD


async def test_uploads_wait_before_they_are_downloaded(chat: Chat) -> None:
    """However many come at once, only one of them is in memory."""
    found: list[int] = []
    turns = [FakeTurn(FakePlatform()) for _ in range(4)]
    imports = [
        namer.import_(chat.app, turn, ImportOptions(f"elves {number}", Upload(chat, found)))
        for number, turn in enumerate(turns)
    ]
    await asyncio.gather(*imports)
    assert found == [0, 1, 2, 3]


async def test_uploads_wait_for_a_limited_time(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "PATIENCE_S", 0.0)
    options = ImportOptions("elves", Upload(chat, []))
    async with chat.app.training.uploads:
        with pytest.raises(UserError, match="Too many files"):
            await namer.import_(chat.app, FakeTurn(FakePlatform()), options)
    await namer.import_(chat.app, FakeTurn(FakePlatform()), options)


async def test_upload_is_checked_for_a_limited_time(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(namer, "CHECKING_S", 0.0)
    steward = await chat.add_manager()
    for command, content in (("create", LIST), ("import", GOOD)):
        result = await steward.use(f"namer {command}", name="elves", file=("elves.txt", content))
        assert "takes too long to check" in result.text
    assert not await namers(chat)


async def test_upload_is_not_checked_further_when_its_answer_is_cut_off(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the bot could not stop, which waits for threads."""
    begun, go_on = threading.Event(), threading.Event()
    checked: list[str] = []

    def allows(_words: WordFilter, text: str) -> bool:
        if text in ELVES:
            checked.append(text)
            begun.set()
            go_on.wait(5)
        return True

    monkeypatch.setattr(WordFilter, "allows", allows)
    options = CorpusOptions("elves", text=",".join(ELVES))
    answer = asyncio.create_task(namer.create(chat.app, FakeTurn(FakePlatform()), options))
    assert await asyncio.to_thread(begun.wait, 5)
    answer.cancel()
    await asyncio.wait((answer,))
    go_on.set()
    await asyncio.to_thread(time.sleep, 0.2)  # the loop's clock stands still
    assert len(checked) == 1
