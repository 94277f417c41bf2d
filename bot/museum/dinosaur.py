"""`/dinosaur`: the animal of a name, with its plate."""

import asyncio
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce

from bot.chat.app import App
from bot.chat.button_states import fits
from bot.chat.commands import Choice, Command, main_option, within_limits
from bot.chat.message import Button, Embed, Field, Message, Tone, Typo, UserError
from bot.chat.translation import Language, _, in_language, joined
from bot.chat.turn import Turn
from bot.creatures import labels
from bot.creatures.animal import profile_of
from bot.creatures.description import description
from bot.creatures.genome import folded
from bot.creatures.names import LONGEST_NAME, has_creature
from bot.creatures.profile import Profile
from bot.creatures.pronunciation import pronunciation
from bot.discoveries.queries import Discoveries, Exhibit
from bot.museum.collection import owner_buttons
from bot.museum.gallery import discoverer_of
from bot.names.autocomplete import whole_names
from bot.polls.hall_of_fame import Winners, answer_with, dinosaurs_on
from bot.polls.plates import DINOSAUR, OF_HALL, plate_file, show_dinosaur
from bot.polls.poll_message import DISSECT
from bot.polls.queries import Polls
from bot.store import Unavailable
from bot.text.formats import cut, spaced
from bot.text.spans import Text, emphasis, plain, text
from bot.text.technical import technical
from bot.words import WordFilter
from data.phrases import NOTHING, Showable
from data.text import clean_name

MOST_EPITHETS = 2
"""Words after the genus: of a species and a subspecies."""


@dataclass(frozen=True)
class DinosaurOptions:
    """Options of `/dinosaur`."""

    name: str


async def dinosaur(app: App, turn: Turn, options: DinosaurOptions) -> None:
    """Answer `/dinosaur`."""
    async with app.answering(turn, DINOSAUR):
        name = options.name.strip()
        if not name:
            raise Typo(_("Which dinosaur? Type its name, for example Mangosaurus."))
        name = _genus_in(name, app.inference.genera) or name
        if not has_creature(name):
            raise Typo(
                _(
                    "A dinosaur's name is a single word here, with at most {limit} letters from A "
                    "to Z, with or without accents, for example Mangosaurus. Yours was “{name}”."
                ),
                limit=LONGEST_NAME,
                name=await app.filtered(cut(name, 2 * LONGEST_NAME), turn.community_id),
            )
        words = await app.filters.of(turn.community_id)
        if not (words.allows(name) and words.allows(clean_name(name))):
            raise UserError(_("The bot won't show a dinosaur of that name; try another one."))
        profile, exhibit, is_polled, is_private = await _find(app, turn, name)
        shown = _render(
            app, turn, profile, exhibit, words, is_polled=is_polled, is_private=is_private
        )
        await answer_with(app, turn, shown, private=is_private)


def _genus_in(typed: str, genera: Collection[str]) -> str | None:
    """The genus of a scientific name of several words: `Tyrannosaurus rex`, also `T. rex`."""
    first, *rest = re.split(r"[\s.-]+", typed)
    if first.lower() == "t" and [word.lower() for word in rest] == ["rex"]:
        return "Tyrannosaurus"
    is_genus = 1 <= len(rest) <= MOST_EPITHETS and clean_name(first) in genera
    return first if is_genus and all(map(str.isalpha, rest)) else None


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
    recent: Sequence[Showable] = ()
    words = await app.filters.of(turn.community_id)
    if turn.community_id is not None:
        recent = await app.store[Polls].recent_dinosaurs(
            words, turn.community_id, clean_name(typed)
        )
    found = await asyncio.to_thread(whole_names, typed, app.inference.genera, words)
    names = [choice.label for choice in found]
    as_typed = [name for name in names[:1] if clean_name(name) == clean_name(typed)]
    unique = dict.fromkeys([*as_typed, *recent, *names])
    removed = await app.removals.of(turn.community_id)
    shown = (name for name in unique if has_creature(name) and folded(name) not in removed)
    choices = (Choice(name, name) for name in shown)
    return within_limits(choices, turn.platform.limits)


