"""`/dinosaur`: the animal of a name, with its plate."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.chat.app import App
from bot.chat.button_states import fits
from bot.chat.commands import Choice, Command, main_option, within_limits
from bot.chat.dispatch import respond_when_ready
from bot.chat.message import (
    Button,
    Embed,
    Field,
    Message,
    Text,
    Tone,
    UserError,
    emphasis,
    link,
    text,
)
from bot.chat.translation import _
from bot.chat.turn import Limits, Turn
from bot.creatures import labels
from bot.creatures.animal import profile_of
from bot.creatures.description import description
from bot.creatures.names import LONGEST_NAME, has_creature
from bot.creatures.profile import Profile, Root
from bot.creatures.pronunciation import pronunciation
from bot.formats import human_join, shortened
from bot.museum.collection import owner_buttons
from bot.museum.queries import Exhibit, Museum
from bot.names.autocomplete import whole_names
from bot.polls.hall_of_fame import Winners, answer_with, dinosaurs_on
from bot.polls.plates import DINOSAUR, OF_HALL, plate_file, show_dinosaur
from bot.polls.poll_message import DISSECT
from bot.polls.queries import Polls
from bot.store import Unavailable
from bot.words import WordFilter
from data.text import clean_name


@dataclass(frozen=True)
class DinosaurOptions:
    """Options of `/dinosaur`."""

    name: str


async def dinosaur(app: App, turn: Turn, options: DinosaurOptions) -> None:
    """Answer `/dinosaur`."""
    async with app.answering(turn, DINOSAUR):
        name = options.name.strip()
        _check(name)
        words = await app.filters.of(turn.community_id)
        if not (words.allows(name) and words.allows(clean_name(name))):
            raise UserError(_("The bot won't show a dinosaur of that name; try another one."))
        exhibit = await _exhibit(app, turn, name)
        if exhibit is not None:
            await answer_with(app, turn, _discovered(app, turn, exhibit, words))
            return
        profile = await asyncio.to_thread(profile_of, name)
        is_private = not await _is_known(app, turn, profile)
        answer = _message(app, turn, profile, words, is_private=is_private)
        await respond_when_ready(turn, answer, private=is_private)


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the button that shows the dinosaur of a name, or one of the hall of fame."""
    limits = turn.platform.limits
    if not state.startswith(OF_HALL):
        await dinosaur(app, turn, DinosaurOptions(state))
        return
    names = await dinosaurs_on(app, turn, state.removeprefix(OF_HALL))
    if not names:
        raise UserError(_("These names are no longer there. See others with /halloffame."))
    buttons = tuple(button for name in names for button in show_dinosaur(name, limits, name))
    await turn.respond(Message(text(_("Which one?")), buttons=buttons, private=True))


async def suggest(app: App, turn: Turn, typed: str) -> list[Choice]:
    """Suggest the name as typed, names of the latest polls, and real genera.

    Raises `Unavailable`.
    """
    if len(typed) > 2 * LONGEST_NAME:
        return []
    recent: list[str] = []
    if turn.community_id is not None:
        recent = await app.store[Polls].recent_dinosaurs(turn.community_id, clean_name(typed))
    words = await app.filters.of(turn.community_id)
    found = await asyncio.to_thread(whole_names, typed, app.inference.genera, words)
    names = [choice.label for choice in found]
    as_typed = [name for name in names[:1] if clean_name(name) == clean_name(typed)]
    allowed = await asyncio.to_thread(lambda: [*filter(words.allows, recent)])
    unique = dict.fromkeys([*as_typed, *allowed, *names])
    choices = (Choice(name, name) for name in unique if has_creature(name))
    return within_limits(choices, turn.platform.limits)


def _check(name: str) -> None:
    """Raise `UserError` for what is no name of a dinosaur."""
    if not name:
        raise UserError(_("Which dinosaur? Type its name, for example Mangosaurus."))
    if len(name) > LONGEST_NAME:
        raise UserError(
            _(
                "A dinosaur's name can have at most {limit} letters, and yours has {count}: "
                "“{name}”. Try a shorter one, for example Mangosaurus."
            ),
            limit=LONGEST_NAME,
            count=len(name),
            name=shortened(name, 2 * LONGEST_NAME),
        )
    if len(name.split()) > 1:
        raise UserError(
            _(
                "A dinosaur's name is a single word here, for example Mangosaurus. Yours was "
                "“{name}”."
            ),
            name=name,
        )
    if not has_creature(name):
        raise UserError(
            _(
                "A dinosaur's name has letters from A to Z only, with or without accents, for "
                "example Mangosaurus. Yours was “{name}”."
            ),
            name=name,
        )


async def _exhibit(app: App, turn: Turn, name: str) -> Exhibit | None:
    """What this community has discovered under a name."""
    if turn.community_id is not None:
        with suppress(Unavailable):
            return await app.store[Museum].named(turn.community_id, name)
    return None


