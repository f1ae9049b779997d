"""Top-k updates: the generator learns from its best samples."""

import copy
from typing import Any

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import is_finite
from keras_regan._validation import is_real_number
from keras_regan._validation import message
from keras_regan.losses.adversarial_loss import AdversarialLoss
from keras_regan.losses.adversarial_loss import logit_map

_Schedule = keras.optimizers.schedules.LearningRateSchedule


@register
class TopK(AdversarialLoss):
    """Leaves out of the generator's loss what the discriminator likes least.

    The gradients at the worst samples often lead away from the data. With
    `TopK(loss, fraction)` the generator's loss is the mean over the best
    `fraction` of each batch; the discriminator's stays as it is. Begin with
    the whole batch and go down, once the discriminator has an opinion:

    ```python
    fraction = keras.optimizers.schedules.PolynomialDecay(1.0, 10_000, 0.5)
    loss = keras_regan.losses.TopK(keras_regan.losses.Hinge(), fraction)
    ```

    Formula: the generator's loss of the `k` samples with the largest logits,
    `k = max(1, round(fraction * batch))`

    Samples that are equally good as the `k`-th are kept too. The logit of a
    map of patches is the mean over its patches.

    Cost: one sort of the batch's logits.

    Args:
        loss: `AdversarialLoss` that takes a mean over samples which do not see
            each other.
        fraction: Float in `(0, 1]`, or a `LearningRateSchedule` of such, which
            is called with the number of the generator's updates. Defaults to
            `0.5`.

    Raises:
        TypeError: If `loss` is no `AdversarialLoss`, or if `fraction` is
            neither of the two.
        ValueError: If `fraction` is not in `(0, 1]`, or if `loss` compares
            with real samples, as `Relativistic` does.

    Example:
    >>> loss = keras_regan.losses.TopK(keras_regan.losses.Hinge(), 0.5)
    >>> float(loss.generator_loss(np.array([[1.0], [-3.0], [2.0], [0.0]])))
    -1.5

    Reference: [Sinha et al., 2020](https://arxiv.org/abs/2002.06224). There
    `k` decays by a factor per epoch down to a share of the batch; here any
    schedule says how. The authors' constants could not be verified.
    """

    def __init__(
        self, loss: AdversarialLoss, fraction: float | _Schedule = 0.5
    ):
        if not isinstance(loss, AdversarialLoss):
            raise TypeError(
                message("loss", "a `keras_regan.losses.AdversarialLoss`", loss)
            )
        if loss.uses_real_logits:
            raise ValueError(
                message(
                    "loss",
                    "a loss whose generator does not compare with real samples",
                    loss,
                )
            )
        self.loss = loss
        self.fraction = _checked_fraction(fraction)
        self._step = 0

    def at(self, step: Tensor) -> "TopK":
        """Returns the loss with the fraction of one step."""
        bound = copy.copy(self)
        bound.loss = self.loss.at(step)
        bound._step = step
        return bound

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Returns what the wrapped loss returns."""
        return self.loss.discriminator_loss(real_logits, fake_logits)

    def generator_loss(
        self, fake_logits: Tensor, real_logits: Tensor | None = None
    ) -> Tensor:
        """Returns the mean loss of the best samples."""
        scores = ops.mean(logit_map(fake_logits), axis=-1)
        count = ops.shape(scores)[0]
        kept = ops.cast(self._fraction(), scores.dtype) * ops.cast(
            count, scores.dtype
        )
        kept = ops.maximum(ops.cast(ops.round(kept), "int32"), 1)
        least = ops.take(ops.sort(scores), count - kept)
        chosen = ops.cast(scores >= ops.stop_gradient(least), scores.dtype)
        losses = ops.vectorized_map(
            lambda logits: self.loss.generator_loss(ops.expand_dims(logits, 0)),
            ops.convert_to_tensor(fake_logits),
        )
        return ops.sum(losses * chosen) / ops.sum(chosen)

    def _fraction(self) -> Any:
        if isinstance(self.fraction, _Schedule):
            return self.fraction(self._step)
        return self.fraction

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        fraction = self.fraction
        if isinstance(fraction, _Schedule):
            fraction = serialize(fraction)
        return {"loss": serialize(self.loss), "fraction": fraction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TopK":
        """Creates the loss from the result of `get_config`."""
        config = dict(config)
        for key in ("loss", "fraction"):
            if isinstance(config[key], dict):
                config[key] = keras.saving.deserialize_keras_object(config[key])
        return cls(**config)


def _checked_fraction(fraction: Any) -> float | _Schedule:
    if isinstance(fraction, _Schedule):
        return fraction
    expected = "a float in the interval (0, 1] or a `LearningRateSchedule`"
    if not is_real_number(fraction):
        raise TypeError(message("fraction", expected, fraction))
    if not is_finite(fraction) or not 0 < fraction <= 1:
        raise ValueError(message("fraction", expected, fraction))
    return float(fraction)
