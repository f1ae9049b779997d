import json
import re

import keras
import numpy as np
import pytest

from keras_regan.datasets import GaussianMixture

CENTERS = [[0.0, 3.0, -1.0], [5.0, 0.0, 2.0]]


def test_moments_of_each_mode():
    mixture = GaussianMixture(CENTERS, [0.5, 0.1], weights=[1, 3])
    samples, modes = mixture.sample_with_modes(40_000, seed=1)
    assert samples.dtype == "float32" and modes.dtype == "int32"
    assert samples.shape == (40_000, 3) and modes.shape == (40_000,)
    np.testing.assert_allclose(np.mean(modes == 1), 0.75, atol=0.01)
    for mode, deviation in enumerate([0.5, 0.1]):
        of_mode = samples[modes == mode]
        np.testing.assert_allclose(
            of_mode.mean(axis=0), CENTERS[mode], atol=0.05 * deviation
        )
        np.testing.assert_allclose(
            np.cov(of_mode.T), deviation**2 * np.eye(3), atol=0.05 * deviation
        )


def test_modes_are_equally_likely_by_default():
    mixture = GaussianMixture(CENTERS, 1.0)
    _, modes = mixture.sample_with_modes(40_000)
    np.testing.assert_allclose(np.bincount(modes) / 40_000, 0.5, atol=0.01)
    np.testing.assert_array_equal(mixture.weights, [0.5, 0.5])
    np.testing.assert_array_equal(mixture.deviations, [1.0, 1.0])


def test_seed_decides():
    mixture = GaussianMixture(CENTERS, 1.0)
    first, again, other = (mixture.sample(9, seed=s) for s in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, mixture.sample_with_modes(9, 3)[0])
    assert not np.isin(first, other).any()


@pytest.mark.parametrize("deviation", [0.3, [0.3, 0.1]])
@pytest.mark.parametrize("weights", [None, [1, 2]])
def test_config_round_trip(deviation, weights):
    mixture = GaussianMixture(CENTERS, deviation, weights)
    config = keras.saving.serialize_keras_object(mixture)
    copy = keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
    assert copy.get_config() == mixture.get_config()
    np.testing.assert_array_equal(copy.sample(20), mixture.sample(20))
    np.testing.assert_array_equal(copy.weights, mixture.weights)


@pytest.mark.parametrize(
    "error, argument, arguments",
    [
        (ValueError, "centers.shape", {"centers": [1.0, 2.0]}),
        (ValueError, "centers.shape", {"centers": np.zeros((0, 2))}),
        (ValueError, "centers", {"centers": [[np.nan, 0.0]]}),
        (TypeError, "centers", {"centers": "ring"}),
        (ValueError, "deviation", {"deviation": 0.0}),
        (ValueError, "deviation", {"deviation": [0.1]}),
        (ValueError, "deviation", {"deviation": [0.1, -0.1]}),
        (TypeError, "deviation", {"deviation": "wide"}),
        (ValueError, "weights", {"weights": [1.0]}),
        (ValueError, "weights", {"weights": [1.0, 0.0]}),
        (ValueError, "weights", {"weights": [1.0, np.inf]}),
    ],
)
def test_bad_arguments(error, argument, arguments):
    with pytest.raises(error, match=f"`{re.escape(argument)}`"):
        GaussianMixture(**{"centers": CENTERS, "deviation": 0.1, **arguments})


@pytest.mark.parametrize(
    "error, arguments",
    [
        (ValueError, {"count": 0}),
        (TypeError, {"count": 1.5}),
        (ValueError, {"seed": -1}),
        (TypeError, {"seed": None}),
    ],
)
def test_bad_arguments_of_sample(error, arguments):
    mixture = GaussianMixture(CENTERS, 0.1)
    with pytest.raises(error, match=f"`{next(iter(arguments))}`"):
        mixture.sample(**{"count": 5, **arguments})
