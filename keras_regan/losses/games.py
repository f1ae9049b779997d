"""The published adversarial losses, each as two formulas of the logits."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import float_below_one
from keras_regan.losses.adversarial_loss import AdversarialLoss
from keras_regan.losses.adversarial_loss import check_pairs
from keras_regan.losses.adversarial_loss import logit_map


class _CrossEntropyGame(AdversarialLoss):
    """The discriminator's cross-entropy loss, which two games share."""

    boundary = 0.0

    def __init__(self, *, label_smoothing: float = 0.0):
        self.label_smoothing = float_below_one(
            label_smoothing, "label_smoothing"
        )

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Returns the cross-entropy of real and generated samples."""
        real, fake = logit_map(real_logits), logit_map(fake_logits)
        # -t log s(C) - (1 - t) log(1 - s(C)) with s the sigmoid.
        target = 1.0 - self.label_smoothing
        real_loss = target * ops.softplus(-real) + (
            1.0 - target
        ) * ops.softplus(real)
        return ops.mean(real_loss) + ops.mean(ops.softplus(fake))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"label_smoothing": self.label_smoothing}


@register
class Minimax(_CrossEntropyGame):
    """The loss of the first GAN paper: both networks play for one value.

    The generator minimizes what the discriminator maximizes. Its gradient
    fades while the discriminator wins (it saturates); `NonSaturating` has the
    same optimum and does not saturate. Use this one to follow the formula
    `J = V(D, G) + factor * R(G)` exactly.

    Formula, with logits `C` and the sigmoid `s`:

    ```
    V = mean(log s(C_real)) + mean(log(1 - s(C_fake)))
    discriminator: -V        generator: mean(log(1 - s(C_fake)))
    ```

    The term of the real samples is left out of the generator's loss: it does
    not depend on the generator.

    Cost: none; these are the losses of the plain step.

    Args:
        label_smoothing: Float in `[0, 1)`. One-sided: the discriminator's
            target for real samples becomes `1 - label_smoothing`. Defaults
            to `0.0`.

    Raises:
        ValueError: If `label_smoothing` is not in `[0, 1)`.

    Example:
    >>> loss = keras_regan.losses.Minimax()
    >>> float(loss.generator_loss(np.zeros((4, 1))))  # log(1/2)
    -0.693147...

    Reference:

    - [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661), equation 1.
    - One-sided label smoothing:
      [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 3.4.
      Differs from TF-GAN's argument of this name, and from that of
      `keras.losses.BinaryCrossentropy`, which move targets to 1/2: their 0.2
      is 0.1 here. Keras's also smooths the targets of generated samples.
    """

    def generator_loss(
        self, fake_logits: Tensor, real_logits: Tensor | None = None
    ) -> Tensor:
        """Returns `mean(log(1 - s(C_fake)))`."""
        return -ops.mean(ops.softplus(logit_map(fake_logits)))


@register
class NonSaturating(_CrossEntropyGame):
    """The logistic game with a generator loss that does not saturate.

    The usual choice, and the default of `RegularizedGAN.compile`: the
    generator maximizes the log-probability that its samples are classified as
    real, which has a strong gradient exactly when the discriminator wins.

    Formula, with logits `C` and the sigmoid `s`:

    ```
    discriminator: -mean(log s(C_real)) - mean(log(1 - s(C_fake)))
    generator:     -mean(log s(C_fake))
    ```

    Cost: none; these are the losses of the plain step.

    Args:
        label_smoothing: Float in `[0, 1)`. One-sided: the discriminator's
            target for real samples becomes `1 - label_smoothing`. Defaults
            to `0.0`.

    Raises:
        ValueError: If `label_smoothing` is not in `[0, 1)`.

    Example:
    >>> loss = keras_regan.losses.NonSaturating()
    >>> float(loss.generator_loss(np.zeros((4, 1))))  # log 2
    0.693147...

    Reference:

    - [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661), section 3.
    - One-sided label smoothing:
      [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 3.4.
      Differs from TF-GAN's argument of this name, and from that of
      `keras.losses.BinaryCrossentropy`, which move targets to 1/2: their 0.2
      is 0.1 here. Keras's also smooths the targets of generated samples.
    """

    def generator_loss(
        self, fake_logits: Tensor, real_logits: Tensor | None = None
    ) -> Tensor:
        """Returns `-mean(log s(C_fake))`."""
        return ops.mean(ops.softplus(-logit_map(fake_logits)))


@register
class LeastSquares(AdversarialLoss):
    """Pulls logits of real samples to 1 and of generated samples to 0.

    Its gradient grows with the distance from the target, so samples far from
    it are pulled most, on the wrong side and on the right one.

    Formula, with logits `C`:

    ```
    discriminator: mean((C_real - 1)^2) / 2 + mean(C_fake^2) / 2
    generator:     mean((C_fake - 1)^2) / 2
    ```

    Cost: none; these are the losses of the plain step.

    Example:
    >>> loss = keras_regan.losses.LeastSquares()
    >>> float(loss.generator_loss(np.zeros((4, 1))))
    0.5

    Reference:

    - [Mao et al., 2017](https://arxiv.org/abs/1611.04076), equation 9.
    """

    boundary = 0.5

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Returns the squared distances to the targets 1 and 0, halved."""
        real, fake = logit_map(real_logits), logit_map(fake_logits)
        real_loss = ops.mean(ops.square(real - 1.0))
        return 0.5 * real_loss + 0.5 * ops.mean(ops.square(fake))

    def generator_loss(
        self, fake_logits: Tensor, real_logits: Tensor | None = None
    ) -> Tensor:
        """Returns the squared distance to the target 1, halved."""
        return 0.5 * ops.mean(ops.square(logit_map(fake_logits) - 1.0))


@register
class Hinge(AdversarialLoss):
    """Trains the discriminator only on samples inside its margin.

    The usual partner of spectral normalization.

    Formula, with logits `C`:

    ```
    discriminator: mean(max(0, 1 - C_real)) + mean(max(0, 1 + C_fake))
    generator:     -mean(C_fake)
    ```

    Cost: none; these are the losses of the plain step.

    Example:
    >>> loss = keras_regan.losses.Hinge()
    >>> float(loss.discriminator_loss(np.zeros((4, 1)), np.zeros((4, 1))))
    2.0

    Reference:

    - [Lim and Ye, 2017](https://arxiv.org/abs/1705.02894);
      [Miyato et al., 2018](https://arxiv.org/abs/1802.05957), equation 16.
    """

    boundary = 0.0

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Returns by how much the logits fall short of the margin."""
        real, fake = logit_map(real_logits), logit_map(fake_logits)
        return ops.mean(ops.relu(1.0 - real)) + ops.mean(ops.relu(1.0 + fake))

    def generator_loss(
        self, fake_logits: Tensor, real_logits: Tensor | None = None
    ) -> Tensor:
        """Returns `-mean(C_fake)`."""
        return -ops.mean(logit_map(fake_logits))


@register
class Wasserstein(AdversarialLoss):
    """Computes the difference of the critic's mean logits.

    It is an earth mover's distance only if the critic's slope is bounded, so
    add a gradient penalty, spectral normalization or a weight constraint to
    the discriminator, and give it several steps (`discriminator_steps=5`).

    Formula, with logits `C`:

    ```
    discriminator: mean(C_fake) - mean(C_real)        generator: -mean(C_fake)
    ```

    Cost: none; these are the losses of the plain step.

    Example:
    >>> loss = keras_regan.losses.Wasserstein()
    >>> float(loss.discriminator_loss(np.ones((4, 1)), np.zeros((4, 1))))
    -1.0

    Reference:

    - [Arjovsky et al., 2017](https://arxiv.org/abs/1701.07875), algorithm 1.
    """

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Returns `mean(C_fake) - mean(C_real)`."""
        return ops.mean(logit_map(fake_logits)) - ops.mean(
            logit_map(real_logits)
        )

    def generator_loss(
        self, fake_logits: Tensor, real_logits: Tensor | None = None
    ) -> Tensor:
        """Returns `-mean(C_fake)`."""
        return -ops.mean(logit_map(fake_logits))


@register
class Relativistic(AdversarialLoss):
    """Compares every generated sample with a real one.

    The discriminator ranks the two samples of a pair instead of judging each
    alone, so the generator gains nothing by dropping modes. With `R1` and `R2`
    on the discriminator this is the loss of R3GAN. The i-th real sample is
    paired with the i-th generated one, so both batches must have the same
    size; the generator's step also runs the discriminator on the real batch.

    Formula, with logits `C`:

    ```
    discriminator: mean_i(softplus(-(C_real_i - C_fake_i)))
    generator:     mean_i(softplus(-(C_fake_i - C_real_i)))
    ```

    Raises:
        ValueError: If the two batches of logits differ in shape, or if
            `generator_loss` is called without `real_logits`.

    Cost: one more pass through the discriminator in the generator's step.

    Example:
    >>> loss = keras_regan.losses.Relativistic()
    >>> float(loss.generator_loss(np.zeros((4, 1)), np.zeros((4, 1))))  # log 2
    0.693147...

    Reference:

    - [Jolicoeur-Martineau, 2018](https://arxiv.org/abs/1807.00734),
      section 4.1 (RSGAN).
    - [Huang et al., 2024](https://arxiv.org/abs/2501.05441), equation 2.
    """

    uses_real_logits = True

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Returns the loss of ranking real samples above generated ones."""
        return ops.mean(ops.softplus(-_difference(real_logits, fake_logits)))

    def generator_loss(
        self, fake_logits: Tensor, real_logits: Tensor | None = None
    ) -> Tensor:
        """Returns the loss of ranking generated samples above real ones."""
        if real_logits is None:
            raise ValueError(
                "Invalid value for argument `real_logits`. Expected the "
                "logits of the real samples, with which `Relativistic` "
                "compares. Received: real_logits=None"
            )
        return ops.mean(ops.softplus(_difference(real_logits, fake_logits)))


def _difference(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Returns `real - fake` pair by pair, never broadcast."""
    check_pairs(real_logits, fake_logits)
    return logit_map(real_logits) - logit_map(fake_logits)
