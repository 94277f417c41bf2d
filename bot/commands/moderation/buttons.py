"""The buttons of `/moderate` and `/owner`."""

from bot.commands.core.app import App
from bot.commands.core.turn import Turn
from bot.commands.moderation.blocking import blocks_page
from bot.commands.moderation.owner import OWNER, communities_page
from bot.commands.moderation.record import MODERATE, outdated, page_number, record_page
from bot.commands.moderation.removals import press_remove
from bot.commands.moderation.rights import check_moderator, check_owner


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons of `/moderate`."""
    what, _colon, rest = state.partition(":")
    if what in ("name", "message"):
        await press_remove(app, turn, what, rest)
        return
    community_id = await check_moderator(turn)
    page = page_number(rest)
    with app.in_flight.track():
        if what == "record":
            await turn.edit_source(await record_page(app, turn, community_id, page, MODERATE))
        elif what == "blocks":
            await turn.edit_source(await blocks_page(app, turn, community_id, page, MODERATE))
        else:
            raise outdated()


async def press_owner(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons of `/owner`."""
    await check_owner(turn)
    what, _colon, rest = state.partition(":")
    page = page_number(rest)
    with app.in_flight.track():
        if what == "record":
            await turn.edit_source(await record_page(app, turn, None, page, OWNER))
        elif what == "blocks":
            await turn.edit_source(await blocks_page(app, turn, None, page, OWNER))
        elif what == "servers":
            await turn.edit_source(communities_page(turn, page))
        else:
            raise outdated()
