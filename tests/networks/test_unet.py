"""The pair whose condition is an image."""

import keras
import numpy as np
import pytest
from networks.arrays import numpy
from networks.arrays import standard_normal

import keras_regan as kr
from keras_regan.networks import unet

# One configuration for most tests that compute: JAX compiles it only once.
SHAPES = (8, 8, 3), (8, 8, 1)
SMALL = {"latent_dim": 2, "width": 4}


def names_of(tensors):
    return [tensor.name for tensor in tensors]


def maps_of(model, prefix):
    """The (height, width, channels) of maps whose names begin so."""
    return [
        layer.output.shape[1:]
        for layer in model.layers
        if layer.name.startswith(prefix) and hasattr(layer, "filters")
    ]


@pytest.mark.parametrize(
    "height, width, smallest, patches",
    [
        (4, 4, (1, 1), (1, 1)),
        (28, 28, (7, 7), (7, 7)),
        (32, 32, (4, 4), (8, 8)),
        (64, 64, (4, 4), (16, 16)),
        (128, 128, (4, 4), (16, 16)),
        (16, 24, (4, 6), (4, 6)),
    ],
)
def test_shapes(height, width, smallest, patches, zero_weights):
    sample_shape, condition_shape = (height, width, 3), (height, width, 1)
    generator, discriminator = unet(sample_shape, condition_shape, width=1)
    assert (generator.name, discriminator.name) == (
        "generator",
        "discriminator",
    )
    assert names_of(generator.inputs) == ["latents", "condition"]
    assert generator.input_shape == [(None, 8), (None, *condition_shape)]
    assert generator.output_shape == (None, *sample_shape)
    assert maps_of(generator, "down")[-1][:2] == smallest
    assert names_of(discriminator.inputs) == ["samples", "condition"]
    assert discriminator.input_shape == [
        (None, *sample_shape),
        (None, *condition_shape),
    ]
    assert discriminator.output_shape == (None, *patches, 1)


def test_layers_and_weights_are_those_of_the_docstring(zero_weights):
    generator, discriminator = unet((28, 28, 1), (28, 28, 1))
    assert maps_of(generator, "down") == [(14, 14, 32), (7, 7, 64)]
    assert maps_of(generator, "up") == [(14, 14, 32)]
    assert generator.get_layer("bottleneck").units == 128
    assert generator.get_layer("bottleneck_map").units == 7 * 7 * 64
    counts = [model.count_params() for model in (generator, discriminator)]
    for count in counts:
        assert f"{count:,}" in unet.__doc__


def test_filters_double_up_to_eight_times_the_width(zero_weights):
    generator, _ = unet((128, 128, 3), (128, 128, 3), width=1)
    assert [shape[2] for shape in maps_of(generator, "down")] == [1, 2, 4, 8, 8]
    assert [shape[2] for shape in maps_of(generator, "up")] == [8, 4, 2, 1]


def test_size_of_patches_can_be_chosen(zero_weights):
    _, discriminator = unet(
        (24, 24, 1), (24, 24, 1), discriminator_halvings=3, width=1
    )
    assert discriminator.output_shape == (None, 3, 3, 1)


def test_generator_can_do_without_latents():
    generator, _ = unet(*SHAPES, latent_dim=None, width=4)
    assert names_of(generator.inputs) == ["condition"]
    condition = standard_normal(2, 8, 8, 1)
    assert tuple(generator(condition).shape) == (2, 8, 8, 3)


@pytest.mark.parametrize("latents_at", ["bottleneck", "every_scale"])
def test_latents_reach_every_pixel(latents_at):
    generator, _ = unet(*SHAPES, latents_at=latents_at, **SMALL)
    condition = np.repeat(standard_normal(1, 8, 8, 1), 2, axis=0)
    images = numpy(generator([standard_normal(2, 2), condition]))
    assert (np.abs(images[0] - images[1]).max(axis=-1) > 1e-4).all()


def test_latents_reach_every_scale():
    shape = (16, 16, 1)
    generator, _ = unet(shape, shape, latents_at="every_scale", **SMALL)
    generator.get_layer("latents_map").set_weights([np.zeros((2, 128))])
    condition = np.repeat(standard_normal(1, *shape), 2, axis=0)
    latents = standard_normal(2, 2)
    images = numpy(generator([latents, condition]))
    assert (np.abs(images[0] - images[1]) > 1e-5).all()


