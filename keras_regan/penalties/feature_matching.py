"""Feature matching, which makes generated batches look real on average."""

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan.penalties.penalty import Penalty
from keras_regan.penalties.step_context import StepContext


@register
class FeatureMatching(Penalty):
    """Pulls the mean features of generated samples to those of real ones.

    It gives the generator a goal that changes less than the logits of the
    discriminator. Try it when the adversarial loss oscillates, or together
    with a classifier, where the paper uses it instead of the adversarial loss.
    It matches only means, so samples may still collapse to a few with the
    right mean; `regularizers.GDPP` matches more. The discriminator has to
    return `{"logits": ..., "features": ...}`.

    Formula: `factor * mean_k((mean_i(f_k(x_i)) - mean_i(f_k(G(z_i))))^2)`

    `f` are the features, `k` runs over their elements; with several tensors
    of features it is the mean over them.

    Cost: one more pass through the discriminator in the generator's step.

    Reads: `real_features` and `fake_features`.

    Args:
        As in `Penalty`.

    Raises:
        ValueError: In the first step, if the discriminator returns no
            features.

    Example:
    >>> gan = keras_regan.RegularizedGAN(*keras_regan.networks.mlp(
    ...     (2,), latent_dim=2, discriminator_features=True))
    >>> gan.compile(
    ...     generator_regularizers=[keras_regan.penalties.FeatureMatching()])

    Reference: [Salimans et al., 2016](https://arxiv.org/abs/1606.03498),
    section 3.1. Differs from the paper: a mean over the elements instead of
    their sum, so that a factor keeps its meaning across networks, and it is
    added to the adversarial loss instead of replacing it. The mean is that of
    the authors' code for MNIST; their code for CIFAR-10 takes the mean
    absolute difference.
    """

    networks = ("generator",)

    def call(self, context: StepContext) -> Tensor:
        """Returns the mean square of the difference of mean features."""
        real = keras.tree.flatten(context.real_features)
        fake = keras.tree.flatten(context.fake_features)
        values = [
            ops.mean(ops.square(_mean_over_samples(r) - _mean_over_samples(f)))
            for r, f in zip(real, fake, strict=True)
        ]
        return sum(values) / len(values)


def _mean_over_samples(features: Tensor) -> Tensor:
    dtype = keras.backend.result_type(features.dtype, "float32")
    return ops.mean(ops.cast(features, dtype), axis=0)
