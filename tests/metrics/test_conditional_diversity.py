import itertools

import keras
import numpy as np
import pytest

import keras_regan as kr

K = 5


@pytest.fixture(scope="module")
def sets():
    """Labelled samples: 60 conditions, and one class that comes once."""
    generator = np.random.default_rng(0)
    labels = np.append(generator.integers(4, size=59), 9).astype("int32")
    centers = 10.0 * generator.normal(size=(10, 3))
    real = centers[labels] + generator.normal(size=(60, 3))
    generated = (
        centers[labels][:, None] + 0.3 * generator.normal(size=(60, K, 3)) + 1.0
    )
    return real.astype("float32"), generated.astype("float32"), labels


def by_pairs(rows, distance):
    """The mean distance of all pairs, pair by pair."""
    return np.mean([distance(a, b) for a, b in itertools.combinations(rows, 2)])


def by_hand(real, generated, conditions, distance):
    """Each value from its definition, comparing conditions one by one."""
    diversity = np.mean([by_pairs(rows, distance) for rows in generated])
    means = []
    for place, condition in enumerate(conditions):
        others = [
            distance(real[place], real[other])
            for other in range(len(real))
            if other != place and np.array_equal(conditions[other], condition)
        ]
        if others:
            means.append(np.mean(others))
    return {
        "conditional_diversity_plane": diversity,
        "conditional_diversity_ratio_plane": diversity / np.mean(means),
    }


def l2(a, b):
    return np.linalg.norm(a.astype("float64") - b)


def metric_of(model, **arguments):
    return kr.metrics.ConditionalDiversity(
        model, samples_per_condition=K, **arguments
    )


def in_batches(real, generated, conditions, size):
    for first in range(0, len(real), size):
        part = slice(first, first + size)
        yield (
            real[part],
            generated[part],
            keras.tree.map_structure(lambda c, part=part: c[part], conditions),
        )


@pytest.mark.parametrize("size", [7, 60])
def test_by_hand(sets, identity, size):
    metric = metric_of(identity(3))
    for batch in in_batches(*sets, size):
        metric.update_state(*batch)
    assert metric.values() == pytest.approx(by_hand(*sets, l2), rel=1e-5)


def test_in_a_graph(sets, identity, compiled_values):
    values = compiled_values(metric_of(identity(3)), *in_batches(*sets, 20))
    assert values == pytest.approx(by_hand(*sets, l2), rel=1e-5)


def test_spread_of_gaussians(identity):
    """Two normal numbers are 2 / sqrt(pi) deviations apart on average."""
    generator = np.random.default_rng(1)
    labels = np.arange(4000) % 10
    real = labels[:, None] + 2.0 * generator.normal(size=(4000, 1))
    generated = labels[:, None, None] + generator.normal(size=(4000, K, 1))
    metric = metric_of(identity(1))
    metric.update_state(real, generated, labels)
    assert metric.values() == pytest.approx(
        {
            "conditional_diversity_plane": 2 / np.sqrt(np.pi),
            "conditional_diversity_ratio_plane": 0.5,
        },
        rel=0.02,
    )


def test_ignored_latents_are_at_zero(sets, identity):
    """However far apart conditions are, and to the last digit."""
    real, _, labels = sets
    metric = metric_of(identity(3))
    metric.update_state(real, np.repeat(real[:, None], K, axis=1), labels)
    assert set(metric.values().values()) == {0.0}


def test_all_but_equal_samples_keep_their_digits(identity):
    generated = np.full((2, K, 1), 1000.0, "float32")
    generated[:, 0] += 2.0**-10
    metric = metric_of(identity(1))
    metric.update_state(np.eye(2, 1), generated, np.array([0, 0]))
    assert metric.values()["conditional_diversity_plane"] == pytest.approx(
        2.0**-10 * 2 / K
    )


@pytest.mark.parametrize(
    "conditions",
    [
        np.array([[0.0, 0.5], [0.5, 0.0], [-0.0, 0.5]], "float32"),
        np.array([[1, 2], [2, 1], [1, 2]]),
        (np.ones(3, "bool"), np.array([[1e-30], [2e-30], [1e-30]], "float32")),
        {"b": np.array([3, 3, 3]), "a": np.eye(3, 256)[[2, 1, 2]]},
        np.stack([np.eye(64), np.eye(64)[::-1], np.eye(64)])[..., None],
    ],
    ids=["signs of zero", "integers", "tuple", "dictionary", "images"],
)
def test_conditions_are_compared_exactly(conditions, identity, compiled_values):
    """Of three, the first and the last are the same."""
    real = np.array([[0.0], [100.0], [3.0]], "float32")
    generated = np.tile([[[0.0], [6.0]]], (3, 1, 1)).astype("float32")
    first, other = (
        kr.metrics.ConditionalDiversity(identity(1), samples_per_condition=2)
        for _ in range(2)
    )
    values = compiled_values(first, (real, generated, conditions))
    assert values["conditional_diversity_ratio_plane"] == 2.0
    # Keys made in a graph and outside of it are the same.
    other.update_state(real, generated, conditions)
    other.update_state(real[:1], generated[:1], _row(conditions, 1))
    assert other.values()["conditional_diversity_ratio_plane"] < 1.0


