"""The U-shaped generator and the patch discriminator for image to image."""

import math
from collections.abc import Callable
from collections.abc import Sequence

import keras

from keras_regan import _validation
from keras_regan._typing import Tensor
from keras_regan.layers import Conv2DTranspose
from keras_regan.networks import _initial_weights
from keras_regan.networks._image_layers import channel_axis
from keras_regan.networks._image_layers import leaky_relu
from keras_regan.networks._image_layers import shape_of_rectangle
from keras_regan.networks._image_pairs import Size
from keras_regan.networks._image_pairs import checked_halvings
from keras_regan.networks._image_pairs import size_and_channels_of_pair
from keras_regan.networks._image_pairs import usual_halvings
from keras_regan.networks._judgement import as_features
from keras_regan.networks._judgement import judgement

Activation = str | Callable[[Tensor], Tensor] | None


def unet(
    sample_shape: Sequence[int],
    condition_shape: Sequence[int],
    *,
    latent_dim: int | None = 8,
    latents_at: str = "bottleneck",
    width: int = 32,
    output_activation: Activation = "tanh",
    discriminator_halvings: int | None = None,
    discriminator_features: bool = False,
) -> tuple[keras.Model, keras.Model]:
    """Builds a pair whose condition is an image of the same size.

    Use it to complete, colour, sharpen or translate images: the generator
    makes an image that fits its condition, and the discriminator judges
    whether the two belong together. One condition can have several answers,
    and the latents choose among them. Without a regularizer that keeps samples
    of one condition apart, such a generator learns to ignore its latents.

    The generator halves the condition at least twice, down to 4 pixels or to
    an odd number, and doubles it again. Each doubling also takes the
    condition's map of its size as an input, so that edges stay where they are.
    Between the two is the bottleneck, a vector of the whole condition, so that
    each pixel can depend on all of it. For images of 28x28 and a width of 32,
    with the number of channels after each size:

    ```
    condition 28x28                                   images 28x28
        |                                                  ^
    down_1 14x14x32 ---------------------------> up_1 14x14x32
        |                                                  ^
    down_2 7x7x64 ----> bottleneck 128 -> bottleneck_map 7x7x64
                                                           ^
                                         latents 8 -> latents_map
    ```

    With `latents_at="every_scale"` each doubling also adds numbers that depend
    on the latents to its channels. This gives variety in details as well as in
    the whole image, at hardly any cost.

    The discriminator has one logit for each patch of the image, instead of one
    for the whole image: it judges texture, and whether edges fit the
    condition. Together with a distance to the true image, this is enough.
    Patches overlap; they have 34x34 pixels after two halvings and 70x70 after
    three.

    Neither network has normalization; instead, initial weights are scaled by
    their number of inputs. So every sample depends only on its own condition
    and latents: batches may be small and may repeat conditions, training and
    `generate` compute the same samples, and every gradient penalty measures
    what its formula says.

    The last layers compute in float32 under every dtype policy. Call
    `keras.utils.set_random_seed` beforehand to get the same initial weights
    again.

    Args:
        sample_shape: Sequence of three positive integers. Shape of one image
            in the order of `keras.config.image_data_format()`, that is
            `(height, width, channels)` by default. Height and width are
            multiples of 4.
        condition_shape: Sequence of three positive integers. Shape of one
            condition in the same order, with the same height and width and any
            number of channels.
        latent_dim: Positive integer, or `None`. Number of latents per image.
            `None` builds a generator that takes the condition alone.
            Defaults to `8`.
        latents_at: `"bottleneck"` or `"every_scale"`. Where the latents enter
            the generator. Defaults to `"bottleneck"`.
        width: Positive integer. Number of filters of the layers next to the
            image. It doubles with each halving of the image, up to
            `8 * width`. Defaults to `32`, with which the pair for grey images
            of 28x28 has 931,137 and 167,137 weights; papers use 64.
        output_activation: As the `activation` of
            `keras.layers.Conv2DTranspose`. It sets the range of the generated
            images. `"tanh"` suits data scaled to [-1, 1], `"sigmoid"` data in
            [0, 1]. Defaults to `"tanh"`.
        discriminator_halvings: Positive integer, or `None`. How often the
            discriminator halves the image, and so the size of its patches.
            `None` means twice, or three times if the generator halves it five
            times or more, as for images of 128x128. Defaults to `None`.
        discriminator_features: Boolean. Whether the discriminator returns
            `{"logits": ..., "features": ...}`, with the list of the outputs of
            all its convolutions except the last, in float32, for regularizers
            that read them. Defaults to `False`.

    Returns:
        A tuple `(generator, discriminator)` of functional models. The
        generator maps `[latents, condition]` to images of shape
        `(batch, *sample_shape)`, or the condition alone with
        `latent_dim=None`; the discriminator maps `[samples, condition]` to
        logits of shape `(batch, height, width, 1)`, one for each patch, in
        either data format. Both are in float32.

    Raises:
        ValueError: If a shape is not that of an image that can be halved
            twice, if the two differ in height or width, or if another argument
            is out of its range.
        TypeError: If an argument is of the wrong kind.

    Example:
    >>> generator, discriminator = keras_regan.networks.unet(
    ...     (32, 32, 3), (32, 32, 1), width=8
    ... )
    >>> outlines = keras.random.uniform((2, 32, 32, 1), -1.0, 1.0)
    >>> images = generator([keras.random.normal((2, 8)), outlines])
    >>> tuple(discriminator([images, outlines]).shape)
    (2, 8, 8, 1)

    Reference:
    - [Isola et al., 2017](https://arxiv.org/abs/1611.07004) (pix2pix) for
      both networks. Differs from the paper: there, both networks have batch
      normalization, dropout is the noise instead of latents, and images of 256
      are halved down to one pixel, which the dense layers of the bottleneck
      replace here at any size. The paper's weights start from N(0, 0.02).
    - [Zhu et al., 2017](https://arxiv.org/abs/1711.11586) (BicycleGAN) for
      the latents. Differs from the authors' code: there, latents are channels
      of the condition, or of all maps that are halved. Here they enter where
      the image is made, and are added to maps, which has the same effect as a
      convolution of constant channels. Its two discriminators, for patches of
      two sizes, are one here.
    - [Wang et al., 2018](https://arxiv.org/abs/1711.11585) (pix2pixHD) for
      the list of features.
    """
    size, channels, condition_channels = size_and_channels_of_pair(
        sample_shape, condition_shape
    )
    if latent_dim is not None:
        latent_dim = _validation.positive_integer(latent_dim, "latent_dim")
    places = ("bottleneck", "every_scale")
    _validation.one_of(latents_at, "latents_at", places)
    if latent_dim is None and latents_at != "bottleneck":
        raise ValueError(
            _validation.message(
                "latents_at", "'bottleneck' with latent_dim=None", latents_at
            )
        )
    halvings = usual_halvings(size)
    discriminator_halvings = checked_halvings(
        discriminator_halvings,
        "discriminator_halvings",
        size,
        min(max(2, halvings - 2), 3),
    )
    width = _validation.positive_integer(width, "width")
    _validation.boolean(discriminator_features, "discriminator_features")
    generator = _generator(
        size,
        channels,
        condition_channels,
        latent_dim,
        latents_at == "every_scale",
        _filters(halvings, width),
        output_activation,
    )
    discriminator = _discriminator(
        size,
        channels,
        condition_channels,
        _filters(discriminator_halvings, width),
        discriminator_features,
    )
    return generator, discriminator


