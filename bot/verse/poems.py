"""`/poems` and `/export`: poems that members keep, and the Keep button."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.chat.app import App
from bot.chat.button_states import load_state
from bot.chat.commands import Choice, Command, NoOptions, Option
from bot.chat.errors import other_version
from bot.chat.message import Button, Embed, File, Message, Tone, UserError
from bot.chat.received import stored_number
from bot.chat.translation import _, ngettext
from bot.chat.turn import Turn
from bot.text.formats import human_date
from bot.text.spans import command, text
from bot.text.stored import read_stored
from bot.text.technical import technical
from bot.text.written import already_filtered
from bot.verse.queries import MOST, Full, KeptPoem, Poems

BOOK, KEEP = "poems", "keep"
"""Actions of buttons."""
EXPORT = "export"
FORMATS = ("text", "json")


@dataclass(frozen=True)
class ExportOptions:
    """Options of `/export`."""

    format: str = "text"


def keep_button(state: str) -> Button:
    """The button under a finished poem; `state` refers to its text."""
    return Button(_("Keep"), KEEP, state, emoji="🔖")


async def poems(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/poems`: the newest kept poem, and buttons to page through the rest."""
    async with app.answering(turn, BOOK):
        await turn.respond(await page(app, turn.user.id, 0))


async def export(app: App, turn: Turn, options: ExportOptions) -> None:
    """Answer `/export`: all kept poems in one file."""
    async with app.answering(turn, EXPORT):
        if options.format not in FORMATS:
            raise UserError(
                _("The format must be {text} or {json}."),
                text=command("text"),
                json=command("json"),
            )
        kept = await app.store[Poems].of(turn.user.id)
        if not kept:
            raise UserError(_("You haven't kept any poems yet. Press Keep under a finished one."))
        is_json = options.format == "json"
        content = _as_json(kept) if is_json else _as_text(kept)
        name = technical("poems.json" if is_json else "poems.txt")
        reply = text(
            ngettext("Your poem.", "Your {count} poems, newest first.", len(kept)),
            count=len(kept),
        )
        file = File(name, content.encode(), _("Your poems"))
        await turn.respond(Message(content=reply, files=(file,), private=True))


_GONE = _(
    "This poem can't be kept any more, because the bot no longer stores it. Write a new one with "
    "/sonnet."
)


async def keep(app: App, turn: Turn, state: str) -> None:
    """Answer the button that keeps a poem."""
    poem = await load_state(app, turn, state, _GONE)
    title = read_stored(str(poem.get("title", "")))
    body = str(poem.get("text", ""))
    if not body or turn.source is None:
        raise UserError(_GONE)
    try:
        is_new = await app.store[Poems].keep(
            turn.user.id,
            turn.community_id,
            turn.source.ref.message_id,
            title,
            body,
            app.now(),
        )
    except Full as error:
        raise UserError(
            _(
                "You've kept {limit} poems, which is the limit. Delete some with /poems, or "
                "download them with /export."
            ),
            limit=MOST,
        ) from error
    count = await app.store[Poems].count(turn.user.id)
    if is_new:
        reply = ngettext(
            "Kept. You have {count} poem: /poems",
            "Kept. You have {count} poems: /poems",
            count,
        )
    else:
        reply = ngettext(
            "You've already kept this one. You have {count} poem: /poems",
            "You've already kept this one. You have {count} poems: /poems",
            count,
        )
    await turn.respond(Message(content=text(reply, count=count), private=True))


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer a button of `/poems`: turn the page, ask whether to delete a poem, or delete it."""
    action, _colon, rest = state.partition(":")
    place, number = map(stored_number, rest.partition(":")[::2])
    has_number = action in ("ask", "drop")
    if not (has_number or action == "show") or place is None or (has_number and number is None):
        raise other_version(technical("/poems"))
    dropped = None
    if action == "drop" and number is not None:
        dropped = await app.store[Poems].drop(turn.user.id, number)
    shown = await page(app, turn.user.id, place, asked=number if action == "ask" else None)
    if dropped is not None:
        sentence = _("Deleted: {title}.") if shown.embeds else _("Deleted. You have no poems left.")
        shown = replace(shown, content=text(sentence, title=dropped))
    await turn.edit_source(shown)


async def page(app: App, member_id: int, place: int, *, asked: int | None = None) -> Message:
    """One kept poem, counted from the newest. `asked`: the poem that may be deleted."""
    count = await app.store[Poems].count(member_id)
    place = max(0, min(place, count - 1))
    found = await app.store[Poems].of(member_id, skip=place, most=1) if count else []
    if not found:
        reply = text(_("You haven't kept any poems yet. Press Keep under a finished one."))
        return Message(content=reply, private=True)
    (poem,) = found
    day = human_date(poem.kept_at.date())
    embed = Embed(
        title=poem.title,
        lines=tuple(text(already_filtered(line)) if line else () for line in poem.text.split("\n")),
        footer=_("{place} of {count} · kept {day}").format(place=place + 1, count=count, day=day),
        tone=Tone.VERSE,
    )
    if poem.id == asked:
        # In the place of Delete is Cancel, so that who presses twice deletes nothing.
        delete = Button(_("Delete it"), BOOK, f"drop:{place}:{poem.id}", dangerous=True)
        cancel = Button(_("Cancel"), BOOK, f"show:{place}")
        question = text(_("Delete this poem? This can't be undone."))
        asking = (cancel, delete) if count == 1 else (delete, cancel)
        return Message(question, (embed,), buttons=asking, private=True)
    buttons = tuple(_buttons(poem, place, count))
    return Message(embeds=(embed,), buttons=buttons, private=True)


def _buttons(poem: KeptPoem, place: int, count: int) -> Iterator[Button]:
    if place > 0:
        yield Button(_("Newer"), BOOK, f"show:{place - 1}", emoji="◀️")
    if place < count - 1:
        yield Button(_("Older"), BOOK, f"show:{place + 1}", emoji="▶️")
    yield Button(_("Delete"), BOOK, f"ask:{place}:{poem.id}", emoji="🗑️", dangerous=True)


def _as_text(kept: Sequence[KeptPoem]) -> str:
    parts = (f"{poem.title}\n{poem.kept_at.date()}\n\n{poem.text}\n" for poem in kept)
    return "\n\n".join(parts)


def _as_json(kept: Sequence[KeptPoem]) -> str:
    rows = [
        {"title": poem.title, "kept_at": poem.kept_at.isoformat(), "lines": poem.text.split("\n")}
        for poem in kept
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


POEMS = Command(
    "poems",
    _("See the poems that you've kept."),
    poems,
    examples=((technical("/poems"), _("lists the poems that you've kept.")),),
)
EXPORT_COMMAND = Command(
    "export",
    _("Download the poems that you've kept."),
    export,
    (
        Option(
            "format",
            _("text to read, json for programs (default: text)"),
            choices=tuple(Choice(technical(kind), kind) for kind in FORMATS),
            is_main=True,
        ),
    ),
    ExportOptions,
    examples=((technical("/export format:json"), _("downloads your poems as a file.")),),
)
