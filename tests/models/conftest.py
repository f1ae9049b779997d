import pytest
from models.trained_generators import KINDS
from models.trained_generators import trained


@pytest.fixture(scope="session")
def trained_gans():
    """GANs by kind, which no test may change."""
    return {kind: trained(kind) for kind in KINDS}