def _generator(
    size: Size,
    channels: int,
    condition_channels: int,
    latent_dim: int | None,
    at_every_scale: bool,
    filters: list[int],
    output_activation: Activation,
) -> keras.Model:
    inputs = condition = keras.Input(
        shape_of_rectangle(size, condition_channels), name="condition"
    )
    latents = None
    if latent_dim is not None:
        latents = keras.Input((latent_dim,), name="latents")
        inputs = [latents, condition]
    *filters, vector_size = filters
    maps = _halvings_of(condition, filters)
    x = _bottleneck(maps[-1], vector_size, latents)
    x = _concatenated(x, maps[-1])
    for index in reversed(range(len(filters) - 1)):
        name = f"up_{index + 1}"
        x = _doubling(filters[index], name)(x)
        if at_every_scale and latents is not None:
            x = _shifted(x, latents, f"{name}_latents")
        x = _concatenated(leaky_relu()(x), maps[index])
    images = Conv2DTranspose(
        channels,
        4,
        strides=2,
        padding="same",
        activation=output_activation,
        kernel_initializer=_initial_weights.doubling(),
        dtype="float32",
        name="images",
    )(x)
    return keras.Model(inputs, images, name="generator")


def _halvings_of(condition: Tensor, filters: list[int]) -> list[Tensor]:
    """Returns a map per number of filters, each half as high and wide."""
    maps = []
    x = condition
    for index, count in enumerate(filters):
        x = _convolution(count, 2, f"down_{index + 1}")(x)
        x = leaky_relu()(x)
        maps.append(x)
    return maps


