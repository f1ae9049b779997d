import keras
import numpy as np
import pytest


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
        metric.update_state(
            real[part] if len(real[part]) else None,
            generated[part] if len(generated[part]) else None,
        )
    return metric.values()


@pytest.fixture(name="in_batches")
def _in_batches():
    return in_batches
