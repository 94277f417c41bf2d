"""`/namer`, as those who may manage a server and others meet it."""

import io
import pickle
import zipfile
from datetime import timedelta
from pathlib import Path

import discord
import numpy as np
import pytest
import simcord
from safetensors.numpy import save

from bot.commands.custom_model_training import Run, reply
from bot.commands.message import Button, Message, plain
from bot.discord.rendering import view_of
from bot.services.custom_models import Lesson, as_corpus
from bot.services.training.events import (
    Done,
    Failed,
    Planned,
    Progress,
    Samples,
)
from bot.store.custom_models import CustomModelRecord
from tests.bot.conftest import Home
from tests.bot.tiny import tiny_namer

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
        Planned(100, "elves.txt"),
        Progress(50, 100, 1.9, 1.8, 50_000, 6),
        Samples(50, ("Galuwen", "Shitrond")),
        Done(weights, tmp_path / "new.png", 1.25, ("Galuwen",), 7),
    ]
    return home


async def create(home: Home, name: str = "elves", content: bytes = LIST) -> None:
    result = await manager(home).slash(
        home.channel, "namer create", name=name, file=("elves.txt", content)
    )
    assert "begins to learn" in sentence(result), sentence(result)


# To make one


async def test_a_list_is_learned_and_its_message_says_how_good_it_is(teachable: Home) -> None:
    await create(teachable)
    shown = report(teachable)
    assert shown.title == "✅ elves is ready"
    text = shown.description or ""
    assert text.startswith("elves.txt: 30 names\n\n**Mangosaurus**\n")
    assert "A list of 30 names is too small to learn much from" in text
    assert text.endswith("`/name namer:elves`.")
    assert figures(shown) == {
        "Validation": "1.250 nats/char",
        "Kneser-Ney": "1.500 nats/char",
        "Took": "7 s",
    }


async def test_the_trainer_gets_the_list_as_it_was_written(teachable: Home) -> None:
    before = [f"Doe, {name}" for name in ELVES]
    await create(teachable, content="\n".join(f'"{entry}"' for entry in before).encode())
    (trainer,) = teachable.world.trainers
    assert trainer.order.recipe == "list"
    assert trainer.order.corpus is not None
    assert trainer.order.corpus.name == "elves.txt"
    assert not trainer.order.corpus.exists()
    found = await namer(teachable)
    assert found is not None
    assert await teachable.bot.store.custom_models.corpus(found.id) == tuple(before)


async def test_names_can_be_typed(teachable: Home) -> None:
    result = await manager(teachable).slash(
        teachable.channel, "namer create", name="Sea  elves", text="; ".join(ELVES)
    )
    assert "Sea elves begins to learn" in sentence(result)
    assert (report(teachable).description or "").startswith("Your list: 30 names")


async def test_a_file_whose_name_is_vile_is_called_otherwise(teachable: Home) -> None:
    await manager(teachable).slash(
        teachable.channel, "namer create", name="elves", file=("fuck @everyone.txt", LIST)
    )
    assert (report(teachable).description or "").startswith("Your list: 30 names")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "1 to 32 characters"),
        ("x" * 33, "1 to 32 characters"),
        ("@everyone", "letters, digits"),
        ("<@123456>", "letters, digits"),
        ("**bold**", "letters, digits"),
        ("a\u202eb", "letters, digits"),
        ("---", "letters, digits"),
        ("fuck", "rather not say"),
    ],
)
async def test_a_name_that_will_not_do_is_refused(home: Home, name: str, why: str) -> None:
    result = await manager(home).slash(
        home.channel, "namer create", name=name or " ", file=("elves.txt", LIST)
    )
    assert why in sentence(result)
    assert result.ephemeral
    assert not home.world.trainers
    assert home.env.errors


async def test_a_list_comes_as_a_file_or_as_text_and_not_both(home: Home) -> None:
    steward = manager(home)
    neither = await steward.slash(home.channel, "namer create", name="elves")
    assert "`text:`" in sentence(neither)
    both = await steward.slash(
        home.channel, "namer create", name="elves", file=("elves.txt", LIST), text="a, b"
    )
    assert "not both" in sentence(both)
    assert home.env.errors


def zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("elves.txt", LIST)
    return archive.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "at least 20"),
        ("\n".join(ELVES[:10]).encode(), "there are 10"),
        ("\n".join([*ELVES, "fuckrond"]).encode(), "Line 31: this is nothing that I would say"),
        ("Lú\n".encode("latin-1") * 20, "save it as plain text in UTF-8"),
        (b"\xff\xfe\xfa", "not UTF-16 text"),
        (zipped(), "not"),
        (b"\x7fELF\x00\x01" * 50, "not a text file"),
        (b"x" * 100 + b"\n" + LIST, "at most 64 characters"),
        ("\n".join([*ELVES, "a\u200eb"]).encode(), "Line 31: there is a character that cannot be"),
        ("\n".join(ELVES[:10] * 9).encode(), "there are 10"),
        ("\n".join([*ELVES, *map(chr, range(0x4E00, 0x4F00))]).encode(), "different characters"),
        (b"A\n" * (3 * 2**19), "at most 2 MiB"),
    ],
    ids=range(12),
)
async def test_a_list_that_cannot_be_learned_is_refused_with_what_is_wrong(
    home: Home, content: bytes, why: str
) -> None:
    result = await manager(home).slash(
        home.channel, "namer create", name="elves", file=("elves.txt", content)
    )
    assert why in sentence(result)
    assert result.ephemeral
    assert not home.world.trainers
    assert await namer(home) is None
    assert home.env.errors


