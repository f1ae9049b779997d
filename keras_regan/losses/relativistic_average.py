"""Relativistic losses that compare each sample with a mean of the others."""

from typing import Any

from keras import ops

from keras_regan._backend import replicas
from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan._validation import one_of
from keras_regan.losses.adversarial_loss import AdversarialLoss
from keras_regan.losses.adversarial_loss import logit_map

_SHORTFALLS = {
    "logistic": lambda margin: ops.softplus(-margin),
    "least_squares": lambda margin: ops.square(margin - 1.0),
    "hinge": lambda margin: ops.relu(1.0 - margin),
}


@register
class RelativisticAverage(AdversarialLoss):
    """Compares every sample with the average sample of the other kind.

    The discriminator makes real samples look more real than the average
    generated one, and the generator does the opposite: it raises the logits of
    its own samples and lowers those of real ones, so it learns from both
    kinds. This is the loss of ESRGAN. `Relativistic` compares pairs instead of
    averages.

    Formula, with logits `C` and their means `m`:

    ```
    discriminator: mean(f(C_real - m_fake)) + mean(f(m_real - C_fake))
    generator:     mean(f(C_fake - m_real)) + mean(f(m_fake - C_real))
    ```

    `f(x)` is `softplus(-x)` for `"logistic"` (RaSGAN), `(x - 1)^2` for
    `"least_squares"` (RaLSGAN) and `max(0, 1 - x)` for `"hinge"` (RaHingeGAN).
    Means of maps are over all patches. On several devices `m` is the mean over
    the global batch.

    Cost: one more pass through the discriminator in the generator's step.

    Args:
        form: One of `"logistic"`, `"least_squares"`, `"hinge"`. Defaults to
            `"logistic"`.

    Raises:
        ValueError: If `form` is none of these, or if `generator_loss` is
            called without `real_logits`.

    Example:
    >>> loss = keras_regan.losses.RelativisticAverage()
    >>> logits = np.zeros((4, 1))
    >>> float(loss.generator_loss(logits, logits))  # 2 log 2
    1.386294...

    Reference: [Jolicoeur-Martineau, 2018](https://arxiv.org/abs/1807.00734),
    section 4.2 (RaSGAN) and appendix (RaLSGAN, RaHingeGAN). Differs from the
    author's code, which takes half of each loss.
    """

    uses_real_logits = True

    def __init__(self, form: str = "logistic"):
        self.form = one_of(form, "form", _SHORTFALLS)

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Returns by how much real samples fail to look more real."""
        return self._shortfall(real_logits, fake_logits)

    def generator_loss(
        self, fake_logits: Tensor, real_logits: Tensor | None = None
    ) -> Tensor:
        """Returns by how much generated samples fail to look more real."""
        if real_logits is None:
            raise ValueError(
                message(
                    "real_logits",
                    "the logits of the real samples, with which "
                    "`RelativisticAverage` compares",
                    None,
                )
            )
        return self._shortfall(fake_logits, real_logits)

    def _shortfall(self, higher: Tensor, lower: Tensor) -> Tensor:
        shortfall = _SHORTFALLS[self.form]
        higher, lower = logit_map(higher), logit_map(lower)
        above = shortfall(higher - _mean_of_all(lower))
        below = shortfall(_mean_of_all(higher) - lower)
        return ops.mean(above) + ops.mean(below)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"form": self.form}


def _mean_of_all(logits: Tensor) -> Tensor:
    """Returns the mean over the global batch, with its gradient."""
    return ops.mean(replicas.global_rows(logits))
