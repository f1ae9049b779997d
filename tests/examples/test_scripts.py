"""The example scripts on few small images.

The first one runs as a user runs it; then all of them run in this
interpreter, which need not start again. Each of them as a user runs it is
`thorough`, as are all but the shortest on TensorFlow and JAX.
"""

import csv
import json
import pathlib
import re
import runpy
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

import keras_regan as kr

pytestmark = pytest.mark.usual_on("torch")
EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


def run_apart(script, *arguments, fails=False):
    """Runs a script as a user does, and returns what it prints."""
    result = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *map(str, arguments)],
        capture_output=True,
        text=True,
    )
    assert (result.returncode != 0) == fails, result.stderr
    return result.stderr if fails else result.stdout


@pytest.fixture
def run_here(monkeypatch, capsys):
    """Runs a script in this interpreter, and returns what it prints.

    On TensorFlow its GANs take their few steps without a graph, which would
    take longer to trace.
    """
    monkeypatch.syspath_prepend(EXAMPLES)
    if keras.backend.backend() == "tensorflow":
        compile_as_told = kr.RegularizedGAN.compile

        def compile_eagerly(self, *arguments, **more):
            more["run_eagerly"] = True
            compile_as_told(self, *arguments, **more)

        monkeypatch.setattr(kr.RegularizedGAN, "compile", compile_eagerly)

    def run(script, *arguments, fails=False):
        path = str(EXAMPLES / script)
        monkeypatch.setattr(sys, "argv", [path, *map(str, arguments)])
        capsys.readouterr()
        if not fails:
            runpy.run_path(path, run_name="__main__")
            return capsys.readouterr().out
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(path, run_name="__main__")
        return str(ended.value)

    return run


@pytest.fixture(
    params=["here", pytest.param("apart", marks=pytest.mark.thorough)]
)
def run(request):
    if request.param == "apart":
        return run_apart
    return request.getfixturevalue("run_here")


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


@pytest.mark.parametrize(
    "how",
    ["apart, then here", pytest.param("apart", marks=pytest.mark.thorough)],
)
def test_train_images_and_resume(data, tmp_path, run_here, how):
    output = tmp_path / "run"
    settings = ["--data", data, "--width", 4, "--output", output]
    settings += ["--l2", 1e-4, "--pairwise", 0.1, "--r1", 0.1]
    settings += ["--truncation", 0]
    printed = run_apart("train_images.py", *settings, "--epochs", 1)
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

    run = run_apart if how == "apart" else run_here
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


@pytest.mark.parametrize(
    "options, kinds",
    [([], 3), (["--no-labels", "--recipe", "photos", "--augment"], None)],
)
def test_train_images_of_kinds(data, tmp_path, run_here, options, kinds):
    with np.load(data) as arrays:
        images = arrays["x_train"]
    np.savez(data, x_train=images, y_train=np.arange(len(images)) % 3)
    output = tmp_path / "run"
    run_here(
        "train_images.py",
        *("--data", data, "--width", 4, "--epochs", 1, "--output", output),
        *options,
    )
    gan = keras.models.load_model(output / "gan.keras")
    assert gan.conditional == (kinds is not None)
    augmentation = gan.get_compile_config()["augmentation"]
    assert (augmentation is not None) == bool(options)
    layers = {type(layer).__name__ for layer in gan.discriminator.layers}
    assert ("BatchNormalization" in layers) == (not options)
    assert ("d_r2" in rows(output / "history.csv")[0]) == bool(options)
    with Image.open(output / "samples" / "epoch_0001.png") as picture:
        # Tiles have 16 pixels, and a gap of two on each side.
        tiles = (picture.width - 2) // 18, (picture.height - 2) // 18
    assert tiles == ((8, 8) if kinds is None else (10, kinds))


