"""The modern pair, also against a version of it in NumPy."""

import keras
import numpy as np
import pytest
from networks.arrays import numpy
from networks.arrays import standard_normal

import keras_regan as kr
from keras_regan.networks import _resampling
from keras_regan.networks import r3gan

# One configuration for most tests that compute: JAX compiles it only once.
SHAPE = (16, 16, 3)
SMALL = {"latent_dim": 5, "width": 8, "blocks": 1, "group_size": 4}
LABELS = np.array([2, 0, 1], "int32")

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


def randomized(model):
    """Gives all weights random numbers, also those that start at zero."""
    random = np.random.default_rng(1)
    model.set_weights(
        [0.4 * random.normal(size=w.shape) for w in model.get_weights()]
    )
    return model


def maps(model, ending="_narrowed"):
    """The (size, filters) after each block, or each of such layers."""
    return [
        layer.output.shape[2:]
        for layer in model.layers
        if layer.name.startswith("block") and layer.name.endswith(ending)
    ]


def weights_of(model, name):
    return [numpy(v) for v in model.get_layer(name).trainable_variables]


def leaky(x):
    return np.maximum(x, 0.2 * x)


def grouped(x, kernel, bias):
    """A 3x3 convolution with padding, of which each output sees a group."""
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    height, width, channels = x.shape[1:]
    size, outputs = kernel.shape[2:]
    groups = channels // size
    share = outputs // groups
    result = np.zeros((*x.shape[:3], outputs)) + bias
    for group in range(groups):
        to = slice(group * share, (group + 1) * share)
        by = slice(group * size, (group + 1) * size)
        for i in range(3):
            for j in range(3):
                seen = padded[:, i : i + height, j : j + width, by]
                result[..., to] += seen @ kernel[i, j, :, to]
    return result


def block(x, model, name):
    kernel, bias = weights_of(model, f"{name}_widened")
    y = leaky(x @ kernel[0, 0] + bias)
    y = leaky(grouped(y, *weights_of(model, f"{name}_grouped")))
    return x + y @ weights_of(model, f"{name}_narrowed")[0][0, 0]


def interpolated(x, axis):
    """Each pixel twice, drawn by a quarter to its neighbour on that side."""
    x = np.moveaxis(x, axis, 0)
    padded = np.concatenate([0 * x[:1], x, 0 * x[:1]])
    result = np.repeat(0 * x, 2, axis=0)
    result[0::2] = 0.75 * x + 0.25 * padded[:-2]
    result[1::2] = 0.75 * x + 0.25 * padded[2:]
    return np.moveaxis(result, 0, axis)


def decimated(x, axis):
    """Each second position of the means by [1, 3, 3, 1] / 8."""
    x = np.moveaxis(x, axis, 0)
    padded = np.concatenate([0 * x[:1], x, 0 * x[:1]])
    pixels = [padded[i : i + len(x) : 2] for i in range(4)]
    result = sum(w * p for w, p in zip((1, 3, 3, 1), pixels, strict=True)) / 8
    return np.moveaxis(result, 0, axis)


@pytest.mark.parametrize(
    "resample, expected",
    [(_resampling.doubled, interpolated), (_resampling.halved, decimated)],
)
def test_resampling_is_interpolation_with_zeros_around(resample, expected):
    images = standard_normal(2, 6, 4, 3)
    inputs = keras.Input(images.shape[1:])
    resampled = keras.Model(inputs, resample(inputs))(images)
    np.testing.assert_allclose(
        numpy(resampled), expected(expected(images, 1), 2), atol=1e-6
    )


@pytest.mark.parametrize("size, channels", [(28, 1), (64, 3), (256, 3)])
def test_shapes(size, channels, zero_weights):
    shape = (size, size, channels)
    generator, discriminator = r3gan(
        shape, latent_dim=5, width=64, blocks=1, group_size=8
    )
    assert (generator.name, discriminator.name) == (
        "generator",
        "discriminator",
    )
    assert generator.input_shape == (None, 5)
    assert generator.output_shape == (None, *shape)
    assert discriminator.input_shape == (None, *shape)
    assert discriminator.output_shape == (None, 1)


def test_filters_are_the_papers(zero_weights):
    # Those of FFHQ at 256 pixels, each a twelfth.
    generator, discriminator = r3gan((256, 256, 3), width=64, group_size=16)
    filters = [64, 64, 64, 64, 32, 16, 8]
    sizes = [4, 8, 16, 32, 64, 128, 256]
    twice = [(s, f) for s, f in zip(sizes, filters, strict=True) for _ in "ab"]
    assert maps(generator) == twice
    assert maps(discriminator) == twice[::-1]
    assert maps(generator, "_grouped") == [(s, 2 * f) for s, f in twice]
    groups = [
        generator.get_layer(f"block_{size}_1_grouped").groups for size in sizes
    ]
    assert groups == [8, 8, 8, 8, 4, 2, 1]


