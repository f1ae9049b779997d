"""The script for a GPU runs on a CPU, and keeps what it found."""

import argparse
import json
import sys

import keras
import numpy as np
import pytest
from PIL import Image

if keras.backend.backend() != "jax":
    pytest.skip("the script runs on JAX", allow_module_level=True)

import near_samples
import noise_images
import on_a_gpu


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Runs the script at its smallest and returns what it saved."""

    def run(*arguments):
        command = ["on_a_gpu.py", "--tiny", "--output", str(tmp_path)]
        monkeypatch.setattr(sys, "argv", [*command, *arguments])
        on_a_gpu.main()
        return json.loads((tmp_path / "found.json").read_text())

    return run


@pytest.fixture
def test_file(tmp_path):
    def write(expression):
        file = tmp_path / "test_one.py"
        file.write_text(f"def test_one():\n    assert {expression}\n")
        return str(file)

    return write


def test_a_failing_test_ends_the_script(found, test_file, tmp_path):
    with pytest.raises(SystemExit, match="test_one.py failed"):
        found("--tests", test_file("1 == 2"))
    assert not (tmp_path / "found.json").exists()


def test_reads_images(tmp_path):
    noise_images.write(tmp_path / "data.npz", (5, 4, 4, 3), classes=2)
    arguments = argparse.Namespace(
        tiny=False, data=str(tmp_path / "data.npz"), samples=2
    )
    images, held_out = on_a_gpu.data_of(arguments, None)
    assert images.shape == (5, 4, 4, 3) and held_out.shape == (2, 4, 4, 3)


def test_distances_of_near_samples(monkeypatch):
    monkeypatch.setattr(near_samples, "NEARNESS", (1e-3,))
    monkeypatch.setattr(near_samples, "SHAPES", ((6, 20),))
    (rows,) = near_samples.measure().values()
    table = {name: row["0.001"] for name, row in rows.items()}
    for precision in near_samples.PRECISIONS:
        assert max(table[f"partner, {precision}"].values()) < 1e-4
        assert max(table[f"all, {precision}"].values()) < 0.1
    rounded = table["all, factors rounded to TF32 in NumPy"]
    assert rounded["distance"] > 0.3 and rounded["gradient"] > 0.1


def test_rounding_to_tf32():
    step = 2.0**-10
    values = np.array([1.0, 1 + step, 1 + 0.4 * step, 1 + 0.6 * step, -3.0])
    np.testing.assert_array_equal(
        near_samples.tf32(values), [1.0, 1 + step, 1.0, 1 + step, -3.0]
    )


def test_the_formula_of_all_pairs_is_that_of_the_library(monkeypatch):
    # Where nothing is rounded, its gradient by hand is right.
    monkeypatch.setattr(near_samples, "tf32", lambda values: values)
    samples = near_samples.twins((6, 20), 0.1)
    found = near_samples.rounded_to_tf32(samples)
    assert (
        max(
            near_samples.errors(
                found, near_samples.exact(samples, "all")
            ).values()
        )
        < 1e-4
    )


@pytest.mark.thorough
def test_all_parts_at_their_smallest(found, test_file, tmp_path):
    results = found("--tests", test_file("True"), "--parts", "tests")
    assert "1 passed" in results["tests"]["result"]
    results = found(
        *("--parts", "training", "steps"),
        *("--seconds", "0.1", "--minutes", "0.05"),
    )
    assert "1 passed" in results["tests"]["result"]
    steps = results["steps"]
    assert steps["authors' code"] == "left out: no --authors"
    for name in ("keras_regan", "keras_regan, bfloat16", "plain PyTorch"):
        row = steps[name]
        assert row["images_a_second"] > 0 and row["steps"] >= 2
    assert steps["keras_regan"]["megabytes_that_the_compiler_plans"] > 0
    training = results["training"]
    assert training["steps"] >= 1 and np.isfinite(training["fd"])
    with Image.open(tmp_path / "samples.png") as grid:
        assert grid.size == (8 * 16, 8 * 16)
