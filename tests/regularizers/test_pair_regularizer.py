"""Regularizers of pairs, where samples have conditions.

Row `i` and row `i + 4` have the same condition, and row `i + 8` too.
"""

import itertools

import numpy as np
import pytest

import keras_regan as kr

kinds = kr.regularizers
RANDOM = np.random.default_rng(0)
CONDITIONS = 4
# What has other conditions is away.
AWAY = 2.0 * np.arange(CONDITIONS)


def drawn(each, size):
    rows = RANDOM.normal(size=(each, CONDITIONS, size))
    return rows


def flat(rows):
    return rows.reshape(-1, rows.shape[-1]).astype("float32")


TWO, TWO_LATENTS = drawn(2, 6), drawn(2, 3)
THREE, THREE_LATENTS = drawn(3, 6), drawn(3, 3)


def msgan(x, z, held):
    """Mao et al.: the reciprocal of a ratio of two means."""
    (first, second), (z_first, z_second) = x, z
    ratio = np.abs(second - first).mean() / np.abs(z_second - z_first).mean()
    return 1 / (ratio + 1e-5)


def dsgan(x, z, held):
    """Yang et al.: the mean of ratios, negated. The second one is constant."""
    (first, _), (_, second), (z_first, z_second) = x, held, z
    of_samples = np.abs(first - second).mean(axis=-1)
    of_latents = np.abs(z_first - z_second).mean(axis=-1)
    return -np.mean(of_samples / (of_latents + 1e-5))


def distances(rows):
    return np.linalg.norm(rows[:, None] - rows[None, :], axis=-1)


def ndiv(x, z, held):
    """Liu et al.: hinges of normalized distances, whose sums are constants."""
    each, count, _ = x.shape
    total = 0.0
    for c in range(count):
        x_share, z_share = (
            distances(rows[:, c])
            / distances(sums_of[:, c]).sum(axis=1, keepdims=True)
            for rows, sums_of in ((x, held), (z, z))
        )
        total += np.maximum(0.8 * z_share - x_share, 0.0).sum()
    return total / (count * each * (each - 1))


@pytest.mark.parametrize(
    "regularizer, samples, latents, published",
    [
        (kinds.ModeSeeking(1.0), TWO, TWO_LATENTS, msgan),
        (kinds.DiversitySensitive(1.0, bound=None), TWO, TWO_LATENTS, dsgan),
        (kinds.NormalizedDiversification(1.0), THREE, THREE_LATENTS, ndiv),
    ],
    ids=["msgan", "dsgan", "ndiv"],
)
def test_published_formula(regularizer, samples, latents, published, gradient):
    samples = samples + AWAY[:, None]
    rows, latent_rows = flat(samples), flat(latents)

    def ours(x, z):
        return regularizer(x, z, conditions=CONDITIONS)

    value = published(samples, latents, samples)
    np.testing.assert_allclose(float(ours(rows, latent_rows)), value, rtol=1e-6)
    moved = np.zeros_like(samples)
    for index in itertools.product(*map(range, samples.shape)):
        both = []
        for step in (1e-4, -1e-4):
            beside = samples.copy()
            beside[index] += step
            both.append(published(beside, latents, samples))
        moved[index] = (both[0] - both[1]) / 2e-4
    np.testing.assert_allclose(
        gradient(ours, rows, latent_rows), flat(moved), atol=1e-6
    )


def pairwise_mean(rows, distance):
    values = [
        distance(rows[i, c] - rows[j, c])
        for c in range(rows.shape[1])
        for i, j in itertools.permutations(range(len(rows)), 2)
    ]
    return np.mean(values)


@pytest.mark.parametrize(
    "regularizer, distance",
    [
        (
            kinds.PairwiseDistance(1.0, pairing="all"),
            lambda d: -np.sqrt(np.mean(d**2)),
        ),
        (
            kinds.PairwiseDistance(1.0, pairing="all", margin=0.8),
            lambda d: -min(np.sqrt(np.mean(d**2)), 0.8),
        ),
        (
            kinds.PairwiseDistance(1.0, pairing="all", distance="l1"),
            lambda d: -np.mean(np.abs(d)),
        ),
    ],
    ids=["l2", "margin", "l1"],
)
def test_all_pairs_of_three(regularizer, distance):
    value = regularizer(flat(THREE), conditions=CONDITIONS)
    np.testing.assert_allclose(
        float(value), pairwise_mean(THREE, distance), rtol=1e-4
    )


def test_partners_of_two():
    value = kinds.PairwiseDistance(1.0, distance="l1")(
        flat(TWO + AWAY[:, None]), conditions=CONDITIONS
    )
    expected = -np.abs(TWO[0] - TWO[1]).mean()
    np.testing.assert_allclose(float(value), expected, rtol=1e-4)


def test_directions_of_three():
    unit = THREE / np.linalg.norm(THREE, axis=-1, keepdims=True)
    cosines = [
        (unit[i, c] @ unit[j, c]) ** 2
        for c in range(CONDITIONS)
        for i, j in itertools.permutations(range(3), 2)
    ]
    value = kinds.PullingAway(1.0)(flat(THREE), conditions=CONDITIONS)
    np.testing.assert_allclose(float(value), np.mean(cosines), rtol=1e-5)


def test_samples_of_other_conditions_on_demand():
    inside, across = (
        kinds.PairwiseDistance(across_conditions=across)
        for across in (False, True)
    )
    assert (inside.samples_compared, across.samples_compared) == (2, None)
    assert kinds.NormalizedDiversification().samples_compared == 3
    with pytest.raises(TypeError, match="`across_conditions`.*Received"):
        kinds.PullingAway(across_conditions="no")