def test_weight_counts_are_the_authors(zero_weights):
    # Counted in the authors' networks for CIFAR-10 with classes.
    pair = r3gan((32, 32, 3), width=768, num_classes=10)
    assert [m.count_params() for m in pair] == [20_781_952, 21_280_512]


def test_weight_counts_are_those_of_the_docstring(zero_weights):
    for model in r3gan((32, 32, 3)):
        assert f"{model.count_params():,}" in r3gan.__doc__


def test_generator_equals_its_formula():
    generator, _ = r3gan(SHAPE, num_classes=3, **SMALL)
    randomized(generator)
    latents = standard_normal(3, 5)
    vectors = weights_of(generator, "label_embedding")[0][LABELS]
    x = np.concatenate([latents, vectors], axis=1)
    x = x @ weights_of(generator, "latents_to_basis")[0]
    x = x[:, None, None, :] * weights_of(generator, "basis")[0]
    x = block(x, generator, "block_4_1")
    x = interpolated(interpolated(x, 1), 2)
    x = block(x, generator, "block_8_1")
    x = interpolated(interpolated(x, 1), 2)
    x = block(x, generator, "block_16_1")
    images = x @ weights_of(generator, "images")[0][0, 0]
    np.testing.assert_allclose(
        numpy(generator([latents, LABELS])), images, rtol=1e-4, atol=1e-4
    )


def test_discriminator_equals_its_formula():
    _, discriminator = r3gan(
        SHAPE, num_classes=3, discriminator_features=True, **SMALL
    )
    randomized(discriminator)
    images = standard_normal(3, *SHAPE)
    x = images @ weights_of(discriminator, "pixels")[0][0, 0]
    x = block(x, discriminator, "block_16_1")
    x = decimated(decimated(x, 1), 2)
    x = block(x, discriminator, "block_8_1")
    x = decimated(decimated(x, 1), 2)
    x = block(x, discriminator, "block_4_1")
    kernel = weights_of(discriminator, "basis")[0][..., 0]
    features = (x * kernel).sum(axis=(1, 2))
    outputs = discriminator([images, LABELS])
    np.testing.assert_allclose(
        numpy(outputs["features"]), features, rtol=1e-4, atol=1e-4
    )
    vectors = weights_of(discriminator, "label_embedding")[0][LABELS]
    products = features @ weights_of(discriminator, "class_features")[0]
    np.testing.assert_allclose(
        numpy(outputs["logits"])[:, 0],
        (products * vectors).sum(axis=1),
        rtol=1e-4,
        atol=1e-4,
    )


def test_resampling_between_filters_comes_on_the_cheaper_side(zero_weights):
    generator, discriminator = r3gan((64, 64, 1), width=16, blocks=1)
    assert generator.get_layer("narrowed_32").output.shape[1:] == (32, 32, 8)
    assert discriminator.get_layer("widened_32").input.shape[1:] == (32, 32, 8)


def test_blocks_begin_as_the_identity():
    generator, _ = r3gan(SHAPE, **SMALL)
    latents = standard_normal(2, 5)
    before = numpy(generator(latents))
    for name in ("widened", "grouped"):
        layer = generator.get_layer(f"block_8_1_{name}")
        layer.set_weights([w + 1.0 for w in layer.get_weights()])
    np.testing.assert_array_equal(numpy(generator(latents)), before)


def test_initial_weights_are_scaled_by_inputs_and_depth():
    generator, discriminator = r3gan(
        (16, 16, 3), width=64, blocks=2, num_classes=50, latent_dim=100
    )
    # Six blocks; sqrt(2 / 1.04) times their number to the power of -1/4.
    gain = np.sqrt(2 / 1.04) * 6**-0.25
    expected = {
        generator: {
            "label_embedding": 50**-0.5,
            "latents_to_basis": 200**-0.5,
            "basis": 1.0,
            "block_8_2_widened": gain / 8,
            "block_8_2_grouped": gain / 12,
            "block_8_2_narrowed": 0.0,
            "images": 1 / 8,
        },
        discriminator: {
            "pixels": 3**-0.5,
            "block_4_1_widened": gain / 8,
            "block_4_1_grouped": gain / 12,
            "basis": 1 / 4,
            "class_features": 1 / 8,
            "label_embedding": 50**-0.5 / 8,
        },
    }
    for model, deviations in expected.items():
        for name, deviation in deviations.items():
            kernel = weights_of(model, name)[0]
            # Five standard errors of what so many draws deviate by.
            error = 5 * deviation / np.sqrt(2 * kernel.size)
            assert abs(kernel.std() - deviation) <= error, name


def test_blocks_of_a_network_start_from_different_weights():
    generator, discriminator = r3gan((16, 16, 3), width=8, blocks=2)
    kernels = [
        weights_of(model, f"block_8_{index}_widened")[0]
        for model in (generator, discriminator)
        for index in (1, 2)
    ]
    assert len({kernel.tobytes() for kernel in kernels}) == 4


