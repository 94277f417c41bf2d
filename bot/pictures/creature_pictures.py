"""Pictures of creatures for messages: drawn by the renderer, and the latest kept."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.creatures.labels import AGE_PARTS, AGES, ROWS
from bot.creatures.profile import Profile
from bot.pictures.plates.captions import Exhibited
from bot.pictures.renderer import Renderer
from data.phrases import ENGLISH, Language, Showable, in_language

MOST_KEPT = 32
"""Plates and pages that are kept; a plate has up to 90 kB."""
REST = 4.0
"""A strip is followed by a pause that is so many times as long: strips take a fifth of the time."""

_Album = tuple[tuple[tuple[Showable, ...], ...], tuple[Profile, ...]]
_Shown = TypeVar("_Shown", bound=Profile | tuple[Profile, ...] | tuple[Exhibited, ...] | _Album)
_Key = tuple[Callable[..., str], object]


class CreaturePictures:
    """Draws plates, strips, pages of museums, nests and hatchlings. One service per process."""

    def __init__(self, renderer: Renderer, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._renderer = renderer
        self._clock = clock
        self._kept: dict[_Key, bytes] = {}
        """The latest last."""
        self._rests_until = 0.0

    async def plate(self, profile: Profile) -> bytes | None:
        """The plate as PNG; `None` if it could not be drawn in time, which is logged."""
        return await self._drawn(profile, _plate_svg)

    async def museum(self, shown: Sequence[Exhibited]) -> bytes | None:
        """Up to nine creatures with their names; `None` if they could not be drawn in time."""
        return await self._drawn(tuple(shown), _museum_svg)

    async def nest(self, profiles: Sequence[Profile]) -> bytes | None:
        """Eggs in a nest, from left to right; `None` if they could not be drawn in time."""
        return await self._drawn(tuple(profiles), _nest_svg)

    async def hatchling(self, profile: Profile) -> bytes | None:
        """A hatchling beside its shell; `None` if it could not be drawn in time."""
        return await self._drawn(profile, _hatchling_svg)

    async def album(
        self, title: Showable, found: Sequence[Profile], language: Language
    ) -> bytes | None:
        """The album of these animals, with its words in a language.

        `None` if it could not be drawn in time.
        """
        words = (title, *ROWS.values(), *AGES, *AGE_PARTS)
        wordings = tuple(
            tuple(in_language(each, spoken) for each in words) for spoken in (language, ENGLISH)
        )
        return await self._drawn((wordings, tuple(found)), _album_svg)

    async def _drawn(self, shown: _Shown, make: Callable[[_Shown], str]) -> bytes | None:
        png = self._kept.pop((make, shown), None)
        if png is None:
            png = await self._renderer.picture(make, shown)
        if png is None:
            return None
        self._kept[make, shown] = png
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return png

    @property
    def has_time(self) -> bool:
        """Whether a strip can be drawn now, without taking more than its share of the time."""
        return not self._renderer.waiting and self._clock() >= self._rests_until

    async def strip(self, shown: Sequence[Exhibited], *, is_urgent: bool = False) -> bytes | None:
        """The strip as PNG; `None` if there is no time, unless it is urgent, or if that failed.

        Not to be cancelled: it notes how long the drawing took.
        """
        if not is_urgent and not self.has_time:
            return None
        begun = self._clock()
        png = await self._renderer.picture(_strip_svg, tuple(shown))
        now = self._clock()
        self._rests_until = now + REST * (now - begun)
        return png


def _plate_svg(profile: Profile) -> str:
    from bot.pictures.plates.plate import plate_svg  # here: only the process that draws needs it

    return plate_svg(profile)


def _museum_svg(shown: Sequence[Exhibited]) -> str:
    from bot.pictures.plates.plate import museum_svg

    return museum_svg(shown)


def _nest_svg(profiles: Sequence[Profile]) -> str:
    from bot.pictures.plates.nest import nest_svg

    return nest_svg(profiles)


def _hatchling_svg(profile: Profile) -> str:
    from bot.pictures.plates.nest import hatchling_svg

    return hatchling_svg(profile)


def _album_svg(shown: _Album) -> str:
    from bot.pictures.plates.album import album_svg

    return album_svg(*shown)


def _strip_svg(shown: Sequence[Exhibited]) -> str:
    from bot.pictures.plates.plate import strip_svg

    return strip_svg(shown)
