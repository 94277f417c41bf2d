"""Pixels of a picture: how many have a color, and whether the margins are empty."""

import io

from PIL import Image

from bot.pictures.canvas import BACKGROUND, MARGIN, Color
from bot.pictures.renderer import png_of_svg


def decoded(svg: str) -> Image.Image:
    """The picture as it is drawn."""
    return Image.open(io.BytesIO(png_of_svg(svg))).convert("RGB")


def pixels(image: Image.Image, color: Color) -> int:
    """How many pixels have exactly this color."""
    counts = image.getcolors(image.width * image.height) or []
    return next((count for count, found in counts if found == color), 0)


def has_empty_margins(image: Image.Image) -> bool:
    edge = MARGIN - 4  # type may bulge by a stroke
    inside = image.crop((edge, edge, image.width - edge, image.height - edge))
    outside = image.width * image.height - inside.width * inside.height
    return pixels(image, BACKGROUND) - pixels(inside, BACKGROUND) == outside
