"""A whole training in one picture."""

import os
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regan import _validation
from keras_regan._files import path_string
from keras_regan.figures._canvas import new_figure
from keras_regan.figures._canvas import png_path
from keras_regan.figures._canvas import write_figure
from keras_regan.figures._curves import Curve
from keras_regan.figures._curves import read_curves
from keras_regan.figures._families import families
from keras_regan.figures._panels import draw_panel
from keras_regan.figures._thumbnails import Thumbnail
from keras_regan.figures._thumbnails import centres_without_overlap
from keras_regan.figures._thumbnails import draw_thumbnail
from keras_regan.figures._thumbnails import read_thumbnails
from keras_regan.figures._thumbnails import size_of_thumbnails

# All lengths are in inches.
_WIDTH = 7.6
_LEFT = 0.8
_PANEL = 1.25
_LOW_PANEL = 1.0
_BETWEEN = 0.42
_HEAD = 0.25
_TITLE = 0.35
_TIME = 0.3
_LEAD = 0.6
_MANY_PANELS = 8


def learning_curves(
    history: keras.callbacks.History
    | Mapping[str, Sequence[float]]
    | str
    | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    grids: str | os.PathLike[str] | None = None,
    title: str | None = None,
) -> str:
    """Draws a training: losses, regularizers, metrics, and grids of samples.

    It writes one PNG, which shows over the epochs, from top to bottom: the
    losses; the share of each regularizer in its network's loss; metrics and
    other logs, grouped by kind, on a logarithmic scale if they span two
    decades or more; and grids of samples below their epochs. Curves of
    validation are dashed if they are drawn together with those of training. A
    red cross at the bottom marks losses that are NaN or infinite.

    Formula of the share, where `R_i` is the value of a regularizer and
    `V = loss - sum_i R_i`:

    ```
    share_i = |R_i| / (|V| + sum_j |R_j|)
    ```

    It needs matplotlib: `pip install "keras_regan[figures]"`.

    Args:
        history: The `History` that `fit` returned, its `history`, or the path
            of a file from `keras.callbacks.CSVLogger`, which also holds all
            epochs of a resumed training.
        path: String or path that ends in `.png`. The path of the picture. Its
            directory is created if it does not exist.
        grids: String, path or `None`. The directory of a
            `keras_regan.callbacks.SampleGrid`, six of whose pictures are
            shown. Defaults to `None`.
        title: String, or `None` for no title. Defaults to `None`.

    Returns:
        The path, as a string.

    Raises:
        ImportError: If matplotlib is not installed.
        OSError: If a file cannot be read or written. It never leaves a
            half-written picture.
        ValueError: If `history` is empty, if `grids` is not a directory, or if
            `path` does not end in `.png`.
        TypeError: If an argument is of the wrong kind.

    Example:
    >>> samples = np.random.default_rng(0).normal(size=(64, 2))
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp(
    ...         (2,), latent_dim=4, output_activation=None))
    >>> gan.compile(discriminator_regularizers=[keras_regan.penalties.R1(1.0)])
    >>> history = gan.fit(samples, epochs=2, verbose=0)
    >>> keras_regan.figures.learning_curves(history, "curves.png")
    'curves.png'
    """
    path = png_path(path)
    grids = None if grids is None else _directory(grids)
    if title is not None and not isinstance(title, str):
        raise TypeError(_validation.message("title", "a string", title))
    curves = read_curves(history)
    figure = _draw(curves, grids, title)
    write_figure(figure, path)
    return path


def _draw(
    curves: dict[str, Curve], grids: str | None, title: str | None
) -> Any:
    first = min(int(curve.epochs.min()) for curve in curves.values())
    last = max(int(curve.epochs.max()) for curve in curves.values())
    thumbnails = [] if grids is None else read_thumbnails(grids, last)
    limits = _limits(min([first, *(t.epoch for t in thumbnails)]), last)
    panels = families(curves)
    height = _PANEL if len(panels) <= _MANY_PANELS else _LOW_PANEL
    top = _HEAD + (0.0 if title is None else _TITLE)
    bottom = top + len(panels) * (height + _BETWEEN) - _BETWEEN
    page = _Page(bottom + _TIME + _height_of(thumbnails))
    if title is not None:
        page.write_title(title)
    for family in panels:
        axes = page.axes(_LEFT, top, _WIDTH, height)
        draw_panel(axes, family)
        axes.set_xlim(*limits)
        _set_time(axes, is_last=family is panels[-1])
        for thumbnail in thumbnails:
            axes.axvline(
                thumbnail.epoch, color="#c8c8c8", linewidth=0.7, zorder=0
            )
        top += height + _BETWEEN
    if thumbnails:
        _draw_thumbnails(page, thumbnails, limits, bottom)
    return page.figure


def _height_of(thumbnails: list[Thumbnail]) -> float:
    if not thumbnails:
        return 0.0
    return _LEAD + size_of_thumbnails(thumbnails, _WIDTH)[1]


def _draw_thumbnails(
    page: "_Page",
    thumbnails: list[Thumbnail],
    limits: tuple[float, float],
    bottom: float,
) -> None:
    """Draws grids below the time axis, which is at `bottom`."""
    size, height = size_of_thumbnails(thumbnails, _WIDTH)
    top = bottom + _TIME + _LEAD
    epochs = np.array([float(thumbnail.epoch) for thumbnail in thumbnails])
    places = (epochs - limits[0]) / (limits[1] - limits[0]) * _WIDTH
    centres = centres_without_overlap(places, size, _WIDTH)
    for thumbnail, place, centre in zip(
        thumbnails, places, centres, strict=True
    ):
        page.line(
            [_LEFT + place, _LEFT + place, _LEFT + centre],
            [bottom + _TIME, bottom + _TIME + 0.08, top - 0.2],
        )
        axes = page.axes(_LEFT + centre - size / 2, top, size, height)
        axes.set_anchor("N")
        draw_thumbnail(axes, thumbnail)


class _Page:
    """A figure with positions in inches from its upper left corner."""

    def __init__(self, height: float):
        self._width = _LEFT + _WIDTH
        self._height = height
        self.figure = new_figure(self._width, height)

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        return self.figure.add_axes(
            (
                left / self._width,
                1.0 - (top + height) / self._height,
                width / self._width,
                height / self._height,
            )
        )

    def write_title(self, title: str) -> None:
        text = self.figure.text(
            _LEFT / self._width,
            1.0,
            title,
            fontsize=12,
            va="top",
            ha="left",
        )
        text.set_parse_math(False)

    def line(self, across: list[float], down: list[float]) -> None:
        """Draws a line from an epoch to its picture."""
        from matplotlib.lines import Line2D

        line = Line2D(
            np.array(across) / self._width,
            1.0 - np.array(down) / self._height,
            color="#c8c8c8",
            linewidth=0.7,
        )
        self.figure.add_artist(line)


def _limits(first: int, last: int) -> tuple[float, float]:
    margin = 0.015 * (last - first) or 0.5
    return first - margin, last + margin


def _set_time(axes: Any, is_last: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
    axes.tick_params(axis="x", labelbottom=is_last)
    if is_last:
        axes.annotate(
            "epoch",
            (1.0, 0.0),
            xycoords="axes fraction",
            xytext=(10, -6),
            textcoords="offset points",
            fontsize=8,
            va="top",
        )


def _directory(grids: Any) -> str:
    grids = path_string(grids, "grids")
    if not os.path.isdir(grids):
        raise ValueError(
            _validation.message("grids", "a directory of `SampleGrid`", grids)
        )
    return grids
