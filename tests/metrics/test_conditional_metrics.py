"""What holds for every metric of conditions."""

import keras
import numpy as np
import pytest

import keras_regan as kr

K = 2
SETTINGS = {
    "ConditionalDiversity": {"samples_per_condition": K},
    "BestOfMany": {"samples_per_condition": K},
    "FrechetJointDistance": {"num_classes": 3, "alpha": 0.5},
}
LABELS = np.arange(60) % 3


@pytest.fixture(scope="module")
def samples():
    generator = np.random.default_rng(0)
    return generator.normal(size=(60, 4)).astype("float32")


def make(kind, model, **arguments):
    return getattr(kr.metrics, kind)(model, **SETTINGS[kind], **arguments)


def batch(metric, samples, labels=LABELS):
    generated = 0.5 * samples
    if metric.samples_per_condition:
        generated = np.stack([generated, 0.2 * generated], axis=1)
    return samples, generated, labels


@pytest.mark.parametrize("name", SETTINGS)
def test_configuration(name, samples, identity):
    metric = make(name, identity(4), name="here")
    assert metric.uses_conditions
    config = keras.saving.serialize_keras_object(metric)
    again = keras.saving.deserialize_keras_object(config)
    assert again.protocol == metric.protocol
    for one in (metric, again):
        one.update_state(*batch(one, samples))
    assert again.values() == metric.values()
    assert list(metric.values()) == metric.keys
    assert all(key.endswith("_here") for key in metric.keys)
    assert metric.protocol.items() >= SETTINGS[name].items()


@pytest.mark.parametrize("name", SETTINGS)
def test_every_batch_size_gives_the_same_and_reset_forgets(
    name, samples, identity
):
    metric = make(name, identity(4))
    results = []
    for size in (60, 17):
        metric.reset_state()
        whole = batch(metric, samples)
        for first in range(0, 60, size):
            metric.update_state(*(x[first : first + size] for x in whole))
        results.append(metric.values())
    assert results[1] == pytest.approx(results[0], rel=1e-5)


@pytest.mark.parametrize("name", ["ConditionalDiversity", "BestOfMany"])
def test_the_first_samples_count(name, samples, identity):
    limited = make(name, identity(4), max_samples=20)
    other = make(name, identity(4))
    limited.update_state(*batch(limited, samples))
    other.update_state(*(x[:20] for x in batch(other, samples)))
    assert limited.values() == pytest.approx(other.values())


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_not_finite_has_no_value(name, samples, identity):
    metric = make(name, identity(4))
    real, generated, labels = batch(metric, samples)
    metric.update_state(real, np.full_like(generated, np.nan), labels)
    assert np.isnan(list(metric.values().values())).all()


@pytest.mark.parametrize("name", SETTINGS)
def test_bad_batches(name, samples, identity):
    metric = make(name, identity(4))
    real, generated, labels = batch(metric, samples)
    with pytest.raises(ValueError, match="samples or more. Received: 0"):
        metric.result()
    with pytest.raises(ValueError, match="`conditions`.*of the samples"):
        metric.update_state(real, generated, None)
    with pytest.raises(ValueError, match=r"as many rows.*\(59,\)"):
        metric.update_state(real, generated, labels[:59])
    with pytest.raises(ValueError, match="as many rows"):
        metric.update_state(real[:5], generated, labels)


@pytest.mark.parametrize("name", ["ConditionalDiversity", "BestOfMany"])
@pytest.mark.parametrize("shape", [(60, 4), (60, 3, 4), (60,)])
def test_another_number_of_samples(name, shape, samples, identity):
    metric = make(name, identity(4))
    with pytest.raises(ValueError, match=r"shape \(batch, 2, ...\). Received"):
        metric.update_state(samples, np.ones(shape), LABELS)
    with pytest.raises(ValueError, match="samples_per_condition.*positive"):
        getattr(kr.metrics, name)(identity(4), samples_per_condition=0)
