"""Metrics of sets of samples under `evaluate` and `validation_data`."""

import keras
import numpy as np
import pytest

import keras_regan as kr
from keras_regan.metrics.feature_extractor import FeatureExtractor


@pytest.fixture
def network():
    keras.utils.set_random_seed(5)
    return keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(4, activation="tanh")],
        name="tiny",
    )


@pytest.fixture
def build(vector_pair):
    def build(metrics, **arguments):
        gan = kr.RegularizedGAN(*vector_pair(), seed=0, **arguments)
        gan.compile(metrics=metrics)
        return gan

    return build


def all_metrics(features):
    return [
        kr.metrics.FrechetDistance(features),
        kr.metrics.KernelDistance(features, subsets=3),
        kr.metrics.PrecisionRecall(features),
        keras.metrics.MeanAbsoluteError(name="error"),
    ]


KEYS = [
    "fd_tiny",
    "kd_tiny",
    "kd_standard_error_tiny",
    "precision_tiny",
    "recall_tiny",
]


def by_hand(gan, network, vectors, batch_size):
    """The same values from the samples that `evaluate` draws."""
    state = keras.ops.convert_to_numpy(gan._evaluation_seed.state.value)
    gan._evaluation_seed.state.assign(state * np.array([1, 0], state.dtype))
    samples = []
    for first in range(0, len(vectors), batch_size):
        count = len(vectors[first : first + batch_size])
        latents = gan.sample_latents(count, gan._evaluation_seed)
        samples.append(keras.ops.convert_to_numpy(gan(latents)))
    values = {}
    for metric in all_metrics(network)[:3]:
        metric.update_state(vectors, np.concatenate(samples))
        values.update(metric.values())
    return values


@pytest.mark.parametrize("average", [None, 0.9], ids=["live", "average"])
def test_evaluate(build, network, vectors, average):
    gan = build(all_metrics(network), ema_momentum=average)
    gan.fit(vectors, verbose=0)
    logs = gan.evaluate(vectors, batch_size=24, verbose=0, return_dict=True)
    assert list(logs)[-5:] == KEYS
    wanted = by_hand(gan, network, vectors, 24)
    assert {key: logs[key] for key in KEYS} == pytest.approx(wanted, rel=1e-4)
    assert all(isinstance(logs[key], float) for key in KEYS)
    values = gan.evaluate(vectors, batch_size=24, verbose=0)
    assert values == pytest.approx(list(logs.values()))


def test_validation_data(build, network, vectors, tmp_path):
    gan = build(all_metrics(network))
    file = tmp_path / "best.keras"
    history = gan.fit(
        vectors,
        epochs=2,
        validation_data=vectors,
        verbose=0,
        callbacks=[
            keras.callbacks.ModelCheckpoint(
                file, monitor="val_fd_tiny", mode="min", save_best_only=True
            )
        ],
    ).history
    assert len(history["val_fd_tiny"]) == 2 and "fd_tiny" not in history
    assert "val_error" in history and file.exists()
    logs = gan.evaluate(vectors, verbose=0, return_dict=True)
    assert logs["fd_tiny"] == pytest.approx(history["val_fd_tiny"][-1])


def test_the_network_sees_each_batch_once(build, network, vectors, monkeypatch):
    calls = []
    original = FeatureExtractor._pooled

    def counted(self, samples):
        calls.append(samples)
        return original(self, samples)

    monkeypatch.setattr(FeatureExtractor, "_pooled", counted)
    features = FeatureExtractor(network, value_range=None)
    gan = build(all_metrics(features))
    gan.evaluate(vectors, batch_size=64, verbose=0)
    # Once for real and once for generated samples, however often traced.
    assert len(calls) > 0 and len(calls) % 2 == 0
    gan = build(all_metrics(network))
    per_trace, calls[:] = len(calls), []
    gan.evaluate(vectors, batch_size=64, verbose=0)
    assert len(calls) == 3 * per_trace


def test_saved_with_the_model(build, network, vectors, tmp_path):
    features = FeatureExtractor(network, value_range=None)
    gan = build(all_metrics(features))
    gan.fit(vectors, verbose=0)
    before = gan.evaluate(vectors, verbose=0, return_dict=True)
    gan.save(tmp_path / "gan.keras")
    keras.utils.set_random_seed(77)
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    after = loaded.evaluate(vectors, verbose=0, return_dict=True)
    assert after == pytest.approx(before, rel=1e-5)
    metrics = loaded.get_compile_config and loaded._game.metrics
    assert metrics[0].features is metrics[1].features is metrics[2].features
    assert metrics[0].features is not features
    loaded.fit(vectors, verbose=0)


