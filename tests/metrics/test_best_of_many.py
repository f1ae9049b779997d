import keras
import numpy as np
import pytest

import keras_regan as kr
from keras_regan.metrics._feature_sharing import shared_features

K = 4
LABELS = np.zeros(30, "int32")


@pytest.fixture(scope="module")
def sets():
    generator = np.random.default_rng(0)
    real = generator.normal(size=(30, 3)).astype("float32")
    generated = generator.normal(size=(30, K, 3)).astype("float32") + 0.5
    return real, generated


def by_hand(real, generated):
    gaps = np.linalg.norm(generated.astype("float64") - real[:, None], axis=-1)
    return {
        "best_of_many_plane": gaps.min(axis=1).mean(),
        "mean_of_many_plane": gaps.mean(),
    }


def metric_of(model, **arguments):
    return kr.metrics.BestOfMany(model, samples_per_condition=K, **arguments)


def test_by_hand(sets, identity, compiled_values):
    inside, outside = (metric_of(identity(3)) for _ in range(2))
    real, generated = sets
    batches = [
        (real[part], generated[part], LABELS[part])
        for part in (slice(11), slice(11, 30))
    ]
    assert compiled_values(inside, *batches) == pytest.approx(by_hand(*sets))
    for batch in batches:
        outside.update_state(*batch)
    assert outside.values() == pytest.approx(by_hand(*sets))
    assert outside.protocol["real_samples"] == 30
    assert outside.protocol["generated_samples"] == 30 * K


def test_nearest_of_uniform_numbers(identity):
    """The smallest of k uniform numbers is 1 / (k + 1) on average."""
    generator = np.random.default_rng(0)
    generated = generator.uniform(size=(20_000, K, 1))
    metric = metric_of(identity(1), max_samples=20_000)
    labels = np.zeros(20_000, "int32")
    metric.update_state(np.zeros((20_000, 1)), generated, labels)
    assert metric.values() == pytest.approx(
        {"best_of_many_plane": 1 / (K + 1), "mean_of_many_plane": 0.5},
        rel=0.02,
    )


def test_maps(monkeypatch):
    """Of one layer, and of samples in parts that do not fit evenly."""
    keras.utils.set_random_seed(0)
    layer = keras.layers.Conv2D(3, 3)
    model = keras.Sequential([keras.Input((5, 5, 1)), layer], name="plane")
    generator = np.random.default_rng(0)
    real = generator.normal(size=(5, 5, 5, 1)).astype("float32")
    generated = generator.normal(size=(5, K, 5, 5, 1)).astype("float32")
    kind = "keras_regan.metrics._conditional_metric._CHUNK"
    monkeypatch.setattr(kind, 2 * K)

    def unit(images):
        maps = keras.ops.convert_to_numpy(layer(images))
        return maps / np.sqrt(np.square(maps).sum(-1, keepdims=True) + 1e-10)

    many = np.stack([unit(samples) for samples in generated])
    gaps = np.square(many - unit(real)[:, None]).sum(-1).mean((-1, -2))
    metric = metric_of(model)
    metric.update_state(real, generated, LABELS[:5])
    assert metric.values() == pytest.approx(
        {
            "best_of_many_plane": gaps.min(axis=1).mean(),
            "mean_of_many_plane": gaps.mean(),
        },
        rel=1e-4,
    )


def test_what_has_no_truth_does_not_count(sets, identity):
    real, generated = sets
    metric = metric_of(identity(3))
    metric.update_state(real, generated, LABELS)
    metric.keep_real_samples()
    assert metric.wants_real
    metric.update_state(None, generated, LABELS)
    metric.update_state(real, None, LABELS)
    assert metric.values() == pytest.approx(by_hand(*sets))


def test_samples_of_a_condition_are_looked_at_once(sets, identity, monkeypatch):
    features = kr.metrics.FeatureExtractor(identity(3), value_range=None)
    counts = []
    original = features._features
    monkeypatch.setattr(
        features,
        "_features",
        lambda samples: counts.append(len(samples)) or original(samples),
    )
    metrics = [
        kind(features, samples_per_condition=K)
        for kind in (kr.metrics.BestOfMany, kr.metrics.ConditionalDiversity)
    ]
    with shared_features():
        for metric in metrics:
            metric.update_state(*sets, LABELS)
    assert sorted(counts) == [30, 30 * K]
