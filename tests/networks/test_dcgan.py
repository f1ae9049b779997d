import keras
import numpy as np
import pytest
from networks.arrays import shares_of_variance
from networks.arrays import standard_normal

from keras_regan.layers import Conv2DTranspose
from keras_regan.networks import dcgan

# One configuration for most tests that compute: JAX compiles it only once.
SMALL = {"latent_dim": 8, "width": 4, "num_classes": 3}


def layers_of(model, kind):
    return [layer for layer in model.layers if type(layer) is kind]


def images_inside(model, kind):
    """Returns the (height, channels) after each layer of a kind."""
    return [
        (layer.output.shape[1], layer.output.shape[3])
        for layer in layers_of(model, kind)
    ]


@pytest.mark.parametrize(
    "size, channels",
    [(16, 1), (28, 1), (32, 3), (64, 1), (128, 3), (256, 1)],
)
def test_dcgan_shapes(size, channels, zero_weights):
    shape = (size, size, channels)
    generator, discriminator = dcgan(shape, latent_dim=5, width=2)
    assert (generator.name, discriminator.name) == (
        "generator",
        "discriminator",
    )
    assert generator.input_shape == (None, 5)
    assert generator.output_shape == (None, *shape)
    assert discriminator.input_shape == (None, *shape)
    assert discriminator.output_shape == (None, 1)


def test_dcgan_is_the_papers_at_64_pixels(zero_weights):
    # Figure 1 of Radford et al.: 4x4x1024, 8x8x512, 16x16x256, 32x32x128.
    generator, discriminator = dcgan((64, 64, 3), width=128)
    reshape = layers_of(generator, keras.layers.Reshape)[0]
    assert reshape.output.shape == (None, 4, 4, 1024)
    assert images_inside(generator, Conv2DTranspose) == [
        (8, 512),
        (16, 256),
        (32, 128),
        (64, 3),
    ]
    assert images_inside(discriminator, keras.layers.Conv2D) == [
        (32, 128),
        (16, 256),
        (8, 512),
        (4, 1024),
    ]


def test_dcgan_goes_from_7x7_to_4x4_for_28_pixels(zero_weights):
    generator, discriminator = dcgan((28, 28, 1), width=4)
    reshape = layers_of(generator, keras.layers.Reshape)[0]
    assert reshape.output.shape == (None, 7, 7, 8)
    assert images_inside(discriminator, keras.layers.Conv2D) == [
        (14, 4),
        (7, 8),
        (4, 16),
    ]


def test_dcgan_caps_the_filters(zero_weights):
    _, discriminator = dcgan((256, 256, 3), width=2)
    filters = [f for _, f in images_inside(discriminator, keras.layers.Conv2D)]
    assert filters == [2, 4, 8, 16, 16, 16]


def test_dcgan_weights_start_small_and_differ():
    keras.utils.set_random_seed(0)
    # Of 28 pixels and this width, both networks have two kernels of one shape.
    generator, discriminator = dcgan((28, 28, 1), width=16)
    kernels = [
        keras.ops.convert_to_numpy(layer.kernel)
        for model in (generator, discriminator)
        for layer in model.layers
        if hasattr(layer, "kernel")
    ]
    assert len(kernels) == 7
    for kernel in kernels:
        # The smallest has 256 numbers: a standard error of 4 %.
        assert kernel.std() == pytest.approx(0.02, rel=0.15)
        assert kernel.mean() == pytest.approx(0.0, abs=0.004)
    assert len({float(kernel.flat[0]) for kernel in kernels}) == 7


