"""LeCam regularization, which bounds how far logits drift apart."""

from typing import Any

import keras
from keras import ops

from keras_regan._backend import replicas
from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import boolean
from keras_regan._validation import float_below_one
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class LeCam(Penalty):
    """Penalizes logits that leave the moving average of the opposite kind.

    For small data sets, on which the discriminator memorizes the real samples
    and its logits of real and generated samples drift apart. It needs no
    second-order gradient. Together with an adaptive augmentation, use a much
    smaller factor (the paper's StyleGAN2 on CIFAR-10: `1e-6`).

    Formula: `factor * (mean(max(C(x) - a_fake, 0)^2)
    + mean(max(a_real - C(G(z)), 0)^2))`

    `a_real` and `a_fake` are moving averages of the mean logits of real and
    of generated samples, `C` the logit; every patch of a map counts. With
    `one_sided=False` the squares are taken without the maximum. With an
    `interval`, the averages move in the updates that compute it. On several
    devices the means are those of the global batch.

    Cost: four means of logits.

    Reads: `real_logits` and `fake_logits`.

    Args:
        factor: Non-negative float or schedule. Defaults to `0.3`, the
            authors' for BigGAN on CIFAR-10, where it goes with a `momentum`
            of 0.9.
        momentum: Float in `[0, 1)`. The momentum of both averages, for each
            update of the discriminator. Defaults to `0.99`.
        one_sided: Boolean. Whether only logits beyond the average count, as in
            the authors' code. `False` is the formula of the paper. Defaults to
            `True`.
        name: String. The key in the logs, after `d_`. Defaults to `"lecam"`.
        **kwargs: `interval`, as in `Penalty`.

    Raises:
        TypeError: If `momentum` is not a number or `one_sided` is not a
            boolean.
        ValueError: If `momentum` is not in `[0, 1)`; in the first step, if
            the discriminator returns several tensors of logits.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(
    ...     discriminator_regularizers=[keras_regan.penalties.LeCam(0.1)])

    Reference: [Tseng et al., 2021](https://arxiv.org/abs/2104.03310). The
    averages are those of the authors' StyleGAN2: momentum 0.99, corrected for
    their start at zero, and moved before they are used. Differs from the
    authors' BigGAN, whose momentum is 0.9 and which waits for 1,000 steps:
    give `factor` a schedule for that.
    """

    networks = ("discriminator",)

    def __init__(
        self,
        factor: Factor = 0.3,
        *,
        momentum: float = 0.99,
        one_sided: bool = True,
        name: str = "lecam",
        **kwargs: Any,
    ):
        super().__init__(factor, name=name, **kwargs)
        self.momentum = float_below_one(momentum, "momentum")
        self.one_sided = boolean(one_sided, "one_sided")
        # Decaying sums and the sum of their weights: their ratio is a mean
        # from the first step on.
        self._real_sum, self._fake_sum, self._weight = (
            keras.Variable(0.0, dtype="float32", trainable=False, name=part)
            for part in ("real_sum", "fake_sum", "weight")
        )

    @property
    def variables(self) -> list[keras.Variable]:
        """The sums that the two averages are computed from."""
        return [self._real_sum, self._fake_sum, self._weight]

    def call(self, context: StepContext) -> Tensor:
        """Returns the sum of both mean squares."""
        real, fake = context.real_logits, context.fake_logits
        real_mean, fake_mean = replicas.global_mean(
            (_detached_mean(real), _detached_mean(fake))
        )
        if context.training:
            self._move(real_mean, fake_mean)
        real_average = self._average(self._real_sum, real_mean)
        fake_average = self._average(self._fake_sum, fake_mean)
        return self._mean_square(real - fake_average) + self._mean_square(
            real_average - fake
        )

    def _move(self, real: Tensor, fake: Tensor) -> None:
        for total, value in (
            (self._real_sum, real),
            (self._fake_sum, fake),
            (self._weight, 1.0),
        ):
            total.assign(self.momentum * total + (1.0 - self.momentum) * value)

    def _average(self, total: keras.Variable, mean: Tensor) -> Tensor:
        """Returns the average, or the mean if there is no average yet."""
        weight = ops.convert_to_tensor(self._weight)
        begun = weight > 0
        average = total / ops.where(begun, weight, 1.0)
        return ops.where(begun, average, mean)

    def _mean_square(self, difference: Tensor) -> Tensor:
        if self.one_sided:
            difference = ops.relu(difference)
        return ops.mean(ops.square(difference))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "one_sided": self.one_sided,
        }


def _detached_mean(logits: Tensor) -> Tensor:
    return ops.cast(ops.stop_gradient(ops.mean(logits)), "float32")
