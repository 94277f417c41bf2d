"""`/retrain`."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.trainer.queries import Trainings, Versions
from models.fingerprints import Fingerprints
from models.training.events import Done, Failed, Planned, Progress
from models.weights import save_weights
from tests.bot.champions import crown
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.protocol import Chat
from tests.bot.training.lists import report, report_message
from tests.models.tiny import namer, poet
from tests.texts import written

NAMES = "\n".join(f"{letter}osaurus" for letter in "abcdefghijklmnopqrstuvwxyz").encode()


def trains(
    chat: Chat, folder: Path, task: str = "names", *, reference_loss: float | None = 1.35
) -> None:
    """Let the next training succeed, with weights that are so good."""
    weights, plot = folder / "new.safetensors", folder / "new.png"
    made = namer() if task == "names" else poet()
    facts = replace(made.card, reference_loss=reference_loss, corpus="Mine")
    save_weights(weights, made.network.arrays(), facts, Fingerprints.of([]))
    weights.with_suffix(".json").write_text("{}")
    plot.write_bytes(b"\x89PNG curve")
    chat.world.training[:] = [
        Planned(100, "My corpus", (written("2 duplicates dropped."),)),
        Progress(50, 100, 1.9, 1.8, 50_000, 60),
        Done(weights, plot, 1.55, ("novosaurus", "shitosaurus"), 75),
    ]


@pytest.fixture
def trained(chat: Chat, tmp_path: Path) -> Chat:
    """A bot whose next training succeeds."""
    trains(chat, tmp_path)
    return chat


@pytest.mark.both
async def test_training_is_reported_and_served(trained: Chat) -> None:
    ada = await trained.add_administrator()
    result = await ada.use("retrain names", seed=7, minutes=3)
    assert result.is_private
    assert "Training names. Follow along: https://" in result.text
    (trainer,) = trained.world.trainers
    request = trainer.request
    assert (request.task, request.recipe, request.seed, request.minutes) == ("names", "best", 7, 3)
    card = report(trained)
    assert card.title == "✅ Version 1 of the names model is live"
    assert "2 duplicates dropped." in report(trained).body
    assert report(trained).body.endswith("\n\nNovosaurus\nDracoraptor")
    assert card.fields == {"Training time": "1 min 15 s"}
    assert [*report_message(trained).buttons] == ["Details"]
    details = await trained.alice.press(report_message(trained), "Details")
    assert details.is_private
    assert details.title == "Version 1 of the names model"
    fields = details.card.fields
    assert fields["Validation loss"] == "1.600 nats/char"
    assert fields["Reference loss"] == "1.350 nats/char (live version at the time: 1.346)"
    assert [file.name for file in details.files] == ["loss.png"]
    assert trained.world.networks.served["names"].card.corpus == "Mine"
    store = trained.app.store
    (version,) = await store[Versions].of("names")
    assert version.member_id == ada.id
    assert version.seconds == 75
    assert version.samples == ("Novosaurus", "Shitosaurus", "Dracoraptor")
    live = (await store[Versions].live())["names"]
    assert await store[Versions].curve(live.version_id or 0) == b"\x89PNG curve"
    assert (live.version_id, live.reason) == (version.number, "automatic")
    record = await store[Trainings].get(1)
    assert record is not None
    assert (record.state, record.version_id) == ("done", version.number)


@pytest.mark.both
async def test_worse_version_waits_for_use_it_anyway(chat: Chat, tmp_path: Path) -> None:
    trains(chat, tmp_path, reference_loss=2.5)
    ada = await chat.add_administrator()
    await ada.use("retrain names")
    assert report(chat).title == "📦 Version 1 of the names model is saved, but not live"
    assert "It isn't live, because the live version is better" in report(chat).body
    assert "better at predicting real, unseen names" in report(chat).body
    assert not chat.world.networks.served
    message = report_message(chat)
    refused = await chat.alice.press(message, "Use it anyway")
    assert (
        f"Only administrators of this {chat.terms.community} can choose the live version"
        in refused.text
    )
    assert not chat.world.networks.served
    await chat.restart()
    pressed = await ada.press(message, "Use it anyway")
    said = [each.text for each in (pressed, *pressed.others)]
    assert any("Version 1 of the names model is now live" in each for each in said)
    assert chat.world.networks.served["names"].card.corpus == "Mine"
    live = (await chat.app.store[Versions].live())["names"]
    assert (live.version_id, live.reason) == (1, "forced")
    (changed,) = [each for each in chat.history() if each.cards]
    assert changed.title == "✅ Version 1 of the names model is live"
    assert [*changed.buttons] == ["Details"]


@pytest.mark.parametrize(
    ("force", "said", "reason"),
    [(True, "because an administrator chose it", "forced"), (False, "couldn't be compared", "")],
)
async def test_unmeasured_version(
    chat: Chat, tmp_path: Path, force: bool, said: str, reason: str
) -> None:
    trains(chat, tmp_path, reference_loss=None)
    await (await chat.add_administrator()).use("retrain names", force=force)
    assert said in report(chat).body
    assert (await chat.app.store[Versions].live())["names"].reason == reason
    assert bool(chat.world.networks.served) == force


@pytest.mark.both
async def test_no_server_is_home_by_itself(chat: Chat) -> None:
    """Whoever adds the bot first would train for everybody."""
    await chat.restart_as_no_home()
    result = await (await chat.add_administrator()).use("retrain names")
    assert {"discord": "HOME_GUILDS", "slack": "HOME_WORKSPACES"}[chat.name] in result.text


@pytest.mark.needs("the bot's owner anywhere")
async def test_operator_needs_no_home(chat: Chat) -> None:
    await chat.restart_as_no_home()
    operator = await chat.add_operator()
    await chat.let_everyone_use("retrain names")
    assert "Training names." in (await operator.use("retrain names")).text


@pytest.mark.both
async def test_corpus_reaches_the_trainer(trained: Chat) -> None:
    await (await trained.add_administrator()).use("retrain names", corpus=("my names!.txt", NAMES))
    (trainer,) = trained.world.trainers
    assert trainer.request.corpus == NAMES
    assert trainer.corpus is not None
    assert trainer.corpus.name == "my names_.txt"


async def test_bad_options_are_refused(chat: Chat, subtests: pytest.Subtests) -> None:
    ada = await chat.add_administrator()
    options: list[tuple[dict[str, Any], str]] = [
        ({"minutes": 31}, "1 to 30 minutes"),
        ({"corpus": ("mine.txt", b"one\ntwo\n")}, "at least 20"),
        ({"corpus": ("mine.txt", b"A" * (2 * 2**20 + 1))}, "too large"),
        ({"hall_of_fame": True}, "The hall of fame is empty"),
    ]
    for given, why in options:
        with subtests.test(why):
            result = await ada.use("retrain names", **given)
            assert why in result.text
            assert result.is_private
            assert not chat.world.trainers


async def test_missing_packages(
    chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are named, unless a worker of a cluster can train the task."""
    monkeypatch.setattr("models.tasks.are_installed", lambda _: False)
    ada = await chat.add_administrator()
    result = await ada.use("retrain sonnets")
    assert (
        ".venv/bin/python -m pip install --require-hashes -r requirements-train.txt" in result.text
    )
    object.__setattr__(chat.app, "cluster", SimpleNamespace(trainers=lambda task: [task]))
    trains(chat, tmp_path, "sonnets")
    await ada.use("retrain sonnets", force=True)
    assert set(chat.world.networks.served) == {"sonnets"}


