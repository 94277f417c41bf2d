"""Messages about custom models: their quality in words, the list, details, and errors."""

from collections.abc import Container, Iterable, Sequence
from difflib import get_close_matches

from bot.chat.app import App
from bot.chat.details import details_buttons, details_state
from bot.chat.message import Button, Embed, Field, Message, Tone, Typo, UserError
from bot.chat.translation import Phrase, _, ngettext
from bot.chat.turn import Terms, Turn
from bot.text.formats import cut, spaced
from bot.text.spans import Span, Text, Timestamp, chained, code, command, strong, text
from bot.text.technical import DOT, technical
from bot.trainer.queries import CustomModelRecord
from bot.training.models import time_fields
from data.corpora import SHORTEST_LIST
from data.phrases import NOTHING, Showable
from models.weights import ModelCard

LONGEST_ECHO = 64
"""Characters of a wrong name that are repeated."""
MOST_SHARED = 25
"""Models of other communities in the list."""
FEWEST_NAMES = 200
"""Names on a list below which the judgement contains a warning."""
FEWEST_MEASURED = 30
"""Validation names below which the judgement says that it is rough."""


def judgement(card: ModelCard, entries: int) -> Text:
    """Describe how good a custom model is, the verdict first.

    `entries` is the number of names on its list.
    """
    measured = card.measured or 0
    is_rough = measured < FEWEST_MEASURED
    if card.validation is None or card.kneser_ney is None:
        sentences = [text(_("Its quality couldn't be measured."))]
        is_rough = False
    elif round(card.validation, 3) < round(card.kneser_ney, 3):
        sentences = [text(_("It has learned the style of the list."))]
    else:
        sentences = [text(_("It has only learned which letters follow each other."))]
    if entries < FEWEST_NAMES:
        few = ngettext(
            "With {count} name on the list, most new names will be shuffles of it. A longer list "
            "gives more variety.",
            "With {count} names on the list, most new names will be shuffles of them. A longer "
            "list gives more variety.",
            entries,
        )
        sentences.append(text(few, count=entries))
    elif is_rough:
        few = ngettext(
            "This is a rough guess, because the namer was tested on only {count} name that it "
            "hadn't seen before.",
            "This is a rough guess, because the namer was tested on only {count} names that it "
            "hadn't seen before.",
            measured,
        )
        sentences.append(text(few, count=measured))
    return chained(sentences, technical(" "))


def details_of(card: ModelCard) -> tuple[Button, ...]:
    """The button for the figures of a custom model: losses on validation names, and the seed."""
    figures = {"validation": card.validation, "kneser-ney": card.kneser_ney, "seed": card.seed}
    return details_buttons(details_state(figures))


def usage(model: Showable) -> Text:
    """How to use a custom model."""
    return text(
        _("Get names from it with {command}."),
        command=code(Phrase("/name namer:{name}").format(name=model)),
    )


def ready_embed(
    model: Showable,
    card: ModelCard,
    entries: int,
    samples: Sequence[Showable],
    *,
    lines: tuple[Text, ...] = (),
    seconds: float | None = None,
    tone: Tone = Tone.NAMES,
) -> Embed:
    """A custom model that can be used now, with sample names. `lines` come first."""
    names = tuple(text(strong(name)) for name in samples)
    return Embed(
        title=_("✅ {namer} is ready").format(namer=model),
        lines=(*lines, *names, *(((),) if names else ()), judgement(card, entries), usage(model)),
        fields=time_fields(seconds),
        tone=tone,
    )


def list_message(
    models: Sequence[CustomModelRecord],
    shared: Sequence[tuple[CustomModelRecord, Showable]],
    most: int,
    in_training: Container[int | None],
    terms: Terms,
) -> Message:
    """The custom models of a community, and those that others share, with who shares them.

    `most` is the maximum of its own.
    """
    if not models and not shared:
        reply = text(
            _(
                "There are no namers here yet. To train one on a list of {least} names or more, "
                "managers can use {command}"
            ),
            least=SHORTEST_LIST,
            command=command("/namer create name:elves text:Galadriel, Celebrimbor, …"),
        )
        return Message(reply, private=True)
    title = ngettext(
        "🪶 {count} namer (at most {limit})", "🪶 {count} namers (at most {limit})", len(models)
    )
    lines = [_line(model, is_training=model.id in in_training) for model in models]
    usable: list[Showable] = [m.name for m in models if m.digest and not m.removed]
    if shared:
        heading = _("From the bot, or shared by other {communities}:")
        heading = heading.format(communities=terms.communities)
        lines += [*([()] if lines else []), text(heading)]
        lines += [_line(model, sharer=sharer) for model, sharer in shared]
        usable += [shared_value(model) for model, _sharer in shared]
        if len(shared) == MOST_SHARED:
            more = _("There may be more. To find them, start typing a name in {command}.")
            lines.append(text(more, command=command("/name namer:")))
    if usable:
        lines += [(), usage(usable[0])]
    embed = Embed(
        title.format(count=len(models), limit=max(most, len(models))),
        tuple(lines),
        tone=Tone.NAMES,
    )
    return Message(embeds=(embed,), private=True)


