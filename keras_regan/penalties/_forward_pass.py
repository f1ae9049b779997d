"""One pass of the discriminator over a batch, and its gradient."""

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

from keras import ops

from keras_regan import _backend
from keras_regan._typing import Tensor


class ForwardPass(NamedTuple):
    """A pass of the discriminator, with a function for its input gradient.

    Attributes:
        logits: Tensor of shape `(batch,)`, `(batch, 1)` or
            `(batch, ..., 1)`, or a list of several, one for each head.
        outputs: Dictionary of the other outputs of the discriminator, such as
            `"features"` and `"class_logits"`.
        losses: List of scalars that its layers added in this call.
        gradient: Callable that returns the gradient of each sample's logit at
            that sample; the logit of a map of patches is the mean over the
            patches. With several heads it returns a list, one for each head.
    """

    logits: Tensor | list[Tensor]
    outputs: dict[str, Any]
    losses: list[Tensor]
    gradient: Callable[[], Tensor | list[Tensor]]


def forward_pass(
    discriminate: Callable[[Tensor], Any], samples: Tensor
) -> ForwardPass:
    """Calls the discriminator once, for logits and gradients alike.

    Args:
        discriminate: Callable that takes samples and returns
            `(logits, (outputs, losses))`.
        samples: Tensor `(batch, ...)`.
    """
    logits, (outputs, losses), pullback = _backend.call_with_input_gradient(
        discriminate, samples
    )

    def gradient():
        if not isinstance(logits, list):
            return pullback(_mean_over_patches(logits))
        return [
            pullback(_mean_over_patches(head), index)
            for index, head in enumerate(logits)
        ]

    return ForwardPass(logits, outputs, losses, gradient)


def _mean_over_patches(logits: Tensor) -> Tensor:
    """Returns weights that turn the sum over patches into their mean."""
    patches = 1
    for size in ops.shape(logits)[1:]:
        patches = patches * size
    return ops.ones_like(logits) / ops.cast(patches, logits.dtype)


def existing(outputs: dict[str, Any], key: str) -> Any:
    """Returns an output by its name.

    Raises:
        ValueError: If the discriminator does not return it.
    """
    if key not in outputs:
        raise ValueError(
            f"A regularizer reads the discriminator's {key}, and it returns "
            "none. Expected a discriminator that returns "
            f"{{'logits': ..., '{key}': ...}}. Received: "
            f"{['logits', *outputs]}"
        )
    return outputs[key]
