"""Every member of the catalogue, set up to train on small images."""

from typing import Any

import keras
import members_on_ring

import keras_regan as kr

layers = keras.layers
CLASSES = members_on_ring.MODES
LATENTS, WIDTH, SIZE = 64, 32, 32


def settings() -> dict[str, dict[str, Any]]:
    """Returns all members, each with what differs from the plain GAN.

    `networks` is handed to `build`, everything else to `compile`.
    """
    table = members_on_ring.settings()
    for name in (
        "ColorJitter Cutout DiffAugment HorizontalFlip Translation"
    ).split():
        augmentation = getattr(kr.augmentations, name)()
        table[f"augmentations.{name}"] = {"augmentation": augmentation}
    table["augmentations.AdaptiveAugmentation"] = {
        "augmentation": kr.augmentations.AdaptiveAugmentation(
            [kr.augmentations.DiffAugment()]
        )
    }
    table["layers.Conv2DTranspose"] = {
        "networks": {"doubling": kr.layers.Conv2DTranspose}
    }
    return table


def build(
    discriminator_features: bool = False,
    labels: str | None = None,
    clipped: bool = False,
    spectral: bool = False,
    normalized: bool = False,
    reads_latents: bool = False,
    first: Any = None,
    last: Any = None,
    doubling: Any = layers.Conv2DTranspose,
) -> tuple[keras.Model, keras.Model]:
    """Builds a convolutional pair, with the options of the perceptrons'."""
    latents = x = keras.Input((LATENTS,))
    classes = keras.Input((), dtype="int32") if labels else None
    if labels and labels != "normalized":
        x = layers.Concatenate()(
            [x, layers.Embedding(CLASSES, LATENTS)(classes)]
        )
    base = SIZE // 8
    x = layers.Reshape((base, base, 4 * WIDTH))(
        layers.Dense(base * base * 4 * WIDTH)(x)
    )
    for filters in (2 * WIDTH, WIDTH):
        if labels == "normalized":
            x = kr.layers.ConditionalBatchNormalization(CLASSES)([x, classes])
        x = doubling(filters, 4, strides=2, padding="same", activation="relu")(
            x
        )
    images = doubling(3, 4, strides=2, padding="same", activation="tanh")(x)
    generator = keras.Model([latents, classes] if labels else latents, images)

    constraint = kr.constraints.WeightClipping() if clipped else None
    constraints = {
        "kernel_constraint": constraint,
        "bias_constraint": constraint,
    }

    def weighted(layer):
        return kr.layers.SpectralNormalization(layer) if spectral else layer

    inputs = x = keras.Input((SIZE, SIZE, 3))
    if first:
        x = first()(x)
    for filters in (WIDTH, 2 * WIDTH, 4 * WIDTH):
        convolution = layers.Conv2D(
            filters, 4, strides=2, padding="same", **constraints
        )
        x = layers.LeakyReLU(0.2)(weighted(convolution)(x))
    if last is kr.layers.MinibatchStdDev:
        x = last()(x)
    x = layers.Flatten()(x)
    if last and last is not kr.layers.MinibatchStdDev:
        x = last()(x)
    discriminator = members_on_ring.finished(
        inputs,
        x,
        classes,
        lambda: weighted(layers.Dense(1, **constraints)),
        labels=labels,
        discriminator_features=discriminator_features,
        normalized=normalized,
        latents=LATENTS if reads_latents else None,
    )
    return generator, discriminator
