"""Files of images that say nothing, in Keras's layout."""

import pathlib

import numpy as np


def write(
    path: pathlib.Path,
    shape: tuple[int, ...],
    classes: int | None = None,
    in_turn: bool = True,
) -> pathlib.Path:
    """Writes images for training and others, and returns the path.

    Args:
        path: Of the `.npz` file.
        shape: Of the images of each of the two sets.
        classes: How many classes labels tell; `None` for no labels.
        in_turn: Whether images of all classes are in turn, instead of one
            class after the other.
    """
    random = np.random.default_rng(0)
    arrays = {
        f"x_{split}": random.integers(0, 256, shape, "uint8")
        for split in ("train", "test")
    }
    if classes is not None:
        labels = np.arange(shape[0]) % classes
        labels = labels if in_turn else np.sort(labels)
        arrays |= {f"y_{split}": labels for split in ("train", "test")}
    np.savez(path, **arrays)
    return path
