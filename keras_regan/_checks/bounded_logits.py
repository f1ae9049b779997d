"""Discriminators whose last layer keeps logits within bounds."""

import math
import warnings
from typing import Any

import keras
from keras import ops

from keras_regan._checks.call_arguments import call_arguments
from keras_regan._checks.networks import heads_of

# Further apart than any logits, so that what is equal at both is a bound.
_FAR, _FURTHER = 1e4, 1e8


def warn_of_bounded_logits(
    discriminator: keras.Model, inputs: Any, stacklevel: int
) -> None:
    """Warns of a last layer that is no end of a network that returns logits.

    What the last layer does to large numbers is looked at, so every function
    is seen: sigmoid, softmax, tanh, clipping, in an `activation`, a layer, a
    `Lambda` or an operation of Keras. In a subclassed network the last layer
    is found by calling it symbolically. What cannot be seen is a bound that
    does not come last, that is a layer's with weights and no `activation`, or
    that a subclassed `call` computes with other functions than Keras's. What
    is bounded on one side only, such as an energy, is no mistake. Of several
    tensors of logits each is looked at.

    Args:
        discriminator: Built Keras model.
        inputs: Symbols that it can be called with.
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
    """Returns the layers or operations that logits come from, if found."""
    try:
        inputs, outputs = _graph(network, inputs)
    except Exception:  # A `call` that is not for symbols.
        return []
    return [
        last for logits in heads_of(outputs) for last in _before(logits, inputs)
    ]


def _before(logits: Any, inputs: Any) -> list[Any]:
    """Returns what computes logits: several in a network that does."""
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
    """Returns between which numbers an operation keeps its outputs."""
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
    except Exception:  # It has several inputs, or other ones.
        return None
    same = all(
        math.isclose(*ends, rel_tol=1e-3)
        for ends in zip(near, far, strict=True)
    )
    return (min(far), max(far)) if same else None


def _mean(tensor):
    return float(ops.convert_to_numpy(ops.mean(ops.cast(tensor, "float32"))))
