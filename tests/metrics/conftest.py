import keras
import numpy as np
import pytest
from keras import ops

from keras_regan import _backend


@pytest.fixture(scope="module")
def features():
    """Two sets of features that differ, of more samples than features."""
    generator = np.random.default_rng(0)
    mixing = generator.normal(size=(12, 12))
    real = generator.normal(size=(300, 12)) @ mixing + 2.0
    generated = generator.normal(size=(200, 12)) @ mixing * 0.8 + 2.3
    return real, generated


@pytest.fixture
def identity():
    """A network whose features are the samples themselves."""

    def build(size, name="plane"):
        return keras.Sequential(
            [keras.Input((size,)), keras.layers.Identity()], name=name
        )

    return build


def in_batches(metric, real, generated, batch_size):
    """What a metric says if it is given samples in batches."""
    metric.reset_state()
    for first in range(0, max(len(real), len(generated)), batch_size):
        part = slice(first, first + batch_size)
        # The shorter set ends first, and empty batches follow.
        metric.update_state(real[part], generated[part])
    return metric.values()


@pytest.fixture(name="in_batches")
def _in_batches():
    return in_batches


def compiled_values(metric, *batches):
    """What a metric says if it is given batches inside of a graph."""
    metric.prepare_once(batches[0][2])

    def see(*batch):
        metric.update_state(*batch)
        return [ops.copy(variable.value) for variable in metric.variables]

    step = _backend.compiled(see, metric.variables)
    for batch in batches:
        tensors = keras.tree.map_structure(ops.convert_to_tensor, batch)
        for variable, value in zip(
            metric.variables, step(*tensors), strict=True
        ):
            variable.assign(value)
    return metric.values()


@pytest.fixture(name="compiled_values")
def _compiled_values():
    return compiled_values
