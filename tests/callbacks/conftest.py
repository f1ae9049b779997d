import pytest
from rewound import Rewound


@pytest.fixture(scope="module")
def rewound():
    """What hands out the GANs that the tests of a module share."""
    return Rewound()
