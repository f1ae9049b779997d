import json
import math

import keras
import numpy as np
import pytest

import keras_regan as kr

pytestmark = pytest.mark.xdist_group("evaluate_samples")
EvaluateSamples = kr.callbacks.EvaluateSamples


@pytest.fixture
def network():
    return keras.Sequential(
        [keras.Input((2,)), keras.layers.Identity()], name="plane"
    )


@pytest.fixture
def gan(vector_pair, rewound):
    """A GAN before its first step, the same for each test."""

    def make():
        gan = kr.RegularizedGAN(*vector_pair(), seed=0, ema_momentum=0.5)
        gan.compile()
        return gan

    return rewound(make)


def metrics_of(network, **arguments):
    return [
        kr.metrics.FrechetDistance(network, **arguments),
        kr.metrics.PrecisionRecall(network, **arguments),
    ]


def by_hand(gan, network, real, count):
    latents = gan.sample_latents(count, seed=3)
    generated = gan.predict(
        keras.ops.convert_to_numpy(latents), batch_size=32, verbose=0
    )
    values = {}
    for metric in metrics_of(network):
        metric.update_state(real, generated)
        values.update(metric.values())
    return values


@pytest.mark.parametrize("count", [40, 150], ids=["fewer", "more"])
def test_values(gan, network, vectors, count, tmp_path):
    file = tmp_path / "results.json"
    callback = EvaluateSamples(
        metrics_of(network),
        vectors,
        count=count,
        batch_size=32,
        seed=3,
        file=file,
    )
    history = gan.fit(
        vectors, epochs=2, verbose=0, callbacks=[callback]
    ).history
    wanted = by_hand(gan, network, vectors, count)
    assert [r["epoch"] for r in callback.results] == [1, 2]
    assert callback.results[-1] == pytest.approx(
        {"epoch": 2, **wanted}, rel=1e-4
    )
    for key, value in wanted.items():
        assert history[key][-1] == pytest.approx(value, rel=1e-4)
    written = json.loads(file.read_text())
    assert written["results"] == callback.results
    assert written["protocol"] == json.loads(json.dumps(callback.protocol))
    assert written["protocol"][0]["generated_samples"] == count
    assert written["protocol"][0]["real_samples"] == 64


def test_every_nth_epoch_and_the_last(gan, network, vectors):
    callback = EvaluateSamples(metrics_of(network), vectors, count=32, every=2)
    history = gan.fit(
        vectors, epochs=5, verbose=0, callbacks=[callback]
    ).history
    assert [r["epoch"] for r in callback.results] == [2, 4, 5]
    measured = [not math.isnan(v) for v in history["fd_plane"]]
    assert measured == [False, True, False, True, True]


def test_a_training_that_stops_early(gan, network, vectors):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 2

    callback = EvaluateSamples(metrics_of(network), vectors, count=32, every=2)
    gan.fit(vectors, epochs=9, verbose=0, callbacks=[callback, Stop()])
    assert [r["epoch"] for r in callback.results] == [2, 3]


def test_real_samples_are_looked_at_once(gan, network, vectors):
    class Batches:
        begun = 0

        def __iter__(self):
            self.begun += 1
            return iter([(vectors[:40], None), (vectors[40:], None)])

    batches = Batches()
    callback = EvaluateSamples(metrics_of(network), batches, count=32, seed=3)
    gan.fit(vectors, epochs=3, verbose=0, callbacks=[callback])
    assert batches.begun == 1
    assert callback.results[-1] == pytest.approx(
        {"epoch": 3, **by_hand(gan, network, vectors, 32)}, rel=1e-4
    )


def test_references_need_no_real_samples(gan, network, vectors, tmp_path):
    file = tmp_path / "real.npz"
    kr.metrics.write_reference(file, vectors, network)
    callback = EvaluateSamples(
        metrics_of(network, reference=file), count=32, seed=3
    )
    gan.fit(vectors, verbose=0, callbacks=[callback])
    assert callback.results[-1] == pytest.approx(
        {"epoch": 1, **by_hand(gan, network, vectors, 32)}, rel=1e-4
    )
    with pytest.raises(ValueError, match="`real`.*fd_plane"):
        EvaluateSamples(metrics_of(network))


def test_later_callbacks_find_the_values(gan, network, vectors, tmp_path):
    gan.fit(
        vectors,
        epochs=3,
        verbose=0,
        callbacks=[
            EvaluateSamples(metrics_of(network), vectors, count=32, every=2),
            keras.callbacks.ModelCheckpoint(
                tmp_path / "best.keras",
                monitor="fd_plane",
                mode="min",
                save_best_only=True,
            ),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        ],
    )
    assert (tmp_path / "best.keras").exists()
    header, *rows = (tmp_path / "log.csv").read_text().splitlines()
    assert "fd_plane" in header and len(rows) == 3