async def test_a_server_has_one_namer_of_a_name(teachable: Home) -> None:
    await create(teachable)
    result = await manager(teachable).slash(
        teachable.channel, "namer create", name="ELVES", file=("elves.txt", LIST)
    )
    assert "a namer called ELVES already" in sentence(result)
    assert teachable.env.errors


async def test_a_server_has_no_more_namers_than_its_quota(teachable: Home) -> None:
    await teachable.restart(namers_per_guild=1)
    await create(teachable)
    steward = manager(teachable)
    for command, file in (("create", LIST), ("import", tiny_namer(ELVES))):
        refused = await steward.slash(
            teachable.channel, f"namer {command}", name="dwarfs", file=("x", file)
        )
        assert "A server can have 1 namer; delete one" in sentence(refused)
    assert teachable.env.errors


async def test_two_servers_have_namers_of_one_name(teachable: Home) -> None:
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


async def test_a_channel_that_it_cannot_write_in_is_said_and_nothing_stays(home: Home) -> None:
    home.env.inject_error(
        "POST", "/channels/*/messages", status=403, code=50013, message="Missing Permissions"
    )
    result = await manager(home).slash(
        home.channel, "namer create", name="elves", file=("elves.txt", LIST)
    )
    assert "I may not write here" in sentence(result)
    assert await namer(home) is None
    assert not home.world.trainers
    assert home.env.errors


async def test_a_list_that_failed_is_kept_and_can_be_learned_again(teachable: Home) -> None:
    succeeding = list(teachable.world.training)
    teachable.world.training[:] = [Failed("There is no room on the disk.")]
    await create(teachable)
    assert report(teachable).title == "elves could not learn"
    assert "/namer retrain name:elves" in (report(teachable).description or "").replace("\\", "")
    asked = await teachable.alice.slash(teachable.channel, "name", namer="elves")
    assert "has not learned its list yet" in sentence(asked)
    teachable.world.training[:] = succeeding
    await manager(teachable).slash(teachable.channel, "namer retrain", name="elves")
    assert report(teachable).title == "✅ elves is ready"
    assert teachable.env.errors


async def test_weights_that_a_hostile_trainer_left_are_not_served(
    teachable: Home, tmp_path: Path
) -> None:
    (tmp_path / "new.safetensors").write_bytes(b"not at all")
    await create(teachable)
    assert report(teachable).title == "elves could not learn"
    found = await namer(teachable)
    assert found is not None
    assert found.digest is None


def test_a_list_that_waits_knows_how_many_are_before_it(home: Home) -> None:
    record = CustomModelRecord(
        1, 2, "elves", 3, False, discord.utils.utcnow(), "elves.txt", 30, True, None, None
    )
    run = Run(Lesson(record, as_corpus("elves.txt", ELVES), 1, 3), ahead=2)
    (waiting,) = reply(run).embeds
    assert waiting.title == "🪶 elves waits for its turn"
    assert plain(waiting.lines[-1]) == "2 lists are ahead of it."
    begun = run.after(Planned(100, "elves.txt"), discord.utils.utcnow(), home.app.word_filter)
    assert reply(begun).embeds[0].title == "🪶 elves is learning"


# Who may


@pytest.mark.parametrize("verb", ["export", "retrain", "share", "delete"])
async def test_members_who_may_not_manage_the_server_change_nothing(
    teachable: Home, verb: str
) -> None:
    await create(teachable)
    result = await teachable.alice.slash(teachable.channel, f"namer {verb}", name="elves")
    assert "Only members who may manage this server" in sentence(result)
    assert result.ephemeral
    assert teachable.env.errors


async def test_they_cannot_create_or_import_either(home: Home) -> None:
    for verb in ("create", "import"):
        result = await home.alice.slash(
            home.channel, f"namer {verb}", name="elves", file=("elves.txt", LIST)
        )
        assert "Only members who may manage this server" in sentence(result)
    assert home.env.errors


async def test_administrators_may(teachable: Home) -> None:
    result = await teachable.administrator().slash(
        teachable.channel, "namer create", name="elves", file=("elves.txt", LIST)
    )
    assert "begins to learn" in sentence(result)


# To look at them


async def test_the_list_of_a_server_without_namers_says_how_to_begin(home: Home) -> None:
    result = await home.alice.slash(home.channel, "namer list")
    assert "/namer create" in sentence(result)


