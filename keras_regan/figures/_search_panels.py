"""Pictures of the results of a search of factors."""

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np

from keras_regan.figures._canvas import new_figure
from keras_regan.figures._canvas import write_figure

_BLUE = "#0072B2"
_RED = "#D55E00"
_GRAY = "#777777"


class Points(NamedTuple):
    """Points with standard errors.

    Attributes:
        x: Positions on the horizontal axis.
        y: Means.
        x_errors: Standard errors of `x`; NaN where there is none.
        y_errors: Standard errors of `y`; NaN where there is none.
    """

    x: Sequence[float]
    y: Sequence[float]
    x_errors: Sequence[float]
    y_errors: Sequence[float]


def draw_factors(
    path: str,
    panels: dict[str, Points],
    best: int,
    baseline: tuple[float, float] | None,
    objective: str,
) -> None:
    """Draws the objective against each factor.

    Args:
        path: The path of the PNG.
        panels: The trials for each factor.
        best: Index of the best trial.
        baseline: Mean and standard error without regularization, or `None`.
        objective: The label of the axis.
    """
    figure = new_figure(1.0 + 3.6 * len(panels), 3.4)
    for place, (name, points) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(1, len(panels), place)
        if baseline is not None:
            mean, error = baseline
            axes.axhline(mean, color=_GRAY, linewidth=1.2, linestyle="--")
            if np.isfinite(error):
                axes.axhspan(
                    mean - error, mean + error, color=_GRAY, alpha=0.15, lw=0
                )
        _errors(axes, points, _BLUE)
        axes.plot(
            [points.x[best]],
            [points.y[best]],
            marker="o",
            markersize=11,
            markerfacecolor="none",
            markeredgecolor=_RED,
            markeredgewidth=1.8,
        )
        _factor_scale(axes, points.x)
        axes.set_xlabel(name, parse_math=False)
        if place == 1:
            axes.set_ylabel(objective, parse_math=False)
        _plain(axes)
    figure.text(
        0.99,
        0.99,
        "circle: chosen; dashed: all factors zero; bars: standard error",
        ha="right",
        va="top",
        fontsize=7,
        color=_GRAY,
    )
    figure.tight_layout(rect=(0, 0, 1, 0.95))
    write_figure(figure, path)


def draw_front(
    path: str,
    points: Points,
    front: Sequence[int],
    baseline: int | None,
    names: tuple[str, str],
) -> None:
    """Draws one objective against another.

    Args:
        path: The path of the PNG.
        points: The trials.
        front: Indices of the trials on the Pareto front.
        baseline: Index of the trial without regularization, or `None`.
        names: The labels of the axes.
    """
    figure = new_figure(4.6, 3.8)
    axes = figure.add_subplot()
    _errors(axes, points, _BLUE)
    chosen = sorted(front, key=lambda index: points.x[index])
    axes.plot(
        [points.x[i] for i in chosen],
        [points.y[i] for i in chosen],
        color=_RED,
        marker="o",
        markerfacecolor="none",
        markersize=10,
        linewidth=1.0,
        label="Pareto front",
    )
    if baseline is not None:
        axes.plot(
            [points.x[baseline]],
            [points.y[baseline]],
            color=_GRAY,
            marker="s",
            markersize=8,
            linestyle="",
            label="all factors zero",
        )
    axes.legend(frameon=False, fontsize=8)
    axes.set_xlabel(names[0], parse_math=False)
    axes.set_ylabel(names[1], parse_math=False)
    _plain(axes)
    figure.tight_layout()
    write_figure(figure, path)


def _errors(axes: Any, points: Points, colour: str) -> None:
    axes.errorbar(
        points.x,
        points.y,
        xerr=np.nan_to_num(points.x_errors),
        yerr=np.nan_to_num(points.y_errors),
        linestyle="",
        marker="o",
        markersize=4,
        linewidth=1.0,
        color=colour,
    )


def _factor_scale(axes: Any, values: Sequence[float]) -> None:
    """Chooses a logarithmic scale, with a place for zero if there is one."""
    sizes = np.abs(np.asarray(values))
    smallest = sizes[sizes > 0].min(initial=np.inf)
    if np.min(values) > 0:
        axes.set_xscale("log")
    elif np.isfinite(smallest):
        axes.set_xscale("symlog", linthresh=smallest)


def _plain(axes: Any) -> None:
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