def test_one_pixel_of_the_condition_reaches_every_pixel():
    generator, _ = unet(*SHAPES, **SMALL)
    condition = np.zeros((2, 8, 8, 1), "float32")
    condition[1, 2, 2] = 1.0
    images = numpy(generator([np.zeros((2, 2), "float32"), condition]))
    assert (np.abs(images[0] - images[1]).max(axis=-1) > 1e-6).all()


def test_each_map_of_the_condition_gets_past_the_bottleneck():
    shape = (16, 16, 1)
    generator, _ = unet(shape, shape, **SMALL)
    condition = np.zeros((2, *shape), "float32")
    condition[1, 2, 2] = 1.0
    # Rows 0 and 1 of the 8x8 map see the pixel, then those of the 4x4 map,
    # which 11 rows of the image see; without it, the 8x8 map is seen by 5.
    for silenced, first_row, end in (("bottleneck_map", 5, 11), ("up_1", 0, 5)):
        layer = generator.get_layer(silenced)
        layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
        images = numpy(generator([np.zeros((2, 2), "float32"), condition]))
        difference = np.abs(images[0] - images[1])
        assert difference[first_row:end].max() > 1e-5
        assert difference[end:].max() == difference[:, end:].max() == 0.0


def test_weights_keep_the_variance():
    keras.utils.set_random_seed(0)
    shape = (32, 32, 3)
    pair = unet(shape, shape, width=16, output_activation=None)
    condition = standard_normal(16, *shape, seed=1)
    first = standard_normal(16, 8), standard_normal(16, *shape)
    layers = (
        ["down_3", "bottleneck", "latents_map", "up_1", "images"],
        ["patches_3", "logits"],
    )
    for model, inputs, names in zip(pair, first, layers, strict=True):
        outputs = [model.get_layer(name).output for name in names]
        values = keras.Model(model.inputs, outputs)([inputs, condition])
        for name, value in zip(names, values, strict=True):
            assert 0.5 < numpy(value).std() < 2.0, name


def test_discriminator_compares_patches_with_the_condition():
    _, discriminator = unet(
        (32, 32, 1), (32, 32, 1), discriminator_halvings=1, **SMALL
    )
    inputs = [standard_normal(1, 32, 32, 1, seed=seed) for seed in (0, 1)]
    before = numpy(discriminator(inputs))
    for changed in (0, 1):
        others = [image.copy() for image in inputs]
        others[changed][0, 0, 0] += 1.0
        difference = np.abs(numpy(discriminator(others)) - before)[0, :, :, 0]
        assert difference[0, 0] > 1e-5
        # 4 pixels wide, then twice 3 more of every second one.
        assert difference[8:].max() == difference[:, 8:].max() == 0.0


@pytest.mark.parametrize(
    "activation, low, high", [("tanh", -1, 1), ("sigmoid", 0, 1)]
)
def test_images_are_in_the_range_of_the_activation(activation, low, high):
    generator, _ = unet(*SHAPES, output_activation=activation, **SMALL)
    images = numpy(
        generator([1e4 * standard_normal(9, 2), standard_normal(9, 8, 8, 1)])
    )
    ends = images.min(), images.max()
    np.testing.assert_allclose(ends, (low, high), atol=0.02)


def test_pair_computes_with_channels_first(channels_first, backend):
    generator, discriminator = unet(
        (3, 8, 16), (1, 8, 16), latents_at="every_scale", **SMALL
    )
    assert generator.output_shape == (None, 3, 8, 16)
    assert discriminator.output_shape == (None, 2, 4, 1)
    if backend != "tensorflow":  # It has no such convolutions on a CPU.
        condition = standard_normal(2, 1, 8, 16)
        images = numpy(generator([standard_normal(2, 2), condition]))
        logits = discriminator([images, condition])
        assert tuple(logits.shape) == (2, 2, 4, 1)
    with pytest.raises(ValueError, match="channels, height, width"):
        unet((8, 6, 3), (8, 6, 1))


