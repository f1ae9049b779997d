"""How often the discriminator is right, read off its own step."""

from collections.abc import Callable

from keras import ops

from keras_regan._typing import Tensor
from keras_regan.losses import AdversarialLoss
from keras_regan.penalties.step_context import StepContext

# No name that a regularizer of the discriminator can have.
NAMES = ("real_accuracy", "fake_accuracy")


def accuracies(
    loss: AdversarialLoss,
) -> dict[str, Callable[[StepContext], Tensor]]:
    """Returns what reads the two accuracies off a step, by name.

    They are the shares of the logits, of all patches alike and of the mean
    over the discriminator's heads, on their side of the loss's boundary.
    Without one there is nothing to read.
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
