"""The comparison of images makes its table, figures and grids."""

import argparse
import json
import sys

import image_quality
import image_settings
import keras
import numpy as np
import pytest
from PIL import Image

import keras_regan as kr

NORMALIZED = ["none", "L1", "L2", "soft", "hard + soft", "LeCam", "DiffAugment"]
COUNT = 100  # As many as there are bins.


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    random = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("data") / "cifar10.npz"
    sets = {
        f"x_{split}": random.integers(0, 256, (COUNT, 32, 32, 3), "uint8")
        for split in ("train", "test")
    }
    labels = {f"y_{split}": np.zeros((COUNT, 1)) for split in ("train", "test")}
    np.savez(path, **sets, **labels)
    return path


def compare(monkeypatch, data, output, *arguments):
    small = ["--width", "2", "--steps", "2", "--batch", "8"]
    small += ["--samples", str(COUNT), "--output", str(output)]
    command = ["image_quality.py", "--data", str(data), *small, *arguments]
    monkeypatch.setattr(sys, "argv", command)
    image_quality.main()


@pytest.mark.thorough
def test_table_figure_and_grids(tmp_path, monkeypatch, data):
    monkeypatch.setattr(image_quality, "SWEEPS", {"soft": [0.1, 1.0]})
    monkeypatch.setattr(image_quality, "GRID", 4)
    compare(
        monkeypatch,
        data,
        tmp_path,
        *("--settings", "none", "hard + soft", "--seeds", "0", "1"),
        *("--sweep", "soft", "--floor"),
    )
    lines = (tmp_path / "dcgan, table.md").read_text().splitlines()
    names = [line.split(" | ")[0].strip("| ") for line in lines[2:]]
    assert names == [
        *("none", "hard + soft", "soft 0.1", "soft 1", "training images")
    ]
    assert [line.count("±") > 0 for line in lines[2:]] == [True] * 4 + [False]
    for name in ("soft", "best", "worst"):
        with Image.open(tmp_path / f"dcgan, {name}.png") as picture:
            assert min(picture.size) >= 4 * 32
    run = json.loads((tmp_path / "dcgan, none, seed 1.json").read_text())
    assert run["protocol"]["steps"] == 2
    assert np.isfinite(run["fd"])
    # What is there is not trained again.
    monkeypatch.setattr(image_quality, "run", None)
    compare(
        monkeypatch,
        data,
        tmp_path,
        *("--settings", "none", "hard + soft", "--seeds", "0", "1"),
    )


def networks_that_cannot_die(network, width):
    """A narrow network with ReLU can make one image for all latents."""
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(32 * 32 * 3, activation="tanh"),
            layers.Reshape((32, 32, 3)),
        ]
    )
    discriminator = keras.Sequential(
        [keras.Input((32, 32, 3)), layers.Flatten(), layers.Dense(1)]
    )
    return generator, discriminator


@pytest.mark.thorough
def test_judged_during_the_training(tmp_path, monkeypatch, data):
    monkeypatch.setattr(image_quality, "GRID", 4)
    monkeypatch.setattr(image_quality, "build", networks_that_cannot_die)
    arguments = ("--settings", "none", "--seeds", "1", "--judgements")
    runs = {}
    for count in ("1", "2"):
        compare(monkeypatch, data, tmp_path / count, *arguments, count)
        file = tmp_path / count / "dcgan, none, seed 1.json"
        runs[count] = json.loads(file.read_text())
    assert not (tmp_path / "1" / "dcgan, training.png").exists()
    assert (tmp_path / "2" / "dcgan, training.png").exists()
    first, last = runs["2"]["on_the_way"]
    assert (first["steps"], last["steps"]) == (1, 2)
    assert first["diversity"] != last["diversity"] == runs["2"]["diversity"]
    assert 0 < first["processor_seconds"] < last["processor_seconds"]
    summary = json.loads((tmp_path / "2" / "dcgan, table.json").read_text())
    [distances] = summary["runs"]["none"]["fd_on_the_way"]
    expected = [judgement["fd"] for judgement in (first, last)]
    assert distances == pytest.approx(expected, rel=1e-4)
    # To look changes nothing.
    expected = pytest.approx(runs["2"]["diversity"], rel=1e-4)
    assert runs["1"]["diversity"] == expected
    with pytest.raises(SystemExit):
        compare(monkeypatch, data, tmp_path / "3", *arguments, "3")


@pytest.mark.usual_on("torch")
def test_runs_of_another_protocol_are_not_mixed(tmp_path, monkeypatch, data):
    arguments = ("--settings", "none", "--seeds", "0")
    monkeypatch.setattr(image_quality, "GRID", 4)
    compare(monkeypatch, data, tmp_path, *arguments)
    with pytest.raises(SystemExit, match="another protocol.*steps"):
        compare(monkeypatch, data, tmp_path, *arguments, "--steps", "3")


def test_few_images(data):
    assert len(image_quality.load(data, 10)["train"]) == 10
    batches = image_quality.batches(np.arange(10), size=5, seed=0)
    epoch = np.concatenate([*next(batches), *next(batches)])
    assert sorted(epoch) == list(range(10))


@pytest.mark.usual_on("torch")
@pytest.mark.parametrize(
    "network", ["dcgan", pytest.param("resnet", marks=pytest.mark.thorough)]
)
def test_settings_fit_the_networks(network):
    table = image_settings.settings(margin=0.5)
    compared = image_settings.COMPARED[network]
    assert set(compared) < set(table)
    for name in compared:
        setting = table[name]()
        networks = image_settings.build(
            network, 2, **setting.pop("networks", {})
        )
        gan = kr.RegularizedGAN(*networks)
        gan.compile(**setting)
        kinds = {type(layer) for layer in gan.discriminator.layers}
        wrapped = kr.layers.SpectralNormalization in kinds
        assert wrapped == (name == "spectral normalization")
        normalized = keras.layers.BatchNormalization in kinds
        assert normalized == (network == "dcgan" and name in NORMALIZED)


@pytest.mark.usual_on("torch")
def test_features_of_a_batch_are_computed_once(data, tmp_path, monkeypatch):
    images = image_quality.load(data, None)["test"]
    arguments = argparse.Namespace(features=None)
    judge = image_quality.Judge(images, arguments, tmp_path)
    compute, calls = judge.features._features, []
    monkeypatch.setattr(
        judge.features,
        "_features",
        lambda samples: calls.append(len(samples)) or compute(samples),
    )
    judge(images)
    assert calls == [COUNT]
