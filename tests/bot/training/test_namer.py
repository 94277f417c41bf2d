"""`/namer`."""

import asyncio
import pickle
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save

from bot.chat.message import Button, Message, UserError
from bot.chat.turn import MessageRef, Unreachable
from bot.text.spans import plain
from bot.trainer.queries import CustomModels
from bot.trainer.service import names_of
from bot.training import namer, requests
from bot.training.custom_model_messages import judgement
from bot.training.namer import (
    CorpusOptions,
    ImportOptions,
    check_corpus,
    check_import,
    lines_of,
    new_name,
)
from bot.words import WordFilter
from models.names.generator import count_parameters
from models.networks.lstm import LSTM
from models.networks.mixture import Mixture
from models.training.events import Failed
from models.weights import Trained, load_shipped
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.protocol import Chat
from tests.bot.fakes import card
from tests.bot.names.test_name import learned
from tests.bot.tiny import tiny_namer
from tests.bot.training.lists import (
    ELVES,
    LIST,
    create,
    namers,
    report,
    report_message,
    stored_namer,
    zipped,
)
from tests.bot.turns import COMMUNITY, FakePlatform, FakeTurn
from tests.texts import written


@pytest.fixture
async def elvish(teachable: Chat) -> Chat:
    """Where a namer was made of the list `ELVES`."""
    await create(teachable)
    return teachable


# To make one


@pytest.mark.both
async def test_create(elvish: Chat) -> None:
    shown = report(elvish)
    assert shown.title == "✅ elves is ready"
    text = shown.body
    assert text.startswith("elves.txt\n30 names\n\nMangosaurus\n")
    assert "It has learned the style of the list. With 30 names on the list, most new" in text
    assert text.endswith("/name namer:elves.")
    assert dict(shown.fields) == {"Training time": "7 s"}
    details = await elvish.alice.press(report_message(elvish), "Details")
    losses = "validation loss 1.250 nats/char · Kneser-Ney 1.500 nats/char"
    assert details.text.startswith(losses)


async def test_trainer_gets_the_list_as_written(teachable: Chat) -> None:
    before = [f"Doe, {name}" for name in ELVES]
    await create(teachable, content="\n".join(f'"{entry}"' for entry in before).encode())
    (trainer,) = teachable.world.trainers
    assert trainer.request.recipe == "list"
    assert names_of(trainer.request.corpus or b"") == tuple(before)
    assert trainer.corpus is not None
    assert trainer.corpus.name == "elves.txt"
    assert not trainer.corpus.exists()
    found = await stored_namer(teachable)
    assert await teachable.app.store[CustomModels].corpus(found.id) == tuple(before)


async def test_names_can_be_typed(teachable: Chat) -> None:
    result = await (await teachable.add_manager()).use(
        "namer create", name="Sea  elves", text="; ".join(ELVES)
    )
    assert "Training Sea elves." in result.text
    assert (report(teachable).body).startswith("The list\n30 names")


async def test_bad_name_is_refused(chat: Chat, subtests: pytest.Subtests) -> None:
    steward = await chat.add_manager()
    for name, why in [
        ("", "1 to 32 characters"),
        ("@everyone", "letters, digits"),
        ("<@123456>", "letters, digits"),
        ("**bold**", "letters, digits"),
        ("a\u202eb", "letters, digits"),
        ("---", "letters, digits"),
        ("fuck", "isn't allowed"),
    ]:
        with subtests.test(name):
            result = await steward.use("namer create", name=name or " ", file=("elves.txt", LIST))
            assert why in result.text
            assert result.is_private
            assert not chat.world.trainers


async def test_long_texts_are_refused(chat: Chat) -> None:
    """A platform may let them pass."""
    for name in ("x" * 33, "x" * 10_000, "a" + " " * 200):
        with pytest.raises(UserError, match="1 to 32 characters"):
            await new_name(chat.app, name, chat.community_id)
    with pytest.raises(UserError, match="too long to type"):
        check_corpus(CorpusOptions("elves", text="x," * 4000), needed=True)


async def test_file_or_text_but_not_both(chat: Chat) -> None:
    steward = await chat.add_manager()
    neither = await steward.use("namer create", name="elves")
    assert "text:" in neither.text
    both = await steward.use("namer create", name="elves", file=("elves.txt", LIST), text="a, b")
    assert "not both" in both.text


async def test_bad_list_is_refused(chat: Chat, subtests: pytest.Subtests) -> None:
    steward = await chat.add_manager()
    for content, why in [
        (b"", "at least 20"),
        ("\n".join([*ELVES, "fuckrond"]).encode(), "Line 31: this word isn't allowed"),
        (zipped(), "isn't"),
        (b"A\n" * (3 * 2**19), "is 2 MiB"),
    ]:
        with subtests.test(why):
            result = await steward.use("namer create", name="elves", file=("elves.txt", content))
            assert why in result.text
            assert result.is_private
            assert not chat.world.trainers
            assert await namers(chat) == []


