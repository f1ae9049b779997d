"""JAX: one forward pass for outputs and their gradient at inputs."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import jax
import keras
from jax import numpy as jnp
from jax.extend.core import ClosedJaxpr
from jax.extend.core import jaxpr_as_fun

from keras_regan._backend.jax_frames import Frame
from keras_regan._backend.jax_frames import current_frame
from keras_regan._backend.jax_frames import nested_frame
from keras_regan._typing import Tensor


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
        forwards: Whether to compute the gradient of the gradient in forward
            mode. The result is the same, but the wrong mode is several times
            slower with XLA on a CPU: convolutions need forward mode, and
            transposed ones in the form of `keras.ops.conv_transpose` need
            reverse mode.

    Returns:
        The tuple `(outputs, auxiliary, pullback)`. `pullback(weights)` is the
        gradient of `sum(weights * outputs)` at `inputs`, differentiable in
        everything that `function` used. Of a list of outputs,
        `pullback(weights, index)` is that of one of them.
    """
    frame = current_frame()
    outside = not frame.variables
    if outside:
        frame = Frame(variables, [variable.value for variable in variables])
    inputs = jnp.asarray(inputs)
    changed: list[Any] = []

    def forward(inputs):
        with nested_frame(frame).active() as inner:
            outputs, auxiliary = function(inputs)
        changed[:] = inner.changed()
        return outputs, (auxiliary, inner.values(changed))

    program, constants = _as_program(forward, inputs)
    outputs, vector_jacobian_product, (auxiliary, updates) = jax.vjp(
        lambda inputs: program(inputs, *constants), inputs, has_aux=True
    )
    if outside:
        for variable, value in zip(changed, updates, strict=True):
            variable.assign(value)
    else:
        frame.update(changed, updates)

    def pullback(weights, index=None):
        def chosen(*arguments):
            outputs = program(*arguments)[0]
            return outputs if index is None else outputs[index]

        product = None
        if forwards:
            product = _differentiated_forwards(
                chosen, inputs, weights, constants
            )
        if product is not None:
            return product
        if index is not None:
            of_others = [jnp.zeros_like(output) for output in outputs]
            weights = [*of_others[:index], weights, *of_others[index + 1 :]]
        return vector_jacobian_product(weights)[0]

    return outputs, auxiliary, pullback


def _as_program(function, inputs):
    """Traces a function and returns it as a program with explicit constants.

    Returns:
        The tuple `(program, constants)`: the function with all tensors that it
        depends on as further arguments, and the values of these.
    """
    traced, shapes = jax.make_jaxpr(function, return_shape=True)(inputs)
    structure = jax.tree.structure(shapes)

    def program(inputs, *constants):
        whole = ClosedJaxpr(traced.jaxpr, list(constants))
        return jax.tree.unflatten(structure, jaxpr_as_fun(whole)(inputs))

    return program, traced.consts


def _differentiated_forwards(function, inputs, weights, constants):
    """Returns the gradient of `sum(weights * function(inputs))` at inputs.

    Its own gradient for a cotangent `c` is that of the weighted directional
    derivative of `function` along `c`, in forward mode. The forward pass is
    repeated here; the compiler removes the repetition.

    Args:
        function: Callable that takes `(inputs, *constants)`.
        inputs: The point at which the gradient is taken.
        weights: Tensor of the shape of the outputs.
        constants: List of all other tensors that `function` depends on.

    Returns:
        The gradient, or `None` if something in `function` has no forward mode.
    """

    def product(inputs, weights, *constants):
        _, pull = jax.vjp(lambda x: function(x, *constants), inputs)
        return pull(weights)[0]

    def forward(inputs, weights, *constants):
        arguments = (inputs, weights, *constants)
        return product(*arguments), arguments

    def backward(arguments, cotangent):
        def directional(differentiable):
            replaced = dict(zip(floats, differentiable, strict=True))
            inputs, weights, *constants = (
                replaced.get(index, value)
                for index, value in enumerate(arguments)
            )
            _, tangents = jax.jvp(
                lambda x: function(x, *constants), (inputs,), (cotangent,)
            )
            return jnp.sum(weights * tangents)

        gradients = jax.grad(directional)([arguments[i] for i in floats])
        found = dict(zip(floats, gradients, strict=True))
        return tuple(found.get(i) for i in range(len(arguments)))

    arguments = (inputs, jnp.asarray(weights), *constants)
    floats = [
        index
        for index, value in enumerate(arguments)
        if jnp.issubdtype(value.dtype, jnp.inexact)
    ]
    try:
        jax.eval_shape(backward, arguments, inputs)
    except (TypeError, NotImplementedError):
        return None
    differentiated = jax.custom_vjp(product)
    differentiated.defvjp(forward, backward)
    return differentiated(*arguments)
