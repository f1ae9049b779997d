"""The residual pair, also against a version of it in NumPy."""

import keras
import numpy as np
import pytest
from networks.arrays import numpy
from networks.arrays import standard_normal

import keras_regan as kr
from keras_regan.networks import resnet

layers = keras.layers
# One configuration for most tests that compute: JAX compiles it only once.
SMALL = {"latent_dim": 8, "width": 2}
KINDS = {
    "unconditional": {},
    "projection": {"num_classes": 3},
    "auxiliary": {"num_classes": 3, "auxiliary_classifier": True},
}
LABELS = np.array([2, 0, 1], "int32")
kinds = pytest.mark.parametrize("kind", list(KINDS))


pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


def randomized(model):
    """Gives all weights, biases and averages included, random numbers."""
    random = np.random.default_rng(1)
    model.set_weights(
        [
            # Averages of the variance must be positive.
            np.abs(0.3 * random.normal(size=w.shape)) + 0.2
            if variable.name == "moving_variance"
            else 0.3 * random.normal(size=w.shape)
            for variable, w in zip(
                model.weights, model.get_weights(), strict=True
            )
        ]
    )
    return model


def of_one_type(model, kind):
    return [layer for layer in model.layers if type(layer) is kind]


def convolutions(model):
    """The (size, filters) after each 3x3 convolution."""
    shapes = {
        layer.name: (layer.output.shape[1], layer.output.shape[3])
        for layer in model.layers
        if "convolution" in layer.name or layer.name == "images"
    }
    return [shapes[name] for name in sorted(shapes)]


@pytest.mark.parametrize(
    "size, channels", [(28, 1), (32, 3), (64, 1), (128, 3)]
)
def test_resnet_shapes(size, channels, zero_weights):
    shape = (size, size, channels)
    generator, discriminator = resnet(shape, latent_dim=5, width=1)
    assert (generator.name, discriminator.name) == (
        "generator",
        "discriminator",
    )
    assert generator.input_shape == (None, 5)
    assert generator.output_shape == (None, *shape)
    assert discriminator.input_shape == (None, *shape)
    assert discriminator.output_shape == (None, 1)


def test_resnet_is_the_papers_at_128_pixels(zero_weights):
    generator, discriminator = resnet((128, 128, 3), width=2)
    assert generator.get_layer("base").units == 4 * 4 * 32
    filters = [32, 16, 8, 4, 2]
    sizes = [8, 16, 32, 64, 128]
    blocks = [(s, f) for s, f in zip(sizes, filters, strict=True) for _ in "ab"]
    assert convolutions(generator) == [*blocks, (128, 3)]
    # The first convolution of a block has the filters of the block before.
    assert convolutions(discriminator) == [
        *[(128, 2), (128, 2)],
        *[(64, 2), (64, 4)],
        *[(32, 4), (32, 8)],
        *[(16, 8), (16, 16)],
        *[(8, 16), (8, 32)],
        *[(4, 32), (4, 32)],
    ]
    # The last block leaves both size and filters as they are.
    names = [layer.name for layer in discriminator.layers]
    assert "block_5_shortcut" in names and "block_6_shortcut" not in names


def test_resnet_starts_from_7x7_for_28_pixels(zero_weights):
    generator, discriminator = resnet((28, 28, 1), width=2)
    assert generator.get_layer("base").units == 7 * 7 * 8
    assert convolutions(discriminator)[-1] == (7, 8)


@pytest.mark.parametrize("spectral_normalization", [False, True])
def test_resnet_weight_counts(spectral_normalization, zero_weights):
    def convolution(size, before, after):
        return size * size * before * after + after

    def up_block(before, after, classes):
        normalizations = 2 * classes * (before + after)
        return (
            convolution(3, before, after)
            + convolution(3, after, after)
            + convolution(1, before, after)
            + normalizations
        )

    def block(before, hidden, after):
        return (
            convolution(3, before, hidden)
            + convolution(3, hidden, after)
            + convolution(1, before, after)
        )

    generator, discriminator = resnet(
        (32, 32, 3),
        num_classes=3,
        spectral_normalization=spectral_normalization,
        **SMALL,
    )
    counts = [
        sum(int(np.prod(v.shape)) for v in model.trainable_variables)
        for model in (generator, discriminator)
    ]
    assert counts == [
        (8 + 1) * 4 * 4 * 16
        + up_block(16, 8, 3)
        + up_block(8, 4, 3)
        + up_block(4, 2, 3)
        + 2 * 2
        + convolution(3, 2, 3),
        block(3, 2, 2)
        + block(2, 2, 4)
        + block(4, 4, 8)
        + block(8, 8, 16)
        + (16 + 1)
        + 3 * 16,
    ]
    # One vector for every kernel: of the channels, or of the features.
    vectors = [tuple(v.shape) for v in discriminator.non_trainable_variables]
    # Eight 3x3 convolutions, four shortcuts, and the two of the projection.
    assert len(vectors) == 14 * spectral_normalization


def relu(x):
    return np.maximum(x, 0.0)


