"""The pairwise distance of images and its gradient, by itself."""

import functools

import keras
import numpy as np

import keras_regan as kr


def _broadcast(samples):
    """Returns the mean distance of all pairs as it is written first."""
    ops = keras.ops
    rows = ops.reshape(samples, (len(samples), -1))
    squares = ops.mean(ops.square(rows[:, None] - rows[None]), axis=-1)
    distances = ops.sqrt(ops.maximum(squares, 1e-12))
    return -0.1 * ops.sum(distances) / (len(samples) * (len(samples) - 1))


_FUNCTIONS = {
    "partner": lambda: kr.regularizers.PairwiseDistance(),
    "all pairs": lambda: kr.regularizers.PairwiseDistance(pairing="all"),
    "all pairs, by broadcasting": lambda: _broadcast,
}


def _prepare(name, batch):
    import jax

    random = np.random.default_rng(0)
    samples = random.uniform(-1, 1, (batch, 32, 32, 3)).astype("float32")
    samples = jax.numpy.asarray(samples)
    function = jax.jit(jax.value_and_grad(_FUNCTIONS[name]()))
    program = function.lower(samples).compile()

    def run(steps):
        for _ in range(steps):
            result = program(samples)
        jax.block_until_ready(result)

    run.temporary_bytes = program.memory_analysis().temp_size_in_bytes
    return run


CONTENDERS = {name: functools.partial(_prepare, name) for name in _FUNCTIONS}
