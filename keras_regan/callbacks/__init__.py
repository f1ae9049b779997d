"""Callbacks for `fit`."""

from keras_regan.callbacks.sample_grid import SampleGrid as SampleGrid
