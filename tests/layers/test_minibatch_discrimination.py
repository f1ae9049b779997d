"""Minibatch discrimination against loops over pairs in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan import _backend

layers = keras.layers
MinibatchDiscrimination = kr.layers.MinibatchDiscrimination
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def standard_normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def expected(x, kernel, kernel_size):
    """The closeness, one pair and one kernel at a time."""
    num_kernels = kernel.shape[1] // kernel_size
    points = (x @ kernel).reshape(len(x), num_kernels, kernel_size)
    result = np.zeros((len(x), num_kernels))
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j:
                distance = np.abs(points[i] - points[j]).sum(axis=-1)
                result[i] += np.exp(-distance)
    return result


def built(features, num_kernels=4, kernel_size=3, **arguments):
    layer = MinibatchDiscrimination(num_kernels, kernel_size, **arguments)
    layer.build((None, features))
    return layer, numpy(layer.kernel).astype("float64")


@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_value(batch_size):
    layer, kernel = built(6)
    assert kernel.shape == (6, 12)
    x = standard_normal(batch_size, 6)
    outputs = numpy(layer(x))
    assert (
        outputs.shape
        == layer.compute_output_shape(x.shape)
        == (
            batch_size,
            10,
        )
    )
    np.testing.assert_array_equal(outputs[:, :6], x)
    np.testing.assert_allclose(
        outputs[:, 6:], expected(x, kernel, 3), rtol=1e-5
    )


def test_gradients_match_finite_differences():
    layer, kernel = built(3)
    x = standard_normal(4, 3)
    weights = np.random.default_rng(1).normal(size=(4, 4))

    def value(x, kernel):
        return (weights * expected(x, kernel, 3)).sum()

    def differences(function, point):
        result = np.zeros(point.shape)
        for index in np.ndindex(*point.shape):
            high, low = point.astype("float64"), point.astype("float64")
            high[index] += 1e-5
            low[index] -= 1e-5
            result[index] = (function(high) - function(low)) / 2e-5
        return result

    def forward(x):
        return layer(x)[:, 3:], None

    _, _, pullback = _backend.call_with_input_gradient(
        forward, ops.convert_to_tensor(x)
    )
    np.testing.assert_allclose(
        numpy(pullback(ops.convert_to_tensor(weights, "float32"))),
        differences(lambda x: value(x, kernel), x),
        rtol=1e-4,
        atol=1e-5,
    )
    model = keras.Sequential([layers.Input((3,)), layer])
    model.compile(
        keras.optimizers.SGD(1.0),
        lambda y, outputs: ops.sum(y * outputs, axis=-1),
    )
    # Keras takes the mean over the batch of four.
    upstream = np.concatenate([np.zeros((4, 3)), 4 * weights], axis=1)
    model.train_on_batch(x, upstream)
    np.testing.assert_allclose(
        kernel - numpy(layer.kernel),
        differences(lambda kernel: value(x, kernel), kernel),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize("batch_size", [1, 4])
def test_equal_samples(batch_size):
    layer, _ = built(2)
    x = np.full((batch_size, 2), 0.25, "float32")
    np.testing.assert_allclose(
        numpy(layer(x))[:, 2:], batch_size - 1, rtol=1e-6
    )
    _, _, pullback = _backend.call_with_input_gradient(
        lambda x: (layer(x)[:, 2:], None), ops.convert_to_tensor(x)
    )
    gradient = numpy(pullback(ops.ones((batch_size, 4), "float32")))
    np.testing.assert_array_equal(gradient, 0.0)


def test_lonely_samples_are_close_to_none():
    """Nothing is lost of what is far below one."""
    layer, kernel = built(2)
    x = np.array([[0.0, 0.0], [20.0, 20.0]], "float32")
    wanted = expected(x, kernel, 3)
    assert 0 < wanted.min() < 1e-7
    np.testing.assert_allclose(numpy(layer(x))[:, 2:], wanted, rtol=1e-4)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_unknown_batch_size(jit_compile, backend):
    if backend == "torch" and jit_compile:
        pytest.skip("jit_compile is not tested on torch")
    layer, kernel = built(3)
    inputs = keras.Input((3,))
    outputs = layer(inputs)
    assert outputs.shape == (None, 7)
    model = keras.Model(inputs, outputs)
    model.compile(jit_compile=jit_compile)
    x = standard_normal(5, 3)
    outputs = model.predict(x, batch_size=3, verbose=0)
    wanted = np.concatenate(
        [expected(x[:3], kernel, 3), expected(x[3:], kernel, 3)]
    )
    np.testing.assert_allclose(outputs[:, 3:], wanted, rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(policy):
    layer, kernel = built(6, dtype=policy)
    x = standard_normal(5, 6)
    outputs = layer(x)
    dtype = policy[len("mixed_") :]
    assert keras.backend.standardize_dtype(outputs.dtype) == dtype
    np.testing.assert_allclose(
        numpy(ops.cast(outputs, "float32"))[:, 6:],
        expected(x, kernel, 3),
        rtol=0.05,
        atol=0.005,
    )


def test_inside_a_gan_with_r1(vectors):
    generator = keras.Sequential([layers.Input((3,)), layers.Dense(2)])
    discriminator = keras.Sequential(
        [
            layers.Input((2,)),
            layers.Dense(8, activation="tanh"),
            MinibatchDiscrimination(4, 3),
            layers.Dense(1),
        ]
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile(discriminator_regularizers=[kr.penalties.R1(1.0, interval=2)])
    for _ in range(2):
        logs = gan.train_on_batch(vectors[:30], return_dict=True)
        assert all(np.isfinite(value) for value in logs.values())
    for weight in gan.get_weights():
        assert np.isfinite(weight).all()


def test_saving(tmp_path):
    model = keras.Sequential(
        [
            layers.Input((6,)),
            MinibatchDiscrimination(
                3, 2, keras.initializers.RandomNormal(stddev=0.3)
            ),
        ]
    )
    x = standard_normal(5, 6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].get_config() == model.layers[0].get_config()
    np.testing.assert_allclose(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5
    )


def test_spectral_normalization_of_the_kernel():
    layer = kr.layers.SpectralNormalization(MinibatchDiscrimination(4, 3))
    layer.build((None, 6))
    kernel = numpy(layer.layer.kernel).astype("float64")
    layer.u.assign(np.linalg.svd(kernel)[2][0])
    x = standard_normal(5, 6)
    outputs = numpy(layer(x, training=True))
    kernel = kernel / np.linalg.svd(kernel, compute_uv=False)[0]
    np.testing.assert_allclose(
        outputs[:, 6:], expected(x, kernel, 3), rtol=1e-4
    )


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"num_kernels": 0}, ValueError, "argument `num_kernels`"),
        ({"num_kernels": 4.0}, TypeError, "argument `num_kernels`"),
        ({"kernel_size": -1}, ValueError, "argument `kernel_size`"),
        ({"kernel_size": "5"}, TypeError, "argument `kernel_size`"),
        ({"kernel_initializer": "unknown"}, ValueError, "unknown"),
    ],
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        MinibatchDiscrimination(**arguments)


@pytest.mark.parametrize("shape", [(4, 3, 2), (4,)], ids=str)
def test_inputs_that_are_no_vectors(shape):
    with pytest.raises(ValueError, match="`inputs`.*batch, features"):
        MinibatchDiscrimination()(standard_normal(*shape))
