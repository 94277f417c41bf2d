"""`/retrain`, as administrators and others meet it."""

import json
from dataclasses import replace
from pathlib import Path

import discord
import pytest
import simcord

from bot.commands import retrain
from bot.commands.message import Message
from bot.discord.rendering import view_of
from bot.services.training.events import (
    Done,
    Failed,
    Planned,
    Progress,
)
from bot.store.schema import Candidate, Poll
from bot.store.trainings import SILENCE
from models.fingerprints import Fingerprints
from models.weights import WeightsError, save_weights
from tests.bot.conftest import Home
from tests.models.tiny import namer, poet

NAMES = "\n".join(f"{letter}osaurus" for letter in "abcdefghijklmnopqrstuvwxyz").encode()


def sentence(result: simcord.InteractionResult) -> str:
    """The text of a reply."""
    assert result.response is not None
    return result.response.content


def newest_report(home: Home) -> discord.Message:
    """The ordinary message that a training reports in."""
    return next(m for m in reversed(home.channel.history()) if m.interaction_metadata is None)


def report(home: Home) -> discord.Embed:
    """Its card."""
    (embed,) = newest_report(home).embeds
    return embed


async def show_to(home: Home, member: simcord.MemberActor) -> None:
    """Let a member see `/retrain`, as a server's administrators can on the Integrations page."""
    commands = await home.bot.tree.fetch_commands()
    (command,) = [command for command in commands if command.name == "retrain"]
    home.guild.set_command_permissions(command.id, {member: True})


def trains(
    home: Home, folder: Path, kind: str = "names", *, reference_loss: float | None = 1.43
) -> None:
    """Let the next training succeed, with weights that are so good."""
    weights, plot = folder / "new.safetensors", folder / "new.png"
    made = namer() if kind == "names" else poet()
    facts = replace(made.card, reference_loss=reference_loss, corpus="Mine")
    save_weights(weights, made.network.arrays(), facts, Fingerprints.of([]))
    weights.with_suffix(".json").write_text("{}")
    plot.write_bytes(b"\x89PNG curve")
    home.world.training[:] = [
        Planned(100, "My corpus", ("2 duplicates dropped.",)),
        Progress(50, 100, 1.9, 1.8, 50_000, 60),
        Done(weights, plot, 1.55, ("novosaurus", "shitosaurus"), 75),
    ]


@pytest.fixture
def trained(home: Home, tmp_path: Path) -> Home:
    """A bot whose next training succeeds."""
    trains(home, tmp_path)
    return home


@pytest.fixture
def sonnets_can_be_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.tasks.are_installed", lambda _: True)


async def test_a_training_reports_in_an_ordinary_message_and_its_weights_are_served(
    trained: Home, tmp_path: Path
) -> None:
    ada = trained.administrator()
    result = await ada.slash(trained.channel, "retrain names", seed=7, minutes=3)
    assert result.ephemeral
    assert "https://discord.com/channels/" in sentence(result)
    (trainer,) = trained.world.trainers
    assert (trainer.order.kind, trainer.order.seed, trainer.order.minutes) == ("names", 7, 3)
    card = report(trained)
    assert card.title == "✅ New names: trained and in use"
    assert (card.description or "").endswith("\n\nNovosaurus")
    assert {field.name: field.value for field in card.fields}["Validation"] == "1.550 nats/char"
    assert (card.image.url or "").endswith("loss.png")
    assert trained.world.networks.served["names"].card.corpus == "Mine"
    (version,) = await trained.bot.store.versions.of("names")
    assert version.member_id == ada.id
    assert version.reference_loss == 1.43
    assert version.validation == 1.6
    assert version.seconds == 75
    assert json.loads(version.samples) == ["novosaurus", "shitosaurus", "dracoraptor"]
    assert await trained.bot.store.versions.curve(version.id) == b"\x89PNG curve"
    live = (await trained.bot.store.versions.live())["names"]
    assert (live.version_id, live.reason) == (version.id, "automatic")


async def test_weights_that_are_worse_are_kept_and_wait_for_somebody_who_wants_them(
    home: Home, tmp_path: Path
) -> None:
    trains(home, tmp_path, reference_loss=2.5)
    ada = home.administrator()
    await ada.slash(home.channel, "retrain names")
    card = report(home)
    assert card.title == "📦 New names: trained and kept as version 1, not in use"
    assert "2.500 nats/char, the live one 1.422" in (card.description or "")
    assert not home.world.networks.served
    message = newest_report(home)
    refused = await home.alice.click(message, label="Use it anyway")
    assert "Only administrators" in sentence(refused)
    assert not home.world.networks.served
    await home.restart()
    pressed = await ada.click(message, label="Use it anyway")
    assert "Version 1 of my names is live" in sentence(pressed)
    assert home.world.networks.served["names"].card.corpus == "Mine"
    live = (await home.app.store.versions.live())["names"]
    assert (live.version_id, live.reason) == (1, "forced")
    again = await ada.click(message, label="Use it anyway")
    assert "live already" in sentence(again)


