"""JAX: one forward pass that serves outputs and their gradient at inputs."""

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
    """Calls `function` and keeps what its gradient at `inputs` needs.

    Args:
        function: Callable that takes `inputs` and returns
            `(outputs, auxiliary)`.
        inputs: Float tensor.
        variables: List of the variables that `function` may read or assign.
            Only needed outside of `run_step`.
        forwards: Whether the gradient of the gradient is to be computed in
            forward mode. The same either way, but XLA is several times slower
            on a CPU with the other one: strided convolutions want it, and
            transposed ones do not.

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
    """Calls a function once and returns what can be called again and again.

    Returns:
        The tuple `(program, constants)`: the function with what it depends on
        besides, as further arguments, and their values.
    """
    traced, shapes = jax.make_jaxpr(function, return_shape=True)(inputs)
    structure = jax.tree.structure(shapes)

    def program(inputs, *constants):
        whole = ClosedJaxpr(traced.jaxpr, list(constants))
        return jax.tree.unflatten(structure, jaxpr_as_fun(whole)(inputs))

    return program, traced.consts


def _differentiated_forwards(function, inputs, weights, constants):
    """Returns the gradient of `sum(weights * function(inputs))` at inputs.

    Its own gradient against a cotangent `c` is that of the directional
    derivative of `function` along `c`, weighted, in forward mode. The forward
    pass stands here once more; a compiler finds that it is the same.

    Args:
        function: Callable with `(inputs, *constants)`.
        inputs: What the gradient is taken at.
        weights: Of the shape of the outputs.
        constants: List of all tensors that `function` depends on besides.

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
