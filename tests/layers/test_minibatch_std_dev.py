"""The minibatch standard deviation against loops over groups in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan import _backend

layers = keras.layers
MinibatchStdDev = kr.layers.MinibatchStdDev
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def standard_normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def expected(x, group_size, num_features=1):
    """What is appended to samples of shape `(batch, ..., channels)`."""
    batch_size, channels = len(x), x.shape[-1]
    groups = max(batch_size // group_size, 1)
    result = np.zeros((batch_size, num_features))
    for sample in range(batch_size):
        group = np.stack(
            [x[i] for i in range(batch_size) if i % groups == sample % groups]
        ).astype("float64")
        deviation = np.sqrt(group.var(axis=0) + 1e-8)
        parts = np.split(deviation, num_features, axis=-1)
        assert parts[0].shape[-1] == channels // num_features
        result[sample] = [part.mean() for part in parts]
    return result


def appended(layer, x, channel_axis=-1):
    """Checks the shape and the inputs and returns what was appended."""
    outputs = numpy(layer(x))
    assert outputs.shape == layer.compute_output_shape(x.shape)
    outputs = np.moveaxis(outputs, channel_axis, -1)
    x = np.moveaxis(x, channel_axis, -1)
    np.testing.assert_array_equal(outputs[..., : x.shape[-1]], x)
    features = outputs[..., x.shape[-1] :]
    # The same at every position of a sample.
    flat = features.reshape(len(x), -1, features.shape[-1])
    assert np.ptp(flat, axis=1).max() == 0
    return flat[:, 0]


@pytest.mark.parametrize("shape", [(6,), (5, 6), (3, 2, 6), (2, 3, 2, 6)])
@pytest.mark.parametrize("num_features", [1, 3])
def test_value(shape, num_features):
    x = standard_normal(8, *shape)
    np.testing.assert_allclose(
        appended(MinibatchStdDev(4, num_features), x),
        expected(x, 4, num_features),
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    "group_size, batch_sizes",
    [
        (1, [1, 2, 4, 7]),
        (3, [1, 2, 3, 4, 5, 7, 8, 9, 11, 12]),
        (4, [1, 2, 3, 4, 5, 7, 8, 9, 11, 12]),
    ],
)
def test_every_batch_size(group_size, batch_sizes):
    for batch_size in batch_sizes:
        x = standard_normal(batch_size, 6)
        np.testing.assert_allclose(
            appended(MinibatchStdDev(group_size), x),
            expected(x, group_size),
            rtol=1e-5,
            err_msg=f"a batch of {batch_size}",
        )


def test_channels_first():
    x = standard_normal(4, 6, 3, 2)
    layer = MinibatchStdDev(num_features=2, data_format="channels_first")
    np.testing.assert_allclose(
        appended(layer, x, channel_axis=1),
        expected(np.moveaxis(x, 1, -1), 4, 2),
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        appended(layer, x[:, :, 0, 0]), expected(x[:, :, 0, 0], 4, 2), rtol=1e-5
    )


def test_order_within_one_group_is_of_no_account():
    x = standard_normal(5, 6)
    np.testing.assert_allclose(
        appended(MinibatchStdDev(8), x[[3, 1, 4, 0, 2]]),
        appended(MinibatchStdDev(8), x),
        rtol=1e-5,
    )


@pytest.mark.parametrize("batch_size", [2, 5, 8])
def test_gradient_matches_finite_differences(batch_size):
    x = standard_normal(batch_size, 2, 4)
    weights = np.random.default_rng(1).normal(size=(batch_size, 2))
    layer = MinibatchStdDev(4, num_features=2)

    def forward(x):
        features = layer(x)[:, 0, 4:]
        return ops.sum(features * ops.convert_to_tensor(weights, x.dtype)), None

    _, _, pullback = _backend.call_with_input_gradient(
        forward, ops.convert_to_tensor(x)
    )
    numeric = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        high, low = x.astype("float64"), x.astype("float64")
        high[index] += 1e-4
        low[index] -= 1e-4
        difference = expected(high, 4, 2) - expected(low, 4, 2)
        numeric[index] = (weights * difference).sum() / 2e-4
    np.testing.assert_allclose(
        numpy(pullback(ops.ones((), "float32"))), numeric, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("batch_size", [1, 4, 5])
def test_equal_samples(batch_size):
    x = np.full((batch_size, 3, 2), 0.25, "float32")
    layer = MinibatchStdDev()
    np.testing.assert_allclose(appended(layer, x), 1e-4, rtol=1e-4)
    _, _, pullback = _backend.call_with_input_gradient(
        lambda x: (layer(x)[..., -1], None), ops.convert_to_tensor(x)
    )
    gradient = numpy(pullback(ops.ones((batch_size, 3), "float32")))
    np.testing.assert_allclose(gradient, 0.0, atol=1e-3)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_unknown_batch_size(jit_compile, backend):
    if backend == "torch" and jit_compile:
        pytest.skip("jit_compile is not tested on torch")
    inputs = keras.Input((3, 6))
    outputs = MinibatchStdDev(4, num_features=2)(inputs)
    assert outputs.shape == (None, 3, 8)
    model = keras.Model(inputs, outputs)
    model.compile(jit_compile=jit_compile)
    x = standard_normal(7, 3, 6)
    # Batches of five and two.
    outputs = model.predict(x, batch_size=5, verbose=0)
    wanted = np.concatenate([expected(x[:5], 4, 2), expected(x[5:], 4, 2)])
    np.testing.assert_allclose(outputs[:, 1, 6:], wanted, rtol=1e-5)


def test_images_of_unknown_size():
    inputs = keras.Input((None, None, 2))
    outputs = MinibatchStdDev()(inputs)
    assert outputs.shape == (None, None, None, 3)
    x = standard_normal(4, 3, 5, 2)
    np.testing.assert_allclose(
        keras.Model(inputs, outputs).predict(x, verbose=0)[:, 0, 0, 2:],
        expected(x, 4),
        rtol=1e-5,
    )


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_computed_in_float32(policy):
    # Squares of these do not fit into float16.
    x = 1000.0 * standard_normal(4, 6)
    outputs = MinibatchStdDev(dtype=policy)(x)
    dtype = policy[len("mixed_") :]
    assert keras.backend.standardize_dtype(outputs.dtype) == dtype
    np.testing.assert_allclose(
        numpy(ops.cast(outputs, "float32"))[:, 6:], expected(x, 4), rtol=0.01
    )
    # And the epsilon does not vanish.
    outputs = MinibatchStdDev(dtype=policy)(np.zeros((2, 3)))
    np.testing.assert_allclose(
        numpy(ops.cast(outputs, "float32"))[:, 3:], 1e-4, rtol=0.01
    )


def test_inside_a_gan_with_r1(vectors):
    generator = keras.Sequential([layers.Input((3,)), layers.Dense(2)])
    discriminator = keras.Sequential(
        [
            layers.Input((2,)),
            layers.Dense(8, activation="tanh"),
            MinibatchStdDev(),
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
            layers.Input((2, 6)),
            MinibatchStdDev(3, 2, data_format="channels_last"),
            layers.Dense(1),
        ]
    )
    x = standard_normal(6, 2, 6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].get_config() == model.layers[0].get_config()
    np.testing.assert_allclose(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5
    )


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"group_size": 0}, ValueError, "group_size"),
        ({"group_size": 4.0}, TypeError, "group_size"),
        ({"num_features": 0}, ValueError, "num_features"),
        ({"num_features": None}, TypeError, "num_features"),
        ({"data_format": "NHWC"}, ValueError, "data_format"),
    ],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        MinibatchStdDev(**arguments)


def test_channels_that_cannot_be_split():
    with pytest.raises(ValueError, match="`num_features`.*divisor.* 6"):
        MinibatchStdDev(num_features=4)(standard_normal(4, 6))
