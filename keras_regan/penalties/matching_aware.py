"""A loss in which real samples with a wrong condition count as generated."""

from typing import Any
from typing import Self

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan.losses import AdversarialLoss
from keras_regan.losses import NonSaturating
from keras_regan.losses._drawing import with_seed
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class MatchingAware(Penalty):
    """Teaches the discriminator that a sample has to fit its condition.

    For generators that make good samples of the wrong thing, above all from
    descriptions: a discriminator can win by looking at samples alone, and the
    generator then never learns that the words matter. Here a real sample with
    the condition of another sample counts as generated.

    Formula: `factor * L(C(x_i, c_i), C(x_i, c_{i-1}))`

    `L` is the discriminator's part of an adversarial loss, `C` the logit. The
    wrong condition is that of the row before. If both rows have the same
    condition, as with two samples of a class, `C(G(z_i, c_i))` replaces the
    second logit, so that no sample is compared with itself.

    Cost: one more pass through the discriminator.

    Reads: `real`, `conditions`, `real_logits` and `fake_logits`.

    Args:
        factor: Non-negative float or schedule. Defaults to `1.0`.
        loss: `AdversarialLoss` or `None`. Pass the loss that `compile` gets; a
            relativistic loss ranks the sample with its own condition above the
            one with the wrong condition. `None` means `NonSaturating()`.
            Defaults to `None`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Raises:
        TypeError: If `loss` is not an `AdversarialLoss`.
        ValueError: In the first step, if the discriminator takes no
            conditions.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2, num_classes=3))
    >>> loss = keras_regan.losses.Relativistic()
    >>> gan.compile(
    ...     loss=loss,
    ...     discriminator_regularizers=[
    ...         keras_regan.penalties.MatchingAware(loss=loss)])

    Reference: [Reed et al., 2016](https://arxiv.org/abs/1605.05396), algorithm
    1 (GAN-CLS): with a factor of 1 and the default loss, the discriminator's
    whole loss is twice theirs, in which both kinds of false pairs count half.
    [Kang et al., 2023](https://arxiv.org/abs/2303.05511) (GigaGAN) also do it
    with generated samples, which is left out here, and do not count the real
    samples once more. Differs from both: a condition is never compared with an
    equal one.
    """

    networks = ("discriminator",)

    def __init__(
        self,
        factor: Factor = 1.0,
        *,
        loss: AdversarialLoss | None = None,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        loss = NonSaturating() if loss is None else loss
        if not isinstance(loss, AdversarialLoss):
            expected = "None or a `keras_regan.losses.AdversarialLoss`"
            raise TypeError(message("loss", expected, loss))
        self.loss = loss

    @property
    def state(self) -> list[keras.Variable]:
        """The state of the loss and of the factor."""
        return [*self.loss.variables, *super().state]

    def call(self, context: StepContext) -> Tensor:
        """Returns the loss of telling right from wrong conditions."""
        told = context.judged_conditions
        if not told:
            raise ValueError(
                f"Penalty `{self.name}` needs conditions. Expected a "
                "discriminator that takes some, and data of the form "
                "(samples, conditions). Received: a discriminator that takes "
                "samples only"
            )
        others = keras.tree.map_structure(_of_row_before, context.conditions)
        misfits = context.discriminate(context.real, others)
        same = ops.reshape(
            _same_as_before(told), (-1,) + (1,) * (len(misfits.shape) - 1)
        )
        wrong = ops.where(same, context.fake_logits, misfits)
        loss = self.loss.at(context.step)
        loss_of = with_seed(loss.discriminator_loss, context.seed)
        return loss_of(context.real_logits, wrong)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        loss = keras.saving.serialize_keras_object(self.loss)
        return {**super().get_config(), "loss": loss}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates the penalty from the result of `get_config`."""
        config = dict(config)
        config["loss"] = keras.saving.deserialize_keras_object(config["loss"])
        return cls(**config)


def _of_row_before(rows: Tensor) -> Tensor:
    return ops.roll(rows, 1, axis=0)


def _same_as_before(conditions: list[Tensor]) -> Tensor:
    """Tells for each row whether its conditions equal those before it."""
    same = True
    for rows in conditions:
        equal = ops.equal(rows, _of_row_before(rows))
        axes = tuple(range(1, len(equal.shape)))
        same = ops.logical_and(same, ops.all(equal, axis=axes))
    return same
