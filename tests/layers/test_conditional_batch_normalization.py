"""Conditional batch normalization against its formula in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan import _backend

layers = keras.layers
ConditionalBatchNormalization = kr.layers.ConditionalBatchNormalization
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

LABELS = np.array([2, 0, 1, 2], "int32")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def standard_normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def expected(x, gamma, beta, epsilon=1e-5):
    """Of a batch `(batch, ..., channels)` in training."""
    axes = tuple(range(x.ndim - 1))
    x = x.astype("float64")
    normalized = (x - x.mean(axes)) / np.sqrt(x.var(axes) + epsilon)
    return np.stack(
        [
            gamma[label] * sample + beta[label]
            for label, sample in zip(LABELS[: len(x)], normalized, strict=True)
        ]
    )


@pytest.fixture
def built():
    """Builds a layer whose classes differ."""

    def build(shape, **arguments):
        layer = ConditionalBatchNormalization(3, **arguments)
        layer.build([(None, *shape), (None,)])
        random = np.random.default_rng(1)
        gamma = random.normal(size=layer.gamma.shape)
        beta = random.normal(size=layer.beta.shape)
        layer.gamma.assign(gamma)
        layer.beta.assign(beta)
        return layer, gamma.reshape(3, -1), beta.reshape(3, -1)

    return build


@pytest.mark.parametrize("shape", [(5,), (3, 5), (3, 2, 5)], ids=str)
@pytest.mark.parametrize("epsilon", [1e-5, 0.5])
def test_value_in_training(built, shape, epsilon):
    layer, gamma, beta = built(shape, epsilon=epsilon)
    x = 3.0 * standard_normal(4, *shape) + 1.0
    outputs = layer([x, LABELS], training=True)
    assert tuple(outputs.shape) == layer.compute_output_shape([x.shape, (4,)])
    np.testing.assert_allclose(
        numpy(outputs),
        expected(x, gamma, beta, epsilon),
        rtol=1e-4,
        atol=1e-5,
    )


def test_channels_first(built):
    layer, gamma, beta = built((5, 3, 2), axis=1)
    x = standard_normal(4, 5, 3, 2)
    wanted = expected(np.moveaxis(x, 1, -1), gamma, beta)
    np.testing.assert_allclose(
        numpy(layer([x, LABELS], training=True)),
        np.moveaxis(wanted, -1, 1),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize("momentum", [0.9, 0.5])
def test_averages_serve_inference(built, momentum):
    layer, gamma, beta = built((3, 5), momentum=momentum)
    x = 3.0 * standard_normal(4, 3, 5) + 1.0
    layer([x, LABELS], training=True)
    mean = (1 - momentum) * x.mean((0, 1))
    variance = momentum + (1 - momentum) * x.var((0, 1))
    normalized = (x - mean) / np.sqrt(variance + 1e-5)
    wanted = gamma[LABELS][:, None] * normalized + beta[LABELS][:, None]
    for _ in range(2):
        np.testing.assert_allclose(
            numpy(layer([x, LABELS])), wanted, rtol=1e-4, atol=1e-4
        )


def test_starts_as_plain_batch_normalization():
    layer = ConditionalBatchNormalization(3)
    x = standard_normal(4, 5)
    plain = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    np.testing.assert_allclose(
        numpy(layer([x, LABELS], training=True)),
        numpy(plain(x, training=True)),
        rtol=1e-5,
        atol=1e-6,
    )
    names = [v.path.split("/")[-1] for v in layer.trainable_variables]
    assert sorted(names) == ["beta", "gamma"]
    names = [v.path.split("/")[-1] for v in layer.non_trainable_variables]
    assert sorted(names) == ["moving_mean", "moving_variance"]


def test_gradients_match_finite_differences(built):
    layer, gamma, beta = built((2,))
    x = standard_normal(4, 2)
    weights = np.random.default_rng(2).normal(size=(4, 2))
    weights = weights.astype("float32").astype("float64")

    def value(x, gamma, beta):
        return (weights * expected(x, gamma, beta)).sum()

    def differences(position):
        points = [x.astype("float64"), gamma, beta]
        result = np.zeros(points[position].shape)
        for index in np.ndindex(*result.shape):
            moved = [point.copy() for point in points]
            moved[position][index] += 1e-5
            high = value(*moved)
            moved[position][index] -= 2e-5
            result[index] = (high - value(*moved)) / 2e-5
        return result

    _, _, pullback = _backend.call_with_input_gradient(
        lambda x: (layer([x, LABELS], training=True), None),
        ops.convert_to_tensor(x),
    )
    np.testing.assert_allclose(
        numpy(pullback(ops.convert_to_tensor(weights, "float32"))),
        differences(0),
        rtol=1e-3,
        atol=1e-5,
    )
    inputs = [keras.Input((2,)), keras.Input((), dtype="int32")]
    model = keras.Model(inputs, layer(inputs))
    model.compile(
        keras.optimizers.SGD(1.0),
        lambda y, outputs: ops.sum(y * outputs, axis=-1),
    )
    # Keras takes the mean over the batch of four.
    model.train_on_batch([x, LABELS], 4 * weights)
    for position, before, after in (
        (1, gamma, layer.gamma),
        (2, beta, layer.beta),
    ):
        np.testing.assert_allclose(
            before - numpy(after).reshape(before.shape),
            differences(position),
            rtol=1e-4,
            atol=1e-5,
        )


@pytest.mark.parametrize("batch_size", [1, 4])
def test_equal_samples(built, batch_size):
    layer, _, beta = built((5,))
    x = np.full((batch_size, 5), 0.25, "float32")
    labels = LABELS[:batch_size]
    np.testing.assert_allclose(
        numpy(layer([x, labels], training=True)),
        beta[labels],
        rtol=1e-5,
        atol=1e-6,
    )
    _, _, pullback = _backend.call_with_input_gradient(
        lambda x: (layer([x, labels], training=True), None),
        ops.convert_to_tensor(x),
    )
    gradient = numpy(pullback(ops.ones((batch_size, 5), "float32")))
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float32"])
def test_labels_of_both_shapes_and_any_type(built, dtype):
    layer, gamma, beta = built((3, 5))
    x = standard_normal(4, 3, 5)
    labels = LABELS.astype(dtype)
    for form in (labels, labels[:, None]):
        np.testing.assert_allclose(
            numpy(layer([x, form], training=True)),
            expected(x, gamma, beta),
            rtol=1e-4,
            atol=1e-5,
        )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_unknown_batch_size(built, jit_compile, backend):
    if backend == "torch" and jit_compile:
        pytest.skip("jit_compile is not tested on torch")
    layer, _, _ = built((3, 5))
    inputs = [keras.Input((3, 5)), keras.Input((), dtype="int32")]
    outputs = layer(inputs)
    assert outputs.shape == (None, 3, 5)
    model = keras.Model(inputs, outputs)
    model.compile(jit_compile=jit_compile)
    x = standard_normal(4, 3, 5)
    np.testing.assert_allclose(
        model.predict([x, LABELS], batch_size=3, verbose=0),
        numpy(layer([x, LABELS])),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(built, policy):
    layer, gamma, beta = built((5,), dtype=policy)
    x = standard_normal(4, 5)
    outputs = layer([x, LABELS], training=True)
    dtype = policy[len("mixed_") :]
    assert keras.backend.standardize_dtype(outputs.dtype) == dtype
    np.testing.assert_allclose(
        numpy(ops.cast(outputs, "float32")),
        expected(x, gamma, beta),
        atol=0.05,
    )


def test_saving(built, tmp_path):
    layer, _, _ = built((3, 5), momentum=0.5, epsilon=1e-3)
    inputs = [keras.Input((3, 5)), keras.Input((), dtype="int32")]
    model = keras.Model(inputs, layer(inputs))
    x = standard_normal(4, 3, 5)
    model([x, LABELS], training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].get_config() == layer.get_config()
    np.testing.assert_allclose(
        numpy(loaded([x, LABELS])), numpy(model([x, LABELS])), rtol=1e-5
    )


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"num_classes": 0}, ValueError, "num_classes"),
        ({"num_classes": 3.0}, TypeError, "num_classes"),
        ({"axis": 1.0}, TypeError, "axis"),
        ({"momentum": 1.0}, ValueError, "momentum"),
        ({"epsilon": 0.0}, ValueError, "epsilon"),
    ],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        ConditionalBatchNormalization(**{"num_classes": 3, **arguments})


def test_call_without_labels():
    with pytest.raises(ValueError, match="list of two tensors"):
        ConditionalBatchNormalization(3)(standard_normal(4, 5))


def test_scales_and_offsets_are_no_kernels():
    """Regularizers of weights leave them alone, as those of Keras's layer."""
    generator, discriminator = kr.networks.resnet(
        (28, 28, 1), width=2, num_classes=3
    )
    gan = kr.RegularizedGAN(generator, discriminator)
    gan.compile(generator_regularizers=[kr.regularizers.Orthogonal()])
    kernels = gan._game.generator.kernels
    assert kernels and not any(
        kernel.path.endswith(("gamma", "beta")) for kernel in kernels
    )
