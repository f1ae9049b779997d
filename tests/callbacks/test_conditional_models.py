"""All callbacks with models of images and labels as conditions."""

import keras
import numpy as np
import pytest
from callbacks.fake_training import pixels
from keras import ops

import keras_regan as kr
from keras_regan.callbacks import CollapseMonitor
from keras_regan.callbacks import EvaluateSamples
from keras_regan.callbacks import Histograms
from keras_regan.callbacks import LatentWalk
from keras_regan.callbacks import SampleGrid

pytestmark = pytest.mark.xdist_group("conditional_models")
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(-1, 1, (32, 4, 4, 1)).astype("float32")
OUTLINES = RANDOM.uniform(0, 1, (32, 4, 4, 1)).astype("float32")
LABELS = np.arange(32) % 3
TOLD = {"outline": OUTLINES, "label": LABELS}


def network(first, outputs, activation=None):
    """Returns a network of something, outlines and labels."""
    layers = keras.layers
    outline = keras.Input((4, 4, 1), name="outline")
    label = keras.Input((), name="label", dtype="int32")
    inputs = [*first, outline, label]
    parts = [layers.Flatten()(part) for part in [*first, outline]]
    x = layers.Concatenate()([*parts, layers.Embedding(3, 2)(label)])
    x = layers.Dense(int(np.prod(outputs)), activation)(x)
    return keras.Model(inputs, layers.Reshape(outputs)(x))


def make_gan(latents=True):
    first = [keras.Input((3,), name="latents")] if latents else []
    gan = kr.RegularizedGAN(
        network(first, (4, 4, 1), "tanh"),
        network([keras.Input((4, 4, 1), name="samples")], (1,)),
        latents="normal" if latents else None,
        seed=0,
    )
    gan.compile()
    return gan


def precision_recall():
    return kr.metrics.PrecisionRecall(
        keras.Sequential(
            [keras.Input((4, 4, 1)), keras.layers.Flatten()], name="pixels"
        ),
        neighbours=1,
    )


def some(count):
    return {key: part[:count] for key, part in TOLD.items()}


@pytest.mark.parametrize("latents", [True, False], ids=["", "none"])
def test_all_callbacks_of_a_model(tmp_path, latents):
    gan = make_gan(latents)
    monitor = CollapseMonitor((IMAGES, TOLD), every=1)
    evaluation = EvaluateSamples(
        [precision_recall()], IMAGES, count=20, conditions=some(3), batch_size=8
    )
    callbacks = [
        monitor,
        evaluation,
        SampleGrid(
            tmp_path / "grid", count=8, conditions=some(4), real=IMAGES[:4]
        ),
        Histograms(tmp_path / "logs", real=(IMAGES, TOLD)),
    ]
    if latents:
        callbacks.append(
            LatentWalk(tmp_path / "walk", conditions=some(2), frames=1)
        )
    logs = gan.fit(
        IMAGES, TOLD, batch_size=16, verbose=0, callbacks=callbacks
    ).history
    samples = 2 if latents else 1
    picture = pixels(tmp_path / "grid" / "epoch_0001.png")
    assert picture.shape == (26, 8 + 8 + 8 + 8 + 2 + 6 * samples)
    assert np.isfinite(evaluation.results[0]["precision_pixels"])
    if latents:
        assert pixels(tmp_path / "walk" / "walk_0001.png").shape == (14, 32)
        assert 0.1 < logs["conditional_diversity"][0] < 3.0
    else:
        assert "conditional_diversity" not in logs
    assert np.isfinite(logs["diversity"]).all()


@pytest.mark.parametrize("conditional", [True, False])
def test_a_grid_of_truncated_latents(tmp_path, monkeypatch, conditional):
    """Those of the same seed without a bound, where they are within it."""
    told = some(4) if conditional else None
    plain = kr.networks.mlp((4, 4, 1), latent_dim=3)
    gan = make_gan() if conditional else kr.RegularizedGAN(*plain)
    seen, drawn = [], []
    predict = gan.predict_on_batch
    monkeypatch.setattr(
        gan, "predict_on_batch", lambda x: seen.append(x) or predict(x)
    )
    for bound in (None, 0.5):
        grid = SampleGrid(
            tmp_path, count=16, conditions=told, at_start=True, truncation=bound
        )
        grid.set_model(gan)
        grid.on_train_begin()
        grid.on_epoch_begin(0)
        drawn.append(seen[-1][0] if conditional else seen[-1])
    free, bounded = drawn
    within = np.abs(free) <= 0.5
    np.testing.assert_array_equal(bounded[within], free[within])
    assert 0.1 < within.mean() < 0.9
    assert np.abs(bounded).max() <= 0.5


def test_a_grid_refuses_a_bound_of_other_latents(tmp_path):
    gan = kr.RegularizedGAN(*kr.networks.mlp((4, 4, 1)), latents="uniform")
    gan.compile()
    grid = SampleGrid(tmp_path, truncation=0.5)
    with pytest.raises(ValueError, match="`truncation`.*latents='uniform'"):
        gan.fit(IMAGES, verbose=0, callbacks=[grid])


def test_evaluation_goes_through_all_conditions(monkeypatch):
    seen = []
    gan = make_gan()
    predict = gan.predict_on_batch
    monkeypatch.setattr(
        gan, "predict_on_batch", lambda x: seen.append(x) or predict(x)
    )
    callback = EvaluateSamples(
        [precision_recall()], IMAGES, count=7, conditions=some(3)
    )
    callback.set_model(gan)
    callback.on_train_begin()
    list(callback._generated_batches())
    _, outlines, labels = seen[0]
    np.testing.assert_array_equal(outlines, OUTLINES[np.arange(7) % 3])
    np.testing.assert_array_equal(labels, np.arange(7) % 3)


