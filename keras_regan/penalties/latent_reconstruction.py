"""Reconstruction of the latents from the sample."""

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
    """Penalizes latents that cannot be reconstructed from the sample.

    It keeps a conditional generator from ignoring its latents (BicycleGAN),
    because ignored latents cannot be reconstructed. It also gives single
    latents a meaning of their own (InfoGAN): the kind of a sample for a
    categorical latent, an attribute that varies for a number.

    Either the discriminator or an `encoder` reconstructs the latents. A
    discriminator returns `{"logits": ..., "latents": ...}`: put one penalty in
    each of the two lists, so that both networks are trained for it. With an
    `encoder`, one penalty in `generator_regularizers` is enough, because the
    encoder is trained in the generator's step.

    Formula: `factor * mean((z - E(G(z)))^2)`, and for each of the
    `categories` `factor * mean(H(z_k, softmax(E_k(G(z)))))` in place of its
    elements

    `E` is the reconstruction, `H` the cross-entropy of the one-hot `z_k`; the
    square is a mean over the other elements.

    Cost: only the errors if the discriminator reconstructs; a forward and a
    backward pass through the encoder otherwise.

    Reads: `latents`, and `fake_outputs` without an encoder.

    Args:
        factor: Non-negative float or schedule. Defaults to `1.0`.
        encoder: Built Keras model that maps samples to reconstructed latents
            of the same shape, or `None` to use the discriminator's output
            `"latents"`. The generator's optimizer trains its weights, and they
            are saved with the GAN. The regularizers of its layers are not
            added to the loss. Defaults to `None`.
        categories: Positive integer, or a tuple of several, or `None`. The
            latents begin with one-hot vectors of these lengths, and the
            reconstruction has the logits of the category there. Draw such
            latents with a function, `RegularizedGAN(..., latents=...)`.
            Defaults to `None`, no category.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Raises:
        TypeError: If `encoder` is not a Keras model, or if `categories` are
            not integers.
        ValueError: If `encoder` is not built or has no weights to train, or
            if `categories` are not positive; in the first step, if no latents
            are returned, if their shape is not that of the latents, or if
            there are more categories than elements.

    Example:
    >>> encoder = keras.Sequential(
    ...     [keras.Input((2,)), keras.layers.Dense(3)])
    >>> entry = keras_regan.penalties.LatentReconstruction(encoder=encoder)
    >>> entry.networks
    ('generator',)

    Reference: [Chen et al., 2016](https://arxiv.org/abs/1606.03657) (InfoGAN);
    [Zhu et al., 2017](https://arxiv.org/abs/1711.11586) (BicycleGAN), the
    latent regression of cLR-GAN. Differs from the authors' code: the error for
    numbers is squared, where InfoGAN has the likelihood of a Gaussian with a
    predicted deviation, and cLR-GAN the absolute error. BicycleGAN, the
    hybrid, does not train its encoder in this term; here it is trained. The
    discriminator's part is trained in its own step, not in the generator's.
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
        """Both networks, or the generator alone if there is an encoder."""
        return Penalty.networks if self.encoder is None else ("generator",)

    @property
    def trained_variables(self) -> list[keras.Variable]:
        """The trainable weights of the encoder."""
        if self.encoder is None:
            return []
        return list(self.encoder.trainable_variables)

    @property
    def variables(self) -> list[keras.Variable]:
        """Other variables of the encoder, such as statistics of its layers."""
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
                f"Penalty `{self.name}` reads the discriminator's output "
                "'latents'. Expected a discriminator that returns {'logits': "
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
            "Latents are compared with their reconstruction. Expected the "
            f"shape of the latents, {latents}. Received: shape {read}"
        )


def _check_categories(categories: tuple[int, ...], size: int) -> None:
    if sum(categories) > size:
        raise ValueError(
            "Invalid value for argument `categories`. Expected at most "
            f"{size} in all, the number of elements of the latents. Received: "
            f"{categories}, {sum(categories)} in all"
        )