@pytest.mark.host("torch")
@pytest.mark.parametrize(
    "options, size, recipe, width",
    [
        ("", 32, "quick", 16),
        ("", 64, "photos", 32),
        ("--recipe quick --width 8", 64, "quick", 8),
        ("--r1 0.1", 28, "quick", 16),
    ],
)
def test_train_images_chooses_by_size(
    monkeypatch, options, size, recipe, width
):
    monkeypatch.syspath_prepend(EXAMPLES)
    script = runpy.run_path(str(EXAMPLES / "train_images.py"))
    monkeypatch.setattr(sys, "argv", ["train_images.py", *options.split()])
    arguments = script["parse_arguments"]()
    script["complete"](arguments, size)
    assert (arguments.recipe, arguments.width) == (recipe, width)
    assert arguments.latents == {"quick": 24, "photos": 100}[recipe]
    made = script["RECIPES"][recipe](arguments, steps=9)
    penalized = bool(made["discriminator_regularizers"])
    assert penalized == (recipe == "photos" or "--r1" in options)


def test_photos_without_r1_are_refused(data, tmp_path, run):
    message = run(
        "train_images.py",
        *["--data", data, "--recipe", "photos", "--r1", 0],
        *["--output", tmp_path / "run"],
        fails=True,
    )
    assert "--r1 0" in message and "--recipe" in message


def test_train_images_has_nothing_to_resume(data, tmp_path, run):
    message = run(
        "train_images.py",
        *("--data", data, "--output", tmp_path / "none", "--resume"),
        fails=True,
    )
    assert "no run" in message and "Traceback" not in message


@pytest.mark.parametrize("network", ["mlp", "dcgan"])
def test_hard_regularization(data, tmp_path, run, network):
    printed = run(
        "hard_regularization.py",
        *("--data", data, "--network", network, "--width", 4),
        *("--epochs", 1, "--output", tmp_path / "hard"),
    )
    assert "g_l1" in printed and "weights below" in printed
    assert (tmp_path / "hard" / "epoch_0001.png").exists()


def test_soft_regularization(data, tmp_path, run):
    printed = run(
        "soft_regularization.py",
        *("--data", data, "--width", 4, "--epochs", 1),
        *("--output", tmp_path / "soft"),
    )
    assert "g_pairwise_distance" in printed
    assert "Mean distance of generated images" in printed


def test_compare_regularization(data, tmp_path, run):
    printed = run(
        "compare_regularization.py",
        *("--data", data, "--width", 4, "--epochs", 1),
        *("--runs", "none", "both", "--output", tmp_path / "compare"),
    )
    table = (tmp_path / "compare" / "table.md").read_text()
    assert table in printed
    assert "| none |" in table and "| both |" in table


@pytest.mark.parametrize(
    "samples_per_condition",
    [2, pytest.param(1, marks=pytest.mark.thorough, id="second pass")],
)
def test_complete_images(data, tmp_path, run, samples_per_condition):
    output = tmp_path / "completed"
    printed = run(
        "complete_images.py",
        *("--data", data, "--width", 2, "--epochs", 1, "--output", output),
        *("--samples-per-condition", samples_per_condition),
    )
    assert printed.count("g_pairwise_distance") == 1
    assert "8 completions of each of 6 new halves" in printed
    for name in ("conditional diversity", "best of 8", "Frechet distance"):
        assert re.search(rf"{name} +[\d.]+ +[\d.]+\n", printed)
    for name in ("without", "with"):
        gan = keras.models.load_model(output / f"{name}.keras")
        halves = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3))
        completed = gan.generate(conditions=halves)
        np.testing.assert_allclose(completed[:, :8], halves[:, :8], atol=1e-6)
    with Image.open(output / "completions.png") as picture:
        # Ten images of 16 pixels in a row, gaps of 10 and 2, all doubled.
        assert picture.width == 2 * (10 * 16 + 2 * 10 + 7 * 2)
        assert picture.height == 2 * (6 * (2 * 16 + 2) + 5 * 10)


