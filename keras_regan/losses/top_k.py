"""Top-k updates: the generator learns from its best samples."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Schedule
from keras_regan._typing import Tensor
from keras_regan._validation import is_finite
from keras_regan._validation import is_real_number
from keras_regan._validation import message
from keras_regan.losses._drawing import needs_seed
from keras_regan.losses._wrapped_loss import WrappedLoss
from keras_regan.losses._wrapped_loss import fixed_number
from keras_regan.losses.adversarial_loss import AdversarialLoss
from keras_regan.losses.adversarial_loss import logit_map


@register
class TopK(WrappedLoss):
    """Drops the samples with the lowest logits from the generator's loss.

    The gradients at the worst samples often lead away from the data. With
    `TopK(loss, fraction)` the generator's loss is the mean over the best
    `fraction` of each batch; the discriminator's loss does not change. Begin
    with the whole batch, and lower the fraction once the discriminator can
    tell good samples from bad ones:

    ```python
    fraction = keras.optimizers.schedules.PolynomialDecay(1.0, 10_000, 0.5)
    loss = keras_regan.losses.TopK(keras_regan.losses.Hinge(), fraction)
    ```

    Formula: the generator's loss of the `k` samples with the largest logits,
    `k = max(1, round(fraction * batch))`

    Samples that are as good as the `k`-th are kept too. The logit of a map of
    patches is the mean over its patches.

    Cost: one sort of the batch's logits.

    Args:
        loss: `AdversarialLoss` that is a mean over samples, each of which
            counts independently of the others.
        fraction: Float in `(0, 1]`, or a `LearningRateSchedule`, which is
            called with the number of the generator's updates. Defaults to
            `0.5`.

    Raises:
        TypeError: If `loss` is not an `AdversarialLoss`, or if `fraction` is
            neither a number nor a schedule.
        ValueError: If `fraction` is not in `(0, 1]`, or if the generator's
            loss compares with real samples, as `Relativistic` does, or draws
            random numbers.

    Example:
    >>> loss = keras_regan.losses.TopK(keras_regan.losses.Hinge(), 0.5)
    >>> float(loss.generator_loss(np.array([[1.0], [-3.0], [2.0], [0.0]])))
    -1.5

    Reference: [Sinha et al., 2020](https://arxiv.org/abs/2002.06224). There
    `k` decays by a factor per epoch down to a share of the batch; here it
    follows any schedule. Differs from public code, which rounds down: at a
    fraction of 0.29 it keeps 28 of 100 samples, and this class keeps 29. The
    authors' constants could not be verified.
    """

    number = "fraction"
    fraction = fixed_number()

    def __init__(self, loss: AdversarialLoss, fraction: Factor = 0.5):
        super().__init__(loss)
        if loss.uses_real_logits or needs_seed(loss.generator_loss):
            raise ValueError(
                message(
                    "loss",
                    "a loss whose generator neither compares with real "
                    "samples nor draws random numbers",
                    loss,
                )
            )
        self.fraction = _checked_fraction(fraction)

    def generator_loss(  # type: ignore[override]  # It does not draw.
        self, fake_logits: Tensor, real_logits: Tensor | None = None
    ) -> Tensor:
        """Returns the mean loss of the best samples."""
        scores = ops.mean(logit_map(fake_logits), axis=-1)
        count = ops.shape(scores)[0]
        kept = ops.cast(self._number_now(), scores.dtype) * ops.cast(
            count, scores.dtype
        )
        kept = ops.maximum(ops.cast(ops.round(kept), "int32"), 1)
        scores = ops.stop_gradient(scores)
        least = ops.take(ops.sort(scores), count - kept)
        ranks = ops.argsort(ops.argsort(scores))
        # Scores alone might choose none of equal samples: XLA may compute them
        # twice and round differently.
        chosen = ops.logical_or(ranks >= count - kept, scores >= least)
        chosen = ops.cast(chosen, scores.dtype)
        losses = ops.vectorized_map(
            lambda logits: self.loss.generator_loss(ops.expand_dims(logits, 0)),
            ops.convert_to_tensor(fake_logits),
        )
        return ops.sum(losses * chosen) / ops.sum(chosen)


def _checked_fraction(fraction: Any) -> Factor:
    if isinstance(fraction, Schedule):
        return fraction
    expected = "a float in the interval (0, 1] or a `LearningRateSchedule`"
    if not is_real_number(fraction):
        raise TypeError(message("fraction", expected, fraction))
    if not is_finite(fraction) or not 0 < fraction <= 1:
        raise ValueError(message("fraction", expected, fraction))
    return float(fraction)
