"""A distance between samples, given by name or as a callable."""

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from typing import TypeAlias

import keras

from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan.regularizers import _distances

Distance: TypeAlias = str | Callable[[Tensor, Tensor], Tensor]
OfRows: TypeAlias = Callable[[Tensor, Tensor], Tensor]


def checked_distance(distance: Any, by_name: Mapping[str, OfRows]) -> Distance:
    """Returns the distance if it is a callable or a known name.

    Raises:
        ValueError: If it is neither.
    """
    if not callable(distance) and not (
        isinstance(distance, str) and distance in by_name
    ):
        names = ", ".join(repr(name) for name in by_name)
        raise ValueError(
            message("distance", f"{names} or a callable", distance)
        )
    return distance


def distance_of_each(
    distance: Distance,
    by_name: Mapping[str, OfRows],
    samples: Tensor,
    others: Tensor,
) -> Tensor:
    """Returns the distance between samples row by row, shape `(batch,)`.

    Raises:
        ValueError: If a callable returns anything else.
    """
    if isinstance(distance, str):
        rows = _distances.as_rows(samples), _distances.as_rows(others)
        return by_name[distance](*rows)
    values = distance(samples, others)
    if len(values.shape) != 1:
        raise ValueError(
            "Invalid value for argument `distance`. Expected a callable that "
            "returns one distance per sample, of shape "
            f"({samples.shape[0]},). Received: shape {tuple(values.shape)}"
        )
    return values


def serialized(distance: Distance) -> Any:
    """Returns a distance as a config stores it."""
    if isinstance(distance, str):
        return distance
    return keras.saving.serialize_keras_object(distance)


def deserialized(distance: Any) -> Any:
    """Returns a distance from what a config stores."""
    if isinstance(distance, dict):
        return keras.saving.deserialize_keras_object(distance)
    return distance
