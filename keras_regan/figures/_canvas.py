"""Figures of matplotlib that open no window."""

import os
from typing import Any

from keras_regan import _validation
from keras_regan._files import path_string
from keras_regan._files import write_whole

_DOTS_PER_INCH = 150


def new_figure(width: float, height: float) -> Any:
    """Returns an empty white figure.

    Args:
        width: Width in inches.
        height: Height in inches.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    try:
        import matplotlib.backends.backend_agg
        import matplotlib.figure
    except ImportError as error:
        raise ImportError(
            "`keras_regan.figures` needs matplotlib. Install it with "
            '`pip install "keras_regan[figures]"`.'
        ) from error
    figure = matplotlib.figure.Figure(
        figsize=(width, height), facecolor="white"
    )
    matplotlib.backends.backend_agg.FigureCanvasAgg(figure)
    return figure


def png_path(path: Any) -> str:
    """Returns a path that ends in `.png` as a string.

    Raises:
        TypeError: If it is not a path.
        ValueError: If it has another ending.
    """
    path = path_string(path, "path")
    if not path.lower().endswith(".png"):
        raise ValueError(
            _validation.message("path", "a path that ends in `.png`", path)
        )
    return path


def write_figure(figure: Any, path: str) -> None:
    """Writes a figure, whole or not at all, and makes its directory."""
    directory = os.path.dirname(path)
    if directory:
        os.makedirs(directory, exist_ok=True)
    write_whole(
        path,
        lambda file: figure.savefig(
            file,
            format="png",
            dpi=_DOTS_PER_INCH,
            bbox_inches="tight",
            pad_inches=0.15,
        ),
    )
