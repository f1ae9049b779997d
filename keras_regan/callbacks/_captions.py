"""Captions at the left of a picture's rows, in Pillow's own font."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFont

from keras_regan import _validation

# The height of a line in pixels, and its largest number of letters.
LINE_HEIGHT = 12
_LETTERS = 28
_EDGE = 2


def checked_captions(captions: Any, rows: int) -> tuple[str, ...]:
    """Returns captions as a tuple if there is one for each row."""
    expected = f"a sequence of {rows} strings, one for each condition"
    if (
        isinstance(captions, str)
        or not isinstance(captions, Sequence | np.ndarray)
        or not all(isinstance(caption, str) for caption in captions)
    ):
        raise TypeError(_validation.message("captions", expected, captions))
    if len(captions) != rows:
        raise ValueError(_validation.message("captions", expected, captions))
    return tuple(map(str, captions))


def caption_images(captions: Sequence[str], height: int) -> np.ndarray:
    """Returns a small picture of each caption, all of one size.

    Long captions are broken into lines, and cut after the last line.

    Args:
        captions: Sequence of strings.
        height: Integer, `LINE_HEIGHT` or more.

    Returns:
        Array of type uint8 and of shape `(count, height, width, 1)`.
    """
    font = ImageFont.load_default()
    texts = [_in_lines(caption, height // LINE_HEIGHT) for caption in captions]
    if isinstance(font, ImageFont.ImageFont):  # It only has these letters.
        texts = [
            t.encode("latin-1", "replace").decode("latin-1") for t in texts
        ]
    boxes = [_box(text, font) for text in texts]
    width = max(right for _, _, right, _ in boxes) + 2 * _EDGE
    return np.stack(
        [
            _drawn(text, box, font, (int(np.ceil(width)), height))
            for text, box in zip(texts, boxes, strict=True)
        ]
    )


def _in_lines(caption: str, lines: int) -> str:
    return "\n".join(
        textwrap.wrap(
            caption, _LETTERS, max_lines=max(lines, 1), placeholder=" ..."
        )
    )


def _box(text, font):
    canvas = ImageDraw.Draw(Image.new("L", (1, 1)))
    return canvas.multiline_textbbox((0, 0), text, font=font, spacing=1)


def _drawn(text, box, font, size):
    picture = Image.new("L", size, 255)
    _, top, _, bottom = box
    middle = (size[1] - (bottom - top)) / 2 - top
    ImageDraw.Draw(picture).multiline_text(
        (_EDGE, round(middle)), text, fill=0, font=font, spacing=1
    )
    return np.asarray(picture)[..., np.newaxis]
