"""`kill -9` at random moments, and the same script again."""

import os
import pathlib
import random
import runpy
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

SCRIPT = pathlib.Path(__file__).with_name("killed_training.py")
# To the last bit where Keras seeds everything; torch sums in another order.
TOLERANCE = 1e-5 if keras.backend.backend() == "torch" else 0.0


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """Starts the script; JAX compiles for the first one only."""
    cache = tmp_path_factory.mktemp("jax_cache")

    def start(mode, folder, epochs):
        (folder / "begun").unlink(missing_ok=True)
        with open(folder / "errors", "wb") as errors:
            return subprocess.Popen(
                [sys.executable, SCRIPT, mode, folder, str(epochs)],
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env={
                    **os.environ,
                    "JAX_COMPILATION_CACHE_DIR": str(cache),
                    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
                    "PYTHONPATH": str(SCRIPT.parents[2]),
                },
            )

    return start


def wait_for(path, process):
    while not path.exists():
        if process.poll() is not None:
            return False
        time.sleep(0.01)
    return True


def finished(mode, folder, epochs):
    """Runs the script to its end, in this process, which takes less."""
    keras.utils.clear_session(free_memory=False)
    with pytest.MonkeyPatch.context() as patch:
        arguments = [mode, folder, epochs]
        patch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
        runpy.run_path(str(SCRIPT), run_name="__main__")
    return np.load(folder / "final.npz")


def check(start, tmp_path, mode, kills, epochs, longest):
    """Compares a training that is killed at random with one that is not.

    Args:
        kills: How often it is killed.
        epochs: How many epochs it has.
        longest: Seconds from the first steps to the kill, at most.
    """
    folders = {name: tmp_path / name for name in ("whole", "killed")}
    for folder in folders.values():
        folder.mkdir()
    expected = finished(mode, folders["whole"], epochs)
    chance = random.Random(0)
    killed = 0
    while killed < kills:
        process = start(mode, folders["killed"], epochs)
        begun = wait_for(folders["killed"] / "begun", process)
        assert begun, (folders["killed"] / "errors").read_text()[-3000:]
        time.sleep(chance.uniform(0.0, longest))
        assert process.poll() is None, "finished before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed += 1
    assert not (folders["killed"] / "final.npz").exists()
    found = finished(mode, folders["killed"], epochs)
    assert found.files == expected.files
    for name in expected.files:
        np.testing.assert_allclose(
            found[name].astype("float64"),
            expected[name].astype("float64"),
            rtol=0,
            atol=TOLERANCE,
            err_msg=name,
        )


@pytest.mark.usual_on("torch")
@pytest.mark.parametrize(
    "mode",
    ["backup", pytest.param("checkpoint", marks=pytest.mark.thorough)],
)
def test_killed_once(start, tmp_path, mode):
    check(start, tmp_path, mode, kills=1, epochs=12, longest=0.3)


@pytest.mark.thorough
@pytest.mark.parametrize("mode", ["backup", "checkpoint"])
def test_killed_ten_times(start, tmp_path, mode):
    check(start, tmp_path, mode, kills=10, epochs=150, longest=1.0)
