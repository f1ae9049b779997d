"""The direction of the pairwise distance matters as its docstring says."""

import importlib.util
import pathlib

import numpy as np
import pytest

SCRIPT = pathlib.Path(__file__).parents[2] / "benchmarks/ring_direction.py"


@pytest.fixture(scope="module")
def benchmark():
    specification = importlib.util.spec_from_file_location("ring", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_true_samples_cover_the_ring(benchmark):
    modes, good = benchmark.covered(benchmark.ring(2500, 0))
    # 1 - exp(-9 / 2) of a two-dimensional Gaussian lies within 3 deviations.
    assert modes == 8
    np.testing.assert_allclose(good, 1 - np.exp(-4.5), atol=0.01)


def test_collapsed_samples_cover_one_mode(benchmark):
    samples = benchmark.CENTERS[[3] * 100]
    assert benchmark.covered(samples) == (1, 1.0)


@pytest.mark.slow
def test_repelling_covers_more_modes_and_attracting_fewer(benchmark):
    modes = {
        name: np.mean(
            [
                benchmark.train(benchmark.SETTINGS[name], seed, 2500)[0]
                for seed in range(5)
            ]
        )
        for name in ("none", "repel 0.3", "attract 0.3")
    }
    assert modes["repel 0.3"] >= 7.5
    assert modes["repel 0.3"] > modes["none"]
    assert modes["attract 0.3"] < modes["none"] - 1
