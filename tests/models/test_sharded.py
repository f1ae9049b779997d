"""JAX's devices and processes: any number of them does what one does."""

import json
import os
import pathlib
import runpy
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.xdist_group("sharded")
SCRIPT = pathlib.Path(__file__).with_name("sharded_run.py")


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def results(*processes):
    try:
        outputs = [p.communicate(timeout=600) for p in processes]
    finally:
        for process in processes:
            process.kill()
    for process, (_, errors) in zip(processes, outputs, strict=True):
        assert process.returncode == 0, errors
    return [json.loads(printed.splitlines()[-1]) for printed, _ in outputs]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def assert_close(result, expected):
    assert result.keys() == expected.keys()
    for key in expected:
        keras.tree.map_structure(
            lambda a, b, key=key: np.testing.assert_allclose(
                a, b, rtol=1e-4, atol=1e-5, err_msg=key
            ),
            result[key],
            expected[key],
        )


@pytest.fixture(scope="module")
def reference():
    return {}


@pytest.fixture
def one_device(backend, reference, monkeypatch, capsys):
    """What comes of one device, in this process."""
    if backend != "jax":
        pytest.skip("keras.distribution is JAX's")
    if not reference:
        # The script changes it, too late for this process.
        monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), "1"])
        runpy.run_path(str(SCRIPT), run_name="__main__")
        reference.update(json.loads(capsys.readouterr().out.splitlines()[-1]))
    return reference


def test_two_devices(one_device):
    assert_close(results(start(2))[0], one_device)


def test_two_processes(one_device):
    port = free_port()
    for result in results(*(start(1, 2, i, port) for i in range(2))):
        assert_close(result, one_device)
