"""GANs that were trained for a moment, to be taken out of this package."""

import keras
import numpy as np
import pytest

import keras_regan as kr

# Neither 1, with which some exporters trace, nor a power of two.
COUNT = 5
LATENT_DIM = 6
NUM_CLASSES = 3
KINDS = [
    "mlp",
    "dcgan",
    "resnet",
    "mlp_conditional",
    "dcgan_conditional",
    "resnet_conditional",
    "layers",
]
# What leaves for another program is tried for a few kinds, and then for all.
GROUPS = [
    ["dcgan_conditional", "layers"],
    pytest.param(KINDS, marks=pytest.mark.thorough),
]


class TrainedGANs(dict):
    """Trains a GAN of a kind when it is first asked for."""

    def __missing__(self, kind):
        self[kind] = trained(kind)
        return self[kind]


def trained(kind):
    """A GAN whose statistics have moved and whose average lags behind."""
    keras.utils.set_random_seed(0)
    gan = kr.RegularizedGAN(*_networks(kind), ema_momentum=0.5, seed=0)
    if kind in ("dcgan", "mlp_conditional"):
        _train(gan)
    else:
        _move(gan)
    return gan


def _train(gan):
    # Tracing takes TensorFlow longer than two steps one by one.
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(1e-2),
        run_eagerly=keras.backend.backend() == "tensorflow",
    )
    data = np.random.default_rng(0).uniform(-1, 1, (8, *gan.sample_shape))
    data = data.astype("float32")
    if gan.conditional:
        data = (data, np.arange(8) % NUM_CLASSES)
    gan.fit(data, batch_size=4, epochs=1, verbose=0)
    for weight in gan.ema_generator.weights:
        if "kernel" in weight.name:  # Samples that differ visibly.
            weight.assign(3.0 * weight)


def _move(gan):
    """Does without the steps, which take long to compile."""
    random = np.random.default_rng(0)
    inputs = inputs_of(gan)
    gan.ema_generator.trainable = True
    gan.ema_generator(inputs if gan.conditional else inputs[0], training=True)
    gan.ema_generator.trainable = False
    for weight in gan.ema_generator.weights:
        # Variances stay positive.
        weight.assign(weight * random.uniform(0.8, 1.2, weight.shape))


def inputs_of(gan):
    """The latents of `gan.generate(COUNT, seed=1)`, and labels."""
    latents = gan.sample_latents(COUNT, seed=1)
    inputs = [keras.ops.convert_to_numpy(latents)]
    if gan.conditional:
        inputs.append(labels())
    return inputs


def labels():
    return (np.arange(COUNT) % NUM_CLASSES).astype("int32")


def samples_of(gan):
    return gan.generate(
        COUNT, conditions=labels() if gan.conditional else None, seed=1
    )


def _networks(kind):
    if kind == "layers":
        return _networks_with_layers()
    family, _, conditional = kind.partition("_")
    make, arguments = {
        "mlp": (kr.networks.mlp, {"sample_shape": (2,), "hidden": (7,)}),
        "dcgan": (kr.networks.dcgan, {"image_shape": (16, 16, 1), "width": 2}),
        "resnet": (
            kr.networks.resnet,
            {"image_shape": (28, 28, 1), "width": 2},
        ),
    }[family]
    generator, discriminator = make(
        latent_dim=LATENT_DIM,
        num_classes=NUM_CLASSES if conditional else None,
        **arguments,
    )
    return with_regularizers(generator), discriminator


def with_regularizers(network):
    """A copy whose layers carry what only training needs."""
    carried = {
        "kernel_regularizer": kr.regularizers.Orthogonal(1e-3),
        "bias_regularizer": kr.regularizers.L2(1e-3),
        "gamma_regularizer": kr.regularizers.L1(1e-3),
        "embeddings_regularizer": kr.regularizers.L1(1e-3),
        "activity_regularizer": kr.regularizers.L2(1e-3),
        "kernel_constraint": kr.constraints.WeightClipping(0.5),
    }

    def copy(layer):
        config = layer.get_config()
        config.update({k: v for k, v in carried.items() if k in config})
        return type(layer).from_config(config)

    return keras.models.clone_model(network, clone_function=copy)


def _networks_with_layers():
    """Layers of ours inside of models and wrappers."""
    layers = keras.layers
    spectral = kr.layers.SpectralNormalization
    within = keras.Sequential(
        [
            layers.Flatten(),
            spectral(layers.Dense(4, kernel_regularizer=kr.regularizers.L1())),
            layers.BatchNormalization(beta_regularizer=kr.regularizers.L2()),
        ],
        name="within",
    )
    generator = keras.Sequential(
        [
            layers.Input((LATENT_DIM,)),
            spectral(layers.Dense(8, activation="relu"), power_iterations=2),
            kr.layers.SampleRegularization(kr.regularizers.PairwiseDistance()),
            layers.Reshape((4, 2)),
            layers.TimeDistributed(spectral(layers.Dense(3))),
            layers.Reshape((4, 3, 1)),
            spectral(kr.layers.Conv2DTranspose(2, 3, strides=2)),
            within,
        ]
    )
    discriminator = keras.Sequential([layers.Input((4,)), layers.Dense(1)])
    return generator, discriminator
