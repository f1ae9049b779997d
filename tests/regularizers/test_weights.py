import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

WEIGHTS = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")
PAIRS = [
    (
        kr.regularizers.L1(0.3),
        keras.regularizers.L1(0.3),
        0.3 * np.abs(WEIGHTS).sum(),
    ),
    (
        kr.regularizers.L2(0.2),
        keras.regularizers.L2(0.2),
        0.2 * (WEIGHTS**2).sum(),
    ),
    (
        kr.regularizers.L1L2(0.1, 0.05),
        keras.regularizers.L1L2(0.1, 0.05),
        0.1 * np.abs(WEIGHTS).sum() + 0.05 * (WEIGHTS**2).sum(),
    ),
]


@pytest.mark.parametrize("ours, keras_one, expected", PAIRS)
def test_value_is_the_norm_and_that_of_keras(ours, keras_one, expected):
    np.testing.assert_allclose(
        float(ours(ops.convert_to_tensor(WEIGHTS))), expected, rtol=1e-5
    )
    assert isinstance(ours, type(keras_one))


@pytest.mark.parametrize("ours, keras_one, expected", PAIRS)
def test_as_kernel_regularizer_trains_like_that_of_keras(
    ours, keras_one, expected
):
    losses = []
    for regularizer in (ours, keras_one):
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [
                keras.layers.Input((3,)),
                keras.layers.Dense(4, kernel_regularizer=regularizer),
                keras.layers.Dense(1),
            ]
        )
        model.compile("sgd", "mse")
        x = np.random.default_rng(0).normal(size=(16, 3))
        history = model.fit(
            x, x.sum(axis=1), epochs=3, shuffle=False, verbose=0
        )
        losses.append(history.history["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        kr.regularizers.L1,
        kr.regularizers.L2,
        lambda value: kr.regularizers.L1L2(l1=value),
        lambda value: kr.regularizers.L1L2(l2=value),
    ],
)
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_bad_factor(make, value):
    with pytest.raises(ValueError, match="non-negative float. Received: l"):
        make(value)


@pytest.mark.parametrize("value", [True, "0.1", None])
def test_factor_of_a_wrong_kind(value):
    with pytest.raises(TypeError, match="Received: l1="):
        kr.regularizers.L1(value)
