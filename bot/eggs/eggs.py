"""`/egg`: a nest a day, and what hatches from one of its eggs."""

import asyncio
import secrets
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from bot.chat.app import App
from bot.chat.commands import Command, NoOptions, Place
from bot.chat.dispatch import caller_of, respond_or_leave
from bot.chat.errors import community_only, other_version
from bot.chat.message import (
    Button,
    Embed,
    Field,
    File,
    Message,
    Tone,
    UserError,
    with_pictures,
)
from bot.chat.received import stored_number
from bot.chat.translation import _, in_language
from bot.chat.turn import DeliveryError, MessageRef, Turn
from bot.community.blocks import Blocked, Reason
from bot.community.queries import Communities
from bot.community.rights import check_community
from bot.concurrency import in_time
from bot.creatures import labels
from bot.creatures.animal import profile_of
from bot.creatures.genome import folded
from bot.creatures.names import has_creature
from bot.creatures.rarity import ONE_IN
from bot.discoveries.queries import MOST_OWNED, Discoveries, Exhibit
from bot.eggs.queries import EGGS, NestRecord, Nests, Outcome
from bot.polls.hall_of_fame import Winners, replace_with
from bot.polls.plates import hatch_button, show_dinosaur
from bot.polls.poll_message import removed_message
from bot.store.people import Person
from bot.text.spans import Timestamp, command, text
from bot.text.technical import TechnicalText, technical
from bot.words import WordFilter
from bot.writing.filtered import write_names
from data.phrases import NOTHING, Showable
from models.names.generator import NamesRequest

ACTION, COMMAND = "egg", command("/egg")
PRIVATE = "private"
"""In the state of an egg that only its member sees."""
ASKED, TRIES = 5, 3
"""Names that are asked for at once, as some may be known here, and how often."""
_LEFT, _RIGHT = _("Left egg"), _("Right egg")
LABELS = ((_("This egg"),), (_LEFT, _RIGHT), (_LEFT, _("Middle egg"), _RIGHT))
"""Labels of the buttons, by the number of eggs."""


@dataclass(frozen=True)
class _Scene:
    """A nest of a member as its readers see it."""

    turn: Turn
    words: WordFilter
    owner: Person | None
    """The member; `None` for one who hides their collection."""
    is_private: bool
    """Whether nobody else sees it."""