async def test_weights_that_are_worse_go_live_where_that_is_forced(
    home: Home, tmp_path: Path
) -> None:
    trains(home, tmp_path, reference_loss=None)
    await home.administrator().slash(home.channel, "retrain names", force=True)
    assert "because that was asked for" in (report(home).description or "")
    assert (await home.app.store.versions.live())["names"].reason == "forced"


async def test_weights_that_could_not_be_measured_are_not_live_and_that_is_said(
    home: Home, tmp_path: Path
) -> None:
    trains(home, tmp_path, reference_loss=None)
    await home.administrator().slash(home.channel, "retrain names")
    assert "could not be measured" in (report(home).description or "")
    assert not home.world.networks.served


async def test_weights_that_cannot_be_used_change_nothing_and_the_reason_is_said(
    trained: Home,
) -> None:
    trained.world.networks.error = WeightsError("The file is damaged.")
    await trained.administrator().slash(trained.channel, "retrain names")
    assert "The file is damaged." in (report(trained).description or "")
    assert await trained.bot.store.versions.of("names") == []


async def test_a_failure_of_the_trainer_is_told(home: Home) -> None:
    home.world.training += [Failed("The corpus is too small.")]
    await home.administrator().slash(home.channel, "retrain names")
    assert "The corpus is too small." in (report(home).description or "")


async def test_a_member_does_not_see_the_command(home: Home) -> None:
    assert "retrain names" not in home.alice.available_commands(home.channel)
    assert "retrain names" in home.administrator().available_commands(home.channel)


async def test_a_member_to_whom_a_server_shows_the_command_is_refused(home: Home) -> None:
    await show_to(home, home.alice)
    result = await home.alice.slash(home.channel, "retrain names")
    assert "Only administrators" in sentence(result)
    assert result.ephemeral
    assert not home.world.trainers
    assert home.env.errors


async def test_an_administrator_of_a_foreign_server_is_refused(home: Home) -> None:
    other = home.env.create_guild("Elsewhere")
    channel = other.create_text_channel("general")
    await home.restart(home_guilds=frozenset({home.guild.id}))
    refused = await home.administrator(other).slash(channel, "retrain names")
    assert "HOME_GUILDS" in sentence(refused)
    accepted = await home.administrator().slash(home.channel, "retrain names")
    assert "has begun" in sentence(accepted)
    assert home.env.errors


async def test_without_home_guilds_two_servers_are_one_too_many(home: Home) -> None:
    home.env.create_guild("Elsewhere")
    result = await home.administrator().slash(home.channel, "retrain names")
    assert "HOME_GUILDS" in sentence(result)
    assert home.env.errors


async def test_an_owner_of_the_bot_may_always(home: Home) -> None:
    home.env.create_guild("Elsewhere")
    home.bot.owner_id = home.alice.id
    await show_to(home, home.alice)
    assert "has begun" in sentence(await home.alice.slash(home.channel, "retrain names"))


async def test_a_second_training_waits_for_its_rest(home: Home) -> None:
    ada = home.administrator()
    await ada.slash(home.channel, "retrain names")
    refused = await ada.slash(home.channel, "retrain names")
    assert "I need a rest from training" in sentence(refused)
    await home.env.advance_time(5 * 60)
    await ada.slash(home.channel, "retrain names")
    assert len(home.world.trainers) == 2
    assert home.env.errors


async def test_minutes_beyond_the_operators_limit_are_refused(home: Home) -> None:
    result = await home.administrator().slash(home.channel, "retrain names", minutes=31)
    assert "1 to 30 minutes" in sentence(result)
    assert home.env.errors


async def test_a_corpus_is_checked_and_handed_to_the_trainer(trained: Home) -> None:
    await trained.administrator().slash(
        trained.channel, "retrain names", corpus=("my names!.txt", NAMES)
    )
    (trainer,) = trained.world.trainers
    assert trainer.order.corpus is not None
    assert trainer.order.corpus.name == "my_names_.txt"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"one\ntwo\n", "at least 20"),
        (b"", "is empty"),
        (b"\x00\x01", "zero bytes"),
        (b"\xff\xfe\xfa", "not UTF-8"),
    ],
)
async def test_a_bad_corpus_is_refused_at_once(home: Home, content: bytes, why: str) -> None:
    result = await home.administrator().slash(
        home.channel, "retrain names", corpus=("mine.txt", content)
    )
    assert why in sentence(result).replace("\\", "")
    assert result.ephemeral
    assert not home.world.trainers
    assert home.env.errors


