"""What benchmarks write down, where and with what it was measured."""

import json
import os
import pathlib
import platform
from importlib import metadata
from typing import Any


def write(file: pathlib.Path, values: Any) -> None:
    """Writes JSON at once: an interrupted run leaves no half of a file."""
    half = file.with_suffix(".part")
    half.write_text(json.dumps(values, indent=1) + "\n")
    half.replace(file)


def read(file: pathlib.Path) -> dict[str, Any]:
    """Returns what is written there; nothing if there is no file."""
    return json.loads(file.read_text()) if file.exists() else {}


def rounded(values: Any, digits: int = 4) -> Any:
    """Returns the same with some digits of each number."""
    if isinstance(values, dict):
        return {key: rounded(value, digits) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [rounded(value, digits) for value in values]
    return (
        float(f"{values:.{digits}g}") if isinstance(values, float) else values
    )


def machine() -> dict[str, Any]:
    """Returns where and with what it was measured."""
    installed = {d.name for d in metadata.distributions()}
    packages = {"keras", "tensorflow", "jax", "torch", "numpy"} & installed
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in sorted(packages)},
    }