async def test_taken_name_and_quota(elvish: Chat) -> None:
    """They are refused before the file is read."""
    steward = await elvish.add_manager()
    result = await steward.use("namer create", name="ELVES", file=("elves.txt", b""))
    assert "There's already a namer called ELVES." in result.text
    await elvish.restart(namers_per_guild=1)
    for command in ("create", "import"):
        refused = await steward.use(f"namer {command}", name="dwarfs", file=("x", b"?"))
        assert "You can have at most 1 namer here. To make room, delete one" in refused.text


async def test_channel_without_permission(discord_chat: DiscordChat) -> None:
    discord_chat.home.env.inject_error(
        "POST", "/channels/*/messages", status=403, code=50013, message="Missing Permissions"
    )
    result = await (await discord_chat.add_manager()).use(
        "namer create", name="elves", file=("elves.txt", LIST)
    )
    assert "it can't post here" in result.text
    assert await namers(discord_chat) == []
    assert not discord_chat.world.trainers


async def test_failed_training_can_be_repeated(teachable: Chat) -> None:
    succeeding = list(teachable.world.training)
    teachable.world.training[:] = [Failed("There is no room on the disk.")]
    await create(teachable)
    assert report(teachable).title == "Training for elves failed"
    assert "/namer retrain name:elves" in report(teachable).body.replace("\\", "")
    asked = await teachable.alice.use("namer info", name="elves")
    assert "elves hasn't been trained yet." in asked.card.body
    teachable.world.training[:] = succeeding
    steward = await teachable.add_manager()
    await steward.use("namer retrain", name="elves")
    assert report(teachable).title == "✅ elves is ready"
    before = await stored_namer(teachable)
    teachable.world.training[:] = [Failed("No.")]
    await steward.use("namer retrain", name="elves", text=",".join(f"{n}x" for n in ELVES))
    assert "The namer works as before." in report(teachable).body
    assert await stored_namer(teachable) == before


# Who may


class UnreachableTurn(FakeTurn):
    """A member who is gone before the answer arrives."""

    async def respond(self, message: Message) -> MessageRef | None:
        raise Unreachable("the network is down")


async def test_lost_answer_keeps_the_namer(teachable: Chat) -> None:
    """Once its training is queued, a namer stays, whether or not the member hears of it."""
    guild = teachable.community_id
    turn = UnreachableTurn(FakePlatform(), community_id=guild)
    options = CorpusOptions("elves", text="\n".join(LIST.decode().split()))
    with pytest.raises(Unreachable):
        await namer.create(teachable.app, turn, options)
    (model,) = await teachable.app.store[CustomModels].of(guild)
    assert model.name == "elves"


# To look at them


async def test_empty_list(chat: Chat) -> None:
    result = await chat.alice.use("namer list")
    assert "/namer create" in result.text


async def test_list_and_info(elvish: Chat) -> None:
    """The list says how to use one that is trained."""
    elvish.world.training[:] = [Failed("broken")]
    await create(elvish, "dwarves")
    listed = (await elvish.alice.use("namer list")).body
    assert "dwarves · 30 names · not trained yet" in listed
    assert "elves · 30 names\n" in listed
    assert listed.endswith("/name namer:elves.")
    info = (await elvish.alice.use("namer info", name="ELVES")).card
    assert "It has learned the style of the list." in info.body
    assert info.fields["List"] == "elves.txt"


@pytest.mark.both
async def test_suggestions(elvish: Chat) -> None:
    steward = await elvish.add_manager()
    for verb in ("info", "retrain", "share", "delete", "export"):
        offered = await steward.suggestions(f"namer {verb}", "name", "EL")
        assert [choice.value for choice in offered] == ["elves"]


# To change them


async def test_retrain_on_a_new_list(elvish: Chat) -> None:
    towns = "\n".join(f"{name}ton" for name in ELVES)
    await (await elvish.add_manager()).use(
        "namer retrain", name="elves", file=("towns.csv", towns.encode())
    )
    found = await stored_namer(elvish)
    assert found.title == "towns.csv"
    assert (await elvish.app.store[CustomModels].corpus(found.id))[0] == "Galadrielton"


@pytest.mark.both
async def test_delete_asks_first(elvish: Chat) -> None:
    steward = await elvish.add_manager()
    kept = await steward.press(await steward.use("namer delete", name="elves"), "Cancel")
    assert "elves wasn't deleted." in kept.text
    assert [*kept.buttons] == []
    assert await stored_namer(elvish)
    asked = await steward.use("namer delete", name="elves")
    assert "This can't be undone." in asked.text
    assert [*asked.buttons] == ["Delete", "Cancel"]
    await elvish.restart()
    asked = await steward.press(asked, "Delete")
    assert "elves was deleted." in asked.text
    assert [*asked.buttons] == []
    assert await namers(elvish) == []


