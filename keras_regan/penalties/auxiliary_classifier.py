"""The auxiliary classifier, which makes samples easy to classify."""

import keras
from keras import ops

from keras_regan._backend import replicas
from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class AuxiliaryClassifier(Penalty):
    """Trains a classifier in the discriminator, and the generator to please it.

    For class-conditional GANs whose discriminator does not take the class. The
    discriminator returns `{"logits": ..., "class_logits": ...}`, as that of
    `networks.resnet(..., auxiliary_classifier=True)` does. Put one penalty in
    each of the two lists. Samples become easy to classify, at some cost of
    variety within a class; `layers.ClassProjection` does not have that bias.

    Also for semi-supervised GANs, whose generator takes no class and helps the
    discriminator to classify when few samples are labelled. Put one penalty in
    the discriminator's list, and use the label -1 for each sample whose class
    is unknown. The loss then has no `P(G(z))`, and its mean is over the
    labelled samples of a batch, or 0 if there are none. Make sure that each
    batch has some, as `tf.data.Dataset.sample_from_datasets` does. The
    classifier is
    `keras.Model(discriminator.input, discriminator.output["class_logits"])`.

    Formula: `factor * (mean(H(y, P(G(z)))) + mean(H(y, P(x))))`, the second
    mean in the discriminator's step only

    `H` is the cross-entropy of the label `y` under the class probabilities
    `P`, which are the softmax of the class logits.

    Cost: two cross-entropies; no further forward pass.

    Reads: `conditions`, the class labels, `fake_class_logits` and, in the
    discriminator's step, `real_class_logits`; `labels` in place of the first
    two if the generator takes no class.

    Args:
        As in `Penalty`.

    Raises:
        ValueError: In the first step, if there are no labels or the
            discriminator returns no class logits; or in the generator's list,
            if the generator takes no class.

    Example:
    >>> entry = keras_regan.penalties.AuxiliaryClassifier()
    >>> entry.networks
    ('discriminator', 'generator')

    Reference: [Odena et al., 2016](https://arxiv.org/abs/1610.09585), section
    3. As there, the discriminator learns to classify generated samples as
    well, which many later codes leave out. Semi-supervised:
    [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 5. Theirs
    is a discriminator whose logit is `logsumexp` of its class logits.
    """

    networks = ("discriminator", "generator")
    reads_labels = True

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean cross-entropy, or the sum of both."""
        if context.labels is not None:
            return self._of_labelled(context)
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

    def _of_labelled(self, context: StepContext) -> Tensor:
        if context.network == "generator":
            raise ValueError(
                f"Penalty `{self.name}` needs the classes that samples were "
                "generated for. Expected it in `discriminator_regularizers` "
                "alone, or a class-conditional generator. Received: a "
                "generator that takes no class"
            )
        labels = ops.cast(ops.reshape(context.labels, (-1,)), "int32")
        known = labels >= 0
        each = _cross_entropies(
            ops.where(known, labels, 0), context.real_class_logits
        )
        known = ops.cast(known, each.dtype)
        # Over all replicas, because one may have more labels than another.
        share = replicas.global_mean(ops.mean(known))
        return ops.mean(known * each) / ops.where(share > 0, share, 1.0)


def _cross_entropy(labels: Tensor, logits: Tensor) -> Tensor:
    return ops.mean(_cross_entropies(ops.reshape(labels, (-1,)), logits))


def _cross_entropies(labels: Tensor, logits: Tensor) -> Tensor:
    dtype = keras.backend.result_type(logits.dtype, "float32")
    return ops.sparse_categorical_crossentropy(
        ops.cast(labels, "int32"), ops.cast(logits, dtype), from_logits=True
    )
