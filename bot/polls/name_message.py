"""The message with generated names, and its buttons."""

from collections.abc import Sequence

from bot.chat.message import Button, Embed, Message, Text, Tone, text
from bot.chat.translation import _, ngettext

MORE, MORE_OF_CUSTOM_MODEL = "names", "name"
"""Actions of the button for more names. With a custom model the state begins with its number."""
DISSECT = "dissect"


def names_message(
    lines: Sequence[Text],
    *,
    custom_model: str | None,
    note: str = "",
    footer: str = "",
    buttons: Sequence[Button] = (),
) -> Message:
    """Names, one on each line, with a note below."""
    count = len(lines)
    if custom_model is None:
        title = ngettext("🦕 {count} new dinosaur", "🦕 {count} new dinosaurs", count)
    else:
        title = ngettext("🪶 {name}: {count} new name", "🪶 {name}: {count} new names", count)
    below = ((), text(note)) if note else ()
    embed = Embed(
        title=title.format(count=count, name=custom_model),
        lines=(*lines, *below),
        footer=footer,
        tone=Tone.NAMES,
    )
    return Message(embeds=(embed,), buttons=tuple(buttons))


def buttons_of(
    more_state: str | None, dissect_state: str | None, *, of_custom_model: bool
) -> list[Button]:
    """The buttons below names, except those without a state."""
    buttons: list[Button] = []
    if more_state:
        buttons.append(more_button(more_state, of_custom_model=of_custom_model))
    if dissect_state:
        buttons.append(Button(_("Dissect"), DISSECT, dissect_state, emoji="🔬"))
    return buttons


def more_button(state: str, label: str = "", *, of_custom_model: bool) -> Button:
    """The button that repeats a request."""
    action, emoji = (MORE_OF_CUSTOM_MODEL, "🪶") if of_custom_model else (MORE, "🥚")
    return Button(label or _("More"), action, state, emoji=emoji)