@pytest.mark.parametrize("form", ["outlines", "pairs"])
def test_image_to_image(data, tmp_path, run, form):
    settings = ["--width", 2, "--epochs", 1, "--output", tmp_path / "run"]
    if form == "outlines":
        settings += ["--data", data, "--features", 1]
    else:
        settings += ["--data", tmp_path / "pairs", "--reverse"]
        settings += ["--image-size", 16]
        (tmp_path / "pairs").mkdir()
        for index in range(20):
            image = Image.new("RGB", (32, 16), (index, 0, 255))
            image.save(tmp_path / "pairs" / f"{index}.jpg")
    printed = run("image_to_image.py", *settings)
    assert "g_pairwise_distance" in printed and "g_reconstruction" in printed
    on_features = "g_reconstruction_on_features"
    assert (on_features in printed) == (form == "outlines")
    assert re.search(r"conditional diversity +[\d.]+\n", printed)
    gan = keras.models.load_model(tmp_path / "run" / "gan.keras")
    channels = 1 if form == "outlines" else 3
    given = np.zeros((2, 16, 16, channels))
    samples = gan.generate(conditions=given, samples_per_condition=3)
    assert samples.shape == (2, 3, 16, 16, 3)
    assert (tmp_path / "run" / "samples.png").exists()


def test_image_to_image_names_what_is_no_pair(tmp_path, run):
    Image.new("RGB", (16, 16)).save(tmp_path / "1.png")
    message = run("image_to_image.py", "--data", tmp_path, fails=True)
    assert "two squares side by side" in message
    assert "Traceback" not in message


def test_draw_faces(tmp_path, run):
    settings = ["--images", 40, "--width", 2, "--output", tmp_path / "run"]
    printed = run("draw_faces.py", *settings, "--epochs", 1)
    assert re.search(r"glasses +[\d.]+ +-?[\d.]+ +-?[\d.]+\n", printed)
    with Image.open(tmp_path / "run" / "faces.png") as picture:
        assert picture.size == (10 * 66 - 2, 4 * 66 - 2)


def test_draw_faces_by_attributes(tmp_path, run_here):
    settings = ["--images", 40, "--width", 2, "--output", tmp_path / "run"]
    wanted = ["--draw", "hair=curly, glasses=round"]
    message = run_here("draw_faces.py", *settings, *wanted, fails=True)
    assert "--attributes" in message
    settings += ["--attributes", "--epochs", 1]
    printed = run_here("draw_faces.py", *settings)
    assert re.search(r"all +[\d.]+ +[\d.]+\n", printed)
    printed = run_here("draw_faces.py", *settings, *wanted)
    assert "8 faces with hair=curly, glasses=round" in printed
    with Image.open(tmp_path / "run" / "drawn.png") as picture:
        assert picture.size == (2 * (8 * 66 - 2), 2 * 64)
    wanted = ["--draw", "hair=blue"]
    message = run_here("draw_faces.py", *settings, *wanted, fails=True)
    assert "hair=blue" in message and "Traceback" not in message


def test_faces_from_descriptions(tmp_path, run):
    output = tmp_path / "run"
    settings = ["--images", 40, "--width", 2, "--output", output]
    text = "a HAPPY person with curly hair, and a red shirt."
    describe = [*settings, "--describe", text]
    message = run("faces_from_descriptions.py", *describe, fails=True)
    assert "without --describe" in message and "Traceback" not in message

    printed = run("faces_from_descriptions.py", *settings, "--epochs", 1)
    assert "g_pairwise_distance" in printed
    assert re.search(r"all +[\d.]+ +[\d.]+\n", printed)
    assert (output / "samples" / "epoch_0001.png").exists()

    printed = run("faces_from_descriptions.py", *describe)
    assert f"8 faces of '{text}'" in printed
    with Image.open(output / "described.png") as picture:
        assert picture.size == (2 * (8 * 66 - 2), 2 * 64)

    for wrong, named in (
        ("a person with a purple hat", "purple, hat in 'a person"),
        ("", "of 1 to 20 words. Received: ''"),
        ("sad " * 21, "of 1 to 20 words. Received: 'sad sad"),
    ):
        describe[-1] = wrong
        message = run("faces_from_descriptions.py", *describe, fails=True)
        assert named in message and "Traceback" not in message


@pytest.mark.usual_on("tensorflow", "torch")
def test_drop_in(run):
    printed = run("drop_in.py", "--epochs", 1, "--images", 64)
    assert printed.count("test accuracy") == 6


