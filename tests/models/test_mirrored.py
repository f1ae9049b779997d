"""TensorFlow's replicas: two of them do what one device does."""

import ast
import functools
import json
import os
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).with_name("mirrored_checks.py")
CHECKS = {
    node.name.removeprefix("check_"): bool(node.decorator_list)
    for node in ast.parse(SCRIPT.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")
}
pytestmark = pytest.mark.xdist_group("mirrored")


@functools.cache
def failures(thorough):
    """Runs the checks of one kind, in a process of their own."""
    names = [name for name, marked in CHECKS.items() if marked == thorough]
    result = subprocess.run(
        [sys.executable, str(SCRIPT), *names],
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


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.thorough if marked else [])
        for name, marked in CHECKS.items()
    ],
)
def test_two_replicas(name, backend):
    if backend != "tensorflow":
        pytest.skip("tf.distribute is TensorFlow's")
    failure = failures(CHECKS[name])[name]
    assert failure is None, failure