def test_dcgan_keeps_the_variance_without_batch_normalization():
    keras.utils.set_random_seed(0)
    _, discriminator = dcgan(
        (28, 28, 1), width=16, discriminator_batch_normalization=False
    )
    first, second, third = layers_of(discriminator, keras.layers.Conv2D)
    logits = discriminator.get_layer("logits")
    # sqrt(2 / (1 + 0.2^2) / inputs), with the numbers of inputs written out.
    for layer, inputs in (
        (first, 16),
        (second, 256),
        (third, 512),
        (logits, 4 * 4 * 64),
    ):
        kernel = keras.ops.convert_to_numpy(layer.kernel)
        assert kernel.std() == pytest.approx((1.923 / inputs) ** 0.5, rel=0.15)


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_dcgan_discriminator_options(normalize, dropout, zero_weights):
    _, discriminator = dcgan(
        (32, 32, 1),
        width=2,
        discriminator_batch_normalization=normalize,
        discriminator_dropout=dropout,
    )
    normalizations = layers_of(discriminator, keras.layers.BatchNormalization)
    dropouts = layers_of(discriminator, keras.layers.Dropout)
    assert len(normalizations) == (2 if normalize else 0)
    assert [layer.rate for layer in dropouts] == [dropout] * (3 * bool(dropout))


@pytest.mark.parametrize("normalize", [True, False])
def test_dcgan_samples_are_independent_without_batch_normalization(normalize):
    _, discriminator = dcgan(
        (16, 16, 1),
        latent_dim=8,
        width=4,
        discriminator_batch_normalization=normalize,
    )
    images = standard_normal(3, 16, 16, 1)
    alone = np.concatenate([images[:1], np.zeros_like(images[1:])])
    together, separate = (
        keras.ops.convert_to_numpy(discriminator(batch, training=True))[0]
        for batch in (images, alone)
    )
    # Convolutions of other batches round differently by less than this.
    assert (abs(together - separate)[0] > 1e-4) == normalize


def test_dcgan_generates_between_minus_one_and_one():
    generator, _ = dcgan((16, 16, 1), latent_dim=8, width=4)
    images = generator.predict(1e4 * standard_normal(3, 8), verbose=0)
    np.testing.assert_allclose((images.min(), images.max()), (-1, 1), atol=0.02)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_dcgan_ends_in_float32_under_mixed_precision(policy, zero_weights):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        generator, discriminator = dcgan((16, 16, 1), width=2, num_classes=2)
    finally:
        keras.config.set_dtype_policy(before)
    compute_dtype = policy[len("mixed_") :]
    convolution = layers_of(discriminator, keras.layers.Conv2D)[0]
    assert convolution.compute_dtype == compute_dtype
    assert generator.layers[-2].compute_dtype == compute_dtype
    assert generator.output.dtype == discriminator.output.dtype == "float32"


def test_dcgan_survives_saving(tmp_path):
    labels = np.array([2, 0, 1], "int32")
    for model, inputs in zip(
        dcgan((16, 16, 1), discriminator_dropout=0.2, **SMALL),
        (standard_normal(3, 8), standard_normal(3, 16, 16, 1)),
        strict=True,
    ):
        path = tmp_path / f"{model.name}.keras"
        model.save(path)
        loaded = keras.saving.load_model(path)
        np.testing.assert_allclose(
            loaded.predict([inputs, labels], verbose=0),
            model.predict([inputs, labels], verbose=0),
            rtol=1e-5,
            atol=1e-6,
        )


def test_dcgan_takes_labels_of_both_shapes():
    labels = np.array([2, 0, 1], "int32")
    for model, inputs in zip(
        dcgan((16, 16, 1), **SMALL),
        (standard_normal(3, 8), standard_normal(3, 16, 16, 1)),
        strict=True,
    ):
        flat = keras.ops.convert_to_numpy(model([inputs, labels]))
        column = keras.ops.convert_to_numpy(model([inputs, labels[:, None]]))
        assert flat.shape == (3, *model.output_shape[1:])
        np.testing.assert_allclose(column, flat, rtol=1e-5, atol=1e-7)


