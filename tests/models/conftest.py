import keras
import pytest
from keras import ops
from models.trained_generators import TrainedGANs
from rewound import Rewound


@pytest.fixture(scope="session")
def trained_gans():
    """GANs by kind, which no test may change."""
    return TrainedGANs()


@pytest.fixture(scope="module")
def rewound():
    """What hands out the GANs that the tests of a module share."""
    return Rewound()


@pytest.fixture
def same_draws():
    """Makes a generator of seeds that draws what another one is about to."""

    def copy(seed):
        generator = keras.random.SeedGenerator(0)
        generator.state.assign(ops.copy(seed.state.value))
        return generator

    return copy