def test_a_network_given_by_path_is_not_saved(
    build, network, vectors, tmp_path
):
    network.save(tmp_path / "tiny.keras")
    features = FeatureExtractor(tmp_path / "tiny.keras", value_range=None)
    gan = build([kr.metrics.FrechetDistance(features)])
    before = gan.evaluate(vectors, verbose=0, return_dict=True)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    after = loaded.evaluate(vectors, verbose=0, return_dict=True)
    assert after["fd_tiny"] == pytest.approx(before["fd_tiny"], rel=1e-5)
    # Without the file the model loads all the same, and says what is missing.
    (tmp_path / "tiny.keras").unlink()
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.generate(2).shape == (2, 2)
    with pytest.raises(RuntimeError, match="tiny.keras"):
        loaded.fit(vectors, verbose=0)


def test_nothing_is_trained_if_a_reference_is_missing(
    build, network, vectors, tmp_path
):
    metric = kr.metrics.FrechetDistance(
        network, reference=tmp_path / "real.npz"
    )
    gan = build([metric])
    weights = gan.get_weights()
    with pytest.raises(ValueError, match="real.npz"):
        gan.fit(vectors, validation_data=vectors, verbose=0)
    for old, new in zip(weights, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_with_a_reference(build, network, vectors, tmp_path):
    file = tmp_path / "real.npz"
    kr.metrics.write_reference(file, vectors, network)
    gan = build(
        [
            kr.metrics.FrechetDistance(network, reference=file),
            kr.metrics.FrechetDistance(network, name="computed"),
        ]
    )
    gan.fit(vectors, verbose=0)
    logs = gan.evaluate(vectors, verbose=0, return_dict=True)
    assert logs["fd_tiny"] == pytest.approx(logs["fd_computed"], rel=1e-4)


def test_a_diverged_generator_ends_nothing(build, network, vectors):
    gan = build(all_metrics(network))
    gan.generator.set_weights(
        [np.full_like(w, np.nan) for w in gan.generator.get_weights()]
    )
    history = gan.fit(
        vectors, validation_data=vectors, epochs=2, verbose=0
    ).history
    assert all(np.isnan(history[f"val_{key}"]).all() for key in KEYS)


def test_names(build, network):
    with pytest.raises(ValueError, match="`fd_tiny` twice"):
        build([kr.metrics.FrechetDistance(network) for _ in range(2)])
    with pytest.raises(ValueError, match="`precision_tiny` twice"):
        build(
            [kr.metrics.PrecisionRecall(network, neighbours=k) for k in (3, 5)]
        )


def test_names_of_several_values(build):
    ring = kr.datasets.gaussian_ring()
    with pytest.raises(ValueError, match="`modes` twice"):
        build([kr.metrics.ModeCoverage(ring, least=n) for n in (1, 2)])


def test_trained_variables_leave_feature_networks_out(build, network, vectors):
    features = FeatureExtractor(network, value_range=None)
    gan = build([kr.metrics.FrechetDistance(features)], ema_momentum=0.9)
    gan.evaluate(vectors, verbose=0)
    trained = {id(v) for v in gan.trained_variables}
    assert len(trained) == len(gan.trained_variables)
    assert not trained & {id(v) for v in network.variables}
    for variable in [
        *gan.variables,
        *gan.optimizer.variables,
        gan._game.generator.step,
    ]:
        assert id(variable) in trained


def test_the_same_network_in_a_callback(build, network, vectors):
    """The step owns its variables while JAX trains."""
    features = FeatureExtractor(network, value_range=None)
    gan = build([kr.metrics.FrechetDistance(features)])
    callback = kr.callbacks.EvaluateSamples(
        [kr.metrics.FrechetDistance(features)], vectors, count=64
    )
    history = gan.fit(
        vectors,
        epochs=2,
        validation_data=vectors,
        verbose=0,
        callbacks=[callback],
    ).history
    assert np.isfinite(history["fd_tiny"] + history["val_fd_tiny"]).all()
