"""The benchmark of backends compares what it says."""

import json
import sys

import backends_on_cpu
import keras
import pytest
import rounds

import keras_regan as kr

BACKEND = keras.backend.backend()
SMALL = {
    "dcgan": (kr.networks.dcgan, {"image_shape": (16, 16, 1), "width": 2}),
    "unet": (
        kr.networks.unet,
        {
            "sample_shape": (8, 8, 1),
            "condition_shape": (8, 8, 2),
            "width": 2,
        },
    ),
}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(backends_on_cpu, "NETWORKS", SMALL)
    monkeypatch.setattr(backends_on_cpu, "BATCH", 2)


@pytest.mark.usual_on("torch")
@pytest.mark.parametrize("name", list(SMALL))
def test_parts_run(name):
    for part in backends_on_cpu.PARTS:
        run = backends_on_cpu.CONTENDERS[f"{part}, layers of Keras"](name)
        assert rounds.measured(run, 1).processor > 0


@pytest.mark.host
def test_networks_of_the_layers_of_keras():
    generator, _ = backends_on_cpu.networks("dcgan", "step")
    plain = backends_on_cpu.with_layers_of_keras(generator)
    kinds = {type(layer) for layer in generator.layers}
    assert kr.layers.Conv2DTranspose in kinds
    assert {type(layer) for layer in plain.layers} == {
        keras.layers.Conv2DTranspose
        if kind is kr.layers.Conv2DTranspose
        else kind
        for kind in kinds
    }


@pytest.mark.host
def test_table(tmp_path, monkeypatch, capsys):
    path = tmp_path / "backends.json"
    command = (
        f"backends_on_cpu.py --networks dcgan --parts step --output {path}"
    )
    monkeypatch.setattr(sys, "argv", command.split())
    times = {"tensorflow": 1.0, "jax": 2.0, "jax, layers of Keras": 6.0}

    def in_turn(programs, steps, rounds_, warm_up):
        assert list(programs) == [
            "tensorflow",
            "jax",
            "torch",
            *list(times)[2:],
        ]
        return {
            name: [rounds.Slice(seconds, 0.0, 0.0, None)] * 2
            for name, seconds in times.items()
        }

    monkeypatch.setattr(rounds, "in_turn", in_turn)
    backends_on_cpu.main()
    (table,) = json.loads(path.read_text()).values()
    ratios = [row["ratio_quartiles"][1] for row in table["rows"].values()]
    assert ratios == [1.0, 2.0, 6.0]
    assert "| jax | 2000.0 | 2.00 (2.00 to 2.00) |" in capsys.readouterr().out
