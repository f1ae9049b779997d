"""The energy distance between generated and real samples."""

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan.regularizers import _distances
from keras_regan.regularizers.sample_regularizer import SampleRegularizer


@register
class EnergyDistance(SampleRegularizer):
    """Pulls generated samples towards real ones and apart from each other.

    The repulsion is that of `PairwiseDistance(pairing="all")`. The attraction
    to the data balances it exactly where both distributions agree, so the term
    needs neither a margin nor a bound and cannot make samples more varied than
    the data. It works on low-dimensional samples, and on images through
    `keras_regan.penalties.OnFeatures`.

    Formula: `factor * (2 * E[D(x, y)] - E[D(x, x')] - E[D(y, y')])`

    `x` are generated and `y` real samples, `D` is the root mean square of the
    differences, and the means are over all pairs of different samples.

    Cost: three `(batch, batch)` distance matrices; no further forward pass.

    Args:
        As in `SampleRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        real: Tensor of shape `(real_batch, ...)`.

    Returns:
        Scalar tensor. It is zero on average where the distributions agree, so
        it can be negative in single batches. A batch of one has no pairs, and
        its spread counts as zero.

    Example:
    >>> samples, real = np.array([[0.0], [1.0]]), np.array([[4.0], [5.0]])
    >>> float(keras_regan.regularizers.EnergyDistance()(samples, real))
    6.0

    Reference: [Bellemare et al., 2017](https://arxiv.org/abs/1705.10743),
    Cramer GAN; without a critic: [Szekely and Rizzo, 2013](
    https://doi.org/10.1016/j.jspi.2013.03.018). Differs from public code of
    the Cramer GAN: pairs come from one generated batch instead of two, all of
    them count, the constant spread of the real batch is subtracted, and
    distances are per element.
    """

    called_with = ("samples", "real")

    def call(self, samples: Tensor, real: Tensor) -> Tensor:
        """Returns the distance of the two batches."""
        rows, real_rows = map(_distances.as_rows, (samples, real))
        between = ops.mean(_distances.all_root_mean_squares(rows, real_rows))
        return (
            2.0 * between
            - _distances.mean_of_all_root_mean_squares(rows)
            - _distances.mean_of_all_root_mean_squares(real_rows)
        )