@pytest.mark.thorough
def test_multi_device(data, backend):
    settings = ["--data", data, "--epochs", 1, "--batch-size", 32]
    printed = run_apart("multi_device.py", *settings)
    if backend == "torch":
        assert "one device" in printed
        return
    apart = re.search(r"at most ([\d.e+-]+) apart", printed)
    assert float(apart.group(1)) < 1e-5
    assert printed.count("d_loss") == 1 and "2 devices" in printed


def test_multi_device_on_one_device(data, run_here, monkeypatch, capsys):
    """Devices are chosen before a framework starts, so not in this test."""
    script = runpy.run_path(str(EXAMPLES / "multi_device.py"))
    settings = ["--data", str(data), "--epochs", "1", "--batch-size", "32"]
    monkeypatch.setattr(sys, "argv", ["multi_device.py", *settings])
    arguments = script["parse_arguments"]()
    one, other = (script["train"](arguments) for _ in range(2))
    script["compare"](one, other, "the same again")
    printed = capsys.readouterr().out
    apart = re.search(r"at most ([\d.e+-]+) apart", printed)
    assert float(apart.group(1)) < 1e-5
    assert printed.count("d_loss") == 1 and "the same again" in printed


@pytest.mark.thorough
def test_multi_device_in_processes(data, backend):
    settings = ["--data", data, "--epochs", 1, "--processes", 2]
    if backend == "tensorflow":
        message = run_apart("multi_device.py", *settings, fails=True)
        assert "KERAS_BACKEND=jax" in message and "Traceback" not in message
    elif backend == "jax":
        printed = run_apart("multi_device.py", *settings)
        apart = re.search(r"at most ([\d.e+-]+) apart", printed)
        assert float(apart.group(1)) < 1e-5


def test_your_own_parts(run):
    printed = run("your_own_parts.py", "--epochs", 1, "--samples", 512)
    assert "d_logit_drift" in printed and "distance_error" in printed
    assert "Saved, loaded and trained further." in printed


def test_choose_lambda(tmp_path, run_here):
    check_choose_lambda(tmp_path, run_here, workers=1)


@pytest.mark.thorough
def test_choose_lambda_by_two_processes(tmp_path):
    check_choose_lambda(tmp_path, run_apart, workers=2)


def check_choose_lambda(tmp_path, run, workers):
    output = tmp_path / "search"
    settings = ["--images", 64, "--held-out", 8, "--width", 2]
    settings += ["--epochs", 1, "--trials", 1]
    settings += ["--seeds", 0, 1, "--batch", 32, "--output", output]
    printed = run("choose_lambda.py", *settings, "--workers", workers)
    table = rows(output / "trials.csv")
    assert [row["trial"] for row in table] == ["0", "1"]
    assert {row["state"] for row in table} == {"complete"}
    assert {row["trainings"] for row in table} == {"2"}
    assert "Use hard = " in printed
    assert "By the one-standard-error rule: Use hard = " in printed
    assert "val_best_of_many_random" in printed
    with Image.open(output / "factors.png") as picture:
        assert min(picture.size) > 100
    with Image.open(output / "grids.png") as picture:
        # Half, truth, and eight completions of both, with gaps of 8 between.
        assert picture.size == (18 * 18 + 4 * 2 + 3 * 8, 6 * 18 + 2)
    # Nothing is left to be searched; the same is printed.
    again = run("choose_lambda.py", *settings, "--workers", 1)
    assert again.splitlines()[-2:] == printed.splitlines()[-2:]
    assert rows(output / "trials.csv") == table


def test_keras_tuner(tmp_path, run):
    pytest.importorskip(
        "keras_tuner", reason="the example needs `pip install keras-tuner`"
    )
    printed = run(
        "keras_tuner_search.py",
        *("--trials", 2, "--epochs", 1, "--samples", 256),
        *("--output", tmp_path / "tuner"),
    )
    assert re.search(
        r"Use soft = [\d.e-]+: [0-8] modes of 8 covered\.", printed
    )
