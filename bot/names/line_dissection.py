"""The answer of `/dissect` for a line of verse."""

import math

from bot.chat.message import Embed, File, Message, Text, Tone, emphasis, strong, text
from bot.chat.translation import _, ngettext
from bot.chat.turn import Limits
from bot.formats import human_join, odds, shortened
from data.tokens import is_word
from models.networks.vocabulary import END
from models.verse.dissection import (
    MAX_TOKENS,
    LineDissection,
    LineTooLong,
    NoWordNetwork,
    WordChoice,
)

PICTURE = "line.png"


def line_message(dissection: LineDissection, png: bytes, limits: Limits) -> Message:
    """The picture of a line's dissection, and its least expected word."""
    lines = [_surprise(dissection)]
    if unknown := dissection.unknown:
        sentence = ngettext(
            "The network has never read this word: {words}.",
            "The network has never read these words: {words}.",
            len(unknown),
        )
        lines.append(text(sentence, words=human_join([*unknown], _("and"))))
    how = _("Read as the first line of a poem. Brighter is more likely. The word used is boxed.")
    embed = Embed(
        title=f"🔬 {dissection.line}",
        lines=(*lines, text(emphasis(how))),
        tone=Tone.VERSE,
        image=PICTURE,
    )
    return Message(
        embeds=(embed,), files=(File(PICTURE, png, line_description(dissection, limits)),)
    )


def line_description(dissection: LineDissection, limits: Limits) -> str:
    """Alternative text of the picture."""
    words = _("How likely each word of “{line}” was: {words}.").format(
        line=dissection.line, words="; ".join(map(_choice, dissection.words))
    )
    return shortened(words, limits.alt_text)


def _surprise(dissection: LineDissection) -> Text:
    """Mean −ln p of the known words, and the least likely one."""
    known = [(c.token, c.probability) for c in dissection.words if c.probability is not None]
    words = [(max(p, 1e-12), token) for token, p in known if is_word(token)]
    probability, least_likely = min(words)
    return text(
        _("Surprise: {surprise:.2f} nats per word. The least expected is {word} ({odds})."),
        surprise=sum(-math.log(p) for p, _token in words) / len(words),
        word=strong(least_likely),
        odds=odds(probability),
    )


def _choice(choice: WordChoice) -> str:
    """`shall 1 in 210 (and 14%)`."""
    chance = _("unknown") if choice.probability is None else odds(choice.probability)
    own = f"{_token(choice.token)} {chance}"
    likeliest, probability = choice.alternatives[0]
    if likeliest == choice.token:
        return own
    return f"{own} ({_token(likeliest)} {odds(probability)})"


def _token(token: str) -> str:
    return _("end of the line") if token == END else token


def explain_long_line(error: LineTooLong) -> Text:
    """The sentence for a line that is too long to dissect."""
    return text(
        _(
            "A line can have at most {limit} words and marks, and yours has {tokens}. Try a "
            "shorter one."
        ),
        limit=MAX_TOKENS,
        tokens=error.tokens,
    )


def explain_letters(_error: NoWordNetwork) -> Text:
    """The sentence for a line that the live network would write letter by letter."""
    return text(
        _(
            "The bot writes verse letter by letter at the moment, so it can't show the words of a "
            "line. Try a name, for example Mangosaurus."
        )
    )
