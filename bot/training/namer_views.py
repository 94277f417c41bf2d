"""Messages about custom models."""

from collections.abc import Container, Sequence

from bot.chat.message import (
    Embed,
    Field,
    Message,
    Text,
    Timestamp,
    Tone,
    code,
    strong,
    text,
    verbatim,
)
from bot.chat.translation import _, ngettext
from bot.chat.turn import Terms
from bot.training.custom_model_queries import CustomModelRecord
from bot.training.model_quality import judgement, loss_fields
from bot.training.namer_options import untrained
from bot.training.progress import usage
from models.weights import ModelCard


def imported_message(model: CustomModelRecord, card: ModelCard, samples: Sequence[str]) -> Message:
    """A custom model that was imported, with sample names."""
    embed = Embed(
        title=_("✅ {namer} is ready").format(namer=model.name),
        lines=(
            *(text(strong(name)) for name in samples),
            (),
            judgement(card, model.entries),
            usage(model.name),
        ),
        fields=loss_fields(card, None),
        tone=Tone.NAMES,
    )
    return Message(embeds=(embed,))


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
