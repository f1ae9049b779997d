"""Random wrong labels, which keep a discriminator from being certain."""

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import unit_float
from keras_regan.losses._wrapped_loss import WrappedLoss
from keras_regan.losses._wrapped_loss import checked_number
from keras_regan.losses._wrapped_loss import fixed_number
from keras_regan.losses.adversarial_loss import AdversarialLoss
from keras_regan.losses.adversarial_loss import check_pairs


@register
class FlippedLabels(WrappedLoss):
    """Shows some samples to the discriminator under the wrong label.

    It slows down a discriminator that wins too early. The samples are drawn
    anew in each update. The generator's loss does not change. With
    cross-entropy losses it is, on average, label smoothing on both sides;
    `NonSaturating(label_smoothing=...)` smooths the real side only and draws
    no random numbers.

    Formula: the discriminator's loss of logits in which `C_real_i` and
    `C_fake_i` are swapped, each pair with probability `probability`

    All patches of a map are swapped together. It works with every loss.

    Cost: as many random numbers as there are samples.

    Args:
        loss: `AdversarialLoss`.
        probability: Float in `[0, 1]`, or a `LearningRateSchedule`, which is
            called with the number of the discriminator's updates. Defaults to
            `0.05`.

    Raises:
        TypeError: If `loss` is not an `AdversarialLoss`, or if `probability`
            is neither a number nor a schedule.
        ValueError: If `probability` is not in `[0, 1]`, or if the two batches
            of logits differ in size.

    Example:
    >>> loss = keras_regan.losses.FlippedLabels(
    ...     keras_regan.losses.Wasserstein(), 1.0)
    >>> seed = keras.random.SeedGenerator(0)
    >>> real, fake = np.ones((4, 1)), np.zeros((4, 1))
    >>> float(loss.discriminator_loss(real, fake, seed))
    1.0

    Reference: [Chintala et al., 2016](https://github.com/soumith/ganhacks),
    number 6, which gives no probability. Differs from usual code: real and
    generated samples are flipped in pairs, so that there are always equally
    many of both kinds.
    """

    number = "probability"
    probability = fixed_number()

    def __init__(self, loss: AdversarialLoss, probability: Factor = 0.05):
        super().__init__(loss)
        self.probability = checked_number(
            probability,
            "probability",
            unit_float,
            "a float in the interval [0, 1]",
        )

    def discriminator_loss(  # type: ignore[override]  # It draws.
        self,
        real_logits: Tensor,
        fake_logits: Tensor,
        seed: keras.random.SeedGenerator,
    ) -> Tensor:
        """Returns the loss with some labels swapped.

        Args:
            real_logits: Logits of real samples.
            fake_logits: As many logits of generated samples.
            seed: `keras.random.SeedGenerator`.
        """
        check_pairs(real_logits, fake_logits)
        real = ops.convert_to_tensor(real_logits)
        fake = ops.reshape(fake_logits, ops.shape(real))
        shape = (ops.shape(real)[0],) + (1,) * (len(real.shape) - 1)
        draws = keras.random.uniform(shape, dtype="float32", seed=seed)
        flipped = draws < ops.cast(self._number_now(), "float32")
        return super().discriminator_loss(
            ops.where(flipped, fake, real),
            ops.where(flipped, real, fake),
            seed,
        )
