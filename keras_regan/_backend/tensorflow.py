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
        # A graph always runs to its end. Without this, operations that need no
        # data, such as counters and seeds, would run even if there is no data:
        # at the end of a data set of unknown size, or if it raises.
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
        The tuple `(values, samples)`, with the values of the global batch.
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
        # Keras would divide the gradients by it, which fails for those of an
        # embedding.
        gradients = [
            None if g is None else tf.convert_to_tensor(g) for g in gradients
        ]
    # TensorFlow's dependency optimizer can forget that a pass reads a bias
    # before its update, if the gradient of the bias does not depend on that
    # pass, as in a gradient penalty.
    with tf.control_dependencies([loss]):
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
    """Returns `function` as one graph, to be called outside training.

    Args:
        function: Callable that takes tensors and reads `variables`. Its
            assignments are not needed later.
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
    """Calls `function`, and prepares its gradient at `inputs`.

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
    # Replicas cannot exchange tensors in some steps only, so the value is
    # computed in every step, and dropped if it is not due.
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
    """Runs `step()` if `predicate` holds; otherwise changes no variable.

    On several replicas `predicate` must hold, because replicas cannot exchange
    tensors in a branch of a graph. `all_finite` and `any_samples` raise if it
    does not.

    Args:
        predicate: Boolean scalar.
        step: Callable without arguments and results.
        variables: Callable that returns all variables that `step` may assign.
        compiled: Whether XLA compiles the step. On a CPU it computes
            convolutions in a branch of a graph thirty times slower, so the step
            is then taken in any case, and undone if necessary.
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

    On several replicas, where `step_if` cannot skip a step, it raises instead,
    and `restore_state_on_error` turns that into a `FloatingPointError`.
    """
    finite = tf.reduce_all(tf.math.is_finite(samples))
    if not mirrored.on_several_replicas():
        return finite
    finite = mirrored.everywhere(finite)
    with tf.control_dependencies([tf.debugging.Assert(finite, [_NOT_FINITE])]):
        return tf.identity(finite)


def any_samples(samples: Tensor) -> Tensor:
    """Tells, as a boolean scalar, whether the batch has a sample.

    On several replicas, some may have none. If none of them has any, it raises,
    and `restore_state_on_error` turns that into a `ValueError`.
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


def transposes_slowly() -> bool:
    """Tells whether strided transposed convolutions are slow: not here."""
    return False


def restore_state_on_error(model: keras.Model) -> AbstractContextManager[None]:
    """Turns errors into clear ones; the variables stay as they are."""
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
                "replicas, which cannot skip a step: filter the data set, for "
                "instance with `tf.data.Dataset.filter`"
            ) from error
        raise
