"""The maximum mean discrepancy between generated and real samples."""

from typing import Any

from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import message
from keras_regan._validation import positive_float
from keras_regan.regularizers import _distances
from keras_regan.regularizers.sample_regularizer import SampleRegularizer


@register
class MaximumMeanDiscrepancy(SampleRegularizer):
    """Matches the generated batch to the real one with a Gaussian kernel.

    Like `EnergyDistance`, it repels generated samples from each other and
    attracts them to the data, and both balance where the distributions agree.
    The kernel ignores pairs much farther apart than its bandwidth, so the term
    acts on neighbourhoods. It is meant for features of the discriminator,
    through `keras_regan.penalties.OnFeatures`, and for low-dimensional
    samples.

    Formula: `factor * (E[k(x, x')] + E[k(y, y')] - 2 * E[k(x, y)])`

    `k(a, b) = exp(-||a - b||^2 / (2 * bandwidth^2))`, `x` are generated and `y`
    real samples, and the means are over all pairs of different samples.

    Cost: three `(batch, batch)` kernel matrices; no further forward pass.

    Which bandwidth? Take about the distance between neighbouring modes, or the
    median distance between real samples. `||.||` is not a mean over elements:
    it grows with the root of their number, so at a bandwidth of 1 the kernel
    of two images is practically zero. With several bandwidths at factors of
    two, such as `[1.0, 2.0, 4.0, 8.0]`, you need not guess.

    Args:
        factor: Non-negative float. Defaults to `1.0`.
        bandwidth: Positive float, or a list of them; the kernel is then the
            mean over the list, so that a factor keeps its meaning. Defaults to
            `1.0`.
        **kwargs: `name`, as in `SampleRegularizer`.

    Call arguments:
        samples: Tensor of shape `(batch, ...)`.
        real: Tensor of shape `(real_batch, ...)`.

    Returns:
        Scalar tensor between `-2 * factor` and `2 * factor`: zero on average
        where the distributions agree. A batch of one has no pairs, and its
        own kernels count as zero.

    Raises:
        TypeError: If `bandwidth` is neither a number nor a list of numbers.
        ValueError: If `bandwidth` is an empty list or holds a number that is
            not positive.

    Example:
    >>> regularizer = keras_regan.regularizers.MaximumMeanDiscrepancy()
    >>> samples, real = np.array([[1.0], [1.0]]), np.array([[9.0], [99.0]])
    >>> round(float(regularizer(samples, real)), 6)
    1.0

    Reference: the generator's loss of
    [Wang et al., 2019](https://arxiv.org/abs/1812.09916), MMD-GAN with
    repulsion; the estimator: Gretton et al., 2012, JMLR 13. Differs from the
    authors' code: the mean between the batches is over all pairs, where theirs
    leaves out the pairs at the same position, which are like any other; and it
    is added to an adversarial loss instead of replacing the losses of both
    networks.
    """

    called_with = ("samples", "real")

    def __init__(
        self,
        factor: float = 1.0,
        *,
        bandwidth: float | list[float] = 1.0,
        **kwargs: Any,
    ):
        super().__init__(factor, **kwargs)
        self.bandwidth = _checked_bandwidth(bandwidth)

    def call(self, samples: Tensor, real: Tensor) -> Tensor:
        """Returns the discrepancy of the two batches."""
        rows, real_rows = map(_distances.as_rows, (samples, real))
        return (
            _distances.mean_of_pairs(self._kernels(rows, rows))
            + _distances.mean_of_pairs(self._kernels(real_rows, real_rows))
            - 2.0 * ops.mean(self._kernels(rows, real_rows))
        )

    def _kernels(self, rows: Tensor, others: Tensor) -> Tensor:
        squares = _distances.all_squares(rows, others)
        bandwidths = self.bandwidth
        if not isinstance(bandwidths, list):
            bandwidths = [bandwidths]
        kernels = [ops.exp(-squares / _scale(b)) for b in bandwidths]
        return sum(kernels) / len(kernels)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "bandwidth": self.bandwidth}


def _scale(bandwidth: float) -> float:
    """Returns the divisor of squared distances, in the range of float32."""
    return min(max(2.0 * bandwidth * bandwidth, 1e-30), 1e30)


def _checked_bandwidth(bandwidth: Any) -> float | list[float]:
    if not isinstance(bandwidth, list | tuple):
        return positive_float(bandwidth, "bandwidth")
    if not bandwidth:
        raise ValueError(
            message("bandwidth", "a float or a list of floats", bandwidth)
        )
    return [positive_float(value, "bandwidth") for value in bandwidth]
