"""`/namer` on a Discord in memory."""

import io
import pickle
import zipfile
from pathlib import Path

import discord
import numpy as np
import pytest
import simcord
from safetensors.numpy import save

from bot.commands.core.message import Button, Message, UserError
from bot.commands.core.turn import MessageRef, Unreachable
from bot.commands.training import custom_models
from bot.commands.training.custom_model_options import CorpusOptions, check_corpus, new_name
from bot.discord.rendering import view_of
from bot.services.training.policies import names_of
from bot.store.custom_models import CustomModelRecord
from models.training.events import Done, Failed, Planned, Progress, Samples
from tests.bot.conftest import Home
from tests.bot.replies import labels
from tests.bot.tiny import tiny_namer
from tests.bot.turns import FakePlatform, FakeTurn

ELVES = tuple(
    f"{first}{last}"
    for first in ("Gal", "Cel", "Fin", "Lú", "Thran")
    for last in ("adriel", "ebor", "uwen", "rond", "ithiel", "arel")
)
LIST = "\n".join(ELVES).encode()


def sentence(result: simcord.InteractionResult) -> str:
    """The text of a reply, without the backslashes that keep it plain."""
    assert result.response is not None
    return result.response.content.replace("\\", "")


def card(result: simcord.InteractionResult) -> discord.Embed:
    """The card of a reply."""
    assert result.response is not None
    (embed,) = result.response.embeds
    return embed


def report(home: Home) -> discord.Embed:
    """The card of the ordinary message that a training reports in."""
    message = next(m for m in reversed(home.channel.history()) if m.interaction_metadata is None)
    (embed,) = message.embeds
    return embed


def figures(embed: discord.Embed) -> dict[str | None, str | None]:
    return {field.name: field.value for field in embed.fields}


def manager(home: Home, guild: simcord.GuildHandle | None = None) -> simcord.MemberActor:
    """A new member who may manage a server, and no more."""
    guild = guild or home.guild
    role = guild.create_role("steward", permissions=discord.Permissions(manage_guild=True))
    return guild.add_member(home.env.create_user("steward"), roles=[role])


async def namer(home: Home, name: str = "elves") -> CustomModelRecord | None:
    return await home.app.store.custom_models.named(home.guild.id, name)


@pytest.fixture
def teachable(home: Home, tmp_path: Path) -> Home:
    """A bot that will learn whatever list it is given."""
    weights = tmp_path / "new.safetensors"
    weights.write_bytes(tiny_namer(ELVES, validation=1.25, kneser_ney=1.5, measured=150))
    home.world.training[:] = [
        Planned(100, "elves.txt", ('The heading "name" was skipped.',)),  # of the stored table
        Progress(50, 100, 1.9, 1.8, 50_000, 6),
        Samples(50, ("Galuwen", "Shitrond")),
        Done(weights, tmp_path / "new.png", 1.25, ("Galuwen",), 7),
    ]
    return home


async def create(home: Home, name: str = "elves", content: bytes = LIST) -> None:
    result = await manager(home).slash(
        home.channel, "namer create", name=name, file=("elves.txt", content)
    )
    assert f"Training {name}. Follow along: " in sentence(result), sentence(result)


# To make one


async def test_create(teachable: Home) -> None:
    await create(teachable)
    shown = report(teachable)
    assert shown.title == "✅ elves is ready"
    text = shown.description or ""
    assert text.startswith("elves.txt\n*30 names*\n\n**Mangosaurus**\n")
    assert "A list of 30 names is too small to learn much from." in text
    assert text.endswith("`/name namer:elves`.")
    assert figures(shown) == {
        "Validation loss": "1.250 nats/char",
        "Kneser-Ney loss": "1.500 nats/char",
        "Training time": "7 s",
    }


