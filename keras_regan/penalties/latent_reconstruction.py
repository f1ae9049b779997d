"""Latents that can be read off the sample again."""

from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan._validation import positive_integer
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class LatentReconstruction(Penalty):
    """Asks that latents can be told from the sample.

    A generator that ignores its latents makes samples off which they cannot
    be read. This is what keeps a conditional one from that (BicycleGAN), and
    what gives single latents a meaning of their own (InfoGAN): the kind of a
    sample for a categorical one, an attribute that varies for a number.

    Who reads? The discriminator, if it returns
    `{"logits": ..., "latents": ...}`: give one entry to each of the two
    lists, so that the discriminator learns to read and the generator to be
    read. Or an `encoder` of its own: one entry in `generator_regularizers`
    is enough, since the encoder learns in the generator's step.

    Formula: `factor * mean((z - E(G(z)))^2)`, and for each of the
    `categories` `factor * mean(H(z_k, softmax(E_k(G(z)))))` in the place of
    its elements

    `E` is what was read, `H` the cross-entropy of the one-hot `z_k`; the
    square is a mean over the other elements.

    Cost: with the discriminator none but the errors; with an encoder one pass
    through it and back.

    Reads: `latents`, and `fake_outputs` without an encoder.

    Args:
        factor: Non-negative float or schedule. Defaults to `1.0`.
        encoder: Built Keras model from samples to what the latents were, of
            their shape, or `None`, which reads them off the discriminator's
            `"latents"`. Its weights are trained by the generator's optimizer
            and saved with the GAN. Regularizers that its layers carry are not
            added to the loss. Defaults to `None`.
        categories: Positive integer, or a tuple of several, or `None`. The
            latents begin with one-hot vectors of these lengths, and what is
            read are logits of the category there. Draw such latents with a
            function, `RegularizedGAN(..., latents=...)`. Defaults to `None`,
            no category.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Raises:
        TypeError: If `encoder` is no Keras model, or if `categories` are no
            integers.
        ValueError: If `encoder` is not built or has no weights to train, or
            if `categories` are not positive; in the first step, if nothing is
            returned to be read, or it is of another shape than the latents, or
            if there are more categories than elements.

    Example:
    >>> encoder = keras.Sequential(
    ...     [keras.Input((2,)), keras.layers.Dense(3)])
    >>> entry = keras_regan.penalties.LatentReconstruction(encoder=encoder)
    >>> entry.networks
    ('generator',)

    Reference: [Chen et al., 2016](https://arxiv.org/abs/1606.03657) (InfoGAN);
    [Zhu et al., 2017](https://arxiv.org/abs/1711.11586) (BicycleGAN), the
    latent regression of cLR-GAN. Differs from the authors' code: a squared
    error for numbers, where InfoGAN has the likelihood of a Gaussian, whose
    deviation is read as well, and cLR-GAN the absolute error; BicycleGAN, the
    hybrid, holds its encoder still in this term, and here it learns. The
    discriminator's part is trained by its own step and not by the generator's.
    """

    def __init__(
        self,
        factor: Factor = 1.0,
        *,
        encoder: keras.Model | None = None,
        categories: int | Sequence[int] | None = None,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.encoder = None if encoder is None else _checked_encoder(encoder)
        self.categories = _checked_categories(categories)

    @property
    def networks(self) -> tuple[str, ...]:  # type: ignore[override]  # Read only.
        """Both, or the generator, with which an encoder learns."""
        return Penalty.networks if self.encoder is None else ("generator",)

    @property
    def trained_variables(self) -> list[keras.Variable]:
        """What the encoder learns with."""
        if self.encoder is None:
            return []
        return list(self.encoder.trainable_variables)

    @property
    def variables(self) -> list[keras.Variable]:
        """What else the encoder keeps, as statistics of its layers."""
        if self.encoder is None:
            return []
        return list(self.encoder.non_trainable_variables)

    def call(self, context: StepContext) -> Tensor:
        """Returns the sum of the cross-entropies and the mean square."""
        read = self._read(context)
        dtype = keras.backend.result_type(read.dtype, "float32")
        read = ops.cast(read, dtype)
        latents = ops.cast(context.latents, dtype)
        _check_shapes(tuple(read.shape), tuple(latents.shape))
        size, begin, values = latents.shape[-1], 0, []
        _check_categories(self.categories, size)
        for count in self.categories:
            part = (..., slice(begin, begin + count))
            values.append(_cross_entropy(latents[part], read[part]))
            begin += count
        if begin < size:
            difference = (latents - read)[..., begin:]
            values.append(ops.mean(ops.square(difference)))
        return sum(values)

    def _read(self, context: StepContext) -> Tensor:
        if self.encoder is not None:
            return self.encoder(context.fake, training=context.training)
        outputs = context.fake_outputs
        if "latents" not in outputs:
            raise ValueError(
                f"Penalty `{self.name}` reads latents off the discriminator's "
                "outputs. Expected a discriminator that returns {'logits': "
                "..., 'latents': ...}, or `encoder=...`. Received: "
                f"{['logits', *outputs]}"
            )
        return outputs["latents"]

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        encoder = self.encoder
        if encoder is not None:
            encoder = keras.saving.serialize_keras_object(encoder)
        return {
            **super().get_config(),
            "encoder": encoder,
            "categories": list(self.categories) or None,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates the penalty from the result of `get_config`."""
        config = dict(config)
        if isinstance(config.get("encoder"), dict):
            config["encoder"] = keras.saving.deserialize_keras_object(
                config["encoder"]
            )
        return cls(**config)


def _cross_entropy(one_hot: Tensor, logits: Tensor) -> Tensor:
    return -ops.mean(
        ops.sum(one_hot * ops.log_softmax(logits, axis=-1), axis=-1)
    )


def _checked_encoder(encoder: Any) -> keras.Model:
    if not isinstance(encoder, keras.Model):
        raise TypeError(message("encoder", "a `keras.Model`", encoder))
    if not encoder.built:
        raise ValueError(
            message(
                "encoder", "a model that is built: give it an `Input`", encoder
            )
        )
    if not encoder.trainable_variables:
        raise ValueError(
            message("encoder", "a model with trainable weights", encoder)
        )
    return encoder


def _checked_categories(categories: Any) -> tuple[int, ...]:
    if categories is None:
        return ()
    if not isinstance(categories, list | tuple):
        categories = (categories,)
    return tuple(positive_integer(count, "categories") for count in categories)


def _check_shapes(read: tuple[Any, ...], latents: tuple[Any, ...]) -> None:
    if len(read) != len(latents) or any(
        None not in sizes and sizes[0] != sizes[1]
        for sizes in zip(read, latents, strict=True)
    ):
        raise ValueError(
            "Latents are compared with what was read off the samples. Expected "
            f"the shape of the latents, {latents}. Received: shape {read}"
        )


def _check_categories(categories: tuple[int, ...], size: int) -> None:
    if sum(categories) > size:
        raise ValueError(
            "Invalid value for argument `categories`. Expected no more than "
            f"the latents have elements, {size}. Received: {categories}, "
            f"{sum(categories)} in all"
        )
