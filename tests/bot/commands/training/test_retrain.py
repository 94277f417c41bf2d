"""`/retrain` on a Discord in memory."""

from dataclasses import replace
from pathlib import Path

import discord
import pytest
import simcord

from bot.store.schema import Candidate, Poll
from bot.store.trainings import SILENCE, TrainingRequest
from models.fingerprints import Fingerprints
from models.training.events import Done, Failed, Planned, Progress
from models.weights import WeightsError, save_weights
from tests.bot.conftest import Home
from tests.bot.replies import labels
from tests.models.tiny import namer, poet

NAMES = "\n".join(f"{letter}osaurus" for letter in "abcdefghijklmnopqrstuvwxyz").encode()


def sentence(result: simcord.InteractionResult) -> str:
    """The text of a reply, without the backslashes that keep it plain."""
    assert result.response is not None
    return result.response.content.replace("\\", "")


def newest_report(home: Home) -> discord.Message:
    """The ordinary message that a training reports in."""
    return next(m for m in reversed(home.channel.history()) if m.interaction_metadata is None)


def report(home: Home) -> discord.Embed:
    """Its embed."""
    (embed,) = newest_report(home).embeds
    return embed


def description(home: Home) -> str:
    """The lines of the newest report, without the backslashes that keep them plain."""
    return (report(home).description or "").replace("\\", "")


async def show_to(home: Home, member: simcord.MemberActor) -> None:
    """Let a member see `/retrain`, as a server's administrators can on the Integrations page."""
    commands = await home.bot.tree.fetch_commands()
    (command,) = [command for command in commands if command.name == "retrain"]
    home.guild.set_command_permissions(command.id, {member: True})


def trains(
    home: Home, folder: Path, task: str = "names", *, reference_loss: float | None = 1.35
) -> None:
    """Let the next training succeed, with weights that are so good."""
    weights, plot = folder / "new.safetensors", folder / "new.png"
    made = namer() if task == "names" else poet()
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


async def test_training_is_reported_and_served(trained: Home) -> None:
    ada = trained.administrator()
    result = await ada.slash(trained.channel, "retrain names", seed=7, minutes=3)
    assert result.ephemeral
    assert "Training names. Follow along: https://discord.com/channels/" in sentence(result)
    (trainer,) = trained.world.trainers
    request = trainer.request
    assert (request.task, request.recipe, request.seed, request.minutes) == ("names", "quick", 7, 3)
    embed = report(trained)
    assert embed.title == "✅ Version 1 of names is live"
    assert "2 duplicates dropped." in description(trained)
    assert description(trained).endswith("\n\nNovosaurus\nDracoraptor")
    fields = {field.name: field.value for field in embed.fields}
    assert fields["Validation loss"] == "1.600 nats/char"
    assert fields["Reference loss"] == "1.350 nats/char (live version at the time: 1.346)"
    assert fields["Training time"] == "1 min 15 s"
    assert (embed.image.url or "").endswith("loss.png")
    assert labels(newest_report(trained)) == []
    assert trained.world.networks.served["names"].card.corpus == "Mine"
    store = trained.app.store
    (version,) = await store.versions.of("names")
    assert version.member_id == ada.id
    assert version.seconds == 75
    assert version.samples == ("novosaurus", "shitosaurus", "dracoraptor")
    live = (await store.versions.live())["names"]
    assert await store.versions.curve(live.version_id or 0) == b"\x89PNG curve"
    assert (live.version_id, live.reason) == (version.number, "automatic")
    record = await store.trainings.get(1)
    assert record is not None
    assert (record.state, record.version_id) == ("done", version.number)


async def test_worse_version_waits_for_use_it_anyway(home: Home, tmp_path: Path) -> None:
    trains(home, tmp_path, reference_loss=2.5)
    ada = home.administrator()
    await ada.slash(home.channel, "retrain names")
    assert report(home).title == "📦 Version 1 of names is stored, but not live"
    assert "its reference loss is 2.500, compared with 1.346" in description(home)
    assert not home.world.networks.served
    message = newest_report(home)
    refused = await home.alice.click(message, label="Use it anyway")
    assert "Only administrators of this server can choose the live version" in sentence(refused)
    assert not home.world.networks.served
    await home.restart()
    pressed = await ada.click(message, label="Use it anyway")
    assert "Version 1 of names is live now" in sentence(pressed)
    assert home.world.networks.served["names"].card.corpus == "Mine"
    live = (await home.app.store.versions.live())["names"]
    assert (live.version_id, live.reason) == (1, "forced")
    shown = home.channel.history()
    changed = next(m for m in shown if m.id == message.id)
    assert changed.embeds[0].title == "✅ Version 1 of names is live"
    assert labels(changed) == []


