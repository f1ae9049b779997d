"""TensorFlow: variables are mutable, gradients come from tapes."""

import contextlib
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import keras
import tensorflow as tf

from keras_regan._backend import mirrored
from keras_regan._backend.keras_internals import strategies
from keras_regan._interrupts import interrupts_wait
from keras_regan._typing import Tensor

_NOT_FINITE = "The data holds NaN or infinity"
_NO_SAMPLES = "A batch of the data is empty"


def run_step(function: Callable[[Any], Any], groups: Any, data: Any) -> Any:
    """Runs `function(data)`; variables keep their own state."""
    if not tf.executing_eagerly():
        # A graph runs to its end in any case. But what needs no data, as
        # counters and seeds, would go on even if there is none: at the end of
        # a data set of unknown size, or if it raises.
        parts = tf.nest.flatten(data, expand_composites=True)
        with tf.control_dependencies(list(filter(tf.is_tensor, parts))):
            return mirrored.run_on_replica(function, data)
    with interrupts_wait():
        return mirrored.run_on_replica(function, data)


def minimize(
    objective: Callable[[], tuple[Tensor, dict[str, Tensor], Tensor]],
    optimizer: keras.optimizers.Optimizer,
    variables: Sequence[keras.Variable],
) -> tuple[dict[str, Tensor], Tensor]:
    """Applies one optimizer step to the first output of `objective`.

    Args:
        objective: Callable without arguments that returns
            `(loss, values, samples)`: a scalar, a dictionary of scalars, and
            a tensor.
        optimizer: Built Keras optimizer.
        variables: List of the variables that the optimizer was built with.

    Returns:
        The tuple `(values, samples)`, the values those of the global batch.
    """
    replica = mirrored.current()
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([variable.value for variable in variables])
        loss, values, samples = objective()
        # An optimizer sums gradients over replicas.
        part = loss if replica is None else replica.scaled(loss)
        scaled = optimizer.scale_loss(part)
    gradients = tape.gradient(scaled, [v.value for v in variables])
    if replica is not None:
        gradients = [
            None if g is None else replica.unless_empty(g) for g in gradients
        ]
        gradients = mirrored.overflowing_together(gradients, optimizer)
    if optimizer.loss_scale_factor is not None:
        # Keras divides by it, which it cannot do with those of an embedding.
        gradients = [
            None if g is None else tf.convert_to_tensor(g) for g in gradients
        ]
    optimizer.apply(gradients, variables)
    return mirrored.global_mean(values), samples