def shared_value(model: CustomModelRecord) -> Phrase:
    """The option's value for a model that another community shares: the name is not enough."""
    return Phrase("{name} #{id}").format(name=model.name, id=model.id)


def _line(
    model: CustomModelRecord, *, is_training: bool = False, sharer: Showable = NOTHING
) -> Text:
    """A model in the list; `sharer` is the other community that shares it."""
    facts = [counted(model.entries)]
    if model.removed and not sharer:
        facts.append(_("removed by a moderator"))
    if is_training:
        facts.append(_("in training"))
    elif model.digest is None:
        facts.append(_("not trained yet"))
    if sharer:
        facts.append(_("shared by {community}").format(community=sharer))
    elif model.shared:
        facts.append(_("shared"))
    return text(strong(model.name), *(part for fact in facts for part in (DOT, fact)))


def info_message(
    model: CustomModelRecord,
    title: Showable,
    card: ModelCard | None,
    terms: Terms,
    *,
    is_training: bool,
) -> Message:
    """Details of a custom model. `title`: of its list. `card` is `None` if it has no weights."""
    lines: list[Text] = []
    fields = [
        Field(_("Names"), text(Phrase("{count}"), count=model.entries)),
        Field(_("List"), text(title)),
    ]
    if is_training:
        lines.append(text(_("It's being trained.")))
    if card is not None:
        removed = text(_("removed by a moderator"))
        use = removed if model.removed else usage(model.name)
        lines += [judgement(card, model.entries), use]
        fields += time_fields(model.seconds)
    elif not is_training:
        lines.append(untrained(model, is_training=False).text)
    shared = _("can use it") if model.shared else _("can't use it")
    others = _("Other {communities}").format(communities=terms.communities)
    fields += [Field(others, text(shared)), Field(_("Created"), text(Timestamp(model.created_at)))]
    embed = Embed(
        spaced([technical("🪶"), model.name]), tuple(lines), tuple(fields), tone=Tone.NAMES
    )
    buttons = details_of(card) if card is not None else ()
    return Message(embeds=(embed,), buttons=buttons, private=True)


def shared_info_message(model: CustomModelRecord, card: ModelCard, sharer: Showable) -> Message:
    """Details of a custom model that another community shares: nothing of its list."""
    lines = (judgement(card, model.entries), usage(shared_value(model)))
    fields = (
        Field(_("Names"), text(Phrase("{count}"), count=model.entries)),
        Field(_("Shared by"), text(sharer)),
    )
    embed = Embed(spaced([technical("🪶"), model.name]), lines, fields, tone=Tone.NAMES)
    return Message(embeds=(embed,), buttons=details_of(card), private=True)


def counted(names: int) -> Phrase:
    """A number of names in words: `1,318 names`."""
    return ngettext("{count} name", "{count} names", names).format(
        count=Phrase("{count:,}").format(count=names)
    )


async def check_name(app: App, model: CustomModelRecord, community_id: int | None) -> None:
    """Raise `UserError` if the word filter of a community blocks the name of a custom model.

    It was checked when the model was made: by another community's filter, or before a change.
    """
    if not (await app.filters.of(community_id)).allows(model.name):
        raise UserError(_("The word filter here blocks this namer's name. Use another namer."))


def unknown() -> Typo:
    """The error for a custom model that does not exist."""
    return Typo(
        _("There's no namer with that name here. See them all with {command}."),
        command=command("/namer list"),
    )


async def unknown_name(
    app: App, community_id: int | None, typed: str, known: Iterable[CustomModelRecord]
) -> Typo:
    """The error for a name that no custom model has, with the nearest of those that are known."""
    if not typed:
        return unknown()
    words = await app.filters.of(community_id)
    names = {model.name.casefold(): model.name for model in known if words.allows(model.name)}
    if near := get_close_matches(typed.casefold(), names, n=1):
        return Typo(
            _("There's no namer called “{typed}” here. Did you mean {namer}?"),
            typed=words.filtered(cut(typed, LONGEST_ECHO)),
            namer=code(names[near[0]]),
        )
    return Typo(
        _("There's no namer called “{typed}” here. See them all with {command}."),
        typed=words.filtered(cut(typed, LONGEST_ECHO)),
        command=command("/namer list"),
    )


def retraining(name: Showable) -> Span:
    """The command that trains a custom model again."""
    return code(Phrase("/namer retrain name:{name}").format(name=name))


def untrained(model: CustomModelRecord, *, is_training: bool) -> UserError:
    """The error for a custom model without weights."""
    if is_training:
        return UserError(_("{namer} is still being trained."), namer=model.name)
    return UserError(
        _("{namer} hasn't been trained yet. Train it with {command}."),
        namer=model.name,
        command=retraining(model.name),
    )


def broken(model: CustomModelRecord, turn: Turn) -> UserError:
    """The error for a custom model whose weights cannot be read."""
    if model.community_id != turn.community_id:
        return UserError(
            _("{namer} is damaged; the {community} that shares it has to train it again."),
            namer=model.name,
            community=turn.platform.terms.community,
        )
    return UserError(
        _("{namer} is damaged. Train it again with {command}."),
        namer=model.name,
        command=retraining(model.name),
    )
