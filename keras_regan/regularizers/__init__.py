"""Regularizers: what is called with a tensor, be it weights or samples."""

from keras_regan.regularizers.pairwise_distance import (
    PairwiseDistance as PairwiseDistance,
)
from keras_regan.regularizers.sample_regularizer import (
    SampleRegularizer as SampleRegularizer,
)
from keras_regan.regularizers.weights import L1 as L1
from keras_regan.regularizers.weights import L1L2 as L1L2
from keras_regan.regularizers.weights import L2 as L2