async def test_forged_buttons_do_nothing(elvish: Chat, subtests: pytest.Subtests) -> None:
    """Of members, and of the managers of other communities."""
    theirs = await learned(elvish, name="secrets", community_id=4242)
    steward = await elvish.add_manager()
    for state in [f"delete:{theirs.id}", "delete:x", "melt:1", "delete:999"]:
        with subtests.test(state):
            message = Message(buttons=(Button(written("Delete"), "namer", state),))
            refused = (await steward.press(await elvish.show(message), "Delete")).text
            assert "no namer with that name" in refused or "another version" in refused
    for state in ["delete:1", "stop:1"]:
        with subtests.test(state):
            message = Message(buttons=(Button(written("Delete"), "namer", state),))
            refused = (await elvish.alice.press(await elvish.show(message), "Delete")).text
            assert f"Only {elvish.terms.community} managers can do that." in refused
    assert await stored_namer(elvish)
    assert await elvish.app.store[CustomModels].get(theirs.id) is not None


# To share them


async def test_share(elvish: Chat) -> None:
    steward = await elvish.add_manager()
    on = await steward.use("namer share", name="elves")
    assert f"Other {elvish.terms.communities} can now use elves." in on.text
    assert f"that this {elvish.terms.community} shares it, but not its list." in on.text
    off = await steward.use("namer share", name="elves", on=False)
    assert f"Only this {elvish.terms.community} can use elves now." in off.text


async def test_cooldowns(elvish: Chat) -> None:
    """`/namer list` and `/namer share` have their own. A list that was read in vain costs one."""
    await elvish.restart(cooldown_seconds=10)
    steward = await elvish.add_manager()
    commands: dict[str, dict[str, str]] = {
        "namer list": {},
        "namer share": {"name": "elves"},
        "namer create": {"name": "dwarfs", "text": "Galadriel"},
    }
    for command, options in commands.items():
        first = await steward.use(command, **options)
        assert "too fast" not in first.text
        assert "too fast" in (await steward.use(command, **options)).text


# `/namer export` and `import`


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


# Checks of imported namers


@pytest.fixture(scope="module")
def shipped() -> Trained:
    trained = load_shipped("names")
    return replace(trained, words=trained.words[:10])


def test_network_of_many_parameters_is_refused(
    shipped: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would keep others waiting. The shipped network would not."""
    check_import(shipped, WordFilter().allows)
    count = count_parameters(shipped.network)
    monkeypatch.setattr(namer, "MOST_PARAMETERS", count - 1)
    with pytest.raises(UserError, match=f"has {count:,} parameters"):
        check_import(shipped, WordFilter().allows)


def test_ngrams_are_no_parameters(shipped: Trained) -> None:
    network = shipped.network
    assert isinstance(network, Mixture)
    lstms = [member for member in network.members if isinstance(member, LSTM)]
    assert 0 < len(lstms) < len(network.members)
    assert count_parameters(network) == sum(map(count_parameters, lstms))


# How good a custom model is, in words


STYLE = "It has learned the style of the list."
NO_GAIN = "It has only learned which letters follow each other."
UNKNOWN = "Its quality couldn't be measured."
FEW = (
    " With 150 names on the list, most new names will be shuffles of them. A longer list gives "
    "more variety."
)
ROUGH = (
    " This is a rough guess, because the namer was tested on only 25 names that it hadn't "
    "seen before."
)


@pytest.mark.parametrize(
    ("entries", "figures", "said"),
    [
        (1500, (1.3, 1.5, 150), STYLE),
        (1500, (1.5, 1.5, 150), NO_GAIN),
        (1500, (1.4999, 1.5001, 150), NO_GAIN),
        (1500, (1.6, 1.5, 150), NO_GAIN),
        (250, (1.3, 1.5, 25), STYLE + ROUGH),
        (150, (1.3, 1.5, 15), STYLE + FEW),
        (150, (1.6, 1.5, 40), NO_GAIN + FEW),
        (150, (None, None, None), UNKNOWN + FEW),
        (1500, (None, None, 0), UNKNOWN),
        (1500, (1.3, None, None), UNKNOWN),
    ],
)
def test_judgement(
    entries: int, figures: tuple[float | None, float | None, int | None], said: str
) -> None:
    validation, kneser_ney, measured = figures
    shown = card("names", validation=validation, kneser_ney=kneser_ney, measured=measured)
    assert plain(judgement(shown, entries)) == said


def test_typed_names_are_separated() -> None:
    """By commas, semicolons or lines."""
    assert lines_of(" Ann, Bo;Cy\n\nDee ,,") == b"Ann\nBo\nCy\nDee"
