"""Samples of several settings beside each other."""

import pathlib
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np
from pair_runs import Run


def draw(
    path: pathlib.Path,
    folder: pathlib.Path,
    runs: Sequence[Run],
    arranged: Callable[[np.ndarray], np.ndarray],
    size: tuple[float, float],
) -> None:
    """Draws what `Run.save_images` kept of the first seed, a panel a setting.

    Args:
        path: Where the picture is written.
        folder: Where the images are.
        runs: Those of all settings and seeds.
        arranged: Makes one image of those of a run.
        size: Width and height of a panel, in inches.
    """
    from matplotlib.figure import Figure

    drawn = [run for run in runs if run.seed == runs[0].seed]
    width, height = size
    figure = Figure(figsize=(width, height * len(drawn)), layout="constrained")
    panels = figure.subplots(len(drawn), squeeze=False)[:, 0]
    for run, axes in zip(drawn, panels, strict=True):
        image = arranged(np.load(run.file(folder, ".npy")))
        axes.imshow(image, cmap="gray", vmin=0, vmax=255)
        axes.set_ylabel(run.setting, rotation=0, ha="right", va="center")
        axes.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=80, bbox_inches="tight")


def in_a_row(images: np.ndarray) -> np.ndarray:
    """Returns images one after the other."""
    return np.concatenate([*images], axis=1)


def in_columns(images: np.ndarray) -> np.ndarray:
    """Returns several images of each condition, a column for each."""
    return in_a_row([np.concatenate([*samples]) for samples in images])
