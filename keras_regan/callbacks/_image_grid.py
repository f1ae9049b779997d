"""Turns samples into pixels and small images into large ones, with NumPy."""

import functools
import math
from collections.abc import Sequence

import numpy as np


def to_uint8(
    samples: np.ndarray, value_range: tuple[float, float]
) -> np.ndarray:
    """Maps `value_range` onto 0 to 255 and rounds to the nearest.

    Args:
        samples: Array of floats of any shape.
        value_range: Tuple of two increasing floats. The values that become 0
            and 255. Other values are clipped, NaN becomes 0.

    Returns:
        Array of the same shape, of type uint8.
    """
    low, high = value_range
    finite = np.nan_to_num(
        np.asarray(samples, dtype=np.float64), nan=low, posinf=high, neginf=low
    )
    unit = np.clip((finite - low) / (high - low), 0.0, 1.0)
    return np.rint(unit * 255.0).astype(np.uint8)


def image_grid(
    images: np.ndarray,
    *,
    columns: int | None = None,
    padding: int = 2,
    background: int = 255,
) -> np.ndarray:
    """Arranges images in rows, from left to right and from top to bottom.

    Args:
        images: Array of type uint8 and of shape
            `(count, height, width, channels)`.
        columns: Positive integer, or `None`. Number of images in a row.
            `None` means as close to a square as possible. Defaults to `None`.
        padding: Non-negative integer. Number of pixels between images and
            around them. Defaults to `2`.
        background: Integer from 0 to 255. Shade of the gaps. Defaults to
            `255`.

    Returns:
        Array of type uint8 and of shape
        `(rows * (height + padding) + padding,
        columns * (width + padding) + padding, channels)`.
    """
    count, height, width, channels = images.shape
    if columns is None:
        columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    shape = (
        rows * (height + padding) + padding,
        columns * (width + padding) + padding,
        channels,
    )
    grid = np.full(shape, background, dtype=np.uint8)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top = padding + row * (height + padding)
        left = padding + column * (width + padding)
        grid[top : top + height, left : left + width] = image
    return grid


def side_by_side(
    left: np.ndarray, right: np.ndarray, *, background: int = 255
) -> np.ndarray:
    """Puts two pictures of the same height side by side, with a gap.

    Args:
        left: Array of type uint8 and of shape `(height, width, channels)`.
        right: Likewise; its width may differ.
        background: Integer from 0 to 255. Shade of the gap, which is 8 pixels
            wide. Defaults to `255`.

    Returns:
        Array of type uint8 and of shape `(height, width, channels)`.
    """
    gap = np.full((left.shape[0], 8, left.shape[2]), background, dtype=np.uint8)
    return np.concatenate([left, gap, right], axis=1)


def in_a_row(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Puts pictures of the same height side by side, gray ones in colour.

    Args:
        pictures: Sequence of arrays of type uint8 and of shape
            `(height, width, 1 or 3)`.

    Returns:
        Array of type uint8; gray if all of them are.
    """
    channels = max(picture.shape[-1] for picture in pictures)
    coloured = [np.broadcast_to(p, (*p.shape[:2], channels)) for p in pictures]
    return functools.reduce(side_by_side, coloured)


def at_least_as_high(
    images: np.ndarray, height: int, *, background: int = 255
) -> np.ndarray:
    """Adds rows of pixels below images that are not high enough.

    Args:
        images: Array of type uint8 and of shape
            `(count, height, width, channels)`.
        height: Positive integer.
        background: Integer from 0 to 255. Shade of the rows that are added.
            Defaults to `255`.
    """
    missing = max(0, height - images.shape[1])
    return np.pad(
        images,
        ((0, 0), (0, missing), (0, 0), (0, 0)),
        constant_values=background,
    )
