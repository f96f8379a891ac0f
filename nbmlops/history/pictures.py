"""Compare two figures pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_PIXELS = 50_000_000
_DECODED = frozenset(["image/png", "image/jpeg"])
_EIGHT_BITS = frozenset(["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"])
_PNG_DEPTH = 24
_DEEP = 16
_FADED = 0.75
_MARKED = (214, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelDifference:
    """How the pixels of two figures compare.

    ``sizes`` are width and height before and after, ``None`` where a figure could not be read.
    ``pixels`` counts those that differ, all in ``box`` (left, top, right, bottom; the last two
    are just outside); ``None`` where they were not counted, and ``note`` says why. Figures of
    different sizes are compared as if each went on with its background, to the right and below.
    """

    sizes: tuple[tuple[int, int], tuple[int, int]] | None = None
    pixels: int | None = None
    box: tuple[int, int, int, int] | None = None
    note: str = ""


class _NotReadError(Exception):
    """A figure has no pixels that can be compared; its text says why."""


def compare_pixels(
    media_types: tuple[str, str], before: bytes | None, after: bytes | None
) -> PixelDifference:
    """Compare two figures.

    Args:
        media_types: what each of them is.
        before: its content, ``None`` where that is gone.
        after: likewise.
    """
    try:
        first, second = (
            _read(media_type, content)
            for media_type, content in zip(media_types, (before, after), strict=True)
        )
    except _NotReadError as error:
        return PixelDifference(note=str(error))
    sizes = (first.size, second.size)
    marks = _marks(*_padded(first, second))
    return PixelDifference(sizes=sizes, pixels=marks.histogram()[255], box=marks.getbbox())


def draw_difference(
    media_types: tuple[str, str], before: bytes | None, after: bytes | None
) -> bytes | None:
    """A PNG of the second figure, faded, with the pixels that differ in red.

    Returns:
        ``None`` where `compare_pixels` counts none.
    """
    found = compare_pixels(media_types, before, after)
    if not found.pixels or before is None or after is None:
        return None
    from PIL import Image

    first, second = _padded(_read(media_types[0], before), _read(media_types[1], after))
    white = Image.new("RGBA", second.size, "white")
    grey = Image.alpha_composite(white, second).convert("L").convert("RGB")
    drawn = Image.blend(grey, white.convert("RGB"), _FADED)
    drawn.paste(_MARKED, mask=_marks(first, second))
    written = BytesIO()
    drawn.save(written, format="PNG")
    return written.getvalue()


def size_words(sizes: tuple[tuple[int, int], tuple[int, int]]) -> str:
    """``180 x 120 -> 240 x 120 pixels``."""
    (width, height), (width_now, height_now) = sizes
    return f"{width} x {height} -> {width_now} x {height_now} pixels"


def pixel_words(pixels: int, box: tuple[int, int, int, int]) -> str:
    """``1,204 pixels differ, from (12, 30) to (96, 88)``; the corners are among them."""
    left, top, right, bottom = box
    if pixels == 1:
        return f"1 pixel differs, at ({left}, {top})"
    return f"{pixels:,} pixels differ, from ({left}, {top}) to ({right - 1}, {bottom - 1})"


def _read(media_type: str, content: bytes | None) -> Image:
    """The pixels of a figure, decoded without loss."""
    if content is None:
        raise _NotReadError("its content is not kept any more")
    if media_type not in _DECODED:
        raise _NotReadError(f"{media_type} is not made of pixels")
    try:
        from PIL import Image
    except ImportError:
        message = "Pillow, which reads figures, is not installed here"
        raise _NotReadError(message) from None
    try:
        image = Image.open(BytesIO(content), formats=[media_type.removeprefix("image/")])
        _check(image, content)
        return image.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        message = f"a figure cannot be read: {str(error)[:80]}"
        raise _NotReadError(message) from None


def _padded(first: Image, second: Image) -> tuple[Image, Image]:
    """Both in one size: what is missing has the colour of the upper left corner."""
    from PIL import Image

    size = (max(first.width, second.width), max(first.height, second.height))
    found = []
    for image in (first, second):
        whole = Image.new("RGBA", size, image.getpixel((0, 0)))
        whole.paste(image)
        found.append(whole)
    return found[0], found[1]


def _check(image: Image, content: bytes) -> None:
    width, height = image.size
    if width * height > _MOST_PIXELS:
        message = f"{width} x {height} pixels are too many to compare"
        raise _NotReadError(message)
    deep = image.format == "PNG" and content[_PNG_DEPTH] == _DEEP
    if deep or image.mode not in _EIGHT_BITS:
        message = "its pixels have more than 8 bits a colour, which are not compared"
        raise _NotReadError(message)
    if getattr(image, "n_frames", 1) > 1:
        message = "it is animated"
        raise _NotReadError(message)


def _marks(first: Image, second: Image) -> Image:
    """White where any channel of two pixels differs, else black."""
    from PIL import ImageChops

    bands = ImageChops.difference(first, second).split()
    most = bands[0]
    for band in bands[1:]:
        most = ImageChops.lighter(most, band)
    return most.point([0] + [255] * 255)
