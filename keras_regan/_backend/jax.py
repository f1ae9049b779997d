"""JAX: variables live in stateless scopes, gradients are transformations.

A step runs inside a `keras.StatelessScope` that maps every variable of the
model to its value (`jax_frames`), so that the code of the step can read and
assign variables as on the other backends.
"""

import contextlib
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import jax
import keras
from jax import numpy as jnp

from keras_regan._backend.jax_frames import Frame
from keras_regan._backend.jax_frames import current_frame
from keras_regan._backend.jax_frames import nested_frame
from keras_regan._backend.jax_input_gradient import (
    call_with_input_gradient as call_with_input_gradient,
)
from keras_regan._backend.keras_internals import jax_trainer
from keras_regan._interrupts import interrupts_wait
from keras_regan._typing import Tensor


def run_step(
    function: Callable[[Any], Any], groups: Any, state: Any, data: Any
) -> Any:
    """Runs `function(data)` on the state that Keras's trainer passes.

    Args:
        function: Callable that takes `data` and may assign variables.
        groups: Callable that returns lists of variables, in the order of
            `state`.
        state: Tuple of lists of arrays, one list a group.
        data: A batch.

    Returns:
        The tuple `(outputs, new_state)`.
    """
    groups = groups()
    variables = [v for group in groups for v in group]
    values = [value for group in state for value in group]
    with Frame(variables, values).active() as frame:
        outputs = function(data)
    return outputs, tuple(frame.values(group) for group in groups)


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
        The tuple `(values, samples)`.
    """
    frame = current_frame()
    changed: list[Any] = []

    def scaled_objective(values):
        with nested_frame(frame, variables, values).active() as inner:
            loss, values_of_terms, samples = objective()
            scaled = optimizer.scale_loss(loss)
        changed[:] = inner.changed()
        return scaled, (values_of_terms, samples, inner.values(changed))

    gradients, (values_of_terms, samples, updates) = jax.grad(
        scaled_objective, has_aux=True
    )(frame.values(variables))
    frame.update(changed, updates)
    # `apply` would assign inside `cond` branches under a loss scale.
    values, optimizer_values = optimizer.stateless_apply(
        frame.values(optimizer.variables), gradients, frame.values(variables)
    )
    frame.update(variables, values)
    frame.update(optimizer.variables, optimizer_values)
    return values_of_terms, samples


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
    frame = current_frame()

    def scalar(values):
        with nested_frame(frame, variables, values).active():
            return function()

    return jax.grad(scalar)(frame.values(variables))


def compiled(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., Any]:
    """Returns `function` as one program, to be called outside training.

    Args:
        function: Callable that takes tensors and reads `variables`. Its
            assignments are not needed later.
        variables: List of all variables that it may read.
    """

    @jax.jit
    def run(values, arguments):
        with Frame(variables, values).active():
            return function(*arguments)

    return lambda *arguments: run(
        [variable.value for variable in variables], arguments
    )


def run_if(predicate: Tensor, function: Callable[[], Tensor]) -> Tensor:
    """Returns the scalar `function()` if `predicate` holds, else zero."""
    frame = current_frame()
    changed: list[Any] = []

    def probe():
        with nested_frame(frame).active() as inner:
            function()
        changed[:] = inner.changed()

    # Both branches must return the same variables, so find out first which
    # are assigned.
    jax.eval_shape(probe)

    def due():
        with nested_frame(frame).active() as inner:
            value = jnp.asarray(function(), "float32")
        return value, inner.values(changed)

    def skipped():
        return jnp.zeros((), "float32"), frame.values(changed)

    value, updates = jax.lax.cond(predicate, due, skipped)
    frame.update(changed, updates)
    return value


def step_if(
    predicate: Tensor,
    step: Callable[[], None],
    variables: Callable[[], Sequence[keras.Variable]],
    compiled: bool,
) -> None:
    """Runs `step()` if `predicate` holds; otherwise changes no variable.

    The step is computed in any case, and `predicate` chooses the new or the
    old values. Inside `lax.cond`, XLA computes gradients of convolutions many
    times slower on a CPU
    ([#12868](https://github.com/jax-ml/jax/issues/12868)), and with it at all
    waits for the predicate on a GPU. Skipped steps are rare.

    Args:
        predicate: Boolean scalar.
        step: Callable without arguments and results.
        variables: Not needed here: the frame knows what was assigned.
        compiled: Not needed here.
    """
    if not isinstance(predicate, jax.core.Tracer):
        if predicate:
            step()
        return
    frame = current_frame()
    with nested_frame(frame).active() as inner:
        step()
    changed = inner.changed()
    values = _either(predicate, inner.values(changed), frame.values(changed))
    frame.update(changed, values)


def _either(predicate, new, old):
    """Returns `new` if `predicate` holds, else `old`, both lists of arrays."""
    if _on_a_cpu():
        # XLA takes long to compile a selection for each variable.
        return jax.lax.cond(predicate, lambda: new, lambda: old)
    return [jnp.where(predicate, *pair) for pair in zip(new, old, strict=True)]


def all_finite(samples: Tensor) -> Tensor:
    """Tells, as a boolean scalar, whether nothing is NaN or infinite."""
    return jnp.isfinite(samples).all()


def any_samples(samples: Tensor) -> Tensor:
    """Tells whether the batch has a sample."""
    return samples.shape[0] > 0


def random_states() -> list[Any]:
    """Returns nothing: every generator of Keras has a variable."""
    return []


def set_random_states(states: Sequence[Any]) -> None:
    """Does nothing: every generator of Keras has a variable."""


def transposes_slowly() -> bool:
    """Tells whether strided transposed convolutions are slow.

    For CPUs, XLA is many times slower at the gradient of their kernel than at
    other convolutions.
    """
    return _on_a_cpu()


def _on_a_cpu():
    device = jax.config.jax_default_device or jax.default_backend()
    return getattr(device, "platform", device) == "cpu"


@contextlib.contextmanager
def restore_state_on_error(model: keras.Model) -> Iterator[None]:
    """Puts the latest state into the variables if anything is raised.

    Keras's `fit` does so itself, unless it is interrupted while it does;
    `evaluate`, `predict` and the methods for one batch do not.

    The state is also put there at the beginning, because a callback may call
    `predict` in the middle of `fit`.
    """
    jax_trainer.put_state_into_variables(model)
    try:
        yield
    except BaseException:
        with interrupts_wait():
            jax_trainer.put_state_into_variables(model)
            jax_trainer.keep_state(model, None)
        raise
