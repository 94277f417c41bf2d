"""SVG pictures, and their PNG, drawn by resvg with the installed fonts."""

from collections.abc import Iterable
from functools import cache

FAMILIES = ("Noto Serif", "Arimo", "Noto Sans Arabic")
"""The families that are installed as packages."""
SYSTEM = "of the system"
"""Stands for a family of the system's fonts, whichever has a character."""


def rendered(svg: str, families: Iterable[str] = FAMILIES) -> bytes:
    """The PNG of an SVG, with the fonts of these families, and the system's if it needs them."""
    import resvg_py  # here: only the process that draws needs it

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            font_files=[file for family in families for file in _files(family)],
            serif_family=FAMILIES[0],  # where the family is `SYSTEM`
            skip_system_fonts=f'"{SYSTEM}"' not in svg,
        )
    )


def svg_of(width: int, height: int, *elements: str) -> str:
    """A picture of elements; sizes in pixels."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    return f"{head}{''.join(elements)}</svg>"


@cache
def _files(family: str) -> list[str]:
    """The font files of a family that is installed as a package."""
    import fontpkg  # here: most processes draw no text

    return [str(file.path) for file in fontpkg.family(family).files]
