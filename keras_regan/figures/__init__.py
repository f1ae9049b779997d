"""Figures of a training; they need matplotlib.

Install it with `pip install "keras_regan[figures]"`.
"""

from keras_regan.figures.learning_curves import (
    learning_curves as learning_curves,
)
