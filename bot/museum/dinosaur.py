"""`/dinosaur`: the animal of a name, with its plate."""

import asyncio
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import reduce

from bot.chat.app import App
from bot.chat.button_states import fits
from bot.chat.commands import Choice, Command, main_option, within_limits
from bot.chat.errors import other_version
from bot.chat.message import Button, Embed, Field, Message, Tone, Typo, UserError
from bot.chat.translation import Language, _, in_language, joined
from bot.chat.turn import Turn
from bot.community.queries import Communities
from bot.community.rights import check_community
from bot.creatures import labels
from bot.creatures.animal import profile_of
from bot.creatures.description import description
from bot.creatures.genome import folded
from bot.creatures.kin import is_marine_reptile, is_pterosaur
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
from bot.store.people import Person, by_themself
from bot.text.formats import cut, spaced
from bot.text.spans import Text, chained, emphasis, plain, strong, text
from bot.text.technical import NEWLINE, technical
from bot.words import WordFilter
from data.phrases import NOTHING, Phrase, Showable
from data.text import clean_name

MOST_EPITHETS = 2
"""Words after the genus: of a species and a subspecies."""
LEAST, ALIKE = 9, 0.85
"""The fewest letters of a name that may misspell a genus, and how similar these are at least."""
EVERYBODY = "everybody:"
"""Begins the state of the button that shows everybody a private answer."""
_NEAR = _("Did you mean {name}?")


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
        genera, words = app.inference.genera, await app.filters.of(turn.community_id)
        removed = await app.removals.of(turn.community_id)
        name = _genus_in(name, genera) or await _joined_words(turn, name, genera, words, removed)
        if not has_creature(name):
            raise Typo(
                _(
                    "Here, a dinosaur's name must be one or two words, with at most {limit} "
                    "letters from A to Z (accents are fine), for example Mangosaurus. Yours was "
                    "“{name}”."
                ),
                limit=LONGEST_NAME,
                name=await app.filtered(cut(name, 2 * LONGEST_NAME), turn.community_id),
            )
        _check_allowed(words, cut(options.name, 2 * LONGEST_NAME), name)
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


def _near_genus(
    typed: str, genera: Collection[str], words: WordFilter, removed: Collection[str]
) -> str:
    """The genus that a name spells with one letter wrong, missing or too many; "" for none.

    None that the word filter refuses, or a moderator has removed here.
    """
    typed = clean_name(typed)
    for genus in get_close_matches(typed, genera, cutoff=ALIKE) if len(typed) >= LEAST else ():
        changes = SequenceMatcher(None, typed, genus).get_opcodes()
        differ = [max(i2 - i1, j2 - j1) for what, i1, i2, j1, j2 in changes if what != "equal"]
        if differ == [1] and words.allows(genus) and folded(genus) not in removed:
            return genus.capitalize()
    return ""


async def _joined_words(
    turn: Turn,
    typed: str,
    genera: Collection[str],
    words: WordFilter,
    removed: Collection[str],
) -> str:
    """Two words as one name: Kevinmiller. Raises `Typo` if the first one misspells a genus."""
    parts = typed.split()
    if len(parts) != 2 or not all(map(str.isalpha, parts)):
        return typed
    if genus := await asyncio.to_thread(_near_genus, parts[0], genera, words, removed):
        error = Typo(_NEAR, name=strong(words.filtered(genus)))
        error.buttons = tuple(show_dinosaur(genus, turn.platform.limits))
        raise error
    return "".join(parts).capitalize()


