"""A check for discriminators whose last layer bounds the logits."""

import math
import warnings
from typing import Any

import keras
from keras import ops

from keras_regan._checks.call_arguments import call_arguments
from keras_regan._checks.networks import heads_of

# Larger than any logits: if the outputs at both are equal, they are bounds.
_FAR, _FURTHER = 1e4, 1e8


def warn_of_bounded_logits(
    discriminator: keras.Model, inputs: Any, stacklevel: int
) -> None:
    """Warns if the last layer of a discriminator bounds the logits.

    The last layer is called with large numbers, so any function is found:
    sigmoid, softmax, tanh, clipping, in an `activation`, a layer, a `Lambda`
    or an operation of Keras. In a subclassed network, a symbolic call finds
    the last layer. A bound is not found if it does not come last, if it is
    inside a layer with weights and no `activation`, or if a subclassed `call`
    computes it with functions that are not Keras's. A bound on one side only,
    such as that of an energy, is not a mistake. Several tensors of logits are
    checked one by one.

    Args:
        discriminator: Built Keras model.
        inputs: Symbolic inputs for the discriminator.
        stacklevel: As in `warnings.warn`, from here.
    """
    told_of = []
    for last in _last_operations(discriminator, inputs):
        bounds = _bounds(last)
        if bounds is None or last in told_of:
            continue
        told_of.append(last)
        low, high = bounds
        what = "a sigmoid" if (low, high) == (0.0, 1.0) else "a bounded layer"
        warnings.warn(
            f"The discriminator ends in {what} (layer `{last.name}`), which "
            f"keeps logits between {low:g} and {high:g}. The losses expect "
            "logits and apply their own sigmoid: remove the activation.",
            stacklevel=stacklevel + 1,
        )


def _last_operations(network: Any, inputs: Any) -> list[Any]:
    """Returns the layers or operations that return logits, if found."""
    try:
        inputs, outputs = _graph(network, inputs)
    except Exception:  # The `call` does not take symbolic tensors.
        return []
    return [
        last for logits in heads_of(outputs) for last in _before(logits, inputs)
    ]


def _before(logits: Any, inputs: Any) -> list[Any]:
    """Returns the last operations before logits, also in nested models."""
    try:
        last = keras.Function(inputs, logits).operations[-1]
        while _moves_only(last):
            last = keras.Function(inputs, last.input).operations[-1]
        if isinstance(last, keras.Model):
            return _last_operations(last, last.input)
    except Exception:  # It is called several times.
        return []
    while isinstance(last, keras.layers.Wrapper):
        last = last.layer
    return [last]


def _graph(network, inputs):
    if isinstance(network, keras.Sequential):
        return network.inputs, network.outputs[0]
    if getattr(network, "inputs", None):
        return network.inputs, network.output
    args, named = call_arguments(network, inputs)
    return inputs, network.call(*args, **named)


def _moves_only(operation):
    kinds = keras.layers.Flatten | keras.layers.Reshape | keras.layers.Identity
    return isinstance(operation, kinds)


def _bounds(operation: Any) -> tuple[float, float] | None:
    """Returns the bounds of an operation's outputs, or `None`."""
    activation = getattr(operation, "activation", None)
    if activation is None and getattr(operation, "variables", []):
        return None
    try:
        shape: tuple[int, ...] = (2, 1)
        if activation is None:
            shape = (2, *(size or 1 for size in operation.input.shape[1:]))
        function = activation or operation
        near, far = (
            [_mean(function(ops.full(shape, sign * size))) for sign in (-1, 1)]
            for size in (_FAR, _FURTHER)
        )
    except Exception:  # It has several inputs, or inputs of another form.
        return None
    same = all(
        math.isclose(*ends, rel_tol=1e-3)
        for ends in zip(near, far, strict=True)
    )
    return (min(far), max(far)) if same else None


def _mean(tensor):
    return float(ops.convert_to_numpy(ops.mean(ops.cast(tensor, "float32"))))
