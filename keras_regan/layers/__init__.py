"""Layers: parts of networks."""

from keras_regan.layers.sample_regularization import (
    SampleRegularization as SampleRegularization,
)