def _check_allowed(words: WordFilter, *names: str) -> None:
    """Raise `UserError` for a name that the word filter refuses, as typed or as it is read."""
    if not all(words.allows(each) and words.allows(clean_name(each)) for each in names):
        raise UserError(_("The bot won't show a dinosaur of that name; try another one."))


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the button that shows the dinosaur of a name, or one of the hall of fame."""
    limits = turn.platform.limits
    if state.startswith(EVERYBODY):
        await _show_everybody(app, turn, state.removeprefix(EVERYBODY))
        return
    if not state.startswith(OF_HALL):
        await dinosaur(app, turn, DinosaurOptions(state))
        return
    names = await dinosaurs_on(app, turn, state.removeprefix(OF_HALL))
    if not names:
        raise UserError(_("These names are gone. See others with /halloffame."))
    buttons = tuple(button for name in names for button in show_dinosaur(name, limits, name))
    await turn.respond(Message(text(_("Which one?")), buttons=buttons, private=True))


async def _show_everybody(app: App, turn: Turn, name: str) -> None:
    """Show everybody what only the member has seen, and say who shows it."""
    community_id = check_community(turn)
    async with app.answering(turn, EVERYBODY):
        if not has_creature(name):
            raise other_version(technical("/dinosaur"))
        words = await app.filters.of(community_id)
        _check_allowed(words, name)
        profile, exhibit, is_polled, is_private = await _find(app, turn, name)
        if exhibit is not None and is_private:  # its owner hides their collection
            raise other_version(technical("/dinosaur"))
        kept = await app.store[Communities].settings(community_id)
        if folded(name) in await app.removals.of(community_id):
            raise UserError(_("A moderator removed this name here."))
        if is_private and not kept.shows_typed:
            raise UserError(
                _(
                    "Managers here have chosen to keep a dinosaur private if a member just typed "
                    "its name."
                )
            )
        await turn.edit_source(Message(text(_("You've shown this to everybody.")), private=True))
        await answer_with(
            app,
            turn,
            _render(
                *(app, turn, profile, exhibit, words),
                is_polled=is_polled,
                is_private=False,
                shown_by=by_themself(turn.user.id),
            ),
        )


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
        is_hidden = exhibit.owner_id == turn.user.id and exhibit.is_owner_hidden
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
    shown_by: Person | None = None,
) -> Winners:
    """The plate and what is known of the animal, without sentences that have a blocked word.

    shown_by: who shows everybody what they had asked for alone.
    """
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
        Field(_("Temperament"), text(labels.TEMPERS[profile.temper])),
    ]
    if rarity := labels.rarity(profile):
        fields.append(Field(_("Rare"), text(rarity)))
    if shown_by is not None:  # in the frame, where a mention calls nobody
        fields.append(Field(_("Shown by"), text(turn.platform.mention(shown_by))))
    buttons: list[Button] = []
    if fits(limits, DISSECT, profile.name):
        buttons.append(Button(_("Dissect"), DISSECT, profile.name, emoji="🔬"))
    reason = _("Only you can see this, because this name isn't in any poll here.")
    removed = await app.removals.of(turn.community_id)
    if is_private and exhibit is None and turn.community_id in turn.platform.communities:
        with suppress(Unavailable):  # the plate is drawn in any case
            kept = await app.store[Communities].settings(turn.community_id or 0)
            is_removed, state = folded(profile.name) in removed, EVERYBODY + profile.name
            if kept.shows_typed and not is_removed and fits(limits, DINOSAUR, state):
                buttons.append(Button(_("Show everybody"), DINOSAUR, state, emoji="📣"))
    if exhibit is not None:
        buttons += owner_buttons(exhibit, turn.user.id)
        reason = _("Only you can see this, because your collection is hidden.")
        if discoverer := discoverer_of(turn, exhibit):
            label = _("Hatched by") if exhibit.is_hatched else _("Discovered by")
            fields.append(Field(label, discoverer))
    footer = _("An imagined dinosaur. The same name means the same animal everywhere.")
    if profile.is_real:
        footer = _("A real dinosaur. Its temperament, colours and habits are imagined.")
    elif _is_genus(app, profile):
        footer = _("A real dinosaur, but everything here except its name is imagined.")
    embed = Embed(
        title=spaced([technical("🦕"), name]),
        lines=await asyncio.to_thread(lines_of, profile, words, language),
        fields=tuple(fields),
        footer=footer,
        tone=Tone.NAMES,
        image=plate.name if plate else "",
    )
    content: list[Text] = []
    if is_private and turn.community_id is not None:
        content.append(text(reason))
    if kin := _kin(profile.name):
        content.append(text(kin))
    elif exhibit is None and not is_polled and shown_by is None and not _is_genus(app, profile):
        genera = app.inference.genera
        if genus := await asyncio.to_thread(_near_genus, profile.name, genera, words, removed):
            content.append(text(_NEAR, name=strong(words.filtered(genus))))
            buttons += show_dinosaur(genus, limits, words.filtered(genus))
    message = Message(
        content=chained(content, NEWLINE) if content else (),
        embeds=(embed,),
        buttons=tuple(buttons),
        files=(plate,) if plate else (),
        private=is_private,
    )
    return Winners(message, names=(profile.name,) if is_polled or shown_by is not None else ())


def _kin(name: str) -> Phrase | None:
    """What a genus was instead of a dinosaur; `None` for other names."""
    if is_pterosaur(name):
        return _(
            "Pterosaurs had this name first. They flew over the dinosaurs, but weren't dinosaurs. "
            "This is what a dinosaur with this name would have been like."
        )
    if is_marine_reptile(name):
        return _(
            "Sea reptiles had this name first. They swam while dinosaurs walked, but weren't "
            "dinosaurs. This is what a dinosaur with this name would have been like."
        )
    return None


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
    _("See a name's dinosaur: a drawing, its family, its size and its habits."),
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
    examples=((technical("/dinosaur name:Mangosaurus"), _("shows the animal with that name.")),),
)
