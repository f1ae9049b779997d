"""The weight of the adversarial loss among the generator's terms."""

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import non_negative_float
from keras_regan.losses._wrapped_loss import WrappedLoss
from keras_regan.losses._wrapped_loss import checked_number
from keras_regan.losses._wrapped_loss import fixed_number
from keras_regan.losses.adversarial_loss import AdversarialLoss


@register
class Weighted(WrappedLoss):
    """Weighs the generator's adversarial loss against its regularizers.

    Use it for generators that learn mainly from another term, such as a
    distance of features, and whose samples should look real as well:
    super-resolution adds `1e-3` times the adversarial loss to a content loss.
    A factor on all other terms would do the same, up to the learning rate;
    with this class they keep the scale of their papers. The discriminator's
    loss does not change.

    With a schedule, or with a `keras_regan.penalties.AdjustableFactor` that
    you set by hand, the generator can learn from the other terms first:

    ```python
    factor = keras.optimizers.schedules.PiecewiseConstantDecay(
        [10_000], [0.0, 1e-3])
    loss = keras_regan.losses.Weighted(
        keras_regan.losses.NonSaturating(), factor)
    ```

    In the logs, `g_loss` is the sum that is minimized, with the weighted term.

    Formula: `factor(step)` times the generator's loss

    Cost: none.

    Args:
        loss: `AdversarialLoss`.
        factor: Non-negative float, or a `LearningRateSchedule` that is called
            with the number of the generator's updates. Defaults to `1e-3`.

    Raises:
        TypeError: If `loss` is not an `AdversarialLoss`, or if `factor` is
            neither a number nor a schedule.
        ValueError: If `factor` is negative or not finite.

    Example:
    >>> loss = keras_regan.losses.Weighted(keras_regan.losses.Hinge(), 0.25)
    >>> float(loss.generator_loss(np.full((4, 1), -2.0)))
    0.5

    Reference: [Ledig et al., 2017](https://arxiv.org/abs/1609.04802) (SRGAN),
    equation 3.
    """

    number = "factor"
    factor = fixed_number()

    def __init__(self, loss: AdversarialLoss, factor: Factor = 1e-3):
        super().__init__(loss)
        self.factor = checked_number(
            factor, "factor", non_negative_float, "a non-negative float"
        )

    def generator_loss(
        self,
        fake_logits: Tensor,
        real_logits: Tensor | None = None,
        seed: keras.random.SeedGenerator | None = None,
    ) -> Tensor:
        """Returns the weighted loss."""
        loss = super().generator_loss(fake_logits, real_logits, seed)
        return ops.cast(self._number_now(), loss.dtype) * loss
