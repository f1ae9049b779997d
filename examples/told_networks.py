"""A generator and a discriminator that are told something, in any form."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

import keras_regan as kr

LATENTS = 64
_CODE = 128


def told_networks(
    image_shape: tuple[int, ...],
    told: int,
    encode: Callable[..., Any],
    width: int,
) -> tuple[keras.Model, keras.Model]:
    """Builds the pair of `networks.dcgan` around encoders of integers.

    Each network has an encoder of its own, which turns what it is told into a
    vector, the code. The generator sees it beside its latents. To the logit
    of the discriminator, which says how real an image looks, the inner
    product of code and features adds how well it is told (Miyato and Koyama,
    2018).

    Args:
        image_shape: Shape of one image.
        told: How many integers are told, such as words.
        encode: Function that makes a vector of them, with the number of its
            entries as second argument: `encode(integers, size)`. It is called
            twice.
        width: Filters next to the image.
    """
    generator, discriminator = kr.networks.dcgan(
        image_shape,
        latent_dim=LATENTS + _CODE,
        width=width,
        discriminator_batch_normalization=False,
        discriminator_features=True,
    )
    latents = keras.Input((LATENTS,), name="latents")
    integers = keras.Input((told,), dtype="int32", name="told")
    beside = layers.Concatenate()([latents, encode(integers, _CODE)])
    generator = keras.Model(
        [latents, integers], generator(beside), name="generator"
    )

    samples = keras.Input(image_shape, name="samples")
    integers = keras.Input((told,), dtype="int32", name="told")
    judged = discriminator(samples)
    features = layers.Dense(_CODE)(judged["features"])
    fits = layers.Dot(axes=1)([features, encode(integers, _CODE)])
    # The sum over many entries starts on the scale of one.
    fits = layers.Rescaling(_CODE**-0.5)(fits)
    logits = layers.Add(dtype="float32")([judged["logits"], fits])
    discriminator = keras.Model(
        [samples, integers], logits, name="discriminator"
    )
    return generator, discriminator
