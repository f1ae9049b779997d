"""A pair of multilayer perceptrons for samples of any shape."""

import math
import numbers
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import keras

from keras_regan import _validation
from keras_regan._typing import Tensor
from keras_regan.networks._class_labels import embed_labels
from keras_regan.networks._class_labels import label_input
from keras_regan.networks._class_labels import one_hot_labels
from keras_regan.networks._judgement import as_features
from keras_regan.networks._judgement import judgement


def mlp(
    sample_shape: Sequence[int],
    *,
    latent_dim: int = 100,
    hidden: Sequence[int] = (128,),
    discriminator_hidden: Sequence[int] | None = None,
    output_activation: str | Callable[[Tensor], Tensor] | None = "tanh",
    num_classes: int | None = None,
    discriminator_features: bool = False,
) -> tuple[keras.Model, keras.Model]:
    """Builds a generator and a discriminator of fully connected layers.

    Use this pair for low-dimensional data, for sequences of a fixed length,
    and for a first run on any data: it trains in seconds and takes samples of
    any rank. For images beyond about 32x32 pixels,
    `keras_regan.networks.dcgan` gives better samples with fewer weights.

    Both networks are stacks of `Dense` layers with `LeakyReLU(0.2)` in
    between. There is no normalization and no dropout, so every gradient
    penalty measures what its formula says. The last layers compute in float32
    under every dtype policy. Call `keras.utils.set_random_seed` beforehand to
    get the same initial weights again.

    With `num_classes`, both networks take integer class ids as a second
    input. The generator concatenates the one-hot class with the latents, the
    discriminator a trained vector of the class, of `latent_dim` entries, with
    the flattened sample.

    Args:
        sample_shape: Sequence of positive integers. Shape of one sample,
            without the batch axis: `(2,)`, `(28, 28, 1)`, `(100, 3)`.
        latent_dim: Positive integer. Number of latents per sample. Defaults
            to `100`.
        hidden: Sequence of positive integers. Widths of the generator's
            hidden layers, from the latents to the sample. Defaults to
            `(128,)`.
        discriminator_hidden: Sequence of positive integers, or `None`.
            Widths of the discriminator's hidden layers, from the sample to
            the logit. `None` means the same as `hidden`. Defaults to `None`.
        output_activation: As the `activation` of `keras.layers.Dense`. It sets
            the range of the generated samples. `"tanh"` suits data scaled to
            [-1, 1]; `None` suits unbounded data. Defaults to `"tanh"`.
        num_classes: Positive integer, or `None`. Number of classes of a
            class-conditional pair. Defaults to `None`, without classes.
        discriminator_features: Boolean. Whether the discriminator returns
            `{"logits": ..., "features": ...}`, with the inputs of its last
            layer as features, in float32, for regularizers that read them.
            Defaults to `False`.

    Returns:
        A tuple `(generator, discriminator)` of functional models. The
        generator maps latents of shape `(batch, latent_dim)` to samples of
        shape `(batch, *sample_shape)`, the discriminator maps samples to
        logits of shape `(batch, 1)`, both in float32. With `num_classes` they
        take `[latents, labels]` and `[samples, labels]`, with labels of shape
        `(batch,)` or `(batch, 1)`.

    Raises:
        ValueError: If a size is not positive or `sample_shape` is empty.
        TypeError: If an argument is of the wrong kind.

    Example:
    >>> generator, discriminator = keras_regan.networks.mlp(
    ...     (2,), latent_dim=8, hidden=(64, 64), output_activation=None
    ... )
    >>> tuple(discriminator(generator(keras.random.normal((5, 8)))).shape)
    (5, 1)

    Reference:
    - [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661), whose
      networks were perceptrons too. Theirs used maxout units and dropout in
      the discriminator.
    """
    sample_shape = _sizes(sample_shape, "sample_shape")
    if not sample_shape:
        raise ValueError(
            _validation.message("sample_shape", "one axis or more", ())
        )
    hidden = _sizes(hidden, "hidden")
    if discriminator_hidden is None:
        discriminator_hidden = hidden
    else:
        discriminator_hidden = _sizes(
            discriminator_hidden, "discriminator_hidden"
        )
    latent_dim = _validation.positive_integer(latent_dim, "latent_dim")
    if num_classes is not None:
        num_classes = _validation.positive_integer(num_classes, "num_classes")
    _validation.boolean(discriminator_features, "discriminator_features")
    generator = _generator(
        sample_shape, latent_dim, hidden, output_activation, num_classes
    )
    discriminator = _discriminator(
        sample_shape,
        latent_dim,
        discriminator_hidden,
        num_classes,
        discriminator_features,
    )
    return generator, discriminator


def _generator(
    sample_shape: tuple[int, ...],
    latent_dim: int,
    hidden: tuple[int, ...],
    output_activation: str | Callable[[Tensor], Tensor] | None,
    num_classes: int | None,
) -> keras.Model:
    inputs = x = keras.Input((latent_dim,), name="latents")
    if num_classes is not None:
        labels = label_input()
        inputs = [x, labels]
        classes = one_hot_labels(labels, num_classes)
        x = keras.layers.Concatenate()([x, classes])
    x = _hidden_layers(x, hidden)
    x = keras.layers.Dense(
        math.prod(sample_shape), activation=output_activation, dtype="float32"
    )(x)
    outputs = keras.layers.Reshape(sample_shape, dtype="float32")(x)
    return keras.Model(inputs, outputs, name="generator")


def _discriminator(
    sample_shape: tuple[int, ...],
    latent_dim: int,
    hidden: tuple[int, ...],
    num_classes: int | None,
    features: bool,
) -> keras.Model:
    inputs = x = keras.Input(sample_shape, name="samples")
    x = keras.layers.Flatten()(x)
    if num_classes is not None:
        labels = label_input()
        inputs = [inputs, labels]
        embedded = embed_labels(labels, num_classes, latent_dim)
        x = keras.layers.Concatenate()([x, embedded])
    x = _hidden_layers(x, hidden)
    logits = keras.layers.Dense(1, dtype="float32", name="logits")(x)
    outputs = judgement(logits, features=as_features(x) if features else None)
    return keras.Model(inputs, outputs, name="discriminator")


def _hidden_layers(x: Tensor, hidden: tuple[int, ...]) -> Tensor:
    for units in hidden:
        x = keras.layers.Dense(units)(x)
        x = keras.layers.LeakyReLU(negative_slope=0.2)(x)
    return x


def _sizes(values: Any, argument: str) -> tuple[int, ...]:
    expected = "a sequence of positive integers"
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise TypeError(_validation.message(argument, expected, values))
    for value in values:
        if not isinstance(value, numbers.Integral) or isinstance(value, bool):
            raise TypeError(_validation.message(argument, expected, values))
        if value < 1:
            raise ValueError(_validation.message(argument, expected, values))
    return tuple(int(value) for value in values)
