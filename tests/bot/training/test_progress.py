"""Progress messages and Stop, on a platform without a chat."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bot.chat.app import App
from bot.chat.message import Message, UserError
from bot.chat.turn import MessageRef
from bot.community.queries import Action, RecordEntry
from bot.store.schema import EVERYBODY
from bot.text.spans import plain
from bot.trainer.queries import CustomModels, Trainings
from bot.trainer.service import TooManyTrainings
from bot.training import namer, requests, retrain
from bot.training.namer import CorpusOptions
from bot.training.progress import TrainingReport
from bot.training.retrain import RetrainOptions
from models.training.events import Done, Planned, Progress, Samples
from models.weights import save_weights
from tests.bot.conftest import World
from tests.bot.tiny import tiny_namer
from tests.bot.trainer.processes import until
from tests.bot.turns import BOB, COMMUNITY, FakePlatform, FakeTurn, lines_of, press_on
from tests.models import tiny
from tests.texts import written

LIST = ",".join(a + b for a in ("Gal", "Cel", "Fin", "Thran", "El") for b in "abcdefgh")


class Scene:
    """A process of the bot on a fake platform."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.platform = FakePlatform()
        self.apps: list[App] = []
        self.start()

    @property
    def app(self) -> App:
        return self.apps[-1]

    def start(self) -> None:
        self.apps.append(
            self.world.make_app(cooldown_seconds=0, home_guilds=frozenset({COMMUNITY}))
        )
        self.app.training.report_to("discord", partial(TrainingReport, self.app, self.platform))
        self.app.training.start()

    def turn(self) -> FakeTurn:
        return FakeTurn(self.platform)

    async def retrain(self, **options: object) -> FakeTurn:
        turn = self.turn()
        await retrain.retrain(self.app, turn, replace(RetrainOptions("names", seed=7), **options))  # type: ignore[arg-type]
        return turn

    async def create(self, name: str) -> FakeTurn:
        turn = self.turn()
        await namer.create(self.app, turn, CorpusOptions(name, text=LIST))
        return turn

    async def shows(self, title: str, number: int = 100) -> Message:
        """Wait until a message has a title."""
        shown = self.platform.shown
        await until(lambda: number in shown and shown[number].embeds[0].title == title)
        return shown[number]


@pytest.fixture
async def scene(world: World) -> AsyncIterator[Scene]:
    made = Scene(world)
    yield made
    for app in made.apps:
        await app.training.close()
        await app.store.close()


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons]


def done(folder: Path) -> Done:
    """The results of a training of names."""
    weights = folder / "new.safetensors"
    made = tiny.namer()
    save_weights(weights, made.network.arrays(), replace(made.card, reference_loss=1.2), made.known)
    weights.with_suffix(".png").write_bytes(b"curve")
    return Done(weights, weights.with_suffix(".png"), 1.5, (), 75)


def done_with_list(folder: Path) -> Done:
    """The results of a training of a custom model."""
    weights = folder / "list.safetensors"
    weights.write_bytes(tiny_namer(LIST.split(",")))
    return Done(weights, weights, 1.5, (), 7)


PROGRESS = Progress(50, 100, 1.9, 1.8, 50_000, 60)


async def test_progress(scene: Scene, tmp_path: Path) -> None:
    scene.world.training[:] = [
        Planned(100, "Mine", (written("2 duplicates dropped."),)),
        PROGRESS,
        Samples(50, ("Bravosaurus", "Shitosaurus")),
        600,
        done(tmp_path),
    ]
    turn = await scene.retrain()
    assert turn.sentence == "Training names. Follow along: fake://5/100"
    await until(lambda: "Bravosaurus" in lines_of(scene.platform.shown[100]))
    message = scene.platform.shown[100]
    (embed,) = message.embeds
    assert embed.title == "🏋️ Training names"
    assert lines_of(message).split("\n") == [
        "Mine",
        "2 duplicates dropped.",
        "██████████░░░░░░░░░░ 50%",
        "",
        "Bravosaurus",
    ]
    fields = {field.name: plain(field.value) for field in embed.fields}
    assert [*fields] == ["Ready"]
    assert embed.footer == "At most 30 minutes"
    assert labels(message) == ["Stop"]
    scene.world.trainers[0].go_on()
    assert labels(await scene.shows("✅ Version 1 of the names model is live")) == ["Details"]


