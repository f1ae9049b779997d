"""Several replicas of one model, as `tf.distribute` runs them.

Each replica has a part of the global batch, its own copy of all variables, and
its own thread, in which the step is traced. The functions below use the step
that the calling thread is in; outside a step there is a single replica.
"""

import contextlib
import functools
import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any
from typing import TypeVar

import keras
import tensorflow as tf

from keras_regan._backend.keras_internals.strategies import strategy_of
from keras_regan._typing import Tensor

_Method = TypeVar("_Method", bound=Callable[..., Any])

_local = threading.local()


class _Replica:
    """What a replica knows of the global batch in one step."""

    def __init__(self, size):
        self.context = tf.distribute.get_replica_context()
        sizes = self.context.all_gather(tf.reshape(size, (1,)), axis=0)
        index = tf.cast(self.context.replica_id_in_sync_group, "int32")
        before = tf.range(tf.size(sizes)) < index
        self.size = size
        self.index = index
        self.total = tf.reduce_sum(sizes)
        self.offset = tf.reduce_sum(tf.where(before, sizes, 0))
        # Not 1 / replicas, because the parts of the last batch differ in size.
        self.share = tf.cast(size, "float32") / tf.cast(self.total, "float32")
        self.is_empty = tf.equal(size, 0)
        # The variables that `synchronized` is handling.
        self.moving = []

    def scaled(self, value):
        """Returns a value's contribution to the global mean."""
        return value * tf.cast(self.share, value.dtype)

    def unless_empty(self, value):
        """Returns zeros if this part has no samples, whose means are NaN."""
        if isinstance(value, tf.IndexedSlices):
            values = self.unless_empty(value.values)
            return tf.IndexedSlices(values, value.indices, value.dense_shape)
        return tf.where(self.is_empty, tf.zeros_like(value), value)

    def sum(self, tensors):
        return self.context.all_reduce(tf.distribute.ReduceOp.SUM, tensors)


def current() -> Any:
    """Returns the replica of the current step; `None` if there is only one."""
    return getattr(_local, "replica", None)


def run_on_replica(function: Callable[[Any], Any], data: Any) -> Any:
    """Runs `function(data)` as the step of one replica of several."""
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return function(data)
    _local.replica = _Replica(tf.shape(tf.nest.flatten(data)[0])[0])
    try:
        return function(data)
    finally:
        _local.replica = None


def on_several_replicas() -> bool:
    """Returns whether the current step has other replicas."""
    return current() is not None


def own_rows(
    draw: Callable[[Any, Any], Tensor], size: Any, seed: Any
) -> Tensor:
    """Returns this replica's rows of a draw for the global batch.

    Args:
        draw: Callable that takes a number of rows and a seed and returns this
            many rows, the same on all replicas.
        size: The size of this replica's batch.
        seed: The seed of the draw.
    """
    replica = current()
    if replica is None:
        return draw(size, seed)
    return draw(replica.total, seed)[replica.offset : replica.offset + size]


def own_seed(seed: Any) -> Any:
    """Returns a seed that no other replica has."""
    replica = current()
    if replica is None:
        return seed
    return tf.random.experimental.stateless_fold_in(seed, replica.index)


def global_size(size: Any) -> Any:
    """Returns the size of the global batch."""
    replica = current()
    return size if replica is None else replica.total


def global_mean(values: Any) -> Any:
    """Returns means over the global batch, where no gradient is needed.

    Args:
        values: Structure of tensors: means over this replica's batch.
    """
    replica = current()
    if replica is None:
        return values
    parts = [
        replica.unless_empty(replica.scaled(tf.convert_to_tensor(value)))
        for value in tf.nest.flatten(values)
    ]
    return tf.nest.pack_sequence_as(values, replica.sum(parts))


def after(predicate: Tensor) -> AbstractContextManager[None]:
    """Runs a block after a boolean is computed, and not if that raised."""
    if current() is None:
        return contextlib.nullcontext()
    return tf.control_dependencies([predicate])


def counted_once(event: Tensor) -> Tensor:
    """Returns an event on the first replica only, so that it counts once."""
    replica = current()
    if replica is None:
        return event
    return tf.logical_and(event, tf.equal(replica.index, 0))


