"""Grids of samples, drawn below their epochs."""

import warnings
from typing import Any
from typing import NamedTuple

import numpy as np
from PIL import Image

from keras_regan._picture_names import picture_epochs
from keras_regan._picture_names import picture_path

_MOST = 6
_GAP = 0.12
_LARGEST = 1.7


class Thumbnail(NamedTuple):
    """A picture and the epoch that it was drawn after."""

    epoch: int
    picture: Image.Image


def read_thumbnails(directory: str, last_epoch: int) -> list[Thumbnail]:
    """Reads an even selection of a directory's grids, six at most.

    Args:
        directory: String. A directory of `SampleGrid`.
        last_epoch: Integer. Later pictures belong to another training.
    """
    epochs = [e for e in picture_epochs(directory, "epoch") if e <= last_epoch]
    if len(epochs) > _MOST:
        even = np.linspace(epochs[0], epochs[-1], _MOST)
        distances = np.abs(np.array(epochs)[:, None] - even)
        epochs = sorted({epochs[i] for i in distances.argmin(axis=0)})
    return [
        Thumbnail(epoch, picture)
        for epoch in epochs
        if (picture := _read(picture_path(directory, "epoch", epoch)))
    ]


def _read(path: str) -> Image.Image | None:
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except OSError as error:
        warnings.warn(f"Could not read '{path}': {error}", stacklevel=2)
        return None


def size_of_thumbnails(
    thumbnails: list[Thumbnail], width: float
) -> tuple[float, float]:
    """Returns the width and height that all of them fit into, in inches."""
    shapes = [t.picture.height / t.picture.width for t in thumbnails]
    each = min(_LARGEST, (width + _GAP) / len(thumbnails) - _GAP)
    return each, min(_LARGEST, each * max(shapes))


def centres_without_overlap(
    wanted: np.ndarray, size: float, width: float
) -> np.ndarray:
    """Returns positions near the wanted ones at which nothing overlaps.

    Args:
        wanted: Increasing float array, in inches.
        size: Float. The width of each.
        width: Float. The space from 0 to this width, in which all of them fit.
    """
    step = size + _GAP
    places = np.maximum(wanted, size / 2)
    for index in range(1, len(places)):
        places[index] = max(places[index], places[index - 1] + step)
    bound = width - size / 2
    for index in range(len(places) - 1, -1, -1):
        places[index] = min(places[index], bound)
        bound = places[index] - step
    return places


def draw_thumbnail(axes: Any, thumbnail: Thumbnail) -> None:
    """Fills axes with a picture."""
    axes.imshow(np.asarray(thumbnail.picture), interpolation="antialiased")
    axes.set_axis_off()
    axes.set_title(f"epoch {thumbnail.epoch}", fontsize=8, pad=3)
