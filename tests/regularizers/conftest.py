"""Gradients on any backend, and by central differences in NumPy."""

import numpy as np
import pytest
from keras import ops

from keras_regan import _backend


def gradient_on_the_backend(regularizer, *tensors, at=0):
    """The gradient of `regularizer(*tensors)` at one of the tensors."""
    tensors = [ops.convert_to_tensor(x) for x in tensors]

    def function(x):
        arguments = [*tensors]
        arguments[at] = x
        return regularizer(*arguments), None

    value, _, pullback = _backend.call_with_input_gradient(
        function, tensors[at]
    )
    return ops.convert_to_numpy(pullback(ops.ones_like(value)))


def central_differences(function, x, step=1e-5):
    x = np.asarray(x, "float64")
    result = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        change = np.zeros(x.shape)
        change[index] = step
        result[index] = (function(x + change) - function(x - change)) / (
            2 * step
        )
    return result


@pytest.fixture(scope="session")
def gradient():
    return gradient_on_the_backend


@pytest.fixture(scope="session")
def numeric_gradient():
    return central_differences


@pytest.fixture(scope="session")
def assert_gradient():
    """Checks a gradient against central differences of a NumPy function."""

    def check(regularizer, tensors, reference, at=0, rtol=1e-5):
        expected = central_differences(reference, tensors[at])
        assert np.abs(expected).max() > 1e-4
        np.testing.assert_allclose(
            gradient_on_the_backend(regularizer, *tensors, at=at),
            expected,
            rtol=rtol,
            atol=rtol * np.abs(expected).max(),
        )

    return check
