"""Pictures of creatures for messages: drawn by the renderer, and the latest kept."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from bot.creatures.profile import Profile
from bot.pictures.renderer import DrawingFailed, Renderer

log = logging.getLogger(__name__)

PATIENCE_S = 10.0
"""Seconds for which an answer waits for its picture, with those that are drawn before it."""
MOST_KEPT = 32
"""Plates and pages that are kept; a plate has up to 90 kB."""

_Shown = Profile | tuple[Profile, ...]


class CreaturePictures:
    """Draws plates, and pages of museums. One service per process."""

    def __init__(self, renderer: Renderer, *, patience_s: float = PATIENCE_S) -> None:
        self._renderer = renderer
        self._patience_s = patience_s
        self._kept: dict[_Shown, bytes] = {}
        """The latest last."""

    async def plate(self, profile: Profile) -> bytes | None:
        """The plate as PNG; `None` if it could not be drawn in time, which is logged."""
        return await self._drawn(profile, f"plate of {profile.name}", _plate_svg)

    async def museum(self, profiles: Sequence[Profile]) -> bytes | None:
        """Up to nine creatures in one PNG; `None` as for a plate."""
        return await self._drawn(tuple(profiles), "page of a museum", _museum_svg)

    async def _drawn(self, shown: _Shown, what: str, make: Callable[..., str]) -> bytes | None:
        png = self._kept.pop(shown, None)
        try:
            if png is None:
                async with asyncio.timeout(self._patience_s):
                    png = await self._renderer.draw(make, shown)
        except (DrawingFailed, TimeoutError) as error:
            log.warning("The %s could not be drawn: %r", what, error)
            return None
        self._kept[shown] = png
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return png

    async def close(self) -> None:
        """Draw nothing more, and end the renderer's process."""
        await self._renderer.close()


def _plate_svg(profile: Profile) -> str:
    from bot.pictures.plates.plate import plate_svg  # here: only the process that draws needs it

    return plate_svg(profile)


def _museum_svg(profiles: Sequence[Profile]) -> str:
    from bot.pictures.plates.plate import museum_svg

    return museum_svg(profiles)
