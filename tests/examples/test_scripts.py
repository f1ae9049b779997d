"""The example scripts, run as a user runs them, on few small images."""

import csv
import json
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


def run(script, *arguments, fails=False):
    result = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *map(str, arguments)],
        capture_output=True,
        text=True,
    )
    assert (result.returncode != 0) == fails, result.stderr
    return result.stderr if fails else result.stdout


@pytest.fixture
def data(tmp_path):
    images = np.random.default_rng(0).integers(
        0, 256, (64, 16, 16, 3), dtype="uint8"
    )
    file = tmp_path / "images.npz"
    np.savez(file, x_train=images)
    return file


def rows(file):
    with open(file, newline="") as opened:
        return list(csv.DictReader(opened))


def test_train_images_and_resume(data, tmp_path):
    output = tmp_path / "run"
    settings = ["--data", data, "--width", 4, "--output", output]
    settings += ["--l2", 1e-4, "--r1", 0.1]
    printed = run("train_images.py", *settings, "--epochs", 1)
    for name in (
        "samples",
        "gan.keras",
        "generator.keras",
        "history.csv",
        "metrics.json",
        "curves.png",
    ):
        assert str(output / name) in printed
        assert (output / name).exists()
    assert "g_pairwise_distance" in printed and "d_r1" in printed
    for name in ("fd_random", "recall_random", "diversity_ratio_random"):
        assert re.search(rf"{name} +[\d.e-]+\n", printed)

    message = run("train_images.py", *settings, "--epochs", 2, fails=True)
    assert "--resume" in message and "Traceback" not in message
    assert len(rows(output / "history.csv")) == 1

    run("train_images.py", *settings, "--epochs", 2, "--resume")
    history = rows(output / "history.csv")
    assert [row["epoch"] for row in history] == ["0", "1"]
    results = json.loads((output / "metrics.json").read_text())["results"]
    assert [result["epoch"] for result in results] == [1, 2]
    pictures = sorted(p.name for p in (output / "samples").glob("*.png"))
    assert pictures == [f"epoch_{n:04d}.png" for n in (0, 1, 2)]
    with Image.open(output / "samples" / "samples.gif") as animation:
        assert animation.n_frames == 3


def test_train_images_has_nothing_to_resume(data, tmp_path):
    message = run(
        "train_images.py",
        *("--data", data, "--output", tmp_path / "none", "--resume"),
        fails=True,
    )
    assert "no run" in message and "Traceback" not in message


@pytest.mark.parametrize("network", ["mlp", "dcgan"])
def test_hard_regularization(data, tmp_path, network):
    printed = run(
        "hard_regularization.py",
        *("--data", data, "--network", network, "--width", 4),
        *("--epochs", 1, "--output", tmp_path / "hard"),
    )
    assert "g_l1" in printed and "weights below" in printed
    assert (tmp_path / "hard" / "epoch_0001.png").exists()


def test_soft_regularization(data, tmp_path):
    printed = run(
        "soft_regularization.py",
        *("--data", data, "--width", 4, "--epochs", 1),
        *("--output", tmp_path / "soft"),
    )
    assert "g_pairwise_distance" in printed
    assert "Mean distance of generated images" in printed


def test_compare_regularization(data, tmp_path):
    printed = run(
        "compare_regularization.py",
        *("--data", data, "--width", 4, "--epochs", 1),
        *("--runs", "none", "both", "--output", tmp_path / "compare"),
    )
    table = (tmp_path / "compare" / "table.md").read_text()
    assert table in printed
    assert "| none |" in table and "| both |" in table


def test_drop_in():
    printed = run("drop_in.py", "--epochs", 1, "--images", 64)
    assert printed.count("test accuracy") == 6


def test_multi_device(data, backend):
    settings = ["--data", data, "--epochs", 1, "--batch-size", 32]
    printed = run("multi_device.py", *settings)
    if backend == "torch":
        assert "one device" in printed
        return
    apart = re.search(r"at most ([\d.e-]+) apart", printed)
    assert float(apart.group(1)) < 1e-5
    assert printed.count("d_loss") == 1 and "2 devices" in printed


@pytest.mark.slow
def test_multi_device_in_processes(data, backend):
    settings = ["--data", data, "--epochs", 1, "--processes", 2]
    if backend == "tensorflow":
        message = run("multi_device.py", *settings, fails=True)
        assert "KERAS_BACKEND=jax" in message and "Traceback" not in message
    elif backend == "jax":
        printed = run("multi_device.py", *settings)
        apart = re.search(r"at most ([\d.e-]+) apart", printed)
        assert float(apart.group(1)) < 1e-5


def test_custom_penalty():
    printed = run("custom_penalty.py", "--epochs", 1, "--samples", 512)
    assert "d_logit_drift" in printed
    assert "Saved, loaded and trained on." in printed


def test_choose_lambda(tmp_path):
    output = tmp_path / "search"
    settings = ["--images", 64, "--width", 2, "--epochs", 1, "--trials", 1]
    settings += ["--seeds", 0, 1, "--batch", 32, "--output", output]
    printed = run("choose_lambda.py", *settings, "--workers", 2)
    table = rows(output / "trials.csv")
    assert [row["trial"] for row in table] == ["0", "1"]
    assert {row["state"] for row in table} == {"complete"}
    assert {row["trainings"] for row in table} == {"2"}
    assert "Use hard = " in printed
    assert "By the one-standard-error rule: Use hard = " in printed
    for name in ("factors.png", "grids.png"):
        with Image.open(output / name) as picture:
            assert min(picture.size) > 100
    # Nothing is left to be searched; the same is printed.
    again = run("choose_lambda.py", *settings, "--workers", 1)
    assert again.splitlines()[-2:] == printed.splitlines()[-2:]
    assert rows(output / "trials.csv") == table


def test_keras_tuner(tmp_path):
    pytest.importorskip("keras_tuner")
    printed = run(
        "keras_tuner_search.py",
        *("--trials", 2, "--epochs", 1, "--output", tmp_path / "tuner"),
    )
    assert re.search(
        r"Use soft = [\d.e-]+: [0-8] modes of 8 covered\.", printed
    )
