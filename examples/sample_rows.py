"""A picture of samples, with a row for each condition."""

import os

import keras
import numpy as np

_GAP = 2
_WIDE_GAP = 10
_WHITE = 1.0


def save_rows(
    path: str | os.PathLike[str],
    conditions: np.ndarray,
    truth: np.ndarray,
    *samples: np.ndarray,
    scale: int = 2,
) -> None:
    """Writes rows with a condition, its true image and its samples.

    Args:
        path: The path of the PNG file.
        conditions: Images in [-1, 1], `(conditions, height, width, 1 or 3)`.
        truth: The true images of the conditions, likewise.
        *samples: Images `(conditions, samples, height, width, 1 or 3)`. If
            there are several arrays, such as those of several generators, each
            gets a row of its own.
        scale: The factor by which the picture is enlarged.
    """
    blocks = [
        _stacked([_row(condition, true, *of_each) for of_each in rows], _GAP)
        for condition, true, *rows in zip(
            conditions, truth, *samples, strict=True
        )
    ]
    gap = _GAP if len(samples) == 1 else _WIDE_GAP
    _save(path, _stacked(blocks, gap), scale)


def save_grid(
    path: str | os.PathLike[str], images: np.ndarray, scale: int = 1
) -> None:
    """Writes images in rows and columns.

    Args:
        path: Where the PNG goes.
        images: In [-1, 1], `(rows, columns, height, width, 1 or 3)`.
        scale: How many times the picture is enlarged.
    """
    rows = [_side_by_side(list(row), _GAP) for row in images]
    _save(path, _stacked(rows, _GAP), scale)


def _save(
    path: str | os.PathLike[str], picture: np.ndarray, scale: int
) -> None:
    picture = picture.clip(-1.0, 1.0)
    picture = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    keras.utils.save_img(
        path, (picture + 1.0) * 127.5, data_format="channels_last", scale=False
    )


def _row(
    condition: np.ndarray, truth: np.ndarray, *samples: np.ndarray
) -> np.ndarray:
    """Puts images side by side, with gaps around the first two."""
    parts = [condition, truth, _side_by_side([*samples], _GAP)]
    return _side_by_side(parts, _WIDE_GAP)


def _side_by_side(images: list[np.ndarray], gap: int) -> np.ndarray:
    return _stacked([image.swapaxes(0, 1) for image in images], gap).swapaxes(
        0, 1
    )


def _stacked(images: list[np.ndarray], gap: int) -> np.ndarray:
    """Stacks images of the same width, in colour if one of them is."""
    channels = max(image.shape[-1] for image in images)
    width = images[0].shape[1]
    white = np.full((gap, width, channels), _WHITE)
    parts = []
    for image in images:
        shape = (*image.shape[:2], channels)
        parts += [white, np.broadcast_to(image, shape)]
    return np.concatenate(parts[1:])
