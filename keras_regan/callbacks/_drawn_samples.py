"""Small pictures of samples: images as they are, all others as curves."""

import numpy as np

from keras_regan.callbacks._image_grid import to_uint8

_HEIGHT = 48
_WIDTH = 96
_PAPER = 244
_AXIS = 208
_COLORS = np.array(
    [
        (31, 90, 160),
        (205, 92, 20),
        (40, 130, 60),
        (180, 40, 90),
        (110, 75, 170),
        (90, 90, 90),
    ],
    dtype=np.uint8,
)
MOST_CURVES = len(_COLORS)


def drawn(samples: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
    """Returns a small picture of each sample.

    Args:
        samples: Float array: images of shape
            `(count, height, width, channels)`, or curves of shape
            `(count, length, channels)`, with a colour for each channel.
        value_range: Tuple of two increasing floats: black and white of an
            image, the lower and the upper edge of a curve.

    Returns:
        Array of type uint8 and of shape `(count, height, width, channels)`.
    """
    if samples.ndim == 4:
        return to_uint8(samples, value_range)
    return _curves(samples, value_range)


def _curves(samples, value_range):
    lowest, highest = _joined(*_extremes_by_column(samples))
    top, bottom = _row(highest, value_range), _row(lowest, value_range)
    shape = (len(samples), _HEIGHT, _WIDTH, 3)
    pixels = np.full(shape, _PAPER, dtype=np.uint8)
    low, high = value_range
    if low < 0.0 < high:
        pixels[:, int(_row(0.0, value_range))] = _AXIS
    rows = np.arange(_HEIGHT)[:, np.newaxis]
    for channel in reversed(range(samples.shape[-1])):
        # Both comparisons are false for NaN.
        covered = (top[:, np.newaxis, :, channel] <= rows) & (
            rows <= bottom[:, np.newaxis, :, channel]
        )
        pixels[covered] = _COLORS[channel]
    return pixels


def _extremes_by_column(samples):
    """Returns the smallest and the largest value of each pixel column."""
    length = samples.shape[1]
    if length <= _WIDTH:
        place = np.linspace(0.0, length - 1.0, _WIDTH)
        left = np.minimum(place.astype(int), length - 2)
        weight = (place - left)[:, np.newaxis]
        values = samples[:, left] * (1 - weight) + samples[:, left + 1] * weight
        return values, values
    begin = np.linspace(0, length, _WIDTH, endpoint=False).astype(int)
    return (
        np.minimum.reduceat(samples, begin, axis=1),
        np.maximum.reduceat(samples, begin, axis=1),
    )


def _joined(lowest, highest):
    """Extends each column to the one before it."""
    joined = lowest.copy(), highest.copy()
    np.fmin(lowest[:, 1:], highest[:, :-1], out=joined[0][:, 1:])
    np.fmax(highest[:, 1:], lowest[:, :-1], out=joined[1][:, 1:])
    return joined


def _row(values, value_range):
    low, high = value_range
    rows = np.rint((high - values) / (high - low) * (_HEIGHT - 1))
    return np.clip(rows, 0, _HEIGHT - 1)
