import numpy as np
import pytest

from keras_regan.callbacks._vital_signs import RealSamples
from keras_regan.callbacks._vital_signs import VitalSigns
from keras_regan.callbacks._vital_signs import WeightRecord
from keras_regan.callbacks._vital_signs import all_finite
from keras_regan.callbacks._vital_signs import compare_logits

pytestmark = pytest.mark.host

SHAPE = (16, 3, 4, 2)


def draw(seed, shape=SHAPE):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def measure(real, classes=None, seed=0):
    if classes is None:
        classes = np.zeros(len(real), int)
    return RealSamples(real, np.asarray(classes), seed)


def distance(a, b):
    return np.sqrt(((a.astype("float64") - b) ** 2).sum())


def mean_distance(samples, classes=None):
    count = len(samples)
    return np.mean(
        [
            distance(samples[i], samples[j])
            for i in range(count)
            for j in range(i)
            if classes is None or classes[i] == classes[j]
        ]
    )


def nearest(samples):
    return np.array(
        [
            min(distance(a, b) for j, b in enumerate(samples) if j != i)
            for i, a in enumerate(samples)
        ]
    )


# Samples


def test_diversity_is_a_ratio_of_mean_distances():
    real, fake = draw(0), 0.3 * draw(1) + 7.0
    signs = measure(real).compare(fake)
    expected = mean_distance(fake) / mean_distance(real)
    np.testing.assert_allclose(signs["diversity"], expected, rtol=1e-6)


def test_distance_to_real_is_a_ratio_of_mean_distances():
    real, fake = draw(0), draw(1) + 3.0
    across = np.mean([distance(a, b) for a in fake for b in real])
    signs = measure(real).compare(fake)
    np.testing.assert_allclose(
        signs["distance_to_real"], across / mean_distance(real), rtol=1e-6
    )


def test_real_samples_are_as_diverse_as_themselves():
    signs = measure(draw(0)).compare(draw(0))
    np.testing.assert_allclose(signs["diversity"], 1.0)
    assert signs["near_duplicates"] == 0.0


def test_conditional_diversity_is_that_within_a_class():
    real, classes = draw(0), np.arange(16) % 4
    # One sample a class, far from those of the other classes.
    fake = draw(1, (4, *SHAPE[1:]))[classes] * 100.0
    within = measure(real, classes)
    assert within.conditional_diversity(fake, fake) < 1e-9
    assert within.compare(fake)["diversity"] > 50.0
    fake, others = draw(2), draw(3)
    np.testing.assert_allclose(
        within.conditional_diversity(fake, others),
        mean_distance(np.concatenate([fake, others]), np.tile(classes, 2))
        / mean_distance(real, classes),
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    "classes",
    [np.arange(16), np.maximum(np.arange(16), 1)],
    ids=["no two", "two"],
)
def test_conditional_diversity_where_conditions_hardly_repeat(classes):
    """Relative to the distance from real samples of the same condition."""
    real, fake, others = draw(0), draw(1), 0.5 * draw(2)
    both, told = np.concatenate([fake, others]), np.tile(classes, 2)
    to_real = np.mean(
        [
            distance(a, b)
            for a, first in zip(both, told, strict=True)
            for b, second in zip(real, classes, strict=True)
            if first == second
        ]
    )
    np.testing.assert_allclose(
        measure(real, classes).conditional_diversity(fake, others),
        mean_distance(both, told) / to_real,
        rtol=1e-6,
    )


def test_near_duplicates_are_the_share_that_nearly_equals_another():
    real = draw(0)
    fake = draw(1)
    fake[1:5] = fake[0] + 1e-4 * draw(2, (4, *SHAPE[1:]))
    assert measure(real).compare(fake)["near_duplicates"] == 5 / 16


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_near_duplicates_are_relative_to_the_spread(scale):
    real = draw(0, (32, 2))
    fake = draw(1, (32, 2))
    usual = np.median(nearest(real)) / mean_distance(real)
    expected = np.mean(nearest(fake) < 0.25 * usual * mean_distance(fake))
    assert 0.0 < expected < 1.0
    signs = measure(real).compare(scale * fake)
    assert signs["near_duplicates"] == expected