async def test_trainer_gets_the_list_as_written(teachable: Home) -> None:
    before = [f"Doe, {name}" for name in ELVES]
    await create(teachable, content="\n".join(f'"{entry}"' for entry in before).encode())
    (trainer,) = teachable.world.trainers
    assert trainer.request.recipe == "list"
    assert names_of(trainer.request.corpus or b"") == tuple(before)
    assert trainer.corpus is not None
    assert trainer.corpus.name == "elves.txt"
    assert not trainer.corpus.exists()
    found = await namer(teachable)
    assert found is not None
    assert await teachable.app.store.custom_models.corpus(found.id) == tuple(before)


async def test_names_can_be_typed(teachable: Home) -> None:
    result = await manager(teachable).slash(
        teachable.channel, "namer create", name="Sea  elves", text="; ".join(ELVES)
    )
    assert "Training Sea elves." in sentence(result)
    assert (report(teachable).description or "").startswith("Your list\n*30 names*")


async def test_vile_file_name_is_not_shown(teachable: Home) -> None:
    await manager(teachable).slash(
        teachable.channel, "namer create", name="elves", file=("fuck @everyone.txt", LIST)
    )
    assert (report(teachable).description or "").startswith("Your list\n*30 names*")


async def test_bad_name_is_refused(home: Home, subtests: pytest.Subtests) -> None:
    steward = manager(home)
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
            result = await steward.slash(
                home.channel, "namer create", name=name or " ", file=("elves.txt", LIST)
            )
            assert why in sentence(result)
            assert result.ephemeral
            assert not home.world.trainers


@pytest.mark.parametrize("name", ["x" * 33, "x" * 10_000, "a" + " " * 200])
async def test_long_name_is_refused(home: Home, name: str) -> None:
    """A platform may let it pass."""
    with pytest.raises(UserError, match="1 to 32 characters"):
        await new_name(home.app, name, home.guild.id)


async def test_long_text_is_refused(home: Home) -> None:
    with pytest.raises(UserError, match="too long to type"):
        check_corpus(CorpusOptions("elves", text="x," * 4000), needed=True)


async def test_file_or_text_but_not_both(home: Home) -> None:
    steward = manager(home)
    neither = await steward.slash(home.channel, "namer create", name="elves")
    assert "`text:`" in sentence(neither)
    both = await steward.slash(
        home.channel, "namer create", name="elves", file=("elves.txt", LIST), text="a, b"
    )
    assert "not both" in sentence(both)


def zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("elves.txt", LIST)
    return archive.getvalue()


async def test_bad_list_is_refused(home: Home, subtests: pytest.Subtests) -> None:
    steward = manager(home)
    for content, why in [
        (b"", "at least 20"),
        ("\n".join(ELVES[:10]).encode(), "names found: 10"),
        ("\n".join([*ELVES, "fuckrond"]).encode(), "Line 31: this word is not allowed"),
        ("Lú\n".encode("latin-1") * 20, "Save it as plain text in UTF-8"),
        (b"\xff\xfe\xfa", "not UTF-16 text"),
        (zipped(), "not"),
        (b"\x7fELF\x00\x01" * 50, "not a text file"),
        (b"x" * 100 + b"\n" + LIST, "at most 64 characters"),
        ("\n".join([*ELVES, "a\u200eb"]).encode(), "Line 31: the invisible character U+200E"),
        ("\n".join(ELVES[:10] * 9).encode(), "names found: 10"),
        ("\n".join([*ELVES, *map(chr, range(0x4E00, 0x4F00))]).encode(), "different characters"),
        (b"A\n" * (3 * 2**19), "is 2 MiB"),
    ]:
        with subtests.test(why):
            result = await steward.slash(
                home.channel, "namer create", name="elves", file=("elves.txt", content)
            )
            assert why in sentence(result)
            assert result.ephemeral
            assert not home.world.trainers
            assert await namer(home) is None


async def test_names_are_unique_in_a_server(teachable: Home) -> None:
    await create(teachable)
    result = await manager(teachable).slash(
        teachable.channel, "namer create", name="ELVES", file=("elves.txt", LIST)
    )
    assert "There's a namer called ELVES already." in sentence(result)


