"""JAX: variables live in stateless scopes, gradients are transformations.

A step runs inside a `keras.StatelessScope` that maps every variable of the
model to its value, so that the code of the step can read and assign variables
as on the other backends. Keras's scopes do not look through to an enclosing
scope, so each scope opened here starts from the values of the one around it,
and what it assigned is handed on to that one: tracers never leak out of the
transformation that made them.
"""

import contextlib
import threading

import jax
import keras
from jax import numpy as jnp
from jax.extend.core import ClosedJaxpr
from jax.extend.core import jaxpr_as_fun

from keras_regan._backend.keras_internals import jax_trainer
from keras_regan._backend.keras_internals import layers
from keras_regan._interrupts import interrupts_wait

_local = threading.local()


class _Frame:
    """A stateless scope together with the variables that it maps."""

    def __init__(self, variables, values):
        self.variables = variables
        self._scope = keras.StatelessScope(
            state_mapping=list(zip(variables, values, strict=True)),
            collect_losses=True,
        )
        self._start = self.values(variables)

    def values(self, variables):
        return [self._scope.get_current_value(v) for v in variables]

    def update(self, variables, values):
        for variable, value in zip(variables, values, strict=True):
            layers.assign_in_scope(self._scope, variable, value)

    def changed(self):
        """Returns the variables that were assigned inside the frame."""
        return [
            variable
            for variable, old in zip(self.variables, self._start, strict=True)
            if self._scope.get_current_value(variable) is not old
        ]

    @contextlib.contextmanager
    def active(self):
        outer = _current_frame()
        _local.frame = self
        try:
            with self._scope:
                yield self
        finally:
            _local.frame = outer


def _current_frame():
    return getattr(_local, "frame", None) or _Frame([], [])


def _nested_frame(outer, variables=(), values=()):
    """Returns a frame like `outer`, with other values for some variables."""
    replaced = dict(zip(map(id, variables), values, strict=True))
    return _Frame(
        outer.variables,
        [
            replaced.get(id(variable), value)
            for variable, value in zip(
                outer.variables, outer.values(outer.variables), strict=True
            )
        ],
    )


def run_step(function, groups, state, data):
    """Runs `function(data)` on the state that Keras's trainer hands over.

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
    with _Frame(variables, values).active() as frame:
        outputs = function(data)
    return outputs, tuple(frame.values(group) for group in groups)


def minimize(objective, optimizer, variables):
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
    frame = _current_frame()
    changed = []

    def scaled_objective(values):
        with _nested_frame(frame, variables, values).active() as inner:
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


def gradient(function, variables):
    """Returns the gradient of a scalar at variables.

    Args:
        function: Callable without arguments that returns the scalar.
        variables: List of variables.

    Returns:
        List of tensors, zeros where the scalar does not depend on a variable.
    """
    frame = _current_frame()

    def scalar(values):
        with _nested_frame(frame, variables, values).active():
            return function()

    return jax.grad(scalar)(frame.values(variables))


def compiled(function, variables):
    """Returns `function` as one program, to be called outside of training.

    Args:
        function: Callable that takes tensors, reads `variables` and assigns
            none that matters later.
        variables: List of all variables that it may read.
    """

    @jax.jit
    def run(values, arguments):
        with _Frame(variables, values).active():
            return function(*arguments)

    return lambda *arguments: run(
        [variable.value for variable in variables], arguments
    )


def call_with_input_gradient(function, inputs, variables=(), forwards=True):
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
        everything that `function` used.
    """
    frame = _current_frame()
    outside = not frame.variables
    if outside:
        frame = _Frame(variables, [variable.value for variable in variables])
    inputs = jnp.asarray(inputs)
    changed = []

    def forward(inputs):
        with _nested_frame(frame).active() as inner:
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

    def pullback(weights):
        product = None
        if forwards:
            product = _differentiated_forwards(
                lambda *arguments: program(*arguments)[0],
                inputs,
                weights,
                constants,
            )
        if product is None:
            return vector_jacobian_product(weights)[0]
        return product

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


def run_if(predicate, function):
    """Returns the scalar `function()` if `predicate` holds, else zero."""
    frame = _current_frame()
    changed = []

    def probe():
        with _nested_frame(frame).active() as inner:
            function()
        changed[:] = inner.changed()

    # The two branches must return the same: find out first what is assigned.
    jax.eval_shape(probe)

    def due():
        with _nested_frame(frame).active() as inner:
            value = jnp.asarray(function(), "float32")
        return value, inner.values(changed)

    def skipped():
        return jnp.zeros((), "float32"), frame.values(changed)

    value, updates = jax.lax.cond(predicate, due, skipped)
    frame.update(changed, updates)
    return value


def step_if(predicate, step, variables, compiled):
    """Runs `step()` if `predicate` holds, and else leaves every variable.

    The step is computed in any case and what came of it chosen: within a
    `lax.cond`, XLA computes gradients of convolutions many times slower on a
    CPU ([#12868](https://github.com/jax-ml/jax/issues/12868)), and waits for
    the predicate on a GPU. Steps that are not to be taken are rare.

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
    frame = _current_frame()
    with _nested_frame(frame).active() as inner:
        step()
    changed = inner.changed()
    values = [
        jnp.where(predicate, new, old)
        for new, old in zip(
            inner.values(changed), frame.values(changed), strict=True
        )
    ]
    frame.update(changed, values)


def all_finite(samples):
    """Tells, as a boolean scalar, whether nothing is NaN or infinite."""
    return jnp.isfinite(samples).all()


def drawn(draw):
    """Draws numbers in a step.

    Args:
        draw: Callable without arguments that returns a tensor.

    Returns:
        The tuple `(tensor, False)`: within a compiled step JAX does not tell a
        constant from what depends on the state.
    """
    return draw(), False


def any_samples(samples):
    """Tells whether the batch has a sample."""
    return samples.shape[0] > 0


def random_states():
    """Returns nothing: every generator of Keras has a variable."""
    return []


def set_random_states(states):
    """Does nothing: every generator of Keras has a variable."""


@contextlib.contextmanager
def variables_kept(model):
    """Puts the latest state into the variables if anything is raised.

    Keras's `fit` does so itself, unless that is what was interrupted;
    `evaluate`, `predict` and the methods for one batch do not.

    The state is put there at the beginning too: `predict` may be called in the
    middle of `fit`, by a callback.
    """
    jax_trainer.put_state_into_variables(model)
    try:
        yield
    except BaseException:
        with interrupts_wait():
            jax_trainer.put_state_into_variables(model)
            jax_trainer.keep_state(model, None)
        raise