async def test_force(home: Home, tmp_path: Path) -> None:
    trains(home, tmp_path, reference_loss=None)
    await home.administrator().slash(home.channel, "retrain names", force=True)
    assert "because an administrator chose so" in description(home)
    assert (await home.app.store.versions.live())["names"].reason == "forced"


async def test_unmeasured_version_is_not_live(home: Home, tmp_path: Path) -> None:
    trains(home, tmp_path, reference_loss=None)
    await home.administrator().slash(home.channel, "retrain names")
    assert "could not be measured" in description(home)
    assert not home.world.networks.served


async def test_unusable_weights_change_nothing(trained: Home) -> None:
    trained.world.networks.error = WeightsError("The file is damaged.")
    await trained.administrator().slash(trained.channel, "retrain names")
    assert report(trained).title == "The training of names failed"
    assert "The file is damaged." in description(trained)
    assert await trained.app.store.versions.of("names") == []


async def test_failure_of_the_trainer_is_reported(home: Home) -> None:
    home.world.training += [Failed("The corpus is too small.")]
    await home.administrator().slash(home.channel, "retrain names")
    assert "The corpus is too small." in description(home)


async def test_members_do_not_see_the_command(home: Home) -> None:
    assert "retrain names" not in home.alice.available_commands(home.channel)
    assert "retrain names" in home.administrator().available_commands(home.channel)


async def test_member_is_refused(home: Home) -> None:
    """A server can show the command to members."""
    await show_to(home, home.alice)
    result = await home.alice.slash(home.channel, "retrain names")
    assert "Only administrators of this server can retrain the models." in sentence(result)
    assert result.ephemeral
    assert not home.world.trainers


async def test_other_server_is_refused(home: Home) -> None:
    other = home.env.create_guild("Elsewhere")
    channel = other.create_text_channel("general")
    await home.restart(home_guilds=frozenset({home.guild.id}))
    refused = await home.administrator(other).slash(channel, "retrain names")
    assert "HOME_GUILDS" in sentence(refused)
    accepted = await home.administrator().slash(home.channel, "retrain names")
    assert "Training names." in sentence(accepted)


async def test_no_server_is_home_by_itself(home: Home) -> None:
    """Whoever adds the bot first would train for everybody."""
    await home.restart(home_guilds=frozenset())
    result = await home.administrator().slash(home.channel, "retrain names")
    assert "HOME_GUILDS" in sentence(result)
    home.bot.owner_id = home.alice.id
    await show_to(home, home.alice)
    accepted = await home.alice.slash(home.channel, "retrain names")
    assert "Training names." in sentence(accepted)


async def test_operator_may_always(home: Home) -> None:
    home.env.create_guild("Elsewhere")
    home.bot.owner_id = home.alice.id
    await show_to(home, home.alice)
    assert "Training names." in sentence(await home.alice.slash(home.channel, "retrain names"))


async def test_cooldown_after_a_training(home: Home) -> None:
    """Its end is in the database, so a restart does not end it."""
    home.world.training += [Failed("No.")]
    ada = home.administrator()
    await ada.slash(home.channel, "retrain names")
    await home.restart()
    refused = await ada.slash(home.channel, "retrain names")
    assert "The cooldown after the last training isn't over; try again <t:" in sentence(refused)
    await home.pass_time(5 * 60)
    await ada.slash(home.channel, "retrain names")
    assert len(home.world.trainers) == 2


async def test_minutes_have_a_limit(home: Home) -> None:
    result = await home.administrator().slash(home.channel, "retrain names", minutes=31)
    assert "1 to 30 minutes" in sentence(result)


async def test_corpus_reaches_the_trainer(trained: Home) -> None:
    await trained.administrator().slash(
        trained.channel, "retrain names", corpus=("my names!.txt", NAMES)
    )
    (trainer,) = trained.world.trainers
    assert trainer.request.corpus == NAMES
    assert trainer.corpus is not None
    assert trainer.corpus.name == "my_names_.txt"


