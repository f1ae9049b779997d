"""Constraints, which limit a layer's weights after each step."""

from keras_regan.constraints.weight_clipping import (
    WeightClipping as WeightClipping,
)
