"""The auxiliary classifier: samples of which the class can be told."""

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class AuxiliaryClassifier(Penalty):
    """Lets the discriminator classify, and the generator please it.

    For class-conditional GANs whose discriminator is not told the class: it
    returns `{"logits": ..., "class_logits": ...}`, as that of
    `networks.resnet(..., auxiliary_classifier=True)` does. Give one to each of
    the two lists. Samples become easy to classify, at some cost of variety
    within a class; `layers.ClassProjection` does not have that bias.

    Formula: `factor * (mean(H(y, P(G(z)))) + mean(H(y, P(x))))`, the second
    mean in the discriminator's step only

    `H` is the cross-entropy of the label `y` under the class probabilities
    `P`, which are the softmax of the class logits.

    Cost: two cross-entropies; no further forward pass.

    Reads: `conditions`, the class labels, `fake_class_logits` and, in the
    discriminator's step, `real_class_logits`.

    Args:
        As in `Penalty`.

    Raises:
        ValueError: In the first step, if there are no labels or the
            discriminator returns no class logits.

    Example:
    >>> entry = keras_regan.penalties.AuxiliaryClassifier()
    >>> entry.networks
    ('discriminator', 'generator')

    Reference: [Odena et al., 2016](https://arxiv.org/abs/1610.09585), section
    3. As there, the discriminator learns to classify generated samples as
    well, which many later codes leave out.
    """

    networks = ("discriminator", "generator")

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean cross-entropy, or the sum of both."""
        if context.conditions is None:
            raise ValueError(
                f"Penalty `{self.name}` needs labels. Expected a "
                "class-conditional generator and data of the form "
                "(samples, labels). Received: samples only"
            )
        labels, *others = keras.tree.flatten(context.conditions)
        if others:
            raise ValueError(
                f"Penalty `{self.name}` needs labels. Expected one condition, "
                "the class label of each sample. Received: "
                f"{1 + len(others)} conditions"
            )
        value = _cross_entropy(labels, context.fake_class_logits)
        if context.network == "discriminator":
            value = value + _cross_entropy(labels, context.real_class_logits)
        return value


def _cross_entropy(labels: Tensor, logits: Tensor) -> Tensor:
    dtype = keras.backend.result_type(logits.dtype, "float32")
    labels = ops.cast(ops.reshape(labels, (-1,)), "int32")
    return ops.mean(
        ops.sparse_categorical_crossentropy(
            labels, ops.cast(logits, dtype), from_logits=True
        )
    )
