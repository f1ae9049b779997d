"""A disk that is full or gone never ends a training."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import warnings

import keras
import numpy as np
import pytest
from callbacks.fake_training import texts
from PIL import Image

import keras_regan as kr

EPOCHS = 5
FAULT, REPAIR = 1, 3  # Epochs, from 0, at whose beginning these come.


@pytest.fixture
def gan():
    gan = kr.RegularizedGAN(
        *kr.networks.mlp((8, 8, 1), latent_dim=4, hidden=(4,)), seed=0
    )
    gan.compile(run_eagerly=keras.backend.backend() != "jax")
    return gan


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with 64 KiB, where mounting is allowed."""
    directory = tmp_path / "disk"
    directory.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file systems can be mounted here")
    yield directory
    subprocess.run(["umount", "-l", directory], check=True)


def fill(directory):
    """Leaves no byte of a disk."""
    with open(directory / "filler", "wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))


def writers(directory, images):
    """All callbacks that write, each with a place of its own."""
    metrics = [kr.metrics.PrecisionRecall(pixels())]
    return [
        kr.callbacks.SampleGrid(
            directory / "grids",
            count=4,
            animation="gif",
            views=[kr.callbacks.NearestReal(images)],
        ),
        kr.callbacks.LatentWalk(
            directory / "walks", every=1, walks=1, stops=2, frames=2
        ),
        kr.callbacks.Histograms(directory / "logs"),
        kr.callbacks.EvaluateSamples(
            metrics,
            images,
            count=16,
            file=directory / "results.json",
            log_dir=directory / "logs",
        ),
        kr.callbacks.CollapseMonitor(images, action=kr.callbacks.RollBack()),
    ]


def pixels():
    return keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten()], name="pixels"
    )


def train(gan, images, callbacks, fault, repair):
    """Returns the warnings of a training that a disk fails in for a while."""

    def change(epoch, logs=None):
        if epoch == FAULT:
            fault()
        elif epoch == REPAIR:
            repair()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = gan.fit(
            images,
            batch_size=16,
            epochs=EPOCHS,
            verbose=0,
            callbacks=[
                keras.callbacks.LambdaCallback(on_epoch_begin=change),
                *callbacks,
            ],
        )
    assert len(history.epoch) == EPOCHS
    return [text for text in texts(caught) if "could not write" in text]


def assert_whole_files(directory):
    """No temporary file, and every picture and text can be read."""
    for path in pathlib.Path(directory).rglob("*"):
        assert not path.name.endswith(".tmp")
        if path.suffix in (".png", ".gif"):
            with Image.open(path) as image:
                image.load()


def assert_told_once_each(told):
    for owner in ("SampleGrid", "LatentWalk", "Histograms", "EvaluateSamples"):
        of_owner = [text for text in told if text.startswith(owner)]
        assert len(of_owner) in (1, 2), (owner, told)
        assert len(set(of_owner)) == len(of_owner)


def break_by_removing(directory):
    shutil.rmtree(directory)


def break_by_a_file(directory):
    shutil.rmtree(directory)
    directory.write_bytes(b"")


@pytest.mark.parametrize("damage", [break_by_removing, break_by_a_file])
def test_directory_is_gone_for_a_while(gan, images, tmp_path, damage):
    directory = tmp_path / "out"
    directory.mkdir()

    def repair():
        if directory.is_file():
            directory.unlink()
        for name in ("grids", "walks", "logs"):
            (directory / name).mkdir(parents=True, exist_ok=True)

    told = train(
        gan,
        images,
        writers(directory, images),
        lambda: damage(directory),
        repair,
    )
    owners = {text.split()[0] for text in told}
    assert owners >= {"SampleGrid", "LatentWalk"}
    assert len(told) == len(set(told)) <= 8
    assert {f"epoch_{n:04}.png" for n in (4, 5)} <= set(
        os.listdir(directory / "grids")
    )
    assert (directory / "walks" / "walk_0005.gif").exists()
    assert len(os.listdir(directory / "logs")) >= 1
    assert_whole_files(directory)


def test_disk_is_full_for_a_while(gan, images, small_disk):
    told = train(
        gan,
        images,
        writers(small_disk, images),
        lambda: fill(small_disk),
        (small_disk / "filler").unlink,
    )
    assert told
    assert_told_once_each(told)
    assert all("No space left" in text for text in told[:2])
    assert {"epoch_0001.png", "epoch_0004.png", "epoch_0005.png"} <= set(
        os.listdir(small_disk / "grids")
    )
    assert "epoch_0003.png" not in os.listdir(small_disk / "grids")
    assert_whole_files(small_disk)


def test_full_disk_keeps_figures_and_references(gan, images, small_disk):
    pytest.importorskip("matplotlib")
    history = gan.fit(images, epochs=2, verbose=0).history
    curves = small_disk / "curves.png"
    reference = small_disk / "reference.npz"
    curves.write_bytes(b"old")
    fill(small_disk)
    with pytest.raises(OSError, match="No space left"):
        kr.figures.learning_curves(history, curves)
    many = np.concatenate([images] * 20)
    with pytest.raises(OSError, match="No space left"):
        kr.metrics.write_reference(reference, many, pixels(), split="test")
    assert curves.read_bytes() == b"old"
    assert set(os.listdir(small_disk)) == {"curves.png", "filler"}


def test_checkpoint_on_a_full_disk_reaches_the_user(gan, images, small_disk):
    fill(small_disk)
    checkpoint = keras.callbacks.ModelCheckpoint(small_disk / "gan.keras")
    with pytest.raises(OSError, match="No space left|not|unable|Unable"):
        gan.fit(images, verbose=0, callbacks=[checkpoint])
    assert np.isfinite(gan.generate(2)).all()
    (small_disk / "filler").unlink()
    gan.fit(images, verbose=0)