def test_metrics_of_conditions_see_those_of_the_real_samples(monkeypatch):
    """Against distances in NumPy, of what the model is seen to make."""
    flat = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten()], name="flat"
    )
    evaluation = EvaluateSamples(
        [
            kr.metrics.BestOfMany(flat, samples_per_condition=3),
            kr.metrics.FrechetJointDistance(flat, num_classes=3),
            kr.metrics.FeatureDiversity(flat),
        ],
        (IMAGES[:10], some(10)),
        count=30,
        batch_size=7,
    )
    gan = make_gan()
    seen = []
    monkeypatch.setattr(
        kr.metrics.BestOfMany,
        "update_state",
        lambda self, real, made, told: seen.append((real, made, told)),
    )
    monkeypatch.setattr(
        kr.metrics.BestOfMany,
        "compute",
        lambda self: dict.fromkeys(self.keys, 0),
    )
    logs = gan.fit(IMAGES, TOLD, verbose=0, callbacks=[evaluation]).history
    assert np.isfinite(logs["frechet_joint_distance_flat"]).all()
    assert np.isfinite(logs["diversity_flat"]).all()
    np.testing.assert_array_equal(
        np.concatenate([real for real, _, _ in seen]), IMAGES[:10]
    )
    for part, name in enumerate(("outline", "label")):
        told = np.concatenate([told[part] for _, _, told in seen])
        np.testing.assert_array_equal(told, TOLD[name][:10])
    made = np.concatenate([made for _, made, _ in seen])
    assert made.shape == (10, 3, 4, 4, 1)
    latents = ops.convert_to_numpy(gan.sample_latents(30, seed=0))
    expected = gan.predict(
        [latents, *(np.repeat(TOLD[k][:10], 3, axis=0) for k in TOLD)],
        verbose=0,
    )
    np.testing.assert_allclose(
        made.reshape(30, 4, 4, 1), expected, rtol=1e-4, atol=1e-5
    )
    with pytest.raises(TypeError, match="`real`.*`best_of_many_flat`"):
        EvaluateSamples([kr.metrics.BestOfMany(flat)], IMAGES)
    with pytest.raises(ValueError, match="9 samples and 10 conditions"):
        EvaluateSamples([kr.metrics.BestOfMany(flat)], (IMAGES[:9], some(10)))


def test_without_latents_repeated_conditions_are_no_collapse():
    """Of each condition, one sample is looked at."""
    told = {"outline": OUTLINES[np.arange(32) % 9], "label": LABELS * 0}
    monitor = CollapseMonitor((IMAGES, told), every=1, patience=1)
    make_gan(latents=False).fit(
        IMAGES, told, batch_size=16, verbose=0, callbacks=[monitor]
    )
    assert monitor.alarms == []
    assert monitor.checks[0].signs.near_duplicates < 0.5


def test_conditions_repeat_if_all_of_them_do():
    """Where outlines differ, equal labels are no repetition."""
    monitor = CollapseMonitor((IMAGES, TOLD))
    assert len(np.unique(monitor._conditions["outline"], axis=0)) == 32
    several = {"outline": OUTLINES[np.arange(32) % 2], "label": LABELS}
    chosen = CollapseMonitor(
        (IMAGES[:18], {k: v[:18] for k, v in several.items()})
    )
    rows = [
        (outline.tobytes(), label)
        for outline, label in zip(
            chosen._conditions["outline"],
            chosen._conditions["label"],
            strict=True,
        )
    ]
    assert sorted(map(rows.count, set(rows))) == [3] * 6


def test_factors_rise_where_latents_are_ignored():
    gan = make_gan()
    kernel = next(
        v for v in gan.generator.trainable_variables if v.shape[-1] == 16
    )
    values = ops.convert_to_numpy(kernel.value).copy()
    values[:3] = 0.0
    kernel.assign(3.0 * values)
    repelling = kr.penalties.Scheduled(
        kr.regularizers.PairwiseDistance(),
        kr.penalties.AdjustableFactor(0.1),
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(1e-9),
        generator_regularizers=[repelling],
    )
    action = kr.callbacks.RaiseFactor("g_pairwise_distance", 3.0)
    monitor = CollapseMonitor(
        (IMAGES, TOLD), every=1, patience=2, action=action
    )
    with pytest.warns(UserWarning, match="rises from 0.1 to 0.3"):
        gan.fit(IMAGES, TOLD, batch_size=16, verbose=0, callbacks=[monitor])
    assert [alarm.kind for alarm in monitor.alarms] == ["ignored_latents"]
    assert monitor.checks[-1].signs.conditional_diversity < 1e-3


@pytest.mark.parametrize(
    "real, words",
    [
        ((IMAGES, OUTLINES), "a tuple of arrays"),
        ((IMAGES, {**TOLD, "label": LABELS + 1}), "from 0 to 2"),
        ((IMAGES, {**TOLD, "label": LABELS[:5]}), "as many conditions"),
        ((IMAGES, {**TOLD, "outline": OUTLINES * np.nan}), "finite"),
        ((IMAGES, (OUTLINES[:, :3], LABELS)), "Received: shape"),
    ],
    ids="one number count nan shape".split(),
)
def test_the_monitor_names_conditions_that_do_not_fit(real, words):
    with pytest.raises(ValueError, match=f"argument `real`.*{words}"):
        monitor = CollapseMonitor(real)
        monitor.set_model(make_gan())
        monitor.on_train_begin()