async def _find(app: App, turn: Turn, name: str) -> tuple[Profile, Exhibit | None, bool, bool]:
    """The animal, what this community has discovered of it, whether a poll had it, and whether only
    the member sees it.

    Everybody sees names of polls of this community and real genera, unless a moderator removed
    them.
    """
    exhibit, stands = None, None
    if turn.community_id is not None:
        with suppress(Unavailable):
            exhibit = await app.store[Discoveries].named(turn.community_id, name)
    if exhibit is not None:  # its buttons tell whose it is
        is_hidden = exhibit.owner_id == turn.user.id and exhibit.discoverer is None
        return exhibit.profile, exhibit, True, is_hidden
    profile = await asyncio.to_thread(profile_of, name)
    if turn.community_id is not None:
        with suppress(Unavailable):
            stands = await app.store[Polls].has_dinosaur(turn.community_id, profile.name)
    is_public = _is_genus(app, profile) if stands is None else stands
    return profile, None, stands is not None, not is_public


def _is_genus(app: App, profile: Profile) -> bool:
    return profile.is_real or clean_name(profile.name) in app.inference.genera


async def _render(
    app: App,
    turn: Turn,
    profile: Profile,
    exhibit: Exhibit | None,
    words: WordFilter,
    *,
    is_polled: bool,
    is_private: bool,
) -> Winners:
    """The plate and what is known of the animal, without sentences that have a blocked word."""
    limits, may_attach = turn.platform.limits, is_private or turn.attaches_files
    language = await turn.language(private=is_private)

    name = exhibit.name if exhibit is not None else words.filtered(profile.name)
    plate = await plate_file(app, name, profile, words, language) if may_attach else None
    length, weight = labels.length(profile.length), labels.weight(profile.weight)
    fields = [
        Field(_("Family"), text(labels.family(profile))),
        Field(_("Lived"), text(labels.period(profile))),
        Field(_("Found in"), text(labels.REGIONS[profile.region])),
        Field(_("Eats"), text(labels.DIETS[profile.diet])),
        Field(_("Size"), text(_("{length} long, {weight}"), length=length, weight=weight)),
        Field(_("Temper"), text(labels.TEMPERS[profile.temper])),
    ]
    if rarity := labels.rarity(profile):
        fields.append(Field(_("Rare"), text(rarity)))
    buttons: list[Button] = []
    if fits(limits, DISSECT, profile.name):
        buttons.append(Button(_("Dissect"), DISSECT, profile.name, emoji="🔬"))
    reason = _("This is visible to you only, because no poll here has this name.")
    if exhibit is not None:
        buttons += owner_buttons(exhibit, turn.user.id)
        reason = _("This is visible to you only, because you hide your collection.")
        if discoverer := discoverer_of(turn, exhibit):
            label = _("Hatched by") if exhibit.is_hatched else _("Discovered by")
            fields.append(Field(label, discoverer))
    footer = _("An imagined dinosaur. Its name stands for the same animal everywhere.")
    if profile.is_real:
        footer = _("A real dinosaur. Its temper, its colours and its habits are imagined.")
    elif _is_genus(app, profile):
        footer = _("A real dinosaur, but all of this is imagined, apart from its name.")
    embed = Embed(
        title=spaced([technical("🦕"), name]),
        lines=await asyncio.to_thread(lines_of, profile, words, language),
        fields=tuple(fields),
        footer=footer,
        tone=Tone.NAMES,
        image=plate.name if plate else "",
    )
    message = Message(
        content=text(reason) if is_private and turn.community_id is not None else (),
        embeds=(embed,),
        buttons=tuple(buttons),
        files=(plate,) if plate else (),
        private=is_private,
    )
    return Winners(message, names=(profile.name,) if is_polled else ())


def lines_of(profile: Profile, words: WordFilter, language: Language) -> tuple[Text, ...]:
    """How a name is said, what it means, and what the animal is like.

    Sentences are left out if they have a word in the language of their readers that they blocked
    themselves.
    """

    def is_allowed(sentence: Showable) -> bool:
        return words.allows_phrase(in_language(sentence, language))

    start: Showable = NOTHING
    sentences: Sequence[Showable] = description(profile)
    lines = []
    if said := words.filtered(pronunciation(profile.name), NOTHING):
        lines.append(text(_("Say {pronunciation}."), pronunciation=emphasis(said)))
    meaning = labels.meaning_sentence(profile.name, profile.roots)
    if meaning and words.allows_phrase(plain(meaning, language)):
        lines.append(meaning)
    if told := reduce(joined, filter(is_allowed, sentences), start):
        lines += [(), text(told)] if lines else [text(told)]
    return tuple(lines)


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
    examples=((technical("/dinosaur name:Mangosaurus"), _("shows the animal of that name.")),),
)
