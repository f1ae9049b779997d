"""The modern residual pair, for square images of 16 to 256 pixels."""

import math
from collections.abc import Sequence

import keras

from keras_regan import _validation
from keras_regan._typing import Tensor
from keras_regan.networks import _initial_weights
from keras_regan.networks._class_labels import label_input
from keras_regan.networks._image_layers import channel_axis
from keras_regan.networks._image_layers import shape_of
from keras_regan.networks._image_layers import size_and_channels
from keras_regan.networks._judgement import as_features
from keras_regan.networks._judgement import judgement
from keras_regan.networks._resampling import doubled
from keras_regan.networks._resampling import halved
from keras_regan.networks._residual_blocks import EXPANSION
from keras_regan.networks._residual_blocks import ResidualBlocks

_IMAGE_SIZES = (16, 28, 32, 64, 128, 256)


def r3gan(
    image_shape: Sequence[int],
    *,
    latent_dim: int = 64,
    width: int = 192,
    blocks: int = 2,
    group_size: int = 16,
    num_classes: int | None = None,
    discriminator_features: bool = False,
) -> tuple[keras.Model, keras.Model]:
    """Builds the residual pair without normalization of R3GAN.

    The networks are deep and plain, with only convolutions, leaky ReLUs and
    resampling. In the paper, such networks surpass those of StyleGAN2. The
    relativistic loss, `R1` and `R2` keep them stable: see
    `keras_regan.recipes.r3gan`. With both at their defaults, a step on a CPU
    takes ten times as long as with `keras_regan.networks.dcgan`; a `width` of
    64 is enough to try it.

    Both networks consist of `blocks` residual blocks at each size of map, from
    4x4 (7x7 for images of 28) to that of the image. A block widens its input
    with a 1x1 convolution to twice the filters, convolves those in groups with
    3x3, and narrows them again with 1x1. Since nothing is normalized, initial
    weights are scaled: they are smaller in deeper networks, and the last
    convolution of each block starts at zero, so that all blocks begin as the
    identity. Between sizes, maps are interpolated linearly.

    ```
    generator                                   discriminator
    latents (and a vector of the class)         image
      Dense, times a learned 4x4 map              1x1 convolution
      blocks, 1x1, doubled                        blocks, halved, 1x1
      ... to the size of the image                ... to 4x4
      blocks, 1x1 convolution: image              blocks, 4x4 depthwise, Dense
    ```

    Every sample is computed independently of the others, so every gradient
    penalty measures what its formula says. The generated images are not
    bounded: the generator learns the range of the data, which should be scaled
    to [-1, 1]. The last layers compute in float32 under every dtype policy;
    the authors train the largest maps in bfloat16, as `"mixed_bfloat16"` does
    for all maps. All layers are Keras's own. Call
    `keras.utils.set_random_seed` beforehand to get the same initial weights
    again.

    With `num_classes`, both networks take integer class ids as a second
    input. The generator concatenates a vector of `latent_dim` entries per
    class with the latents. The discriminator computes `width` features, whose
    inner product with a vector per class is the logit.

    Args:
        image_shape: Sequence of three positive integers. Shape of one image
            in the order of `keras.config.image_data_format()`, that is
            `(size, size, channels)` by default. The size is one of 16, 28,
            32, 64, 128 and 256; channels are 1 or 3.
        latent_dim: Positive integer. Number of latents per image. Defaults
            to `64`.
        width: Positive integer. Number of filters of the maps of up to 32x32
            pixels. It is halved with each doubling after that. Defaults to
            `192`, with which the pair for colour images of 32 has 1,644,096
            and 1,632,000 weights; the authors use 768, and 1536 for ImageNet.
        blocks: Positive integer. Number of residual blocks at each size.
            Defaults to `2`.
        group_size: Positive integer. Number of channels of each group in the
            grouped convolutions; twice the filters of every size must be a
            multiple of it. Defaults to `16`; the authors use 32 for ImageNet.
        num_classes: Positive integer, or `None`. Number of classes of a
            class-conditional pair. Defaults to `None`, without classes.
        discriminator_features: Boolean. Whether the discriminator returns
            `{"logits": ..., "features": ...}`, with the inputs of its dense
            layer as features, in float32, for regularizers that read them.
            Defaults to `False`.

    Returns:
        A tuple `(generator, discriminator)` of functional models. The
        generator maps latents of shape `(batch, latent_dim)` to images of
        shape `(batch, *image_shape)`, the discriminator maps images to logits
        of shape `(batch, 1)`, both in float32. With `num_classes` they take
        `[latents, labels]` and `[images, labels]`, with labels of shape
        `(batch,)` or `(batch, 1)`.

    Raises:
        ValueError: If images of `image_shape` are not supported, if `width`
            cannot be halved or grouped as often as required, or if another
            number is out of its range.
        TypeError: If an argument is of the wrong kind.

    Example:
    >>> generator, discriminator = keras_regan.networks.r3gan(
    ...     (32, 32, 3), width=16, blocks=1)
    >>> tuple(discriminator(generator(keras.random.normal((2, 64)))).shape)
    (2, 1)

    Reference:
    - [Huang et al., 2024](https://arxiv.org/abs/2501.05441), section 4 and
      [the authors' code](https://github.com/brownvc/R3GAN), which gives the
      same outputs for equal weights. The authors use `width=768` for CIFAR-10
      and for FFHQ at 64 and 256, and `width=1536, group_size=32` for ImageNet
      at 32. Differs from the code: filters follow one rule at every size,
      where theirs for ImageNet at 64 are not halved; and the same rule holds
      for sizes that they do not have.
    - [Zhang et al., 2019](https://arxiv.org/abs/1901.09321) for the initial
      weights of deep networks without normalization.
    - [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637) for the
      projection on a vector per class.
    """
    size, channels = size_and_channels(image_shape, _IMAGE_SIZES)
    latent_dim = _validation.positive_integer(latent_dim, "latent_dim")
    blocks = _validation.positive_integer(blocks, "blocks")
    group_size = _validation.positive_integer(group_size, "group_size")
    filters = _filters(size, _validation.positive_integer(width, "width"))
    _check_groups(filters, width, group_size)
    if num_classes is not None:
        num_classes = _validation.positive_integer(num_classes, "num_classes")
    _validation.boolean(discriminator_features, "discriminator_features")
    stack = ResidualBlocks(blocks, group_size, number=blocks * len(filters))
    generator = _generator(
        size, channels, latent_dim, filters, stack, num_classes
    )
    discriminator = _discriminator(
        size, channels, filters, stack, num_classes, discriminator_features
    )
    return generator, discriminator


