"""The range of a network's outputs, from its last activation."""

from typing import Any

import keras

Range = tuple[float, float | None]

_RANGES: dict[str, Range] = {
    "tanh": (-1.0, 1.0),
    "hardtanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "hardsigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "relu6": (0.0, 6.0),
    "relu": (0.0, None),
    "softplus": (0.0, None),
    "exponential": (0.0, None),
}
# Layers and operations that may follow an activation and change no value.
_KEEP_VALUES = {
    "linear",
    "activityregularization",
    "cropping1d",
    "cropping2d",
    "cropping3d",
    "flatten",
    "identity",
    "permute",
    "reshape",
    "sampleregularization",
    "squeeze",
    "transpose",
}


def last_activation(network: keras.Model) -> str | None:
    """Returns the name of a network's last activation, if it is known.

    It is unknown for a subclassed network, because the order of its layers is
    not that of their calls.

    Args:
        network: Built Keras model with one output.
    """
    if isinstance(network, keras.Sequential):
        steps = network.layers
    else:
        # The operations of a functional model, in the order of computation.
        steps = getattr(network, "operations", ())
    for step in reversed(steps):
        if isinstance(step, keras.Model):
            return last_activation(step)
        name = _activation(step)
        if name not in _KEEP_VALUES:
            return name if name in _RANGES else None
    return None


def output_range(network: keras.Model) -> Range | None:
    """Returns the values between which all outputs of a network lie.

    Args:
        network: Built Keras model with one output.

    Returns:
        The tuple `(low, high)`, where `high` is `None` if there is no upper
        end; or `None` if nothing is known, as for an output without activation.
    """
    return _RANGES.get(last_activation(network) or "")


def _activation(step: Any) -> str:
    """Returns the name of the activation of a layer or an operation."""
    step = getattr(step, "layer", step)  # A wrapper has a layer.
    if isinstance(step, keras.layers.ReLU) and (
        step.negative_slope or step.max_value is not None
    ):
        return "relu of another shape"
    function = getattr(step, "activation", None)
    if function is None:
        return _plain(type(step).__name__)
    name = _plain(getattr(function, "__name__", type(function).__name__))
    if name == "linear" and not isinstance(step, keras.layers.Activation):
        return "none behind a kernel"
    return name


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