def convolved(x, layer):
    """A convolution with padding that keeps the size, by its definition."""
    kernel, bias = (numpy(v) for v in layer.trainable_variables)
    reach = kernel.shape[0] // 2
    padded = np.pad(x, [(0, 0), (reach, reach), (reach, reach), (0, 0)])
    height, width = x.shape[1:3]
    return bias + sum(
        padded[:, i : i + height, j : j + width] @ kernel[i, j]
        for i in range(kernel.shape[0])
        for j in range(kernel.shape[1])
    )


def pooled(x):
    return sum(x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)) / 4


def upsampled(x):
    return x.repeat(2, axis=1).repeat(2, axis=2)


def test_discriminator_equals_its_formula():
    _, discriminator = resnet(
        (28, 28, 1),
        num_classes=3,
        spectral_normalization=False,
        discriminator_features=True,
        **SMALL,
    )
    randomized(discriminator)
    images = standard_normal(3, 28, 28, 1)

    def conv(x, name):
        return convolved(x, discriminator.get_layer(name))

    x = images.astype("float64")
    inner = relu(conv(x, "block_1_convolution_1"))
    inner = pooled(conv(inner, "block_1_convolution_2"))
    x = inner + pooled(conv(x, "block_1_shortcut"))
    inner = relu(conv(relu(x), "block_2_convolution_1"))
    inner = pooled(conv(inner, "block_2_convolution_2"))
    x = inner + pooled(conv(x, "block_2_shortcut"))
    inner = relu(conv(relu(x), "block_3_convolution_1"))
    x = conv(inner, "block_3_convolution_2") + conv(x, "block_3_shortcut")
    features = relu(x).sum(axis=(1, 2))
    head = discriminator.get_layer("logits")
    weights = {v.name: numpy(v) for v in head.trainable_variables}
    direction = weights["kernel"].T + weights["embeddings"][LABELS]
    logits = (features * direction).sum(axis=1) + weights["bias"]
    outputs = discriminator([images, LABELS])
    np.testing.assert_allclose(
        numpy(outputs["features"]), features, rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(
        numpy(outputs["logits"])[:, 0], logits, rtol=1e-4, atol=1e-4
    )


def test_generator_equals_its_formula():
    generator, _ = resnet((28, 28, 1), num_classes=3, **SMALL)
    randomized(generator)
    latents = standard_normal(3, 8)
    normalizations = iter(
        of_one_type(generator, kr.layers.ConditionalBatchNormalization)
    )

    def normalized(x, layer):
        weights = {v.name: numpy(v) for v in layer.variables}
        x = x - weights["moving_mean"]
        x = x / np.sqrt(weights["moving_variance"] + 1e-5)
        if len(weights["gamma"]) == x.shape[-1]:
            return weights["gamma"] * x + weights["beta"]
        gamma, beta = (
            weights[k].reshape(3, -1)[LABELS] for k in ("gamma", "beta")
        )
        return gamma[:, None, None] * x + beta[:, None, None]

    def conv(x, name):
        return convolved(x, generator.get_layer(name))

    kernel, bias = (
        numpy(v) for v in generator.get_layer("base").trainable_variables
    )
    x = (latents @ kernel + bias).reshape(3, 7, 7, 8)
    for name in ("block_1", "block_2"):
        inner = upsampled(relu(normalized(x, next(normalizations))))
        inner = conv(inner, f"{name}_convolution_1")
        inner = relu(normalized(inner, next(normalizations)))
        inner = conv(inner, f"{name}_convolution_2")
        x = inner + conv(upsampled(x), f"{name}_shortcut")
    (last,) = of_one_type(generator, layers.BatchNormalization)
    images = np.tanh(conv(relu(normalized(x, last)), "images"))
    np.testing.assert_allclose(
        numpy(generator([latents, LABELS])), images, rtol=1e-3, atol=1e-4
    )


def test_resnet_samples_are_independent():
    _, discriminator = resnet((28, 28, 1), **SMALL)
    images = standard_normal(3, 28, 28, 1)
    alone = np.concatenate([images[:1], np.zeros_like(images[1:])])
    before = discriminator.get_weights()
    together = numpy(discriminator(images, training=True))[0]
    discriminator.set_weights(before)
    separate = numpy(discriminator(alone, training=True))[0]
    np.testing.assert_allclose(together, separate, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["projection", "auxiliary"])
def test_resnet_takes_labels_of_both_shapes_and_depends_on_them(kind):
    generator, discriminator = resnet((28, 28, 1), **KINDS[kind], **SMALL)
    pairs = [(randomized(generator), np.ones((3, 8), "float32"))]
    if kind == "projection":
        images = np.ones((3, 28, 28, 1), "float32")
        pairs.append((randomized(discriminator), images))
    else:
        assert discriminator.input_shape == (None, 28, 28, 1)
    for model, inputs in pairs:
        flat = numpy(model([inputs, LABELS]))
        column = numpy(model([inputs, LABELS[:, None]]))
        np.testing.assert_allclose(column, flat, rtol=1e-5, atol=1e-6)
        assert np.abs(flat[0] - flat[1]).max() > 1e-4


@pytest.mark.parametrize(
    "spectral_normalization, features, policy",
    [
        (True, False, "float32"),
        (False, True, "mixed_bfloat16"),
        (True, True, "mixed_float16"),
    ],
)
@kinds
def test_resnet_outputs_normalization_and_precision(
    kind, spectral_normalization, features, policy, zero_weights
):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        generator, discriminator = resnet(
            (28, 28, 1),
            spectral_normalization=spectral_normalization,
            discriminator_features=features,
            **KINDS[kind],
            **SMALL,
        )
    finally:
        keras.config.set_dtype_policy(before)

    expected = {"logits": (None, 1)}
    if kind == "auxiliary":
        expected["class_logits"] = (None, 3)
    if features:
        expected["features"] = (None, 8)
    outputs = discriminator.output
    if len(expected) == 1:
        outputs = {"logits": outputs}
    assert {k: tensor.shape for k, tensor in outputs.items()} == expected

    compute_dtype = policy.removeprefix("mixed_")
    for model in (generator, discriminator):
        convolution = model.get_layer("block_1_convolution_1")
        assert convolution.output.dtype == compute_dtype
    assert generator.output.dtype == "float32"
    assert {tensor.dtype for tensor in outputs.values()} == {"float32"}

    if spectral_normalization:
        kernels = [v for v in discriminator.trainable_variables if v.ndim > 1]
        assert len(discriminator.non_trainable_variables) == len(kernels)
        assert of_one_type(discriminator, layers.Conv2D) == []
        assert of_one_type(discriminator, layers.Dense) == []
    else:
        assert discriminator.non_trainable_variables == []


def test_resnet_survives_saving(tmp_path):
    for model, inputs in zip(
        resnet((28, 28, 1), num_classes=3, **SMALL),
        (standard_normal(3, 8), standard_normal(3, 28, 28, 1)),
        strict=True,
    ):
        path = tmp_path / f"{model.name}.keras"
        model([inputs, LABELS], training=True)
        model.save(path)
        loaded = keras.saving.load_model(path)
        np.testing.assert_allclose(
            loaded.predict([inputs, LABELS], verbose=0),
            model.predict([inputs, LABELS], verbose=0),
            rtol=1e-5,
            atol=1e-6,
        )


def test_resnet_honours_channels_first(channels_first, zero_weights):
    generator, discriminator = resnet((3, 32, 32), num_classes=3, **SMALL)
    assert generator.output_shape == (None, 3, 32, 32)
    assert discriminator.input_shape == [(None, 3, 32, 32), (None,)]
    normalizations = of_one_type(
        generator, kr.layers.ConditionalBatchNormalization
    )
    assert [n.gamma.shape[0] // 3 for n in normalizations] == [
        16,
        8,
        8,
        4,
        4,
        2,
    ]
    with pytest.raises(ValueError, match="channels_first"):
        resnet((32, 32, 3))


@pytest.mark.parametrize(
    "kind",
    [
        # Any other GAN without labels takes the same step.
        pytest.param("unconditional", marks=pytest.mark.thorough),
        "projection",
        "auxiliary",
    ],
)
def test_resnet_takes_a_step_in_a_gan(kind, backend):
    pair = resnet((28, 28, 1), **KINDS[kind], **SMALL)
    gan = kr.RegularizedGAN(*pair, seed=0)
    classifier = [kr.penalties.AuxiliaryClassifier()] * (kind == "auxiliary")
    gan.compile(
        loss=kr.losses.Hinge(),
        generator_regularizers=classifier,
        discriminator_regularizers=[kr.penalties.R1(1.0), *classifier],
        # One step is sooner taken than traced, but on JAX.
        run_eagerly=backend != "jax",
    )
    images = standard_normal(3, 28, 28, 1)
    labels = None if kind == "unconditional" else LABELS
    before = [weight.copy() for weight in gan.get_weights()]
    logs = gan.train_on_batch(images, labels, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    for old, new in zip(before, gan.get_weights(), strict=True):
        assert np.isfinite(new).all()
        if new.ndim > 1:
            assert not np.array_equal(old, new)
    samples = gan.generate(2, conditions=None if labels is None else 1)
    assert samples.shape == (2, 28, 28, 1)


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"image_shape": (16, 16, 1)}, ValueError, "image_shape"),
        ({"image_shape": (256, 256, 3)}, ValueError, "image_shape"),
        ({"image_shape": (32, 32)}, ValueError, "image_shape"),
        ({"latent_dim": 0}, ValueError, "latent_dim"),
        ({"width": 1.0}, TypeError, "width"),
        ({"num_classes": 0}, ValueError, "num_classes"),
        ({"auxiliary_classifier": True}, ValueError, "num_classes"),
        ({"auxiliary_classifier": 1}, TypeError, "auxiliary_classifier"),
        ({"spectral_normalization": 1}, TypeError, "spectral_normalization"),
        ({"discriminator_features": 1}, TypeError, "discriminator_features"),
    ],
)
def test_resnet_names_the_wrong_argument(arguments, error, name):
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        resnet(**{"image_shape": (32, 32, 1), **arguments})