def _row(conditions, place):
    return keras.tree.map_structure(
        lambda part: part[place : place + 1], conditions
    )


def test_many_conditions_have_keys_of_their_own(identity):
    """Of images of few levels, of which many sums are the same."""
    generator = np.random.default_rng(0)
    conditions = generator.integers(2, size=(2000, 4, 4)) / 2
    flat = conditions.reshape(2000, -1)
    places = generator.normal(size=(2000, 1))
    metric = kr.metrics.ConditionalDiversity(
        identity(1), samples_per_condition=2
    )
    metric.update_state(places, np.stack([places, places + 1], 1), conditions)
    same = (flat[:, None] == flat).all(axis=-1)
    gaps = np.abs(places - places.T).astype("float64")
    others = same.sum(axis=1) - 1
    assert 20 < (others > 0).sum() < 200
    means = (gaps * same).sum(axis=1)[others > 0] / others[others > 0]
    wanted = 1.0 / means.mean()
    value = metric.values()["conditional_diversity_ratio_plane"]
    assert value == pytest.approx(wanted, rel=1e-4)


def lpips(layers):
    """The distance of two images, position by position."""

    def distance(first, second):
        total = 0.0
        for layer in layers:
            a, b = (
                keras.ops.convert_to_numpy(layer(image[None]))[0]
                for image in (first, second)
            )
            a = a / np.sqrt(np.square(a).sum(-1, keepdims=True) + 1e-10)
            b = b / np.sqrt(np.square(b).sum(-1, keepdims=True) + 1e-10)
            total += np.square(a - b).sum(-1).mean()
        return total

    return distance


@pytest.fixture(scope="module")
def maps():
    keras.utils.set_random_seed(0)
    first = keras.layers.Conv2D(3, 3, activation="relu")
    second = keras.layers.Conv2D(5, 3, strides=2)
    images = keras.Input((8, 8, 2))
    inner = first(images)
    model = keras.Model(images, [inner, second(inner)], name="plane")
    return model, lpips([first, lambda x: second(first(x))])


def test_maps(maps, compiled_values, monkeypatch):
    model, distance = maps
    generator = np.random.default_rng(0)
    real = generator.normal(size=(6, 8, 8, 2)).astype("float32")
    generated = generator.normal(size=(6, 3, 8, 8, 2)).astype("float32")
    labels = np.array([0, 1, 1, 0, 2, 0])
    wanted = by_hand(real, generated, labels, distance)
    kind = "keras_regan.metrics._conditional_metric._CHUNK"
    monkeypatch.setattr(kind, 6)  # Two conditions at a time.
    inside, outside = (
        kr.metrics.ConditionalDiversity(model, samples_per_condition=3)
        for _ in range(2)
    )
    values = compiled_values(inside, (real, generated, labels))
    assert values == pytest.approx(wanted, rel=1e-4)
    outside.update_state(real, generated, labels)
    assert outside.values() == pytest.approx(wanted, rel=1e-4)


def test_of_maps_no_more_are_kept_than_there_is_room_for(maps, monkeypatch):
    model, _ = maps
    monkeypatch.setattr(
        "keras_regan.metrics.conditional_diversity._MOST_OF_MAPS", 500
    )
    metric = kr.metrics.ConditionalDiversity(model, samples_per_condition=2)
    real = np.random.default_rng(0).normal(size=(4, 8, 8, 2))
    metric.update_state(real, np.stack([real, -real], 1), np.zeros(4, "int32"))
    # 6 x 6 x 3 and 2 x 2 x 5 elements.
    assert metric.protocol["real_samples"] == 500 // 128
    assert metric.protocol["conditions"] == 4


@pytest.mark.parametrize("real", ["all different", "all equal"])
def test_no_ratio(real, identity):
    labels = np.arange(4) if real == "all different" else np.zeros(4, "int32")
    samples = np.eye(4, 2) if real == "all different" else np.ones((4, 2))
    metric = kr.metrics.ConditionalDiversity(
        identity(2), samples_per_condition=2
    )
    metric.update_state(samples, np.tile(np.eye(2), (4, 1, 1)), labels)
    values = metric.result()
    assert values["conditional_diversity_plane"] == pytest.approx(np.sqrt(2))
    assert np.isnan(values["conditional_diversity_ratio_plane"])


def test_real_samples_are_kept(sets, identity):
    real, generated, labels = sets
    metric = metric_of(identity(3))
    metric.update_state(real, generated, labels)
    wanted = metric.values()
    metric.keep_real_samples()
    metric.reset_state()
    metric.update_state(None, generated, labels)
    assert metric.values() == wanted


def test_one_sample_has_no_distance(identity):
    with pytest.raises(
        ValueError, match="integer of 2 or more.*Received: s.*1"
    ):
        kr.metrics.ConditionalDiversity(identity(2), samples_per_condition=1)
