"""Constraints: what a layer's weights are projected to after each step."""

from keras_regan.constraints.weight_clipping import (
    WeightClipping as WeightClipping,
)
