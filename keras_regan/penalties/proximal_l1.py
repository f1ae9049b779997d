"""L1 regularization by soft thresholding, which makes weights exactly zero."""

from typing import Any

import keras
from keras import ops

from keras_regan._registration import register
from keras_regan._typing import Factor
from keras_regan._typing import Tensor
from keras_regan.penalties._zeros import ZeroMaker
from keras_regan.penalties._zeros import soft_threshold


@register
class ProximalL1(ZeroMaker):
    """Makes weights exactly zero, after each step of the optimizer.

    `regularizers.L1` adds the L1 norm to the loss. Its gradient pushes a
    weight past zero and back, so weights become small but not zero. This
    penalty adds nothing to the loss. It moves every weight of the network's
    kernels towards zero by a fixed amount and stops at zero. The logs show the
    share of weights that are zero.

    Formula: `w <- sign(w) * max(|w| - learning_rate * factor, 0)` after each
    step

    With an interval, weights move in every `interval`-th update, `interval`
    times as far. Over `n` steps this moves them by
    `n * learning_rate * factor` in all, which is 0.02 with a learning rate of
    2e-4, 10,000 steps and the default factor. The gradient of the loss keeps
    the weights that matter from zero.

    A moving average of the weights (`ema_momentum`) is zero where the weights
    are. For a share of zeros that you choose, see `Sparsity`.

    Cost: one subtraction per weight.

    Args:
        factor: Non-negative float or schedule. Defaults to `0.01`.
        **kwargs: `interval` and `name`, as in `Penalty`.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> gan.compile(
    ...     generator_regularizers=[keras_regan.penalties.ProximalL1(0.01)])

    Reference: the proximal operator of the L1 norm:
    [Parikh and Boyd, 2014](
    https://web.stanford.edu/~boyd/papers/pdf/prox_algs.pdf), section 6.5.2;
    after an adaptive step: [Yun et al., 2020](
    https://arxiv.org/abs/2007.07605). Differs from the latter: the threshold
    is not scaled by the optimizer's preconditioner, so it is the same for
    all weights, as decoupled weight decay is.
    """

    def __init__(self, factor: Factor = 0.01, **kwargs: Any):
        super().__init__(factor, **kwargs)

    def after_update(
        self,
        kernels: list[keras.Variable],
        learning_rate: Tensor,
        step: Tensor,
    ) -> None:
        """Moves the weights towards zero."""
        if self.factor == 0:
            return
        threshold = self.strength(step) * ops.cast(learning_rate, "float32")
        for kernel in kernels:
            kernel.assign(soft_threshold(kernel, threshold))

    def logged(self, added: Tensor, kernels: list[keras.Variable]) -> Tensor:
        """Returns the share of weights that are zero."""
        return added if self.factor == 0 else super().logged(added, kernels)
