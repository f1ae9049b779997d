"""Regularizers that see the samples of all devices together."""

from typing import Any

from keras_regan._backend import replicas
from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan.penalties._global_context import GlobalContext
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.scheduled import Scheduled
from keras_regan.penalties.scheduled import innermost
from keras_regan.penalties.step_context import StepContext
from keras_regan.regularizers import SampleRegularizer


@register
class AcrossReplicas(Scheduled):
    """Lets a regularizer compare the samples of all devices, not of one.

    `tf.distribute` gives each replica a part of the batch, so a regularizer of
    pairs, of covariances or of mean features compares only the samples on one
    replica. In this wrapper it gets the samples, latents, labels, logits and
    features of the global batch, and training goes as on one device. A penalty
    that is a mean over the batch by itself, such as `R1`, does not need the
    wrapper.

    It changes nothing on one device, on PyTorch, and on JAX, where a step sees
    the global batch anyway.

    Formula: `interval * factor(step) * regularizer(...)` in every
    `interval`-th update, zero in the others. The wrapped regularizer's own
    factor stays.

    Cost: that of the regularizer on the global batch, on every replica, and
    the exchange of the tensors that it reads. On several replicas an
    `interval` saves nothing: TensorFlow cannot exchange tensors in some steps
    only.

    Args:
        regularizer: A `SampleRegularizer`, or a `Penalty` that reads the
            step's context and neither calls a network nor draws numbers, such
            as `OnFeatures` or `FeatureMatching`.
        factor: Non-negative float or schedule. Defaults to `1.0`.
        **kwargs: `interval` and `name`, as in `Scheduled`.

    Raises:
        TypeError: If `regularizer` is neither of the two kinds.
        ValueError: If the wrapped penalty has an interval of its own or keeps
            state; in the first step on several replicas, if it calls a
            network or draws random numbers.

    Example:
    >>> entry = keras_regan.penalties.AcrossReplicas(
    ...     keras_regan.regularizers.PairwiseDistance(0.1))
    >>> entry.name
    'pairwise_distance'

    Reference: statistics over all devices for small parts of a batch:
    [Peng et al., 2018](https://arxiv.org/abs/1711.07240), for batch
    normalization.
    """

    def __init__(
        self,
        regularizer: SampleRegularizer | Penalty,
        factor: Factor = 1.0,
        **kwargs: Any,
    ):
        if not isinstance(regularizer, SampleRegularizer | Penalty):
            raise TypeError(
                message(
                    "regularizer",
                    "a `SampleRegularizer` or a `Penalty`",
                    regularizer,
                )
            )
        super().__init__(regularizer, factor, **kwargs)
        if getattr(regularizer, "interval", 1) > 1:
            raise ValueError(
                message(
                    "regularizer",
                    "a penalty without an interval of its own: give it to "
                    "`AcrossReplicas`",
                    regularizer,
                )
            )
        if getattr(regularizer, "variables", []):
            raise ValueError(
                message(
                    "regularizer",
                    "a penalty that keeps no state; that of `LeCam` and "
                    "`PathLength` follows the global batch by itself",
                    regularizer,
                )
            )

    def call(self, context: StepContext) -> Tensor:
        """Returns the regularizer's value for the global batch."""
        nested = isinstance(context, GlobalContext)
        # The mean over samples with a target of their own is global anyway.
        alone = getattr(innermost(self), "paired_with_real", False)
        if replicas.on_several_replicas() and not (nested or alone):
            context = GlobalContext(context)
        return super().call(context)
