import keras
import numpy as np
import pytest
from keras import ops

from keras_regan import _backend


class Layout:
    """Runs augmentations on images whose channels are the last axis.

    The images are brought into the data format that is set, and back.
    """

    def __init__(self, data_format):
        first = data_format == "channels_first"
        self._into = (0, 3, 1, 2) if first else (0, 1, 2, 3)
        self._back = (0, 2, 3, 1) if first else (0, 1, 2, 3)

    def tensor(self, images):
        images = np.transpose(images, self._into)
        return ops.convert_to_tensor(np.ascontiguousarray(images))

    def array(self, images):
        return np.transpose(ops.convert_to_numpy(images), self._back)

    def apply(self, augmentation, images, seed=0):
        """Returns the augmented images."""
        generator = keras.random.SeedGenerator(seed)
        return self.array(augmentation(self.tensor(images), generator))

    def pull(self, augmentation, images, weights, seed=0):
        """Returns the gradient of `sum(weights * augmented)`."""

        def function(samples):
            generator = keras.random.SeedGenerator(seed)
            return augmentation(samples, generator), None

        _, _, pullback = _backend.call_with_input_gradient(
            function, self.tensor(images)
        )
        return self.array(pullback(self.tensor(weights)))


@pytest.fixture(params=["channels_last", "channels_first"])
def layout(request):
    """Both data formats in turn."""
    previous = keras.config.image_data_format()
    keras.config.set_image_data_format(request.param)
    yield Layout(request.param)
    keras.config.set_image_data_format(previous)


@pytest.fixture
def normal():
    """Draws random arrays, always the same ones."""
    random = np.random.default_rng(0)

    def draw(*shape):
        return random.normal(size=shape).astype("float32")

    return draw
