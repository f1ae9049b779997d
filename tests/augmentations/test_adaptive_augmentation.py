"""The adaptive probability against a simulation in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_regan import augmentations
from keras_regan.augmentations import AdaptiveAugmentation


class Increased(augmentations.Augmentation):
    """Adds a number, so that sums tell what was applied."""

    images_only = False

    def __init__(self, number):
        self.number = number

    def call(self, samples, seed):
        return samples + self.number


def probability(augmentation):
    return float(augmentation.logged["augmentation_probability"])


def simulate(signs, batch_sizes, target, interval, adjustment_images, start):
    """The probability after each update."""
    p, seen, history = start, [], []
    for update, (sign, size) in enumerate(
        zip(signs, batch_sizes, strict=True), start=1
    ):
        seen += [sign] * size
        if update % interval == 0:
            step = np.sign(np.mean(seen) - target) * len(seen)
            p = min(max(p + step / adjustment_images, 0.0), 1.0)
            seen = []
        history.append(p)
    return history


def adapted(augmentation, signs, batch_sizes):
    history = []
    for sign, size in zip(signs, batch_sizes, strict=True):
        augmentation.adapt(ops.convert_to_tensor(sign, "float32"), size)
        history.append(probability(augmentation))
    return history


def test_law_of_the_paper():
    # By hand: two updates of 64 images make a step of 128 / 1280.
    augmentation = AdaptiveAugmentation(
        target=0.6, interval=2, adjustment_images=1280
    )
    signs = [1.0, 0.5, 0.5, 0.5, 0.9, 0.5, 1.0, -1.0]
    np.testing.assert_allclose(
        adapted(augmentation, signs, [64] * 8),
        [0.0, 0.1, 0.1, 0.0, 0.0, 0.1, 0.1, 0.0],
        atol=1e-6,
    )


@pytest.mark.parametrize("start", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("interval", [1, 3, 4])
@pytest.mark.parametrize("sizes", ["equal", "unequal"])
def test_simulation(start, interval, sizes):
    random = np.random.default_rng(interval)
    # At first above the target, then on both sides of it, then below.
    signs = np.concatenate(
        [
            random.uniform(0.65, 1.0, 30),
            random.uniform(0.2, 1.0, 20),
            random.uniform(-1.0, 0.55, 30),
        ]
    ).tolist()
    batch_sizes = [32] * 80
    if sizes == "unequal":
        batch_sizes = [int(n) for n in random.integers(1, 64, 80)]
    arguments = {
        "target": 0.6,
        "interval": interval,
        "adjustment_images": 400,
    }
    expected = simulate(signs, batch_sizes, start=start, **arguments)
    assert min(expected) == 0.0 and max(expected) == 1.0
    augmentation = AdaptiveAugmentation(initial_probability=start, **arguments)
    np.testing.assert_allclose(
        adapted(augmentation, signs, batch_sizes), expected, atol=1e-5
    )


def test_on_target_nothing_moves():
    augmentation = AdaptiveAugmentation(
        target=0.5,
        interval=2,
        adjustment_images=100,
        initial_probability=0.25,
    )
    assert (
        adapted(augmentation, [0.5] * 4 + [0.25, 0.75], [8] * 6) == [0.25] * 6
    )


def test_each_adjustment_forgets_the_last():
    augmentation = AdaptiveAugmentation(
        target=0.5, interval=1, adjustment_images=80
    )
    # One far above, then two slightly below: a sum would not turn.
    np.testing.assert_allclose(
        adapted(augmentation, [1.0, 0.4, 0.4], [8] * 3),
        [0.1, 0.0, 0.0],
        atol=1e-6,
    )


def test_state_is_in_the_variables():
    arguments = {"interval": 3, "adjustment_images": 100}
    first = AdaptiveAugmentation(**arguments)
    adapted(first, [1.0] * 4, [8] * 4)
    resumed = AdaptiveAugmentation(**arguments)
    for variable, value in zip(resumed.variables, first.variables, strict=True):
        assert not variable.trainable
        variable.assign(value.value)
    signs = [1.0, 0.1, 0.1, 0.1, 0.1]
    assert adapted(first, signs, [8] * 5) == adapted(resumed, signs, [8] * 5)
    names = [variable.name for variable in first.variables]
    assert len(set(names)) == len(names)


def test_state_of_entries_is_kept_too():
    inner = AdaptiveAugmentation(
        [Increased(1.0)], interval=1, adjustment_images=10
    )
    outer = AdaptiveAugmentation([inner], interval=2, adjustment_images=10)
    assert len(outer.variables) == 2 * len(inner.variables)
    outer.adapt(1.0, 1)
    np.testing.assert_allclose(probability(inner), 0.1, rtol=1e-6)
    assert probability(outer) == 0.0


def test_entries_log_too():
    class Logging(Increased):
        @property
        def logged(self):
            return {"number": self.number}

    augmentation = AdaptiveAugmentation([Logging(3.0)])
    assert set(augmentation.logged) == {"number", "augmentation_probability"}
    assert augmentation.logged["number"] == 3.0


def test_probability_of_zero_changes_nothing(layout, normal):
    images = normal(4, 8, 12, 3)
    np.testing.assert_array_equal(
        layout.apply(AdaptiveAugmentation(), images), images
    )
    weights = normal(4, 8, 12, 3)
    np.testing.assert_array_equal(
        layout.pull(AdaptiveAugmentation(), images, weights), weights
    )


def test_probability_of_one_always_applies(layout):
    images = np.zeros((1000, 2, 2, 1), "float32")
    augmentation = AdaptiveAugmentation(
        [Increased(1.0), Increased(10.0)], initial_probability=1.0
    )
    assert np.all(layout.apply(augmentation, images) == 11.0)


@pytest.mark.parametrize("p", [0.2, 0.7])
def test_samples_and_entries_are_chosen_independently(p, layout):
    images = np.zeros((4000, 2, 2, 1), "float32")
    augmentation = AdaptiveAugmentation(
        [Increased(1.0), Increased(10.0)], initial_probability=p
    )
    result = layout.apply(augmentation, images)
    # All pixels of a sample share its fate.
    np.testing.assert_array_equal(result.std(axis=(1, 2, 3)), 0.0)
    values = result[:, 0, 0, 0]
    for value, share in (
        (0.0, (1 - p) ** 2),
        (1.0, p * (1 - p)),
        (10.0, (1 - p) * p),
        (11.0, p**2),
    ):
        assert abs((values == value).mean() - share) < 0.03


@pytest.mark.parametrize("shape", [(), (2,), (3, 2), (2, 2, 2, 1)], ids=len)
def test_samples_of_any_rank(shape):
    augmentation = AdaptiveAugmentation(
        [Increased(1.0)], initial_probability=0.5
    )
    samples = np.zeros((2000, *shape), "float32")
    result = augmentation(samples, keras.random.SeedGenerator(0))
    result = ops.convert_to_numpy(result)
    assert result.shape == samples.shape
    rows = result.reshape((2000, -1))
    np.testing.assert_array_equal(rows.min(axis=1), rows.max(axis=1))
    assert abs(rows.mean() - 0.5) < 0.06


def test_probability_acts_after_it_was_adapted(layout):
    images = np.zeros((2000, 2, 2, 1), "float32")
    augmentation = AdaptiveAugmentation(
        [Increased(1.0)], interval=1, adjustment_images=100
    )
    augmentation.adapt(1.0, 30)
    share = layout.apply(augmentation, images).mean()
    assert abs(share - 0.3) < 0.04


def test_defaults(normal):
    augmentation = AdaptiveAugmentation()
    kinds = [type(entry).__name__ for entry in augmentation.augmentations]
    assert kinds == ["HorizontalFlip", "Translation"] + 3 * ["ColorJitter"]
    strengths = [
        list(entry.get_config().values())
        for entry in augmentation.augmentations[2:]
    ]
    assert sum(np.count_nonzero(s) for s in strengths) == 3
    np.testing.assert_array_equal(np.sum(strengths, axis=0), [0.5, 1.0, 0.5])
    assert probability(augmentation) == 0.0
    config = augmentation.get_config()
    config.pop("augmentations")
    assert config == {
        "target": 0.6,
        "interval": 4,
        "adjustment_images": 500_000,
        "initial_probability": 0.0,
    }


def test_log_is_a_float32_scalar():
    (value,) = AdaptiveAugmentation().logged.values()
    assert tuple(value.shape) == ()
    assert keras.backend.standardize_dtype(value.dtype) == "float32"


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_probability_is_float32_under_every_policy(policy):
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        augmentation = AdaptiveAugmentation(interval=1)
        augmentation.adapt(1.0, 8)
    finally:
        keras.config.set_dtype_policy(previous)
    np.testing.assert_allclose(probability(augmentation), 1.6e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "arguments, error, text",
    [
        ({"target": 1.5}, ValueError, "`target`.*target=1.5"),
        ({"target": None}, TypeError, "`target`"),
        ({"interval": 0}, ValueError, "`interval`.*interval=0"),
        ({"interval": 1.5}, TypeError, "`interval`"),
        ({"adjustment_images": 0}, ValueError, "`adjustment_images`"),
        ({"adjustment_images": 5e5}, TypeError, "`adjustment_images`"),
        ({"initial_probability": -0.1}, ValueError, "`initial_probability`"),
        ({"initial_probability": "1"}, TypeError, "`initial_probability`"),
    ],
)
def test_bad_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        AdaptiveAugmentation(**arguments)
