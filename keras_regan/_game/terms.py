"""The terms of a network's loss besides its penalties, and what is logged."""

from collections.abc import Callable

import keras
from keras import ops

from keras_regan._backend.keras_internals.layers import regularized_variables
from keras_regan._dtypes import at_least_float32
from keras_regan._typing import Tensor
from keras_regan.losses import AdversarialLoss
from keras_regan.losses._drawing import takes_seed
from keras_regan.penalties.step_context import StepContext

# A term cannot have this name, which has spaces.
SIGN = "sign of real logits"
# A regularizer of the discriminator cannot have these names.
ACCURACIES = ("real_accuracy", "fake_accuracy")


class AdversarialTerm:
    """The adversarial loss, the first term of both networks.

    The losses of all heads of the discriminator add up.

    Args:
        loss: The `AdversarialLoss`.
    """

    name = "adversarial"

    def __init__(self, loss: AdversarialLoss):
        self._loss = loss
        self._draws = {
            "discriminator": takes_seed(loss.discriminator_loss),
            "generator": takes_seed(loss.generator_loss),
        }

    def __call__(self, context: StepContext) -> Tensor:
        """Returns the loss of the network that this step trains."""
        return context.sum_over_heads(self._of_one_head)

    def _of_one_head(self, context: StepContext) -> Tensor:
        loss = self._loss.at(context.step)
        seed = {"seed": context.seed} if self._draws[context.network] else {}
        if context.network == "discriminator":
            value = loss.discriminator_loss(
                context.real_logits, context.fake_logits, **seed
            )
        else:
            real = context.real_logits if loss.uses_real_logits else None
            value = loss.generator_loss(context.fake_logits, real, **seed)
        shape = tuple(getattr(value, "shape", ()))
        if shape:
            raise ValueError(
                f"`{type(loss).__name__}.{context.network}_loss` must return "
                f"a scalar, as `keras.ops.mean` does. Received: shape {shape}"
            )
        return value


class LayerRegularizers:
    """The losses of a network's own layers, the last term.

    They come from activity regularizers and `add_loss` in the passes of this
    step, and from the regularizers of weights.

    Args:
        network: The network.
    """

    name = "layer_regularizers"

    def __init__(self, network: keras.Model):
        self._regularized = regularized_variables(network)

    def __call__(self, context: StepContext) -> Tensor | None:
        """Returns the sum of the losses; `None` if there are none."""
        weights = [v.regularizer(v) for v in self._regularized]
        losses = [*context.layer_losses, *weights]
        if not losses:
            return None
        return sum(at_least_float32(loss) for loss in losses)


class Accuracy:
    """The share of some logits on the right side of a loss's boundary.

    It is measured in the discriminator's own step, over all patches, and is
    the mean over the discriminator's heads.

    Args:
        logits: `"real_logits"` or `"fake_logits"`.
        is_right: Function of logits and the boundary.
        boundary: The loss's boundary.
    """

    def __init__(
        self,
        logits: str,
        is_right: Callable[[Tensor, float], Tensor],
        boundary: float,
    ):
        self._logits = logits
        self._is_right = is_right
        self._boundary = boundary

    def __call__(self, context: StepContext) -> Tensor:
        """Returns a float32 scalar."""
        return context.mean_over_heads(self._of_one_head)

    def _of_one_head(self, context: StepContext) -> Tensor:
        logits = getattr(context, self._logits)
        right = self._is_right(logits, self._boundary)
        return ops.mean(ops.cast(right, "float32"))


def accuracies(loss: AdversarialLoss) -> dict[str, Accuracy]:
    """Returns both accuracies by name; none for a loss without a boundary."""
    if loss.boundary is None:
        return {}
    real, fake = ACCURACIES
    return {
        real: Accuracy("real_logits", ops.greater, loss.boundary),
        fake: Accuracy("fake_logits", ops.less, loss.boundary),
    }


def real_sign(context: StepContext) -> Tensor:
    """Returns the mean sign of the real samples' logits, for augmentations.

    All heads of the discriminator count equally, whatever the sizes of their
    maps.
    """
    return context.mean_over_heads(
        lambda head: ops.mean(ops.sign(head.real_logits))
    )
