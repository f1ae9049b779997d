"""Equal rows are equal in every matrix of distances."""

import numpy as np
import pytest

from keras_regan import metrics


@pytest.mark.parametrize("size", [3, 2048])
@pytest.mark.parametrize("shift", [0.0, 1e3])
def test_precision_and_recall_of_duplicates(size, shift):
    """Each real sample four times, so that all balls have a radius of zero."""
    random = np.random.default_rng(0)
    real = np.repeat(shift + random.normal(size=(30, size)), 4, axis=0)
    other = shift + random.normal(size=(60, size))
    generated = np.concatenate([real[::2], other])
    result = metrics.precision_recall(real, generated)
    # Half of the generated samples are real ones; of each real one there are
    # two, fewer than the neighbours that a ball of radius zero needs.
    assert result.precision == 0.5
    assert metrics.precision_recall(real, np.repeat(real, 2, axis=0)) == (1, 1)


def test_distances_that_are_not_rounding_stay():
    rows = np.array([[1e3, 0.0], [1e3 + 1e-2, 0.0], [0.0, 0.0]])
    distance = metrics.feature_diversity(rows)
    expected = 2 * (1e-2 + 1e3 + (1e3 + 1e-2)) / 6
    assert distance == pytest.approx(expected, rel=1e-9)
    assert metrics.feature_diversity(rows[:2]) == pytest.approx(1e-2, rel=1e-6)
