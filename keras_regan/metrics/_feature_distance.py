"""The distance between samples in the features of a network.

For vectors it is the L2 distance. For maps it is that of LPIPS, which is a
squared distance: features are normalized at each position, and squared
differences are averaged over positions and summed over layers.
"""

import math
from typing import Any

from keras import ops

from keras_regan._typing import Tensor
from keras_regan.metrics.feature_extractor import FeatureExtractor

_EPSILON = 1e-10


def row_size(features: FeatureExtractor) -> int:
    """Returns how many elements a row of `distance_rows` has."""
    if not features.gives_maps:
        return features.size
    shapes: list[Any] = features.output_shapes
    return sum(math.prod(shape[1:]) for shape in shapes)


def distance_rows(features: FeatureExtractor, samples: Any) -> Any:
    """Returns one row per sample, for `distances`."""
    if not features.gives_maps:
        return features(samples)
    maps = features.maps(ops.convert_to_tensor(samples))
    return ops.concatenate(
        [_unit_maps(m, features.channel_axis(m.shape)) for m in maps], axis=1
    )


def distances(features: FeatureExtractor, rows: Any, others: Any) -> Tensor:
    """Returns the distances between pairs of rows, over the last axis.

    They are computed from differences, so that distances between nearly equal
    samples are precise.
    """
    gaps = ops.cast(rows, "float32") - ops.cast(others, "float32")
    squares = ops.sum(ops.square(gaps), axis=-1)
    return squares if features.gives_maps else ops.sqrt(squares)


def _unit_maps(maps: Tensor, channel_axis: int) -> Tensor:
    """Returns rows whose squared distance is the LPIPS distance of maps."""
    shape = maps.shape[1:]
    positions = math.prod(shape) // maps.shape[channel_axis]
    lengths = ops.sqrt(
        ops.sum(ops.square(maps), axis=channel_axis, keepdims=True) + _EPSILON
    )
    rows = ops.reshape(maps / lengths, (-1, math.prod(shape)))
    return rows / math.sqrt(positions)