async def test_optional_edits_are_left_out(scene: Scene, tmp_path: Path) -> None:
    """While the platform refuses many requests, only the end is shown."""
    scene.platform.spares_requests = True
    scene.world.training[:] = [Planned(100, "Mine", ()), PROGRESS, done(tmp_path)]
    await scene.retrain()
    await scene.shows("✅ Version 1 of the names model is live")
    assert not [m for m in scene.platform.history if m.embeds and "50%" in lines_of(m)]


async def test_blocked_server_is_not_written_to(scene: Scene, tmp_path: Path) -> None:
    scene.world.training[:] = [PROGRESS, 600, done(tmp_path)]
    await scene.retrain()
    await until(lambda: scene.world.trainers)
    await scene.shows("🏋️ Training names")
    entry = RecordEntry(Action.BLOCK, 1, scene.app.now(), None, COMMUNITY)
    await scene.app.blocks.block(COMMUNITY, EVERYBODY, entry)
    scene.platform.history.clear()
    scene.world.trainers[0].go_on()
    await until(lambda: scene.app.training.finished["done"])
    await scene.app.training.close()
    assert scene.platform.history == []


async def test_stop(scene: Scene, tmp_path: Path) -> None:
    scene.world.training[:] = [PROGRESS, 600, done(tmp_path)]
    await scene.retrain()
    await until(lambda: scene.platform.shown[100].buttons and scene.world.trainers)
    (button,) = scene.platform.shown[100].buttons
    turn = press_on(scene.turn(), 100)
    with pytest.raises(UserError, match=r"Only administrators of this club can retrain"):
        await requests.press_stop(scene.app, replace(turn, user=BOB), button.state)
    await requests.press_stop(scene.app, turn, button.state)
    assert turn.sentence == "Stopped."
    message = await scene.shows("Training for names was stopped")
    assert lines_of(message) == "ada pressed Stop.\nThe live version is unchanged."
    assert labels(message) == []
    others = ("", "stop", "stop:", "stop:x", "stop:999", "stop:" + "9" * 30)
    for state in (button.state, *others):
        with pytest.raises(UserError, match="already ended"):
            await requests.press_stop(scene.app, turn, state)


async def test_stop_of_a_namer(scene: Scene, tmp_path: Path) -> None:
    turn = press_on(scene.turn(), 100)
    scene.world.training[:] = [600, done_with_list(tmp_path)]
    await scene.create("elves")
    await until(lambda: scene.platform.shown[100].buttons and scene.world.trainers)
    (button,) = scene.platform.shown[100].buttons
    with pytest.raises(UserError, match="Only club managers can do that"):
        await requests.press_stop(scene.app, replace(turn, user=BOB), button.state)
    with pytest.raises(UserError, match="belongs to another club"):
        await requests.press_stop(scene.app, replace(turn, community_id=2), button.state)
    await requests.press_stop(scene.app, turn, button.state)
    message = await scene.shows("Training for elves was stopped")
    assert lines_of(message).endswith("Try again with /namer retrain name:elves.")


async def test_one_shared_training_at_a_time(scene: Scene, tmp_path: Path) -> None:
    scene.world.training[:] = [600, done(tmp_path)]
    await scene.retrain()
    turn = await scene.retrain()
    assert turn.sentence.startswith("A training run is already in progress")
    (stop,) = turn.answers[-1].buttons
    await requests.press_stop(scene.app, scene.turn(), stop.state)
    await scene.shows("Training for names was stopped")


