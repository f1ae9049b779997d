import pytest
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