async def test_verse_is_refused_without_the_extra(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.tasks.are_installed", lambda _: False)
    result = await home.administrator().slash(home.channel, "retrain sonnets")
    assert "`pip install -r requirements-train.txt`" in sentence(result)
    assert home.env.errors


@pytest.mark.usefixtures("sonnets_can_be_trained")
async def test_verse_is_trained_with_the_extra(home: Home, tmp_path: Path) -> None:
    trains(home, tmp_path, "sonnets")
    await home.administrator().slash(home.channel, "retrain sonnets", force=True)
    assert set(home.world.networks.served) == {"sonnets"}


async def test_a_channel_that_it_cannot_write_in_is_said_and_nothing_begins(home: Home) -> None:
    home.env.inject_error(
        "POST", "/channels/*/messages", status=403, code=50013, message="Missing Permissions"
    )
    result = await home.administrator().slash(home.channel, "retrain names")
    assert "I may not write here" in sentence(result)
    assert not home.world.trainers
    assert home.env.errors


async def test_a_message_that_was_deleted_does_not_end_the_training(trained: Home) -> None:
    trained.env.inject_error(
        "PATCH", "/channels/*", status=404, code=10008, message="Unknown Message", times=None
    )
    await trained.administrator().slash(trained.channel, "retrain names")
    assert trained.world.networks.served


async def test_the_message_of_a_training_that_died_with_the_bot_is_marked(
    home: Home, tmp_path: Path
) -> None:
    message = await home.bot.get_partial_messageable(home.channel.id).send("Training …")
    where = {"channel": home.channel.id, "message": message.id}
    (tmp_path / "retraining.json").write_text(json.dumps({"place": where, "run": None}))
    await home.restart()
    assert report(home).title == "The training was interrupted"
    assert not (tmp_path / "retraining.json").exists()


async def test_a_training_that_died_with_its_disk_is_marked_when_it_is_silent(home: Home) -> None:
    message = await home.bot.get_partial_messageable(home.channel.id).send("Training …")
    long_ago = discord.utils.utcnow() - 2 * SILENCE
    await home.app.store.versions.begin_run(
        "names", seed=1, now=long_ago, channel_id=home.channel.id, message_id=message.id
    )
    await home.restart()
    assert report(home).title == "The training was interrupted"


async def test_the_hall_of_fame_is_read_as_well_weighted_by_votes(home: Home) -> None:
    await crown(home, {"Mangosaurus": 7, "Kiwiraptor": 2, "Shitosaurus": 3})
    await home.administrator().slash(home.channel, "retrain names", hall_of_fame=True)
    (trainer,) = home.world.trainers
    assert trainer.also == ["kiwiraptor"] * 2 + ["mangosaurus"] * 5


async def test_an_empty_hall_of_fame_is_refused(home: Home) -> None:
    result = await home.administrator().slash(home.channel, "retrain names", hall_of_fame=True)
    assert "The hall of fame is empty" in sentence(result)
    assert not home.world.trainers
    assert home.env.errors


async def crown(home: Home, votes: dict[str, int]) -> None:
    """Let members choose names."""
    now = discord.utils.utcnow()
    async with home.app.store.database.writing() as session:
        for number, (name, count) in enumerate(votes.items(), start=1):
            session.add(
                Poll(
                    id=number,
                    community_id=home.guild.id,
                    channel_id=home.channel.id,
                    opened_at=now,
                    closes_at=now,
                    closed_at=now,
                    winner=0,
                    winner_votes=count,
                )
            )
            await session.flush()
            session.add(Candidate(poll_id=number, position=0, name=name))


async def test_a_record_that_cannot_be_read_does_not_stop_the_start(
    home: Home, tmp_path: Path
) -> None:
    (tmp_path / "retraining.json").write_text("{")
    await home.restart()
    assert not (tmp_path / "retraining.json").exists()


async def test_stop_is_refused_when_nothing_runs_and_to_those_who_may_not_train(
    home: Home,
) -> None:
    view = view_of(Message(buttons=(retrain.STOP,)))
    message = await home.bot.get_partial_messageable(home.channel.id).send("…", view=view)
    assert "Only administrators" in sentence(await home.alice.click(message, label="Stop"))
    assert "No training" in sentence(await home.administrator().click(message, label="Stop"))