async def test_places_in_the_queue(scene: Scene, tmp_path: Path) -> None:
    scene.world.training[:] = [600, done_with_list(tmp_path)]
    for name in ("elves", "dwarfs", "orcs"):
        await scene.create(name)
    waiting = await scene.shows("⏳ orcs: waiting for training", 102)
    assert lines_of(waiting) == "The list\n40 names\n2 trainings are ahead of this one."
    assert labels(waiting) == ["Stop"]
    await scene.shows("🏋️ Training elves")
    turn = press_on(scene.turn(), 101)
    await requests.press_stop(scene.app, turn, "stop:2")
    await scene.shows("Training for dwarfs was stopped", 101)
    await scene.app.training.look()
    assert lines_of(scene.platform.shown[102]).endswith("1 training is ahead of this one.")
    scene.world.trainers[0].go_on()
    await scene.shows("✅ elves is ready")
    await scene.shows("🏋️ Training orcs", 102)


async def test_delete_while_training(scene: Scene, tmp_path: Path) -> None:
    """Both messages say so: that of a running training, and that of a waiting one."""
    scene.world.training[:] = [600, done_with_list(tmp_path)]
    await scene.create("elves")
    await scene.create("dwarfs")
    await scene.shows("🏋️ Training elves")
    await scene.shows("⏳ dwarfs: waiting for training", 101)
    for number, name in enumerate(("elves", "dwarfs")):
        question = await scene.platform.send(MessageRef(5, 0, 1), Message())
        model = await scene.app.store[CustomModels].named(1, name)
        assert model is not None
        turn = press_on(scene.turn(), question)
        await namer.press(scene.app, turn, f"delete:{model.id}")
        assert plain(scene.platform.shown[question].content) == f"{name} was deleted."
        message = await scene.shows(f"Training for {name} was stopped", 100 + number)
        assert lines_of(message) == "The namer was deleted."
        assert labels(message) == []


async def test_restart(scene: Scene, tmp_path: Path) -> None:
    scene.world.training[:] = [PROGRESS, 600, done(tmp_path)]
    await scene.retrain()
    await until(lambda: scene.world.trainers and scene.world.trainers[0]._pause)
    await scene.app.training.close()
    message = await scene.shows("⏸️ Training for names is paused")
    assert "will resume afterwards" in lines_of(message)
    scene.world.training[:] = [done(tmp_path)]
    scene.start()
    await scene.shows("✅ Version 1 of the names model is live")
    assert [trainer.resume for trainer in scene.world.trainers] == [False, True]
    assert {trainer.request.seed for trainer in scene.world.trainers} == {7}


async def test_end_that_was_not_shown(scene: Scene, tmp_path: Path) -> None:
    """A process was killed between the end of a training and the edit that shows it."""
    scene.world.training[:] = [done_with_list(tmp_path)]
    await scene.create("elves")
    ended = await scene.shows("✅ elves is ready")
    await scene.app.training.close()
    scene.platform.shown[100] = replace(ended, embeds=())
    scene.start()
    await until(lambda: scene.platform.shown[100].embeds)
    shown = scene.platform.shown[100]
    assert shown.embeds[0].title == "✅ elves is ready"
    assert labels(shown) == ["Details"]
    assert "With 40 names on the list, most new names will be shuffles" in lines_of(shown)
    assert lines_of(shown) == lines_of(ended)  # with its samples


async def test_deleted_message_is_sent_again_once(scene: Scene, tmp_path: Path) -> None:
    scene.world.training[:] = [PROGRESS, 600, PROGRESS, done(tmp_path)]
    await scene.retrain()
    await until(lambda: scene.world.trainers and scene.world.trainers[0]._pause)
    del scene.platform.shown[100]
    scene.world.trainers[0].go_on()
    await scene.shows("✅ Version 1 of the names model is live", 101)
    record = await scene.app.store[Trainings].get(1)
    assert record is not None
    assert record.message_id == 101


async def test_queue_that_fills_up_meanwhile(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The announcement says so, and the custom model is not kept."""

    async def full(_request: object) -> int:
        raise TooManyTrainings

    monkeypatch.setattr(scene.app.training, "enqueue", full)
    with pytest.raises(TooManyTrainings):
        await scene.create("elves")
    (message,) = scene.platform.shown.values()
    assert "Too many trainings are waiting; try again in a few minutes." in lines_of(message)
    assert await scene.app.store[CustomModels].of(1) == []
