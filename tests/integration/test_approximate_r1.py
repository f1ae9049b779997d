"""The benchmark of the approximation finds R1 where there are no kinks."""

import json
import sys

import approximate_r1 as benchmark
import numpy as np
import pytest


@pytest.mark.thorough
def test_both_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "WIDTH", 2)
    monkeypatch.setattr(benchmark, "BATCH", 16)
    monkeypatch.setattr(benchmark, "DEVIATIONS", {"float32": (0.01,)})
    monkeypatch.setattr(benchmark, "ACTIVATIONS", ("silu",))
    output = tmp_path / "found.json"
    command = ["approximate_r1.py", "--draws", "30", "--trained", "2"]
    command += ["--steps", "1", "--rounds", "1", "--output", str(output)]
    monkeypatch.setattr(sys, "argv", command)
    benchmark.main()
    found = json.loads(output.read_text())
    (row,) = found.pop("distance")["silu"].values()
    assert 0.6 < row["value"] < 1.7
    assert row["cosine of the mean"] > 0.8 > row["cosine"]
    (cost,) = found.values()
    assert set(cost["medians"]) == set(benchmark.STEPS)
    assert np.isfinite(cost["processor seconds of a step"])
