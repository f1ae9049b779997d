"""Data with known modes, for measuring how many a generator covers."""

from keras_regan.datasets.gaussian_mixture import (
    GaussianMixture as GaussianMixture,
)
from keras_regan.datasets.stacked_mnist import stacked_mnist as stacked_mnist
from keras_regan.datasets.stacked_mnist import (
    stacked_mnist_classifier as stacked_mnist_classifier,
)
from keras_regan.datasets.synthetic import gaussian_grid as gaussian_grid
from keras_regan.datasets.synthetic import gaussian_ring as gaussian_ring
from keras_regan.datasets.synthetic import random_mixture as random_mixture
