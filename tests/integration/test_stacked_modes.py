"""Stacked MNIST: the published networks, and a table of all settings."""

import json
import sys

import keras
import numpy as np
import pytest
import stacked_modes

import keras_regan as kr


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    random = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("data") / "mnist.npz"
    np.savez(
        path,
        x_train=random.integers(0, 256, (60, 28, 28), "uint8"),
        y_train=np.arange(60) % 10,
        x_test=random.integers(0, 256, (20, 28, 28), "uint8"),
        y_test=np.arange(20) % 10,
    )
    return path


def count(monkeypatch, data, output, *arguments):
    command = ["stacked_modes.py", "--data", str(data), "--steps", "1"]
    command += ["--samples", "16", "--width", "32", "--output", str(output)]
    monkeypatch.setattr(sys, "argv", [*command, *arguments])
    stacked_modes.main()


@pytest.mark.thorough
def test_table(tmp_path, monkeypatch, digits):
    count(
        monkeypatch,
        digits,
        tmp_path,
        *("--settings", "plain", "packing 2", "--seeds", "0", "1"),
    )
    lines = (tmp_path / "table, quarter.md").read_text().splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        *("| plain", "| packing 2")
    ]
    run = json.loads((tmp_path / "quarter, packing 2, seed 1.json").read_text())
    assert 1 <= run["modes"] <= 16
    assert run["protocol"]["samples"] == 16


@pytest.mark.usual_on("torch")
@pytest.mark.parametrize(
    "name",
    [
        "packing 4",
        pytest.param(
            "relativistic, R1, R2 and pairwise distance",
            marks=pytest.mark.thorough,
        ),
    ],
)
def test_settings_train(name):
    setting = stacked_modes.settings()[name]()
    build = stacked_modes.PROTOCOLS["half"].build
    gan = kr.RegularizedGAN(*build(32, setting.pop("first", [])), seed=0)
    gan.compile(**setting)
    logs = gan.fit(np.zeros((4, 28, 28, 3), "float32"), verbose=0).history
    assert all(np.isfinite(values).all() for values in logs.values())


@pytest.mark.parametrize(
    ("protocol", "maps", "filters"),
    [
        ("quarter", [(7, 32), (14, 16), (28, 8), (28, 3)], [2, 4, 8]),
        ("half", [(7, 32), (14, 16), (28, 8), (28, 3)], [4, 8, 16]),
        (
            "veegan",
            [(4, 256), (7, 128), (14, 64), (28, 3)],
            [64, 128, 256, 512],
        ),
    ],
)
def test_networks_are_the_published_ones(protocol, maps, filters):
    rules = stacked_modes.PROTOCOLS[protocol]
    generator, discriminator = rules.build(rules.width, [])
    convolutions = keras.layers.Conv2D | keras.layers.Conv2DTranspose

    def outputs(network):
        return [
            tuple(layer.output.shape[1:])
            for layer in network.layers
            if isinstance(layer, convolutions)
        ]

    assert outputs(generator) == [(size, size, n) for size, n in maps]
    assert [shape[-1] for shape in outputs(discriminator)] == filters


def test_batches_are_new_stacks_of_all_digits(digits):
    with np.load(digits) as data:
        arrays = {name: data[name] for name in data.files}
    source = stacked_modes.batches(arrays, size=3, seed=0)
    (first,), (second,) = next(source), next(source)
    assert first.shape == second.shape == (3, 28, 28, 3)
    assert not np.array_equal(first, second)
    assert first.min() >= -1.0 and first.max() <= 1.0
    (again,) = next(stacked_modes.batches(arrays, size=3, seed=0))
    np.testing.assert_array_equal(first, again)