def test_dcgan_depends_on_labels():
    labels = np.array([0, 1, 2], "int32")
    for model, inputs in zip(
        dcgan((16, 16, 1), **SMALL),
        (np.ones((3, 8)), np.ones((3, 16, 16, 1))),
        strict=True,
    ):
        outputs = keras.ops.convert_to_numpy(
            model([inputs.astype("float32"), labels])
        )
        assert np.abs(outputs[0] - outputs[1]).max() > 1e-5


def test_dcgan_classes_do_not_crowd_out_the_latents():
    keras.utils.set_random_seed(0)
    generator, _ = dcgan((16, 16, 1), width=4, latent_dim=64, num_classes=9)
    shares = shares_of_variance(generator, latent_dim=64, num_classes=9)
    # One-hot vectors have a variance of 8 / 81 an entry, latents of 1.
    assert shares["labels"] < 0.1 < 0.8 < shares["latents"]


def test_dcgan_label_channel_is_on_the_scale_of_pixels():
    keras.utils.set_random_seed(0)
    _, discriminator = dcgan((16, 16, 1), **SMALL)
    embedding = discriminator.get_layer("label_embedding")
    dense = layers_of(discriminator, keras.layers.Dense)[0]
    channel = keras.ops.convert_to_numpy(
        dense(embedding(np.arange(3, dtype="int32")))
    )
    assert channel.std() == pytest.approx(1.0, rel=0.4)


def test_dcgan_honours_channels_first(channels_first, zero_weights):
    generator, discriminator = dcgan((3, 32, 32), width=2, num_classes=2)
    assert generator.output_shape == (None, 3, 32, 32)
    assert discriminator.input_shape == [(None, 3, 32, 32), (None,)]
    for layer in layers_of(generator, keras.layers.BatchNormalization):
        assert layer.gamma.shape[0] in (8, 4, 2)
    with pytest.raises(ValueError, match="channels_first"):
        dcgan((32, 32, 3))


def test_dcgan_returns_features():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        _, discriminator = dcgan(
            (16, 16, 1), discriminator_features=True, **SMALL
        )
    finally:
        keras.config.set_dtype_policy(before)
    outputs = discriminator(
        [standard_normal(3, 16, 16, 1), np.array([2, 0, 1], "int32")]
    )
    assert set(outputs) == {"logits", "features"}
    assert tuple(outputs["features"].shape) == (3, 4 * 4 * 8)
    for tensor in outputs.values():
        assert keras.backend.standardize_dtype(tensor.dtype) == "float32"
    logits = discriminator.get_layer("logits")
    kernel, bias = (keras.ops.convert_to_numpy(w) for w in logits.weights)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(outputs["logits"]),
        keras.ops.convert_to_numpy(outputs["features"]) @ kernel + bias,
        rtol=1e-4,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    "arguments, error, name",
    [
        ({"image_shape": (32, 16, 1)}, ValueError, "image_shape"),
        ({"image_shape": (48, 48, 1)}, ValueError, "image_shape"),
        ({"image_shape": (8, 8, 1)}, ValueError, "image_shape"),
        ({"image_shape": (512, 512, 3)}, ValueError, "image_shape"),
        ({"image_shape": (32, 32, 4)}, ValueError, "image_shape"),
        ({"image_shape": (32, 32)}, ValueError, "image_shape"),
        ({"image_shape": 32}, ValueError, "image_shape"),
        ({"latent_dim": 0}, ValueError, "latent_dim"),
        ({"width": 0}, ValueError, "width"),
        ({"width": 8.0}, TypeError, "width"),
        ({"num_classes": -1}, ValueError, "num_classes"),
        ({"discriminator_features": 1}, TypeError, "discriminator_features"),
        ({"discriminator_dropout": 1.0}, ValueError, "discriminator_dropout"),
        (
            {"discriminator_batch_normalization": "yes"},
            TypeError,
            "discriminator_batch_normalization",
        ),
    ],
)
def test_dcgan_names_the_wrong_argument(arguments, error, name):
    with pytest.raises(error, match=f"Invalid value for argument `{name}`"):
        dcgan(**{"image_shape": (32, 32, 1), **arguments})
