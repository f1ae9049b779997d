"""A picture of what was made for conditions: one row for each of them."""

import pathlib

import keras
import numpy as np

_GAP = 2
_WIDE_GAP = 10
_WHITE = 1.0


def save_rows(
    path: pathlib.Path,
    conditions: np.ndarray,
    truth: np.ndarray,
    samples: np.ndarray,
    scale: int = 2,
) -> pathlib.Path:
    """Writes the condition, the true image, and then the samples of each row.

    Args:
        path: Where the PNG goes.
        conditions: Images in [-1, 1], `(rows, height, width, 1 or 3)`.
        truth: The images that came with them, likewise.
        samples: Images `(rows, samples, height, width, 1 or 3)`.
        scale: How many times the picture is enlarged.

    Returns:
        The path.
    """
    groups = [conditions[:, None], truth[:, None], samples]
    channels = max(group.shape[-1] for group in groups)
    parts = []
    for group in groups:
        parts += [_columns(group, channels), _gap(group, _WIDE_GAP, channels)]
    picture = np.concatenate(parts[:-1], axis=1).clip(-1.0, 1.0)
    picture = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    keras.utils.save_img(
        path, (picture + 1.0) * 127.5, data_format="channels_last", scale=False
    )
    return path


def _columns(images: np.ndarray, channels: int) -> np.ndarray:
    """Puts `(rows, columns, height, width, any)` images into one."""
    rows, columns, height, width, _ = images.shape
    images = np.broadcast_to(images, (rows, columns, height, width, channels))
    gaps = ((0, 0), (0, 0), (0, _GAP), (0, _GAP), (0, 0))
    images = np.pad(images, gaps, constant_values=_WHITE)
    return images.swapaxes(1, 2).reshape(
        rows * (height + _GAP), columns * (width + _GAP), channels
    )


def _gap(images: np.ndarray, width: int, channels: int) -> np.ndarray:
    height = images.shape[0] * (images.shape[2] + _GAP)
    return np.full((height, width - _GAP, channels), _WHITE)