async def test_quota(teachable: Home) -> None:
    await teachable.restart(namers_per_guild=1)
    await create(teachable)
    steward = manager(teachable)
    for command, file in (("create", LIST), ("import", tiny_namer(ELVES))):
        refused = await steward.slash(
            teachable.channel, f"namer {command}", name="dwarfs", file=("x", file)
        )
        assert "You can have 1 namer here; delete one" in sentence(refused)


async def test_same_name_in_two_servers(teachable: Home) -> None:
    await create(teachable)
    other = teachable.env.create_guild("Elsewhere")
    channel = other.create_text_channel("general")
    steward = manager(teachable, other)
    await steward.slash(channel, "namer create", name="elves", file=("other.txt", LIST))
    assert len(teachable.world.trainers) == 2
    await steward.slash(channel, "namer share", name="elves")
    mine = await namer(teachable)
    assert mine is not None
    assert not mine.shared


async def test_channel_without_permission(home: Home) -> None:
    home.env.inject_error(
        "POST", "/channels/*/messages", status=403, code=50013, message="Missing Permissions"
    )
    result = await manager(home).slash(
        home.channel, "namer create", name="elves", file=("elves.txt", LIST)
    )
    assert "the bot can't post here" in sentence(result)
    assert await namer(home) is None
    assert not home.world.trainers


async def test_failed_training_can_be_repeated(teachable: Home) -> None:
    succeeding = list(teachable.world.training)
    teachable.world.training[:] = [Failed("There is no room on the disk.")]
    await create(teachable)
    assert report(teachable).title == "The training of elves failed"
    assert "/namer retrain name:elves" in (report(teachable).description or "").replace("\\", "")
    asked = await teachable.alice.slash(teachable.channel, "namer info", name="elves")
    assert "elves hasn't been trained yet." in (card(asked).description or "")
    teachable.world.training[:] = succeeding
    await manager(teachable).slash(teachable.channel, "namer retrain", name="elves")
    assert report(teachable).title == "✅ elves is ready"


async def test_bad_weights_are_not_stored(teachable: Home, tmp_path: Path) -> None:
    (tmp_path / "new.safetensors").write_bytes(b"not at all")
    await create(teachable)
    assert report(teachable).title == "The training of elves failed"
    found = await namer(teachable)
    assert found is not None
    assert found.digest is None


# Who may


async def test_members_change_nothing(teachable: Home, subtests: pytest.Subtests) -> None:
    await create(teachable)
    for verb in ["export", "retrain", "share", "delete"]:
        with subtests.test(verb):
            result = await teachable.alice.slash(teachable.channel, f"namer {verb}", name="elves")
            assert "Only server managers can do that." in sentence(result)
            assert result.ephemeral


async def test_members_create_nothing(home: Home) -> None:
    for verb in ("create", "import"):
        result = await home.alice.slash(
            home.channel, f"namer {verb}", name="elves", file=("elves.txt", LIST)
        )
        assert "Only server managers can do that." in sentence(result)


class UnreachableTurn(FakeTurn):
    """A member who is gone before the answer arrives."""

    async def respond(self, message: Message) -> MessageRef | None:
        raise Unreachable("the network is down")


async def test_lost_answer_keeps_the_namer(teachable: Home) -> None:
    """Once its training is queued, a namer stays, whether or not the member hears of it."""
    guild = teachable.guild.id
    turn = UnreachableTurn(FakePlatform(), community_id=guild)
    options = CorpusOptions("elves", text="\n".join(LIST.decode().split()))
    with pytest.raises(Unreachable):
        await custom_models.create(teachable.app, turn, options)
    (model,) = await teachable.app.store.custom_models.of(guild)
    assert model.name == "elves"


async def test_administrators_may_create(teachable: Home) -> None:
    result = await teachable.administrator().slash(
        teachable.channel, "namer create", name="elves", file=("elves.txt", LIST)
    )
    assert "Training elves." in sentence(result)


