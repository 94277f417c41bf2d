"""The buttons of `/moderate` and `/owner`."""

from bot.chat.app import App
from bot.chat.turn import Turn
from bot.community.rights import check_moderator, check_owner
from bot.moderation.blocking import blocks_page
from bot.moderation.owner import OWNER, communities_page
from bot.moderation.record import MODERATE, outdated, page_number, record_page
from bot.moderation.removals import press_remove


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons of `/moderate`."""
    what, _colon, rest = state.partition(":")
    if what in ("name", "message"):
        await press_remove(app, turn, what, rest)
        return
    await _turn_page(app, turn, await check_moderator(turn), MODERATE, state)


async def press_owner(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons of `/owner`."""
    await check_owner(turn)
    await _turn_page(app, turn, None, OWNER, state)


async def _turn_page(
    app: App, turn: Turn, community_id: int | None, action: str, state: str
) -> None:
    """Show another page of a list of a community, or with `None` of the owners'."""
    what, _colon, number = state.partition(":")
    page = page_number(number)
    with app.in_flight.track():
        if what == "record":
            message = await record_page(app, turn, community_id, page, action)
        elif what == "blocks":
            message = await blocks_page(app, turn, community_id, page, action)
        elif what == "servers" and action == OWNER:
            message = communities_page(turn, page)
        else:
            raise outdated()
        await turn.edit_source(message)
