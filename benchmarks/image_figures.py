"""What is drawn of the runs of `image_quality.py`."""

import math
import pathlib
from typing import Any

import keras
import numpy as np

TITLES = {
    "fd": "FD",
    "precision": "precision",
    "recall": "recall",
    "coverage": "coverage",
}


def draw_training(path: pathlib.Path, runs: dict[str, list[dict]]) -> None:
    """Draws quality and variety against the steps of the training."""
    figure, panels = _panels()
    for column, axes in panels.items():
        for index, (name, results) in enumerate(runs.items()):
            curves = [r["on_the_way"] for r in results if "on_the_way" in r]
            if not curves:
                continue
            steps = [point["steps"] for point in curves[0]]
            # Whoever was judged as often as the first.
            curves = [c for c in curves if [p["steps"] for p in c] == steps]
            values = np.array([[p[column] for p in c] for c in curves])
            thousands = np.array(steps) / 1000
            color = f"C{index}"
            axes.plot(thousands, values.T, "o", color=color, ms=3)
            axes.plot(thousands, values.mean(0), color=color, label=name)
        axes.set_xlabel("thousand steps")
    _finish(figure, panels, path)


def draw_sweep(
    path: pathlib.Path,
    runs: dict[str, list[dict]],
    sweep: str,
    factors: list[float],
) -> None:
    """Draws quality and variety against a factor."""
    figure, panels = _panels()
    for column, axes in panels.items():
        points = [
            (factor, [r[column] for r in runs[f"{sweep} {factor:g}"]])
            for factor in factors
            if runs[f"{sweep} {factor:g}"]
        ]
        for factor, values in points:
            axes.plot([factor] * len(values), values, "o", color="C0", ms=4)
        axes.plot(
            [factor for factor, _ in points],
            [np.mean(values) for _, values in points],
            color="C0",
            label=f"{sweep} regularization",
        )
        without = [r[column] for r in runs.get("none", [])]
        if without:
            axes.axhline(np.mean(without), color="gray", label="none")
            axes.axhspan(
                min(without), max(without), color="gray", alpha=0.2, lw=0
            )
        axes.set_xscale("log")
        axes.set_xlabel("factor")
    _finish(figure, panels, path)


def tiled(images: np.ndarray) -> np.ndarray:
    """Returns as many images a row as rows, as one image."""
    side = math.isqrt(len(images))
    rows = images.reshape(side, side, *images.shape[1:])
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


def save_grid(path: pathlib.Path, images: np.ndarray) -> None:
    """Writes images in [-1, 1] as one; what is no number is grey."""
    levels = np.nan_to_num((images + 1.0) * 127.5, nan=127.5)
    keras.utils.save_img(path, tiled(levels.round().clip(0, 255)), scale=False)


def _panels() -> tuple[Any, dict[str, Any]]:
    """Returns a figure and its panels, by what they show."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3), layout="constrained")
    panels = figure.subplots(1, len(TITLES))
    for title, axes in zip(TITLES.values(), panels, strict=True):
        axes.set_title(title)
    return figure, dict(zip(TITLES, panels, strict=True))


def _finish(figure: Any, panels: dict[str, Any], path: pathlib.Path) -> None:
    handles, labels = panels["fd"].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5)
    figure.savefig(path, dpi=90)
