import json

import keras
import numpy as np
import pytest
from keras import ops

from keras_regan.recipes._scheduled_adam import ScheduledAdam

GRADIENTS = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")


def cosine():
    return keras.optimizers.schedules.CosineDecay(0.5, 4, alpha=1.8)


def test_update_is_that_of_the_betas_of_its_step():
    variable = keras.Variable(np.array([1.0, 2.0, 3.0]), dtype="float32")
    optimizer = ScheduledAdam(0.1, 0.3, cosine(), epsilon=1e-3)
    optimizer.build([variable])
    expected, mean, square = np.array([1.0, 2.0, 3.0]), 0.0, 0.0
    for step, gradient in enumerate(GRADIENTS):
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
        share = 0.5 - 0.5 * np.cos(np.pi * min(step, 4) / 4)
        beta_2 = 0.5 + 0.4 * share
        mean = 0.3 * mean + 0.7 * gradient
        square = beta_2 * square + (1 - beta_2) * gradient**2
        rate = np.sqrt(1 - beta_2 ** (step + 1)) / (1 - 0.3 ** (step + 1))
        expected -= 0.1 * rate * mean / (np.sqrt(square) + 1e-3)
        np.testing.assert_allclose(
            ops.convert_to_numpy(variable.value), expected, rtol=1e-5
        )


def test_config_holds_the_schedule():
    optimizer = ScheduledAdam(0.1, 0.3, cosine(), epsilon=1e-3, name="a")
    optimizer.iterations.assign(2)
    config = json.loads(
        json.dumps(keras.saving.serialize_keras_object(optimizer))
    )
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == optimizer.get_config()
    copy.iterations.assign(4)
    assert float(copy.beta_2) == pytest.approx(0.9)
