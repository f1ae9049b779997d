import re

import keras
import numpy as np
import pytest

from keras_regan.datasets import stacked_mnist
from keras_regan.datasets import stacked_mnist_classifier


@pytest.fixture
def digits():
    """30 images whose first pixel tells the label, and whose second the image.

    Not in the order of labels.
    """
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28), "uint8")
    labels = (np.arange(30) * 7) % 10
    images[:, 0, 0] = 20 * labels
    images[:, 0, 1] = np.arange(30)
    images[:, 27, 27], images[:, 27, 26] = 255, 0
    return images, labels


@pytest.fixture
def channels_first():
    previous = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format(previous)


def test_modes_are_those_of_the_pixels(digits):
    # More than are put together at a time.
    stacks, modes = stacked_mnist(*digits, 2500, value_range=(0, 255))
    assert stacks.dtype == "float32" and modes.dtype == "int32"
    assert stacks.shape == (2500, 28, 28, 3) and modes.shape == (2500,)
    first, second, third = (stacks[:, 0, 0] / 20).round().astype(int).T
    np.testing.assert_array_equal(modes, 100 * first + 10 * second + third)
    # Each channel is one of the images, whole.
    images = stacks[:, 0, 1].astype(int)
    for channel in range(3):
        np.testing.assert_array_equal(
            stacks[..., channel], digits[0][images[:, channel]]
        )


def test_channels_are_independent_and_uniform(digits):
    stacks, modes = stacked_mnist(*digits, 3000, value_range=(0, 255))
    images = stacks[:, 0, 1].astype(int)
    counts = [np.bincount(c, minlength=30) for c in images.T]
    # 100 of each on average, with a deviation of 10.
    assert np.min(counts) > 50 and np.max(counts) < 150
    correlations = np.corrcoef(images.T)[np.triu_indices(3, 1)]
    assert np.abs(correlations).max() < 0.1
    assert len(np.unique(modes)) > 900


@pytest.mark.parametrize("low, high", [(-1.0, 1.0), (0.0, 1.0), (-0.3, 0.7)])
def test_black_and_white_are_the_ends_of_the_range(digits, low, high):
    stacks, _ = stacked_mnist(*digits, 10, value_range=(low, high))
    assert (stacks[:, 27, 27] == np.float32(high)).all()
    assert (stacks[:, 27, 26] == np.float32(low)).all()
    assert stacks.min() >= np.float32(low) and stacks.max() <= np.float32(high)
    gray, _ = stacked_mnist(*digits, 10, value_range=(0, 255))
    np.testing.assert_allclose(
        stacks, low + (high - low) * gray / 255, atol=1e-6
    )


def test_seed_decides(digits):
    first, again, other = (stacked_mnist(*digits, 20, s) for s in (0, 0, 1))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_an_axis_for_one_channel(digits):
    images, labels = digits
    expected, modes = stacked_mnist(images, labels, 9)
    for axis in (3, 1):
        stacks, same = stacked_mnist(
            np.expand_dims(images, axis), labels[:, None], 9
        )
        np.testing.assert_array_equal(stacks, expected)
        np.testing.assert_array_equal(same, modes)


def test_channels_first(digits, channels_first):
    stacks, modes = stacked_mnist(*digits, 9)
    keras.config.set_image_data_format("channels_last")
    expected, same = stacked_mnist(*digits, 9)
    assert stacks.shape == (9, 3, 28, 28)
    np.testing.assert_array_equal(stacks.transpose(0, 2, 3, 1), expected)
    np.testing.assert_array_equal(modes, same)


def digit_classifier(shape=(28, 28, 1)):
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )


def test_classifier_looks_at_each_channel(digits, tmp_path):
    classifier = digit_classifier()
    stacks, _ = stacked_mnist(*digits, 6)
    model = stacked_mnist_classifier(classifier)
    assert model.output_shape == (None, 3, 10)
    assert len(model.weights) == len(classifier.weights)
    scores = model.predict(stacks, verbose=0)
    for channel in range(3):
        expected = classifier.predict(stacks[..., [channel]], verbose=0)
        np.testing.assert_allclose(scores[:, channel], expected, rtol=1e-5)
    model.save(tmp_path / "stacks.keras")
    loaded = keras.models.load_model(tmp_path / "stacks.keras")
    np.testing.assert_allclose(
        loaded.predict(stacks, verbose=0), scores, rtol=1e-5
    )


def test_classifier_of_channels_first(digits, channels_first):
    classifier = digit_classifier((1, 28, 28))
    stacks, _ = stacked_mnist(*digits, 6)
    scores = stacked_mnist_classifier(classifier).predict(stacks, verbose=0)
    expected = classifier.predict(stacks[:, [2]], verbose=0)
    np.testing.assert_allclose(scores[:, 2], expected, rtol=1e-5)


class Subclassed(keras.Model):
    def call(self, samples):
        return samples


@pytest.mark.parametrize(
    "error, build",
    [
        (TypeError, lambda: print),
        (ValueError, lambda: keras.Sequential([keras.layers.Dense(10)])),
        (ValueError, Subclassed),
        (ValueError, lambda: digit_classifier((28, 28, 3))),
        (
            ValueError,
            lambda: keras.Sequential(
                [
                    keras.Input((28, 28, 1)),
                    keras.layers.Flatten(),
                    keras.layers.Dense(11),
                ]
            ),
        ),
    ],
    ids=["function", "not built", "subclassed", "color", "eleven"],
)
def test_classifier_of_something_else(error, build):
    with pytest.raises(error, match="`classifier`"):
        stacked_mnist_classifier(build())


@pytest.mark.parametrize(
    "error, argument, change",
    [
        (TypeError, "images.dtype", lambda x, y: (x / 255, y)),
        (ValueError, "images.shape", lambda x, y: (x[0], y)),
        (ValueError, "images.shape", lambda x, y: (x[:0], y[:0])),
        (TypeError, "labels.dtype", lambda x, y: (x, y / 1)),
        (ValueError, "labels.shape", lambda x, y: (x, y[1:])),
        (ValueError, "labels", lambda x, y: (x, y + 1)),
        (ValueError, "labels", lambda x, y: (x, y - 1)),
    ],
    ids=["float", "one", "none", "float labels", "fewer", "ten", "negative"],
)
def test_bad_digits(digits, error, argument, change):
    with pytest.raises(error, match=f"`{re.escape(argument)}`"):
        stacked_mnist(*change(*digits), 5)


@pytest.mark.parametrize(
    "error, argument, value",
    [
        (ValueError, "count", 0),
        (TypeError, "seed", None),
        (ValueError, "value_range", (1.0, -1.0)),
        (ValueError, "value_range", (1.0,)),
        (TypeError, "value_range", "01"),
        (TypeError, "value_range", None),
        (ValueError, "value_range", (0.0, float("inf"))),
    ],
)
def test_bad_arguments(digits, error, argument, value):
    with pytest.raises(error, match=f"`{argument}`"):
        stacked_mnist(*digits, **{"count": 5, argument: value})
