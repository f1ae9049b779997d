"""The terms of a network's loss besides its penalties."""

from collections.abc import Callable

import keras
from keras import ops

from keras_regan._backend.keras_internals.layers import regularized_variables
from keras_regan._dtypes import at_least_float32
from keras_regan._typing import Tensor
from keras_regan.losses import AdversarialLoss
from keras_regan.losses._drawing import with_seed
from keras_regan.penalties.step_context import StepContext

# A term cannot have this name, which has spaces.
SIGN = "sign of real logits"


class AdversarialTerm:
    """The adversarial loss, the first term of both networks.

    The losses of all heads of the discriminator add up.

    Args:
        loss: The `AdversarialLoss`.
    """

    name = "adversarial"

    def __init__(self, loss: AdversarialLoss):
        self._loss = loss

    def __call__(self, context: StepContext) -> Tensor:
        """Returns the loss of the network that this step trains."""
        return context.sum_over_heads(self._of_one_head)

    def _of_one_head(self, context: StepContext) -> Tensor:
        loss = self._loss.at(context.step)
        method: Callable[..., Tensor]
        if context.network == "discriminator":
            logits = context.real_logits, context.fake_logits
            method = loss.discriminator_loss
        else:
            real = context.real_logits if loss.uses_real_logits else None
            logits = context.fake_logits, real
            method = loss.generator_loss
        value = with_seed(method, context.seed)(*logits)
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


def real_sign(context: StepContext) -> Tensor:
    """Returns the mean sign of the real samples' logits, for augmentations.

    All heads of the discriminator count equally, whatever the sizes of their
    maps.
    """
    return context.mean_over_heads(
        lambda head: ops.mean(ops.sign(head.real_logits))
    )
