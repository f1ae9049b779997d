"""Data with values that the generator cannot make is warned of."""

import warnings

import keras
import numpy as np
import pytest

import keras_regan as kr
from keras_regan._fitting.value_watch import ValueWatch
from keras_regan._fitting.value_watch import misfit

pytestmark = pytest.mark.xdist_group("value_watch")

SYMMETRIC, UNIT, UPWARDS = (-1.0, 1.0), (0.0, 1.0), (0.0, None)


@pytest.mark.host
@pytest.mark.parametrize(
    "lowest, highest, possible, advice",
    [
        (0, 255, SYMMETRIC, "as with `x / 127.5 - 1.0`"),
        (0, 251, SYMMETRIC, "as with `x / 127.5 - 1.0`"),
        (255, 255, SYMMETRIC, "as with `x / 127.5 - 1.0`"),
        (0, 255, UNIT, "as with `x / 255.0`"),
        (0, 1, SYMMETRIC, "as with `2.0 * x - 1.0`"),
        (0.02, 0.97, SYMMETRIC, "as with `2.0 * x - 1.0`"),
        (-1, 1, UNIT, "as with `(x + 1.0) / 2.0`"),
        (-1, 1, UPWARDS, "as with `(x + 1.0) / 2.0`"),
        (-3.1, 2.8, SYMMETRIC, "without an activation"),
        (-3.1, 2.8, UNIT, "without an activation"),
        (-128, 127, SYMMETRIC, "without an activation"),
    ],
)
def test_misfits_are_told_with_their_remedy(lowest, highest, possible, advice):
    text = misfit(lowest, highest, possible, "that")
    assert f"from {lowest:g} to {highest:g}, and" in text
    assert "ends in that, makes values from" in text
    assert advice in text


@pytest.mark.host
@pytest.mark.parametrize(
    "lowest, highest, possible",
    [
        (-1, 1, SYMMETRIC),
        (-0.9, 0.9, SYMMETRIC),
        (-1.15, 1.15, SYMMETRIC),  # Resized with an overshoot.
        (0, 0, SYMMETRIC),  # Black images, whatever black is.
        (-1, -1, SYMMETRIC),
        (1, 1, SYMMETRIC),
        (0, 0.4, SYMMETRIC),
        (-0.3, 1, SYMMETRIC),
        (0, 1, UNIT),
        (0, 0, UNIT),
        (-0.08, 1.08, UNIT),
        (0.2, 0.3, UNIT),
        (0, 255, UPWARDS),
        (-0.5, 20, UPWARDS),
    ],
)
def test_what_may_well_fit_is_not_told(lowest, highest, possible):
    assert misfit(lowest, highest, possible, "that") is None


@pytest.fixture(scope="module")
def gan():
    """A GAN of a tanh, which tests only look at the warnings of."""
    gan = kr.RegularizedGAN(
        *kr.networks.mlp((4,), latent_dim=3, hidden=(4,)), seed=0
    )
    gan.compile()
    return gan


def told(fit):
    """The warnings about values, and what `fit` itself returned."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit()
    texts = [str(w.message) for w in caught]
    return [text for text in texts if text.startswith("The data has values")]


class Batches(keras.utils.PyDataset):
    """Batches of one value each."""

    def __init__(self, values):
        super().__init__()
        self.values = values

    def __len__(self):
        return len(self.values)

    def __getitem__(self, index):
        return np.full((8, 4), self.values[index], "float32")


def test_each_source_is_told_of_once(gan):
    data = np.random.default_rng(0).integers(0, 256, (16, 4)).astype("float32")
    data[0, :2] = 0, 255
    sources = {
        "array": data,
        "generator": ((batch,) for batch in [data, data / 127.5 - 1]),
        "PyDataset": Batches([255.0, 0.0]),
    }

    def fit(source):
        gan.fit(source, batch_size=16, shuffle=False, verbose=0)

    for kind, source in sources.items():
        before = gan._game.discriminator.updates
        texts = told(lambda x=source: fit(x))
        assert len(texts) == 1, kind
        assert "`x / 127.5 - 1.0`" in texts[0]
        steps = gan._game.discriminator.updates - before
        assert steps == (1 if kind == "array" else 2), kind
    # The next training is judged by its own data.
    assert not told(lambda: gan.fit(data / 127.5 - 1, epochs=2, verbose=0))


def test_only_the_first_batch_counts(gan):
    later = Batches([0.5, 255.0])
    assert not told(lambda: gan.fit(later, shuffle=False, verbose=0))


@pytest.mark.host
def test_no_step_waits_for_its_logs():
    usual = keras.callbacks.Callback
    assert ValueWatch.on_train_batch_end is usual.on_train_batch_end
    assert ValueWatch.on_batch_end is usual.on_batch_end


def test_a_generator_that_does_not_tell_is_believed(vector_pair, vectors):
    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile()
    assert not told(lambda: gan.fit(100 * vectors, verbose=0))
    assert gan._game.seen_values.variables == []
