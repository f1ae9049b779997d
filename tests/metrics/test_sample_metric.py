"""What holds for every metric."""

import keras
import numpy as np
import pytest

import keras_regan as kr

SETTINGS = {
    "FrechetDistance": {},
    "KernelDistance": {"subsets": 3, "subset_size": 20, "seed": 4},
    "PrecisionRecall": {"neighbours": 2},
    "DensityCoverage": {"neighbours": 4},
    "InceptionScore": {"splits": 3, "from_logits": True},
    "FeatureDiversity": {},
    "NumberOfDifferentBins": {"bins": 6, "significance": 0.1, "seed": 2},
}


@pytest.fixture
def sets(features):
    return tuple(f.astype("float32") for f in features)


def make(kind, model, **arguments):
    return getattr(kr.metrics, kind)(model, **SETTINGS[kind], **arguments)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_batch_size_gives_the_same(name, sets, identity, in_batches):
    metric = make(name, identity(12))
    results = [in_batches(metric, *sets, size) for size in (16, 100, 300)]
    for result in results[1:]:
        assert result == pytest.approx(results[0], rel=1e-5)


@pytest.mark.parametrize("name", SETTINGS)
def test_configuration(name, sets, identity):
    metric = make(name, identity(12), name="here")
    config = keras.saving.serialize_keras_object(metric)
    again = keras.saving.deserialize_keras_object(config)
    assert again.protocol == metric.protocol
    for one in (metric, again):
        one.update_state(*sets)
    assert again.values() == metric.values()
    assert list(metric.values()) == metric.keys
    assert all(key.endswith("_here") for key in metric.keys)


@pytest.mark.parametrize("name", SETTINGS)
def test_reset_forgets(name, sets, identity):
    metric = make(name, identity(12))
    metric.update_state(*sets)
    first = metric.values()
    metric.reset_state()
    metric.update_state(sets[1], sets[0])
    metric.reset_state()
    metric.update_state(*sets)
    assert metric.values() == pytest.approx(first, rel=1e-6)


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_not_finite_has_no_value(name, sets, identity):
    metric = make(name, identity(12))
    real, generated = sets
    metric.update_state(real, np.full_like(generated, np.nan))
    values = metric.values()
    assert list(values) == metric.keys
    assert np.isnan(list(values.values())).all()


@pytest.mark.parametrize("name", SETTINGS)
def test_no_samples(name, identity):
    with pytest.raises(ValueError, match="samples or more. Received: 0"):
        make(name, identity(12)).result()


@pytest.mark.parametrize(
    "name", [n for n in SETTINGS if n != "FrechetDistance"]
)
def test_the_first_samples_count(name, sets, identity, in_batches):
    real, generated = sets
    limited = make(name, identity(12), max_samples=50)
    values = in_batches(limited, real, generated, 32)
    other = make(name, identity(12))
    assert values == pytest.approx(
        in_batches(other, real[:50], generated[:50], 32)
    )
    assert limited.protocol["generated_samples"] == 50
    with pytest.raises(ValueError, match="`max_samples`"):
        make(name, identity(12), max_samples=0)


@pytest.mark.parametrize("name", SETTINGS)
def test_protocol(name, sets, identity):
    metric = make(name, identity(12))
    metric.update_state(*sets)
    protocol = metric.protocol
    assert protocol["metric"] == name
    assert protocol["features"] == "plane"
    assert protocol["generated_samples"] == 200
    if name != "InceptionScore":
        assert protocol["real_samples"] == 300
    for key, value in SETTINGS[name].items():
        if key != "from_logits":
            assert protocol[key] == value


def test_a_metric_of_ones_own(vectors, vector_pair):
    @keras.saving.register_keras_serializable("tests")
    class MeanGap(kr.metrics.SampleMetric):
        def __init__(self, name="mean_gap"):
            super().__init__(name)

        def prepare(self):
            self.total = self.add_variable((2,), "zeros", name="total")

        def update_state(self, real, generated):
            gap = keras.ops.mean(generated, axis=0) - keras.ops.mean(
                real, axis=0
            )
            self.total.assign(self.total.value + gap)

        def compute(self):
            total = keras.ops.convert_to_numpy(self.total.value)
            return {"mean_gap": np.linalg.norm(total)}

    gan = kr.RegularizedGAN(*vector_pair(), seed=0)
    gan.compile(metrics=[MeanGap()])
    logs = gan.evaluate(vectors, batch_size=64, verbose=0, return_dict=True)
    assert 0 < logs["mean_gap"] < 10


def test_no_result_inside_of_a_graph(identity):
    """In a model of Keras's own, which asks after each batch."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    metric = kr.metrics.FrechetDistance(identity(2))
    metric.prepare_once()
    model.compile(loss="mse", metrics=[metric])
    samples = np.zeros((8, 2))
    # Torch looks at metrics on a device without values, before training.
    text = "outside of the graph|meta"
    with pytest.raises(RuntimeError, match=text):
        model.fit(samples, samples, verbose=0)
