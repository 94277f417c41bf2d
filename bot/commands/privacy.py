"""`/privacy`: what is kept about a member, and how it is forgotten."""

import json

from bot.commands.message import (
    Button,
    Embed,
    File,
    Message,
    Text,
    UserError,
    text,
)
from bot.formats import human_join, plural
from bot.store.privacy import Kept, Privacy

ACTION = "privacy"
SHOW = Button("Show me all of it", ACTION, "all")
FORGET = Button("Forget me", ACTION, "ask", dangerous=True)
YES = Button("Yes, forget me", ACTION, "yes", dangerous=True)


async def shown(member_id: int, privacy: Privacy) -> Message:
    """What is kept about a member."""
    kept = await privacy.of(member_id)
    lines: tuple[Text, ...] = (
        text(f"Of yours I keep {_counted(kept)}."),
        (),
        text(
            "Beside each stands your Discord number; beside names that you asked for, also what "
            "you were called then: it is on their plaque. I keep no message of yours."
        ),
    )
    if not kept:
        lines = (text("I keep nothing about you."),)
    card = Embed("🔏 What I keep about you", lines)
    return Message(cards=(card,), buttons=(SHOW, FORGET) if kept else (), private=True)


async def press(state: str, member_id: int, privacy: Privacy) -> Message:
    """Show everything; or ask once more, then forget."""
    if state == "all":
        rows = await privacy.all_of(member_id)
        content = json.dumps(rows, ensure_ascii=False, indent=2, default=str).encode()
        file = File("about-you.json", content, "Everything that I keep about you")
        return Message(
            content=text("Everything that I keep about you:"), files=(file,), private=True
        )
    if state == "ask":
        sure = (
            "Your votes and kept poems will be deleted; names, lists and networks that others use "
            "stay, without you. This cannot be undone."
        )
        return Message(content=text(sure), buttons=(YES,), private=True)
    if state != "yes":
        raise UserError("This button is from another version of me; use /privacy instead.")
    await privacy.forget_member(member_id)
    return Message(content=text("Done: I keep nothing about you any more."), private=True)


def _counted(kept: Kept) -> str:
    counts = {
        "vote": kept.votes,
        "card of names": kept.cards,
        "poem": kept.poems,
        "list": kept.namers,
        "training": kept.trainings,
        "choice of a network": kept.activations,
    }
    plurals = {"card of names": "cards of names", "choice of a network": "choices of networks"}
    return human_join(
        [plural(count, noun, plurals.get(noun)) for noun, count in counts.items() if count]
    )
