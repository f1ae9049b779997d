"""Arrays that go into networks, and those that come out."""

import keras
import numpy as np


def standard_normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def numpy(tensor):
    return np.array(keras.ops.convert_to_numpy(tensor), "float64")
