"""Path length: the noise is read off the context, the rest is NumPy."""

import numpy as np
from keras import ops

import keras_regan as kr

PathLength = kr.penalties.PathLength
WEIGHTS = np.random.default_rng(3).normal(size=(2, 4))
OUTPUT = np.random.default_rng(4).normal(size=(4, 3))


def linear(weights):
    return lambda z: ops.matmul(z, weights)


def curved(weights):
    output = ops.convert_to_tensor(OUTPUT.astype("float32"))
    return lambda z: ops.matmul(ops.tanh(ops.matmul(z, weights)), output)


def lengths_of_curved(noise, latents, weights):
    # G = tanh(z W) V, so J^T y = W ((1 - tanh^2) * (V y)).
    slope = (1 - np.tanh(latents @ weights) ** 2) * (noise @ OUTPUT.T)
    return np.sqrt(((slope @ weights.T) ** 2).sum(axis=1))


def average_of(penalty):
    return float(ops.convert_to_numpy(penalty.average.value))