async def test_bad_corpus_is_refused(home: Home, subtests: pytest.Subtests) -> None:
    ada = home.administrator()
    for content, why in [
        (b"one\ntwo\n", "at least 20"),
        (b"", "is empty"),
        (b"\x00\x01", "zero bytes"),
        (b"\xff\xfe\xfa", "not UTF-8"),
        (b"A" * (2 * 2**20 + 1), "too large"),
    ]:
        with subtests.test(why):
            result = await ada.slash(home.channel, "retrain names", corpus=("mine.txt", content))
            assert why in sentence(result)
            assert result.ephemeral
            assert not home.world.trainers


async def test_missing_packages_are_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.tasks.are_installed", lambda _: False)
    result = await home.administrator().slash(home.channel, "retrain sonnets")
    assert "`pip install -r requirements-train.txt`" in sentence(result)


async def test_sonnets(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.tasks.are_installed", lambda _: True)
    trains(home, tmp_path, "sonnets")
    await home.administrator().slash(home.channel, "retrain sonnets", force=True)
    assert set(home.world.networks.served) == {"sonnets"}


async def test_channel_without_permission(home: Home) -> None:
    home.env.inject_error(
        "POST", "/channels/*/messages", status=403, code=50013, message="Missing Permissions"
    )
    result = await home.administrator().slash(home.channel, "retrain names")
    assert "the bot can't post here" in sentence(result)
    assert not home.world.trainers


async def test_deleted_message_does_not_end_the_training(trained: Home) -> None:
    trained.env.inject_error(
        "PATCH", "/channels/*", status=404, code=10008, message="Unknown Message", times=None
    )
    await trained.administrator().slash(trained.channel, "retrain names")
    assert trained.world.networks.served
    record = await trained.app.store.trainings.get(1)
    assert record is not None
    assert record.message_id == newest_report(trained).id  # a second one was sent


async def test_message_too_old_for_edits_is_replaced_once(trained: Home) -> None:
    """Discord's 30046: an edit of it never succeeds again."""
    trained.env.inject_error(
        "PATCH", "/channels/*", status=400, code=30046, message="Too old", times=None
    )
    await trained.administrator().slash(trained.channel, "retrain names")
    assert trained.world.networks.served
    edits = [r for r in trained.env.http_requests if r.method == "PATCH" and "/channels/" in r.path]
    assert len(edits) == 2
    assert len(trained.channel.history()) >= 2


async def silent(home: Home, attempts: int) -> None:
    """A training whose process has died, after some attempts."""
    message = await home.bot.get_partial_messageable(home.channel.id).send("Training …")
    then = discord.utils.utcnow() - 2 * SILENCE
    request = TrainingRequest(
        policy="shared",
        task="names",
        recipe="quick",
        seed=1,
        queued_at=then,
        channel_id=home.channel.id,
        message_id=message.id,
    )
    trainings = home.app.store.trainings
    await trainings.enqueue(request)
    for attempt in range(attempts):
        await trainings.next_queued("shared", "dead", then)
        if attempt + 1 < attempts:
            await trainings.fail_stale_runs(then + 2 * SILENCE, attempts)


async def test_training_of_a_dead_process_starts_again(trained: Home) -> None:
    await silent(trained, attempts=1)
    await trained.restart()
    await trained.env.settle()
    assert report(trained).title == "✅ Version 1 of names is live"


async def test_training_that_died_three_times_has_failed(trained: Home) -> None:
    await silent(trained, attempts=3)
    await trained.restart()
    await trained.env.settle()
    assert report(trained).title == "The training of names failed"
    assert "stopped unexpectedly too often" in description(trained)
    assert not trained.world.trainers


async def test_hall_of_fame_is_weighted_by_votes(home: Home) -> None:
    await crown(home, {"Mangosaurus": 7, "Kiwiraptor": 2, "Shitosaurus": 3})
    await home.administrator().slash(home.channel, "retrain names", hall_of_fame=True)
    (trainer,) = home.world.trainers
    assert trainer.extra_names == ["kiwiraptor"] * 2 + ["mangosaurus"] * 5


async def test_empty_hall_of_fame_is_refused(home: Home) -> None:
    result = await home.administrator().slash(home.channel, "retrain names", hall_of_fame=True)
    assert "The hall of fame is empty" in sentence(result)
    assert not home.world.trainers


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


async def test_leftovers_of_version_0_3_0_are_deleted(home: Home, tmp_path: Path) -> None:
    note, corpus = tmp_path / "retraining.json", tmp_path / "training" / "corpus" / "mine.txt"
    note.write_text("{")
    corpus.parent.mkdir(parents=True)
    corpus.write_bytes(NAMES)
    await home.restart()
    await home.env.settle()
    assert not note.exists()
    assert not corpus.exists()
