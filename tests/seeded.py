"""The same draws in each test, whatever ran before it."""

import random

import keras
import numpy as np


def start_draws_anew():
    """Seeds what `keras.utils.set_random_seed` seeds, at less cost.

    On TensorFlow that throws away the kernels of all operations that ran
    before, which is a third of the time of many tests. Only draws outside
    of a graph and without a seed remember what ran before: none of ours.
    """
    if keras.backend.backend() != "tensorflow":
        keras.utils.set_random_seed(0)
        return
    from tensorflow.python.eager import context

    random.seed(0)
    np.random.seed(0)
    eager = context.context()
    eager._seed, eager._rng = 0, random.Random(0)
