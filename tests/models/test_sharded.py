"""JAX's devices and processes: any number of them does what one does."""

import json
import pathlib
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

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
def one_device(backend):
    if backend != "jax":
        pytest.skip("keras.distribution is JAX's")
    return results(start(1))[0]


def test_two_devices(one_device):
    assert_close(results(start(2))[0], one_device)


def test_two_processes(one_device):
    port = free_port()
    for result in results(*(start(1, 2, i, port) for i in range(2))):
        assert_close(result, one_device)
