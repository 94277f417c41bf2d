"""Pictures of creatures for messages: drawn by the renderer, and the latest kept."""

import asyncio
import logging

from bot.creatures.profile import Profile
from bot.pictures.renderer import DrawingFailed, Renderer

log = logging.getLogger(__name__)

PATIENCE_S = 10.0
"""Seconds for which an answer waits for its picture, with those that are drawn before it."""
MOST_KEPT = 32
"""Plates that are kept; one has up to 90 kB."""


class CreaturePictures:
    """Draws plates. One service per process."""

    def __init__(self, renderer: Renderer, *, patience_s: float = PATIENCE_S) -> None:
        self._renderer = renderer
        self._patience_s = patience_s
        self._kept: dict[Profile, bytes] = {}
        """The latest last."""

    async def plate(self, profile: Profile) -> bytes | None:
        """The plate as PNG; `None` if it could not be drawn in time, which is logged."""
        png = self._kept.pop(profile, None)
        try:
            if png is None:
                async with asyncio.timeout(self._patience_s):
                    png = await self._renderer.draw(_plate_svg, profile)
        except (DrawingFailed, TimeoutError) as error:
            log.warning("The plate of %s could not be drawn: %r", profile.name, error)
            return None
        self._kept[profile] = png
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return png

    async def close(self) -> None:
        """Draw nothing more, and end the renderer's process."""
        await self._renderer.close()


def _plate_svg(profile: Profile) -> str:
    from bot.pictures.plates.plate import plate_svg  # here: only the process that draws needs it

    return plate_svg(profile)
