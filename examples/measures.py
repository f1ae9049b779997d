"""Numbers that the example scripts print about images and networks."""

import keras
import numpy as np

import keras_regan


def mean_pairwise_distance(
    images: np.ndarray, most: int = 2000, distance: str = "l2"
) -> float:
    """Returns the mean distance between all pairs of (the first) images.

    The distance of a pair is the root of the mean squared difference of pixels
    ("l2") or their mean absolute difference ("l1"). For images in [-1, 1] it
    is between 0 (all equal) and 2.
    """
    regularizer = keras_regan.regularizers.PairwiseDistance(
        1.0, direction="attract", distance=distance, pairing="all"
    )
    return float(regularizer(images[:most]))


def random_features(
    image_shape: tuple[int, ...], seed: int = 0
) -> keras_regan.metrics.FeatureExtractor:
    """Returns features of a convolutional network that was never trained.

    They work for any images and need no download. Random convolutions detect
    edges and textures but no objects, so use the numbers only to compare runs.
    They are a known choice for data unlike ImageNet (Naeem et al., 2020). If
    you have a network trained on such images, pass it to `FeatureExtractor`.
    """
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    network = keras.Sequential([layers.Input(image_shape)], name="random")
    for width in (32, 64, 128):
        network.add(
            layers.Conv2D(
                width,
                4,
                strides=2,
                padding="same",
                activation="leaky_relu",
                kernel_initializer="he_normal",
            )
        )
    network.add(layers.AveragePooling2D(2))
    network.add(layers.Flatten())
    return keras_regan.metrics.FeatureExtractor(
        network, preprocessing=layers.Rescaling(1 / 127.5, -1.0)
    )


def share_of_small_weights(network: keras.Model, below: float = 1e-3) -> float:
    """Returns the share of a network's kernels that is close to zero."""
    kernels = [w for w in network.get_weights() if w.ndim >= 2]
    small = sum(int((np.abs(kernel) < below).sum()) for kernel in kernels)
    return small / sum(kernel.size for kernel in kernels)


def conditional_measures(
    features: keras_regan.metrics.FeatureExtractor,
    real: np.ndarray,
    samples: np.ndarray,
    conditions: np.ndarray,
) -> dict[str, float]:
    """Returns measures of variety and quality of samples for conditions.

    Args:
        features: The features that the samples are compared by.
        real: The true sample of each condition, `(conditions, ...)`.
        samples: Several generated samples of each condition,
            `(conditions, samples, ...)`.
        conditions: The conditions.
    """
    each = samples.shape[1]
    diversity = keras_regan.metrics.ConditionalDiversity(
        features, samples_per_condition=each
    )
    nearest = keras_regan.metrics.BestOfMany(
        features, samples_per_condition=each
    )
    quality = keras_regan.metrics.FrechetDistance(features)
    diversity.update_state(real, samples, conditions)
    nearest.update_state(real, samples, conditions)
    quality.update_state(real, samples[:, 0])
    varied, _ = diversity.values().values()
    best, mean = nearest.values().values()
    (distance,) = quality.values().values()
    return {
        "conditional diversity": varied,
        f"best of {each}": best,
        f"mean of {each}": mean,
        "Frechet distance": distance,
    }
