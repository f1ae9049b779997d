"""TensorFlow's replicas: two of them do what one device does."""

import ast
import json
import os
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).with_name("mirrored_checks.py")
NAMES = [
    node.name.removeprefix("check_")
    for node in ast.parse(SCRIPT.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")
]


@pytest.fixture(scope="module")
def failures(backend):
    if backend != "tensorflow":
        pytest.skip("tf.distribute is TensorFlow's")
    result = subprocess.run(
        [sys.executable, str(SCRIPT)],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
    )
    lines = [
        json.loads(line)
        for line in result.stdout.splitlines()
        if line.startswith('{"check"')
    ]
    assert result.returncode == 0, result.stderr
    return {line["check"]: line["failure"] for line in lines}


@pytest.mark.parametrize("name", NAMES)
def test_two_replicas(failures, name):
    assert failures[name] is None, failures[name]
