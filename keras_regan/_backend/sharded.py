"""JAX: one step sees the global batch, whose rows are on several devices.

Keras's distribution places variables and batches, and XLA exchanges the tensors
of a step. A step therefore needs nothing from here. These functions handle rows
outside of steps that cannot be divided evenly among the devices.
"""

import contextlib
from collections.abc import Iterator

import jax
import keras

from keras_regan._backend.one_replica import after as after
from keras_regan._backend.one_replica import check_strategy as check_strategy
from keras_regan._backend.one_replica import counted_once as counted_once
from keras_regan._backend.one_replica import global_mean as global_mean
from keras_regan._backend.one_replica import global_rows as global_rows
from keras_regan._backend.one_replica import global_size as global_size
from keras_regan._backend.one_replica import in_scope as in_scope
from keras_regan._backend.one_replica import (
    on_several_replicas as on_several_replicas,
)
from keras_regan._backend.one_replica import outside_scope as outside_scope
from keras_regan._backend.one_replica import own_rows as own_rows
from keras_regan._backend.one_replica import own_seed as own_seed
from keras_regan._backend.one_replica import replica_count as replica_count
from keras_regan._backend.one_replica import synchronized as synchronized


def batch_divisor() -> int:
    """Returns the divisor of the number of rows in a process's batches."""
    distribution = keras.distribution.distribution()
    if distribution is None or distribution.batch_dim_name is None:
        return 1
    mesh = distribution.device_mesh
    axis = list(mesh.axis_names).index(distribution.batch_dim_name)
    return max(mesh.shape[axis] // jax.process_count(), 1)


@contextlib.contextmanager
def in_this_process() -> Iterator[None]:
    """Runs a block in this process alone, and divides no batch.

    Every device then computes all rows, in any number, and new variables are
    on one device. Otherwise a process that does something alone would wait for
    the others.
    """
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)
