"""The orthogonal regularizer against loops over units in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr

RANDOM = np.random.default_rng(0)
KERNELS = {
    "tall": RANDOM.normal(size=(6, 3)).astype("float32"),
    "wide": RANDOM.normal(size=(3, 6)).astype("float32"),
    "square": RANDOM.normal(size=(4, 4)).astype("float32"),
    "convolution": RANDOM.normal(size=(2, 2, 3, 4)).astype("float32"),
    "wide_convolution": RANDOM.normal(size=(2, 1, 2, 7)).astype("float32"),
}
Orthogonal = kr.regularizers.Orthogonal
each = pytest.mark.parametrize("key", list(KERNELS))


def reference(kernel):
    units = [kernel[..., i].ravel() for i in range(kernel.shape[-1])]
    return sum(
        (v @ w) ** 2
        for i, v in enumerate(units)
        for j, w in enumerate(units)
        if i != j
    )


@each
def test_value_and_gradient(key, assert_gradient):
    kernel, regularizer = KERNELS[key], Orthogonal(0.3)
    np.testing.assert_allclose(
        float(regularizer(ops.convert_to_tensor(kernel))),
        0.3 * reference(np.float64(kernel)),
        rtol=1e-5,
    )
    assert_gradient(regularizer, (kernel,), lambda w: 0.3 * reference(w))


@each
def test_gradient_is_twice_that_of_the_published_code(key, gradient):
    # Its rows are units, and it adds 2 * strength * ((W W^T) o (1 - I)) W.
    units = np.float64(KERNELS[key]).reshape(-1, KERNELS[key].shape[-1]).T
    products = (units @ units.T) * (1 - np.eye(len(units)))
    published = (2 * 1e-4 * products @ units).T.reshape(KERNELS[key].shape)
    np.testing.assert_allclose(
        gradient(Orthogonal(5e-5), KERNELS[key]),
        published,
        rtol=1e-4,
        atol=1e-5 * np.abs(published).max(),
    )


def test_norms_do_not_count():
    orthogonal = np.array([[0.0, 100.0], [0.1, 0.0], [0.0, 0.0]])
    assert float(Orthogonal(1.0)(orthogonal)) == 0.0


def test_zero_and_half_precision():
    half = ops.cast(300.0 * KERNELS["tall"], "float16")
    value = Orthogonal(0.1)(half)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    exact = Orthogonal(0.1)(ops.cast(half, "float32"))
    np.testing.assert_allclose(float(value), float(exact), rtol=1e-6)
    zero = Orthogonal(0.0)(half)
    assert float(zero) == 0.0
    assert keras.backend.standardize_dtype(zero.dtype) == "float32"


def test_gradient_of_zeros_is_finite(gradient):
    for kernel in KERNELS.values():
        zeros = np.zeros_like(kernel)
        np.testing.assert_array_equal(gradient(Orthogonal(1.0), zeros), 0.0)


@pytest.mark.parametrize("rank", [0, 1])
def test_weights_of_a_low_rank(rank):
    with pytest.raises(ValueError, match="`x`. Expected weights of rank 2"):
        Orthogonal(1.0)(np.zeros((3,) * rank))


def test_as_kernel_regularizer():
    inputs = np.random.default_rng(0).normal(size=(8, 5, 5, 2))
    model = keras.Sequential(
        [
            keras.layers.Input((5, 5, 2)),
            keras.layers.Conv2D(3, 2, kernel_regularizer=Orthogonal(0.5)),
            keras.layers.Flatten(),
            keras.layers.Dense(2, kernel_regularizer=Orthogonal(0.5)),
        ]
    )
    kernels = [layer.get_weights()[0] for layer in model.layers[::2]]
    np.testing.assert_allclose(
        [float(ops.convert_to_numpy(loss)) for loss in model.losses],
        [0.5 * reference(np.float64(kernel)) for kernel in kernels],
        rtol=1e-4,
    )
    before = sum(float(ops.convert_to_numpy(loss)) for loss in model.losses)
    model.compile(keras.optimizers.SGD(0.02), "mse", jit_compile=False)
    model.fit(inputs, np.zeros((8, 2)), epochs=20, verbose=0)
    after = sum(float(ops.convert_to_numpy(loss)) for loss in model.losses)
    assert after < 0.5 * before


def test_config_round_trip():
    regularizer = Orthogonal(0.25, name="a")
    config = keras.saving.serialize_keras_object(regularizer)
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is Orthogonal
    assert copy.get_config() == {"factor": 0.25, "name": "a"}
    assert (Orthogonal().factor, Orthogonal().name) == (1e-4, "orthogonal")


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"factor": -1.0}, ValueError, "`factor`"),
        ({"factor": "1"}, TypeError, "`factor`"),
        ({"name": ""}, ValueError, "`name`"),
    ],
    ids=["negative", "string", "name"],
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        Orthogonal(**arguments)
