"""Numbers that the example scripts print about images and networks."""

import keras
import numpy as np

import keras_regan


def mean_pairwise_distance(
    images: np.ndarray, most: int = 2000, distance: str = "l2"
) -> float:
    """Returns the mean distance between all pairs of (the first) images.

    The distance is a mean over pixels, of squares ("l2", with the root taken
    of each pair) or of absolute differences ("l1"): for images in [-1, 1] it
    lies between 0 (all equal) and 2.
    """
    regularizer = keras_regan.regularizers.PairwiseDistance(
        1.0, direction="attract", distance=distance, pairing="all"
    )
    return float(regularizer(images[:most]))


def share_of_small_weights(network: keras.Model, below: float = 1e-3) -> float:
    """Returns which share of a network's kernels is next to zero."""
    kernels = [w for w in network.get_weights() if w.ndim >= 2]
    small = sum(int((np.abs(kernel) < below).sum()) for kernel in kernels)
    return small / sum(kernel.size for kernel in kernels)
