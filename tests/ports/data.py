"""Twenty samples, which make five steps of four each."""

import numpy as np

COUNT = 20


def uniform(*shape, low=-1.0):
    """Samples of a shape, with values from `low` to 1."""
    numbers = np.random.default_rng(0)
    return numbers.uniform(low, 1.0, (COUNT, *shape)).astype("float32")


def classes(number):
    """A class for each sample, all of them in turn."""
    return np.arange(COUNT) % number


def half_known(number):
    """A class for every second sample, and -1 for the others."""
    return np.where(np.arange(COUNT) % 2, classes(number), -1)


def one_hot(number):
    """The classes as one-hot vectors."""
    return np.eye(number, dtype="float32")[classes(number)]
