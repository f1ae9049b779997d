"""Which values a network can put out, by its last activation."""

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
# What stands behind an activation and changes no value.
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

    That of a subclassed network is not, for its layers say nothing of the
    order that they are called in.

    Args:
        network: Built Keras model with one output.
    """
    if isinstance(network, keras.Sequential):
        steps = network.layers
    else:
        # Of a functional model, in the order that they are computed in.
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
        The tuple `(low, high)`, `high` being `None` where there is no upper
        end, or `None` if nothing is known, as of an output without activation.
    """
    return _RANGES.get(last_activation(network) or "")


def _activation(step: Any) -> str:
    """Returns the name of what a layer or an operation does last."""
    step = getattr(step, "layer", step)  # That of a wrapper.
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
