"""Messages about custom models: their quality in words, the list, details, and errors."""

from collections.abc import Container, Sequence

from bot.chat.app import App
from bot.chat.message import (
    Embed,
    Field,
    Message,
    Text,
    Timestamp,
    Tone,
    UserError,
    code,
    strong,
    text,
    verbatim,
)
from bot.chat.translation import _, ngettext
from bot.chat.turn import Terms
from bot.formats import human_duration
from bot.training.models import joined, nats
from bot.training.queries import CustomModelRecord
from models.weights import ModelCard

FEWEST_NAMES = 200
"""With fewer names on the list, the judgement contains a warning."""
FEWEST_MEASURED = 30
"""With fewer validation names, the judgement contains a warning about the losses."""


def judgement(card: ModelCard, entries: int) -> Text:
    """Describe how good a custom model is. `entries` is the number of names on its list."""
    sentences: list[Text] = []
    if entries < FEWEST_NAMES:
        few = ngettext(
            "A list of {count} name is too small to learn much from. Most names will be "
            "shuffles of names on the list.",
            "A list of {count} names is too small to learn much from. Most names will be "
            "shuffles of names on the list.",
            entries,
        )
        sentences.append(text(few, count=entries))
    if card.validation is None or card.kneser_ney is None:
        return joined([*sentences, text(_("Its quality was not measured."))], " ")
    measured = card.measured or 0
    if measured < FEWEST_MEASURED:
        few = ngettext(
            "The losses mean little: only {count} name could be set aside for validation.",
            "The losses mean little: only {count} names could be set aside for validation.",
            measured,
        )
        sentences.append(text(few, count=measured))
    if round(card.kneser_ney, 3) <= round(card.validation, 3):  # as they are shown
        sentences.append(text(_("It has learned no more than letter frequencies.")))
    elif not sentences:
        sentences.append(
            text(_("It predicts new names of the list better than letter frequencies do."))
        )
    return joined(sentences, " ")


def loss_fields(card: ModelCard, seconds: float | None) -> tuple[Field, ...]:
    """Losses on validation names (lower is better), and the training time in seconds."""
    fields = [
        Field(_("Validation loss"), text(nats(card.validation))),
        Field(_("Kneser-Ney loss"), text(nats(card.kneser_ney))),
    ]
    if seconds is not None:
        fields.append(Field(_("Training time"), text(human_duration(seconds))))
    return tuple(fields)


def usage(model: str) -> Text:
    """How to use a custom model."""
    return text(_("Get names from it with {command}."), command=code(f"/name namer:{model}"))


def ready_embed(
    model: str,
    card: ModelCard,
    entries: int,
    samples: Sequence[str],
    *,
    lines: tuple[Text, ...] = (),
    seconds: float | None = None,
    footer: str = "",
    tone: Tone = Tone.NAMES,
) -> Embed:
    """A custom model that can be used now, with sample names. `lines` come first."""
    names = tuple(text(strong(name)) for name in samples)
    return Embed(
        title=_("✅ {namer} is ready").format(namer=model),
        lines=(*lines, *names, *(((),) if names else ()), judgement(card, entries), usage(model)),
        fields=loss_fields(card, seconds),
        footer=footer,
        tone=tone,
    )


def list_message(
    models: Sequence[CustomModelRecord], most: int, in_training: Container[int | None]
) -> Message:
    """The custom models of a community; `most` is the maximum."""
    if not models:
        reply = text(
            _("There are no namers here yet. Managers can train one with {command}."),
            command=code("/namer create name:elves text:Galadriel, Celebrimbor, …"),
        )
        return Message(reply, private=True)
    title = ngettext(
        "🪶 {count} namer (at most {limit})", "🪶 {count} namers (at most {limit})", len(models)
    )
    lines = (_line(model, is_training=model.id in in_training) for model in models)
    usable = next((model for model in models if model.digest is not None), None)
    hint = ((), usage(usable.name)) if usable is not None else ()
    embed = Embed(
        title.format(count=len(models), limit=max(most, len(models))),
        (*lines, *hint),
        tone=Tone.NAMES,
    )
    return Message(embeds=(embed,), private=True)


def _line(model: CustomModelRecord, *, is_training: bool) -> Text:
    facts = [counted(model.entries)]
    if is_training:
        facts.append(_("in training"))
    elif model.digest is None:
        facts.append(_("not trained yet"))
    if model.shared:
        facts.append(_("shared"))
    return text(strong(model.name), *(part for fact in facts for part in (" · ", fact)))


def info_message(
    model: CustomModelRecord, card: ModelCard | None, terms: Terms, *, is_training: bool
) -> Message:
    """Details of a custom model. `card` is `None` if it has no weights."""
    lines: list[Text] = []
    fields = [
        Field(_("Names"), text(f"{model.entries:,}")),
        Field(_("List"), verbatim(model.title)),
    ]
    if is_training:
        lines.append(text(_("It is being trained.")))
    if card is not None:
        lines += [judgement(card, model.entries), usage(model.name)]
        fields += loss_fields(card, model.seconds)
    elif not is_training:
        lines.append(untrained(model, is_training=False).text)
    shared = _("can use it") if model.shared else _("can't use it")
    others = _("Other {communities}").format(communities=terms.communities)
    fields += [Field(others, text(shared)), Field(_("Created"), text(Timestamp(model.created_at)))]
    embed = Embed(f"🪶 {model.name}", tuple(lines), tuple(fields), tone=Tone.NAMES)
    return Message(embeds=(embed,), private=True)


def counted(names: int) -> str:
    """`1,318 names`."""
    return ngettext("{count} name", "{count} names", names).format(count=f"{names:,}")


async def check_name(app: App, model: CustomModelRecord, community_id: int | None) -> None:
    """Raise `UserError` if the word filter of a community blocks the name of a custom model.

    It was checked when the model was made: by another community's filter, or before a change.
    """
    if not await app.allows(model.name, community_id):
        raise UserError(_("The word filter blocks the name of this namer here; use another one."))


def unknown() -> UserError:
    """The error for a custom model that does not exist."""
    return UserError(
        _("There's no namer with that name here. See all with {command}."),
        command=code("/namer list"),
    )


def untrained(model: CustomModelRecord, *, is_training: bool) -> UserError:
    """The error for a custom model without weights."""
    if is_training:
        return UserError(_("{namer} is still being trained."), namer=model.name)
    return UserError(
        _("{namer} hasn't been trained yet. Train it with {command}."),
        namer=model.name,
        command=code(f"/namer retrain name:{model.name}"),
    )


def broken(model: CustomModelRecord) -> UserError:
    """The error for a custom model whose weights cannot be read."""
    return UserError(
        _("The weights of {namer} are damaged. Train it again with {command}."),
        namer=model.name,
        command=code(f"/namer retrain name:{model.name}"),
    )
