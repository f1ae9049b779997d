import keras
import pytest


@pytest.fixture
def channels_first():
    """Lets shapes have the channels first."""
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format(before)
