import keras
import pytest


@pytest.fixture
def zero_weights(monkeypatch):
    """Saves JAX from compiling a random number generator per shape."""
    for name in ("RandomNormal", "VarianceScaling"):
        monkeypatch.setattr(
            keras.initializers,
            name,
            lambda *args, **kwargs: keras.initializers.Zeros(),
        )