def test_outputs_are_float32_under_mixed_precision(zero_weights):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator, discriminator = unet(
            *SHAPES, discriminator_features=True, **SMALL
        )
    finally:
        keras.config.set_dtype_policy(before)
    outputs = keras.tree.flatten([generator.output, discriminator.output])
    assert {tensor.dtype for tensor in outputs} == {"float32"}
    assert generator.get_layer("down_1").compute_dtype == "bfloat16"


def test_pair_survives_saving(tmp_path):
    generator, discriminator = unet(*SHAPES, latents_at="every_scale", **SMALL)
    condition = standard_normal(2, 8, 8, 1)
    for model, first in (
        (generator, standard_normal(2, 2)),
        (discriminator, standard_normal(2, 8, 8, 3)),
    ):
        path = tmp_path / f"{model.name}.keras"
        model.save(path)
        loaded = keras.saving.load_model(path)
        np.testing.assert_allclose(
            numpy(loaded([first, condition])),
            numpy(model([first, condition])),
            rtol=1e-5,
            atol=1e-6,
        )


def test_pair_is_trained_with_features_and_a_gradient_penalty(backend):
    pair = unet(*SHAPES, discriminator_features=True, **SMALL)
    shapes = [tensor.shape[1:] for tensor in pair[1].output["features"]]
    assert shapes == [(4, 4, 4), (2, 2, 8), (2, 2, 16)]
    gan = kr.RegularizedGAN(*pair, seed=0)
    gan.compile(
        generator_regularizers=[
            kr.penalties.OnFeatures(kr.regularizers.PairwiseDistance(1.0))
        ],
        discriminator_regularizers=[kr.penalties.R1(1.0)],
        # One step is sooner taken than traced, but on JAX.
        run_eagerly=backend != "jax",
    )
    before = [weight.copy() for weight in gan.get_weights()]
    condition = standard_normal(4, 8, 8, 1, seed=1)
    images = np.tanh(standard_normal(4, 8, 8, 3))
    logs = gan.fit(images, condition, verbose=0).history
    assert all(np.isfinite(values).all() for values in logs.values())
    for old, new in zip(before, gan.get_weights(), strict=True):
        if new.ndim > 1:
            assert not np.array_equal(old, new)
    assert gan.generate(conditions=condition).shape == (4, 8, 8, 3)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        (
            {"sample_shape": (8, 6, 1)},
            ValueError,
            "`sample_shape`. Expected the shape of an image, (height, width, "
            "channels), whose height and width are multiples of 4. Received: "
            "sample_shape=(8, 6, 1)",
        ),
        ({"sample_shape": (8, 8)}, ValueError, "`sample_shape`"),
        ({"sample_shape": 8}, ValueError, "`sample_shape`"),
        ({"sample_shape": (8, 8, 0)}, ValueError, "`sample_shape`"),
        ({"sample_shape": (8.0, 8, 1)}, ValueError, "`sample_shape`"),
        ({"condition_shape": (None, 8, 1)}, ValueError, "`condition_shape`"),
        (
            {"condition_shape": (16, 16, 1)},
            ValueError,
            "`condition_shape`. Expected an image of the height and width of "
            "`sample_shape`, 8 and 8. Received: condition_shape=(16, 16, 1)",
        ),
        (
            {"discriminator_halvings": 4},
            ValueError,
            "`discriminator_halvings`. Expected at most 3, as often as an "
            "image of 8x8 pixels can be halved. Received: "
            "discriminator_halvings=4",
        ),
        (
            {"discriminator_halvings": 0},
            ValueError,
            "`discriminator_halvings`",
        ),
        ({"latent_dim": 0}, ValueError, "`latent_dim`"),
        (
            {"latents_at": "everywhere"},
            ValueError,
            "`latents_at`. Expected one of ['bottleneck', 'every_scale']",
        ),
        (
            {"latents_at": "every_scale", "latent_dim": None},
            ValueError,
            "`latents_at`. Expected 'bottleneck' with latent_dim=None",
        ),
        ({"width": 8.0}, TypeError, "`width`"),
        ({"discriminator_features": 1}, TypeError, "`discriminator_features`"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    shapes = {"sample_shape": (8, 8, 3), "condition_shape": (8, 8, 1)}
    with pytest.raises(error) as caught:
        unet(**{**shapes, **arguments})
    assert f"Invalid value for argument {message}" in str(caught.value)