def everywhere(predicate: Tensor) -> Tensor:
    """Tells whether a boolean holds on all replicas."""
    replica = current()
    failures = replica.sum(tf.cast(tf.logical_not(predicate), "int32"))
    return tf.equal(failures, 0)


def overflowing_together(
    gradients: Sequence[Tensor], optimizer: keras.optimizers.Optimizer
) -> Sequence[Tensor]:
    """Returns gradients that are finite on all replicas or on none.

    A `LossScaleOptimizer` checks those of the first replica only, and would
    apply gradients that overflow on another replica.
    """
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return gradients
    present = [g for g in gradients if g is not None]
    finite = [
        tf.reduce_all(tf.math.is_finite(tf.convert_to_tensor(g)))
        for g in present
    ]
    finite = everywhere(tf.reduce_all(finite))
    return [
        None
        if g is None
        else tf.where(finite, g, tf.constant(float("nan"), g.dtype))
        for g in gradients
    ]


def global_rows(rows: Tensor) -> Tensor:
    """Returns the rows of all replicas, in the order of the global batch.

    The gradient at a replica's rows is the sum over all replicas.
    """
    replica = current()
    if replica is None:
        return rows
    return replica.context.all_gather(rows, axis=0)


@contextlib.contextmanager
def synchronized(variables: Sequence[keras.Variable]) -> Iterator[None]:
    """Keeps variables equal that each replica changes by its own batch.

    At the end of the block, all replicas apply the mean of the changes,
    weighted by their numbers of samples, as one device would for means over a
    batch. It averages changes and not values, so that unchanged variables stay
    exactly the same.

    Args:
        variables: List of variables. Only floats that are not trained by a
            gradient are synchronized.
    """
    replica = current()
    moving = [
        v.value
        for v in variables
        if v.value.dtype.is_floating and not v.value.trainable
    ]
    if replica is None or not moving:
        yield
        return
    before = [tf.identity(variable) for variable in moving]
    replica.moving = moving
    yield
    replica.moving = []
    moves = replica.sum(
        [
            replica.unless_empty(replica.scaled(variable - old))
            for variable, old in zip(moving, before, strict=True)
        ]
    )
    for variable, old, move in zip(moving, before, moves, strict=True):
        variable.assign(old + move)


def replica_count(model: keras.Model) -> int:
    """Returns the number of devices that a model is trained on."""
    strategy = strategy_of(model)
    return 1 if strategy is None else strategy.num_replicas_in_sync


def in_scope(method: _Method) -> _Method:
    """Lets a model's method create variables on all of its devices."""

    @functools.wraps(method)
    def run(model, *args, **kwargs):
        # The scope of the default strategy must not be entered.
        if replica_count(model) == 1:
            return method(model, *args, **kwargs)
        with strategy_of(model).scope():
            return method(model, *args, **kwargs)

    return run  # type: ignore[return-value]  # Called as `method` is.


def outside_scope(
    model: keras.Model, variables: Sequence[keras.Variable]
) -> list[keras.Variable]:
    """Returns the variables that are not on all devices of a model."""
    extended = strategy_of(model).extended
    created_in_scope = extended.variable_created_in_scope
    return [v for v in variables if not created_in_scope(v.value)]


def check_strategy() -> None:
    """Raises a `ValueError` for a strategy that a GAN cannot train under.

    With `MultiWorkerMirroredStrategy`, `fit` of Keras 3.15 fails for every
    model. The other unsupported strategies do not copy variables to each
    device.
    """
    strategy = tf.distribute.get_strategy()
    usable = (
        tf.distribute.MirroredStrategy,
        tf.distribute.OneDeviceStrategy,
        tf.distribute.TPUStrategy,
    )
    if tf.distribute.has_strategy() and not isinstance(strategy, usable):
        raise ValueError(
            "A GAN cannot be trained under this strategy. Expected "
            "`tf.distribute.MirroredStrategy` for the devices of one machine; "
            "for several machines the JAX backend with "
            "`keras.distribution.DataParallel`, one process for each machine "
            "(docs/several_devices.md). Received: "
            f"{type(strategy).__name__}"
        )


def batch_divisor() -> int:
    """Returns 1: a batch may have any number of rows."""
    return 1


def in_this_process() -> AbstractContextManager[None]:
    """Does nothing: there is one process, and it divides any batch."""
    return contextlib.nullcontext()