async def _discovered(app: App, turn: Turn, exhibit: Exhibit, words: WordFilter) -> Winners:
    """The same with its discoverer, and for its owner with buttons."""
    message = await _message(app, turn, exhibit.profile, words, is_private=False)
    (embed,) = message.embeds
    if exhibit.member_id is not None:
        member = text(link(turn.platform.mention(exhibit.member_id)))
        embed = replace(embed, fields=(*embed.fields, Field(_("Discovered by"), member)))
    buttons = (*message.buttons, *owner_buttons(exhibit, turn.user.id))
    return Winners(replace(message, embeds=(embed,), buttons=buttons), (exhibit.poll_id,))


async def _is_known(app: App, turn: Turn, profile: Profile) -> bool:
    """Whether everybody may see it: a real genus, or a name of a poll of this community."""
    if _is_genus(app, profile):
        return True
    if turn.community_id is not None:
        with suppress(Unavailable):
            return await app.store[Polls].has_dinosaur(turn.community_id, profile.name)
    return False


def _is_genus(app: App, profile: Profile) -> bool:
    return profile.is_real or clean_name(profile.name) in app.inference.genera


async def _message(
    app: App, turn: Turn, profile: Profile, words: WordFilter, *, is_private: bool
) -> Message:
    """The plate and what is known of the animal, without what the word filter blocks."""
    limits = turn.platform.limits
    may_attach = is_private or turn.attaches_files
    plate = await plate_file(app, profile, limits) if may_attach else None
    embed = Embed(
        title=f"🦕 {profile.name}",
        lines=await asyncio.to_thread(lambda: tuple(_lines(profile, words))),
        fields=tuple(
            Field(name, text(value))
            for name, value in (
                (_("Family"), labels.family(profile)),
                (_("Lived"), labels.PERIODS[profile.period]),
                (_("Found in"), labels.REGIONS[profile.region]),
                (_("Eats"), labels.DIETS[profile.diet]),
                (_("Size"), _size(profile)),
                (_("Temper"), labels.TEMPERS[profile.temper]),
            )
        ),
        footer=_footer(profile, is_genus=_is_genus(app, profile)),
        tone=Tone.NAMES,
        image=plate.name if plate else "",
    )
    reason = ""
    if is_private and turn.community_id is not None:
        reason = _("This is visible to you only, because no poll here has had this name.")
    return Message(
        content=text(reason) if reason else (),
        embeds=(embed,),
        buttons=tuple(_dissect_button(profile.name, limits)),
        files=(plate,) if plate else (),
        private=is_private,
    )


def _size(profile: Profile) -> str:
    length, weight = labels.length(profile.length), labels.weight(profile.weight)
    return _("{length} long, {weight}").format(length=length, weight=weight)


def _lines(profile: Profile, words: WordFilter) -> Iterator[Text]:
    yield text(_("Say {pronunciation}."), pronunciation=emphasis(pronunciation(profile.name)))
    meaning = labels.meaning(profile)
    if words.allows(meaning):
        origins = human_join([*map(_origin, profile.roots)])
        sentence = _("It may mean {meaning}: {roots}.")
        yield text(sentence, meaning=emphasis(meaning), roots=origins)
    if words.allows(told := description(profile)):
        yield ()
        yield text(told)


def _origin(root: Root) -> str:
    """`odon (odous: tooth)`; an invented meaning says so."""
    if not root.word:
        template = _("{letters} (imagined: {meaning})")
    elif root.word == root.meaning:
        template = _("{letters} ({meaning})")
    else:
        template = _("{letters} ({word}: {meaning})")
    return template.format(letters=root.letters, word=root.word, meaning=_(root.meaning))


def _footer(profile: Profile, *, is_genus: bool) -> str:
    if profile.is_real:
        return _("A real dinosaur. Its temper, its colors and its habits are imagined.")
    if is_genus:
        return _("A real dinosaur, but all of this is imagined, apart from its name.")
    return _("An imagined dinosaur. Its name stands for the same animal everywhere.")


def _dissect_button(name: str, limits: Limits) -> Iterator[Button]:
    if fits(limits, DISSECT, name):
        yield Button(_("Dissect"), DISSECT, name, emoji="🔬")


DINOSAUR_COMMAND = Command(
    "dinosaur",
    _("See the dinosaur of a name: a drawing, its family, its size and its habits."),
    dinosaur,
    (
        main_option(
            "name",
            _("The name of a dinosaur, real or invented, for example: Mangosaurus"),
            LONGEST_NAME,
            suggest,
        ),
    ),
    DinosaurOptions,
    examples=(("/dinosaur name:Mangosaurus", _("shows the animal of that name.")),),
)
