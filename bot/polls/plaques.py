"""Plaques of winners: their words, and the picture as a file."""

from datetime import date

from bot.chat.app import App
from bot.chat.message import File
from bot.chat.translation import Language, _, in_language, listed, ngettext
from bot.creatures import labels
from bot.creatures.profile import Profile
from bot.pictures.plaque import LONGEST_MEANING, plaque
from bot.text.formats import human_date, shortened, spaced
from bot.text.spans import Text, plain
from bot.text.technical import technical
from bot.words import WordFilter
from data.etymology import parts_of
from data.phrases import ENGLISH, NOTHING, Showable, joined
from data.text import clean_name

PLAQUE = technical("plaque.png")


async def plaque_file(
    app: App,
    name: Showable,
    meaning: Showable,
    discoverer: Showable | None,
    day: date,
    votes: int,
    language: Language,
    plate: tuple[Profile, Showable] | None = None,
) -> File | None:
    """The plaque as a file with alternative text; `None` if it cannot be drawn.

    plate: the dinosaur that is drawn above the plaque, and the alternative text of that.
    language: of the picture; English in its place where that has letters without a font.
    """

    def wordings(words: Showable) -> tuple[Showable, Showable]:
        return in_language(words, language), in_language(words, ENGLISH)

    dated = human_date(day)
    counted = ngettext("{votes:,} vote", "{votes:,} votes", votes).format(votes=votes)
    quoted = NOTHING
    if meaning:
        # TRANSLATORS: The meaning of a name, in quotation marks.
        quoted = _("“{meaning}”").format(meaning=shortened(meaning, LONGEST_MEANING))
    png = await app.renderer.picture(
        plaque,
        in_language(name, language),
        None if plate is None else plate[0],
        wordings(quoted),
        wordings(discoverer or NOTHING),
        wordings(spaced([dated, counted], " · ")),
        wordings(_("discovered by {discoverer}")),
        wordings(_("A name the bot has no font for")),
    )
    if png is None:
        return None
    words = listed([*filter(None, (name, quoted, counted, dated))])
    told: Showable = _("A plaque: {details}").format(details=words)
    if plate is not None:
        told = joined(plate[1], told)
    return File(PLAQUE, png, told)


def meaning_of(name: str, words: WordFilter, language: Language) -> tuple[Showable, Text]:
    """The possible meaning of a dinosaur's name, for its plaque and as a sentence.

    Empty if there is none, or it has a word in the language of its readers that they blocked
    themselves. Reads a file the first time.
    """
    parts = parts_of(clean_name(name))
    sentence = labels.meaning_sentence(name, parts)
    if not words.allows_phrase(plain(sentence, language)):
        return NOTHING, ()
    return labels.meaning(name, parts), sentence