def _generator(
    size: int,
    channels: int,
    latent_dim: int,
    filters: list[int],
    stack: ResidualBlocks,
    num_classes: int | None,
) -> keras.Model:
    inputs = x = keras.Input((latent_dim,), name="latents")
    if num_classes is not None:
        labels = label_input()
        inputs = [x, labels]
        embedded = _embedded(labels, num_classes, latent_dim, 1.0)
        x = keras.layers.Concatenate()([x, embedded])
    x = _basis(x, size // 2 ** (len(filters) - 1), filters[0])
    x = stack(x)
    for index, count in enumerate(filters[1:]):
        if count != filters[index]:
            x = _linear(count, f"narrowed_{x.shape[-2]}")(x)
        x = stack(doubled(x))
    images = _linear(channels, "images", dtype="float32")(x)
    return keras.Model(inputs, images, name="generator")


def _basis(x: Tensor, size: int, filters: int) -> Tensor:
    """Returns a learned map per filter, each times a number from `x`."""
    x = keras.layers.Dense(
        filters,
        use_bias=False,
        kernel_initializer=_initial_weights.linear(),
        name="latents_to_basis",
    )(x)
    # The weights are height, width, channels in either data format.
    map_axes = "chw" if channel_axis() == 1 else "hwc"
    return keras.layers.EinsumDense(
        f"bc,hwc->b{map_axes}",
        output_shape=shape_of(size, filters),
        kernel_initializer=keras.initializers.RandomNormal(stddev=1.0),
        name="basis",
    )(x)


def _discriminator(
    size: int,
    channels: int,
    filters: list[int],
    stack: ResidualBlocks,
    num_classes: int | None,
    with_features: bool,
) -> keras.Model:
    inputs = x = keras.Input(shape_of(size, channels), name="samples")
    outwards = filters[::-1]
    x = _linear(outwards[0], "pixels")(x)
    for index, count in enumerate(outwards[1:]):
        x = halved(stack(x))
        if count != outwards[index]:
            x = _linear(count, f"widened_{x.shape[-2]}")(x)
    x = stack(x)
    base = x.shape[-2]
    # Each channel has one map of weights, but `VarianceScaling` would count
    # all.
    x = keras.layers.DepthwiseConv2D(
        base,
        use_bias=False,
        depthwise_initializer=keras.initializers.RandomNormal(
            stddev=1.0 / base
        ),
        name="basis",
    )(x)
    features = as_features(keras.layers.Flatten()(x))
    logits = keras.layers.Dense(
        1 if num_classes is None else filters[0],
        use_bias=False,
        kernel_initializer=_initial_weights.linear(),
        dtype="float32",
        name="logits" if num_classes is None else "class_features",
    )(features)
    if num_classes is not None:
        labels = label_input()
        inputs = [inputs, labels]
        embedded = _embedded(
            labels, num_classes, filters[0], 1.0 / math.sqrt(filters[0])
        )
        logits = keras.layers.Dot(axes=1, dtype="float32", name="logits")(
            [logits, embedded]
        )
    outputs = judgement(logits, features=features if with_features else None)
    return keras.Model(inputs, outputs, name="discriminator")


def _embedded(
    labels: Tensor, num_classes: int, size: int, scale: float
) -> Tensor:
    """Returns a vector per class, like a linear layer of one-hot ids."""
    return keras.layers.Embedding(
        num_classes,
        size,
        embeddings_initializer=keras.initializers.RandomNormal(
            stddev=scale / math.sqrt(num_classes)
        ),
        dtype="float32",
        name="label_embedding",
    )(labels)


def _linear(
    filters: int, name: str, dtype: str | None = None
) -> keras.layers.Layer:
    """Returns a 1x1 convolution that no activation follows."""
    return keras.layers.Conv2D(
        filters,
        1,
        use_bias=False,
        kernel_initializer=_initial_weights.linear(),
        dtype=dtype,
        name=name,
    )


def _filters(size: int, width: int) -> list[int]:
    """Returns the numbers of filters, from the smallest maps outwards."""
    doublings = int(math.log2(size)) - 2
    sizes = [size // 2**index for index in reversed(range(doublings + 1))]
    filters = [width * 32 // max(32, size) for size in sizes]
    if filters[-1] * max(32, size) != width * 32:
        raise ValueError(
            _validation.message(
                "width",
                f"a multiple of {size // 32} for images of {size} pixels, "
                "since it is halved with each doubling beyond 32",
                width,
            )
        )
    return filters


def _check_groups(filters: list[int], width: int, group_size: int) -> None:
    fewest = EXPANSION * filters[-1]
    if fewest % group_size:
        raise ValueError(
            _validation.message(
                "group_size",
                f"a divisor of {fewest}, the fewest channels that are "
                f"convolved in groups with width={width}",
                group_size,
            )
        )
