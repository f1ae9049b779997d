"""One panel: curves over the same epochs, and their legend."""

from typing import Any

import numpy as np

from keras_regan.figures._curves import Curve
from keras_regan.figures._families import Family
from keras_regan.figures._families import without_val

# Okabe and Ito (2008): distinguishable with any kind of colour vision.
_COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
_DASHES = ("-", (0, (1, 1)), (0, (6, 2, 1, 2)))
_VALIDATION_DASHES = (0, (4, 2))
_GRAY = "#555555"
_MANY_EPOCHS = 30
_WIDE = 100.0


def draw_panel(axes: Any, family: Family) -> None:
    """Draws the curves of a family.

    Args:
        axes: Axes of matplotlib.
        family: The curves.
    """
    axes.set_title(
        family.title, loc="left", fontsize=9, fontweight="bold", pad=4
    )
    keys = list(dict.fromkeys(map(without_val, family.curves)))
    drawn: list[Any] = []
    for key, curve in family.curves.items():
        # Without the space, a legend leaves out keys that begin with "_".
        label = f" {key}"
        place = keys.index(without_val(key))
        colour = _COLOURS[place % len(_COLOURS)]
        dashes = _DASHES[place // len(_COLOURS) % len(_DASHES)]
        if key != without_val(key) and without_val(key) in family.curves:
            dashes = _VALIDATION_DASHES
        elif any(_hides(curve, other) for other in drawn):
            dashes = _DASHES[1]  # It shows the curve below.
        drawn.append(curve)
        _draw_curve(axes, curve, label=label, color=colour, linestyle=dashes)
        if key in family.spreads:
            _draw_band(axes, curve, family.spreads[key], colour)
    _set_scale(axes, family)
    _draw_what_is_not_finite(axes, family)
    _draw_legend(axes)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=_GRAY)


def _hides(curve: Curve, other: Curve) -> bool:
    return np.array_equal(curve.epochs, other.epochs) and np.allclose(
        curve.values, other.values, rtol=0.01, equal_nan=True
    )


def _draw_curve(axes: Any, curve: Curve, **style: Any) -> None:
    few = len(curve.finite) <= _MANY_EPOCHS
    axes.plot(
        curve.epochs,
        np.where(np.isfinite(curve.values), curve.values, np.nan),
        linewidth=1.3,
        marker="o" if few else None,
        markersize=4.0 if len(curve.epochs) == 1 else 2.5,
        **style,
    )


def _draw_band(axes: Any, curve: Curve, spread: Curve, colour: str) -> None:
    widths = dict(zip(spread.epochs.tolist(), spread.values, strict=True))
    width = np.array([widths.get(e, np.nan) for e in curve.epochs.tolist()])
    axes.fill_between(
        curve.epochs,
        curve.values - width,
        curve.values + width,
        color=colour,
        alpha=0.15,
        linewidth=0,
    )


def _set_scale(axes: Any, family: Family) -> None:
    """Chooses a logarithmic scale if values span two decades or more."""
    parts = [curve.finite for curve in family.curves.values()]
    sizes = np.abs(np.concatenate(parts))
    sizes = sizes[sizes > 0]
    if not any(part.size for part in parts):
        axes.set_yticks([])
    elif any(part.size and part.min() < 0 for part in parts):
        typical = float(np.median(sizes))
        if sizes.max() > _WIDE * typical:
            axes.set_yscale("symlog", linthresh=typical)
    elif sizes.size and sizes.max() > _WIDE * sizes.min():
        axes.set_yscale("log", nonpositive="clip")
    if axes.get_yscale() == "linear":
        # A common factor of the ticks would overlap the title.
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.10g}")


def _draw_what_is_not_finite(axes: Any, family: Family) -> None:
    epochs = {
        epoch
        for curve in family.curves.values()
        for epoch in curve.epochs[~np.isfinite(curve.values)].tolist()
    }
    if epochs:
        axes.plot(
            sorted(epochs),
            [0.0] * len(epochs),
            transform=axes.get_xaxis_transform(),
            linestyle="",
            marker="x",
            markersize=4,
            color="#c00000",
            clip_on=False,
            label=" NaN or infinite",
        )


def _draw_legend(axes: Any) -> None:
    handles, labels = axes.get_legend_handles_labels()
    legend = axes.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.04),
        borderaxespad=0.0,
        frameon=False,
        fontsize=7.5,
        handlelength=2.2,
        handletextpad=0.4,
        labelspacing=0.3,
        columnspacing=1.2,
        ncols=1 if len(labels) <= 8 else 2,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