async def test_everybody_sees_the_list_and_the_figures(teachable: Home) -> None:
    await create(teachable)
    listed = await teachable.alice.slash(teachable.channel, "namer list")
    assert (card(listed).description or "").startswith("**elves** · 30 names")
    info = card(await teachable.alice.slash(teachable.channel, "namer info", name="ELVES"))
    assert "too small to learn much from" in (info.description or "")
    shown = figures(info)
    assert shown["Validation"] == "1.250 nats/char"
    assert shown["Kneser-Ney"] == "1.500 nats/char"
    assert shown["List"] == "elves.txt"


async def test_a_namer_that_is_not_there_is_said(home: Home) -> None:
    result = await home.alice.slash(home.channel, "namer info", name="dwarfs")
    assert "no namer of that name" in sentence(result)
    assert home.env.errors


async def test_names_of_namers_are_offered(teachable: Home) -> None:
    await create(teachable)
    for verb in ("info", "retrain", "share", "delete", "export"):
        offered = await teachable.alice.autocomplete(
            teachable.channel, f"namer {verb}", "name", "EL"
        )
        assert [choice["value"] for choice in offered] == ["elves"]


# To change them


async def test_a_new_list_takes_the_place_of_the_old_one(teachable: Home) -> None:
    await create(teachable)
    towns = "\n".join(f"{name}ton" for name in ELVES)
    await manager(teachable).slash(
        teachable.channel, "namer retrain", name="elves", file=("towns.csv", towns.encode())
    )
    found = await namer(teachable)
    assert found is not None
    assert found.title == "towns.csv"
    assert (await teachable.bot.store.custom_models.corpus(found.id))[0] == "Galadrielton"


async def test_a_new_list_that_cannot_be_learned_leaves_everything_as_it_was(
    teachable: Home,
) -> None:
    await create(teachable)
    before = await namer(teachable)
    teachable.world.training[:] = [Failed("No.")]
    await manager(teachable).slash(
        teachable.channel, "namer retrain", name="elves", text=",".join(f"{n}x" for n in ELVES)
    )
    assert "It writes as it did before." in (report(teachable).description or "")
    assert await namer(teachable) == before


async def test_deleting_asks_first(teachable: Home) -> None:
    await create(teachable)
    steward = manager(teachable)
    asked = await steward.slash(teachable.channel, "namer delete", name="elves")
    assert "cannot be brought back" in sentence(asked)
    assert await namer(teachable) is not None
    assert asked.response is not None
    await teachable.restart()
    done = await steward.click(asked.response, label="Delete")
    assert "elves is deleted" in sentence(done)
    assert await namer(teachable) is None


@pytest.mark.parametrize("state", ["delete:1", "stop:1", "delete:x", "melt:1", "delete:999"])
async def test_a_forged_button_of_anybody_else_does_nothing(teachable: Home, state: str) -> None:
    await create(teachable)
    view = view_of(Message(buttons=(Button("Delete", "namer", state),)))
    other = teachable.env.create_guild("Elsewhere")
    channel = other.create_text_channel("general")
    message = await teachable.bot.get_partial_messageable(channel.id).send("…", view=view)
    refused = await manager(teachable, other).click(message, label="Delete")
    assert "no namer of that name" in sentence(refused) or "another version" in sentence(refused)
    here = await teachable.bot.get_partial_messageable(teachable.channel.id).send("…", view=view)
    refused = await teachable.alice.click(here, label="Delete")
    assert "Only members who may manage" in sentence(refused)
    assert await namer(teachable) is not None


async def test_the_message_of_a_training_that_died_with_the_bot_is_marked(home: Home) -> None:
    message = await home.bot.get_partial_messageable(home.channel.id).send("Learning …")
    long_ago = discord.utils.utcnow() - timedelta(minutes=5)
    await home.app.store.versions.begin_run(
        "namer", seed=1, now=long_ago, channel_id=home.channel.id, message_id=message.id
    )
    await home.restart()
    assert report(home).title == "The training was interrupted"


# To carry them elsewhere


async def test_a_namer_is_exported_here_and_imported_there(teachable: Home) -> None:
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
    written = await steward.slash(channel, "name", namer="eldar", count=1)
    assert card(written).description == "**Mangosaurus**"
    again = await steward.slash(channel, "namer retrain", name="Eldar")
    assert "came as a weight file" in sentence(again)
    assert teachable.env.errors


class Bomb:
    """What runs when it is unpickled."""

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


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_file_is_refused(home: Home, content: bytes) -> None:
    result = await manager(home).slash(
        home.channel, "namer import", name="elves", file=("elves.safetensors", content)
    )
    said = sentence(result)
    assert said
    assert "Sorry" not in said
    assert "Traceback" not in said
    assert await namer(home) is None
    assert home.env.errors


async def test_sharing_is_said_both_ways(teachable: Home) -> None:
    await create(teachable)
    steward = manager(teachable)
    on = await steward.slash(teachable.channel, "namer share", name="elves")
    assert "Other servers may use elves now" in sentence(on)
    off = await steward.slash(teachable.channel, "namer share", name="elves", on=False)
    assert "Only this server may use elves now" in sentence(off)