def test_few_modes_are_near_duplicates_at_full_diversity():
    real = draw(0)
    fake = draw(1, (3, *SHAPE[1:]))[np.arange(16) % 3]
    signs = measure(real).compare(fake + 1e-4 * draw(2))
    assert signs["near_duplicates"] == 1.0
    assert signs["diversity"] > 0.5


def test_one_sample_over_and_over():
    signs = measure(draw(0)).compare(np.ones(SHAPE, "float32"))
    assert signs["diversity"] == 0.0
    assert signs["near_duplicates"] == 1.0


def test_near_duplicates_mean_nothing_where_real_samples_repeat():
    real = draw(0)[np.arange(16) // 2]
    assert measure(real).compare(real)["near_duplicates"] == 0.0


def test_distances_are_exact_far_from_zero():
    offset = 1e4
    signs = measure(draw(0) + offset).compare(draw(1) * 1e-2 + offset)
    near_zero = measure(draw(0)).compare(draw(1) * 1e-2)
    np.testing.assert_allclose(
        signs["diversity"], near_zero["diversity"], rtol=0.05
    )


def test_large_samples_are_compared_in_some_elements():
    real, fake = draw(0, (8, 40_000)), 0.5 * draw(1, (8, 40_000))
    samples = measure(real)
    assert samples._rows.shape == (8, 16_384)
    np.testing.assert_allclose(
        samples.compare(fake)["diversity"],
        mean_distance(fake) / mean_distance(real),
        rtol=0.01,
    )


def test_equal_real_samples_are_refused():
    with pytest.raises(ValueError, match="samples that differ"):
        measure(np.ones(SHAPE))


# Logits


def test_logits_are_compared():
    real = np.array([3.0, 1.0, -2.0, 0.0])
    fake = np.array([-1.0, -3.0, 2.0, 0.0])
    signs = compare_logits(real, fake)
    assert signs["d_real_accuracy"] == 2 / 4
    assert signs["d_fake_accuracy"] == 2 / 4
    pairs = [(a > b) + 0.5 * (a == b) for a in real for b in fake]
    assert signs["d_separation"] == np.mean(pairs)
    assert signs["d_logit_size"] == np.mean([3, 1, 2, 0, 1, 3, 2, 0])


def test_separation_does_not_depend_on_zero():
    real, fake = np.array([101.0, 102.0]), np.array([99.0, 98.0])
    assert compare_logits(real, fake)["d_separation"] == 1.0
    assert compare_logits(fake, real)["d_separation"] == 0.0


# Weights


def test_weights_are_compared_with_the_start_and_the_check_before():
    start = [np.full((2, 2), 3.0), np.full(4, 4.0)]
    record = WeightRecord(start)
    growth, update = record.compare([2 * w for w in start], steps=4)
    assert growth == 2.0
    assert update == 1.0 / 4
    growth, update = record.compare([3 * w for w in start], steps=10)
    assert growth == 3.0
    np.testing.assert_allclose(update, 0.5 / 10)


def test_weights_may_begin_at_zero():
    growth, update = WeightRecord([np.zeros(3)]).compare([np.zeros(3)], 1)
    assert np.isnan(growth) and np.isnan(update)


def test_all_finite():
    assert all_finite(np.ones(3), 1.0)
    assert not all_finite(np.ones(3), [1.0, np.nan])
    assert not all_finite(np.array([np.inf]), 1.0)


def test_logs_hold_all_numbers_as_floats():
    logs = VitalSigns(diversity=np.float32(0.5), not_finite=("x",)).logs()
    others = {"not_finite", "d_real_accuracy", "d_fake_accuracy"}
    others.add("conditional_diversity")  # Of conditional models alone.
    assert list(logs) == [f for f in VitalSigns._fields if f not in others]
    assert (
        "conditional_diversity"
        in VitalSigns(conditional_diversity=np.nan).logs()
    )
    assert {type(value) for value in logs.values()} == {float}
