"""How often the discriminator is right, read off its own step."""

from collections.abc import Callable

from keras import ops

from keras_regan._typing import Tensor
from keras_regan.losses import AdversarialLoss
from keras_regan.penalties._heads import added_up
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
    real, fake = NAMES
    return {
        real: _mean_over_heads(lambda head: head.real_logits > boundary),
        fake: _mean_over_heads(lambda head: head.fake_logits < boundary),
    }


def _mean_over_heads(
    right: Callable[[StepContext], Tensor],
) -> Callable[[StepContext], Tensor]:
    def share(head):
        return ops.mean(ops.cast(right(head), "float32"))

    def read(context):
        shares = context.of_each_head(share)
        return added_up(shares) / len(shares)

    return read
