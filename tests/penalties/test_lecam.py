"""LeCam against averages that NumPy keeps."""

import numpy as np
import pytest
from keras import ops

import keras_regan as kr

LeCam = kr.penalties.LeCam


def critic(weights):
    return lambda x: ops.matmul(x, ops.reshape(weights, (-1, 1)))


def reference(weights, steps, momentum, one_sided):
    """The penalty in the last of some steps, with averages as in its text."""
    real_sum = fake_sum = weight = 0.0
    for real, fake in steps:
        # Averages are constants: they come from the weights as they are.
        real_sum = (
            momentum * real_sum + (1 - momentum) * (real @ WEIGHTS).mean()
        )
        fake_sum = (
            momentum * fake_sum + (1 - momentum) * (fake @ WEIGHTS).mean()
        )
        weight = momentum * weight + (1 - momentum)
    first = steps[-1][0] @ weights - fake_sum / weight
    second = real_sum / weight - steps[-1][1] @ weights
    if one_sided:
        first, second = np.maximum(first, 0), np.maximum(second, 0)
    return (first**2).mean() + (second**2).mean()


WEIGHTS = np.array([0.5, -2.0, 1.0])


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"momentum": 1.0}, ValueError, "momentum"),
        ({"momentum": "much"}, TypeError, "momentum"),
        ({"one_sided": 1}, TypeError, "one_sided"),
        ({"factor": -1.0}, ValueError, "factor"),
    ],
    ids=["momentum", "decay_type", "one_sided", "factor"],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"`{name}`"):
        LeCam(**arguments)
