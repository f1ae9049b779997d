"""Networks that are told an image, and augmentations that move samples."""

import keras
import numpy as np
import pytest

import keras_regan as kr

layers = keras.layers
augmentations = kr.augmentations


def make():
    """A GAN that colours grey images of 8 x 8 pixels."""
    latents = layers.Input((3,))
    grey = layers.Input((8, 8, 1))
    noise = layers.Reshape((8, 8, 1))(layers.Dense(64)(latents))
    x = layers.Concatenate()([noise, grey])
    generator = keras.Model(
        [latents, grey], layers.Conv2D(3, 3, padding="same")(x)
    )
    images = layers.Input((8, 8, 3))
    x = layers.Concatenate()([images, grey])
    x = layers.Flatten()(layers.Conv2D(2, 3, 2)(x))
    return kr.RegularizedGAN(
        generator, keras.Model([images, grey], layers.Dense(1)(x)), seed=0
    )


@pytest.mark.parametrize(
    "argument, value",
    [
        ("augmentation", augmentations.DiffAugment()),
        ("augmentation", augmentations.AdaptiveAugmentation()),
        ("discriminator_regularizers", [kr.penalties.Consistency()]),
        (
            "discriminator_regularizers",
            [kr.penalties.Scheduled(kr.penalties.Consistency())],
        ),
    ],
    ids=["parts", "adaptive", "penalty", "scheduled"],
)
def test_what_moves_samples_alone_is_refused(argument, value):
    with pytest.raises(ValueError, match=f"`{argument}`.*is an image"):
        make().compile(**{argument: value})


def test_what_moves_nothing_is_taken():
    gan = make()
    gan.compile(augmentation=augmentations.InstanceNoise())
    random = np.random.default_rng(0)
    images = random.normal(size=(8, 8, 8, 3)).astype("float32")
    grey = images.mean(axis=-1, keepdims=True)
    logs = gan.fit(images, grey, verbose=0).history
    assert np.isfinite(logs["g_loss"]).all()
    assert gan.generate(conditions=grey).shape == images.shape
