"""L1 regularization that is given the share of zeros instead of a factor."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_regan import _backend
from keras_regan._fixed import Fixed
from keras_regan._registration import register
from keras_regan._typing import Tensor
from keras_regan._validation import float_below_one
from keras_regan._validation import positive_integer
from keras_regan.penalties._zeros import ZeroMaker
from keras_regan.penalties._zeros import number_of
from keras_regan.penalties._zeros import soft_threshold


@register
class Sparsity(ZeroMaker):
    """Makes a given share of the weights exactly zero, for a smaller file.

    Train a network first, then take it on with this penalty. The share of
    zeros rises in the first `steps` updates, fast at first and then ever
    slower. Then what is left trains on without any shrinkage: give it about as
    many updates again. The logs show the share of weights that are zero.

    `ProximalL1` needs a factor for this, which nobody knows beforehand, and
    shrinks all weights as long as the training lasts. This penalty takes the
    same step, towards zero by a threshold, but the threshold is as small as
    the wanted share allows, and a weight that is zero stays zero. So the
    threshold is zero once the share is reached.

    Formula: `w <- sign(w) * max(|w| - threshold, 0)` in every `interval`-th
    update and in the last of `steps`, where `threshold` is the `k`-th smallest
    `|w|` of all kernels together,
    `k = round(share * (1 - (1 - min(t / steps, 1))^3) * n)` of `n` weights,
    after `t` updates

    Weights that are zero at `compile` stay zero as well, so
    `Sparsity(0.0)` trains a network on that is sparse already. A kernel that
    is zero as a whole may become something else: some layers begin like that.

    A moving average of the weights (`ema_momentum`) is zero where the weights
    are.

    Cost: one product per weight and a copy of the kernels; a sort of all
    weights in every `interval`-th update until the share is reached.

    Args:
        share: Float in `[0, 1)`. The share of the kernels' weights that become
            zero. Defaults to `0.5`.
        steps: Positive integer. The number of updates in which the share
            rises. Defaults to `1000`.
        interval: Positive integer. Weights become zero in every `interval`-th
            update. Defaults to `10`.
        name: String. As in `Penalty`. Defaults to `"sparsity"`.

    Raises:
        TypeError: If an argument is not a number.
        ValueError: If an argument is out of its range.

    Example:
    >>> gan = keras_regan.RegularizedGAN(
    ...     *keras_regan.networks.mlp((2,), latent_dim=2))
    >>> # gan.load_weights("trained.weights.h5")
    >>> gan.compile(
    ...     generator_regularizers=[
    ...         keras_regan.penalties.Sparsity(0.6, steps=1000)])
    >>> # gan.fit(images, epochs=...), then gan.inference_generator()

    Reference: the proximal operator of the L1 norm:
    [Parikh and Boyd, 2014](
    https://web.stanford.edu/~boyd/papers/pdf/prox_algs.pdf), section 6.5.2;
    how the share rises: [Zhu and Gupta, 2017](
    https://arxiv.org/abs/1710.01878), equation 1. Differs from the latter:
    they cut off the smallest weights of each layer and leave the others as
    they are.
    """

    share = Fixed("the share in the constructor")
    steps = Fixed("the steps in the constructor")

    def __init__(
        self,
        share: float = 0.5,
        *,
        steps: int = 1000,
        interval: int = 10,
        name: str | None = None,
    ):
        super().__init__(interval=interval, name=name)
        self.share = float_below_one(share, "share")
        self.steps = positive_integer(steps, "steps")
        self._kept: list[keras.Variable] = []

    def build(self, kernels: Sequence[keras.Variable]) -> None:
        """Remembers which weights are zero."""
        self._kept = [
            keras.Variable(
                _not_zero(kernel), dtype="float32", trainable=False, name="kept"
            )
            for kernel in kernels
        ]

    @property
    def variables(self) -> list[keras.Variable]:
        """For each kernel, one where a weight is kept, and zero elsewhere."""
        return self._kept

    def after_update(
        self,
        kernels: list[keras.Variable],
        learning_rate: Tensor,
        step: Tensor,
    ) -> None:
        """Keeps zeros, and makes more of them in an update that is due."""
        if not kernels:
            return
        # No weight has moved if a loss scale skips the step.
        moved = learning_rate > 0
        for kernel, kept in zip(kernels, self._kept, strict=True):
            back_to_zero = ops.logical_and(moved, _is_zero(kept))
            weights = ops.convert_to_tensor(kernel)
            kernel.assign(
                ops.where(back_to_zero, ops.zeros_like(weights), weights)
            )
        wanted = self._wanted_zeros(step, number_of(kernels))
        is_last = ops.equal(ops.cast(step, "int32") + 1, self.steps)
        is_due = ops.logical_or(self._is_due(step), is_last)
        is_due = ops.logical_and(moved, is_due)
        is_due = ops.logical_and(is_due, wanted > self._zeros())
        threshold = _backend.run_if(
            is_due, lambda: ops.take(_sorted_sizes(kernels), wanted - 1)
        )
        for kernel, kept in zip(kernels, self._kept, strict=True):
            closer = self._closer_to_zero(kernel, threshold)
            kernel.assign(closer)
            left = ops.cast(ops.not_equal(closer, 0), kept.dtype)
            kept.assign(kept * ops.where(is_due, left, 1.0))

    def _closer_to_zero(
        self, kernel: keras.Variable, threshold: Tensor
    ) -> Tensor:
        return soft_threshold(kernel, threshold)

    def _wanted_zeros(self, step: Tensor, size: int) -> Tensor:
        updates = ops.cast(step, "float32") + 1.0
        left = 1.0 - ops.minimum(updates / self.steps, 1.0)
        share = self.share * (1.0 - left**3)
        return ops.cast(ops.round(share * size), "int32")

    def _zeros(self) -> Tensor:
        zeros = [ops.cast(_is_zero(kept), "int32") for kept in self._kept]
        return sum(ops.sum(of_one_kernel) for of_one_kernel in zeros)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            "share": self.share,
            "steps": self.steps,
            "interval": self.interval,
            "name": self.name,
        }


def _is_zero(kept: keras.Variable) -> Tensor:
    # Replicas average the changes of state, which rounds.
    return ops.convert_to_tensor(kept) < 0.5


def _sorted_sizes(kernels: Sequence[keras.Variable]) -> Tensor:
    sizes = [ops.reshape(ops.absolute(kernel), (-1,)) for kernel in kernels]
    return ops.sort(ops.cast(ops.concatenate(sizes), "float32"))


def _not_zero(kernel: keras.Variable) -> Tensor:
    """Returns ones where a kernel is not zero, and for one that is all zero."""
    not_zero = ops.not_equal(ops.convert_to_tensor(kernel), 0)
    return ops.cast(
        ops.logical_or(not_zero, ops.logical_not(ops.any(not_zero))), "float32"
    )
