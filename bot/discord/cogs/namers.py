"""`/namer`: lists of a server's own."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands import custom_model_training, custom_models
from bot.commands.autocomplete import MOST
from bot.commands.message import Button, UserError
from bot.commands.retrain import LARGEST_SEED
from bot.commands.votes import signature
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.cogs.names import Choice
from bot.discord.training_report import (
    Report,
    announce,
    fetched,
    keep_up_to_date,
)
from bot.services.concurrency import PeriodicTask
from bot.services.custom_models import (
    Events,
    Lesson,
    Untrained,
    as_corpus,
    read_upload,
)
from bot.services.training.retraining import MessageRef
from bot.store import Unavailable
from bot.store.custom_models import (
    Corpus,
    CustomModelRecord,
    NameTaken,
    TooMany,
)
from bot.store.versions import SILENCE
from data.lists import NameList
from models.weights import WeightsError

List = discord.Attachment | None


@app_commands.guild_only()
class Namer(
    commands.GroupCog,
    group_name=custom_model_training.ACTION,
    group_description="Teach me to name whatever your server has a list of.",
):
    """Keeps the namers of a server. Some of it is for everybody, so who may is checked here."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[custom_model_training.ACTION] = self.pressed
        self._watch: PeriodicTask | None = None

    async def cog_load(self) -> None:
        """Mark the messages of trainings that ended with the process before this one."""
        await self._mark_interrupted()
        # One that died a moment ago cannot be told yet from one that lives in another process.
        self._watch = PeriodicTask(self._mark_interrupted, 2 * SILENCE.total_seconds())

    async def cog_unload(self) -> None:
        """Look no more."""
        if self._watch is not None:
            await self._watch.close()

    @app_commands.command(description="Have me learn a list of names.")
    @app_commands.describe(
        name="What it shall be called, for example: elves",
        file="A text file with one name a line, or a table with the names first",
        text="Or the names themselves, parted by commas or semicolons",
    )
    async def create(
        self, interaction: Interaction, name: str, file: List = None, text: str | None = None
    ) -> None:
        """Answer `/namer create`."""
        guild_id = self._managed(interaction)
        name = custom_models.name_of(name, self.bot.words)
        custom_models.check_source(file is not None, text)
        await self._check_new(guild_id, name)
        with self._learning(interaction):
            await interaction.response.defer(ephemeral=True, thinking=True)
            title, listed = await self._read(file, text)
            corpus = as_corpus(title, listed.names)
            made = await self._made(interaction, guild_id, name, corpus)
            try:
                message = await self._learn(interaction, made, corpus, listed.notes)
            except BaseException:
                await self.bot.store.custom_models.delete(made.id)
                raise
            await self.bot.respond(interaction, custom_models.begun(made, message.jump_url))

    @app_commands.command(name="import", description="Bring a namer that was exported elsewhere.")
    @app_commands.describe(
        name="What it shall be called here, for example: elves",
        file="The weight file that /namer export has given",
    )
    async def import_(self, interaction: Interaction, name: str, file: discord.Attachment) -> None:
        """Answer `/namer import`."""
        guild_id = self._managed(interaction)
        name = custom_models.name_of(name, self.bot.words)
        title = custom_models.title_of(file.filename, self.bot.words)
        custom_models.check_weights_size(title, file.size)
        await self._check_new(guild_id, name)
        with self.bot.cooldown(interaction, custom_model_training.ACTION), self.bot.work.track():
            await interaction.response.defer(ephemeral=True, thinking=True)
            content = await fetched(file)
            try:
                heard = await self.bot.namers.hear(content, title)
            except WeightsError as error:
                raise custom_models.unusable(title) from error
            trained = heard.trained
            await asyncio.to_thread(custom_models.check_import, trained, self.bot.words)
            corpus = as_corpus(
                custom_models.title_of(trained.card.corpus, self.bot.words), trained.words
            )
            weights = content, trained.digest
            made = await self._made(interaction, guild_id, name, corpus, weights)
            await self.bot.respond(interaction, custom_models.imported(made, heard, self.bot.words))

    @app_commands.command(description="Give me a namer as a file, for another server.")
    @app_commands.describe(name="Which one")
    async def export(self, interaction: Interaction, name: str) -> None:
        """Answer `/namer export`."""
        found = await self._named(self._managed(interaction), name)
        weights = await self.bot.store.custom_models.weights(found.id)
        if weights is None:
            raise custom_models.untrained(found, self.bot.namers.ahead_of(found.id))
        await self.bot.respond(interaction, custom_models.exported(found, weights))

    @app_commands.command(name="list", description="What this server has me name.")
    async def list_(self, interaction: Interaction) -> None:
        """Answer `/namer list`."""
        namers = await self.bot.store.custom_models.of(_guild_of(interaction))
        most = self.bot.settings.namers_per_guild
        await self.bot.respond(
            interaction, custom_models.listing(namers, most, self.bot.namers.ahead_of)
        )

    @app_commands.command(description="How good a namer is, and what it has read.")
    @app_commands.describe(name="Which one")
    async def info(self, interaction: Interaction, name: str) -> None:
        """Answer `/namer info`."""
        found = await self._named(_guild_of(interaction), name)
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            trained = await self.bot.namers.load(found)
        except Untrained:
            trained = None
        except WeightsError as error:
            raise custom_models.broken(found) from error
        ahead = self.bot.namers.ahead_of(found.id)
        await self.bot.respond(interaction, custom_models.info(found, trained, ahead))

    @app_commands.command(description="Have a namer learn again, from its list or a new one.")
    @app_commands.describe(
        name="Which one",
        file="A new list, as a text file with one name a line; its own unless you give one",
        text="Or a new list as text, parted by commas or semicolons",
    )
    async def retrain(
        self, interaction: Interaction, name: str, file: List = None, text: str | None = None
    ) -> None:
        """Answer `/namer retrain`."""
        found = await self._named(self._managed(interaction), name)
        custom_models.check_source(file is not None, text, needed=False)
        custom_models.check_fresh(found, self.bot.namers.ahead_of(found.id))
        with self._learning(interaction, found.id):
            is_new = file is not None or text is not None
            if not is_new:
                custom_models.check_corpus(found)
            await interaction.response.defer(ephemeral=True, thinking=True)
            if is_new:
                title, listed = await self._read(file, text)
            else:
                names = await self.bot.store.custom_models.corpus(found.id)
                title, listed = found.title, NameList(names)
            corpus = as_corpus(title, listed.names)
            message = await self._learn(interaction, found, corpus, listed.notes, is_new=is_new)
            await self.bot.respond(interaction, custom_models.begun(found, message.jump_url))

    @app_commands.command(description="Let other servers use a namer, or not any more.")
    @app_commands.describe(name="Which one", on="Whether they may; yes unless you say no")
    async def share(self, interaction: Interaction, name: str, on: bool = True) -> None:
        """Answer `/namer share`."""
        found = await self._named(self._managed(interaction), name)
        await self.bot.store.custom_models.share(found.id, on)
        await self.bot.respond(interaction, custom_models.shared(found, on))

    @app_commands.command(description="Throw a namer away, with its list.")
    @app_commands.describe(name="Which one")
    async def delete(self, interaction: Interaction, name: str) -> None:
        """Answer `/namer delete`: ask first."""
        found = await self._named(self._managed(interaction), name)
        await self.bot.respond(interaction, custom_models.ask_to_delete(found))

    @export.autocomplete("name")
    @info.autocomplete("name")
    @retrain.autocomplete("name")
    @share.autocomplete("name")
    @delete.autocomplete("name")
    async def names(self, interaction: Interaction, typed: str) -> list[Choice]:
        """Offer the namers of this server."""
        try:
            namers = await self.bot.store.custom_models.of(_guild_of(interaction))
        except Unavailable:
            return []
        fitting = [n.name for n in namers if typed.casefold() in n.name.casefold()]
        return [Choice(name=name, value=name) for name in fitting[:MOST]]

    async def pressed(self, interaction: Interaction, button: Button) -> None:
        """Answer the buttons that stop a training and that delete a namer."""
        guild_id = self._managed(interaction)
        verb, custom_model_id = custom_models.pressed(button.state)
        found = await self.bot.store.custom_models.get(custom_model_id)
        if found is None or found.community_id != guild_id:
            raise custom_models.unknown()
        await interaction.response.defer(ephemeral=True, thinking=True)
        reason = custom_models.stop_reason(signature(interaction.user.display_name, self.bot.words))
        if verb == "delete":
            await self.bot.store.custom_models.delete(custom_model_id)
        was_learning = await self.bot.namers.stop(reason, custom_model_id)
        if verb == "delete":
            await self.bot.respond(interaction, custom_models.deleted(found))
        elif was_learning:
            await self.bot.respond(interaction, custom_models.stopped())
        else:
            raise UserError("It is not learning any more.")

    def _managed(self, interaction: Interaction) -> int:
        """The server whose namers this member may change. Raises `UserError`."""
        guild_id = _guild_of(interaction)
        may = interaction.permissions
        custom_models.check_asker(may.manage_guild or may.administrator)
        return guild_id

    @contextmanager
    def _learning(
        self, interaction: Interaction, custom_model_id: int | None = None
    ) -> Iterator[None]:
        """While a training is prepared. Raises `UserError`, `QueueFull` and `InTraining`."""
        with (
            self.bot.cooldown(interaction, custom_model_training.ACTION),
            self.bot.work.track(),
            self.bot.namers.claimed(custom_model_id, community_id=interaction.guild_id),
        ):
            yield

    async def _check_new(self, guild_id: int, name: str) -> None:
        """Raise `UserError` early for what could not be kept in the end."""
        namers = await self.bot.store.custom_models.of(guild_id)
        custom_models.check_quota(len(namers), self.bot.settings.namers_per_guild)
        if any(n.name.casefold() == name.casefold() for n in namers):
            raise custom_models.taken(name)

    async def _made(
        self,
        interaction: Interaction,
        guild_id: int,
        name: str,
        corpus: Corpus,
        weights: tuple[bytes, str] | None = None,
    ) -> CustomModelRecord:
        most = self.bot.settings.namers_per_guild
        try:
            return await self.bot.store.custom_models.create(
                community_id=guild_id,
                name=name,
                member_id=interaction.user.id,
                corpus=corpus,
                now=discord.utils.utcnow(),
                most=most,
                weights=weights,
            )
        except NameTaken as error:
            raise custom_models.taken(name) from error
        except TooMany as error:
            raise custom_models.too_many(most) from error

    async def _named(self, guild_id: int, name: str) -> CustomModelRecord:
        found = await self.bot.store.custom_models.named(guild_id, " ".join(name.split()))
        if found is None:
            raise custom_models.unknown()
        return found

    async def _read(self, file: List, typed: str | None) -> tuple[str, NameList]:
        """The title and the entries of a list that comes either way."""
        if file is None:
            title, content = custom_models.UNNAMED, custom_models.lines_of(typed or "")
        else:
            title = custom_models.title_of(file.filename, self.bot.words)
            custom_models.check_list_size(title, file.size)
            content = await fetched(file)
        return title, await read_upload(content, title, self.bot.words.allows)

    async def _learn(
        self,
        interaction: Interaction,
        record: CustomModelRecord,
        corpus: Corpus,
        notes: tuple[str, ...] = (),
        *,
        is_new: bool = False,
    ) -> discord.Message:
        """Let a namer learn, in a place that is claimed; the message that tells of it."""
        seed = secrets.randbelow(LARGEST_SEED)
        lesson = Lesson(record, corpus, seed, interaction.user.id, is_new)
        run = custom_model_training.Run(lesson, notes, ahead=self.bot.namers.queued)
        message = await announce(interaction, custom_model_training.reply(run))

        async def follow(events: Events) -> None:
            replies = custom_model_training.answers(
                run, events, self.bot.words, discord.utils.utcnow
            )
            await keep_up_to_date(message, replies, self.bot.edit_interval)

        self.bot.namers.start(lesson, follow, MessageRef(message.channel.id, message.id))
        return message

    async def _mark_interrupted(self) -> None:
        try:
            places = await self.bot.namers.interrupted()
        except Unavailable:
            return  # it is in the log, and the next start looks again
        for place in places:
            channel = self.bot.get_partial_messageable(place.channel)
            message = channel.get_partial_message(place.message)
            await Report(message).show(custom_model_training.interrupted())


def _guild_of(interaction: Interaction) -> int:
    if interaction.guild_id is None:  # the platform sees to it, as far as it goes
        raise app_commands.NoPrivateMessage
    return interaction.guild_id


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Namer(bot))
