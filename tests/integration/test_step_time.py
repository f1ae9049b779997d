"""The benchmark of speed compares what it says, and makes its tables."""

import importlib
import json
import math
import pathlib
import subprocess
import sys

import image_members
import keras
import members_on_ring
import numpy as np
import pytest
import rivals
import rounds
import step_time
from rivals import keras_networks

BACKEND = keras.backend.backend()
LOOPS = importlib.import_module(f"rivals.in_{BACKEND}").CONTENDERS


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(rivals, "MLP_HIDDEN", (8, 8))
    monkeypatch.setattr(rivals, "DCGAN_WIDTH", 2)
    monkeypatch.setattr(rivals, "RESNET_WIDTH", 2)
    monkeypatch.setattr(image_members, "WIDTH", 2)


@pytest.mark.skipif(BACKEND != "torch", reason="the others agree with it")
@pytest.mark.parametrize("network", rivals.NETWORKS)
def test_networks_of_torch_are_as_large_as_those_of_keras(network):
    from rivals import in_torch

    assert in_torch.count_weights(network) == tuple(
        sum(math.prod(w.shape) for w in model.trainable_weights)
        for model in keras_networks.build(network)
    )


@pytest.mark.skipif(BACKEND != "jax", reason="compares JAX's networks")
@pytest.mark.parametrize("network", rivals.NETWORKS)
def test_networks_of_jax_are_as_large_as_those_of_torch(network):
    pytest.importorskip("torch")
    from rivals import in_jax
    from rivals import in_torch

    assert in_jax.count_weights(network) == in_torch.count_weights(network)


@pytest.mark.parametrize("network", ["dcgan", "resnet"])
def test_images_without_keras(network):
    name = "without Keras"
    if name not in LOOPS:
        pytest.skip("all contenders train Keras networks")
    losses = LOOPS[name](network, 4)(1)
    assert np.isfinite(losses).all()


def test_programs_exist():
    for network in rivals.NETWORKS:
        for program in step_time.rival_programs(network).values():
            if program.backend == BACKEND:
                module = importlib.import_module(program.module)
                assert program.name in module.CONTENDERS


def test_members_are_those_of_the_ring_and_augmentations():
    names = set(image_members.settings())
    assert names == set(members_on_ring.settings()) | (
        members_on_ring.IMAGES_ONLY
    )


@pytest.mark.parametrize(
    "name",
    [
        "member layers.Packing",
        *(
            pytest.param(name, marks=pytest.mark.thorough)
            for name in (
                "none",
                "pairs from a second pass",
                "member constraints.WeightClipping",
                "member layers.ConditionalBatchNormalization",
                "member penalties.AuxiliaryClassifier",
            )
        ),
    ],
)
def test_steps_with_members(name):
    from rivals import regularized

    run = regularized.CONTENDERS[name]("dcgan", 8)
    run(2)
    if BACKEND == "jax":
        assert run.temporary_bytes > 0


def tables(path, monkeypatch, *arguments):
    command = ["step_time.py", "--backends", BACKEND, "--rounds", "2"]
    monkeypatch.setattr(
        sys, "argv", [*command, *arguments, "--output", str(path)]
    )
    step_time.main()
    return json.loads(path.read_text())


def first_losses(batch):
    """Returns both losses of the perceptrons before any step."""
    generator, discriminator = keras_networks.build("mlp")
    latents = np.random.default_rng(1).normal(size=(batch, rivals.MLP_LATENTS))
    real = discriminator.predict(
        keras_networks.data("mlp", batch)[:batch], verbose=0
    )
    fake = discriminator.predict(
        generator.predict(latents, verbose=0), verbose=0
    )
    return [
        np.log1p(np.exp(-real)).mean() + np.log1p(np.exp(fake)).mean(),
        np.log1p(np.exp(-fake)).mean(),
    ]


@pytest.mark.thorough
def test_table_of_rivals_that_begin_alike(tmp_path, monkeypatch, here, capsys):
    # So many samples that it does not matter which latents are drawn.
    monkeypatch.setattr(step_time, "BATCH", {"mlp": 4096})
    monkeypatch.setattr(step_time, "STEPS_AT_ONCE", {"mlp": 1})
    result = tables(
        tmp_path / "a.json",
        monkeypatch,
        *("--parts", "rivals", "--networks", "mlp", "--steps", "1"),
    )
    expected = first_losses(4096)
    for program, losses in here.items():
        assert np.isfinite(losses).all() and len(losses) == 2
        if "without Keras" not in program.name:  # Weights of its own.
            np.testing.assert_allclose(
                losses, expected, rtol=0.02, err_msg=program.name
            )
    rows = result["rivals, mlp"]["rows"]
    assert all(row["processor_ms"] > 0 for row in rows.values())
    assert f"{BACKEND}: hand-tuned loop" in rows
    assert len(rows) == len(here)
    best = result["rivals, mlp"]["best"]
    assert any("hand-tuned" in key and BACKEND in key for key in best)
    printed = capsys.readouterr().out
    assert all(f"| {name} |" in printed for name in rows)


@pytest.mark.usual_on("jax")
def test_brief_table_has_a_row_for_each_kind(monkeypatch, here, capsys):
    monkeypatch.setattr(step_time, "_BRIEF_SECONDS", 0)
    monkeypatch.setattr(step_time, "BATCH", {"dcgan": 4})
    monkeypatch.setattr(step_time, "BRIEF_STEPS", 1)
    monkeypatch.setattr(sys, "argv", ["step_time.py", "--brief"])
    step_time.main()
    printed = capsys.readouterr().out
    assert f"{BACKEND}, 1 round(s) of 1 steps" in printed
    for name in ("hand-tuned loop", "fit", "fit, L1", "fit, R1"):
        assert f"\n| {name} | " in printed
    assert all(np.isfinite(losses).all() for losses in here.values())


@pytest.mark.skipif(BACKEND != "jax", reason="measured with JAX")
def test_tables_of_members_and_batches(tmp_path, monkeypatch, here):
    monkeypatch.setattr(step_time, "LARGE_BATCHES", [4, 8])
    members = ["regularizers.L1", "penalties.R1"]
    result = tables(
        tmp_path / "a.json",
        monkeypatch,
        *("--parts", "members", "batches", "--steps", "1"),
        *("--members", *members),
    )
    assert set(result["members"]["rows"]) == set(members)
    rows = result["pairs, batch 8"]["rows"]
    assert (
        rows["all pairs, by broadcasting"]["temporary_megabytes"]
        > (rows["partner"]["temporary_megabytes"])
    )


def test_processes_take_turns(tmp_path):
    # Two processes of their own, with a program that costs nothing.
    (tmp_path / "nothing.py").write_text(
        "CONTENDERS = {'a': lambda: lambda steps: sum(range(1000 * steps))}\n"
    )
    sys_path = str(tmp_path)
    program = rounds.Program("nothing", "a", BACKEND, ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", sys_path)
        times = rounds.in_turn({"a": program, "b": program}, 10, 3, 1)
    assert [len(slices) for slices in times.values()] == [3, 3]
    assert min(s.processor for slices in times.values() for s in slices) > 0
    assert rounds.quartiles([1.0, 3.0, 2.0])[1] == 2.0


@pytest.mark.host
def test_the_peak_of_a_process_is_not_that_of_its_parent():
    code = "import rounds; print(rounds._peak())"
    command = [sys.executable, "-c", code]
    folder = pathlib.Path(rounds.__file__).parent
    kilobytes = int(subprocess.check_output(command, cwd=folder))
    assert 1_000 < kilobytes < 100_000 < rounds._peak()