# To look at them


async def test_empty_list(home: Home) -> None:
    result = await home.alice.slash(home.channel, "namer list")
    assert "/namer create" in sentence(result)


async def test_list_and_info(teachable: Home) -> None:
    await create(teachable)
    listed = await teachable.alice.slash(teachable.channel, "namer list")
    assert (card(listed).description or "").startswith("**elves** · 30 names")
    info = card(await teachable.alice.slash(teachable.channel, "namer info", name="ELVES"))
    assert "too small to learn much from" in (info.description or "")
    shown = figures(info)
    assert shown["Validation loss"] == "1.250 nats/char"
    assert shown["Kneser-Ney loss"] == "1.500 nats/char"
    assert shown["List"] == "elves.txt"


async def test_list_shows_how_to_use_a_trained_model(teachable: Home) -> None:
    await create(teachable)
    teachable.world.training[:] = [Failed("broken")]
    await create(teachable, "dwarves")
    listed = await teachable.alice.slash(teachable.channel, "namer list")
    text = card(listed).description or ""
    assert "**dwarves** · 30 names · not trained yet" in text
    assert text.endswith("`/name namer:elves`.")


async def test_list_of_untrained_models(teachable: Home) -> None:
    teachable.world.training[:] = [Failed("broken")]
    await create(teachable)
    listed = await teachable.alice.slash(teachable.channel, "namer list")
    assert card(listed).description == "**elves** · 30 names · not trained yet"


async def test_missing_model(home: Home) -> None:
    result = await home.alice.slash(home.channel, "namer info", name="dwarfs")
    assert "There's no namer with that name here." in sentence(result)


async def test_suggestions(teachable: Home) -> None:
    await create(teachable)
    for verb in ("info", "retrain", "share", "delete", "export"):
        offered = await teachable.alice.autocomplete(
            teachable.channel, f"namer {verb}", "name", "EL"
        )
        assert [choice["value"] for choice in offered] == ["elves"]


# To change them


async def test_retrain_on_a_new_list(teachable: Home) -> None:
    await create(teachable)
    towns = "\n".join(f"{name}ton" for name in ELVES)
    await manager(teachable).slash(
        teachable.channel, "namer retrain", name="elves", file=("towns.csv", towns.encode())
    )
    found = await namer(teachable)
    assert found is not None
    assert found.title == "towns.csv"
    assert (await teachable.app.store.custom_models.corpus(found.id))[0] == "Galadrielton"


async def test_failed_retraining_changes_nothing(
    teachable: Home,
) -> None:
    await create(teachable)
    before = await namer(teachable)
    teachable.world.training[:] = [Failed("No.")]
    await manager(teachable).slash(
        teachable.channel, "namer retrain", name="elves", text=",".join(f"{n}x" for n in ELVES)
    )
    assert "The namer works as before." in (report(teachable).description or "")
    assert await namer(teachable) == before


async def test_delete_asks_first(teachable: Home) -> None:
    await create(teachable)
    steward = manager(teachable)
    asked = await steward.slash(teachable.channel, "namer delete", name="elves")
    assert "This can't be undone." in sentence(asked)
    assert asked.response is not None
    assert labels(asked.response.message) == ["Delete", "Cancel"]
    await teachable.restart()
    await steward.click(asked.response, label="Delete")
    assert "elves was deleted." in sentence(asked)
    assert labels(asked.response.message) == []
    assert await namer(teachable) is None


async def test_delete_can_be_cancelled(teachable: Home) -> None:
    await create(teachable)
    steward = manager(teachable)
    asked = await steward.slash(teachable.channel, "namer delete", name="elves")
    assert asked.response is not None
    await steward.click(asked.response, label="Cancel")
    assert "elves was not deleted." in sentence(asked)
    assert labels(asked.response.message) == []
    assert await namer(teachable) is not None


