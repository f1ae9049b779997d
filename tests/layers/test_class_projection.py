"""The projection of features on classes against its formula in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_regan as kr
from keras_regan import _backend

layers = keras.layers
ClassProjection = kr.layers.ClassProjection
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

LABELS = np.array([2, 0, 1, 2], "int32")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def standard_normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def built(normalize=False, **arguments):
    """A layer with a bias that is not zero, and its weights."""
    layer = ClassProjection(3, normalize, **arguments)
    layer.build([(None, 5), (None,)])
    weights = {v.name: v for v in layer.trainable_variables}
    weights["bias"].assign([0.3])
    if normalize:
        for wrapped in (layer.linear, layer.embedding):
            kernel = numpy(wrapped.layer.trainable_variables[0])
            wrapped.u.assign(np.linalg.svd(kernel)[2][0])
    return layer, {k: numpy(v).astype("float64") for k, v in weights.items()}


def expected(x, weights, normalize=False):
    kernel, embeddings = weights["kernel"], weights["embeddings"]
    if normalize:
        kernel = kernel / np.linalg.norm(kernel)
        embeddings = embeddings / np.linalg.norm(embeddings, 2)
    return np.stack(
        [
            sample @ kernel + weights["bias"] + sample @ embeddings[label]
            for label, sample in zip(LABELS, x, strict=True)
        ]
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("normalize", [False, True])
def test_value(normalize, training):
    layer, weights = built(normalize)
    x = standard_normal(4, 5)
    logits = numpy(layer([x, LABELS], training=training))
    assert logits.shape == (4, 1)
    assert layer.compute_output_shape([(None, 5), (None,)]) == (None, 1)
    np.testing.assert_allclose(
        logits, expected(x, weights, normalize), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("normalize", [False, True])
def test_gradients_match_finite_differences(normalize):
    layer, weights = built(normalize)
    x = standard_normal(4, 5)
    upstream = np.array([[1.0], [-2.0], [0.5], [3.0]])

    def value(x, **weights):
        return (upstream * expected(x, weights, normalize)).sum()

    def differences(name):
        points = {"x": x.astype("float64"), **weights}
        result = np.zeros(points[name].shape)
        for index in np.ndindex(*result.shape):
            moved = {key: point.copy() for key, point in points.items()}
            moved[name][index] += 1e-5
            high = value(**moved)
            moved[name][index] -= 2e-5
            result[index] = (high - value(**moved)) / 2e-5
        return result

    _, _, pullback = _backend.call_with_input_gradient(
        lambda x: (layer([x, LABELS]), None), ops.convert_to_tensor(x)
    )
    np.testing.assert_allclose(
        numpy(pullback(ops.convert_to_tensor(upstream, "float32"))),
        differences("x"),
        rtol=1e-4,
        atol=1e-5,
    )
    inputs = [keras.Input((5,)), keras.Input((), dtype="int32")]
    model = keras.Model(inputs, layer(inputs))
    model.compile(
        keras.optimizers.SGD(1.0),
        lambda y, logits: ops.sum(y * logits, axis=-1),
    )
    # Keras takes the mean over the batch of four.
    model.train_on_batch([x, LABELS], 4 * upstream)
    for variable in layer.trainable_variables:
        np.testing.assert_allclose(
            weights[variable.name] - numpy(variable),
            differences(variable.name),
            rtol=1e-3,
            atol=1e-5,
        )


@pytest.mark.parametrize("normalize", [False, True])
def test_weights(normalize):
    layer, _ = built(normalize)
    shapes = {v.name: tuple(v.shape) for v in layer.trainable_variables}
    assert shapes == {"kernel": (5, 1), "bias": (1,), "embeddings": (3, 5)}
    # One vector for each of the two matrices.
    assert len(layer.non_trainable_variables) == 2 * normalize


def test_labels_of_both_shapes():
    layer, weights = built()
    x = standard_normal(4, 5)
    for labels in (LABELS, LABELS[:, None]):
        np.testing.assert_allclose(
            numpy(layer([x, labels])),
            expected(x, weights),
            rtol=1e-5,
            atol=1e-6,
        )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_unknown_batch_size(jit_compile, backend):
    if backend == "torch" and jit_compile:
        pytest.skip("jit_compile is not tested on torch")
    layer, weights = built()
    inputs = [keras.Input((5,)), keras.Input((), dtype="int32")]
    outputs = layer(inputs)
    assert outputs.shape == (None, 1)
    model = keras.Model(inputs, outputs)
    model.compile(jit_compile=jit_compile)
    x = standard_normal(4, 5)
    np.testing.assert_allclose(
        model.predict([x, LABELS], batch_size=3, verbose=0),
        expected(x, weights),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(
    "policy, dtype",
    [
        ("mixed_float16", "float16"),
        ("mixed_bfloat16", "bfloat16"),
        ("float32", "float32"),
    ],
)
def test_dtype_policies(policy, dtype, normalize):
    layer, weights = built(normalize, dtype=policy)
    x = standard_normal(4, 5)
    logits = layer([x, LABELS])
    assert keras.backend.standardize_dtype(logits.dtype) == dtype
    np.testing.assert_allclose(
        numpy(ops.cast(logits, "float32")),
        expected(x, weights, normalize),
        atol=0.05,
    )


def test_saving(tmp_path):
    layer, _ = built(normalize=True)
    inputs = [keras.Input((5,)), keras.Input((), dtype="int32")]
    model = keras.Model(inputs, layer(inputs))
    x = standard_normal(4, 5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].get_config() == layer.get_config()
    np.testing.assert_allclose(
        numpy(loaded([x, LABELS])), numpy(model([x, LABELS])), rtol=1e-5
    )


def test_step_of_a_conditional_gan_with_r1(vectors):
    generator, _ = kr.networks.mlp(
        (2,), latent_dim=3, hidden=(8,), num_classes=3
    )
    inputs = [keras.Input((2,)), keras.Input((), dtype="int32")]
    features = layers.Dense(8, activation="tanh")(inputs[0])
    logits = ClassProjection(3, spectral_normalization=True)(
        [features, inputs[1]]
    )
    gan = kr.RegularizedGAN(generator, keras.Model(inputs, logits), seed=0)
    gan.compile(discriminator_regularizers=[kr.penalties.R1(1.0)])
    before = gan.discriminator.get_weights()
    logs = gan.train_on_batch(vectors, np.arange(64) % 3, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    for old, new in zip(before, gan.discriminator.get_weights(), strict=True):
        assert np.isfinite(new).all() and not np.array_equal(old, new)


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"num_classes": 0}, ValueError, "num_classes"),
        ({"num_classes": None}, TypeError, "num_classes"),
        ({"spectral_normalization": 1}, TypeError, "spectral_normalization"),
    ],
)
def test_bad_arguments(arguments, error, name):
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        ClassProjection(**{"num_classes": 3, **arguments})


def test_bad_inputs():
    with pytest.raises(ValueError, match="list of two tensors"):
        ClassProjection(3)(standard_normal(4, 5))
    with pytest.raises(ValueError, match="batch, features"):
        ClassProjection(3)([standard_normal(4, 2, 5), LABELS])
