"""TensorFlow: variables are mutable, gradients come from tapes."""

import contextlib

import tensorflow as tf

from keras_regan._interrupts import interrupts_wait


def run_step(function, variable_groups, data):
    """Runs `function(data)`; variables keep their own state."""
    if not tf.executing_eagerly():
        # A graph runs to its end in any case. But what needs no data, as
        # counters and seeds, would go on even if there is none: at the end of
        # a data set of unknown size, or if it raises.
        parts = tf.nest.flatten(data, expand_composites=True)
        with tf.control_dependencies(list(filter(tf.is_tensor, parts))):
            return function(data)
    with interrupts_wait():
        return function(data)


def minimize(objective, optimizer, variables):
    """Applies one optimizer step to the first output of `objective`.

    Args:
        objective: Callable without arguments that returns `(loss, auxiliary)`.
        optimizer: Built Keras optimizer.
        variables: List of the variables that the optimizer was built with.

    Returns:
        The tuple `(loss, auxiliary)`.
    """
    # An optimizer sums gradients over replicas: the mean of the loss over the
    # global batch needs each replica's share.
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([variable.value for variable in variables])
        loss, auxiliary = objective()
        scaled = optimizer.scale_loss(loss / replicas)
    gradients = tape.gradient(scaled, [v.value for v in variables])
    optimizer.apply(gradients, variables)
    return loss, auxiliary


def gradient(function, variables):
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


def compiled(function, variables):
    """Returns `function` as one graph, to be called outside of training.

    Args:
        function: Callable that takes tensors, reads `variables` and assigns
            none that matters later.
        variables: List of all variables that it may read.
    """
    return tf.function(function)


def call_with_input_gradient(function, inputs, variables=()):
    """Calls `function` and keeps what its gradient at `inputs` needs.

    Args:
        function: Callable that takes `inputs` and returns
            `(outputs, auxiliary)`.
        inputs: Float tensor.
        variables: List of the variables that `function` may read or assign.
            Only needed outside of `run_step`.

    Returns:
        The tuple `(outputs, auxiliary, pullback)`. `pullback(weights)` is the
        gradient of `sum(weights * outputs)` at `inputs`, differentiable in
        everything that `function` used.
    """
    with tf.GradientTape(
        persistent=True, watch_accessed_variables=False
    ) as tape:
        tape.watch(inputs)
        outputs, auxiliary = function(inputs)

    def pullback(weights):
        return tape.gradient(
            outputs,
            inputs,
            output_gradients=weights,
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )

    return outputs, auxiliary, pullback


def run_if(predicate, function):
    """Returns the scalar `function()` if `predicate` holds, else zero."""
    return tf.cond(
        predicate,
        lambda: tf.cast(function(), "float32"),
        lambda: tf.zeros((), "float32"),
    )


def whole_steps(model, function, groups):
    """Returns `function`: variables keep their own state."""
    return function


def variables_kept(model):
    """Does nothing: an error leaves variables as they are."""
    return contextlib.nullcontext()