def test_labels_of_both_shapes_are_taken():
    pair = r3gan(SHAPE, num_classes=3, **SMALL)
    for model, inputs in zip(
        pair, (np.ones((3, 5)), np.ones((3, *SHAPE))), strict=True
    ):
        randomized(model)
        flat = numpy(model([inputs, LABELS]))
        column = numpy(model([inputs, LABELS[:, None]]))
        np.testing.assert_allclose(column, flat, rtol=1e-5, atol=1e-6)
        assert np.abs(flat[0] - flat[1]).max() > 1e-4


def test_pair_computes_the_same_with_channels_first(channels_first, backend):
    first = r3gan((3, 16, 16), **SMALL)
    keras.config.set_image_data_format("channels_last")
    last = r3gan(SHAPE, **SMALL)
    assert first[0].output_shape == (None, 3, 16, 16)
    assert first[1].output_shape == (None, 1)
    if backend == "tensorflow":  # It has no such convolutions on a CPU.
        return
    images = standard_normal(2, *SHAPE)
    inputs = [standard_normal(2, 5)] * 2, [images.transpose(0, 3, 1, 2), images]
    for one, other, given in zip(first, last, inputs, strict=True):
        randomized(other)
        one.set_weights(other.get_weights())
        mine, theirs = numpy(one(given[0])), numpy(other(given[1]))
        if mine.ndim == 4:
            mine = mine.transpose(0, 2, 3, 1)
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


def test_outputs_are_float32_under_mixed_precision(zero_weights):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator, discriminator = r3gan(
            SHAPE, num_classes=3, discriminator_features=True, **SMALL
        )
    finally:
        keras.config.set_dtype_policy(before)
    outputs = keras.tree.flatten([generator.output, discriminator.output])
    assert {tensor.dtype for tensor in outputs} == {"float32"}
    assert generator.get_layer("block_4_1_grouped").compute_dtype == "bfloat16"
    vectors = discriminator.get_layer("label_embedding")
    assert vectors.compute_dtype == "float32"


def test_pair_survives_saving_without_this_package(tmp_path):
    pair = r3gan(SHAPE, num_classes=3, **SMALL)
    for model, inputs in zip(
        pair, (standard_normal(3, 5), standard_normal(3, *SHAPE)), strict=True
    ):
        randomized(model)
        path = tmp_path / f"{model.name}.keras"
        model.save(path)
        loaded = keras.saving.load_model(path)
        np.testing.assert_allclose(
            numpy(loaded([inputs, LABELS])),
            numpy(model([inputs, LABELS])),
            rtol=1e-5,
            atol=1e-6,
        )
        assert "keras_regan" not in model.to_json()


def test_pair_takes_the_papers_step(backend):
    gan = kr.RegularizedGAN(
        *r3gan(SHAPE, num_classes=3, **SMALL), ema_momentum=0.9, seed=0
    )
    gan.compile(
        loss=kr.losses.Relativistic(),
        discriminator_regularizers=[
            kr.penalties.R1(1.0),
            kr.penalties.R2(1.0),
        ],
        # One step is sooner taken than traced, but on JAX, and where groups
        # are compiled one by one.
        run_eagerly=backend == "torch",
    )
    before = [weight.copy() for weight in gan.get_weights()]
    images = standard_normal(3, *SHAPE)
    for _ in range(2):  # What comes before a zero does not move at first.
        logs = gan.train_on_batch(images, LABELS, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    assert logs["d_r1"] > 0 and logs["d_r2"] > 0
    for old, new in zip(before, gan.get_weights(), strict=True):
        assert np.isfinite(new).all()
        if new.ndim > 1:
            assert not np.array_equal(old, new)
    assert gan.generate(2, conditions=1).shape == (2, *SHAPE)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"image_shape": (24, 24, 1)}, ValueError, "`image_shape`"),
        ({"latent_dim": 0}, ValueError, "`latent_dim`"),
        ({"width": 8.0}, TypeError, "`width`"),
        (
            {"image_shape": (128, 128, 3), "width": 6},
            ValueError,
            "`width`. Expected a multiple of 4 for images of 128 pixels, since "
            "it is halved with each doubling beyond 32. Received: width=6",
        ),
        ({"blocks": 0}, ValueError, "`blocks`"),
        (
            {"width": 12},
            ValueError,
            "`group_size`. Expected a divisor of 24, the fewest channels that "
            "are convolved in groups with width=12. Received: group_size=16",
        ),
        ({"num_classes": 0}, ValueError, "`num_classes`"),
        ({"discriminator_features": 1}, TypeError, "`discriminator_features`"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    with pytest.raises(error) as caught:
        r3gan(**{"image_shape": (32, 32, 1), **arguments})
    assert f"Invalid value for argument {message}" in str(caught.value)
