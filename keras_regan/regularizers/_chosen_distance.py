"""A distance of samples that is named, or that the user brings along."""

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
    """Returns a distance if it is a callable or one of those with a name.

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
    """Returns the distance of each sample to its other, shape `(batch,)`.

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
            "returns one distance a sample, of shape "
            f"({samples.shape[0]},). Received: shape {tuple(values.shape)}"
        )
    return values


def serialized(distance: Distance) -> Any:
    """Returns what a config holds of a distance."""
    if isinstance(distance, str):
        return distance
    return keras.saving.serialize_keras_object(distance)


def deserialized(distance: Any) -> Any:
    """Returns the distance of a config."""
    if isinstance(distance, dict):
        return keras.saving.deserialize_keras_object(distance)
    return distance