async def egg(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/egg`: show the nest of today. Only members who hide see theirs alone."""
    async with app.answering(turn, ACTION):
        community_id = await _check_place(app, turn)
        owner = await app.store[Discoveries].owner(community_id, turn.user.id)
        scene = _Scene(turn, await app.filters.of(community_id), owner, owner is None)
        defer = partial(turn.defer, private=scene.is_private, retry=hatch_button())
        nest = _of_today(app, scene, community_id)
        await respond_or_leave(turn, await in_time(nest, app.patience_s, on_delay=defer))


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the button of an egg: hatch it, once, for the member of the nest."""
    first, second, kind = (*state.split(":"), "", "")[:3]
    nest_id, position = stored_number(first), stored_number(second)
    if nest_id is None or position is None:
        raise other_version(technical("/egg"))
    community_id, nests = check_community(turn), app.store[Nests]
    nest = await nests.find(nest_id, app.now())
    if nest is not None and (nest.community_id, nest.member_id) != (community_id, turn.user.id):
        sentence = _("This is somebody else's nest. Get your own with {command}.")
        raise _with_button(UserError(sentence, command=COMMAND))
    await _check_place(app, turn)
    owner = await app.store[Discoveries].owner(community_id, turn.user.id)
    words, outcome = await app.filters.of(community_id), Outcome.STALE
    scene = _Scene(turn, words, owner, kind == PRIVATE)
    if nest is not None and nest.is_current and not nest.is_hatched:
        outcome = Outcome.UNFIT
        if (name := nest.eggs.get(position)) is not None:
            eggs = nest.eggs.values()
            fit = await asyncio.to_thread(lambda: {each for each in eggs if words.allows(each)})
            profile = await asyncio.to_thread(profile_of, name)
            outcome = await nests.hatch(nest, profile, fit, app.now())
        nest = await nests.find(nest_id, app.now())
    match outcome:
        case Outcome.HATCHED if nest is not None:
            app.removals.changed(community_id)  # nor are polls opened with the name
            await _show_hatchling(app, scene, nest)
        case Outcome.BLOCKED:
            raise Blocked(Reason.MEMBER_HERE, turn.platform.terms)
        case Outcome.FULL:
            raise _full()
        case Outcome.UNFIT if nest is not None and not nest.is_hatched:
            with suppress(DeliveryError):
                await turn.edit_source(await _nest_message(app, scene, nest))
            raise UserError(
                _(
                    "This egg can't hatch any more, because its name has since been found or "
                    "removed here. Press another one."
                )
            )
        case Outcome.EMPTY:
            sentence = _(
                "These eggs can't hatch any more, because their names have since been found or "
                "removed here. Get another nest with {command}."
            )
            message = Message(text(sentence, command=COMMAND), buttons=(hatch_button(),))
            await turn.edit_source(message)
        case _stale:
            await _refuse(app, scene, nest)


async def _refuse(app: App, scene: _Scene, nest: NestRecord | None) -> None:
    """Refuse a press on a nest that has hatched, or is of another day. It loses its buttons."""
    with suppress(DeliveryError):  # it may have been shown more than once, or a kill kept them
        if nest is not None and nest.is_hatched:
            await _show_hatchling(app, scene, nest)
        elif nest is not None:  # one that is gone may have been somebody else's
            await scene.turn.edit_source(Message(text(_("This nest is from another day."))))
    if nest is not None and nest.is_current:
        raise _hatched(nest)
    sentence = _("This nest is from another day. See today's with {command}.")
    raise _with_button(UserError(sentence, command=COMMAND))


async def _check_place(app: App, turn: Turn) -> int:
    """Raise `UserError` where no eggs hatch. Returns the community's id."""
    community_id, platform = check_community(turn), turn.platform
    if community_id not in platform.communities:
        raise UserError(*community_only(platform.terms))
    kept = await app.store[Communities].settings(community_id)
    if not kept.has_eggs:
        sentence = _("Managers of this {community} have switched eggs off.")
        raise UserError(sentence, community=platform.terms.community)
    if kept.egg_channel_id is not None and not kept.hatches_in(turn.channel_id):
        if not await platform.is_in_community(MessageRef(kept.egg_channel_id, 0, community_id)):
            sentence = _(
                "The channel where eggs hatch was deleted. A manager can choose another one with "
                "{command}."
            )
            raise UserError(sentence, command=command("/settings"))
        channel = platform.mention_channel(kept.egg_channel_id)
        raise UserError(_("Here, members can hatch eggs in {channel}."), channel=channel)
    return community_id


async def _of_today(app: App, scene: _Scene, community_id: int) -> Message:
    """The nest that a member has today, which may be a new one. Raises inference errors."""
    nests, member_id = app.store[Nests], scene.turn.user.id
    nest = await nests.of_today(community_id, member_id, app.now())
    is_full = not await app.store[Discoveries].has_room(community_id, member_id)
    if is_full and (nest is None or not nest.is_hatched):
        raise _full()
    if nest is None:
        names = await _new_names(app, scene, community_id)
        nest = await nests.lay(community_id, member_id, names, app.now())
    if nest.is_hatched:
        raise _hatched(nest)
    return await _nest_message(app, scene, nest)


async def _new_names(app: App, scene: _Scene, community_id: int) -> Sequence[Showable]:
    """Names of dinosaurs that the community does not know. Raises inference errors."""
    found: dict[str, Showable] = {}
    for _try in range(TRIES):
        request = NamesRequest(count=ASKED, seed=secrets.randbelow(2**32))
        unwritten = await app.removals.unwritten(community_id)
        caller = caller_of(app, scene.turn)
        written = await write_names(app.inference, request, scene.words, caller, removed=unwritten)
        names = {folded(name): name for name in written.names if has_creature(name)}
        new = await app.store[Nests].new_among(community_id, [*names.values()])
        found |= {key: name for key, name in names.items() if key in new}
        if len(found) >= EGGS:
            return [*found.values()][:EGGS]
    raise UserError(_("The bot couldn't find any new names this time. Try again in a moment."))


async def _nest_message(app: App, scene: _Scene, nest: NestRecord) -> Message:
    """The nest, with a button for each egg. What is in them shows in their shells only."""
    profiles = await asyncio.to_thread(lambda: [*map(profile_of, nest.eggs.values())])
    drawn, told = app.creature_pictures.nest(profiles), labels.nest_text(profiles)
    picture = await _picture(scene, drawn, technical("nest.png"), told)
    line = text(
        _(
            "Open one of these eggs; then the others will be gone. An egg's shell shows the "
            "dinosaur's family. Next nest: {next}."
        ),
        next=Timestamp(nest.until, absolute=True),
    )
    if scene.owner is not None:
        line = text(
            _(
                "{member} can open one of these eggs; then the others will be gone. An egg's "
                "shell shows the dinosaur's family. Next nest: {next}."
            ),
            member=scene.turn.platform.mention(scene.owner),
            next=Timestamp(nest.until, absolute=True),
        )
    footer = _(
        "About one egg in {number} hatches into something rare: a white, black or golden animal, "
        "twins, or an animal of the night."
    ).format(number=ONE_IN)
    embed = Embed(_("🥚 A nest"), (line,), footer=footer, tone=Tone.NAMES)
    shown = zip(nest.eggs, LABELS[len(nest.eggs) - 1], strict=True)
    kind = PRIVATE if scene.is_private else ""
    buttons = (
        Button(label, ACTION, f"{nest.id}:{position}:{kind}", "🥚", primary=True)
        for position, label in shown
    )
    message = Message((), (embed,), tuple(buttons), private=scene.is_private)
    return with_pictures(message, picture)


async def _show_hatchling(app: App, scene: _Scene, nest: NestRecord) -> None:
    """Show what has hatched in the place of the nest, unless it was removed."""
    exhibit = None
    if nest.discovery_id is not None:
        store = app.store[Discoveries]
        exhibit = await store.numbered(scene.words, nest.community_id, nest.discovery_id)
    if exhibit is None or exhibit.name.instead is not None:
        await scene.turn.edit_source(removed_message())
        return
    message = await _hatchling(app, scene, exhibit)
    await replace_with(app, scene.turn, Winners(message, names=(exhibit.name,)))


async def _hatchling(app: App, scene: _Scene, exhibit: Exhibit) -> Message:
    """A hatchling beside its shell, and where it is now."""
    name, profile, museum = exhibit.name, exhibit.profile, command("/museum")
    drawn, told = app.creature_pictures.hatchling(profile), labels.hatchling_text(name, profile)
    picture = await _picture(scene, drawn, technical("hatchling.png"), told)
    line = text(_("It's in the museum now: {command}"), command=museum)
    is_kept = exhibit.owner_id == scene.turn.user.id  # a nest may be pressed again later
    if scene.owner is not None and is_kept:
        sentence = _("It's in {member}'s collection now, and in the museum: {museum}")
        line = text(sentence, member=scene.turn.platform.mention(scene.owner), museum=museum)
    elif scene.is_private and is_kept:
        sentence = _("It's in your collection now, and in the museum: {museum}")
        line = text(sentence, museum=museum)
    fields = [Field(_("Family"), text(labels.family(profile)))]
    is_told = is_kept and (scene.owner is not None or scene.is_private)  # whose it is
    if is_told and await app.store[Discoveries].is_new_in_album(
        check_community(scene.turn), scene.turn.user.id, profile, but=exhibit.id
    ):
        fields.append(Field(_("New in the album"), text(labels.period(profile))))
    if rarity := labels.rarity(profile):
        fields.append(Field(_("Rare"), text(rarity)))
    title = _("🐣 {name} has hatched").format(name=name)
    embed = Embed(title, (line,), tuple(fields), tone=Tone.NAMES)
    buttons = (*show_dinosaur(name, scene.turn.platform.limits), hatch_button())
    message = Message((), (embed,), buttons, private=scene.is_private)
    return with_pictures(message, picture)


async def _picture(
    scene: _Scene,
    drawn: Coroutine[None, None, bytes | None],
    name: TechnicalText,
    told: Showable,
) -> File | None:
    """A picture as a file, where files may be attached; `None` if it could not be drawn.

    Its description is left out if it has a word that its readers blocked themselves.
    """
    if not (scene.is_private or scene.turn.attaches_files):
        drawn.close()
        return None
    language = await scene.turn.language(private=scene.is_private)
    is_allowed = scene.words.allows_phrase(in_language(told, language))
    png = await drawn
    return None if png is None else File(name, png, told if is_allowed else NOTHING)


def _hatched(nest: NestRecord) -> UserError:
    sentence = _("You've already hatched an egg here today. Next nest: {next}.")
    return UserError(sentence, next=Timestamp(nest.until, absolute=True))


def _full() -> UserError:
    sentence = _(
        "Your collection has no room for a hatchling: it already has {limit} dinosaurs. Release "
        "one first with {command}."
    )
    return UserError(sentence, limit=MOST_OWNED, command=command("/collection"))


def _with_button(error: UserError) -> UserError:
    error.buttons = (hatch_button(),)
    return error


EGG = Command(
    "egg",
    _("Get a nest of three eggs every day, and hatch a dinosaur of your own."),
    egg,
    examples=((technical("/egg"), _("shows today's nest: you can hatch one of its eggs.")),),
    place=Place.COMMUNITY,
    is_costly=True,
)