async def test_forged_buttons_do_nothing(teachable: Home, subtests: pytest.Subtests) -> None:
    await create(teachable)
    other = teachable.env.create_guild("Elsewhere")
    channel = other.create_text_channel("general")
    steward = manager(teachable, other)

    async def send(channel_id: int, view: discord.ui.View) -> discord.Message:
        return await teachable.bot.get_partial_messageable(channel_id).send("…", view=view)

    for state in ["delete:1", "stop:1", "delete:x", "melt:1", "delete:999"]:
        with subtests.test(state):
            view = view_of(Message(buttons=(Button("Delete", "namer", state),)))
            there = await send(channel.id, view)
            refused = sentence(await steward.click(there, label="Delete"))
            assert "no namer with that name" in refused or "another version" in refused
            here = await send(teachable.channel.id, view)
            refused = sentence(await teachable.alice.click(here, label="Delete"))
            assert "Only server managers can do that." in refused
            assert await namer(teachable) is not None


# To carry them elsewhere


async def test_export_and_import(teachable: Home) -> None:
    await create(teachable)
    exported = await manager(teachable).slash(teachable.channel, "namer export", name="elves")
    assert exported.ephemeral
    assert exported.response is not None
    (file,) = exported.response.attachments
    assert file.filename == "elves.safetensors"
    content = tiny_namer(ELVES, validation=1.25, kneser_ney=1.5, measured=150)
    other = teachable.env.create_guild("Elsewhere")
    channel = other.create_text_channel("general")
    steward = manager(teachable, other)
    result = await steward.slash(
        channel, "namer import", name="Eldar", file=("elves.safetensors", content)
    )
    assert card(result).title == "✅ Eldar is ready"
    assert "too small to learn" in (card(result).description or "")
    model = await teachable.app.store.custom_models.named(other.id, "eldar")
    assert model is not None
    assert (await teachable.app.custom_models.load(model)).words == tuple(
        sorted(map(str.lower, ELVES))
    )
    again = await steward.slash(channel, "namer retrain", name="Eldar")
    assert "Eldar was imported without its list." in sentence(again)


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


async def test_hostile_file_is_refused(home: Home, subtests: pytest.Subtests) -> None:
    steward = manager(home)
    for kind, content in HOSTILE.items():
        with subtests.test(kind):
            result = await steward.slash(
                home.channel, "namer import", name="elves", file=("elves.safetensors", content)
            )
            said = sentence(result)
            assert said
            assert "Sorry" not in said
            assert "Traceback" not in said
            assert await namer(home) is None


async def test_share(teachable: Home) -> None:
    await create(teachable)
    steward = manager(teachable)
    on = await steward.slash(teachable.channel, "namer share", name="elves")
    assert "Other servers can use elves now." in sentence(on)
    off = await steward.slash(teachable.channel, "namer share", name="elves", on=False)
    assert "Only this server can use elves now." in sentence(off)


async def test_cooldowns_of_quick_commands(teachable: Home) -> None:
    """`/namer list` and `/namer share`."""
    await create(teachable)
    await teachable.restart(cooldown_seconds=10)
    steward = manager(teachable)
    commands: tuple[tuple[str, dict[str, str]], ...] = (
        ("namer list", {}),
        ("namer share", {"name": "elves"}),
    )
    for command, options in commands:
        first = await steward.slash(teachable.channel, command, **options)
        assert first.response is not None
        assert "too fast" not in first.response.content
        assert "too fast" in sentence(await steward.slash(teachable.channel, command, **options))


async def test_useless_list_costs_cooldown(teachable: Home) -> None:
    """It was downloaded and read."""
    await teachable.restart(cooldown_seconds=10)
    steward = manager(teachable)
    options = {"name": "elves", "text": "Galadriel"}
    refused = await steward.slash(teachable.channel, "namer create", **options)
    assert "too fast" not in sentence(refused)
    again = await steward.slash(teachable.channel, "namer create", **options)
    assert "too fast" in sentence(again)