def _bottleneck(x: Tensor, vector_size: int, latents: Tensor | None) -> Tensor:
    """Returns a map like `x` that depends on all of it, and on latents."""
    shape = x.shape[1:]
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(
        vector_size,
        kernel_initializer=_initial_weights.before_leaky_relu(),
        name="bottleneck",
    )(x)
    x = keras.layers.Dense(
        math.prod(shape),
        kernel_initializer=_initial_weights.before_leaky_relu(),
        name="bottleneck_map",
    )(leaky_relu()(x))
    x = keras.layers.Reshape(shape)(x)
    if latents is not None:
        # Latents have a layer of their own, to start on the condition's scale.
        map_of_latents = _linear(math.prod(shape), "latents_map")(latents)
        x = keras.layers.Add()([x, keras.layers.Reshape(shape)(map_of_latents)])
    return leaky_relu()(x)


def _shifted(x: Tensor, latents: Tensor, name: str) -> Tensor:
    """Adds to each channel a number that depends on the latents."""
    channels = x.shape[channel_axis()]
    shift = _linear(channels, name)(latents)
    shift = keras.layers.Reshape(shape_of_rectangle((1, 1), channels))(shift)
    return keras.layers.Add()([x, shift])


def _discriminator(
    size: Size,
    channels: int,
    condition_channels: int,
    filters: list[int],
    with_features: bool,
) -> keras.Model:
    samples = keras.Input(shape_of_rectangle(size, channels), name="samples")
    condition = keras.Input(
        shape_of_rectangle(size, condition_channels), name="condition"
    )
    x = _concatenated(samples, condition)
    features = []
    for index, count in enumerate(filters):
        strides = 2 if index < len(filters) - 1 else 1
        x = _convolution(count, strides, f"patches_{index + 1}")(x)
        x = leaky_relu()(x)
        if with_features:
            features.append(as_features(x, f"features_{index + 1}"))
    x = keras.layers.Conv2D(
        1,
        4,
        padding="same",
        kernel_initializer=_initial_weights.linear(),
        dtype="float32",
        name="logits",
    )(x)
    # With one channel, this is the order of axes in either data format.
    height, width = (length // 2 ** (len(filters) - 1) for length in size)
    logits = keras.layers.Reshape((height, width, 1), dtype="float32")(x)
    outputs = judgement(logits, features=features or None)
    return keras.Model([samples, condition], outputs, name="discriminator")


def _convolution(filters: int, strides: int, name: str) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        filters,
        4,
        strides=strides,
        padding="same",
        kernel_initializer=_initial_weights.before_leaky_relu(),
        name=name,
    )


def _doubling(filters: int, name: str) -> keras.layers.Layer:
    return Conv2DTranspose(
        filters,
        4,
        strides=2,
        padding="same",
        kernel_initializer=_initial_weights.doubling_before_leaky_relu(),
        name=name,
    )


def _linear(units: int, name: str) -> keras.layers.Layer:
    return keras.layers.Dense(
        units,
        use_bias=False,
        kernel_initializer=_initial_weights.linear(),
        name=name,
    )


def _concatenated(x: Tensor, other: Tensor) -> Tensor:
    """Returns the channels of both."""
    return keras.layers.Concatenate(axis=channel_axis())([x, other])


def _filters(halvings: int, width: int) -> list[int]:
    """Returns the numbers of filters, and one more for the next layer."""
    return [width * min(2**index, 8) for index in range(halvings + 1)]