async def test_message_edited_too_often_gets_its_result(
    discord_chat: DiscordChat, tmp_path: Path
) -> None:
    """Discord's 30046 is about the edits of the last hour: a later one succeeds."""
    trains(discord_chat, tmp_path)
    discord_chat.home.env.inject_error(
        "PATCH", "/channels/*", status=429, code=30046, message="Too many edits", times=2
    )
    await (await discord_chat.add_administrator()).use("retrain names")
    (message,) = discord_chat.history()
    assert message.cards[0].title == "✅ Version 1 of the names model is live"


async def test_hall_of_fame_is_weighted_by_votes(chat: Chat) -> None:
    for name, votes in (("Mangosaurus", 7), ("Kiwiraptor", 2), ("Shitosaurus", 3)):
        place = chat.community_id
        await crown(chat.app.store, name, votes, at=chat.now(), community_id=place)
    await (await chat.add_administrator()).use("retrain names", hall_of_fame=True)
    (trainer,) = chat.world.trainers
    assert trainer.extra_names == ["kiwiraptor"] * 2 + ["mangosaurus"] * 5


async def test_failure_and_cooldown(chat: Chat) -> None:
    chat.world.training[:] = [Failed("The corpus is too small.")]
    ada = await chat.add_administrator()
    await ada.use("retrain names")
    assert report(chat).title == "Training for names failed"
    assert report(chat).body == "The corpus is too small.\nThe live version is unchanged."
    assert "the next one can start [" in (await ada.use("retrain names")).text
    await chat.restart(retrain_cooldown_minutes=0)
    await ada.use("retrain names")
    assert len(chat.world.trainers) == 2