def gradient(
    function: Callable[[], Tensor], variables: Sequence[keras.Variable]
) -> list[Tensor]:
    """Returns the gradient of a scalar at variables.

    Args:
        function: Callable without arguments that returns the scalar.
        variables: List of variables.

    Returns:
        List of tensors, zeros where the scalar does not depend on a variable.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([variable.value for variable in variables])
        scalar = function()
    return tape.gradient(
        scalar,
        [variable.value for variable in variables],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )


def compiled(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., Any]:
    """Returns `function` as one graph, to be called outside of training.

    Args:
        function: Callable that takes tensors, reads `variables` and assigns
            none that matters later.
        variables: List of all variables that it may read.
    """
    # As Keras does with steps: reading the source takes seconds.
    return tf.function(function, autograph=False)


def call_with_input_gradient(
    function: Callable[[Tensor], tuple[Any, Any]],
    inputs: Tensor,
    variables: Sequence[keras.Variable] = (),
    forwards: bool = True,
) -> tuple[Any, Any, Callable[..., Tensor]]:
    """Calls `function` and keeps what its gradient at `inputs` needs.

    Args:
        function: Callable that takes `inputs` and returns
            `(outputs, auxiliary)`.
        inputs: Float tensor.
        variables: List of the variables that `function` may read or assign.
            Only needed outside of `run_step`.
        forwards: Not needed here.

    Returns:
        The tuple `(outputs, auxiliary, pullback)`. `pullback(weights)` is the
        gradient of `sum(weights * outputs)` at `inputs`, differentiable in
        everything that `function` used. Of a list of outputs,
        `pullback(weights, index)` is that of one of them.
    """
    with tf.GradientTape(
        persistent=True, watch_accessed_variables=False
    ) as tape:
        tape.watch(inputs)
        outputs, auxiliary = function(inputs)

    def pullback(weights, index=None):
        return tape.gradient(
            outputs if index is None else outputs[index],
            inputs,
            output_gradients=weights,
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )

    return outputs, auxiliary, pullback


def run_if(predicate: Tensor, function: Callable[[], Tensor]) -> Tensor:
    """Returns the scalar `function()` if `predicate` holds, else zero."""
    try:
        return tf.cond(
            predicate,
            lambda: tf.cast(function(), "float32"),
            lambda: tf.zeros((), "float32"),
        )
    except RuntimeError as error:
        if not strategies.reduces_over_replicas(error):
            raise
    # Replicas cannot exchange anything in some steps only: it is computed in
    # every step, and dropped in those that are not due.
    moving = mirrored.current().moving
    before = [tf.identity(variable) for variable in moving]
    value = tf.cast(function(), "float32")
    for variable, old in zip(moving, before, strict=True):
        variable.assign(tf.where(predicate, variable, old))
    return tf.where(predicate, value, 0.0)


def step_if(
    predicate: Tensor,
    step: Callable[[], None],
    variables: Callable[[], Sequence[keras.Variable]],
    compiled: bool,
) -> None:
    """Runs `step()` if `predicate` holds, and else leaves every variable.

    On several replicas it must hold, as `all_finite` and `any_samples` see to:
    replicas cannot exchange anything in a branch of a graph.

    Args:
        predicate: Boolean scalar.
        step: Callable without arguments and results.
        variables: Callable that returns all variables that `step` may assign.
        compiled: Whether XLA compiles what this is part of. It computes
            convolutions in a branch of a graph thirty times as slowly on a
            CPU, so that the step is taken in any case then, and taken back.
    """
    if mirrored.on_several_replicas():
        step()
    elif compiled:
        kept = variables()
        before = [tf.identity(variable.value) for variable in kept]
        step()
        for variable, old in zip(kept, before, strict=True):
            variable.assign(tf.where(predicate, variable.value, old))
    else:

        def taken():
            step()
            return tf.constant(True)

        tf.cond(predicate, taken, lambda: tf.constant(False))


def all_finite(samples: Tensor) -> Tensor:
    """Tells, as a boolean scalar, whether nothing is NaN or infinite.

    On several replicas, where `step_if` cannot leave out a step, it raises
    instead, and `restore_state_on_error` makes a `FloatingPointError` of that.
    """
    finite = tf.reduce_all(tf.math.is_finite(samples))
    if not mirrored.on_several_replicas():
        return finite
    finite = mirrored.everywhere(finite)
    with tf.control_dependencies([tf.debugging.Assert(finite, [_NOT_FINITE])]):
        return tf.identity(finite)


def any_samples(samples: Tensor) -> Tensor:
    """Tells, as a boolean scalar, whether the batch has a sample.

    On several replicas some of them may have none. If no one has any, it
    raises, and `restore_state_on_error` makes a `ValueError` of that.
    """
    present = mirrored.global_size(tf.shape(samples)[0]) > 0
    if not mirrored.on_several_replicas():
        return present
    assertion = tf.debugging.Assert(present, [_NO_SAMPLES])
    with tf.control_dependencies([assertion]):
        return tf.identity(present)


def random_states() -> list[Any]:
    """Returns nothing: every generator of Keras has a variable."""
    return []


def set_random_states(states: Sequence[Any]) -> None:
    """Does nothing: every generator of Keras has a variable."""


def restore_state_on_error(model: keras.Model) -> AbstractContextManager[None]:
    """Gives an error its name; it leaves variables as they are."""
    return _named_errors()


@contextlib.contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        if _NOT_FINITE in str(error):
            raise FloatingPointError(_NOT_FINITE) from error
        if _NO_SAMPLES in str(error):
            raise ValueError(
                f"{_NO_SAMPLES}. Expected at least one sample on several "
                "replicas, which cannot leave out a step: filter the data "
                "set, as with `tf.data.Dataset.filter`"
            ) from error
        raise
