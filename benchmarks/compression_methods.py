"""Ways to make a share of a trained generator's weights zero.

Each is called with the GAN, the share, the number of steps and a function that
trains: `train(regularizers, steps, callbacks=())`. In the first half of the
steps, or at once, weights become zero; then they are kept zero.
"""

from collections.abc import Callable

import keras
import numpy as np

import keras_regan as kr

Train = Callable[..., None]
Method = Callable[[kr.RegularizedGAN, float, int, Train], None]


def none(
    gan: kr.RegularizedGAN, share: float, steps: int, train: Train
) -> None:
    """Trains on, and makes no zeros."""
    train([], steps)


def magnitude(
    gan: kr.RegularizedGAN, share: float, steps: int, train: Train
) -> None:
    """Cuts off ever more of the smallest weights, as Zhu and Gupta, 2017.

    Of all kernels together: of each kernel by itself was worse in trials.
    """
    train([CutOff(share, steps=steps // 2)], steps)


def magnitude_at_once(
    gan: kr.RegularizedGAN, share: float, steps: int, train: Train
) -> None:
    """Cuts off the smallest weights before the first step."""
    cut_off(gan.generator, share)
    train([kr.penalties.Sparsity(0.0)], steps)


def sparsity(
    gan: kr.RegularizedGAN, share: float, steps: int, train: Train
) -> None:
    """Draws weights towards zero by as little as the share allows."""
    train([kr.penalties.Sparsity(share, steps=steps // 2)], steps)


def proximal_l1(
    gan: kr.RegularizedGAN, share: float, steps: int, train: Train
) -> None:
    """Raises the factor of `ProximalL1` until there are enough zeros."""
    half = steps // 2
    factor = keras.optimizers.schedules.PolynomialDecay(0.0, half, 1.0)
    until = StopAtShare(share)
    train([kr.penalties.ProximalL1(factor)], half, [until])
    cut_off(gan.generator, share)
    train([kr.penalties.Sparsity(0.0)], steps - until.steps)


def l1(gan: kr.RegularizedGAN, share: float, steps: int, train: Train) -> None:
    """Trains with L1, then cuts off the smallest weights."""
    half = steps // 2
    train([kr.regularizers.L1(1e-4)], half)
    cut_off(gan.generator, share)
    train([kr.penalties.Sparsity(0.0)], steps - half)


METHODS = {
    "magnitude": magnitude,
    "magnitude at once": magnitude_at_once,
    "Sparsity": sparsity,
    "ProximalL1": proximal_l1,
    "L1": l1,
}


@keras.saving.register_keras_serializable("compression")
class CutOff(kr.penalties.Sparsity):
    """As `Sparsity`, but what stays is left as it is."""

    def _closer_to_zero(self, weights, threshold):
        weights = keras.ops.convert_to_tensor(weights)
        size = keras.ops.absolute(weights)
        return keras.ops.where(size > threshold, weights, 0.0)


class StopAtShare(keras.callbacks.Callback):
    """Ends the training once a share of the generator's weights is zero.

    Attributes:
        steps: How many were taken.
    """

    def __init__(self, share: float):
        super().__init__()
        self.steps = 0
        self._share = share

    def on_train_batch_end(self, batch, logs=None):
        """Counts, and looks at the weights every ten steps."""
        self.steps += 1
        if self.steps % 10:
            return
        if share_of_zeros(self.model.generator) >= self._share:
            self.model.stop_training = True


def share_of_zeros(network: keras.Model) -> float:
    """Returns the share of the weights in kernels that are zero."""
    return float(np.mean(all_kernels(network) == 0))


def cut_off(network: keras.Model, share: float) -> None:
    """Makes a share of the weights zero, the smallest of all kernels."""
    sizes = np.sort(np.abs(all_kernels(network)))
    threshold = sizes[round(share * len(sizes)) - 1]
    network.set_weights(
        [
            np.where(np.abs(w) > threshold, w, 0.0) if w.ndim > 1 else w
            for w in network.get_weights()
        ]
    )


def all_kernels(network: keras.Model) -> np.ndarray:
    """Returns the weights of all kernels as one vector."""
    return np.concatenate(
        [w.ravel() for w in network.get_weights() if w.ndim > 1]
    )
