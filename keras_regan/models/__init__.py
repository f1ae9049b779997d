"""Models that are compiled and fitted."""

from keras_regan.models.paired_optimizer import (
    PairedOptimizer as PairedOptimizer,
)
from keras_regan.models.regularized_gan import RegularizedGAN as RegularizedGAN
