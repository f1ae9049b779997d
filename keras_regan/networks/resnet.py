"""The residual pair for square images of 28 to 128 pixels."""

import math
from collections.abc import Callable
from collections.abc import Sequence
from typing import TypeAlias

import keras

from keras_regan import _validation
from keras_regan._typing import Tensor
from keras_regan.layers import ClassProjection
from keras_regan.layers import ConditionalBatchNormalization
from keras_regan.layers import SpectralNormalization
from keras_regan.networks._class_labels import label_input
from keras_regan.networks._image_layers import batch_normalization
from keras_regan.networks._image_layers import channel_axis
from keras_regan.networks._image_layers import shape_of
from keras_regan.networks._image_layers import size_and_channels
from keras_regan.networks._judgement import judgement

_IMAGE_SIZES = (28, 32, 64, 128)
_Wrap: TypeAlias = Callable[[keras.layers.Layer], keras.layers.Layer]


def resnet(
    image_shape: Sequence[int],
    *,
    latent_dim: int = 128,
    width: int = 64,
    num_classes: int | None = None,
    auxiliary_classifier: bool = False,
    spectral_normalization: bool = True,
    discriminator_features: bool = False,
) -> tuple[keras.Model, keras.Model]:
    """Builds the residual pair with spectral normalization for images.

    They are deeper than `keras_regan.networks.dcgan`, and the usual networks
    for class-conditional images: a step costs several times as much, for
    better samples. Each residual block of the generator doubles the image,
    from 4x4 pixels (7x7 for images of 28). The blocks of the discriminator
    halve it again, and one more works on the smallest images.

    The layers of the discriminator have spectral normalization, which is
    usually combined with the hinge loss, `keras_regan.losses.Hinge()`. It has
    no batch normalization, so every gradient penalty measures what its formula
    says. The last layers compute in float32 under every dtype policy. Call
    `keras.utils.set_random_seed` beforehand to get the same initial weights
    again.

    With `num_classes`, the generator takes integer class ids as a second
    input, for its conditional batch normalization. There are two kinds of
    discriminators. By default the discriminator takes labels too and projects
    its features on a vector per class. With `auxiliary_classifier=True` it
    takes images only and predicts their classes, which it learns if
    `keras_regan.penalties.AuxiliaryClassifier` is in both lists of `compile`.

    Args:
        image_shape: Sequence of three positive integers. Shape of one image
            in the order of `keras.config.image_data_format()`, that is
            `(size, size, channels)` by default. The size is one of 28, 32, 64
            and 128; channels are 1 or 3.
        latent_dim: Positive integer. Number of latents per image. Defaults
            to `128`.
        width: Positive integer. Number of filters of the blocks next to the
            image. It doubles with each halving of the image, up to
            `16 * width`. Defaults to `64`.
        num_classes: Positive integer, or `None`. Number of classes of a
            class-conditional pair. Defaults to `None`, without classes.
        auxiliary_classifier: Boolean. Whether the discriminator predicts the
            classes instead of taking them as an input. Defaults to `False`.
        spectral_normalization: Boolean. Whether all layers of the
            discriminator have it; the generator has none. Defaults to `True`.
        discriminator_features: Boolean. Whether the discriminator returns a
            dictionary with the inputs of its last layer as `"features"`, in
            float32, for regularizers that read them. Defaults to `False`.

    Returns:
        A tuple `(generator, discriminator)` of functional models. The
        generator maps latents of shape `(batch, latent_dim)` to images of
        shape `(batch, *image_shape)` in [-1, 1], the discriminator maps
        images to logits of shape `(batch, 1)`, both in float32. With
        `num_classes` they take `[latents, labels]` and `[images, labels]`,
        with labels of shape `(batch,)` or `(batch, 1)`. With
        `auxiliary_classifier` the discriminator takes images and returns
        `{"logits": ..., "class_logits": ...}`, the latter of shape
        `(batch, num_classes)`.

    Raises:
        ValueError: If images of `image_shape` are not supported, if another
            number is out of its range, or if `auxiliary_classifier` is given
            without `num_classes`.
        TypeError: If an argument is of the wrong kind.

    Example:
    >>> generator, discriminator = keras_regan.networks.resnet(
    ...     (32, 32, 3), width=4, num_classes=10)
    >>> labels = ops.convert_to_tensor([3, 7])
    >>> images = generator([keras.random.normal((2, 128)), labels])
    >>> tuple(discriminator([images, labels]).shape)
    (2, 1)

    Reference:
    - [Miyato et al., 2018](https://arxiv.org/abs/1802.05957) and
      [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637). For images
      of 128 this is their pair. Differs from the authors' code: for smaller
      images the numbers of filters follow the same rule, where theirs are
      equal for images of 32 and the last block halves images of 64 once more;
      batch normalization has an epsilon of 1e-5 instead of 2e-5.
    - [Brock et al., 2018](https://arxiv.org/abs/1809.11096) (BigGAN) build on
      it; their attention, hierarchical latents and orthogonal initialization
      are not included here.
    - [Odena et al., 2016](https://arxiv.org/abs/1610.09585) for the auxiliary
      classifier.
    """
    size, channels = size_and_channels(image_shape, _IMAGE_SIZES)
    latent_dim = _validation.positive_integer(latent_dim, "latent_dim")
    width = _validation.positive_integer(width, "width")
    if num_classes is not None:
        num_classes = _validation.positive_integer(num_classes, "num_classes")
    _validation.boolean(auxiliary_classifier, "auxiliary_classifier")
    _validation.boolean(spectral_normalization, "spectral_normalization")
    _validation.boolean(discriminator_features, "discriminator_features")
    if auxiliary_classifier and num_classes is None:
        raise ValueError(
            _validation.message(
                "num_classes",
                "a positive integer with auxiliary_classifier=True",
                num_classes,
            )
        )
    filters = _filters(size, width)
    generator = _generator(size, channels, latent_dim, filters, num_classes)
    discriminator = _discriminator(
        size,
        channels,
        filters,
        num_classes,
        auxiliary_classifier,
        spectral_normalization,
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
    labels = None
    if num_classes is not None:
        labels = label_input()
        inputs = [x, labels]

    def normalize(x: Tensor) -> Tensor:
        if num_classes is None:
            return batch_normalization()(x)
        layer = ConditionalBatchNormalization(num_classes, axis=channel_axis())
        return layer([x, labels])

    base = shape_of(size // 2 ** (len(filters) - 1), filters[-1])
    x = keras.layers.Dense(math.prod(base), name="base")(x)
    x = keras.layers.Reshape(base)(x)
    for index, count in enumerate(reversed(filters[:-1])):
        x = _up_block(x, count, f"block_{index + 1}", normalize)
    x = keras.layers.ReLU()(batch_normalization()(x))
    images = keras.layers.Conv2D(
        channels,
        3,
        padding="same",
        activation="tanh",
        dtype="float32",
        name="images",
    )(x)
    return keras.Model(inputs, images, name="generator")


def _up_block(
    x: Tensor, filters: int, name: str, normalize: Callable[[Tensor], Tensor]
) -> Tensor:
    """Doubles an image with two convolutions and a linear shortcut."""
    # Both parts are linear, so their order does not matter; this one is faster.
    shortcut = _convolution(filters, 1, f"{name}_shortcut")(x)
    shortcut = keras.layers.UpSampling2D(2, interpolation="nearest")(shortcut)
    x = keras.layers.ReLU()(normalize(x))
    x = keras.layers.UpSampling2D(2, interpolation="nearest")(x)
    x = _convolution(filters, 3, f"{name}_convolution_1")(x)
    x = keras.layers.ReLU()(normalize(x))
    x = _convolution(filters, 3, f"{name}_convolution_2")(x)
    return keras.layers.Add()([x, shortcut])


def _discriminator(
    size: int,
    channels: int,
    filters: list[int],
    num_classes: int | None,
    auxiliary_classifier: bool,
    spectral_normalization: bool,
    with_features: bool,
) -> keras.Model:
    def wrap(layer: keras.layers.Layer) -> keras.layers.Layer:
        if spectral_normalization:
            return SpectralNormalization(layer, name=layer.name)
        return layer

    inputs = x = keras.Input(shape_of(size, channels), name="samples")
    x = _first_block(x, filters[0], "block_1", wrap)
    for index, count in enumerate(filters[1:-1]):
        x = _down_block(x, count, f"block_{index + 2}", wrap)
    x = _last_block(x, filters[-1], f"block_{len(filters)}", wrap)
    x = keras.layers.ReLU()(x)
    # The sum over all positions is the mean times their number.
    x = keras.layers.GlobalAveragePooling2D(dtype="float32")(x)
    positions = (size // 2 ** (len(filters) - 1)) ** 2
    features = keras.layers.Rescaling(
        float(positions), dtype="float32", name="features"
    )(x)
    class_logits = None
    if num_classes is None or auxiliary_classifier:
        head = keras.layers.Dense(1, dtype="float32", name="logits")
        logits = wrap(head)(features)
    else:
        labels = label_input()
        inputs = [inputs, labels]
        logits = ClassProjection(
            num_classes, spectral_normalization, dtype="float32", name="logits"
        )([features, labels])
    if auxiliary_classifier:
        classifier = keras.layers.Dense(
            num_classes, dtype="float32", name="class_logits"
        )
        class_logits = wrap(classifier)(features)
    outputs = judgement(
        logits,
        class_logits=class_logits,
        features=features if with_features else None,
    )
    return keras.Model(inputs, outputs, name="discriminator")


def _first_block(x: Tensor, filters: int, name: str, wrap: _Wrap) -> Tensor:
    """Halves an image whose pixels must not pass through a ReLU."""
    shortcut = keras.layers.AveragePooling2D(2)(x)
    shortcut = wrap(_convolution(filters, 1, f"{name}_shortcut"))(shortcut)
    x = wrap(_convolution(filters, 3, f"{name}_convolution_1"))(x)
    x = keras.layers.ReLU()(x)
    x = wrap(_convolution(filters, 3, f"{name}_convolution_2"))(x)
    x = keras.layers.AveragePooling2D(2)(x)
    return keras.layers.Add()([x, shortcut])


def _down_block(x: Tensor, filters: int, name: str, wrap: _Wrap) -> Tensor:
    """Halves the output of another block."""
    shortcut = keras.layers.AveragePooling2D(2)(x)
    shortcut = wrap(_convolution(filters, 1, f"{name}_shortcut"))(shortcut)
    x = _residual(x, filters, name, wrap)
    x = keras.layers.AveragePooling2D(2)(x)
    return keras.layers.Add()([x, shortcut])


def _last_block(x: Tensor, filters: int, name: str, wrap: _Wrap) -> Tensor:
    """Returns maps of the same size."""
    shortcut = x
    if x.shape[channel_axis()] != filters:
        shortcut = wrap(_convolution(filters, 1, f"{name}_shortcut"))(x)
    return keras.layers.Add()([_residual(x, filters, name, wrap), shortcut])


def _residual(x: Tensor, filters: int, name: str, wrap: _Wrap) -> Tensor:
    before = x.shape[channel_axis()]
    x = keras.layers.ReLU()(x)
    x = wrap(_convolution(before, 3, f"{name}_convolution_1"))(x)
    x = keras.layers.ReLU()(x)
    return wrap(_convolution(filters, 3, f"{name}_convolution_2"))(x)


def _convolution(
    filters: int, kernel_size: int, name: str
) -> keras.layers.Layer:
    # A ReLU halves the variance, so weights next to one start with twice as
    # much.
    scale = 1.0 if kernel_size == 1 else 2.0
    return keras.layers.Conv2D(
        filters,
        kernel_size,
        padding="same",
        kernel_initializer=keras.initializers.VarianceScaling(
            scale, "fan_avg", "uniform"
        ),
        name=name,
    )


def _filters(size: int, width: int) -> list[int]:
    """Returns the numbers of filters, from next to the image inwards."""
    halvings = int(math.log2(size)) - 2
    return [width * min(2**index, 16) for index in range(halvings + 1)]