def test_an_evaluation_that_fails_is_a_warning(gan, network, vectors):
    metric = kr.metrics.PrecisionRecall(network, neighbours=40)
    callback = EvaluateSamples(
        [metric, kr.metrics.FrechetDistance(network)], vectors, count=32
    )
    with pytest.warns(UserWarning, match="precision.*needs 41 generated"):
        history = gan.fit(vectors, epochs=2, verbose=0, callbacks=[callback])
    assert np.isnan(history.history["precision_plane"]).all()
    assert np.isfinite(history.history["fd_plane"]).all()


def test_a_file_that_cannot_be_written_is_a_warning(
    gan, network, vectors, tmp_path
):
    callback = EvaluateSamples(
        metrics_of(network),
        vectors,
        count=32,
        file=tmp_path / "gone" / "results.json",
    )
    with pytest.warns(UserWarning, match="could not write.*results.json"):
        gan.fit(vectors, epochs=2, verbose=0, callbacks=[callback])
    assert len(callback.results) == 2


def test_training_is_the_same_with_it(vector_pair, network, vectors):
    weights = []
    for callbacks in (
        [],
        [EvaluateSamples(metrics_of(network), vectors, count=32)],
    ):
        keras.utils.set_random_seed(0)
        gan = kr.RegularizedGAN(*vector_pair(), seed=0)
        gan.compile()
        gan.fit(
            vectors, epochs=2, shuffle=False, verbose=0, callbacks=callbacks
        )
        weights.append(gan.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_class_conditional(vectors, network):
    latents, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    joined = keras.layers.Concatenate()(
        [latents, keras.layers.Embedding(3, 2)(labels)]
    )
    generator = keras.Model([latents, labels], keras.layers.Dense(2)(joined))
    samples, labels = keras.Input((2,)), keras.Input((), dtype="int32")
    joined = keras.layers.Concatenate()(
        [samples, keras.layers.Embedding(3, 2)(labels)]
    )
    discriminator = keras.Model(
        [samples, labels], keras.layers.Dense(1)(joined)
    )
    gan = kr.RegularizedGAN(generator, discriminator, seed=0)
    gan.compile()
    classes = np.arange(64) % 3
    callback = EvaluateSamples(
        metrics_of(network), (vectors, classes), count=31, conditions=[0, 2]
    )
    with pytest.raises(ValueError, match="`conditions`"):
        gan.fit(
            vectors,
            classes,
            verbose=0,
            callbacks=[EvaluateSamples(metrics_of(network), vectors)],
        )
    gan.fit(vectors, classes, verbose=0, callbacks=[callback])
    assert np.isfinite(callback.results[0]["fd_plane"])


@pytest.mark.parametrize(
    "arguments, error",
    [
        ({"metrics": []}, ValueError),
        ({"metrics": ["fd"]}, TypeError),
        ({"count": 0}, ValueError),
        ({"every": 0}, ValueError),
        ({"batch_size": 0}, ValueError),
        ({"conditions": 3}, TypeError),
        ({"seed": -1}, ValueError),
        ({"file": 3}, TypeError),
        ({"log_dir": 3}, TypeError),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_arguments(network, vectors, arguments, error):
    (name,) = arguments
    with pytest.raises(error, match=f"`{name}`"):
        EvaluateSamples(
            **{
                "metrics": metrics_of(network),
                "real": vectors,
                **arguments,
            }
        )


def test_names(network, vectors):
    with pytest.raises(ValueError, match="`metrics`"):
        EvaluateSamples(metrics_of(network) + metrics_of(network), vectors)


@pytest.mark.parametrize("same", [True, False], ids=["same", "new"])
def test_a_resumed_training_keeps_results(
    gan, network, vectors, tmp_path, same
):
    def make():
        return EvaluateSamples(
            metrics_of(network), vectors, count=32, file=tmp_path / "r.json"
        )

    first = make()
    gan.fit(vectors, epochs=3, verbose=0, callbacks=[first])
    second = first if same else make()
    gan.fit(vectors, initial_epoch=2, epochs=4, verbose=0, callbacks=[second])
    assert [r["epoch"] for r in second.results] == [1, 2, 3, 4]
    assert (
        second.results[:2]
        == json.loads((tmp_path / "r.json").read_text())["results"][:2]
    )
    gan.fit(vectors, epochs=1, verbose=0, callbacks=[second])
    assert [r["epoch"] for r in second.results] == [1]


def test_metrics_that_look_at_generated_samples_only(gan):
    """They need no real samples, and count all generated ones."""
    metric = kr.metrics.ModeCoverage(kr.datasets.gaussian_ring())
    callback = EvaluateSamples([metric], count=150, batch_size=64, every=2)
    samples = kr.datasets.gaussian_ring().sample(64)
    history = gan.fit(
        samples, epochs=3, verbose=0, callbacks=[callback]
    ).history
    assert metric.protocol["generated_samples"] == 150
    for key in ("modes", "good_samples", "reverse_kl"):
        measured = [not math.isnan(v) for v in history[key]]
        assert measured == [False, True, True]
    assert "mode_coverage" not in history
