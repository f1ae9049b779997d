"""Sums of logits against NumPy."""

import numpy as np
import pytest
from keras import ops

import keras_regan as kr

WEIGHTS = np.array([0.5, -2.0, 1.0])


def critic(weights):
    return lambda x: ops.matmul(x, ops.reshape(weights, (3, 1)))


def patches(weights):
    return lambda x: ops.tile(critic(weights)(x)[:, :, None], (1, 4, 1))


@pytest.mark.parametrize("form", [critic, patches], ids=["column", "patches"])
def test_value_and_gradient(
    form, make_context, real, fake, gradient_of, slope_of
):
    def expected(weights):
        return 0.4 * (((real + fake).astype("float64") @ weights) ** 2).mean()

    value, gradient = gradient_of(
        lambda w: kr.penalties.LogitCentering(0.4)(make_context(form(w))),
        WEIGHTS,
    )
    np.testing.assert_allclose(value, expected(WEIGHTS), rtol=1e-5)
    np.testing.assert_allclose(
        gradient, slope_of(expected, WEIGHTS), rtol=1e-5, atol=1e-6
    )


def test_logits_on_both_sides_of_zero_cost_nothing(make_context, real):
    context = make_context(critic(WEIGHTS.astype("float32")), fake=-real)
    value = kr.penalties.LogitCentering(1.0)(context)
    assert ops.convert_to_numpy(value) == 0.0
