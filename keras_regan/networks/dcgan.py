"""The convolutional pair for square images of 16 to 256 pixels."""

import math
from collections.abc import Sequence

import keras

from keras_regan import _validation
from keras_regan._typing import Tensor
from keras_regan.layers import Conv2DTranspose
from keras_regan.networks import _initial_weights
from keras_regan.networks._class_labels import embed_labels
from keras_regan.networks._class_labels import label_input
from keras_regan.networks._class_labels import one_hot_labels
from keras_regan.networks._image_layers import batch_normalization
from keras_regan.networks._image_layers import channel_axis
from keras_regan.networks._image_layers import leaky_relu
from keras_regan.networks._image_layers import shape_of
from keras_regan.networks._image_layers import size_and_channels
from keras_regan.networks._judgement import as_features
from keras_regan.networks._judgement import judgement

_IMAGE_SIZES = (16, 28, 32, 64, 128, 256)


def dcgan(
    image_shape: Sequence[int],
    *,
    latent_dim: int = 100,
    width: int = 64,
    num_classes: int | None = None,
    discriminator_batch_normalization: bool = True,
    discriminator_dropout: float = 0.0,
    discriminator_features: bool = False,
) -> tuple[keras.Model, keras.Model]:
    """Builds the deep convolutional pair for images scaled to [-1, 1].

    This is the common baseline for images: small enough to train on one GPU
    within an hour, and the reference point of most papers on regularization.
    Each layer of the generator doubles the image, from 4x4 pixels (7x7 for
    images of 28), and each layer of the discriminator halves it, down to 4x4.

    The discriminator has two designs. With batch normalization it is the
    paper's, which trains well without any regularization. But then the logits
    of a batch depend on each other, so a gradient penalty (R1, WGAN-GP, ...)
    no longer measures what its formula says, and the values of `evaluate` come
    from averages that mix real and generated images. With
    `discriminator_batch_normalization=False` the samples are independent:
    choose it with every gradient penalty. Without any penalty or
    normalization, training is slower and ends a little worse. Use
    `discriminator_dropout` for data sets so small that the discriminator
    memorizes them.

    Call `keras.utils.set_random_seed` beforehand to get the same initial
    weights again.

    With `num_classes`, both networks take integer class ids as a second
    input. The generator concatenates the one-hot class with the latents. The
    discriminator turns a trained vector of the class into one more channel of
    the image.

    Args:
        image_shape: Sequence of three positive integers. Shape of one image
            in the order of `keras.config.image_data_format()`, that is
            `(size, size, channels)` by default. The size is one of 16, 28,
            32, 64, 128 and 256; channels are 1 or 3.
        latent_dim: Positive integer. Number of latents per image. Defaults
            to `100`.
        width: Positive integer. Number of filters of the layers next to the
            image. It doubles with each halving of the image, up to
            `8 * width`. Defaults to `64`.
        num_classes: Positive integer, or `None`. Number of classes of a
            class-conditional pair. Defaults to `None`, without classes.
        discriminator_batch_normalization: Boolean. Whether to normalize all of
            the discriminator's convolutions except the first. Defaults to
            `True`, as in the paper.
        discriminator_dropout: Float in `[0, 1)`. Rate of dropout after each
            activation of the discriminator. Defaults to `0.0`.
        discriminator_features: Boolean. Whether the discriminator returns
            `{"logits": ..., "features": ...}`, with the inputs of its last
            layer as features, in float32, for regularizers that read them.
            Defaults to `False`.

    Returns:
        A tuple `(generator, discriminator)` of functional models. The
        generator maps latents of shape `(batch, latent_dim)` to images of
        shape `(batch, *image_shape)` in [-1, 1], the discriminator maps
        images to logits of shape `(batch, 1)`, both in float32. With
        `num_classes` they take `[latents, labels]` and `[images, labels]`,
        with labels of shape `(batch,)` or `(batch, 1)`.

    Raises:
        ValueError: If images of `image_shape` are not supported, or another
            number is out of its range.
        TypeError: If an argument is of the wrong kind.

    Example:
    >>> generator, discriminator = keras_regan.networks.dcgan(
    ...     (32, 32, 3), width=16, discriminator_batch_normalization=False
    ... )
    >>> tuple(discriminator(generator(keras.random.normal((2, 100)))).shape)
    (2, 1)

    Reference:
    - [Radford et al., 2015](https://arxiv.org/abs/1511.06434), figure 1.
      With `width=128` the generator for images of 64 has the paper's numbers
      of filters. Differs from the paper: kernels are 4x4, so that the stride
      divides them and no checkerboard appears, the discriminator ends in a
      logit without sigmoid, and batch normalization averages with momentum
      0.9, because the networks change too quickly for Keras's 0.99. A
      discriminator without batch normalization starts from weights scaled by
      their number of inputs; from the paper's N(0, 0.02) it hardly learns.
    - [He et al., 2015](https://arxiv.org/abs/1502.01852) for that scale.
    - [Mirza and Osindero, 2014](https://arxiv.org/abs/1411.1784) for the
      class-conditional pair.
    """
    size, channels = size_and_channels(image_shape, _IMAGE_SIZES)
    latent_dim = _validation.positive_integer(latent_dim, "latent_dim")
    width = _validation.positive_integer(width, "width")
    if num_classes is not None:
        num_classes = _validation.positive_integer(num_classes, "num_classes")
    _validation.boolean(
        discriminator_batch_normalization, "discriminator_batch_normalization"
    )
    dropout = _validation.float_below_one(
        discriminator_dropout, "discriminator_dropout"
    )
    _validation.boolean(discriminator_features, "discriminator_features")
    # The generator doubles exactly; the discriminator halves 7 to 4.
    doublings = int(math.log2(size)) - 2
    halvings = math.ceil(math.log2(size)) - 2
    generator = _generator(
        size, channels, latent_dim, _filters(doublings, width), num_classes
    )
    discriminator = _discriminator(
        size,
        channels,
        latent_dim,
        _filters(halvings, width),
        num_classes,
        discriminator_batch_normalization,
        dropout,
        discriminator_features,
    )
    return generator, discriminator


