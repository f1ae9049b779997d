"""The logs of a training, as curves over its epochs."""

import csv
import os
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

import numpy as np

from keras_regan import _validation
from keras_regan._files import path_string


class Curve(NamedTuple):
    """One key of the logs.

    Args:
        epochs: Integer array, increasing. Epochs count from 1.
        values: Float array of the same length. NaN means that the logged value
            was NaN; epochs without a value are left out.
    """

    epochs: np.ndarray
    values: np.ndarray

    @property
    def finite(self) -> np.ndarray:
        """The values that can be drawn."""
        return self.values[np.isfinite(self.values)]

    def without_nan(self) -> "Curve":
        """Leaves out epochs whose value is NaN."""
        known = ~np.isnan(self.values)
        return Curve(self.epochs[known], self.values[known])


def read_curves(history: Any) -> dict[str, Curve]:
    """Returns the curves of a history, by their keys, in its order.

    Args:
        history: A `History`, its `history`, or the path of a CSV file.

    Raises:
        ValueError: If it holds no number.
        TypeError: If it is something else.
    """
    if isinstance(history, str | os.PathLike):
        curves = dict(_from_file(path_string(history, "history")))
    elif isinstance(history, Mapping):
        curves = dict(_from_lists(history, None))
    elif isinstance(getattr(history, "history", None), Mapping):
        curves = dict(_from_lists(history.history, history.epoch))
    else:
        raise TypeError(
            _validation.message(
                "history",
                "a `History`, its `history`, or the path of a file that "
                "`CSVLogger` wrote",
                history,
            )
        )
    if not curves:
        raise ValueError(
            _validation.message(
                "history", "the logs of one epoch or more", history
            )
        )
    return curves


def _from_lists(
    history: Mapping[str, Any], epoch: Any
) -> Iterator[tuple[str, Curve]]:
    lists = {key: _numbers(values) for key, values in history.items()}
    lengths = [len(values) for values in lists.values() if values is not None]
    total = max(lengths, default=0)
    epochs = np.arange(total) if not epoch else np.asarray(epoch)[-total:]
    for key, values in lists.items():
        if values is not None and values.size:
            yield key, Curve(_places(epochs, len(values)) + 1, values)


def _places(epochs: np.ndarray, count: int) -> np.ndarray:
    """Returns the epochs of a list that is shorter than others.

    A history does not say which epochs they are. Usually values are computed
    only in every n-th epoch, as with `validation_freq`; otherwise the last
    epochs are assumed.
    """
    interval = len(epochs) // count
    regular = epochs[(epochs + 1) % interval == 0]
    return regular if len(regular) == count else epochs[-count:]


def _from_file(path: str) -> Iterator[tuple[str, Curve]]:
    with open(path, newline="", encoding="utf-8") as file:
        header = file.readline()
        file.seek(0)
        separator = max(",;\t", key=header.count)
        # A run that resumed from a backup logs some epochs twice.
        rows = {
            int(epoch): row
            for row in csv.DictReader(file, delimiter=separator)
            if np.isfinite(epoch := _number(row.get("epoch")))
        }
    keys = [key for key in next(iter(rows.values()), {}) if key != "epoch"]
    for key in filter(None, keys):
        values = {
            epoch + 1: _number(rows[epoch][key])
            for epoch in sorted(rows)
            if not _is_missing(rows[epoch][key])
        }
        if values:
            yield key, Curve(np.array([*values]), np.array([*values.values()]))


def _is_missing(text: str | None) -> bool:
    """Tells whether `CSVLogger` had no value, for which it writes `NA`."""
    return text is None or text.strip() in ("", "NA")


def _number(text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        return np.nan


def _numbers(values: Any) -> np.ndarray | None:
    try:
        array = np.asarray([float(value) for value in values])
    except (TypeError, ValueError):
        return None
    return array
