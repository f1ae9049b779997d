import os

import keras
import numpy as np
import pytest

import keras_regan as kr
from keras_regan.metrics import write_reference

METRICS = {
    "FrechetDistance": {},
    "KernelDistance": {"subsets": 3},
    "PrecisionRecall": {},
    "DensityCoverage": {},
    "FeatureDiversity": {},
    "NumberOfDifferentBins": {"bins": 5},
}


@pytest.fixture
def sets(features):
    return tuple(f.astype("float32") for f in features)


@pytest.mark.parametrize("name", METRICS)
def test_stands_for_the_real_samples(name, sets, identity, tmp_path):
    real, generated = sets
    model = identity(12)
    file = str(tmp_path / "real.npz")
    write_reference(file, real, model, split="train")
    make = getattr(kr.metrics, name)
    metric = make(model, reference=file, **METRICS[name])
    other = make(model, **METRICS[name])
    # What is passed as real is not looked at.
    metric.update_state(generated, generated)
    other.update_state(real, generated)
    assert metric.values() == pytest.approx(other.values(), rel=1e-6)
    assert metric.protocol["split"] == "train"
    assert metric.protocol["real_samples"] == 300
    metric.reset_state()
    metric.update_state(None, generated)
    assert metric.values() == pytest.approx(other.values(), rel=1e-6)


def test_written_once(sets, identity, tmp_path, monkeypatch):
    real, generated = sets
    file = tmp_path / "real.npz"
    first = write_reference(file, real, identity(12), split="train")
    changed = os.stat(file).st_mtime_ns
    model = identity(12)
    monkeypatch.setattr(
        type(model), "call", lambda *_: pytest.fail("computed again")
    )
    again = write_reference(file, real, model, split="train")
    assert os.stat(file).st_mtime_ns == changed
    np.testing.assert_array_equal(first.covariance, again.covariance)
    assert again.count == 300 and again.file == str(file)
    assert os.listdir(tmp_path) == ["real.npz"]


@pytest.mark.parametrize(
    "change, text",
    [
        ({"samples": "generated"}, "other samples"),
        ({"split": "test"}, "split='train'"),
        ({"stored": 200}, "only 100 samples"),
        ({"features": "other"}, "made with other features.*name|model"),
    ],
    ids=["samples", "split", "stored", "features"],
)
def test_a_file_with_something_else_is_kept(
    sets, identity, tmp_path, change, text
):
    real, generated = sets
    file = tmp_path / "real.npz"
    write_reference(file, real, identity(12), stored=100, split="train")
    content = file.read_bytes()
    arguments = {
        "samples": real,
        "features": identity(12),
        "stored": 100,
        "split": "train",
        **change,
    }
    if change.get("samples"):
        arguments["samples"] = generated
    if change.get("features"):
        arguments["features"] = identity(12, name="other")
    with pytest.raises(ValueError, match=text):
        write_reference(file, **arguments)
    assert file.read_bytes() == content


def test_fits_a_model_that_was_not_named(sets, identity, tmp_path):
    file = tmp_path / "real.npz"
    first, second = identity(12, name=None), identity(12, name=None)
    assert first.name != second.name  # As it has another one in a new process.
    written = write_reference(file, sets[0], first)
    loaded = write_reference(file, sets[0], second)
    assert written.protocol == loaded.protocol
    assert written.protocol["features"] == "sequential"


def test_batches(sets, identity, tmp_path):
    real, _ = sets
    model = identity(12)
    whole = write_reference(tmp_path / "a.npz", real, model)
    batches = [(real[i : i + 70], None) for i in range(0, 300, 70)]
    parts = write_reference(tmp_path / "b.npz", batches, model)
    np.testing.assert_allclose(whole.mean, parts.mean, rtol=1e-6)
    np.testing.assert_allclose(whole.covariance, parts.covariance, rtol=1e-5)
    np.testing.assert_array_equal(whole.features, parts.features)
    np.testing.assert_allclose(
        whole.covariance, np.cov(real, rowvar=False), rtol=1e-5
    )


def test_moments_of_all_and_features_of_some(sets, identity, tmp_path):
    real, _ = sets
    reference = write_reference(
        tmp_path / "real.npz", real, identity(12), stored=10
    )
    assert reference.features.shape == (10, 12) and reference.count == 300
    np.testing.assert_allclose(reference.mean, real.mean(0), rtol=1e-5)


def test_a_metric_says_early_what_is_missing(identity, tmp_path):
    metric = kr.metrics.FrechetDistance(
        identity(2), reference=tmp_path / "none.npz"
    )
    with pytest.raises(ValueError, match="write_reference"):
        metric.prepare_once()
    (tmp_path / "text.npz").write_text("no arrays")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    for name in ("text.npz", "other.npz"):
        metric = kr.metrics.FrechetDistance(
            identity(2), reference=tmp_path / name
        )
        with pytest.raises(ValueError, match="is not a file that"):
            metric.prepare_once()


def test_too_few_samples(identity, tmp_path):
    with pytest.raises(ValueError, match="2 samples or more"):
        write_reference(tmp_path / "a.npz", np.zeros((1, 2)), identity(2))
    assert os.listdir(tmp_path) == []
    with pytest.raises(TypeError, match="`samples`"):
        write_reference(tmp_path / "a.npz", 3, identity(2))


def test_file_of_another_resize(tmp_path):
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten()], name="pixels"
    )
    extractors = [
        kr.metrics.FeatureExtractor(model, image_size=8, interpolation=how)
        for how in ("bilinear", "bicubic")
    ]
    images = np.random.default_rng(0).uniform(-1, 1, (20, 6, 6, 1))
    file = tmp_path / "real.npz"
    write_reference(file, images, extractors[0])
    metric = kr.metrics.FrechetDistance(extractors[1], reference=file)
    with pytest.raises(ValueError, match="bilinear.*bicubic"):
        metric.prepare_once()