def _generator(
    size: int,
    channels: int,
    latent_dim: int,
    filters: list[int],
    num_classes: int | None,
) -> keras.Model:
    inputs = x = keras.Input((latent_dim,), name="latents")
    if num_classes is not None:
        labels = label_input()
        inputs = [x, labels]
        classes = one_hot_labels(labels, num_classes)
        x = keras.layers.Concatenate()([x, classes])
    base = shape_of(size // 2 ** len(filters), filters[-1])
    x = keras.layers.Dense(
        math.prod(base), use_bias=False, kernel_initializer=_initializer()
    )(x)
    x = keras.layers.Reshape(base)(x)
    x = keras.layers.ReLU()(batch_normalization()(x))
    for count in reversed(filters[:-1]):
        x = Conv2DTranspose(
            count,
            4,
            strides=2,
            padding="same",
            use_bias=False,
            kernel_initializer=_initializer(),
        )(x)
        x = keras.layers.ReLU()(batch_normalization()(x))
    outputs = Conv2DTranspose(
        channels,
        4,
        strides=2,
        padding="same",
        activation="tanh",
        kernel_initializer=_initializer(),
        dtype="float32",
    )(x)
    return keras.Model(inputs, outputs, name="generator")


def _discriminator(
    size: int,
    channels: int,
    latent_dim: int,
    filters: list[int],
    num_classes: int | None,
    normalized: bool,
    dropout: float,
    features: bool,
) -> keras.Model:
    inputs = x = keras.Input(shape_of(size, channels), name="samples")
    if num_classes is not None:
        labels = label_input()
        inputs = [x, labels]
        label_image = _label_image(labels, num_classes, latent_dim, size)
        x = keras.layers.Concatenate(axis=channel_axis())([x, label_image])
    initializer = _initializer
    if not normalized:
        initializer = _initial_weights.before_leaky_relu
    for index, count in enumerate(filters):
        normalize = normalized and index > 0
        x = keras.layers.Conv2D(
            count,
            4,
            strides=2,
            padding="same",
            use_bias=not normalize,
            kernel_initializer=initializer(),
        )(x)
        if normalize:
            x = batch_normalization()(x)
        x = leaky_relu()(x)
        if dropout:
            x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Flatten()(x)
    logits = keras.layers.Dense(
        1, kernel_initializer=initializer(), dtype="float32", name="logits"
    )(x)
    outputs = judgement(logits, features=as_features(x) if features else None)
    return keras.Model(inputs, outputs, name="discriminator")


def _label_image(
    labels: Tensor, num_classes: int, latent_dim: int, size: int
) -> Tensor:
    """Returns a channel per image that starts on the scale of its pixels."""
    x = embed_labels(labels, num_classes, latent_dim)
    x = keras.layers.Dense(size * size, kernel_initializer="lecun_normal")(x)
    return keras.layers.Reshape(shape_of(size, 1))(x)


def _filters(layers: int, width: int) -> list[int]:
    """Returns the numbers of filters, from next to the image inwards."""
    return [width * min(2**index, 8) for index in range(layers)]


def _initializer() -> keras.initializers.Initializer:
    # One per layer: an initializer that is shared repeats its numbers.
    return keras.initializers.RandomNormal(stddev=0.02)
