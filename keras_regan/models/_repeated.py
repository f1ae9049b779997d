"""One batch, with fewer conditions and several samples for each."""

from typing import Any

import keras
from keras import ops

from keras_regan._typing import Tensor


def repeated(
    samples_per_condition: int, real: Tensor, conditions: Any
) -> tuple[Tensor, Any]:
    """Returns as many rows, or a few more, with each condition several times.

    Row `i` and row `i + count` have the same condition, where `count` is the
    number of different ones.

    Args:
        samples_per_condition: How often each condition is there.
        real: Real samples, which stay with their conditions.
        conditions: What came beside them.
    """
    if samples_per_condition == 1:
        return real, conditions
    count = -(-ops.shape(real)[0] // samples_per_condition)
    return keras.tree.map_structure(
        lambda rows: ops.concatenate([rows[:count]] * samples_per_condition),
        (real, conditions),
    )
