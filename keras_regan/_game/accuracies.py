"""The discriminator's accuracies, measured in its own step."""

from collections.abc import Callable

from keras import ops

from keras_regan._typing import Tensor
from keras_regan.losses import AdversarialLoss
from keras_regan.penalties.step_context import StepContext

# A regularizer of the discriminator cannot have these names.
NAMES = ("real_accuracy", "fake_accuracy")


def accuracies(
    loss: AdversarialLoss,
) -> dict[str, Callable[[StepContext], Tensor]]:
    """Returns the functions that measure the two accuracies, by name.

    An accuracy is the share of logits on the right side of the loss's
    boundary, over all patches, and its mean over the discriminator's heads. A
    loss without a boundary has no accuracies.
    """
    boundary = loss.boundary
    if boundary is None:
        return {}

    def on_real(head):
        return _share(head.real_logits > boundary)

    def on_fake(head):
        return _share(head.fake_logits < boundary)

    real, fake = NAMES
    return {
        real: lambda context: context.mean_over_heads(on_real),
        fake: lambda context: context.mean_over_heads(on_fake),
    }


def _share(right: Tensor) -> Tensor:
    return ops.mean(ops.cast(right, "float32"))
